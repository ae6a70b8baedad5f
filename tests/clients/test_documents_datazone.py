"""Every operation of `/openapi/datazone.json` is called, and what it answers is held against what the document says."""

import json
import re
from urllib.parse import quote

import jsonschema
import pytest
import requests
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from datazone_door import FORM_MODEL, SignedBy
from emporion_server import Server

VERBS = ("get", "post", "put", "patch", "delete")


class Recorder:
    """Calls operations by their ids; members go where the document puts them, and each answer is checked against it."""

    def __init__(self, server: Server):
        self.server = server
        self.document = requests.get(f"{server.url}/openapi/datazone.json", timeout=30).json()
        self.operations = {
            item[verb]["operationId"]: (verb.upper(), path, item[verb])
            for path, item in self.document["paths"].items()
            for verb in VERBS
            if verb in item
        }
        resource = Resource.from_contents(self.document, default_specification=DRAFT202012)
        self.registry = Registry().with_resource("urn:datazone", resource)
        self.answered: set[str] = set()

    def call(self, operation: str, expect: int | None = None, **members) -> dict:
        verb, path, described = self.operations[operation]
        query = []
        for parameter in described.get("parameters", []):
            name = parameter["name"]
            if name not in members:
                assert not parameter.get("required"), f"{operation} lacks {name}"
                continue
            given = members.pop(name)
            if expect is None:
                self.check(parameter["schema"], given, f"{operation} {name}")
            if parameter["in"] == "path":
                path = path.replace("{" + name + "}", quote(str(given), safe=""))
            else:
                entries = given if isinstance(given, list) else [given]
                query += [f"{name}={quote(json.dumps(e) if isinstance(e, bool) else str(e), safe='')}" for e in entries]
        data, headers = None, {}
        if "requestBody" in described:
            data, headers = json.dumps(members).encode(), {"Content-Type": "application/json"}
            if expect is None:
                schema = described["requestBody"]["content"]["application/json"]["schema"]
                self.check(schema, members, f"{operation} request")
        else:
            assert not members, f"{operation} has no place for {sorted(members)}"
        target = self.server.url + path + ("?" + "&".join(query) if query else "")
        answer = requests.request(
            verb, target, data=data, headers=headers, auth=SignedBy(self.server.admin), timeout=30
        )
        successes = [status for status in described["responses"] if status < "300"]
        assert str(answer.status_code) in (successes if expect is None else [str(expect)]), (
            f"{operation}: {answer.status_code} {answer.text[:2000]}"
        )
        said = described["responses"].get(str(answer.status_code))
        assert said is not None, f"{operation}: {answer.status_code} is not in the document"
        if "$ref" in said:
            said = self.document["components"]["responses"][said["$ref"].rsplit("/")[-1]]
        if answer.ok:
            self.answered.add(operation)
        if "content" not in said:
            assert answer.content == b"", f"{operation}: {answer.text[:200]}"
            return {}
        self.check(said["content"][answer.headers["Content-Type"]]["schema"], answer.json(), f"{operation} answer")
        return answer.json()

    def check(self, schema: dict, value, what: str) -> None:
        rooted = {"$ref": "urn:datazone" + schema["$ref"]} if "$ref" in schema else schema
        validator = jsonschema.Draft202012Validator(
            rooted, registry=self.registry, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
        )
        faults = [f"{what}: {fault.json_path}: {fault.message}" for fault in validator.iter_errors(value)]
        assert not faults, "\n".join(faults[:5])


@pytest.fixture(scope="module")
def recorder(tmp_path_factory) -> Recorder:
    server = Server(tmp_path_factory.mktemp("documents"))
    server.start()
    yield Recorder(server)
    assert server.stop() == 0, server.log_tail()


@pytest.fixture(scope="module")
def call(recorder):
    return recorder.call


@pytest.fixture(scope="module")
def domain(call) -> str:
    return call("CreateDomain", name="Documents", description="d", tags={"stage": "test"}, clientToken="domain")["id"]


@pytest.fixture(scope="module")
def project(call, domain) -> str:
    made = call(
        "CreateProject", domainIdentifier=domain, name="makers", description="d", resourceTags={"cost": "7"}
    )
    return made["id"]


@pytest.fixture(scope="module")
def glossary(call, domain, project) -> str:
    made = call(
        "CreateGlossary",
        domainIdentifier=domain,
        name="Words",
        owningProjectIdentifier=project,
        description="d",
        usageRestrictions=["ASSET_GOVERNED_TERMS"],
    )
    return made["id"]


@pytest.fixture(scope="module")
def term(call, domain, glossary) -> str:
    made = call(
        "CreateGlossaryTerm",
        domainIdentifier=domain,
        glossaryIdentifier=glossary,
        name="Net",
        shortDescription="s",
        longDescription="l",
    )
    return made["id"]


@pytest.fixture(scope="module")
def forms(call, domain, project) -> list[dict]:
    """Input of a form whose type, and an asset type that takes it, are there."""
    call(
        "CreateFormType",
        domainIdentifier=domain,
        name="Quality",
        model={"smithy": FORM_MODEL.format(name="Quality")},
        owningProjectIdentifier=project,
        status="ENABLED",
        description="d",
    )
    call(
        "CreateAssetType",
        domainIdentifier=domain,
        name="Sheet",
        owningProjectIdentifier=project,
        description="d",
        formsInput={"Quality": {"typeIdentifier": "Quality", "typeRevision": "1", "required": True}},
    )
    content = json.dumps({"steward": "ann"})
    return [{"formName": "Quality", "typeIdentifier": "Quality", "typeRevision": "1", "content": content}]


@pytest.fixture(scope="module")
def asset(call, domain, project, term, forms) -> str:
    made = call(
        "CreateAsset",
        domainIdentifier=domain,
        name="weekly.xlsx",
        typeIdentifier="Sheet",
        owningProjectIdentifier=project,
        externalIdentifier="file://weekly.xlsx",
        description="d",
        glossaryTerms=[term],
        formsInput=forms,
    )
    return made["id"]


@pytest.fixture(scope="module")
def product(call, domain, project, term, forms, asset) -> str:
    made = call(
        "CreateDataProduct",
        domainIdentifier=domain,
        name="Sales",
        owningProjectIdentifier=project,
        description="d",
        glossaryTerms=[term],
        formsInput=forms,
        items=[{"itemType": "ASSET", "identifier": asset, "revision": "1", "glossaryTerms": [term]}],
    )
    return made["id"]


def test_the_document_itself_is_sound(recorder):
    for operation, (_, _, described) in recorder.operations.items():
        wanted = {"401", "403", "429", "500"} | (set() if operation == "UntagResource" else {"400"})
        assert wanted <= described["responses"].keys(), operation
    for name, schema in recorder.document["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        for pattern in re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', json.dumps(schema)):
            text = json.loads(pattern)
            assert text.startswith("^") and text.endswith("$"), f"{name}: {text} is not anchored"


def test_operations_of_domains_answer_as_described(recorder, call, domain):
    found = call("GetDomain", identifier=domain)
    call("UpdateDomain", identifier=domain, description="e", clientToken="t-1")
    call("ListDomains", maxResults=1, status="AVAILABLE")
    arn = found["arn"]
    call("TagResource", resourceArn=arn, tags={"owner": "ann"})
    assert call("ListTagsForResource", resourceArn=arn)["tags"] == {"stage": "test", "owner": "ann"}
    call("UntagResource", resourceArn=arn, tagKeys=["owner"])
    root = found["rootDomainUnitId"]
    unit = call("CreateDomainUnit", domainIdentifier=domain, name="East", parentDomainUnitIdentifier=root)["id"]
    call("GetDomainUnit", domainIdentifier=domain, identifier=unit)
    call("GetDomainUnit", domainIdentifier=domain, identifier=root)
    call("UpdateDomainUnit", domainIdentifier=domain, identifier=unit, description="d")
    call("ListDomainUnitsForParent", domainIdentifier=domain, parentDomainUnitIdentifier=root, maxResults=1)
    call("DeleteDomainUnit", domainIdentifier=domain, identifier=unit)
    call("GetDomainUnit", expect=404, domainIdentifier=domain, identifier=unit)
    call("GetDomain", expect=400, identifier="BAD")
    call("GetDomain", expect=403, identifier="dzd-nowhere")
    spare = call("CreateDomain", name="Spare")["id"]
    call("DeleteDomain", identifier=spare, skipDeletionCheck=True)


def test_operations_of_projects_and_people_answer_as_described(recorder, call, domain, project):
    user = recorder.server.new_user("documents-member")
    member = {"userIdentifier": user.id}
    here = {"domainIdentifier": domain, "projectIdentifier": project}
    call("CreateProjectMembership", **here, member=member, designation="PROJECT_CONTRIBUTOR")
    members = call("ListProjectMemberships", **here, sortBy="NAME", sortOrder="DESCENDING")["members"]
    assert len(members) == 2
    call("DeleteProjectMembership", **here, member=member)
    call("GetUserProfile", domainIdentifier=domain, userIdentifier=user.name)
    call("CreateUserProfile", domainIdentifier=domain, userIdentifier=user.name, userType="IAM_USER")
    call("UpdateUserProfile", domainIdentifier=domain, userIdentifier=user.name, type="IAM", status="ACTIVATED")
    call("GetProject", domainIdentifier=domain, identifier=project)
    call("UpdateProject", domainIdentifier=domain, identifier=project, description="e")
    call("ListProjects", domainIdentifier=domain, name="makers", maxResults=1)
    spare = call("CreateProject", domainIdentifier=domain, name="spare")["id"]
    call("CreateProject", expect=409, domainIdentifier=domain, name="spare")
    call("DeleteProject", domainIdentifier=domain, identifier=spare)


def test_operations_of_glossaries_answer_as_described(call, domain, project, glossary, term):
    call("GetGlossary", domainIdentifier=domain, identifier=glossary)
    call("UpdateGlossary", domainIdentifier=domain, identifier=glossary, description="e")
    relations = {"isA": [term]}
    narrower = call(
        "CreateGlossaryTerm",
        domainIdentifier=domain,
        glossaryIdentifier=glossary,
        name="Net of tax",
        termRelations=relations,
    )["id"]
    call("GetGlossaryTerm", domainIdentifier=domain, identifier=narrower)
    call("UpdateGlossaryTerm", domainIdentifier=domain, identifier=narrower, shortDescription="s", status="DISABLED")
    call("DeleteGlossaryTerm", expect=409, domainIdentifier=domain, identifier=term)
    call("DeleteGlossaryTerm", domainIdentifier=domain, identifier=narrower)
    spare = call("CreateGlossary", domainIdentifier=domain, name="Spare", owningProjectIdentifier=project)["id"]
    call("DeleteGlossary", expect=400, domainIdentifier=domain, identifier=spare)
    call("UpdateGlossary", domainIdentifier=domain, identifier=spare, status="DISABLED")
    call("DeleteGlossary", domainIdentifier=domain, identifier=spare)


def test_operations_of_types_answer_as_described(call, domain, project, forms):
    call("GetFormType", domainIdentifier=domain, formTypeIdentifier="Quality", revision="1")
    call("GetAssetType", domainIdentifier=domain, identifier="Sheet")
    for scope in ("ASSET_TYPE", "FORM_TYPE", "LINEAGE_NODE_TYPE"):
        for managed in (True, False):
            found = call("SearchTypes", domainIdentifier=domain, searchScope=scope, managed=managed)
            for item in found["items"]:
                ((kind, type_),) = item.items()
                if kind == "formTypeItem":
                    call("GetFormType", domainIdentifier=domain, formTypeIdentifier=type_["name"])
                elif kind == "assetTypeItem":
                    call("GetAssetType", domainIdentifier=domain, identifier=type_["name"])
    call("DeleteFormType", expect=409, domainIdentifier=domain, formTypeIdentifier="Quality")
    spare = {"domainIdentifier": domain, "owningProjectIdentifier": project}
    call("CreateFormType", **spare, name="Spare", model={"smithy": FORM_MODEL.format(name="Spare")})
    call("CreateAssetType", **spare, name="SpareSheet", formsInput={})
    call("DeleteAssetType", domainIdentifier=domain, identifier="SpareSheet")
    call("DeleteFormType", domainIdentifier=domain, formTypeIdentifier="Spare")


def test_operations_of_assets_and_products_answer_as_described(call, domain, asset, product, forms):
    here = {"domainIdentifier": domain}
    call("GetAsset", **here, identifier=asset)
    call("CreateAssetRevision", **here, identifier=asset, name="weekly.xlsx", formsInput=forms)
    call("GetAsset", **here, identifier=asset, revision="1")
    assert len(call("ListAssetRevisions", **here, identifier=asset, maxResults=1)["items"]) == 1
    call("GetDataProduct", **here, identifier=product)
    call("CreateDataProductRevision", **here, identifier=product, name="Sales v2")
    call("GetDataProduct", **here, identifier=product, revision="1")
    call("ListDataProductRevisions", **here, identifier=product, maxResults=1)
    for scope in ("ASSET", "DATA_PRODUCT", "GLOSSARY", "GLOSSARY_TERM"):
        found = call("Search", **here, searchScope=scope, maxResults=5, additionalAttributes=["FORMS"])
        assert found["items"] and found["totalMatchCount"] == len(found["items"]), scope
    call("DeleteDataProduct", **here, identifier=product)
    call("DeleteAsset", **here, identifier=asset)
    call("GetAsset", expect=404, **here, identifier=asset)


def test_no_operation_went_unanswered(recorder):
    """Runs last: what nobody calls here is described and never checked."""
    assert recorder.operations.keys() == recorder.answered

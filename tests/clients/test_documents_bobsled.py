"""Every operation of `/openapi/bobsled.json` is called, and what it answers is held against what the document says."""

import json
import sqlite3

import jsonschema
import pytest
import requests
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from emporion_server import Server

VERBS = ("get", "post", "put", "patch", "delete")
POSTGRES = {"connectionString": "postgres://reader:secret@db.example.com:5432/shop", "isEncoded": False}


class Recorder:
    """Calls operations by their ids and checks each answer against the document."""

    def __init__(self, server: Server):
        self.server = server
        self.document = requests.get(f"{server.url}/openapi/bobsled.json", timeout=30).json()
        self.operations = {
            item[verb]["operationId"]: (verb.upper(), path, item[verb])
            for path, item in self.document["paths"].items()
            for verb in VERBS
            if verb in item
        }
        resource = Resource.from_contents(self.document, default_specification=DRAFT202012)
        self.registry = Registry().with_resource("urn:bobsled", resource)
        self.answered: set[str] = set()

    def call(self, operation: str, body=None, *, query=None, token=None, expect=(200, 201, 202), **labels) -> dict:
        verb, path, described = self.operations[operation]
        template = path
        for label, value in ({"accountId": self.server.account} | labels).items():
            path = path.replace("{" + label + "}", str(value))
        assert "{" not in path, f"{operation}: {template} lacks labels"
        answer = requests.request(
            verb,
            self.server.url + path,
            json=body,
            params=query,
            headers={"Authorization": f"Bearer {token or self.server.admin.token}"},
            timeout=30,
        )
        expected = (expect,) if isinstance(expect, int) else expect
        assert answer.status_code in expected, f"{operation}: {answer.status_code} {answer.text[:2000]}"
        if body is not None and answer.ok:
            self.check(described["requestBody"]["content"]["application/json"]["schema"], body, f"{operation} request")
        said = described["responses"].get(str(answer.status_code))
        assert said is not None, f"{operation}: {answer.status_code} is not in the document"
        if "$ref" in said:
            said = self.document["components"]["responses"][said["$ref"].rsplit("/")[-1]]
        content = said["content"].get(answer.headers["Content-Type"].split(";")[0]) or said["content"]["*/*"]
        value = answer.json() if answer.headers["Content-Type"] == "application/json" else answer.text
        self.check(content["schema"], value, f"{operation} {answer.status_code}")
        if answer.ok:
            self.answered.add(operation)
        return value

    def check(self, schema: dict, value, what: str) -> None:
        rooted = {"$ref": "urn:bobsled" + schema["$ref"]} if "$ref" in schema else schema
        validator = jsonschema.Draft202012Validator(
            rooted, registry=self.registry, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
        )
        faults = [f"{what}: {fault.json_path}: {fault.message}" for fault in validator.iter_errors(value)]
        assert not faults, "\n".join(faults[:5])


@pytest.fixture(scope="module")
def recorder(tmp_path_factory) -> Recorder:
    """A server of its own, with three tables in a data source."""
    folder = tmp_path_factory.mktemp("documents")
    with sqlite3.connect(folder / "shop.db") as database:
        database.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, amount NUMERIC)")
    server = Server(folder, EMPORION_SOURCE_DIRS=json.dumps([str(folder)]))
    server.start()
    yield Recorder(server)
    assert server.stop() == 0, server.log_tail()


@pytest.fixture(scope="module")
def source(recorder) -> str:
    body = {"name": "warehouse", "type": "postgres", "connectionConfig": POSTGRES}
    made = recorder.call("dataSources_create", body)["data"]["dataSource"]
    base, headers = recorder.server.url + "/api/v1", {"Authorization": f"Bearer {recorder.server.admin.token}"}
    columns = [{"name": "id", "dataType": "INT"}, {"name": "amount", "dataType": "DECIMAL"}]
    for path, entity in (
        ("/databases", {"name": "shop", "service": "warehouse"}),
        ("/databaseSchemas", {"name": "sales", "database": "warehouse.shop"}),
        ("/tables", {"name": "orders", "databaseSchema": "warehouse.shop.sales", "columns": columns}),
        ("/tables", {"name": "customers", "databaseSchema": "warehouse.shop.sales", "columns": columns}),
    ):
        requests.put(base + path, json=entity, headers=headers, timeout=30).raise_for_status()
    return made["id"]


@pytest.fixture(scope="module")
def file_source(recorder, source) -> str:
    """A file that can be opened, with its table in the catalogue."""
    body = {"name": "files", "type": "sqlite", "connectionConfig": {"path": "shop.db"}}
    made = recorder.call("dataSources_create", body)["data"]["dataSource"]
    base, headers = recorder.server.url + "/api/v1", {"Authorization": f"Bearer {recorder.server.admin.token}"}
    columns = [{"name": "id", "dataType": "INT"}, {"name": "amount", "dataType": "DECIMAL"}]
    for path, entity in (
        ("/databases", {"name": "main", "service": "files"}),
        ("/databaseSchemas", {"name": "main", "database": "files.main"}),
        ("/tables", {"name": "orders", "databaseSchema": "files.main.main", "columns": columns}),
    ):
        requests.put(base + path, json=entity, headers=headers, timeout=30).raise_for_status()
    return made["id"]


def test_operations_that_reach_a_source_answer_as_described(recorder, file_source):
    attempt = {"type": "sqlite", "connectionConfig": {"path": "shop.db"}}
    assert recorder.call("dataSources_tryConnection", attempt)["data"]["success"]
    recorder.call("dataSources_tryConnection", {"type": "csv", "connectionConfig": {"path": "a"}}, expect=422)
    recorder.call("dataSources_testConnection", dataSourceId=file_source)
    recorder.call("dataSources_availableTables", dataSourceId=file_source)
    recorder.call("dataSources_refresh", {"dryRun": True}, dataSourceId=file_source)
    for prefix, member in (("dataProducts", "dataProduct"), ("workspaces", "workspace")):
        assets = [{"tableName": "orders"}]
        body = {"name": f"Files {prefix}", "dataSourceId": file_source, "dataAssets": assets, "isDeployed": True}
        label = {f"{member}Id": recorder.call(f"{prefix}_create", body)["data"][member]["id"]}
        recorder.call(f"{prefix}_runSql", {"sql": "SELECT id, amount FROM orders"}, **label)
        recorder.call(f"{prefix}_runSql", {"sql": "DROP TABLE orders"}, expect=422, **label)


def test_the_document_itself_is_sound(recorder):
    for operation, (_, path, described) in recorder.operations.items():
        old = "/workspaces" in path
        assert described.get("deprecated", False) is old, operation
        assert not old or operation.replace("workspaces_", "dataProducts_", 1) in described["description"]
        assert {"400", "401", "403", "404"} <= described["responses"].keys(), operation
    for name, schema in recorder.document["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema.get("deprecated", False) is ("Workspace" in name), name


def test_operations_of_data_sources_answer_as_described(recorder, source):
    recorder.call("dataSources_list", query={"includeTotal": "true", "limit": 1})
    recorder.call("dataSources_get", dataSourceId=source)
    recorder.call("dataSources_update", {"description": "shop"}, dataSourceId=source)
    body = {"name": "spare", "type": "sqlite", "connectionConfig": {"path": "spare.db"}}
    spare = recorder.call("dataSources_create", body)["data"]["dataSource"]["id"]
    recorder.call("dataSources_delete", dataSourceId=spare)
    recorder.call("dataSources_get", dataSourceId=spare, expect=404)
    recorder.call("dataSources_create", {"type": "oracle"}, expect=422)


@pytest.mark.parametrize("prefix, label", [("dataProducts", "dataProductId"), ("workspaces", "workspaceId")])
def test_operations_of_products_answer_as_described(recorder, source, prefix, label):
    member = label.removesuffix("Id")

    labels: dict[str, str] = {}

    def call(name: str, *arguments, **options):
        return recorder.call(f"{prefix}_{name}", *arguments, **labels, **options)

    assets = [{"tableName": "orders", "schemaName": "sales", "externalId": "a-1"}]
    made = call("create", {"name": f"Full {prefix}", "description": "d", "dataAssets": assets})["data"][member]
    call("create", {"name": 7}, expect=400)
    call("create", {"name": "", "dataAssets": [{}]}, expect=422)
    call("create", {"name": f"full {prefix}".upper()}, expect=409)
    call("list", query={"includeTotal": "true", "limit": 1})
    labels[label] = made["id"]
    parts(call)
    semantic_models(call)
    documents(call)
    threads(recorder, call, prefix)
    compositions(recorder, call, prefix, made["id"])
    skills(recorder, call, prefix)
    call("get", query={"include": "dataAssets,users"})
    call("update", {"description": None, "webSearchEnabled": True})
    call("dataAssets_list")
    call("dataAssets_update", {"add": [{"tableName": "customers"}], "isDeployed": True})
    call("deploy", {"dryRun": True})
    call("deploy", {"message": "first"})
    call("dataAssets_list", query={"isDeployed": "true"})
    unanswered(call)
    user = recorder.server.new_user(f"viewer-{prefix.lower()}")
    call("users_update", {"add": [{"userId": user.id, "role": "viewer", "rowFilters": {"orders": "1 = 1"}}]})
    call("users_list", query={"includeTotal": "true"})
    call("users_update", {"remove": [user.id]}, token=user.token)
    call("get", token=user.token, expect=404)
    call("delete")


def parts(call) -> None:
    """Every verb of the parts that are records of their own."""
    query = {
        "question": "Net sales in {period}",
        "sql": "SELECT 1 WHERE :period_start < :period_end",
        "parameters": [{"name": "period", "type": "dateRange", "required": True, "field": "orders.order_date"}],
        "alternateQuestions": ["Turnover in {period}"],
        "useAsOnboardingQuestion": True,
    }
    made = call("verifiedQueries_create", query)["data"]["verifiedQuery"]["id"]
    call("verifiedQueries_list", query={"includeTotal": "true", "search": "net", "isDeployed": "false"})
    call("verifiedQueries_revise", query | {"name": "net", "isDeployed": True}, verifiedQueryId=made)
    call("verifiedQueries_get", verifiedQueryId=made)
    call("verifiedQueries_create", query | {"isDeployed": True}, expect=409)
    call("verifiedQueries_create", query | {"sql": "DROP TABLE t"}, expect=422)
    call("frontPageConfigs_current")
    call("verifiedQueries_delete", verifiedQueryId=made)

    made = call("systemPrompts_create", {"content": "Amounts are in EUR."})["data"]["systemPrompt"]["id"]
    call("systemPrompts_create", {"content": "Later.", "activate": False})
    call("systemPrompts_list")
    call("systemPrompts_get", systemPromptId=made)
    call("systemPrompts_delete", systemPromptId=made)

    page = {
        "title": "Sales",
        "markdown": "# Hello",
        "suggestedQuestions": [{"text": "How many orders?"}],
        "kpis": [{"metric": "net_sales", "label": "Net sales", "format": "#,##0"}],
        "theme": {"accent": "#0055aa", "logoUrl": "https://example.com/logo.png"},
    }
    made = call("frontPageConfigs_create", page)["data"]["frontPageConfig"]["id"]
    call("frontPageConfigs_create", page | {"isDeployed": True})
    call("frontPageConfigs_list")
    call("frontPageConfigs_get", frontPageConfigId=made)
    call("frontPageConfigs_delete", frontPageConfigId=made)
    call("frontPageConfigs_current")


MODEL = """
semantic_model:
  - name: shop
    datasets:
      - {name: orders, source: sales.orders, primary_key: [id], fields: [{name: amount, expression: amount}]}
      - {name: customers, source: sales.customers, primary_key: [id]}
    relationships:
      - {name: o2c, from: orders, to: customers, from_columns: [id], to_columns: [id]}
    metrics:
      - {name: turnover, expression: SUM(orders.amount)}
"""


def semantic_models(call) -> None:
    """Every verb of semantic models and of their parts."""
    body = {"name": "shop", "format": "osi", "content": MODEL}
    one = {"semanticModelId": call("semanticModels_create", body)["data"]["semanticModel"]["id"]}
    call("semanticModels_create", {"name": "bad", "format": "osi", "content": "a: ["}, expect=422)
    call("semanticModels_create", {"name": "bad", "format": "osi"}, expect=422)
    call("semanticModels_validate", body | {"content": "a: ["})
    call("semanticModels_list", query={"includeTotal": "true", "search": "sho"})
    call("semanticModels_get", **one)
    call("semanticModels_update", {"document": {"metrics": {"turnover": {"description": "d"}}}}, **one)
    parts = (
        ("Tables", "tableId", {"name": "returns", "source": "sales.returns"}),
        ("Relationships", "relationshipId", {"name": "back", "from": "customers", "to": "orders"}),
        ("Metrics", "metricId", {"name": "buyers", "expression": "COUNT(DISTINCT customers.id)"}),
    )
    for section, label, part in parts:
        if section == "Relationships":
            part |= {"from_columns": ["id"], "to_columns": ["id"]}
        call(f"semanticModel{section}_create", part, **one)
        # The names of metrics are a rule of the whole product.
        call(f"semanticModel{section}_create", part, expect=422 if section == "Metrics" else 409, **one)
        call(f"semanticModel{section}_create", {"name": ""}, expect=422, **one)
        call(f"semanticModel{section}_list", query={"includeTotal": "true", "limit": 1}, **one)
        named = one | {label: part["name"]}
        call(f"semanticModel{section}_get", **named)
        call(f"semanticModel{section}_update", {"description": "changed"}, **named)
        call(f"semanticModel{section}_update", {"remove": True}, **named)
        call(f"semanticModel{section}_get", expect=404, **named)
    call("semanticModels_update", {"remove": True}, **one)
    made = call("semanticModels_generate", {"name": "sketch", "sampleRows": 0})["data"]["semanticModel"]["id"]
    call("semanticModels_update", {"remove": True}, semanticModelId=made)


def documents(call) -> None:
    """Every verb of unstructured assets."""
    text = {"kind": "text", "name": "Rules", "text": "Returns within 30 days.", "tags": ["rules"], "description": "d"}
    made = call("unstructuredAssets_create", text)["data"]["unstructuredAsset"]["id"]
    call("unstructuredAssets_create", {"kind": "url", "name": "x", "url": "http://localhost/"}, expect=422)
    call("unstructuredAssets_list", query={"includeTotal": "true", "search": "rules", "isDeployed": "false"})
    call("unstructuredAssets_update", {"description": None, "isDeployed": True}, unstructuredAssetId=made)
    call("unstructuredAssets_update", {"name": None}, expect=422, unstructuredAssetId=made)
    call("unstructuredAssets_get", unstructuredAssetId=made)
    assert call("unstructuredAssets_content", unstructuredAssetId=made) == text["text"]
    passages = call("unstructuredAssets_passages", query={"includeTotal": "true"}, unstructuredAssetId=made)["data"]
    assert [passage["text"] for passage in passages["passages"]] == [text["text"]]
    call("unstructuredAssets_delete", unstructuredAssetId=made)


def threads(recorder, call, prefix) -> None:
    """Nobody has a thread before he asks something; then it is his."""
    assert call("chatThreads_list", query={"includeTotal": "true", "scope": "all"})["data"]["totalCount"] == 0
    call("chatThreads_list", query={"startDate": "soon"}, expect=400)
    nobody = {"threadId": "019a0000-0000-7000-8000-000000000000"}
    call("chatThreads_get", expect=404, **nobody)
    call("chatThreads_rename", {"title": "t"}, expect=404, **nobody)
    call("chatThreads_delete", expect=404, **nobody)
    asked = call("chat_ask", {"message": "how much plumbago is there?"})["data"]
    assert asked["status"] == "not_answerable" and asked["unknownTerms"], asked
    call("chat_ask", {}, expect=422)
    told = call("chat_stream", {"message": "how much plumbago is there?"})
    assert told.count("event: done") == 1
    message = told.split("id: ", 1)[1].split(":", 1)[0]
    assert call("chat_resume", messageId=message) == told
    call("chat_resume", expect=410, messageId="019a0000-0000-7000-8000-000000000000")
    own = {"threadId": asked["threadId"]}
    assert [one["role"] for one in call("chatThreads_get", **own)["data"]["messages"]] == ["user", "assistant"]
    said = own | {"messageId": asked["messageId"]}
    assert call("chatThreads_answerAgain", **said)["data"]["status"] == "not_answerable"
    call("chatThreads_answerAgain", expect=404, **own, messageId="019a0000-0000-7000-8000-000000000000")
    call("chatFeedback_give", {"rating": "wrong", "comment": "there is some"}, **said)
    assert len(call("chatFeedback_list", query={"includeTotal": "true"})["data"]["feedback"]) == 1
    call("chatFeedback_takeBack", **said)
    assert call("chatChoices_list")["data"]["choices"] == []
    call("queryableTables_list")
    call("chatThreads_rename", {"title": "Plumbago"}, **own)
    call("chatThreads_delete", **own)


def unanswered(call) -> None:
    """From a question that was not answered, one step each."""
    call("semanticModels_create", {"name": "asked", "format": "osi", "content": MODEL, "isDeployed": True})
    assert call("chat_guide")["data"]["text"]
    assert call("chat_fit", query={"question": "how much plumbago is there?"})["data"]["unknownTerms"]
    call("chat_fit", expect=(400, 422))
    call("chat_ask", {"message": "how much plumbago is there?"})
    question = call("unansweredQuestions_list", query={"includeTotal": "true"})["data"]["questions"][0]
    step = {"questionId": question["id"]}
    call("unansweredQuestions_addSynonym", {"target": "nothing"}, expect=422, **step)
    call("unansweredQuestions_addSynonym", {"target": "turnover", "term": "plumbago"}, **step)
    call("unansweredQuestions_addVerifiedQuery", {"sql": "DROP TABLE t"}, expect=422, **step)
    call("unansweredQuestions_addVerifiedQuery", {"sql": "SELECT 1 AS n"}, **step)


def compositions(recorder, call, prefix, product) -> None:
    """Every verb of compositions, and a composite product from its making to its end."""
    member, source = ("dataProduct", "sourceDataProductId") if prefix == "dataProducts" else ("workspace", "sourceWorkspaceId")
    label = f"{member}Id"
    made = recorder.call(f"{prefix}_create", {"name": f"Composite {prefix}", "compositeOf": [product]})["data"][member]
    assert made[f"{member}Type"] == "composite"

    def composed(name: str, *arguments, **options):
        return recorder.call(f"{prefix}_{name}", *arguments, **{label: made["id"]}, **options)["data"]

    other = recorder.call(f"{prefix}_create", {"name": f"Source {prefix}"})["data"][member]["id"]
    body = {source: other, "alias": "other", "include": {"datasets": ["orders"], "metrics": ["*"]}, "isDeployed": True}
    one = composed("compositions_create", body)["composition"]
    recorder.call(f"{prefix}_compositions_create", body, expect=409, **{label: made["id"]})
    recorder.call(f"{prefix}_compositions_create", {source: made["id"]}, expect=422, **{label: made["id"]})
    recorder.call(f"{prefix}_compositions_create", {"alias": "X"}, expect=422, **{label: made["id"]})
    more = recorder.call(f"{prefix}_create", {"name": f"More {prefix}"})["data"][member]["id"]
    assert composed("compositions_create", {"sources": [{source: more}]})["count"] == 1
    assert composed("compositions_list", query={"includeTotal": "true"})["totalCount"] == 3
    composed("compositions_get", compositionId=one["id"])
    assert composed("systemPrompts_list")["merged"] == ""
    composed("get", query={"include": "compositions"})
    results = composed("deploy", {})["results"]
    assert results["compositions"] == {"promoted": 2, "deleted": 0}
    recorder.call(f"{prefix}_delete", expect=409, **{label: other})
    assert composed("compositions_delete", compositionId=one["id"])["pendingDelete"]
    assert composed("deploy", {})["results"]["compositions"] == {"promoted": 0, "deleted": 1}
    recorder.call(f"{prefix}_delete", **{label: other})
    composed("delete")
    recorder.call(f"{prefix}_delete", **{label: more})


def skills(recorder, call, prefix) -> None:
    """Skills of the account, and of a product."""
    body = {"name": "Top", "command": f"/{prefix.lower()}", "description": "d", "prompt": "Top {n} customers"}
    made = recorder.call("accountSkills_create", body)["data"]["skill"]
    skill = {"skillId": made["skillId"]}
    recorder.call("accountSkills_create", body, expect=409)
    recorder.call("accountSkills_create", {"command": "x"}, expect=422)
    recorder.call("accountSkills_list", query={"includeCreatedByEmail": "true", "includeTotal": "true"})
    recorder.call("accountSkills_get", query={"includeCreatedByEmail": "true"}, **skill)
    recorder.call("accountSkills_revise", {"prompt": "Best {n} customers"}, **skill)
    recorder.call("accountSkillVersions_list", **skill)
    recorder.call("accountSkillVersions_get", versionId=made["id"], **skill)
    call("skills_enable", {"version": 1}, expect=201, **skill)
    call("skills_enableByPost", {"version": None}, expect=200, **skill)
    call("skills_enable", {"version": 9}, expect=422, **skill)
    call("skills_list", query={"includeTotal": "true"})
    call("skills_get", **skill)
    recorder.call("accountSkillVersions_delete", versionId=made["id"], **skill)
    call("skills_disable", **skill)
    recorder.call("accountSkills_delete", **skill)


def test_no_operation_went_unanswered(recorder):
    """Runs last: what nobody calls here is described and never checked."""
    assert recorder.operations.keys() == recorder.answered

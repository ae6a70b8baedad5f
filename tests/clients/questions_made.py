"""What operations are asked that take more than a record with an id: the parts that their paths name are made first, and
bodies say what is needed. Keyed by method and path; each answers what the path names, the body, and the query."""

import base64
import re
import sqlite3
import time
from urllib.parse import quote

from every_operation import COLLECTIONS
from openmetadata_door import reference
from openmetadata_story import SCOPES
from rights_world import fresh

NOW = int(time.time() * 1000)
TODAY = time.strftime("%Y-%m-%d")
#: What the sales of the shop are kept in.
SHOP = (
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, amount NUMERIC);"
    "INSERT INTO orders (region, amount) VALUES ('EU', 10), ('EU', 20), ('US', 5);"
    "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT);"
)
MODEL = """
version: "0.2.0.dev0"
semantic_model:
  - name: retail
    datasets:
      - name: orders
        source: main.orders
        primary_key: [id]
        fields:
          - name: id
            expression: {dialects: [{dialect: ANSI_SQL, expression: id}]}
          - name: region
            expression: {dialects: [{dialect: ANSI_SQL, expression: region}]}
      - name: customers
        source: main.customers
        primary_key: [id]
    relationships:
      - {name: o2c, from: orders, to: customers, from_columns: [id], to_columns: [id]}
    metrics:
      - name: order_count
        expression: {dialects: [{dialect: ANSI_SQL, expression: COUNT(orders.id)}]}
"""
FORM = "structure {name} {{ @required steward: String }}"


def until(holds, what: str) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


# --- OpenMetadata -----------------------------------------------------------------------------------------------------


def entity(made: dict, **more) -> dict:
    names = {"id": made["id"], "fqn": made["fullyQualifiedName"], "name": made["fullyQualifiedName"]}
    return names | {"version": "0.1"} | more


def asset(w, path):
    """Any asset, of a type that DataZone made."""
    kind = w.dz.create_asset_type(
        domainIdentifier=w.domain, owningProjectIdentifier=w.project, name=fresh("Thing").replace("-", ""), formsInput={}
    )
    made = w.dz.create_asset(
        domainIdentifier=w.domain, owningProjectIdentifier=w.project, name=fresh("asset"), typeIdentifier=kind["name"]
    )
    found = w.om.get(f"/assets/{made['id']}")
    body = None
    if path.endswith("/restore"):
        w.om.call("DELETE", f"/assets/{found['id']}", expect=200)
        body = {"id": found["id"]}
    elif path.endswith("/followers"):
        body = w.owner["id"]
    elif path.endswith("/vote"):
        body = {"updatedVoteType": "votedUp"}
    return entity(found, userId=w.owner["id"]), body


def stale(w, collection):
    """All that a crawler has seen, with the last record of the collection in its scope."""
    made = w.make(collection)
    member, kind = SCOPES[collection]
    scope = w.body(collection)[member]
    scope = scope[0] if isinstance(scope, list) else scope
    return {}, {"scopeEntityType": kind, "scopeFqn": scope, "seenFqns": [made["fullyQualifiedName"]], "dryRun": True}


def run(w, **more):
    pipeline = w.make("pipelines")
    at = f"/pipelines/{pipeline['fullyQualifiedName']}/status"
    w.om.call("PUT", at, {"timestamp": NOW, "executionStatus": "Successful"}, expect=(200, 201))
    return entity(pipeline, timestamp=NOW)


def destination(w):
    address = {"type": "Webhook", "category": "External", "config": {"endpoint": "https://example.com/hook"}}
    made = w.om.post("/events/subscriptions", w.body("events/subscriptions") | {"destinations": [address]})
    return entity(made, destinationId=made["destinations"][0]["id"])


def person(w):
    """Somebody with a password, and what he logs in with."""
    name, password = fresh("person"), "a long and secret Word-1"
    user = {"name": name, "email": f"{name}@example.com", "createPasswordType": "ADMIN_CREATE"}
    w.om.post("/users", user | {"password": password, "confirmPassword": password})
    return name, password, {"email": user["email"], "password": encoded(password)}


def changed_password(w):
    name, _, _ = person(w)
    new = "another long Word-2"
    return {}, {"username": name, "requestType": "USER", "newPassword": new, "confirmPassword": new}


def tokens(w):
    return w.om.post("/users/login", person(w)[2], 200)


def bot(w):
    return w.make("bots")["botUser"]["id"]


def bot_with_token(w):
    made = bot(w)
    w.om.put(f"/users/generateToken/{made}", {"JWTTokenExpiry": "Unlimited"}, 200)
    return made


def table_entity(w, **more):
    table = w.make("tables")
    return entity(table, entity="table", resource="table", date=TODAY, **more)


def sampled(w):
    table = w.make("tables")
    of_it = entity(table, entity="table", resource="table", date=TODAY)
    return of_it, {"columns": [table["columns"][0]["name"]], "rows": [[1], [2]]}


def query(w, body):
    return entity(w.make("queries")), body


def used(w):
    return [reference(w.make("tables"), "table")]


def tested(w, **more):
    return entity(w.make("dataQuality/testCases"), **more)


def taken(w, body: bool):
    """A suite that takes a test, or is to."""
    case, suite = w.make("dataQuality/testCases"), w.make("dataQuality/testSuites")
    takes = {"testSuiteId": suite["id"], "testCaseIds": [case["id"]]}
    if not body:
        w.om.call("PUT", "/dataQuality/testCases/logicalTestCases", takes, expect=200)
    return {"testSuiteId": suite["id"], "id": case["id"]}, takes if body else None


def suite_of_table(w):
    return {"name": "any", "basicEntityReference": w.make("tables")["fullyQualifiedName"]}


def made_suite(w):
    return entity(w.om.post("/dataQuality/testSuites/basic", suite_of_table(w)))


OUTCOME = {"timestamp": NOW, "testCaseStatus": "Failed", "result": "Found 3", "failedRows": 3}
OF_SUITES = {
    (method, f"/v1/dataQuality/testSuites/{word}{rest}"): make
    for word in ("basic", "executable")
    for method, rest, make in (
        ("POST", "", lambda w: ({}, suite_of_table(w))),
        ("PUT", "", lambda w: ({}, suite_of_table(w))),
        ("DELETE", "/{id}", lambda w: (made_suite(w), None)),
        ("DELETE", "/name/{fqn}", lambda w: (made_suite(w), None)),
    )
}
OF_TESTS = OF_SUITES | {
    ("POST", "/v1/dataQuality/testCases/testCaseResults/{fqn}"): lambda w: (tested(w), OUTCOME),
    ("PUT", "/v1/dataQuality/testCases/testCaseResults/{fqn}"): lambda w: (tested(w), OUTCOME),
    ("PUT", "/v1/dataQuality/testCases/{fqn}/testCaseResult"): lambda w: (tested(w), OUTCOME),
    ("GET", "/v1/dataQuality/testCases/testCaseResults/search/latest"): lambda w: (
        {}, None, f"testCaseFQN={noted(w)}"),
    ("PUT", "/v1/dataQuality/testCases/logicalTestCases"): lambda w: taken(w, True),
    ("DELETE", "/v1/dataQuality/testCases/logicalTestCases/{testSuiteId}/{id}"): lambda w: taken(w, False),
}  # fmt: skip


def noted(w) -> str:
    fqn = tested(w)["fqn"]
    w.om.call("PUT", f"/dataQuality/testCases/testCaseResults/{quote(fqn, safe='')}", OUTCOME, expect=200)
    return quote(fqn, safe="")


RESULT = {"status": "Successful", "steps": [{"name": "CheckAccess", "mandatory": True, "passed": True}]}
PROFILE = {"tableProfile": {"timestamp": NOW, "rowCount": 2}, "columnProfile": [{"name": "c1", "timestamp": NOW}]}
LINEAGE = {"upstreamDepth": 1, "downstreamDepth": 1, "lineageLayer": "EntityLineage", "pipelineViewMode": "Edge"}
JOINS = {"dayCount": 1, "startDate": TODAY, "columnJoins": []}

OPENMETADATA = OF_TESTS | {
    ("PUT", "/v1/pipelines/{fqn}/status"): lambda w: (run(w), {"timestamp": NOW + 1, "executionStatus": "Failed"}),
    ("PUT", "/v1/pipelines/{fqn}/status/bulk"): lambda w: (
        run(w), [{"timestamp": NOW + n, "executionStatus": "Failed"} for n in range(3)]),
    ("DELETE", "/v1/pipelines/{fqn}/status/{timestamp}"): lambda w: (run(w), None),
    ("PUT", "/v1/services/ingestionPipelines/{fqn}/pipelineStatus"): lambda w: (
        entity(w.make("services/ingestionPipelines")),
        {"runId": "run-1", "pipelineState": "running", "startDate": NOW, "timestamp": NOW}),
    ("GET", "/v1/policies/validation/condition/{expression}"): lambda w: ({"expression": "isOwner()"}, None),
    ("POST", "/v1/policies/validation/condition/{expression}"): lambda w: ({"expression": "isOwner()"}, None),
    ("GET", "/v1/permissions/{resource}"): lambda w: ({"resource": "table"}, None),
    ("GET", "/v1/permissions/{resource}/{id}"): lambda w: (table_entity(w), None),
    ("GET", "/v1/permissions/{resource}/name/{fqn}"): lambda w: (table_entity(w), None),
    ("GET", "/v1/events/subscriptions/{id}/status/{destinationId}"): lambda w: (destination(w), None),
    ("GET", "/v1/events/subscriptions/name/{fqn}/status/{destinationId}"): lambda w: (destination(w), None),
    ("GET", "/v1/search/fieldQuery"): lambda w: ({}, None, "fieldName=fullyQualifiedName&fieldValue=*&index=all"),
    ("GET", "/v1/search/aggregate"): lambda w: ({}, None, "field=owners.name&index=all"),
    ("POST", "/v1/search/aggregate"): lambda w: ({}, {"fieldName": "owners.name", "index": "all"}),
    ("POST", "/v1/search/reindex/{type}"): lambda w: ({"type": "table"}, {}),
    ("POST", "/v1/apps/trigger/{name}"): lambda w: ({"name": "SearchIndexingApplication"}, {}),
    ("GET", "/v1/search/get/{index}/doc/{id}"): lambda w: (entity(w.make("tables"), index="table_search_index"), None),
    ("GET", "/v1/services/testConnectionDefinitions/name/{fqn}"): lambda w: (
        {"fqn": "Postgres.testConnectionDefinition"}, None),
    ("PUT", "/v1/services/databaseServices/{id}/testConnectionResult"): lambda w: (
        entity(w.make("services/databaseServices")), RESULT),
    ("PUT", "/v1/services/pipelineServices/{id}/testConnectionResult"): lambda w: (
        entity(w.make("services/pipelineServices")), RESULT),
    ("PUT", "/v1/services/dashboardServices/{id}/testConnectionResult"): lambda w: (
        entity(w.make("services/dashboardServices")), RESULT),
    ("GET", "/v1/system/settings/{name}"): lambda w: ({"name": "lineageSettings"}, None),
    ("PUT", "/v1/system/settings"): lambda w: ({}, {"config_type": "lineageSettings", "config_value": LINEAGE}),
    ("PATCH", "/v1/system/settings/{name}"): lambda w: (
        {"name": "lineageSettings"}, [{"op": "replace", "path": "/upstreamDepth", "value": 3}]),
    ("PUT", "/v1/system/settings/reset/{name}"): lambda w: ({"name": "lineageSettings"}, None),
    ("POST", "/v1/events/subscriptions/testDestination"): lambda w: (
        {}, {"destinations": [{"type": "Email", "category": "External", "config": {"receivers": ["a@example.com"]}}]}),
    ("GET", "/v1/tables/{fqn}/columnProfile"): lambda w: (
        {"fqn": f"{w.make('tables')['fullyQualifiedName']}.c1"}, None),
    ("PUT", "/v1/tables/{fqn}/tableProfile"): lambda w: (table_entity(w), PROFILE),
    ("PUT", "/v1/tables/{id}/tableProfile"): lambda w: (table_entity(w), PROFILE),
    ("PUT", "/v1/tables/{id}/dataModel"): lambda w: (table_entity(w), {"modelType": "DBT", "sql": "select 1"}),
    ("PUT", "/v1/tables/{id}/joins"): lambda w: (table_entity(w), JOINS),
    ("PUT", "/v1/tables/{id}/sampleData"): lambda w: sampled(w),
    ("PUT", "/v1/teams/{id}/users"): lambda w: (entity(w.make("teams")), [w.owner]),
    ("PUT", "/v1/queries/{id}/usage"): lambda w: query(w, used(w)),
    ("DELETE", "/v1/queries/{id}/usage"): lambda w: query(w, used(w)),
    ("PUT", "/v1/queries/{id}/usedBy"): lambda w: query(w, ["a program"]),
    ("PUT", "/v1/queries/{id}/users"): lambda w: query(w, ["rights-owner"]),
    ("POST", "/v1/queryCostRecord"): lambda w: (
        {}, {"timestamp": NOW, "cost": 1.5, "count": 2, "queryReference": reference(w.make("queries"), "query")}),
    ("POST", "/v1/usage/compute.percentile/{entity}/{date}"): lambda w: ({"entity": "table", "date": TODAY}, None),
    ("GET", "/v1/usage/{entity}/{id}"): lambda w: (table_entity(w), None),
    ("GET", "/v1/usage/{entity}/name/{fqn}"): lambda w: (table_entity(w), None),
    ("POST", "/v1/usage/{entity}/{id}"): lambda w: (table_entity(w), {"date": TODAY, "count": 3}),
    ("PUT", "/v1/usage/{entity}/{id}"): lambda w: (table_entity(w), {"date": TODAY, "count": 3}),
    ("GET", "/v1/users/auth-mechanism/{id}"): lambda w: ({"id": bot_with_token(w)}, None),
    ("PUT", "/v1/users/generateToken/{id}"): lambda w: ({"id": bot(w)}, {"JWTTokenExpiry": "Unlimited"}),
    ("PUT", "/v1/users/revokeToken"): lambda w: ({}, {"id": bot(w)}),
    ("PUT", "/v1/users/security/token"): lambda w: ({}, {"tokenName": fresh("t"), "JWTTokenExpiry": "OneHour"}),
    ("PUT", "/v1/users/changePassword"): changed_password,
    ("POST", "/v1/users/login"): lambda w: ({}, person(w)[2]),
    ("POST", "/v1/users/refresh"): lambda w: ({}, {"refreshToken": tokens(w)["refreshToken"]}),
    ("POST", "/v1/users/logout"): lambda w: ({}, {"token": tokens(w)["accessToken"]}),
}  # fmt: skip


def openmetadata(method: str, path: str):
    collection = next((c for c in COLLECTIONS if path == f"/v1/{c}/deleteStale"), None)
    if collection in SCOPES:
        return lambda w: stale(w, collection)
    if collection:
        seen = {"scopeEntityType": "domain", "seenFqns": ["x"]}
        return lambda w: ({}, seen | {"scopeFqn": w.make(collection)["fullyQualifiedName"]})
    if path.startswith("/v1/assets/") and ("{" in path or path.endswith("/restore")):
        patch = [{"op": "add", "path": "/description", "value": "changed"}]
        return lambda w: (lambda values, body: (values, patch if method == "PATCH" else body))(*asset(w, path))
    return OPENMETADATA.get((method, path))


# --- DataZone ---------------------------------------------------------------------------------------------------------


def within(w) -> dict:
    return {"domainIdentifier": w.domain, "projectIdentifier": w.project}


def form_type(w):
    name = fresh("Form").replace("-", "")
    call = {"domainIdentifier": w.domain, "owningProjectIdentifier": w.project, "name": name}
    return w.dz.create_form_type(**call, model={"smithy": FORM.format(name=name)}, status="ENABLED")["name"]


def asset_type(w):
    name = fresh("Type").replace("-", "")
    call = {"domainIdentifier": w.domain, "owningProjectIdentifier": w.project, "name": name}
    return w.dz.create_asset_type(**call, formsInput={})["name"]


def dz_asset(w):
    call = {"domainIdentifier": w.domain, "owningProjectIdentifier": w.project, "name": fresh("asset")}
    return w.dz.create_asset(**call, typeIdentifier=asset_type(w))["id"]


def glossary(w, status="ENABLED"):
    call = {"domainIdentifier": w.domain, "owningProjectIdentifier": w.project, "name": fresh("glossary")}
    return w.dz.create_glossary(**call, status=status)["id"]


def term(w, status="ENABLED"):
    call = {"domainIdentifier": w.domain, "glossaryIdentifier": glossary(w), "name": fresh("term")}
    return w.dz.create_glossary_term(**call, status=status)["id"]


def root_unit(w):
    return w.dz.get_domain(identifier=w.domain)["rootDomainUnitId"]


def unit(w):
    call = {"domainIdentifier": w.domain, "parentDomainUnitIdentifier": root_unit(w)}
    return w.dz.create_domain_unit(**call, name=fresh("unit"))["id"]


def arn(w):
    return {"resourceArn": w.dz.get_domain(identifier=w.domain)["arn"]}


def project_with(w, user=None):
    """A project of the administrator's, where `user` is a member already."""
    project = w.dz.create_project(domainIdentifier=w.domain, name=fresh("project"))["id"]
    if user:
        w.dz.create_project_membership(
            domainIdentifier=w.domain, projectIdentifier=project, designation="PROJECT_CONTRIBUTOR",
            member={"userIdentifier": user})  # fmt: skip
    return within(w) | {"projectIdentifier": project}


def typed(w, make, **more):
    return within(w) | {"identifier": make(w)} | more


DOMAIN = "/v2/domains/{domainIdentifier}"
DATAZONE = {
    ("GET", "/tags/{resourceArn}"): lambda w: (arn(w), None),
    ("POST", "/tags/{resourceArn}"): lambda w: (arn(w), {"tags": {"team": "sales"}}),
    ("DELETE", "/tags/{resourceArn}"): lambda w: (arn(w), None, "tagKeys=team"),
    ("POST", f"{DOMAIN}/asset-types"): lambda w: (
        within(w), {"name": fresh("Type").replace("-", ""), "owningProjectIdentifier": w.project, "formsInput": {}}),
    ("GET", f"{DOMAIN}/asset-types/{{identifier}}"): lambda w: (typed(w, asset_type), None),
    ("DELETE", f"{DOMAIN}/asset-types/{{identifier}}"): lambda w: (typed(w, asset_type), None),
    ("POST", f"{DOMAIN}/assets"): lambda w: (
        within(w), {"name": fresh("asset"), "owningProjectIdentifier": w.project, "typeIdentifier": asset_type(w)}),
    ("GET", f"{DOMAIN}/assets/{{identifier}}"): lambda w: (typed(w, dz_asset), None),
    ("DELETE", f"{DOMAIN}/assets/{{identifier}}"): lambda w: (typed(w, dz_asset), None),
    ("GET", f"{DOMAIN}/assets/{{identifier}}/revisions"): lambda w: (typed(w, dz_asset), None),
    ("POST", f"{DOMAIN}/assets/{{identifier}}/revisions"): lambda w: (typed(w, dz_asset), {"name": fresh("asset")}),
    ("GET", f"{DOMAIN}/domain-units"): lambda w: (within(w), None, f"parentDomainUnitIdentifier={root_unit(w)}"),
    ("POST", f"{DOMAIN}/domain-units"): lambda w: (
        within(w), {"name": fresh("unit"), "parentDomainUnitIdentifier": root_unit(w)}),
    ("GET", f"{DOMAIN}/domain-units/{{identifier}}"): lambda w: (typed(w, unit), None),
    ("PUT", f"{DOMAIN}/domain-units/{{identifier}}"): lambda w: (typed(w, unit), {"description": "changed"}),
    ("DELETE", f"{DOMAIN}/domain-units/{{identifier}}"): lambda w: (typed(w, unit), None),
    ("POST", f"{DOMAIN}/form-types"): lambda w: (lambda name: (within(w), {
        "name": name, "owningProjectIdentifier": w.project, "model": {"smithy": FORM.format(name=name)}}))(
            fresh("Form").replace("-", "")),
    ("GET", f"{DOMAIN}/form-types/{{formTypeIdentifier}}"): lambda w: (
        within(w) | {"formTypeIdentifier": form_type(w)}, None),
    ("DELETE", f"{DOMAIN}/form-types/{{formTypeIdentifier}}"): lambda w: (
        within(w) | {"formTypeIdentifier": form_type(w)}, None),
    ("GET", f"{DOMAIN}/glossaries/{{identifier}}"): lambda w: (typed(w, glossary), None),
    ("PATCH", f"{DOMAIN}/glossaries/{{identifier}}"): lambda w: (typed(w, glossary), {"description": "changed"}),
    ("DELETE", f"{DOMAIN}/glossaries/{{identifier}}"): lambda w: (
        typed(w, lambda w: glossary(w, "DISABLED")), None),
    ("POST", f"{DOMAIN}/glossary-terms"): lambda w: (
        within(w), {"name": fresh("term"), "glossaryIdentifier": glossary(w)}),
    ("GET", f"{DOMAIN}/glossary-terms/{{identifier}}"): lambda w: (typed(w, term), None),
    ("PATCH", f"{DOMAIN}/glossary-terms/{{identifier}}"): lambda w: (typed(w, term), {"shortDescription": "changed"}),
    ("DELETE", f"{DOMAIN}/glossary-terms/{{identifier}}"): lambda w: (
        typed(w, lambda w: term(w, "DISABLED")), None),
    ("POST", f"{DOMAIN}/projects/{{projectIdentifier}}/createMembership"): lambda w: (project_with(w), {
        "designation": "PROJECT_CONTRIBUTOR", "member": {"userIdentifier": w.people["stranger"].id}}),
    ("POST", f"{DOMAIN}/projects/{{projectIdentifier}}/deleteMembership"): lambda w: (
        project_with(w, w.people["stranger"].id), {"member": {"userIdentifier": w.people["stranger"].id}}),
    ("POST", f"{DOMAIN}/types-search"): lambda w: (within(w), {"searchScope": "ASSET_TYPE", "managed": False}),
}  # fmt: skip


# --- Bobsled ----------------------------------------------------------------------------------------------------------


def keep_shop(w, folder):
    """A database with the sales of a shop behind a data source, and its tables in the catalogue."""
    with sqlite3.connect(folder / "shop.db") as database:
        database.executescript(SHOP)
    config = {"name": "shop", "type": "sqlite", "connectionConfig": {"path": "shop.db"}}
    w.source = w.bob.post("/data-sources", config, expect=201)["dataSource"]["id"]
    w.om.put("/databases", {"name": "main", "service": "shop"})
    w.om.put("/databaseSchemas", {"name": "main", "database": "shop.main"})
    columns = [{"name": "id", "dataType": "INT"}, {"name": "region", "dataType": "STRING"}]
    columns.append({"name": "amount", "dataType": "DECIMAL"})
    for table in ("orders", "customers"):
        w.om.put("/tables", {"name": table, "databaseSchema": "shop.main.main", "columns": columns})


def asset_of(table: str) -> dict:
    return {"tableName": table, "schemaName": "main", "databaseName": "main"}


def product(w, **more) -> dict:
    """A product of the project's that has the tables of the shop."""
    made = w.make("dataProducts")["id"]
    at = f"/data-products/{made}"
    w.bob.patch(at, {"dataSourceId": w.source})
    w.bob.patch(f"{at}/data-assets", {"add": [asset_of("orders"), asset_of("customers")], "isDeployed": True})
    w.bob.post(f"{at}/deploy", {})
    return {"accountId": w.server.account, "dataProductId": made, "workspaceId": made} | more


def bare(w, **more) -> dict:
    made = w.make("dataProducts")["id"]
    return {"accountId": w.server.account, "dataProductId": made, "workspaceId": made} | more


def part(w, folder: str, body: dict, member: str, values=None) -> dict:
    """A product with a part, whose id is what the path calls `member`."""
    values = values or bare(w)
    made = w.bob.post(f"/data-products/{values['dataProductId']}/{folder}", body, expect=(200, 201, 202))
    of_part = next(value for value in made.values() if isinstance(value, dict) and "id" in value)
    return values | {member: of_part["id"]}


def model(w, **more) -> dict:
    body = {"name": "retail", "format": "osi", "content": MODEL}
    return part(w, "semantic-models", body, "semanticModelId", product(w)) | more


def deployed(w) -> dict:
    """A product with a model that counts."""
    values = model(w)
    w.bob.post(f"/data-products/{values['dataProductId']}/deploy", {})
    return values


def asked(w, message="How many orders?", **more) -> dict:
    """A product that was asked something, with the ids of the thread and the message."""
    values = deployed(w)
    answer = w.bob.post(f"/data-products/{values['dataProductId']}/chat", {"message": message})
    return values | {"threadId": answer["threadId"], "messageId": answer["messageId"]} | more


def streamed(w) -> dict:
    values = deployed(w)
    at = f"{w.bob.base}/data-products/{values['dataProductId']}"
    told = w.bob.session.post(f"{at}/chat/stream", json={"message": "How many orders?"}, timeout=30).text
    return values | {"messageId": re.search(r'"messageId":"([^"]+)"', told).group(1)}


def unanswered(w) -> dict:
    values = asked(w, "Turnover for Atlantis")
    listed = w.bob.get(f"/data-products/{values['dataProductId']}/unanswered-questions")["questions"]
    return values | {"questionId": listed[0]["id"]}


def skill(w, **more) -> dict:
    body = {"name": fresh("Top"), "command": f"/{fresh('top')}", "prompt": "Top customers"}
    made = w.bob.post("/skills", body, expect=201)["skill"]
    return {"accountId": w.server.account, "skillId": made["skillId"], "versionId": made["id"]} | more


def skill_version(w) -> dict:
    values = skill(w)
    w.bob.post(f"/skills/{values['skillId']}", {"prompt": "Top ten customers"})
    return values


def product_skill(w) -> dict:
    values = bare(w) | skill(w)
    w.bob.call("PUT", f"/data-products/{values['dataProductId']}/skills/{values['skillId']}", {}, expect=201)
    return values


def composition(w) -> dict:
    source = product(w)["dataProductId"]
    return part(w, "compositions", {"sourceDataProductId": source}, "compositionId")


def data_source(w) -> dict:
    config = {"name": fresh("shop"), "type": "sqlite", "connectionConfig": {"path": "shop.db"}}
    made = w.bob.post("/data-sources", config, expect=201)["dataSource"]["id"]
    return {"accountId": w.server.account, "dataSourceId": made}


ACCOUNT = "/api/v1/accounts/{accountId}"
PRODUCT = f"{ACCOUNT}/data-products/{{dataProductId}}"
ONE_MODEL = f"{PRODUCT}/semantic-models/{{semanticModelId}}"
QUERY = {"question": "How many?", "sql": "SELECT COUNT(*) AS n FROM orders"}
DOCUMENT = {"kind": "text", "name": "Rules", "text": "Returns within 30 days."}
SQLITE = {"type": "sqlite", "connectionConfig": {"path": "shop.db"}}


def verified(w):
    return part(w, "verified-queries", QUERY, "verifiedQueryId", product(w))


def prompt(w):
    return part(w, "system-prompts", {"content": "Amounts are in EUR."}, "systemPromptId")


def page(w):
    return part(w, "front-page-configs", {"title": "Welcome"}, "frontPageConfigId")


def document(w):
    values = part(w, "unstructured-assets", DOCUMENT, "unstructuredAssetId")
    at = f"/data-products/{values['dataProductId']}/unstructured-assets/{values['unstructuredAssetId']}"
    until(lambda: w.bob.get(at)["unstructuredAsset"]["status"] == "ready", "the document is read")
    return values


def reads(path: str, make, *methods: str) -> dict:
    """Operations that need nothing but what the path names."""
    return {(method, path): lambda w: (make(w), None) for method in methods}


BOBSLED = {
    ("PATCH", PRODUCT): lambda w: (bare(w), {"description": "changed"}),
    ("POST", f"{PRODUCT}/chat"): lambda w: (asked(w), {"message": "How many orders?"}),
    ("POST", f"{PRODUCT}/chat/stream"): lambda w: (asked(w), {"message": "How many orders?"}),
    ("PATCH", f"{PRODUCT}/chat-threads/{{threadId}}"): lambda w: (asked(w), {"title": "Orders"}),
    ("POST", f"{PRODUCT}/chat-threads/{{threadId}}/messages/{{messageId}}/feedback"): lambda w: (
        asked(w), {"rating": "helpful"}),
    ("PATCH", f"{PRODUCT}/data-assets"): lambda w: (bare(w), {"add": [asset_of("orders")]}),
    ("POST", f"{PRODUCT}/run-sql"): lambda w: (product(w), {"sql": "SELECT COUNT(*) AS n FROM orders"}),
    ("POST", f"{PRODUCT}/deploy"): lambda w: (model(w), {}),
    ("POST", f"{PRODUCT}/semantic-models"): lambda w: (
        product(w), {"name": "retail", "format": "osi", "content": MODEL}),
    ("POST", f"{PRODUCT}/semantic-models/generate"): lambda w: (product(w), {}),
    ("POST", f"{PRODUCT}/semantic-models/validate"): lambda w: (
        product(w), {"name": "retail", "format": "osi", "content": MODEL}),
    ("PATCH", ONE_MODEL): lambda w: (model(w), {"description": "changed"}),
    ("POST", f"{ONE_MODEL}/metrics"): lambda w: (model(w), {"name": "buyers", "expression": "COUNT(customers.id)"}),
    ("PATCH", f"{ONE_MODEL}/metrics/{{metricId}}"): lambda w: (
        model(w, metricId="order_count"), {"description": "changed"}),
    ("POST", f"{ONE_MODEL}/relationships"): lambda w: (model(w), {
        "name": "c2o", "from": "customers", "to": "orders", "from_columns": ["id"], "to_columns": ["id"]}),
    ("PATCH", f"{ONE_MODEL}/relationships/{{relationshipId}}"): lambda w: (
        model(w, relationshipId="o2c"), {"remove": True}),
    ("POST", f"{ONE_MODEL}/tables"): lambda w: (model(w), {"name": "more", "source": "main.orders"}),
    ("PATCH", f"{ONE_MODEL}/tables/{{tableId}}"): lambda w: (model(w, tableId="orders"), {"description": "changed"}),
    ("POST", f"{PRODUCT}/unanswered-questions/{{questionId}}/synonym"): lambda w: (
        unanswered(w), {"term": "turnover", "target": "order_count"}),
    ("POST", f"{PRODUCT}/unanswered-questions/{{questionId}}/verified-query"): lambda w: (
        unanswered(w), {"sql": "SELECT COUNT(*) AS n FROM orders"}),
    ("PATCH", f"{PRODUCT}/unstructured-assets/{{unstructuredAssetId}}"): lambda w: (
        document(w), {"description": "changed"}),
    ("PATCH", f"{PRODUCT}/users"): lambda w: (
        bare(w), {"add": [{"userId": w.people["stranger"].id, "role": "viewer"}]}),
    ("POST", f"{PRODUCT}/verified-queries"): lambda w: (product(w), QUERY),
    ("POST", f"{PRODUCT}/verified-queries/{{verifiedQueryId}}"): lambda w: (verified(w), QUERY),
    ("POST", f"{PRODUCT}/skills/{{skillId}}"): lambda w: (bare(w) | skill(w), {}),
    ("PUT", f"{PRODUCT}/skills/{{skillId}}"): lambda w: (bare(w) | skill(w), {}),
    ("POST", f"{ACCOUNT}/data-sources"): lambda w: (
        {"accountId": w.server.account}, SQLITE | {"name": fresh("shop")}),
    ("POST", f"{ACCOUNT}/data-sources/test-connection"): lambda w: ({"accountId": w.server.account}, SQLITE),
    ("PATCH", f"{ACCOUNT}/data-sources/{{dataSourceId}}"): lambda w: (data_source(w), {"name": fresh("shop")}),
    ("POST", f"{ACCOUNT}/data-sources/{{dataSourceId}}/refresh"): lambda w: (data_source(w), {}),
    ("POST", f"{ACCOUNT}/data-sources/{{dataSourceId}}/test-connection"): lambda w: (data_source(w), {}),
    ("POST", f"{ACCOUNT}/skills/{{skillId}}"): lambda w: (skill(w), {"prompt": "Top ten customers"}),
    ("GET", f"{PRODUCT}/chat/guide"): lambda w: (deployed(w), None),
    ("GET", f"{PRODUCT}/chat/fit"): lambda w: (deployed(w), None, "question=orders"),
    **reads(f"{PRODUCT}/chat-threads/{{threadId}}", asked, "GET", "DELETE"),
    **reads(f"{PRODUCT}/chat-threads/{{threadId}}/messages/{{messageId}}/feedback", asked, "DELETE"),
    **reads(f"{PRODUCT}/chat-threads/{{threadId}}/messages/{{messageId}}/answer", asked, "GET"),
    **reads(f"{PRODUCT}/chat/stream/{{messageId}}", streamed, "GET"),
    **reads(f"{PRODUCT}/compositions/{{compositionId}}", composition, "GET", "DELETE"),
    **reads(f"{PRODUCT}/front-page-configs/{{frontPageConfigId}}", page, "GET", "DELETE"),
    **reads(ONE_MODEL, model, "GET"),
    **reads(f"{ONE_MODEL}/metrics", model, "GET"),
    **reads(f"{ONE_MODEL}/relationships", model, "GET"),
    **reads(f"{ONE_MODEL}/tables", model, "GET"),
    **reads(f"{ONE_MODEL}/metrics/{{metricId}}", lambda w: model(w, metricId="order_count"), "GET"),
    **reads(f"{ONE_MODEL}/relationships/{{relationshipId}}", lambda w: model(w, relationshipId="o2c"), "GET"),
    **reads(f"{ONE_MODEL}/tables/{{tableId}}", lambda w: model(w, tableId="orders"), "GET"),
    **reads(f"{PRODUCT}/skills/{{skillId}}", product_skill, "GET", "DELETE"),
    **reads(f"{PRODUCT}/system-prompts/{{systemPromptId}}", prompt, "GET", "DELETE"),
    **reads(f"{PRODUCT}/unstructured-assets/{{unstructuredAssetId}}", document, "GET", "DELETE"),
    **reads(f"{PRODUCT}/unstructured-assets/{{unstructuredAssetId}}/content", document, "GET"),
    **reads(f"{PRODUCT}/unstructured-assets/{{unstructuredAssetId}}/passages", document, "GET"),
    **reads(f"{PRODUCT}/verified-queries/{{verifiedQueryId}}", verified, "GET", "DELETE"),
    **reads(f"{ACCOUNT}/data-sources/{{dataSourceId}}", data_source, "GET", "DELETE"),
    **reads(f"{ACCOUNT}/data-sources/{{dataSourceId}}/available-tables", data_source, "GET"),
    **reads(f"{ACCOUNT}/skills/{{skillId}}", skill, "GET", "DELETE"),
    **reads(f"{ACCOUNT}/skills/{{skillId}}/versions", skill, "GET"),
    **reads(f"{ACCOUNT}/skills/{{skillId}}/versions/{{versionId}}", skill_version, "GET", "DELETE"),
}  # fmt: skip


def made_for(door: str, method: str, path: str):
    """How the question is prepared that takes more than a record; `None` where every record will do."""
    if door == "openmetadata":
        return openmetadata(method, path)
    return (DATAZONE if door == "datazone" else BOBSLED).get((method, path))

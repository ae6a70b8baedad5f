"""Every operation of every document, asked by everybody: the answers stand in `rights.tsv`.

`EMPORION_UPDATE_RIGHTS=1` writes the table anew; read the difference before it is kept.
"""

import json
import os
from pathlib import Path

import pytest

from mcp_door import McpDoor, Refused
from rights_world import CALLERS, World, fresh, nobody

TABLE = Path(__file__).parent / "rights.tsv"
DOCUMENTS = Path(__file__).resolve().parents[2] / "openapi"
#: Answered to anybody, by design: nothing in them depends on who asks.
OPEN_PATHS = ("/v1/system/", "/v1/users/login", "/v1/users/refresh", "/v1/users/signup")
PATCH_TYPE = "application/json-patch+json"


def operations(door: str):
    document = json.loads((DOCUMENTS / f"{door}.json").read_text())
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in ("get", "post", "put", "patch", "delete") and not operation.get("deprecated"):
                yield method.upper(), path, operation


@pytest.fixture(scope="module")
def world(server):
    return World(server)


@pytest.fixture(scope="module")
def collections():
    found = {path.removeprefix("/v1/") for method, path, _ in operations("openmetadata") if method == "POST"}
    listed = {path.removeprefix("/v1/") for method, path, _ in operations("openmetadata") if method == "GET"}
    return sorted((found & listed), key=len, reverse=True)


def openmetadata_question(world, collections, method, path):
    """The path and body of one question, over a record made for it."""
    if path.startswith("/v1/lineage"):
        return lineage_question(world, method, path)
    collection = next((c for c in collections if path == f"/v1/{c}" or path.startswith(f"/v1/{c}/")), None)
    rest = path.removeprefix(f"/v1/{collection}") if collection else path
    body = None
    values = {"version": "0.1", "userId": world.owner["id"]}
    target = None
    if collection and "{" in rest and collection in MAKEABLE:
        target = world.make(collection)
        values |= {"id": target["id"], "fqn": target["fullyQualifiedName"], "name": target["fullyQualifiedName"]}
    if method in ("POST", "PUT") and rest == "" and collection in MAKEABLE:
        body = world.body(collection)
    elif method == "PUT" and rest == "/bulk" and collection in MAKEABLE:
        body = [world.body(collection)]
    elif rest == "/restore" and collection in MAKEABLE:
        target = world.make(collection)
        world.om.call("DELETE", f"/{collection}/{target['id']}?recursive=true")
        body = {"id": target["id"]}
    elif method == "PATCH":
        body = [{"op": "add", "path": "/description", "value": "changed"}]
    elif rest.endswith("/moveAsync"):
        body = {"parent": {"id": world.make("glossaries")["id"], "type": "glossary"}}
    elif rest.endswith("/followers"):
        body = world.owner["id"]
    elif rest.endswith("/vote"):
        body = {"updatedVoteType": "votedUp"}
    elif rest.split("/")[-1] in ("add", "remove"):
        body = {"assets": []}
    elif method in ("POST", "PUT"):
        body = {}
    return fill(path, values), body, PATCH_TYPE if method == "PATCH" else "application/json"


def lineage_question(world, method, path):
    """One between two tables of the owner's that are linked already."""
    ends = {side: world.make("tables") for side in ("from", "to")}
    edge = {f"{side}Entity": {"id": table["id"], "type": "table"} for side, table in ends.items()}
    world.om.call("PUT", "/lineage", {"edge": edge}, expect=200)
    values = {"entity": "table", "id": ends["to"]["id"], "fqn": ends["to"]["fullyQualifiedName"], "source": "Manual"}
    for side, table in ends.items():
        values |= {f"{side}Type": "table", f"{side}Id": table["id"], f"{side}Fqn": table["fullyQualifiedName"]}
    patch = [{"op": "add", "path": "/description", "value": "changed"}]
    body = {"PUT": {"edge": edge} if path == "/v1/lineage" else {}, "PATCH": patch}.get(method)
    return fill(path, values), body, PATCH_TYPE if method == "PATCH" else "application/json"


MAKEABLE = {
    "domains", "dataProducts", "services/databaseServices", "services/pipelineServices", "databases", "databaseSchemas",
    "tables", "pipelines", "users", "teams", "bots", "roles", "policies", "classifications", "tags", "glossaries",
    "glossaryTerms",
}  # fmt: skip


def datazone_question(world, method, path, operation):
    product = world.make("dataProducts")["id"]
    values = {"domainIdentifier": world.domain, "projectIdentifier": world.project}
    body = None
    if method in ("POST", "PUT", "PATCH"):
        body = {"name": fresh("dz"), "owningProjectIdentifier": world.project, "searchScope": "DATA_PRODUCT"}
    values["identifier"] = product if "data-products" in path else nobody()
    if path == "/v2/domains/{identifier}":
        values["identifier"] = world.dz.create_domain(
            name=fresh("domain"), domainExecutionRole="arn:aws:iam::123456789012:role/r"
        )["id"]
    if "/projects/{identifier}" in path:
        values["identifier"] = world.dz.create_project(domainIdentifier=world.domain, name=fresh("project"))["id"]
    if "/user-profiles" in path:
        values["userIdentifier"] = world.people["member"].id
        body = body and {"userIdentifier": values["userIdentifier"], "status": "ACTIVATED"}
    return fill(path, values), body, "application/json"


#: What a part of a product, and a skill, needs to be stored.
PARTS = {
    "/verified-queries": {"question": "How many?", "sql": "SELECT 1"},
    "/system-prompts": {"content": "Amounts are in EUR."},
    "/front-page-configs": {"title": "Welcome"},
    "/unstructured-assets": {"kind": "text", "name": "Rules", "text": "Returns within 30 days."},
    "{accountId}/skills": {"name": "Top", "command": "/rights", "prompt": "Top {n} customers"},
}


def bobsled_question(world, method, path, operation):
    product = world.make("dataProducts")["id"]
    values = {"accountId": world.server.account, "dataProductId": product, "workspaceId": product}
    body = None
    if method in ("POST", "PATCH", "PUT"):
        body = {"name": fresh("bobsled")} if path.endswith("/data-products") and method == "POST" else {}
        if method == "POST":
            body = next((part for folder, part in PARTS.items() if path.endswith(folder)), body)
        if method == "POST" and path.endswith("/compositions"):
            body = {"sourceDataProductId": world.make("dataProducts")["id"]}
    return fill(path, values), body, "application/json"


def fill(path: str, values: dict) -> str:
    import re
    from urllib.parse import quote

    return re.sub(r"\{(\w+)\}", lambda m: quote(str(values.get(m.group(1), nobody())), safe=""), path)


#: Tools of the MCP door, and what they are given beside the product.
TOOLS = {
    "search_products": None,
    "read_product": {},
    "list_queryable_tables": {},
    "ask_product": {"question": "How many?"},
    "run_sql": {"sql": "SELECT 1"},
}
#: The statuses that the codes of their errors have elsewhere.
STATUSES = {"FORBIDDEN": 403, "NOT_FOUND": 404, "VALIDATION_FAILED": 422}


def tool_rows(world):
    for name, given in TOOLS.items():
        statuses = []
        for caller in CALLERS:
            who = world.people[caller]
            arguments = {} if given is None else {"product": world.make("dataProducts")["id"]} | given
            try:
                result = McpDoor(world.server, who.token if who else None).call(name, **arguments)
                statuses.append(str(STATUSES[result.error["code"]] if result.is_error else 200))
            except Refused:
                statuses.append("401")
        yield "\t".join(["mcp", "TOOL", name if given is None else f"{name} {{product}}", *statuses])


def rows(world, collections):
    for door, question, signed in (
        ("openmetadata", lambda m, p, o: openmetadata_question(world, collections, m, p), False),
        ("datazone", lambda m, p, o: datazone_question(world, m, p, o), True),
        ("bobsled", lambda m, p, o: bobsled_question(world, m, p, o), False),
    ):
        for method, path, operation in operations(door):
            statuses = []
            for caller in CALLERS:
                target, body, media_type = question(method, path, operation)
                answer = world.call(caller, method, target, body, signed=signed, media_type=media_type)
                assert answer.status_code < 500 or answer.status_code == 501, (method, target, answer.text[:500])
                statuses.append(str(answer.status_code))
            yield "\t".join([door, method, path, *statuses])
    yield from tool_rows(world)


def test_everybody_gets_what_the_table_says(world, collections):
    found = ["\t".join(["door", "method", "path", *CALLERS]), *rows(world, collections)]
    if os.environ.get("EMPORION_UPDATE_RIGHTS"):
        TABLE.write_text("\n".join(found) + "\n")
    kept = TABLE.read_text().splitlines()
    assert found == kept, [line for line in found if line not in kept][:40]


def test_the_table_opens_nothing_to_nobody():
    for line in TABLE.read_text().splitlines()[1:]:
        door, method, path, *statuses = line.split("\t")
        by = dict(zip(CALLERS, map(int, statuses), strict=True))
        if not path.startswith(OPEN_PATHS):
            assert by["anonymous"] in (401, 403), line
        if method != "GET" and not path.startswith(OPEN_PATHS) and "{" in path:
            assert by["outsider"] >= 400, line

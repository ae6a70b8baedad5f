"""Every operation of every document, as a question over records that were made for it."""

import json
import re
from pathlib import Path
from urllib.parse import quote

from rights_world import World, fresh, nobody

DOCUMENTS = Path(__file__).resolve().parents[2] / "openapi"
PATCH_TYPE = "application/json-patch+json"


def operations(door: str):
    document = json.loads((DOCUMENTS / f"{door}.json").read_text())
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in ("get", "post", "put", "patch", "delete") and not operation.get("deprecated"):
                yield method.upper(), path, operation


def all_collections() -> list[str]:
    """The collections of OpenMetadata that records are made in, the longest names first."""
    found = {path.removeprefix("/v1/") for method, path, _ in operations("openmetadata") if method == "POST"}
    listed = {path.removeprefix("/v1/") for method, path, _ in operations("openmetadata") if method == "GET"}
    # What has a POST and a member of a given id.
    made = (path for path in found & listed if "{" not in path and f"{path}/{{id}}" in listed)
    return sorted(made, key=len, reverse=True)


COLLECTIONS = all_collections()


def setting(method: str, rest: str):
    """The body that changes a setting, or makes it what it is by itself."""
    if method == "PATCH":
        return [{"op": "replace", "path": "/upstreamDepth", "value": 3}]
    depths = {"upstreamDepth": 1, "downstreamDepth": 1, "lineageLayer": "EntityLineage", "pipelineViewMode": "Edge"}
    return {"config_type": "lineageSettings", "config_value": depths} if (method, rest) == ("PUT", "/v1/system/settings") else None


def openmetadata_question(world: World, method: str, path: str, operation: dict):
    """The path and body of one question, over a record made for it."""
    if path.startswith("/v1/lineage"):
        return lineage_question(world, method, path)
    collection = next((c for c in COLLECTIONS if path == f"/v1/{c}" or path.startswith(f"/v1/{c}/")), None)
    rest = path.removeprefix(f"/v1/{collection}") if collection else path
    body = None
    values = {"version": "0.1", "userId": world.owner["id"]}
    target = None
    if collection and "{" in rest:
        target = world.make(collection)
        values |= {"id": target["id"], "fqn": target["fullyQualifiedName"], "name": target["fullyQualifiedName"]}
        values |= {"destinationId": destination["id"] for destination in target.get("destinations", [])}
    if path.startswith("/v1/search/get/"):
        values |= {"id": world.make("tables")["id"], "index": "table_search_index"}
    if path.startswith("/v1/system/settings"):
        values |= {"name": "lineageSettings"}
        body = setting(method, rest)
    elif rest == "/testDestination":
        body = {"destinations": []}
    elif collection and method in ("POST", "PUT") and rest == "":
        body = world.body(collection)
    elif collection and method == "PUT" and rest == "/bulk":
        body = [world.body(collection)]
    elif collection and rest == "/restore":
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
    elif "testCaseResult" in rest and method in ("POST", "PUT"):
        body = {"timestamp": 1_780_000_000_000, "testCaseStatus": "Success"}
    elif rest in ("/basic", "/executable"):
        body = {"name": "any", "basicEntityReference": world.make("tables")["fullyQualifiedName"]}
    elif rest.startswith("/logicalTestCases"):
        suite, case = world.make("dataQuality/testSuites"), world.make("dataQuality/testCases")
        values |= {"testSuiteId": suite["id"]}
        body = {"testSuiteId": suite["id"], "testCaseIds": [case["id"]]} if method == "PUT" else None
    elif method in ("POST", "PUT"):
        body = {}
    return fill(path, values), body, PATCH_TYPE if method == "PATCH" else "application/json"


def lineage_question(world: World, method: str, path: str):
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


def datazone_question(world: World, method: str, path: str, operation: dict):
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


def bobsled_question(world: World, method: str, path: str, operation: dict):
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
    return re.sub(r"\{(\w+)\}", lambda m: quote(str(values.get(m.group(1), nobody())), safe=""), path)


#: How each door is asked: the path, the body and its media type of an operation, and whether requests are signed.
DOORS = (
    ("openmetadata", openmetadata_question, False),
    ("datazone", datazone_question, True),
    ("bobsled", bobsled_question, False),
)

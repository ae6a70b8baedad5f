"""What operations are counted over: a page full of everything, owned by a team of teams, and three who ask for it."""

import itertools
from pathlib import Path

import questions_made
from bobsled_door import BobsledDoor
from every_operation import COLLECTIONS, fill
from openmetadata_door import reference
from rights_world import World, fresh

#: A page, and a few more.
CROWD = 55
#: Makes every decision turn on everything that a decision can turn on.
RULES = [
    {
        "name": "most",
        "effect": "allow",
        "resources": ["all"],
        "operations": ["All"],
        "condition": "!matchAnyTag('Crowd.hidden')",
    },
    {
        "name": "little",
        "effect": "deny",
        "resources": ["all"],
        "operations": ["ViewAll"],
        "condition": "inAnyTeam('nobodies') || matchAnyCertification('Crowd.hidden') || "
        "matchAnyTag('Crowd.hidden') && !isOwner() && !isReviewer() && !hasDomain() && !matchTeam()",
    },
]
CALLERS = ("admin", "member", "reader")


class Crowd(World):
    """The world of the rights, with a `crowd` of records of each collection, tables of ten tagged columns among them, and a
    `reader` under a policy that has to look at each of them."""

    def __init__(self, server, files: Path, crowd: int = CROWD):
        self.tags: list[dict] = []
        self.crew = None
        self.turn = itertools.count()
        super().__init__(server)
        self.bob = BobsledDoor(server, server.admin.token)
        questions_made.keep_shop(self, files)
        classification = self.om.post("/classifications", {"name": "Crowd", "description": "d"})["name"]
        for name in [f"t{n}" for n in range(10)] + ["hidden"]:
            tag = self.om.post("/tags", {"name": name, "description": "d", "classification": classification})
            self.tags.append({"tagFQN": tag["fullyQualifiedName"], "source": "Classification"})
        division = self.om.post("/teams", {"name": "division", "teamType": "Department", "description": "d"})
        crew = {"name": "crew", "teamType": "Group", "description": "d", "parents": [division["id"]]}
        self.crew = reference(self.om.post("/teams", crew), "team")
        self.people["reader"] = server.new_user("questions-reader")
        policy = self.om.post("/policies", {"name": "questions", "rules": RULES, "description": "d"})
        role = self.om.post("/roles", {"name": "questions", "policies": [policy["name"]], "description": "d"})
        reader = [{"op": "add", "path": "/roles", "value": [reference(role, "role")]}]
        self.om.patch(f"/users/{self.people['reader'].id}", reader)
        for collection in sorted(COLLECTIONS, key=len):
            bodies = [self.body(collection) for _ in range(crowd)]
            answer = self.om.call("PUT", f"/{collection}/bulk", bodies, expect=200).json()
            assert answer["numberOfRowsPassed"] == crowd, str(answer)[-500:]
        self.assets = self.om.get("/tables", limit=crowd)["data"]
        self.full = self.make("dataProducts")
        added = {"assets": [reference(table, "table") for table in self.assets]}
        self.om.call("PUT", f"/dataProducts/{self.full['name']}/assets/add", added, expect=200)

    def body(self, collection: str) -> dict:
        body = super().body(collection)
        if self.crew and "owners" in body:
            # A team owns the half of them: a record has a team or people.
            body["owners"] = [self.crew if next(self.turn) % 2 else self.owner]
        if self.tags and collection == "tables":
            body["columns"] = [{"name": f"c{n}", "dataType": "INT", "tags": [self.tags[n]]} for n in range(10)]
            body |= {"tags": self.tags[:2], "domains": [self.home]}
        return body


def question(world: Crowd, door: str, plain, method: str, path: str, operation: dict):
    """The path, the body and its media type: of what `questions_made` prepares, else of any record."""
    prepare = questions_made.made_for(door, method, path)
    target, body, media_type = plain(world, method, path, operation)
    if prepare:
        values, body, *query = prepare(world)
        target = fill(path, values) + "".join(f"?{each}" for each in query)
    return target, body, media_type


SEARCHES = ("DATA_PRODUCT", "ASSET", "GLOSSARY", "GLOSSARY_TERM")
#: Lists of what a product has, asked of the one that has a page of it.
OF_THE_FULL_PRODUCT = {
    "/v1/dataProducts/{id}/assets": "/v1/dataProducts/{product}/assets?limit=50",
    "/v2/domains/{domainIdentifier}/data-products/{identifier}": "/v2/domains/{domain}/data-products/{product}",
    "/api/v1/accounts/{accountId}/data-products/{dataProductId}/data-assets": "/api/v1/accounts/{account}"
    "/data-products/{product}/data-assets",
    "/api/v1/accounts/{accountId}/data-products/{dataProductId}/queryable-tables": "/api/v1/accounts/{account}"
    "/data-products/{product}/queryable-tables",
}


def variants(world: Crowd, door: str, method: str, path: str, target: str, body):
    """What an operation is asked for: rows of the ceiling with an address and a body. A page of it, and all that it can
    show."""
    collection = path.removeprefix("/v1/")
    if method == "GET" and door == "openmetadata" and collection in COLLECTIONS:
        yield path, f"{target}?limit=50", body
        yield f"{path}?fields=*", f"{target}?limit=50&fields=*", body
    elif method == "GET" and door == "openmetadata" and collection.removesuffix("/{id}") in COLLECTIONS:
        yield path, target, body
        yield f"{path}?fields=*", f"{target}?fields=*", body
    elif path.endswith("/search") and door == "datazone":
        for scope in SEARCHES:
            project = {} if scope == "DATA_PRODUCT" else {"owningProjectIdentifier": world.project}
            yield f"{path} {scope}", target, {"searchScope": scope, "maxResults": 50} | project
    else:
        yield path, target, body
    if method == "GET" and path in OF_THE_FULL_PRODUCT:
        places = {"product": world.full["id"], "domain": world.domain, "account": world.server.account}
        yield f"{path} (full)", OF_THE_FULL_PRODUCT[path].format(**places), body

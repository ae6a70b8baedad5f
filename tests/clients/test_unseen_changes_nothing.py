"""What somebody does not see changes nothing of what he is answered: no list, no count, no hit and no reference on any door.

Everything that can be read is asked, something that he does not see is made and tied to all that he sees, and everything is
asked again."""

import json
import re
import time

import pytest

import datazone_door
from bobsled_door import BobsledDoor
from every_operation import operations
from mcp_door import McpDoor
from openmetadata_door import OpenMetadataDoor, label, reference

#: How long and when it took, and the place in the log. How often a label is used is counted for everybody alike.
APART = re.compile(r'"(took|max_score|_score|timestamp|requestId|usageCount)":\s*[^,}\]]*|The log stands at \d+')
WORDS = ("*", "Open", "Hushed", "Steward")


class World:
    def __init__(self, server, om, fresh_name):
        self.server, self.om = server, om
        self.somebody = server.new_user(fresh_name("steward"))
        name = fresh_name("open")
        self.owner = [{"id": self.somebody.id, "type": "user"}]
        classification = om.post("/classifications", {"name": name, "description": "d"})
        tag = om.post("/tags", {"name": "Tag", "classification": name, "description": "d"})
        glossary = om.post("/glossaries", {"name": name, "description": "d"})
        term = om.post("/glossaryTerms", {"name": "Term", "glossary": name, "description": "d"})
        self.labels = [label(tag["fullyQualifiedName"]), label(term["fullyQualifiedName"], "Glossary")]
        self.domain = om.post("/domains", {"name": name, "description": "d", "domainType": "Aggregate"})
        self.schema = om.schema(name)
        self.service = self.schema.split(".")[0]
        self.columns = [{"name": "a", "dataType": "INT"}]
        self.table = self.make_table("Open", self.labels)
        self.dz = datazone_door.client(server, server.admin, checked=False)
        self.dz_domain = self.dz.create_domain(name=fresh_name("zone"), domainExecutionRole="arn:aws:iam::123456789012:role/r")["id"]
        self.projects = [self.dz.create_project(domainIdentifier=self.dz_domain, name=f"P{at}")["id"] for at in (1, 2)]
        item = {"identifier": self.table["id"], "itemType": "ASSET"}
        self.product = self.dz.create_data_product(
            domainIdentifier=self.dz_domain, owningProjectIdentifier=self.projects[0], name="Open", items=[item])["id"]  # fmt: skip
        query = {"name": name, "service": self.service, "query": "SELECT 1", "queryUsedIn": [reference(self.table, "table")]}
        self.seen = {
            "classifications": classification, "tags": tag, "glossaries": glossary, "glossaryTerms": term,
            "domains": self.domain, "tables": self.table, "assets": self.table, "queries": om.post("/queries", query),
            "users": om.get(f"/users/{self.somebody.id}"), "teams": om.post("/teams", {"name": name, "teamType": "Group"}),
            "databaseSchemas": om.by_name("databaseSchemas", self.schema), "dataProducts": om.get(f"/dataProducts/{self.product}"),
            "services/databaseServices": om.by_name("services/databaseServices", self.service),
        }  # fmt: skip

    def make_table(self, name: str, labels: list) -> dict:
        body = {"name": name, "databaseSchema": self.schema, "columns": self.columns, "owners": self.owner}
        return self.om.post("/tables", body | {"domains": [self.domain["name"]], "tags": labels})

    def tie(self, kind: str, hidden: str) -> None:
        """Leads to it from what is seen, and from it to that."""
        end = {"id": hidden, "type": kind}
        self.om.call("PUT", "/lineage", {"edge": {"fromEntity": reference(self.table, "table"), "toEntity": end}}, expect=200)
        his = OpenMetadataDoor(self.server, self.somebody.token)
        collection = {"table": "tables", "dataProduct": "dataProducts"}[kind]
        his.call("PUT", f"/{collection}/{hidden}/followers", self.somebody.id)

    def answers(self, who) -> dict[str, str]:
        """What he is answered to everything, without what is of the moment."""
        return dict(self.metadata(who)) | dict(self.datazone(who)) | dict(self.products(who))

    def metadata(self, who):
        door = OpenMetadataDoor(self.server, who.token)
        collections = sorted(self.seen, key=len, reverse=True)
        for method, path, operation in operations("openmetadata"):
            # These tell what is made by chance, and the place in the log.
            if method != "GET" or path.startswith("/v1/system") or path.endswith("/generateRandomPwd"):
                continue
            collection = next((c for c in collections if f"{path}/".startswith(f"/v1/{c}/")), None)
            record = self.seen.get(collection, {})
            values = {"id": record.get("id"), "fqn": record.get("fullyQualifiedName"), "version": "0.1"}
            place = path.removeprefix("/v1")
            for name, value in values.items():
                place = place.replace(f"{{{name}}}", str(value))
            if "{" in place or "None" in place:
                continue
            known = {parameter.get("name") for parameter in operation.get("parameters", [])}
            for limit in (1000, 1, 0) if "limit" in known else (None,):
                wished = {"fields": "*", "limit": limit, "include": "all"}
                parameters = {name: value for name, value in wished.items() if name in known and value is not None}
                yield f"{place} {parameters}", door.call("GET", place, params=parameters).text
        for word in WORDS:
            for index in ("all", "table_search_index", "dataProduct", "tag_search_index", "user_search_index"):
                parameters = {"q": word, "index": index, "size": 100}
                yield f"query {parameters}", door.call("GET", "/search/query", params=parameters).text
            yield f"suggest {word}", door.call("GET", "/search/suggest", params={"q": word[:3], "index": "all"}).text
            yield f"/search {word}", self.search(who, word)
        for field in ("owners.name", "tags.tagFQN", "domains.name", "service.name", "entityType", "columns.name"):
            parameters = {"index": "all", "field": field, "value": ".*", "q": "*", "size": 1000}
            yield f"counts {field}", door.call("GET", "/search/aggregate", params=parameters).text
        for kind, record in (("table", self.table), ("domain", self.domain), ("dataProduct", self.seen["dataProducts"])):
            depths = {"upstreamDepth": 3, "downstreamDepth": 3}
            yield f"lineage {kind}", door.call("GET", f"/lineage/{kind}/{record['id']}", params=depths).text

    def search(self, who, word: str) -> str:
        door = BobsledDoor(self.server, who.token)
        facets = "kind,owner,team,domain,tag,term,type,source,status,certified"
        headers = {"Accept": "application/json", "Authorization": f"Bearer {who.token}"}
        answer = door.session.get(f"{self.server.url}/search", params={"q": word, "facets": facets, "limit": 1000}, headers=headers)
        assert answer.status_code == 200, answer.text
        return re.sub(r'"seq": ?\d+', "", answer.text)

    def datazone(self, who):
        client, at = datazone_door.client(self.server, who, checked=False), {"domainIdentifier": self.dz_domain}
        counts = [{"attribute": attribute} for attribute in ("owningProjectId", "glossaryTerms")]
        questions = [("search_listings", {}), ("search_listings", {"aggregations": counts}), ("list_projects", {}),
                     ("get_asset", {"identifier": self.table["id"]}), ("get_data_product", {"identifier": self.product}),
                     ("list_asset_revisions", {"identifier": self.table["id"]}), ("list_subscriptions", {}),
                     ("get_lineage_node", {"identifier": self.table["id"]}), ("list_subscription_requests", {})]  # fmt: skip
        for scope in ("ASSET", "DATA_PRODUCT", "GLOSSARY", "GLOSSARY_TERM"):
            for project in self.projects:
                questions.append(("search", {"searchScope": scope, "owningProjectIdentifier": project}))
            questions.append(("search", {"searchScope": scope, "searchText": "hushed"}))
        for scope in ("ASSET_TYPE", "FORM_TYPE"):
            questions += [("search_types", {"searchScope": scope, "managed": managed}) for managed in (True, False)]
        for name, arguments in questions:
            try:
                told = getattr(client, name)(**at, **arguments)
                told.pop("ResponseMetadata")
            except client.exceptions.ClientError as error:
                told = error.response["Error"]["Code"]
            yield f"{name} {arguments}", json.dumps(told, default=str)

    def products(self, who):
        door, tools = BobsledDoor(self.server, who.token), McpDoor(self.server, who.token)
        own = f"/data-products/{self.product}"
        for path in ("/data-products", "/data-products?search=hushed", own, f"{own}/data-assets", f"{own}/users", "/data-sources"):
            yield path, door.call("GET", path).text
        questions = [("search_products", {"words": word}) for word in ("", *WORDS)]
        questions += [("read_product", {"product": self.product}), ("list_queryable_tables", {})]
        for name, arguments in questions:
            yield f"{name} {arguments}", json.dumps(tools.call(name, **arguments).data)


@pytest.fixture(scope="module")
def world(server, om, fresh_name):
    return World(server, om, fresh_name)


def unchanged(world, who, hide) -> None:
    asked = settled(world, who)
    hide()
    again = settled(world, who)
    told = [question for question in again if again[question] != asked[question]]
    assert not told, [(question, asked[question][:2000], again[question][:2000]) for question in told[:3]]


def settled(world, who) -> dict[str, str]:
    """Searches follow what is written."""
    time.sleep(2)
    return {question: APART.sub("", text) for question, text in world.answers(who).items()}


CALLERS = ("stranger", "contributor", "team", "elsewhere")


def caller(world, which: str, fresh_name):
    """Somebody with some rights, of which none is to what is hidden."""
    if which == "elsewhere":
        return world.server.new_account(fresh_name(which))
    who = world.server.new_user(fresh_name(which))
    if which == "contributor":
        world.dz.create_project_membership(
            domainIdentifier=world.dz_domain, projectIdentifier=world.projects[1], designation="PROJECT_CONTRIBUTOR",
            member={"userIdentifier": who.id})  # fmt: skip
    if which == "team":
        team = world.om.post("/teams", {"name": fresh_name(which), "teamType": "Group", "users": [who.id]})
        owner = [reference(team, "team")]
        world.om.patch(f"/dataProducts/{world.product}", [{"op": "add", "path": "/owners", "value": owner}])
    return who


@pytest.mark.parametrize("which", CALLERS)
def test_a_hidden_product_changes_nothing(server, om, admin, world, fresh_name, which):
    def hide():
        bob = BobsledDoor(server, admin.token)
        made = bob.post("/data-products", {"name": f"Hushed {fresh_name('p')}", "description": "Hushed"}, expect=201)
        hidden = made["dataProduct"]["id"]
        for member, value in (("tags", world.labels), ("owners", world.owner), ("domains", [reference(world.domain, "domain")])):
            om.patch(f"/dataProducts/{hidden}", [{"op": "add", "path": f"/{member}", "value": value}])
        name = om.get(f"/dataProducts/{hidden}")["fullyQualifiedName"]
        om.call("PUT", f"/dataProducts/{name}/assets/add", {"assets": [reference(world.table, "table")]}, expect=200)
        world.tie("dataProduct", hidden)

    unchanged(world, caller(world, which, fresh_name), hide)


def test_a_hidden_table_changes_nothing(server, om, world, fresh_name):
    rule = {"name": "none", "effect": "deny", "resources": ["table"], "operations": ["All"],
            "condition": "matchAnyTag('Tier.Tier5')"}  # fmt: skip
    policy = om.post("/policies", {"name": fresh_name("unseen"), "rules": [rule]})
    role = om.post("/roles", {"name": fresh_name("unseen"), "policies": [policy["name"]]})
    who = server.new_user(fresh_name("blind"))
    om.patch(f"/users/{who.id}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    unchanged(world, who, lambda: world.tie("table", world.make_table("Hushed", [*world.labels, label("Tier.Tier5")])["id"]))

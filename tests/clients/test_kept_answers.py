"""The server keeps answers while nothing they were made of changes: random writes through three doors, and after each
one the same questions twice, once as they were asked before and once in words that were never used."""

import itertools
import random

import pytest
from botocore.exceptions import ClientError

ROUNDS = 120
ASKED_PER_ROUND = 10
PRODUCT_FIELDS = "owners,experts,reviewers,domains,tags,extension,followers,votes"


class World:
    """A few records that are linked to one another, ways to alter them, and the questions that show them."""

    def __init__(self, om, bobsled, dz, fresh_name, seed):
        self.om, self.bobsled, self.dz, self.fresh_name = om, bobsled, dz, fresh_name
        self.random = random.Random(seed)
        top = {"domainType": "Aggregate", "description": "d"}
        self.domains = [om.put("/domains", {"name": fresh_name("kept")} | top) for _ in range(3)]
        parent = self.domains[0]["fullyQualifiedName"]
        self.sub_domain = om.put("/domains", {"name": fresh_name("below"), "parent": parent} | top)
        names = [fresh_name("reader") for _ in range(3)]
        self.users = [om.post("/users", {"name": name, "email": f"{name}@example.org"}) for name in names]
        self.teams = [om.post("/teams", {"name": fresh_name("crew"), "teamType": "Group"}) for _ in range(2)]
        self.glossary = om.put("/glossaries", {"name": fresh_name("words"), "description": "g"})
        term = {"glossary": self.glossary["fullyQualifiedName"], "description": "t"}
        self.term = om.put("/glossaryTerms", {"name": "term"} | term)
        self.service = om.put("/services/databaseServices", {"name": fresh_name("house"), "serviceType": "Mysql"})
        self.database = om.put("/databases", {"name": "d", "service": self.service["fullyQualifiedName"]})
        self.schema = om.put("/databaseSchemas", {"name": "s", "database": self.database["fullyQualifiedName"]})
        table = {"databaseSchema": self.schema["fullyQualifiedName"], "columns": [{"name": "a", "dataType": "INT"}]}
        self.tables = [om.put("/tables", {"name": f"t{at}"} | table) for at in range(3)]
        self.products = [
            om.put("/dataProducts", {"name": fresh_name("good"), "description": "p", "domains": [domain["name"]]})
            for domain in self.domains
        ]

    def questions(self) -> list[tuple[object, str]]:
        schema = self.schema["fullyQualifiedName"]
        asked = [
            f"/tables?databaseSchema={schema}&fields=owners,domains,tags&include=all",
            f"/tables?database={self.database['fullyQualifiedName']}&include=deleted",
            f"/databaseSchemas?database={self.database['fullyQualifiedName']}&fields=tables,owners,domains",
            f"/databases?service={self.service['name']}&fields=owners,domains",
            "/services/databaseServices?fields=owners,domains",
            "/users?fields=teams,roles,owns,domains",
            "/teams?fields=users,parents,children,owns,defaultRoles,inheritedRoles",
            "/teams/hierarchy?limit=1000",
            "/teams/name/Organization?fields=children,childrenCount,userCount",
            "/glossaryTerms?fields=children,relatedTerms,usageCount,tags",
            "/tags?fields=usageCount&limit=100",
            "/domains?fields=children,childrenCount,owners",
            f"/dataProducts?fields={PRODUCT_FIELDS}",
        ]
        for product in self.products:
            one = f"/dataProducts/{product['id']}"
            asked += [f"{one}?fields={PRODUCT_FIELDS}", f"{one}/versions?limit=100", f"{one}/assets?limit=100"]
        for domain in [*self.domains, self.sub_domain]:
            one = f"/domains/{domain['id']}"
            asked += [f"{one}?fields=owners,experts,children", f"{one}/assets?limit=9"]
        asked += [f"/dataProducts?domain={domain['name']}&fields=owners" for domain in self.domains]
        asked += [f"/tables/{table['id']}?fields=owners,domains,dataProducts,tags,followers" for table in self.tables]
        ours = ["/data-products?limit=50", "/data-sources?limit=50"]
        for product in self.products:
            one = f"/data-products/{product['id']}"
            ours += [f"{one}?a=1", f"{one}/users?a=1", f"{one}/data-assets?limit=50"]
        return [(self.om, path) for path in asked] + [(self.bobsled, path) for path in ours]

    def alter(self, turn: int) -> str:
        pick = self.random.choice
        user, team, domain = pick(self.users), pick(self.teams), pick(self.domains)
        table, product = pick(self.tables), pick(self.products)

        def reference(record, kind):
            return {"id": record["id"], "type": kind}

        def patch(collection, record, member, value):
            operations = [{"op": "add", "path": f"/{member}", "value": value}]
            return lambda: self.om.patch(f"/{collection}/{record['id']}", operations, expect=(200, 400, 403, 404))

        def label(fqn, source):
            return [{"tagFQN": fqn, "source": source, "labelType": "Manual", "state": "Confirmed"}]

        def revise():
            domain_of_it = self.om.get(f"/dataProducts/{product['id']}", fields="domains")["domains"][0]
            identifier = "dzd-" + domain_of_it["id"].replace("-", "")
            words = {"name": product["name"], "description": f"revision {turn}"}
            self.dz.create_data_product_revision(domainIdentifier=identifier, identifier=product["id"], **words)

        def describe():
            self.bobsled.patch(f"/data-products/{product['id']}", {"description": f"b{turn}"})

        def holding(how):
            # A table that is deleted can be refused.
            path, body = f"/dataProducts/{product['id']}/assets/{how}", {"assets": [reference(table, "table")]}
            return lambda: self.om.put(path, body, expect=(200, 400, 404))

        def come_and_go():
            body = {"name": self.fresh_name("guest"), "description": "x", "domains": [domain["name"]]}
            made = self.om.post("/dataProducts", body)
            if self.random.random() < 0.7:
                self.om.delete(f"/dataProducts/{made['id']}", hardDelete=pick(["true", "false"]))

        owner, crew = [reference(user, "user")], [reference(team, "team")]
        role = {"users": [{"userId": user["id"], "role": pick(["admin", "editor", "viewer", None])}]}
        ways = {
            "describe": patch("dataProducts", product, "description", f"d{turn}"),
            "own": patch("dataProducts", product, "owners", owner),
            "own by team": patch("dataProducts", product, "owners", crew),
            "move": patch("dataProducts", product, "domains", [reference(domain, "domain")]),
            "review": patch("dataProducts", product, "reviewers", owner),
            "own table": patch("tables", table, "owners", owner),
            "own schema": patch("databaseSchemas", self.schema, "owners", owner),
            "own service": patch("services/databaseServices", self.service, "owners", owner),
            "place service": patch("services/databaseServices", self.service, "domains", [reference(domain, "domain")]),
            "tag": patch("tables", table, "tags", label(pick(["PII.None", "Tier.Tier1"]), "Classification")),
            "term": patch("tables", table, "tags", label(self.term["fullyQualifiedName"], "Glossary")),
            "name user": patch("users", user, "displayName", f"U{turn}"),
            "name team": patch("teams", team, "displayName", f"T{turn}"),
            "name domain": patch("domains", domain, "displayName", f"D{turn}"),
            "name term": patch("glossaryTerms", self.term, "displayName", f"G{turn}"),
            "own domain": patch("domains", domain, "owners", owner),
            "rename": patch("domains", self.sub_domain, "name", f"{self.sub_domain['name']}-{turn}"),
            "join": lambda: self.om.put(f"/teams/{team['id']}/users", [reference(user, "user")]),
            "vote": lambda: self.om.put(f"/dataProducts/{product['id']}/vote", {"updatedVoteType": "votedUp"}),
            "follow": lambda: self.om.put(f"/tables/{table['id']}/followers", user["id"], expect=(200, 404)),
            "add": holding("add"),
            "remove": holding("remove"),
            "delete": lambda: self.om.delete(f"/tables/{table['id']}", expect=(200, 404)),
            "restore": lambda: self.om.put("/tables/restore", {"id": table["id"]}, expect=(200, 400)),
            "describe through bobsled": describe,
            "role": lambda: self.bobsled.call("PATCH", f"/data-products/{product['id']}/users", role),
            "revise": revise,
            "come and go": come_and_go,
        }
        name = pick(sorted(ways))
        try:
            ways[name]()
        except ClientError as refused:
            assert refused.response["ResponseMetadata"]["HTTPStatusCode"] < 500, refused
        return name


def told(door, path: str) -> tuple[int, object]:
    answer = door.call("GET", path)
    body = answer.json()
    body.pop("requestId", None)
    return answer.status_code, body


@pytest.mark.parametrize("seed", [1, 2])
def test_what_was_kept_is_what_would_be_told_anew(om, bobsled, dz, fresh_name, seed):
    world = World(om, bobsled, dz, fresh_name, seed)
    questions = world.questions()
    fresh = itertools.count()
    for turn in range(ROUNDS):
        asked = world.random.sample(questions, ASKED_PER_ROUND)
        for door, path in asked:
            # The second time brings it in.
            told(door, path), told(door, path)
        altered = world.alter(turn)
        for door, path in asked:
            assert told(door, path) == told(door, f"{path}&anew={seed}-{next(fresh)}"), f"{path} after {altered}"

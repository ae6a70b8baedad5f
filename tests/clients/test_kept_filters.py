"""What keeps people from rows stays when it is said again: relations that row filters were given with, and that they are
followed at all. Only who takes it off does, and is told."""

import json
from contextlib import contextmanager

import pytest

import real_databases
from bobsled_door import BobsledDoor
from openmetadata_door import OpenMetadataDoor
from test_following_filters import ALL, EU, OF_EU, TABLES, World

STOCK = "CREATE TABLE stock (id INT PRIMARY KEY, place VARCHAR(10)); INSERT INTO stock VALUES (1, 'Bonn');"
FOLLOWED = {"rowFilters": EU, "rowFiltersFollow": True}
BOTH = ("o2c", "l2o")


class Kept(World):
    def __init__(self, folder, source):
        source.sql(STOCK)
        super().__init__(folder, source)
        self.tables |= {one["name"]: one for one in self.om.get("/tables", limit=50)["data"]}
        self.models = {}

    def shop(self, relations=BOTH, tables=TABLES) -> str:
        """A product with a model that names some of the relations."""
        self.count += 1
        source = self.bob.get("/data-sources")["dataSources"][0]["id"]
        assets = [{"tableName": name, "schemaName": self.tables[name]["fullyQualifiedName"].split(".")[-2]} for name in tables]
        body = {"name": f"Kept{self.count}", "dataSourceId": source, "dataAssets": assets, "isDeployed": True}
        path = f"/data-products/{self.bob.post('/data-products', body, expect=201)['dataProduct']['id']}"
        made = self.bob.post(f"{path}/semantic-models", {"name": "retail", "format": "osi", "content": self.content(relations)}, expect=201)
        self.models[path] = made.get("semanticModel", made)["id"]
        self.bob.post(f"{path}/deploy", {})
        return path

    def content(self, relations, tables=TABLES) -> str:
        model = self.model()
        said = model["semantic_model"][0]
        said["datasets"] = [one for one in said["datasets"] if one["name"] in tables]
        said["relationships"] = [one for one in said["relationships"] if one["name"] in relations]
        return json.dumps(model)

    def relate(self, path: str, *relations: str, by=None, tables=TABLES):
        """The model names these relations from now on."""
        self.put(path, self.content(relations, tables), by)

    def put(self, path: str, content: str, by=None):
        """The model says this from now on."""
        door = BobsledDoor(self.server, by.token) if by else self.bob
        answer = door.call("PATCH", f"{path}/semantic-models/{self.models[path]}", {"format": "osi", "content": content})
        assert answer.status_code == 200, answer.text
        door.post(f"{path}/deploy", {})

    def entry(self, path: str, who) -> dict:
        return next(one for one in self.bob.get(f"{path}/users")["users"] if one["userId"] == who.id)

    def items(self, who, path: str) -> int:
        return self.rows(who, path, "SELECT COUNT(*) AS n FROM items")[0][0]


def not_followed(told: list[dict]) -> list[str]:
    return [one["message"] for one in told if one["code"] == "FILTER_NOT_FOLLOWED"]


@contextmanager
def opened(folder):
    with real_databases.sqlite() as source:
        made = Kept(folder, source)
        yield made
        assert made.server.stop() == 0, made.server.log_tail()
        assert "panicked" not in made.server.log.read_text(errors="replace")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("kept")) as made:
        yield made


def test_filters_that_are_said_again_lift_nothing(world):
    """Also where an editor has taken the relation out of the model meanwhile."""
    path = world.shop()
    editor = world.person(path, role="editor", **FOLLOWED)
    world.relate(path, by=editor)
    assert (world.total(editor, path), world.items(editor, path)) == (OF_EU, 1)
    told = world.change(path, {"users": [{"userId": editor.id, "role": "editor", "rowFilters": EU}]})
    assert (world.total(editor, path), world.items(editor, path), not_followed(told)) == (OF_EU, 1, [])
    told = world.change(path, {"update": [{"userId": editor.id, "rowFilters": EU | {"items": "pieces < 5"}}]})
    assert (world.total(editor, path), world.items(editor, path), not_followed(told)) == (OF_EU, 1, [])
    # On the page another condition is changed.
    at, owner = f"/products/{world.om.get('/dataProducts/' + path.rsplit('/', 1)[1])['fullyQualifiedName']}", world.owner()
    tables = owner.visit(f"{at}?tab=access&filter={editor.id}").form(f"{at}/filters")["fields"]["table"]
    conditions = {"customers": EU["customers"], "items": "pieces < 4"}
    owner.send_previewed(f"{at}/filters", condition=[conditions.get(table.split(".")[-1], "") for table in tables], reads="yes")
    assert world.entry(path, editor)["rowFilters"]["items"] == "pieces < 4"
    assert (world.total(editor, path), world.items(editor, path)) == (OF_EU, 1)
    # What leads to no filtered table any more goes, and that is said.
    told = not_followed(world.change(path, {"update": [{"userId": editor.id, "rowFilters": {"items": "pieces < 4"}}]}))
    assert len(told) == 2 and all("was kept with them" in one for one in told), told
    assert (world.total(editor, path), world.items(editor, path)) == (ALL, 2)


def test_relations_of_now_join_those_that_were_kept_until_following_is_switched_off(world):
    path = world.shop(["o2c"])
    who = world.person(path, **FOLLOWED)
    world.relate(path, "l2o")
    world.change(path, {"update": [{"userId": who.id, "rowFilters": EU}]})
    world.relate(path)
    assert world.total(who, path) == OF_EU
    told = not_followed(world.change(path, {"update": [{"userId": who.id, "rowFilters": EU, "rowFiltersFollow": False}]}))
    assert len(told) == 2 and any("orders" in one and "customers" in one for one in told), told
    assert world.total(who, path) == ALL


def test_following_is_said_of_the_conditions_that_there_are(world):
    path = world.shop()
    who, plain = world.person(path, rowFilters=EU), world.person(path)
    assert world.total(who, path) == ALL
    assert not_followed(world.change(path, {"update": [{"userId": who.id, "rowFiltersFollow": True}]})) == []
    assert (world.total(who, path), world.entry(path, who)["rowFilters"]) == (OF_EU, EU)
    assert world.entry(path, who)["rowFiltersFollow"] is True
    world.relate(path)
    assert world.total(who, path) == OF_EU, "and kept"
    world.relate(path, *BOTH)
    told = not_followed(world.change(path, {"update": [{"userId": who.id, "rowFiltersFollow": False}]}))
    assert len(told) == 2 and "rowFiltersFollow" not in world.entry(path, who)
    assert (world.total(who, path), world.entry(path, who)["rowFilters"]) == (ALL, EU)
    # Where there are none, there is nothing to follow.
    answer = world.bob.call("PATCH", f"{path}/users", {"update": [{"userId": plain.id, "rowFiltersFollow": True}]})
    assert answer.status_code == 422 and "/update/0/rowFiltersFollow" in answer.text, answer.text
    world.change(path, {"update": [{"userId": plain.id, "rowFiltersFollow": False}]})
    assert world.total(plain, path) == ALL


def test_nobody_switches_following_off_for_himself(world):
    """Nor before there is a relation: then he would lift what is yet to be followed."""
    path = world.shop([])
    owner = world.person(path, role="admin", **FOLLOWED)
    theirs = BobsledDoor(world.server, owner.token)
    off = {"userId": owner.id, "rowFiltersFollow": False}
    for relations in ([], BOTH):
        world.relate(path, *relations)
        for said in (off, off | {"rowFilters": EU}):
            assert theirs.call("PATCH", f"{path}/users", {"update": [said]}).status_code == 403, (relations, said)
    assert world.total(owner, path) == OF_EU
    assert theirs.call("PATCH", f"{path}/users", {"update": [{"userId": owner.id, "rowFilters": EU}]}).status_code == 200
    # Who is filtered lifts it from nobody else, either; who reads all rows does.
    other = world.person(path, **FOLLOWED)
    change = {"update": [{"userId": other.id, "rowFiltersFollow": False}]}
    assert theirs.call("PATCH", f"{path}/users", change).status_code == 403
    world.change(path, change)
    assert (world.total(other, path), world.total(owner, path)) == (ALL, OF_EU)


def test_a_filter_is_followed_after_roles_are_folded(world):
    path = world.shop(["o2c"])
    who = world.person(path, **FOLLOWED)
    product = f"/dataProducts/{path.rsplit('/', 1)[1]}"
    world.om.patch(product, [{"op": "add", "path": "/owners/-", "value": {"id": who.id, "type": "user"}}])
    entry = world.entry(path, who)
    assert (entry["role"], entry["rowFilters"], entry.get("rowFiltersFollow")) == ("admin", EU, True)
    world.change(path, {"update": [{"userId": who.id, "columnMasks": {"customers": {"region": "hidden"}}}]})
    assert world.entry(path, who)["rowFiltersFollow"] is True
    world.relate(path, *BOTH)
    assert (world.total(who, path), world.items(who, path)) == (OF_EU, 1), "a later relation, too"


def test_a_kept_relation_closes_its_own_table_alone(world):
    """Where the table has left the product, the samples of others stay."""
    path = world.shop(tables=(*TABLES, "stock"))
    who = world.person(path, **FOLLOWED)
    for name in ("stock", "items", "customers"):
        columns = [one["name"] for one in world.om.get(f"/tables/{world.tables[name]['id']}")["columns"]]
        world.om.put(f"/tables/{world.tables[name]['id']}/sampleData", {"columns": columns, "rows": [["1"] * len(columns)]})
    policy = [{"name": "samples", "effect": "allow", "resources": ["table"], "operations": ["ViewSampleData"]}]
    made = world.om.post("/policies", {"name": "kept-samples", "rules": policy})
    role = world.om.post("/roles", {"name": "kept-samples", "policies": [made["fullyQualifiedName"]]})
    world.om.patch(f"/users/{who.id}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    theirs = OpenMetadataDoor(world.server, who.token)

    def samples() -> list[bool]:
        told = [theirs.call("GET", f"/tables/{world.tables[name]['id']}/sampleData") for name in ("stock", "items", "customers")]
        return [answer.status_code == 200 and bool(answer.json().get("sampleData")) for answer in told]

    assert samples() == [True, False, False]
    assets = world.bob.get(f"{path}/data-assets", limit=100)["dataAssets"]
    gone = next(one["id"] for one in assets if one["tableName"] == "items")
    world.relate(path, "o2c", tables=("customers", "orders"))
    world.bob.patch(f"{path}/data-assets", {"remove": [gone]})
    world.bob.post(f"{path}/deploy", {})
    assert samples() == [True, False, False], "nor is it opened by leaving"


def test_who_reads_a_composed_product_through_a_team_reads_as_below(world):
    below = world.shop()
    world.count += 1
    who, other = world.server.new_user(f"reader{world.count}"), world.server.new_user(f"other{world.count}")
    team = world.om.post("/teams", {"name": f"Team{world.count}", "teamType": "Group", "users": [who.id]})
    body = {"name": f"Above{world.count}", "compositeOf": [below.rsplit("/", 1)[1]], "isDeployed": True, "dataSourceId": world.bob.get("/data-sources")["dataSources"][0]["id"]}
    above = f"/data-products/{world.bob.post('/data-products', body, expect=201)['dataProduct']['id']}"
    at = {path: f"/products/{world.om.get('/dataProducts/' + path.rsplit('/', 1)[1])['fullyQualifiedName']}" for path in (below, above)}
    owner = world.owner()
    sql = {"sql": "SELECT SUM(amount) AS n FROM orders"}

    def refused(reader, path: str) -> bool:
        answer = BobsledDoor(world.server, reader.token).call("POST", f"{path}/run-sql", sql)
        assert answer.status_code in (200, 403, 404) or answer.json()["error"]["code"] == "SQL_NOT_ALLOWED", answer.text
        return answer.status_code != 200

    def give(path: str):
        owner.visit(f"{at[path]}?tab=access")
        owner.send(f"{at[path]}/roles", who=team["name"], role="viewer")

    give(above)
    assert refused(who, above), "the rows are lent by the product below"
    give(below)
    assert world.total(who, above) == ALL and refused(other, above)
    tables = owner.visit(f"{at[below]}?tab=access&filter={team['id']}").form(f"{at[below]}/filters")["fields"]["table"]
    owner.send_previewed(f"{at[below]}/filters", condition=[EU["customers"] if table.split(".")[-1] == "customers" else "" for table in tables], reads="yes")
    assert (world.total(who, below), world.total(who, above)) == (OF_EU, OF_EU)
    world.om.patch(f"/teams/{team['id']}", [{"op": "replace", "path": "/users", "value": []}])
    assert refused(who, below) and refused(who, above)

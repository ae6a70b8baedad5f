"""What keeps people from rows stays when it is said again: relations that row filters were given with, and that they are
followed at all. Only who takes it off does, and is told."""

import json

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
        door = BobsledDoor(self.server, by.token) if by else self.bob
        answer = door.call("PATCH", f"{path}/semantic-models/{self.models[path]}", {"format": "osi", "content": self.content(relations, tables)})
        assert answer.status_code == 200, answer.text
        door.post(f"{path}/deploy", {})

    def entry(self, path: str, who) -> dict:
        return next(one for one in self.bob.get(f"{path}/users")["users"] if one["userId"] == who.id)

    def items(self, who, path: str) -> int:
        return self.rows(who, path, "SELECT COUNT(*) AS n FROM items")[0][0]


def not_followed(told: list[dict]) -> list[str]:
    return [one["message"] for one in told if one["code"] == "FILTER_NOT_FOLLOWED"]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with real_databases.sqlite() as source:
        made = Kept(tmp_path_factory.mktemp("kept"), source)
        yield made
        assert made.server.stop() == 0, made.server.log_tail()
        assert "panicked" not in made.server.log.read_text(errors="replace")


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

"""Tables of one name, in two data sources or in two products: each figure is of the table that was asked about."""

import json
import sqlite3

import pytest

from bobsled_door import BobsledDoor
from chat_world import Ingested, rows
from emporion_server import run_cli
from openmetadata_door import OpenMetadataDoor

MODEL = """version: "0.2.0.dev0"
semantic_model:
  - name: m
    datasets:
      - name: {name}_orders
        source: main.orders
        primary_key: [order_id]
        fields:
          - {{name: order_id, expression: order_id}}
          - {{name: status, expression: status, dimension: {{}}}}
          - {{name: note, expression: note, dimension: {{}}}}
    metrics:
      - {{name: {name}_sales, expression: SUM({name}_orders.amount)}}
"""
TABLE = "CREATE TABLE orders (order_id INTEGER PRIMARY KEY, amount INTEGER, status TEXT, note TEXT);"


class World(Ingested):
    """Products `shop` and `other`, each over the table `main.orders` of its own source; `both` is composed of the two."""

    def __init__(self, folder):
        super().__init__(
            folder,
            TABLE + "INSERT INTO orders VALUES (1, 1, 'lost', 'Nemo of the deep');",
            EMPORION_BOBSLED__QUESTIONS_PER_MINUTE="1000",
        )
        with sqlite3.connect(self.file.parent / "other") as database:
            database.executescript(TABLE + "INSERT INTO orders VALUES (1, 1000, 'b', 'plain'), (2, 2000, 'b', 'plain');")
        run_cli("ingest", "sqlite:other", "--service", "other", EMPORION_URL=self.server.url,
                EMPORION_TOKEN=self.server.admin.token)
        self.sources = {one["name"]: one["id"] for one in self.bob.get("/data-sources")["dataSources"]}
        self.ids = {name: self.product(name, self.sources[name], MODEL.format(name=name)) for name in ("shop", "other")}
        self.ids["both"] = self.composed("both", ["shop", "other"])

    def product(self, name: str, source: str, model: str) -> str:
        body = {"name": name, "dataSourceId": source, "isDeployed": True, "dataAssets": [{"tableName": "orders"}]}
        made = self.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
        body = {"name": "m", "format": "osi", "content": model}
        taught = self.bob.post(f"/data-products/{made}/semantic-models", body, expect=201)
        assert taught["validation"]["errors"] == [], taught
        self.bob.post(f"/data-products/{made}/deploy", {})
        return made

    def composed(self, name: str, parts: list) -> str:
        made = self.bob.post("/data-products", {"name": name, "dataSourceId": self.source}, expect=201)["dataProduct"]["id"]
        for part in parts:
            body = {"sourceDataProductId": self.ids[part], "alias": part, "isDeployed": True}
            self.bob.post(f"/data-products/{made}/compositions", body, expect=201)
        return made

    def ask(self, product: str, message: str, door: BobsledDoor | None = None) -> dict:
        return (door or self.bob).post(f"/data-products/{self.ids[product]}/chat", {"message": message})

    def asset(self, product: str) -> str:
        return self.bob.get(f"/data-products/{self.ids[product]}/data-assets")["dataAssets"][0]["id"]

    def lend(self, product: str, how: str) -> None:
        body = {"update": [{"id": self.asset(product), "rows": how}]}
        self.bob.patch(f"/data-products/{self.ids[product]}/data-assets", body)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("namesakes"))
    yield made
    assert made.server.stop() == 0


def test_each_figure_is_of_its_own_source(world):
    for product in ("other", "both"):
        assert rows(world.ask(product, "other sales")) == [[3000]], product
        assert rows(world.ask(product, "number of other orders")) == [[2]], product
    assert rows(world.ask("both", "shop sales")) == [[1]]
    for name in ("shop", "other"):
        answer = world.ask("both", f"{name} sales")
        assert answer["provenance"]["dataAssets"] == [world.asset(name)], name


def test_a_value_is_looked_up_in_its_own_source(world):
    assert rows(world.ask("both", "number of shop orders for lost")) == [[1]]
    assert rows(world.ask("both", "number of other orders for plain")) == [[2]]
    assert world.ask("both", "number of other orders for nemo of the deep")["status"] == "not_answerable"


def test_a_personal_column_is_not_told_under_its_namesake(world):
    metadata = OpenMetadataDoor(world.server, world.server.admin.token)
    table = metadata.get("/tables/name/shop.shop.main.orders", fields="columns")
    at = next(at for at, column in enumerate(table["columns"]) if column["name"] == "note")
    tag = {"tagFQN": "PII.Sensitive", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    path = f"/columns/{at}/tags"
    metadata.patch(f"/tables/{table['id']}", [{"op": "add", "path": path, "value": [tag]}])
    assert rows(world.ask("both", "number of other orders by note")) == [["plain", 2]]
    assert world.ask("both", "number of shop orders by note")["status"] == "not_answerable"
    metadata.patch(f"/tables/{table['id']}", [{"op": "remove", "path": path + "/0"}])


def test_a_closed_table_closes_no_namesake(world):
    world.lend("shop", "closed")
    path = f"/data-products/{world.ids['both']}"
    assert rows(world.ask("both", "other sales")) == [[3000]]
    world.bob.refuses("POST", f"{path}/chat", 403, "ROWS_NOT_GRANTED", {"message": "shop sales"})
    # What was written for the closed one is not answered by the other.
    bare = {"sql": "SELECT SUM(amount) FROM orders"}
    assert world.bob.refuses("POST", f"{path}/run-sql", 422, "SQL_NOT_ALLOWED", bare)["details"]["rule"] == "AMBIGUOUS_SOURCE"
    world.lend("shop", "granted")


def test_a_statement_says_which_of_them_it_means(world):
    path = f"/data-products/{world.ids['both']}"
    for table in ("orders", "main.orders"):
        body = {"sql": f"SELECT SUM(amount) FROM {table}"}
        error = world.bob.refuses("POST", f"{path}/run-sql", 422, "SQL_NOT_ALLOWED", body)
        assert error["details"]["rule"] == "AMBIGUOUS_SOURCE" and "database" in error["message"]
    for database, figure in (("shop", 1), ("other", 3000)):
        body = {"sql": f"SELECT SUM(amount) FROM {database}.main.orders"}
        assert world.bob.post(f"{path}/run-sql", body)["rows"] == [[figure]]
    # A verified query is kept only where it says it, too.
    query = {"question": "what came in", "sql": "SELECT SUM(amount) AS came_in FROM orders", "isDeployed": True}
    refused = world.bob.call("POST", f"{path}/verified-queries", query)
    assert refused.status_code == 422 and "AMBIGUOUS_SOURCE" in refused.text, refused.text
    query["sql"] = "SELECT SUM(amount) AS came_in FROM other.main.orders"
    world.bob.post(f"{path}/verified-queries", query, expect=201)
    assert rows(world.ask("both", "what came in")) == [[3000]]


def test_all_filters_hold_for_a_table_of_several_products(world):
    """Two products over one table: whichever is composed first, he sees what both of his filters leave."""
    for name in ("alpha", "beta"):
        world.ids[name] = world.product(name, world.sources["other"], MODEL.format(name=name))
    world.ids["one way"] = world.composed("one way", ["alpha", "beta"])
    world.ids["other way"] = world.composed("other way", ["beta", "alpha"])
    composites = ("one way", "other way")
    for at, cut in enumerate(("alpha", "beta")):
        who = world.server.new_user(f"cut{at}")
        door = BobsledDoor(world.server, who.token)
        for product in ("alpha", "beta", *composites):
            entry = {"userId": who.id, "role": "viewer"}
            if product == cut:
                entry["rowFilters"] = {"orders": "amount < 1500"}
            world.bob.patch(f"/data-products/{world.ids[product]}/users", {"add": [entry]})
        for product in composites:
            for dataset in ("alpha", "beta"):
                assert rows(world.ask(product, f"number of {dataset} orders", door)) == [[1]], (cut, product, dataset)
            path = f"/data-products/{world.ids[product]}"
            assert door.post(f"{path}/run-sql", {"sql": "SELECT COUNT(*) FROM orders"})["rows"] == [[1]], (cut, product)
            [table] = door.get(f"{path}/queryable-tables")["tables"]
            assert "amount < 1500" in table["rowFilter"]


def test_one_product_tells_its_two_tables_of_one_name_apart(world):
    metadata = OpenMetadataDoor(world.server, world.server.admin.token)
    for name, second in (("shop", "other"), ("other", "shop")):
        body = {"name": f"{name} first", "dataSourceId": world.sources[name], "isDeployed": True}
        product = world.ids[f"{name} first"] = world.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
        # Whichever it was given first.
        for service in (second, name):
            table = metadata.get(f"/tables/name/{service}.{service}.main.orders")
            metadata.put(f"/dataProducts/{product}/assets/add", {"assets": [{"id": table["id"], "type": "table"}]})
        path = f"/data-products/{product}"
        # A model that does not say which means that of the product's own source.
        body = {"name": "m", "format": "osi", "content": MODEL.format(name="plain")}
        world.bob.post(f"{path}/semantic-models", body, expect=201)
        made = world.bob.post(f"{path}/semantic-models/generate", {"name": "generated"}, expect=201)["semanticModel"]["id"]
        world.bob.post(f"{path}/deploy", {})
        document = json.dumps(world.bob.get(f"{path}/semantic-models/{made}"))
        figures = {"shop": [[1]], "other": [[3000]]}
        assert rows(world.ask(f"{name} first", "plain sales")) == figures[name]
        for service, count in (("shop", 1), ("other", 2)):
            assert f"{service}.main.orders" in document
            assert rows(world.ask(f"{name} first", f"number of {service} main orders")) == [[count]], (name, service)

"""The contract of a product, as `read_product` shows it: a document of the Open Data Contract Standard."""

import json

import jsonschema
import pytest
from open_data_contract_standard.model import OpenDataContractStandard

from chat_world import Shop
from mcp_door import McpDoor
from openmetadata_door import OpenMetadataDoor

SCHEMA = jsonschema.Draft201909Validator(json.loads(OpenDataContractStandard.json_schema()))
PASSWORD = "open-sesame-17"
#: Values of rows.
VALUES = ("Bavaria", "Imereti", "a@x.example", "2026-07-05")


class World(Shop):
    def __init__(self, folder):
        super().__init__(folder)
        self.om = OpenMetadataDoor(self.server, self.server.admin.token)
        self.admin = McpDoor(self.server, self.server.admin.token)
        self.viewer = self.caller("viewer", {})
        self.filtered = self.caller("filtered", {"rowFilters": {"customers": "region = 'EU'"}})
        self.mute = self.caller("mute", {"allowSql": False})
        self.barred = self.caller("barred", {})
        self.stranger = self.caller("stranger", None)
        self.outsider = McpDoor(self.server, self.server.new_account("elsewhere").token)

    def caller(self, name: str, role: dict | None) -> McpDoor:
        return McpDoor(self.server, self.person(name, role).session.headers["Authorization"].removeprefix("Bearer "))

    def bar(self, name: str, kind: str, **more: str) -> None:
        """A policy that hides all of a kind from somebody."""
        rule = {"name": "bar", "effect": "deny", "resources": [kind], "operations": ["ViewAll", "ViewBasic"]} | more
        self.om.post("/policies", {"name": f"Bar-{name}", "rules": [rule], "enabled": True})
        role = self.om.post("/roles", {"name": f"Bar-{name}", "policies": [f"Bar-{name}"]})
        value = [{"id": role["id"], "type": "role"}]
        user = self.om.get(f"/users/name/{name}")
        self.om.patch(f"/users/{user['id']}", [{"op": "add", "path": "/roles", "value": value}])

    def contract(self, door: McpDoor, product: str | None = None) -> dict:
        read = door.get("read_product", product=product or self.product)
        assert "contract" not in read["cut"]
        return checked(read["contract"])


def checked(contract: dict) -> dict:
    """A contract that keeps to the standard's schema, and is read whole by its official model."""
    assert [error.message for error in SCHEMA.iter_errors(contract)] == []
    model = OpenDataContractStandard(**contract)
    assert model.model_dump(exclude_none=True, by_alias=True) == contract
    assert contract["apiVersion"] == "v3.1.0" and contract["kind"] == "DataContract"
    return contract


def tables(contract: dict) -> dict:
    return {table["name"]: table for table in contract.get("schema", [])}


def columns(table: dict) -> dict:
    return {column["name"]: column for column in table["properties"]}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("contract"))
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace")


def test_a_contract_says_what_the_catalogue_knows(world):
    contract = world.contract(world.viewer)
    product = world.bob.get(world.path)
    assert (contract["id"], contract["name"], contract["dataProduct"]) == (world.product, "Retail", "Retail")
    assert (contract["version"], contract["status"]) == (str(product["version"]), "active")
    assert contract["domain"] == "default"
    assert contract["team"] == {"members": [{"username": "admin", "name": "Administrator", "role": "owner"}]}
    found = tables(contract)
    assert set(found) == {"orders", "customers"}
    orders = columns(found["orders"])
    assert orders["order_id"] == {
        "name": "order_id", "logicalType": "integer", "physicalType": "integer", "required": True, "unique": True,
        "primaryKey": True, "primaryKeyPosition": 1,
    }
    assert orders["order_date"] == {"name": "order_date", "logicalType": "date", "physicalType": "date", "required": False}
    assert orders["amount"]["logicalType"] == "number"
    assert found["orders"]["relationships"] == [
        {"type": "foreignKey", "from": "orders.customer_id", "to": "customers.id"}
    ]
    # What a crawler proposes is a tag, and no classification before somebody confirms it.
    email = columns(found["customers"])["email"]
    assert email["tags"] == ["PII.Sensitive"] and "classification" not in email
    assert contract["servers"] == [{
        "server": "shop.shop.main", "type": "custom", "database": "shop", "schema": "main",
        "customProperties": [{"property": "serviceType", "value": "SQLite"}],
    }]
    # Nobody said anything of these.
    assert not {"description", "support", "slaProperties", "tags", "price", "roles", "tenant"} & set(contract)


def test_it_is_the_same_for_all_who_see_the_product_and_has_no_rows(world):
    contracts = [world.contract(door) for door in (world.admin, world.viewer, world.filtered, world.mute)]
    assert all(contract == contracts[0] for contract in contracts)
    printed = json.dumps(contracts[0])
    assert not any(value in printed for value in (*VALUES, "region = ", str(world.folder)))


def test_who_does_not_see_the_product_sees_no_contract(world):
    for door in (world.stranger, world.outsider):
        error = door.refuses("read_product", "NOT_FOUND", product=world.product)
        missing = door.refuses("read_product", "NOT_FOUND", product="no-such-product")
        assert error["message"].replace(world.product, "…") == missing["message"].replace("no-such-product", "…")


def test_a_table_that_is_hidden_from_the_asker_is_not_in_it(world):
    om = world.om
    table = om.by_name("tables", "shop.shop.main.customers")
    om.post("/classifications", {"name": "Shelf", "description": "s"})
    om.post("/tags", {"name": "Back", "classification": "Shelf", "description": "b"})
    label = {"tagFQN": "Shelf.Back", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    om.patch(f"/tables/{table['id']}", [{"op": "add", "path": "/tags", "value": [label]}])
    world.bar("barred", "table", condition="matchAnyTag('Shelf.Back')")
    contract = world.contract(world.barred)
    assert set(tables(contract)) == {"orders"}
    # Nor is what leads to it.
    assert "relationships" not in tables(contract)["orders"]
    printed = json.dumps(contract)
    assert table["id"] not in printed and "email" not in printed and "Shelf" not in printed
    assert tables(world.contract(world.viewer))["customers"]["tags"] == ["Shelf.Back"]
    om.patch(f"/tables/{table['id']}", [{"op": "remove", "path": "/tags"}])
    assert world.contract(world.barred) == world.contract(world.viewer)


def test_tables_that_were_not_lent_are_not_in_it(world):
    body = {"name": "Half", "dataSourceId": world.source, "isDeployed": True,
            "dataAssets": [{"tableName": "cities", "rows": "closed"}, {"tableName": "trips", "description": "Who went where."}]}
    half = world.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
    found = tables(world.contract(world.admin, half))
    assert set(found) == {"trips"} and found["trips"]["description"] == "Who went where."
    assets = world.bob.get(f"/data-products/{half}/data-assets")["dataAssets"]
    cities = next(one["id"] for one in assets if one["tableName"] == "cities")
    world.bob.patch(f"/data-products/{half}/data-assets", {"update": [{"id": cities, "rows": "granted"}]})
    assert set(tables(world.contract(world.admin, half))) == {"trips", "cities"}


def test_a_product_that_was_never_deployed_has_a_draft(world):
    made = world.bob.create("Idea", dataAssets=[{"tableName": "trips"}], dataSourceId=world.source, description="For later.")
    contract = world.contract(world.admin, made["id"])
    assert contract["status"] == "draft" and contract["description"] == {"purpose": "For later."}
    assert "schema" not in contract and "servers" not in contract
    stage = [{"op": "add", "path": "/lifecycleStage", "value": "IDEATION"}]
    world.om.patch(f"/dataProducts/{made['id']}", stage)
    assert world.contract(world.admin, made["id"])["status"] == "proposed"


def test_levels_people_and_words_that_people_wrote_are_in_it(world):
    om = world.om
    expert = om.get("/users/name/viewer")
    column = om.by_name("tables", "shop.shop.main.orders", fields="columns")["columns"]
    at = next(at for at, one in enumerate(column) if one["name"] == "status")
    label = {"tagFQN": "PII.NonSensitive", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    om.patch(f"/tables/{om.by_name('tables', 'shop.shop.main.orders')['id']}", [
        {"op": "add", "path": "/description", "value": "One row per order."},
        {"op": "add", "path": "/displayName", "value": "Orders"},
        {"op": "add", "path": "/retentionPeriod", "value": "P2Y"},
        {"op": "add", "path": f"/columns/{at}/description", "value": "Paid or open."},
        {"op": "add", "path": f"/columns/{at}/tags", "value": [label]},
    ])
    om.patch(f"/dataProducts/{world.product}", [
        {"op": "add", "path": "/description", "value": "What was sold."},
        {"op": "add", "path": "/experts", "value": [{"id": expert["id"], "type": "user"}]},
        {"op": "add", "path": "/sla", "value": {"tier": "GOLD", "availability": 99.5, "dataFreshness": 60}},
        {"op": "add", "path": "/lifecycleStage", "value": "DEPRECATED"},
    ])
    contract = world.contract(world.viewer)
    assert contract["status"] == "deprecated" and contract["description"] == {"purpose": "What was sold."}
    assert {"username": "viewer", "role": "expert"} in contract["team"]["members"]
    assert contract["slaProperties"] == [
        {"property": "tier", "value": "GOLD"},
        {"property": "availability", "value": 99.5, "unit": "percent"},
        {"property": "freshness", "value": 60, "unit": "minutes"},
        {"property": "retention", "value": "P2Y", "element": "orders"},
    ]
    orders = tables(contract)["orders"]
    assert (orders["description"], orders["businessName"]) == ("One row per order.", "Orders")
    status = columns(orders)["status"]
    assert (status["description"], status["classification"]) == ("Paid or open.", "PII.NonSensitive")


def test_servers_and_keys_of_other_systems(world):
    om = world.om
    config = {"type": "Postgres", "hostPort": "books.example.com:5433", "username": "clerk",
              "authType": {"password": PASSWORD}, "database": "books"}
    om.put("/services/databaseServices", {"name": "books", "serviceType": "Postgres", "connection": {"config": config}})
    om.put("/databases", {"name": "books", "service": "books"})
    om.put("/databaseSchemas", {"name": "public", "database": "books.books"})
    column = lambda name, kind="INT", **more: {"name": name, "dataType": kind} | more  # noqa: E731
    om.put("/tables", {
        "name": "lines", "databaseSchema": "books.books.public",
        "columns": [
            column("b", constraint="NOT_NULL"), column("a"), column("code", "VARCHAR", dataLength=20),
            column("doc", "STRUCT", children=[column("page"), column("note", "TEXT")]), column("raw", "JSON"),
            column("seen", "TIMESTAMP"), column("many", "ARRAY", arrayDataType="INT"),
        ],
        "tableConstraints": [{"constraintType": "PRIMARY_KEY", "columns": ["a", "b"]},
                             {"constraintType": "UNIQUE", "columns": ["code"]},
                             {"constraintType": "UNIQUE", "columns": ["a", "seen"]}],
    })
    om.put("/tables", {
        "name": "notes", "databaseSchema": "books.books.public", "tableType": "View",
        "columns": [column("la"), column("lb"), column("odd name__reserved__quote__", "TEXT")],
        "tableConstraints": [{"constraintType": "FOREIGN_KEY", "columns": ["la", "lb"],
                              "referredColumns": ["books.books.public.lines.a", "books.books.public.lines.b"]}],
    })
    made = world.bob.create("Books")["id"]
    named = [{"id": om.by_name("tables", f"books.books.public.{name}")["id"], "type": "table"} for name in ("lines", "notes")]
    fqn = om.get(f"/dataProducts/{made}")["fullyQualifiedName"]
    om.put(f"/dataProducts/{fqn}/assets/add", {"assets": named})
    contract = world.contract(world.admin, made)
    assert contract["servers"] == [{
        "server": "books.books.public", "type": "postgres", "host": "books.example.com", "port": 5433,
        "database": "books", "schema": "public",
    }]
    assert PASSWORD not in json.dumps(contract) and "clerk" not in json.dumps(contract)
    # Who does not see the service hears of no address.
    far = world.server.new_user("far")
    world.bob.patch(f"/data-products/{made}/users", {"add": [{"userId": far.id, "role": "viewer"}]})
    world.bar("far", "databaseService")
    seen = world.contract(McpDoor(world.server, far.token), made)
    assert seen["servers"] == [{
        "server": "books.books.public", "type": "custom", "database": "books", "schema": "public",
        "customProperties": [{"property": "serviceType", "value": "Postgres"}],
    }]
    assert "example.com" not in json.dumps(seen) and seen["schema"] == contract["schema"]
    lines, notes = tables(contract)["lines"], tables(contract)["notes"]
    found = columns(lines)
    assert [(name, found[name]["primaryKeyPosition"], found[name]["required"]) for name in ("a", "b")] == [("a", 1, True), ("b", 2, True)]
    assert [name for name, one in found.items() if one.get("unique")] == ["code"]
    assert "required" not in found["code"]
    assert [one["name"] for one in found["doc"]["properties"]] == ["page", "note"]
    assert "logicalType" not in found["raw"]
    assert (found["seen"]["logicalType"], found["many"]["logicalType"]) == ("timestamp", "array")
    assert notes["physicalType"] == "view" and 'odd name"' in columns(notes)
    assert notes["relationships"] == [
        {"type": "foreignKey", "from": ["notes.la", "notes.lb"], "to": ["lines.a", "lines.b"]}
    ]


def test_a_contract_that_is_too_large_is_cut_and_stays_one(world):
    fields = ", ".join(f"column_with_a_long_name_{n:03} TEXT" for n in range(120))
    world.ingest("".join(f"CREATE TABLE wide_{n} (id INTEGER PRIMARY KEY, {fields});" for n in range(4)))
    body = {"name": "Wide", "dataSourceId": world.source, "isDeployed": True,
            "dataAssets": [{"tableName": f"wide_{n}"} for n in range(4)]}
    wide = world.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
    read = world.admin.get("read_product", product=wide)
    assert "contract" in read["cut"]
    contract = checked(read["contract"])
    assert contract["servers"] and 0 < len(contract["schema"]) <= 4

"""Row filters that follow the relations of models: what refers to hidden rows is hidden, in every database and by every door.
And those that do not: what their bearer will see of others is said before he does."""

import json
import re

import psycopg
import pytest

import real_databases
from bobsled_door import BobsledDoor
from emporion_server import Server, free_port, run_cli
from mcp_door import McpDoor
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser

SHOP = """
CREATE TABLE customers (id INT PRIMARY KEY, region VARCHAR(10));
INSERT INTO customers VALUES (1, 'EU'), (2, 'US'), (3, 'EU');
CREATE TABLE orders (id INT PRIMARY KEY, customer_id INT, amount INT, FOREIGN KEY (customer_id) REFERENCES customers (id));
INSERT INTO orders VALUES (1, 1, 100), (2, 1, 50), (3, 2, 70), (4, 3, 30), (5, 2, 20), (6, NULL, 7);
CREATE TABLE items (id INT PRIMARY KEY, order_id INT, pieces INT, FOREIGN KEY (order_id) REFERENCES orders (id));
INSERT INTO items VALUES (1, 1, 2), (2, 3, 5), (3, 6, 1);
"""
EU = {"customers": "region = 'EU'"}
#: All that was sold, and what was sold in the EU; the order of nobody is of neither.
ALL, OF_EU = 277, 180
BY_REGION = "SELECT c.region, SUM(o.amount) AS n FROM orders o LEFT JOIN customers c ON c.id = o.customer_id GROUP BY c.region ORDER BY n"
TABLES = ("customers", "orders", "items")


def field(name: str, dimension: bool = False) -> dict:
    return {"name": name, "expression": {"dialects": [{"dialect": "ANSI_SQL", "expression": name}]}} | ({"dimension": {}} if dimension else {})


class World:
    """Two products over one database: the model of one was written, that of the other generated."""

    def __init__(self, folder, source):
        self.port = free_port()
        settings = {"EMPORION_PG_LISTEN": f"127.0.0.1:{self.port}", "EMPORION_BOBSLED__QUESTIONS_PER_MINUTE": "100"}
        if source.kind == "sqlite":
            settings["EMPORION_SOURCE_DIRS"] = json.dumps([source.server["folder"]])
        source.sql(SHOP)
        self.server = Server(folder, **settings)
        self.server.start()
        self.om = OpenMetadataDoor(self.server, self.server.admin.token)
        self.bob = BobsledDoor(self.server, self.server.admin.token)
        variables = {"EMPORION_URL": self.server.url, "EMPORION_TOKEN": self.server.admin.token}
        run_cli("ingest", source.url, "--service", "shop", EMPORION_SOURCE_PASSWORD=source.password, **variables)
        found = self.om.get("/tables", limit=50)["data"]
        self.tables = {one["name"]: one for one in found if one["name"] in TABLES}
        self.count = 0
        self.written, self.generated = self.make("Written"), self.make("Generated")
        made = self.bob.post(f"{self.written}/semantic-models", {"name": "retail", "format": "osi", "content": json.dumps(self.model())}, expect=201)
        assert made["validation"]["errors"] == [], made
        self.made = made["semanticModel"]["id"] if "semanticModel" in made else made["id"]
        generated = self.bob.call("POST", f"{self.generated}/semantic-models/generate", {"name": "sketch"})
        assert generated.status_code in (200, 201, 202), generated.text
        for path in (self.written, self.generated):
            self.bob.post(f"{path}/deploy", {})

    def model(self) -> dict:
        place = lambda name: ".".join(self.tables[name]["fullyQualifiedName"].split(".")[-2:])
        datasets = [
            {"name": name, "source": place(name), "primary_key": ["id"], "fields": fields}
            for name, fields in (
                ("customers", [field("id"), field("region", True)]),
                ("orders", [field("id"), field("amount")]),
                ("items", [field("id"), field("pieces")]),
            )
        ]
        relationships = [
            {"name": "o2c", "from": "orders", "to": "customers", "from_columns": ["customer_id"], "to_columns": ["id"]},
            {"name": "l2o", "from": "items", "to": "orders", "from_columns": ["order_id"], "to_columns": ["id"]},
        ]
        sales = {"dialects": [{"dialect": "ANSI_SQL", "expression": "SUM(orders.amount)"}]}
        metric = {"name": "net_sales", "expression": sales, "ai_context": {"synonyms": ["sales"]}}
        model = {"name": "retail", "datasets": datasets, "relationships": relationships, "metrics": [metric]}
        return {"version": "0.2.0.dev0", "semantic_model": [model]}

    def make(self, name: str) -> str:
        parts = [self.tables[table]["fullyQualifiedName"].split(".") for table in TABLES]
        source = self.bob.get("/data-sources")["dataSources"][0]["id"]
        assets = [{"tableName": part[-1], "schemaName": part[-2], "databaseName": part[-3]} for part in parts]
        body = {"name": name, "dataSourceId": source, "dataAssets": assets, "isDeployed": True}
        return f"/data-products/{self.bob.post('/data-products', body, expect=201)['dataProduct']['id']}"

    def person(self, path: str, role: str = "viewer", **terms):
        self.count += 1
        who = self.server.new_user(f"reader{self.count}")
        self.told = self.change(path, {"add": [{"userId": who.id, "role": role} | terms]})
        return who

    def change(self, path: str, body: dict) -> list[dict]:
        """Changes users, and answers the warnings."""
        return self.bob.call("PATCH", f"{path}/users", body, expect=200).json().get("warnings", [])

    def rows(self, who, path: str, sql: str) -> list[list]:
        rows = BobsledDoor(self.server, who.token).post(f"{path}/run-sql", {"sql": sql})["rows"]
        return [[int(value) if isinstance(value, (int, float)) or str(value).isdigit() else value for value in row] for row in rows]

    def total(self, who, path: str) -> int:
        return self.rows(who, path, "SELECT SUM(amount) AS n FROM orders")[0][0]

    def ask(self, who, message: str) -> list[list]:
        answer = BobsledDoor(self.server, who.token).post(f"{self.written}/chat", {"message": message})
        assert answer["status"] == "answered", answer
        return [[int(value) if isinstance(value, (int, float)) or str(value).isdigit() else value for value in row] for row in answer["table"]["rows"]]

    def owner(self) -> Browser:
        return Browser(self.server).sign_in(self.server.admin)


@pytest.fixture(scope="module", params=real_databases.KINDS.keys())
def world(request, tmp_path_factory):
    with real_databases.KINDS[request.param]() as source:
        made = World(tmp_path_factory.mktemp(f"following-{request.param}"), source)
        yield made
        assert made.server.stop() == 0, made.server.log_tail()
        assert "panicked" not in made.server.log.read_text(errors="replace")


@pytest.mark.parametrize("product", ["written", "generated"])
def test_what_refers_to_hidden_rows_is_hidden(world, product):
    path = getattr(world, product)
    who = world.person(path, rowFilters=EU, rowFiltersFollow=True)
    assert not [one for one in world.told if one["code"] == "FILTER_NOT_FOLLOWED"], world.told
    assert world.total(who, path) == OF_EU
    assert world.rows(who, path, BY_REGION) == [["EU", OF_EU]]
    assert world.rows(who, path, "SELECT COUNT(*) AS n FROM orders") == [[3]]
    assert world.rows(who, path, "SELECT id, pieces FROM items ORDER BY id") == [[1, 2]], "through others"
    # Nor by the columns that they refer by.
    assert world.rows(who, path, "SELECT COUNT(*) AS n FROM orders WHERE customer_id = 2 OR customer_id IS NULL") == [[0]]
    whole = world.person(path)
    assert (world.total(whole, path), world.rows(whole, path, "SELECT COUNT(*) AS n FROM items")) == (ALL, [[3]])


def test_every_door_follows(world):
    who = world.person(world.written, rowFilters=EU, rowFiltersFollow=True)
    assert world.ask(who, "net sales by region") == [["EU", OF_EU]]
    assert world.ask(who, "net sales") == [[OF_EU]]
    sql = "SELECT SUM(amount) AS n FROM orders"
    asked = McpDoor(world.server, who.token).call("run_sql", product=world.written.rsplit("/", 1)[1], sql=sql)
    assert [int(value) for row in asked.data["rows"] for value in row] == [OF_EU]
    settings = {"host": "127.0.0.1", "port": world.port, "dbname": "emporion", "autocommit": True}
    with psycopg.connect(user=who.name, password=who.token, **settings) as connection:
        assert [int(one) for (one,) in connection.execute("SELECT SUM(amount) FROM written.orders").fetchall()] == [OF_EU]
    page = Browser(world.server).sign_in(who)
    page.visit(f"/products/default.Written/rows/{world.tables['orders']['id']}")
    assert "100" in page.page.text and "70" not in page.page.text.split("amount")[-1]
    shown = BobsledDoor(world.server, who.token).get(f"{world.written}/queryable-tables")["tables"]
    by_name = {one["tableName"]: one["rowFilter"] for one in shown}
    assert "customers" in by_name["orders"] and "region = 'EU'" in by_name["items"], by_name


def test_a_filter_of_the_protocol_is_for_its_own_table_and_says_what_is_seen(world):
    """There a filter is a condition over its dataset: what refers to it stays whole, and a warning says so."""
    who = world.person(world.written, rowFilters=EU)
    warned = [one for one in world.told if one["code"] == "FILTER_NOT_FOLLOWED"]
    assert len(warned) == 2 and all(one["path"] == "/add/0/rowFilters" for one in warned), warned
    assert any("orders" in one["message"] and "customers" in one["message"] for one in warned)
    # Hidden rows and rows that refer to nobody are one group, and he reads all of it.
    assert world.rows(who, world.written, BY_REGION) == [[None, ALL - OF_EU], ["EU", OF_EU]]
    assert sorted(world.ask(who, "net sales by region"), key=str) == sorted([["EU", OF_EU], [None, ALL - OF_EU]], key=str)
    assert world.total(who, world.written) == ALL
    # A filter of its own on what refers to it is one more; then nothing is to be warned of but the rest.
    both = EU | {"orders": "amount > 40"}
    told = world.change(world.written, {"update": [{"userId": who.id, "rowFilters": both}]})
    assert ["items" in one["message"] for one in told if one["code"] == "FILTER_NOT_FOLLOWED"] == [True]
    # Said again as it was shown, it follows as it did.
    world.bob.patch(f"{world.written}/users", {"update": [{"userId": who.id, "rowFilters": both, "rowFiltersFollow": True}]})
    assert world.total(who, world.written) == 150
    entry = next(one for one in world.bob.get(f"{world.written}/users")["users"] if one["userId"] == who.id)
    assert entry["rowFiltersFollow"] is True and entry["rowFilters"] == both
    world.bob.patch(f"{world.written}/users", {"users": [{"userId": who.id, "role": "viewer", "rowFilters": both}]})
    assert world.total(who, world.written) == 150
    world.bob.patch(f"{world.written}/users", {"update": [{"userId": who.id, "rowFilters": EU}]})
    assert world.total(who, world.written) == OF_EU
    world.bob.patch(f"{world.written}/users", {"update": [{"userId": who.id, "rowFilters": None}]})
    assert world.total(who, world.written) == ALL


def test_on_the_page_new_filters_follow_and_the_preview_says_what_is_seen(world):
    who, owner = world.person(world.written), world.owner()
    at = "/products/default.Written"
    page = owner.visit(f"{at}?tab=access&filter={who.id}")
    assert "Apply conditions to related tables as well" in page.text
    fields = page.form(f"{at}/filters")["fields"]
    assert fields["follows"] == "yes", "by default"
    tables = fields["table"]
    conditions = ["region = 'EU'" if table == "customers" else "" for table in tables]
    page = owner.send(f"{at}/filters", condition=conditions, reads="yes", do="preview")
    assert "orders: 3 of 6 rows" in page.text and "items: 1 of 3 rows" in page.text and "customers: 2 of 3 rows" in page.text
    assert "all rows" not in page.text.split("With these conditions")[1].split("Save")[0]
    # Without following, it says which totals of others he will see.
    here = {"Origin": owner.base, "Sec-Fetch-Site": "same-origin"}
    sent = {name: value for name, value in page.form(f"{at}/filters")["fields"].items() if name != "follows"}
    page = owner.ask("POST", f"{at}/filters", data=sent | {"condition": conditions, "do": "preview"}, headers=here)
    assert "orders, all rows: of these, 3 do not belong to visible rows of" in page.text, page.text
    assert "totals as “(none)”" in page.text and "checked" not in page.source.split('name="follows"')[1].split(">")[0]
    assert world.total(who, world.written) == ALL, "nothing is saved by looking"
    owner.visit(f"{at}?tab=access&filter={who.id}")
    owner.send_previewed(f"{at}/filters", condition=conditions, reads="yes")
    assert world.total(who, world.written) == OF_EU
    his = Browser(world.server).sign_in(who).visit(f"{at}?tab=ask")
    assert "only what belongs to visible rows" in his.text and "even rows that belong to others" not in his.text
    # To switch it off is a change of its own, which warns.
    page = owner.visit(f"{at}?tab=access&filter={who.id}")
    sent = {name: value for name, value in page.form(f"{at}/filters")["fields"].items() if name != "follows"}
    page = owner.ask("POST", f"{at}/filters", data=sent | {"condition": conditions}, headers=here)
    assert "does not follow its row filter: all its rows and their totals can be read" in page.text, page.text
    assert world.total(who, world.written) == ALL


def test_the_preview_tells_of_a_view_over_a_table_that_follows(world):
    path = world.make("Viewed")
    schema = world.tables["orders"]["fullyQualifiedName"].rsplit(".", 1)[0]
    seen = world.om.post("/tables", {"name": "seen_orders", "databaseSchema": schema, "columns": [{"name": "id", "dataType": "INT"}]})
    ends = [{"id": table["id"], "type": "table"} for table in (world.tables["orders"], seen)]
    edge = {"fromEntity": ends[0], "toEntity": ends[1], "lineageDetails": {"source": "ViewLineage"}}
    world.om.call("PUT", "/lineage", {"edge": edge}, expect=200)
    world.om.put("/dataProducts/Viewed/assets/add", {"assets": [ends[1]]})
    made = world.bob.post(f"{path}/semantic-models", {"name": "viewed", "format": "osi", "content": json.dumps(world.model())}, expect=201)
    assert made["validation"]["errors"] == [], made
    world.bob.post(f"{path}/deploy", {})
    who, owner, at = world.person(path), world.owner(), "/products/default.Viewed"
    page = owner.visit(f"{at}?tab=access&filter={who.id}")
    fields = page.form(f"{at}/filters")["fields"]
    conditions = ["region = 'EU'" if table.endswith("customers") else "" for table in fields["table"]]
    page = owner.send(f"{at}/filters", condition=conditions, reads="yes", do="preview")
    assert re.search(r"seen_orders reads \S*orders and shows its rows without these filters", page.text), page.text
    # Where nothing follows, orders are seen in full anyway.
    sent = {name: value for name, value in page.form(f"{at}/filters")["fields"].items() if name != "follows"}
    here = {"Origin": owner.base, "Sec-Fetch-Site": "same-origin"}
    page = owner.ask("POST", f"{at}/filters", data=sent | {"condition": conditions, "do": "preview"}, headers=here)
    assert "and shows its rows without" not in page.text


def test_filters_of_teams_follow(world):
    world.count += 1
    who, owner = world.server.new_user(f"reader{world.count}"), world.owner()
    team = world.om.post("/teams", {"name": f"Team{world.count}", "teamType": "Group", "users": [who.id]})
    at = "/products/default.Written"
    owner.visit(f"{at}?tab=access")
    owner.send(f"{at}/roles", who=team["name"], role="viewer")
    page = owner.visit(f"{at}?tab=access&filter={team['id']}")
    tables = page.form(f"{at}/filters")["fields"]["table"]
    owner.send_previewed(f"{at}/filters", condition=["region = 'US'" if table == "customers" else "" for table in tables], reads="yes")
    assert world.total(who, world.written) == 90
    # With a filter of his own both hold.
    world.bob.patch(f"{world.written}/users", {"add": [{"userId": who.id, "role": "viewer", "rowFilters": {"orders": "amount > 40"}}]})
    assert world.total(who, world.written) == 70


def test_who_edits_the_model_takes_nothing_off(world):
    """A relation that a filter follows is kept with it; one that comes later is followed, too."""
    editor = world.person(world.written, role="editor", rowFilters=EU, rowFiltersFollow=True)
    assert world.total(editor, world.written) == OF_EU
    theirs = BobsledDoor(world.server, editor.token)
    model = world.model()
    model["semantic_model"][0]["relationships"] = []
    change = {"format": "osi", "content": json.dumps(model)}
    answer = theirs.call("PATCH", f"{world.written}/semantic-models/{world.made}", change)
    assert answer.status_code == 200, answer.text
    theirs.post(f"{world.written}/deploy", {})
    try:
        assert world.total(editor, world.written) == OF_EU
        assert world.rows(editor, world.written, "SELECT COUNT(*) AS n FROM items") == [[1]]
        late = world.person(world.written, rowFilters=EU, rowFiltersFollow=True)
        assert world.total(late, world.written) == ALL, "there is nothing to follow"
    finally:
        change = {"format": "osi", "content": json.dumps(world.model())}
        world.bob.patch(f"{world.written}/semantic-models/{world.made}", change)
        world.bob.post(f"{world.written}/deploy", {})
    assert world.total(late, world.written) == OF_EU


def test_a_masked_column_may_be_what_a_filter_follows(world):
    masks = {"orders": {"customer_id": "hidden"}}
    who = world.person(world.written, rowFilters=EU, rowFiltersFollow=True, columnMasks=masks)
    assert world.total(who, world.written) == OF_EU
    assert world.rows(who, world.written, "SELECT COUNT(customer_id) AS n FROM orders") == [[0]]


# What follows a filter is no way to what it hides, nor to what nobody lent.

OTHERS = """
CREATE TABLE people (id INT PRIMARY KEY, region VARCHAR(10), name VARCHAR(20), salary INT);
INSERT INTO people VALUES (1, 'EU', 'Ann', 7), (2, 'US', 'Bob', 42), (3, 'EU', 'Cid', 33);
CREATE TABLE sales (id INT PRIMARY KEY, person_id INT, amount INT);
INSERT INTO sales VALUES (1, 1, 100), (2, 2, 70), (3, 3, 30);
CREATE TABLE numbers (v INT PRIMARY KEY);
INSERT INTO numbers VALUES (7), (33), (42), (99);
CREATE TABLE steps (id INT PRIMARY KEY, kid INT);
INSERT INTO steps VALUES (1, 1);
CREATE TABLE ends (kid INT PRIMARY KEY, region VARCHAR(10));
INSERT INTO ends VALUES (1, 'EU'), (2, 'US');
""" + "".join(f"CREATE TABLE t{at} (id INT PRIMARY KEY, a INT, b INT, c INT);\n" for at in range(12))
IN_EU = {"rowFilters": {"people": "region = 'EU'"}, "rowFiltersFollow": True}


class Others:
    """Tables for products of each test's own."""

    def __init__(self, folder, source):
        self.source = source
        settings = {"EMPORION_SOURCE_DIRS": json.dumps([source.server["folder"]])} if source.kind == "sqlite" else {}
        source.sql(OTHERS)
        self.server = Server(folder, **settings)
        self.server.start()
        self.om = OpenMetadataDoor(self.server, self.server.admin.token)
        self.bob = BobsledDoor(self.server, self.server.admin.token)
        self.ingest("shop")
        self.tables = {one["name"]: one["fullyQualifiedName"].split(".") for one in self.om.get("/tables", limit=100)["data"]}
        self.count = 0

    def ingest(self, service: str) -> None:
        variables = {"EMPORION_URL": self.server.url, "EMPORION_TOKEN": self.server.admin.token}
        run_cli("ingest", self.source.url, "--service", service, EMPORION_SOURCE_PASSWORD=self.source.password, **variables)

    def door(self, who) -> BobsledDoor:
        return BobsledDoor(self.server, who.token)

    def asset(self, table: str) -> dict:
        part = self.tables[table]
        return {"tableName": part[-1], "schemaName": part[-2], "databaseName": part[-3]}

    def product(self, *tables: str) -> str:
        self.count += 1
        sources = {one["name"]: one["id"] for one in self.bob.get("/data-sources")["dataSources"]}
        body = {"name": f"Other{self.count}", "dataSourceId": sources["shop"], "dataAssets": [self.asset(one) for one in tables], "isDeployed": True}
        return f"/data-products/{self.bob.post('/data-products', body, expect=201)['dataProduct']['id']}"

    def person(self, path: str, role: str = "viewer", **terms):
        self.count += 1
        who = self.server.new_user(f"other{self.count}")
        answer = self.bob.call("PATCH", f"{path}/users", {"add": [{"userId": who.id, "role": role} | terms]}, expect=200)
        self.told = [one["code"] for one in answer.json().get("warnings", [])]
        return who

    def model(self, door, path: str, relations: list[tuple], keys: dict = {}, places: dict = {}, known: str | None = None, name: str = "m") -> str:
        """Relations of (table, column, table, column)."""
        names = sorted({name for one in relations for name in (one[0], one[2])})
        place = lambda name: places.get(name) or ".".join(self.tables[name][-2:])
        expressed = lambda name: [field("key") | {"expression": {"dialects": [{"dialect": "ANSI_SQL", "expression": keys[name]}]}}] if name in keys else []
        key = lambda name: {"numbers": "v", "ends": "kid"}.get(name, "id")
        datasets = [{"name": name, "source": place(name), "primary_key": [key(name)], "fields": [field(key(name))] + expressed(name)} for name in names]
        said = [
            {"name": f"r{at}", "from": one[0], "to": one[2], "from_columns": [one[1]], "to_columns": [one[3]]}
            for at, one in enumerate(relations)
        ]
        content = {"version": "0.2.0.dev0", "semantic_model": [{"name": name, "datasets": datasets, "relationships": said}]}
        sent = {"format": "osi", "content": json.dumps(content)}
        if known:
            assert door.call("PATCH", f"{path}/semantic-models/{known}", sent).status_code == 200
        else:
            made = door.post(f"{path}/semantic-models", sent | {"name": name}, expect=201)
            known = made["semanticModel"]["id"] if "semanticModel" in made else made["id"]
        door.post(f"{path}/deploy", {})
        return known

    def observe(self, table: str) -> None:
        """Leaves rows beside a table, as a profiler does."""
        record = self.om.get(f"/tables/name/{'.'.join(self.tables[table])}", fields="columns")
        columns = [column["name"] for column in record["columns"]]
        self.om.put(f"/tables/{record['id']}/sampleData", {"columns": columns, "rows": [["1"] * len(columns)]})

    def may_see_values(self, *people) -> None:
        """Gives them the rights to samples and profiles of every table."""
        rule = {"name": "values", "effect": "allow", "resources": ["table"], "operations": ["ViewAll", "ViewSampleData", "ViewDataProfile"]}
        policy = self.om.post("/policies", {"name": f"values{self.count}", "rules": [rule], "description": "d"})
        role = self.om.post("/roles", {"name": f"values{self.count}", "policies": [policy["name"]], "description": "d"})
        for who in people:
            self.om.patch(f"/users/{who.id}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])

    def sees_values(self, who, table: str) -> bool:
        record = self.om.get(f"/tables/name/{'.'.join(self.tables[table])}")["id"]
        answer = OpenMetadataDoor(self.server, who.token).call("GET", f"/tables/{record}/sampleData")
        return answer.status_code == 200 and bool(answer.json().get("sampleData"))

    def ask(self, who, path: str, sql: str):
        """The rows, or the code of the refusal."""
        answer = self.door(who).call("POST", f"{path}/run-sql", {"sql": sql})
        if answer.status_code != 200:
            assert answer.status_code < 500, answer.text
            return answer.status_code
        return [[int(value) if str(value).isdigit() else value for value in row] for row in answer.json()["data"]["rows"]]


@pytest.fixture(scope="module", params=real_databases.KINDS.keys())
def others(request, tmp_path_factory):
    with real_databases.KINDS[request.param]() as source:
        made = Others(tmp_path_factory.mktemp(f"others-{request.param}"), source)
        yield made
        assert made.server.stop() == 0, made.server.log_tail()
        assert "panicked" not in made.server.log.read_text(errors="replace")


def test_nothing_is_looked_up_in_a_table_that_nobody_lent(others):
    owner = others.server.new_user(f"mallory{others.count}")
    scratch = others.om.get("/tables", limit=100)["data"]
    numbers = next(one for one in scratch if one["name"] == "numbers")
    others.om.patch(f"/tables/{numbers['id']}", [{"op": "add", "path": "/owners", "value": [{"id": owner.id, "type": "user"}]}])
    path = others.product("numbers")
    others.bob.call("PATCH", f"{path}/users", {"add": [{"userId": owner.id, "role": "admin"}]}, expect=200)
    door = others.door(owner)
    assert door.call("PATCH", f"{path}/data-assets", {"add": [others.asset("people")]}).status_code == 200
    others.model(door, path, [("numbers", "v", "people", "salary")])
    assert others.ask(owner, path, "SELECT salary FROM people") == 403
    friend = others.server.new_user(f"friend{others.count}")
    terms = {"rowFilters": {"people": "name = 'Bob'"}, "rowFiltersFollow": True}
    door.call("PATCH", f"{path}/users", {"add": [{"userId": friend.id, "role": "viewer"} | terms]}, expect=200)
    door.call("PATCH", f"{path}/users", {"update": [{"userId": owner.id} | terms]}, expect=200)
    for who in (owner, friend):
        assert others.ask(who, path, "SELECT v FROM numbers") == 403


def test_a_masked_column_is_not_asked_out_by_drawing_a_relation(others):
    path = others.product("people", "numbers")
    masks = {"columnMasks": {"people": {"salary": "hidden"}}}
    editor = others.person(path, "editor", **IN_EU, **masks)
    assert others.ask(editor, path, "SELECT COUNT(*) AS n FROM numbers") == [[4]]
    others.model(others.door(editor), path, [("numbers", "v", "people", "salary")])
    assert others.ask(editor, path, "SELECT v FROM numbers ORDER BY v") == 403
    assert others.ask(editor, path, "SELECT COUNT(*) AS n FROM people") == [[2]], "the rest stays"
    # Saved again by who reads all rows, it is followed.
    others.bob.call("PATCH", f"{path}/users", {"update": [{"userId": editor.id} | IN_EU]}, expect=200)
    assert others.ask(editor, path, "SELECT v FROM numbers ORDER BY v") == [[7], [33]]


def test_a_relation_that_cannot_be_followed_closes_what_refers_by_it(others):
    for key, expected in (("sales.person_id", [[130]]), ("CAST(person_id AS INTEGER)", 403)):
        path = others.product("people", "sales")
        others.model(others.bob, path, [("sales", "key", "people", "id")], keys={"sales": key})
        who = others.person(path, **IN_EU)
        assert others.ask(who, path, "SELECT SUM(amount) AS n FROM sales") == expected, key
        others.person(path, rowFilters=IN_EU["rowFilters"])
        assert "FILTER_NOT_FOLLOWED" in others.told
    # Nor does it open when an editor takes off the relation that came later.
    path = others.product("people", "sales")
    who, editor = others.person(path, **IN_EU), others.door(others.person(path, "editor"))
    made = others.model(editor, path, [("sales", "key", "people", "id")], keys={"sales": "CAST(person_id AS INTEGER)"})
    assert others.ask(who, path, "SELECT SUM(amount) AS n FROM sales") == 403
    editor.patch(f"{path}/semantic-models/{made}", {"remove": True})
    editor.post(f"{path}/deploy", {})
    assert others.ask(who, path, "SELECT SUM(amount) AS n FROM sales") == 403
    assert others.ask(who, path, "SELECT COUNT(*) AS n FROM people") == [[2]]


def test_what_is_written_for_links_has_a_bound(others):
    path = others.product(*(f"t{at}" for at in range(12)))
    threes = lambda depth: [(f"t{at + 1}", column, f"t{at}", "id") for at in range(depth) for column in ("a", "b", "c")]
    others.model(others.bob, path, threes(11))
    who = others.person(path, rowFilters={"t0": "a = 1"}, rowFiltersFollow=True)
    assert others.ask(who, path, "SELECT COUNT(*) AS n FROM t3") == [[0]]
    answer = others.door(who).call("POST", f"{path}/run-sql", {"sql": "SELECT COUNT(*) AS n FROM t11"})
    assert answer.status_code == 403 and "too many relations" in answer.text, answer.text


def test_tables_of_composed_products_follow(others):
    source, path = others.product("people"), others.product("sales")
    others.bob.post(f"{path}/compositions", {"sourceDataProductId": source.rsplit("/", 1)[1], "alias": "theirs"})
    others.bob.post(f"{path}/deploy", {})
    places = {"people": "$ref(theirs.people)"}
    others.model(others.bob, path, [("sales", "person_id", "people", "id")], places=places)
    who = others.person(source, **IN_EU)
    others.bob.call("PATCH", f"{path}/users", {"add": [{"userId": who.id, "role": "viewer"}]}, expect=200)
    assert others.ask(who, path, "SELECT SUM(amount) AS n FROM sales") == [[130]]


def test_what_is_measured_of_tables_that_follow_across_products_is_kept_from_who_sees_a_part(others):
    """Also of what refers to these, in the product itself and in one above; and where the relation or the composition is taken
    out by somebody who reads a part."""
    source, middle, top = others.product("people"), others.product("sales"), others.product("numbers")
    others.bob.post(f"{middle}/compositions", {"sourceDataProductId": source.rsplit("/", 1)[1], "alias": "theirs"})
    others.bob.post(f"{middle}/deploy", {})
    made = others.model(others.bob, middle, [("sales", "person_id", "people", "id")], places={"people": "$ref(theirs.people)"})
    composed = {"sourceDataProductId": middle.rsplit("/", 1)[1], "alias": "lower"}
    others.bob.post(f"{top}/compositions", composed)
    others.bob.post(f"{top}/deploy", {})
    others.model(others.bob, top, [("numbers", "v", "sales", "id")], places={"sales": "$ref(lower.sales)"})
    who, plain = others.person(source, **IN_EU), others.person(source)
    roles = [{"userId": one.id, "role": "editor"} for one in (who, plain)]
    for path in (middle, top):
        others.bob.call("PATCH", f"{path}/users", {"add": roles}, expect=200)
    for name in ("sales", "numbers"):
        others.observe(name)
    shown = lambda one: [others.sees_values(one, name) for name in ("sales", "numbers")]
    others.may_see_values(who, plain)
    assert shown(plain) == [True, True] and shown(who) == [False, False]
    assert others.ask(who, top, "SELECT SUM(amount) AS n FROM sales") == [[130]], "statements follow as they did"
    assert others.ask(who, top, "SELECT COUNT(*) AS n FROM numbers") == [[0]]
    datasets = [{"name": "sales", "source": ".".join(others.tables["sales"][-2:]), "primary_key": ["id"], "fields": [field("id")]}]
    content = json.dumps({"version": "0.2.0.dev0", "semantic_model": [{"name": "m", "datasets": datasets}]})
    theirs = others.door(who)
    theirs.patch(f"{middle}/semantic-models/{made}", {"format": "osi", "content": content})
    theirs.post(f"{middle}/deploy", {})
    assert shown(plain) == [True, True] and shown(who) == [False, False]
    composition = others.bob.get(f"{middle}/compositions")["compositions"][0]["id"]
    theirs.call("DELETE", f"{middle}/compositions/{composition}", expect=200)
    theirs.post(f"{middle}/deploy", {})
    assert shown(plain) == [True, True] and shown(who) == [False, False]
    # Without his filter there is nothing to be kept from him.
    others.bob.call("PATCH", f"{source}/users", {"update": [{"userId": who.id, "rowFilters": None}]}, expect=200)
    assert shown(who) == [True, True]


def compose(others, path: str, source: str, alias: str = "theirs") -> None:
    others.bob.post(f"{path}/compositions", {"sourceDataProductId": source.rsplit("/", 1)[1], "alias": alias})
    others.bob.post(f"{path}/deploy", {})


@pytest.mark.parametrize("own", [False, True], ids=["second model", "own asset"])
def test_who_edits_the_product_above_takes_none_of_its_own_relations_off(others, own):
    """Those that lead on to a table of the product below, and those to an asset that both have."""
    source = others.product("people")
    path = others.product("sales", "numbers", *(["people"] if own else []))
    compose(others, path, source)
    places = {} if own else {"people": "$ref(theirs.people)"}
    first = others.model(others.bob, path, [("sales", "person_id", "people", "id")], places=places)
    second = others.model(others.bob, path, [("numbers", "v", "sales", "id")], name="second")
    who, plain = others.person(source, **IN_EU), others.person(source)
    roles = [{"userId": one.id, "role": "editor"} for one in (who, plain)]
    others.bob.call("PATCH", f"{path}/users", {"add": roles}, expect=200)
    seen = lambda one: (others.ask(one, path, "SELECT SUM(amount) AS n FROM sales"), others.ask(one, path, "SELECT COUNT(*) AS n FROM numbers"))
    assert seen(who) == ([[130]], [[0]]) and seen(plain) == ([[200]], [[4]])
    for model in (second, first):
        others.door(who).patch(f"{path}/semantic-models/{model}", {"remove": True})
        others.door(who).post(f"{path}/deploy", {})
        assert seen(who) == ([[130]], [[0]]) and seen(plain) == ([[200]], [[4]])


def test_what_is_measured_stays_closed_whatever_goes_above_or_below(others):
    source, path = others.product("people"), others.product("sales")
    compose(others, path, source)
    others.model(others.bob, path, [("sales", "person_id", "people", "id")], places={"people": "$ref(theirs.people)"})
    who, plain = others.person(source, "editor", **IN_EU), others.person(source)
    others.bob.call("PATCH", f"{path}/users", {"add": [{"userId": who.id, "role": "admin"}]}, expect=200)
    others.observe("sales")
    others.may_see_values(who, plain)
    shown = lambda: (others.sees_values(who, "sales"), others.sees_values(plain, "sales"))
    assert shown() == (False, True)
    # He takes the filtered table out of the product below.
    asset = others.bob.get(f"{source}/data-assets")["dataAssets"][0]["id"]
    others.door(who).patch(f"{source}/data-assets", {"remove": [asset]})
    others.door(who).post(f"{source}/deploy", {})
    assert others.ask(who, path, "SELECT SUM(amount) AS n FROM sales") == 403 and shown() == (False, True)
    others.bob.patch(f"{source}/data-assets", {"add": [others.asset("people")]})
    others.bob.post(f"{source}/deploy", {})
    # And he deletes the product above.
    others.door(who).call("DELETE", path)
    assert shown() == (False, True)
    others.om.call("PUT", "/dataProducts/restore", {"id": path.rsplit("/", 1)[1]})
    assert shown() == (False, True)


def test_a_product_is_written_where_what_its_relations_lead_to_is_gone(others):
    """A table is deleted for good; its namesake follows from the next deploy on."""
    others.source.sql("CREATE TABLE passing (id INT PRIMARY KEY, region VARCHAR(10));")
    others.ingest("shop")
    record = others.om.get("/tables", limit=200)["data"]
    others.tables |= {one["name"]: one["fullyQualifiedName"].split(".") for one in record}
    source, path = others.product("passing"), others.product("sales")
    compose(others, path, source)
    others.model(others.bob, path, [("sales", "person_id", "passing", "id")], places={"passing": "$ref(theirs.passing)"})
    id = next(one["id"] for one in record if one["name"] == "passing")
    for hard in (False, True):
        assert others.om.call("DELETE", f"/tables/{id}", params={"hardDelete": str(hard).lower()}).status_code == 200
        others.bob.patch(path, {"description": f"written {hard}"})
        others.bob.post(f"{path}/deploy", {})
    others.om.patch(f"/dataProducts/{path.rsplit('/', 1)[1]}", [{"op": "add", "path": "/displayName", "value": "Written"}])


def test_who_reads_all_that_a_product_lends_is_not_shut_out_by_a_filter_elsewhere(others):
    other, source, path = others.product("people"), others.product("numbers"), others.product("sales", "people")
    compose(others, path, source)
    others.model(others.bob, path, [("sales", "person_id", "people", "id")])
    who = others.person(other, **IN_EU)
    roles = {"add": [{"userId": who.id, "role": "viewer"}]}
    for one in (path, source):
        others.bob.call("PATCH", f"{one}/users", roles, expect=200)
    assert others.ask(who, path, "SELECT SUM(amount) AS n FROM sales") == [[200]]


def test_a_product_says_nothing_of_tables_that_nobody_lent_to_it(others):
    """Who reads no rows draws relations from a table of others: it is closed to nobody by that, and may be deleted as before."""
    source, path = others.product("people"), others.product("t9", "sales")
    assets = {one["tableName"]: one["id"] for one in others.bob.get(f"{path}/data-assets")["dataAssets"]}
    others.bob.patch(f"{path}/data-assets", {"update": [{"id": assets["t9"], "rows": "closed"}]})
    compose(others, path, source)
    others.model(others.bob, path, [("t9", "a", "people", "id")], places={"people": "$ref(theirs.people)"})
    who = others.person(source, **IN_EU)
    others.observe("t9")
    others.may_see_values(who)
    assert others.sees_values(who, "t9")


def test_the_simulator_tells_nothing_of_a_product_below_that_is_hidden(others):
    source, path = others.product("people", "sales"), others.product("sales")
    compose(others, path, source)
    others.model(others.bob, path, [("sales", "person_id", "people", "id")], places={"people": "$ref(theirs.people)"})
    terms = {"rowFilters": {"people": "region = 'EU'", "sales": "amount < 99"}, "rowFiltersFollow": True, "columnMasks": {"sales": {"id": "hashed"}}}
    who, boss = others.person(source, **terms), others.person(path, "admin")
    others.bob.call("PATCH", f"{path}/users", {"add": [{"userId": who.id, "role": "viewer"}]}, expect=200)
    assert others.door(boss).call("GET", source).status_code == 404
    name = others.bob.get(path)["name"]
    told = {}
    for one in (boss, others.server.admin):
        page = Browser(others.server).sign_in(one).visit(f"/products/default.{name}?tab=access&about={who.name}")
        told[one.name] = re.sub("<[^>]+>", " ", page.source.split('<div class="simulated">')[1].split("</section>")[0])
    assert "99" in told[others.server.admin.name], "there is something to tell"
    for word in ("99", "EU", "people", "hashed"):
        assert word not in told[boss.name], word


def test_who_edits_the_product_above_takes_nothing_off(others):
    """Neither the relation from its model, nor the product with the filter from what it is composed of; and what a colleague
    without rows takes out holds as well."""
    source, path = others.product("people"), others.product("sales")

    def compose(door) -> str:
        made = door.post(f"{path}/compositions", {"sourceDataProductId": source.rsplit("/", 1)[1], "alias": "theirs"})
        door.post(f"{path}/deploy", {})
        return made["composition"]["id"]

    places, relation = {"people": "$ref(theirs.people)"}, ("sales", "person_id", "people", "id")
    composition = compose(others.bob)
    model = others.model(others.bob, path, [relation], places=places)
    who = others.person(source, **IN_EU)
    colleague = others.server.new_user(f"colleague{others.count}")
    plain = others.person(source)
    roles = [{"userId": one.id, "role": "editor"} for one in (who, colleague, plain)]
    others.bob.call("PATCH", f"{path}/users", {"add": roles}, expect=200)
    total = "SELECT SUM(amount) AS n FROM sales"
    assert others.ask(who, path, total) == [[130]] and others.ask(plain, path, total) == [[200]]
    # A model without it, by himself and by one who may not read the product below.
    datasets = [{"name": "sales", "source": ".".join(others.tables["sales"][-2:]), "primary_key": ["id"], "fields": [field("id")]}]
    content = json.dumps({"version": "0.2.0.dev0", "semantic_model": [{"name": "m", "datasets": datasets}]})
    for door in (others.door(who), others.door(colleague)):
        others.model(others.bob, path, [relation], places=places, known=model)
        door.patch(f"{path}/semantic-models/{model}", {"format": "osi", "content": content})
        door.post(f"{path}/deploy", {})
        assert others.ask(who, path, total) == [[130]] and others.ask(plain, path, total) == [[200]]
    others.door(who).call("DELETE", f"{path}/compositions/{composition}", expect=200)
    others.door(who).post(f"{path}/deploy", {})
    assert others.ask(who, path, total) == 403 and others.ask(plain, path, total) == [[200]]
    # Nor where a product of his own stands in its place, whose rows nobody lent.
    own = others.product("people")
    asset = others.bob.get(f"{own}/data-assets")["dataAssets"][0]["id"]
    others.bob.patch(f"{own}/data-assets", {"update": [{"id": asset, "rows": "closed"}]})
    others.bob.call("PATCH", f"{own}/users", {"add": [{"userId": who.id, "role": "admin"}]}, expect=200)
    theirs = others.door(who).post(f"{path}/compositions", {"sourceDataProductId": own.rsplit("/", 1)[1], "alias": "theirs"})
    others.door(who).post(f"{path}/deploy", {})
    assert others.ask(who, path, total) == 403
    others.bob.call("DELETE", f"{path}/compositions/{theirs['composition']['id']}", expect=200)
    others.bob.post(f"{path}/deploy", {})
    # Who reads all rows takes it off.
    compose(others.bob)
    assert others.ask(who, path, total) == [[130]]
    others.model(others.bob, path, [relation], places=places, known=model)
    others.bob.patch(f"{path}/semantic-models/{model}", {"format": "osi", "content": content})
    others.bob.post(f"{path}/deploy", {})
    assert others.ask(who, path, total) == [[200]]


def test_two_sources_of_one_name_are_two(others):
    path = others.product("people", "sales")
    name = f"Other{others.count}"
    others.model(others.bob, path, [("sales", "person_id", "people", "id")])
    others.ingest("twin")
    twin = next(one for one in others.om.get("/tables", limit=100)["data"] if one["fullyQualifiedName"].startswith("twin.") and one["name"] == "sales")
    url = f"{others.server.url}/api/v1/dataProducts/default.{name}/assets/add"
    assert others.om.session.put(url, json={"assets": [{"id": twin["id"], "type": "table"}]}).status_code == 200
    who = others.person(path, **IN_EU)
    listed = others.door(who).get(f"{path}/queryable-tables")["tables"]
    # What follows there would have to refer to a table that the product does not have.
    assert [one["tableName"] for one in listed].count("sales") == 1, listed
    assert others.ask(who, path, "SELECT SUM(amount) AS n FROM " + ".".join(others.tables["sales"][-2:])) in ([[130]], 422)


def test_columns_that_are_gone_are_not_taken_from_the_query_around(others):
    path = others.product("steps", "ends")
    others.model(others.bob, path, [("steps", "kid", "ends", "kid")])
    who = others.person(path, rowFilters={"ends": "region = 'EU'"}, rowFiltersFollow=True)
    around = "SELECT (SELECT COUNT(*) FROM ends) AS n, (SELECT COUNT(*) FROM steps) AS m FROM (SELECT 'EU' AS region, 1 AS kid) AS x"
    assert others.ask(who, path, around) == [[1, 1]]
    others.source.sql("ALTER TABLE ends RENAME COLUMN kid TO kid2;")
    assert others.ask(who, path, "SELECT id, kid FROM steps") in (409, 422, 400)
    others.source.sql("ALTER TABLE ends RENAME COLUMN region TO area;")
    assert others.ask(who, path, around) in (409, 422, 400)

"""A real database behind a data source: tested, listed, and asked under guard and row filters."""

import base64
import json
import sqlite3

import pytest

from bobsled_door import BobsledDoor
from emporion_server import Server
from openmetadata_door import OpenMetadataDoor


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A server that may open files below one directory, with a shop in it; and who owns everything there."""
    folder = tmp_path_factory.mktemp("sources")
    files = folder / "files"
    files.mkdir()
    with sqlite3.connect(files / "shop.db") as database:
        database.executescript(
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, amount NUMERIC);"
            "CREATE TABLE wages (id INTEGER PRIMARY KEY, amount NUMERIC);"
            "INSERT INTO orders (region, amount) VALUES ('EU', 10), ('EU', 20), ('US', 5);"
            "CREATE INDEX orders_by_id_and_amount ON orders (id, amount);"
        )
    limits = {"EMPORION_SOURCE_DIRS": json.dumps([str(files)]), "EMPORION_BOBSLED__QUERY_ROWS": "60000000"}
    server = Server(folder, **limits)
    server.start()
    yield server, BobsledDoor(server, server.admin.token)
    assert server.stop() == 0, server.log_tail()


@pytest.fixture(scope="module")
def source(shop) -> str:
    _, door = shop
    body = {"name": "shop", "type": "sqlite", "connectionConfig": {"path": "shop.db"}}
    return door.post("/data-sources", body, expect=201)["dataSource"]["id"]


@pytest.fixture(scope="module")
def product(shop, source) -> str:
    server, door = shop
    om = OpenMetadataDoor(server, server.admin.token)
    columns = [{"name": "id", "dataType": "INT"}, {"name": "region", "dataType": "STRING"}]
    columns.append({"name": "amount", "dataType": "DECIMAL"})
    om.put("/databases", {"name": "main", "service": "shop"})
    om.put("/databaseSchemas", {"name": "main", "database": "shop.main"})
    om.put("/tables", {"name": "orders", "databaseSchema": "shop.main.main", "columns": columns})
    assets = [{"tableName": "orders"}]
    body = {"name": "Sales", "dataSourceId": source, "dataAssets": assets, "isDeployed": True}
    return door.post("/data-products", body, expect=201)["dataProduct"]["id"]


def test_a_connection_is_tested_and_its_tables_are_listed(shop, source):
    _, door = shop
    tested = door.post(f"/data-sources/{source}/test-connection", {})
    assert tested["connected"] is True and tested["latencyMs"] >= 0
    assert door.get(f"/data-sources/{source}")["dataSource"]["connectionStatus"]["success"] is True
    tables = door.get(f"/data-sources/{source}/available-tables")["tables"]
    assert [table["name"] for table in tables] == ["orders", "wages"]
    path = f"/data-sources/{source}/available-tables"
    first = door.call("GET", path, params={"limit": 1, "includeTotal": True}, expect=200).json()
    assert (first["data"]["tables"], first["data"]["totalCount"]) == (tables[:1], 2)
    cursor = first["pagination"]["nextCursor"]
    second = door.call("GET", path, params={"limit": 1, "cursor": cursor}, expect=200).json()
    assert second["data"]["tables"] == tables[1:] and second["pagination"]["hasMore"] is False
    door.refuses("GET", f"{path}?cursor={cursor[:-2]}xx", 400, "INVALID_CURSOR")


def test_settings_are_tried_before_they_are_kept(shop):
    _, door = shop
    good = door.post("/data-sources/test-connection", {"type": "sqlite", "connectionConfig": {"path": "shop.db"}})
    assert good["success"] is True and good["details"]["type"] == "sqlite"
    for path in ("../store/emporion.db", "/etc/passwd", "none.db"):
        bad = door.post("/data-sources/test-connection", {"type": "sqlite", "connectionConfig": {"path": path}})
        assert bad["success"] is False and path not in bad["message"]
    for host in ("169.254.169.254", "127.0.0.1:1"):
        string = base64.b64encode(f"postgres://u:hunter2@{host}/d".encode()).decode()
        bad = door.call("POST", "/data-sources/test-connection", {"connectionConfig": {"connectionString": string}})
        assert bad.json()["data"]["success"] is False and "hunter2" not in bad.text
    # An address that could never be connected to is not even kept.
    string = base64.b64encode(b"postgres://u:hunter2@169.254.169.254/d").decode()
    body = {"name": "metadata", "type": "postgres", "connectionConfig": {"connectionString": string}}
    refused = door.call("POST", "/data-sources", body)
    assert refused.status_code == 422 and refused.json()["error"]["details"]["reason"] == "FORBIDDEN"
    # Whoever may keep none may not look around in the network either.
    stranger = BobsledDoor(shop[0], shop[0].new_user("stranger-of-networks").token)
    good = {"type": "sqlite", "connectionConfig": {"path": "shop.db"}}
    stranger.refuses("POST", "/data-sources/test-connection", 403, "FORBIDDEN", good)
    refused = stranger.refuses("POST", "/data-sources", 403, "FORBIDDEN", good | {"name": "files-of-nobody"})
    assert "the right Create on the data source" in refused["message"], refused
    snowflake = {"account": "a", "username": "u", "warehouse": "w"}
    body = {"type": "snowflake", "connectionConfig": snowflake}
    door.refuses("POST", "/data-sources/test-connection", 422, "DATA_SOURCE_TYPE_UNSUPPORTED", body)


def test_queries_answer_typed_rows(shop, product):
    _, door = shop
    body = {"sql": "SELECT region, SUM(amount) AS total FROM orders WHERE amount >= :low GROUP BY region ORDER BY region"}
    answer = door.post(f"/data-products/{product}/run-sql", body | {"params": {"low": 5}, "timeout": 30000})
    assert [column["name"] for column in answer["columns"]] == ["region", "total"]
    assert answer["rows"] == [["EU", 30], ["US", 5]] and answer["rowCount"] == 2
    assert answer["truncated"] is False and answer["executionTime"] >= 0
    cut = door.post(f"/data-products/{product}/run-sql", {"sql": "SELECT id FROM orders", "limit": 2})
    assert cut["rowCount"] == 2 and cut["truncated"] is True
    old = door.post(f"/workspaces/{product}/run-sql", {"sql": "SELECT COUNT(*) FROM main.orders"})
    assert old["rows"] == [[3]]


HOSTILE = [
    ("EMPTY", "-- nothing"),
    ("EMPTY", ";;;"),
    ("EMPTY", "/* nothing */"),
    ("MULTIPLE_STATEMENTS", "SELECT 1; DELETE FROM orders"),
    ("MULTIPLE_STATEMENTS", "SELECT 1;;DROP TABLE orders;"),
    ("MULTIPLE_STATEMENTS", "SELECT id FROM orders /* ; */ ; -- x\n UPDATE orders SET id = 1"),
    ("MULTIPLE_STATEMENTS", "; DROP TABLE orders"),
    ("NOT_A_SELECT", "DROP TABLE orders"),
    ("NOT_A_SELECT", "INSERT INTO orders VALUES (1, 'EU', 1)"),
    ("NOT_A_SELECT", "UPDATE orders SET amount = 0"),
    ("NOT_A_SELECT", "DELETE FROM orders"),
    ("NOT_A_SELECT", "REPLACE INTO orders VALUES (1)"),
    ("NOT_A_SELECT", "CREATE TABLE t AS SELECT * FROM orders"),
    ("NOT_A_SELECT", "ALTER TABLE orders ADD COLUMN x INT"),
    ("NOT_A_SELECT", "EXPLAIN SELECT * FROM orders"),
    ("NOT_A_SELECT", "ATTACH DATABASE '/etc/passwd' AS p"),
    ("NOT_A_SELECT", "DETACH main"),
    ("NOT_A_SELECT", "PRAGMA writable_schema = ON"),
    ("NOT_A_SELECT", "VACUUM INTO '/tmp/x'"),
    ("NOT_A_SELECT", "VALUES (1), (2)"),
    ("NOT_A_SELECT", "BEGIN"),
    ("NOT_A_SELECT", "(DELETE FROM orders)"),
    ("WRITE_IN_QUERY", "WITH a AS (SELECT 1) INSERT INTO orders SELECT * FROM a"),
    ("WRITE_IN_QUERY", "WITH a AS (SELECT 1) DELETE FROM orders"),
    ("SELECT_INTO", "SELECT * INTO stolen FROM orders"),
    ("LOCKING", "SELECT * FROM orders FOR UPDATE"),
    ("LOCKING", "SELECT * FROM (SELECT * FROM orders FOR UPDATE) x"),
    ("EXECUTABLE_COMMENT", "SELECT /*! 1 */ 1 FROM orders"),
    ("EXECUTABLE_COMMENT", "SELECT 1 /*! UNION SELECT amount FROM wages */"),
    ("EXECUTABLE_COMMENT", "SELECT /*+ SET_VAR(x=1) */ 1"),
    ("TABLE_NOT_ALLOWED", "SELECT * FROM wages"),
    ("TABLE_NOT_ALLOWED", "SELECT * FROM WAGES"),
    ("TABLE_NOT_ALLOWED", "SELECT * FROM no_such_table"),
    ("TABLE_NOT_ALLOWED", "SELECT (SELECT amount FROM wages)"),
    ("TABLE_NOT_ALLOWED", "SELECT id FROM orders WHERE id IN (SELECT id FROM wages)"),
    ("TABLE_NOT_ALLOWED", "SELECT id FROM orders UNION ALL SELECT id FROM wages"),
    ("TABLE_NOT_ALLOWED", "WITH x AS (SELECT * FROM wages) SELECT * FROM x"),
    ("TABLE_NOT_ALLOWED", "SELECT * FROM orders o JOIN wages w ON w.id = o.id"),
    ("TABLE_NOT_ALLOWED", "SELECT id FROM orders ORDER BY (SELECT amount FROM wages)"),
    ("TABLE_NOT_ALLOWED", "SELECT CASE WHEN 1 = 1 THEN (SELECT amount FROM wages) END"),
    ("TABLE_NOT_ALLOWED", "WITH wages AS (SELECT * FROM wages) SELECT * FROM wages"),
    ("TABLE_NOT_ALLOWED", 'SELECT * FROM "orders""; DROP TABLE orders; --"'),
    ("OTHER_DATABASE", "SELECT * FROM temp.orders"),
    ("OTHER_DATABASE", "SELECT * FROM attached.orders"),
    ("SYSTEM_CATALOG", "SELECT * FROM sqlite_master"),
    ("SYSTEM_CATALOG", "SELECT sql FROM main.sqlite_schema"),
    ("SYSTEM_CATALOG", "SELECT * FROM [SQLITE_MASTER]"),
    ("SYSTEM_CATALOG", "SELECT * FROM pragma_database_list"),
    ("TABLE_FUNCTION_NOT_ALLOWED", "SELECT * FROM pragma_table_info('wages')"),
    ("FUNCTION_NOT_ALLOWED", "SELECT load_extension('/tmp/evil.so')"),
    ("FUNCTION_NOT_ALLOWED", "SELECT readfile('/etc/passwd')"),
    ("FUNCTION_NOT_ALLOWED", "SELECT writefile('/tmp/x', 'y')"),
    ("FUNCTION_NOT_ALLOWED", "SELECT randomblob(1000000000)"),
    ("FUNCTION_NOT_ALLOWED", 'SELECT "load_extension"(\'x\')'),
    ("FUNCTION_NOT_ALLOWED", "SELECT sqlite_version()"),
    ("UNKNOWN_COLUMN", "SELECT nothing FROM orders"),
    ("UNKNOWN_COLUMN", "SELECT rowid FROM orders"),
    ("UNKNOWN_COLUMN", "SELECT x.id FROM orders o"),
    ("OPERATOR_NOT_ALLOWED", "SELECT id FROM orders WHERE region MATCH 'x'"),
    ("CROSS_JOIN", "SELECT COUNT(*) FROM orders a CROSS JOIN orders b"),
    ("UNBOUNDED_RECURSION", "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"),
    ("LIMIT", "SELECT id FROM orders LIMIT (SELECT 1)"),
    ("PARAMETER", "SELECT :missing FROM orders"),
    ("PARAMETER", "SELECT id FROM orders WHERE region = ?"),
    ("IDENTIFIER", 'SELECT 1 AS "a""b"'),
    ("SYNTAX", "SELECT 'unterminated"),
    ("SYNTAX", "SELECT 1 FROM orders WHERE"),
    ("UNKNOWN_COLUMN", "SELECT a.*, b.region FROM orders a LEFT JOIN (SELECT region FROM orders) b USING (id) LIMIT 1"),
    ("UNBOUNDED_RECURSION", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n WHERE i < 10) SELECT COUNT(*) FROM n"),
    ("TABLE_FUNCTION_NOT_ALLOWED", "SELECT COUNT(*) FROM generate_series(1, 1000000000)"),
    # What the guard lets through and the source does not plan.
    ("SYNTAX", "SELECT id FROM orders UNION SELECT id, region FROM orders"),
    ("SYNTAX", "SELECT id FROM orders WHERE SUM(amount) > 1"),
]


def test_there_are_enough_hostile_statements():
    assert len({sql for _, sql in HOSTILE}) >= 60


@pytest.mark.parametrize(("rule", "sql"), HOSTILE)
def test_what_is_no_question_is_refused_by_rule(shop, product, rule, sql):
    _, door = shop
    body = {"sql": sql}
    error = door.refuses("POST", f"/data-products/{product}/run-sql", 422, "SQL_NOT_ALLOWED", body)
    assert error["details"]["rule"] == rule, error
    assert [broken["path"] for broken in error["details"]["violations"]] == ["/sql"]
    kept = {"question": f"q {sql}"[:500], "sql": sql}
    error = door.refuses("POST", f"/data-products/{product}/verified-queries", 422, None, kept)
    assert error["details"].get("rule", rule) == rule, "what is kept passes the same guard"


def test_nothing_was_written_by_any_of_them(shop, product):
    _, door = shop
    answer = door.post(f"/data-products/{product}/run-sql", {"sql": "SELECT COUNT(*), SUM(amount) FROM orders"})
    assert answer["rows"] == [[3, 35]]
    assert door.get(f"/data-products/{product}/verified-queries")["count"] == 0


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT SUM(id + 9223372036854775800) FROM orders",
        "SELECT ABS(id - 9223372036854775807 - 2) FROM orders",
        "SELECT JSON_EXTRACT(region, '$.a') FROM orders",
    ],
)
def test_what_cannot_be_computed_is_the_callers(shop, product, sql):
    _, door = shop
    error = door.refuses("POST", f"/data-products/{product}/run-sql", 422, "SQL_NOT_ALLOWED", {"sql": sql})
    assert error["details"]["rule"] == "VALUE", error
    assert "EU" not in error["message"] and "922337" not in error["message"]


def test_verified_queries_are_planned_by_the_source(shop, product):
    _, door = shop
    queries = f"/data-products/{product}/verified-queries"
    body = {
        "question": "Turnover in {region}",
        "sql": "SELECT region, SUM(amount) AS total FROM orders WHERE region = :region GROUP BY region",
        "parameters": [{"name": "region", "type": "string"}],
        "isDeployed": True,
    }
    made = door.post(queries, body, expect=201)["verifiedQuery"]
    assert made["status"] == "ok"
    # No region is called like the sample: what is computed is known by its form.
    assert made["resultColumns"] == [{"name": "region", "type": "VARCHAR"}, {"name": "total", "type": "NUMBER"}]
    undeclared = {"question": "q", "sql": "SELECT id FROM orders WHERE region = :other"}
    assert door.refuses("POST", queries, 422, "SQL_NOT_ALLOWED", undeclared)["details"]["rule"] == "PARAMETER"
    door.delete(f"{queries}/{made['id']}")


def test_row_filters_are_read_when_they_are_given(shop, product):
    server, door = shop
    user = server.new_user("badly-filtered")
    for name, condition, rule in [
        ("orders", "nothing = 1", "UNKNOWN_COLUMN"),
        ("orders", "id IN (SELECT id FROM wages)", "UNSUPPORTED"),
        ("orders", "1 = 1; DROP TABLE orders", "MULTIPLE_STATEMENTS"),
        ("orders", "load_extension('x') IS NULL", "FUNCTION_NOT_ALLOWED"),
        ("orders", "id = ", "SYNTAX"),
        ("orders", "count(*) > 1", "UNSUPPORTED"),
        ("orders", "region", "UNSUPPORTED"),
        ("wages", "id = 1", "exists"),
    ]:
        entry = {"userId": user.id, "role": "viewer", "rowFilters": {name: condition}}
        error = door.refuses("PATCH", f"/data-products/{product}/users", 422, "VALIDATION_FAILED", {"add": [entry]})
        (broken,) = error["details"]["violations"]
        assert (broken["path"], broken["rule"]) == (f"/add/0/rowFilters/{name}", rule), broken
    entry = {"userId": user.id, "role": "viewer", "rowFilters": {"orders": "x = 1", "wages": "id = 1"}}
    error = door.refuses("PATCH", f"/data-products/{product}/users", 422, None, {"add": [entry]})
    assert len(error["details"]["violations"]) == 2, "all at once"
    assert [each["role"] for each in door.get(f"/data-products/{product}/users")["users"]] == ["admin"]


def test_a_sketch_holds_values_of_the_source(shop, product):
    _, door = shop
    made = door.post(f"/data-products/{product}/semantic-models/generate", {"name": "sketch"}, expect=201)
    (dataset,) = made["semanticModel"]["document"]["semantic_model"][0]["datasets"]
    (region,) = [field for field in dataset["fields"] if field["name"] == "region"]
    data = json.loads(region["custom_extensions"][0]["data"])
    assert data == {"sampleValues": ["EU", "US"], "enumerated": True}
    door.patch(f"/data-products/{product}/semantic-models/{made['semanticModel']['id']}", {"remove": True})


def test_a_statement_that_would_read_too_much_is_not_run(shop, product):
    server, door = shop
    om = OpenMetadataDoor(server, server.admin.token)
    table = om.get("/tables/name/shop.main.main.orders")
    profile = {"tableProfile": {"timestamp": 1_700_000_000_000, "rowCount": 100_000_000}}
    om.put(f"/tables/{table['id']}/tableProfile", profile)
    path, sql = f"/data-products/{product}/run-sql", {"sql": "SELECT SUM(amount) FROM orders WHERE amount > 1"}
    error = door.refuses("POST", path, 429, "COST_LIMIT", sql)
    assert "100000000 rows" in error["message"] and "60000000 are allowed" in error["message"]
    om.put(f"/tables/{table['id']}/tableProfile", {"tableProfile": {"timestamp": 1_700_000_001_000, "rowCount": 3}})
    assert door.post(path, sql)["rows"] == [[35]]


def test_a_product_over_two_sources_asks_the_right_one(shop, source, product, tmp_path):
    server, door = shop
    folder = json.loads(server.settings["EMPORION_SOURCE_DIRS"])[0]
    with sqlite3.connect(f"{folder}/market.db") as database:
        database.execute("CREATE TABLE campaigns (id INTEGER PRIMARY KEY, name TEXT)")
        database.execute("INSERT INTO campaigns (name) VALUES ('spring')")
    body = {"name": "market", "type": "sqlite", "connectionConfig": {"path": "market.db"}}
    second = door.post("/data-sources", body, expect=201)["dataSource"]["id"]
    om = OpenMetadataDoor(server, server.admin.token)
    om.put("/databases", {"name": "main", "service": "market"})
    om.put("/databaseSchemas", {"name": "main", "database": "market.main"})
    columns = [{"name": "id", "dataType": "INT"}, {"name": "name", "dataType": "STRING"}]
    om.put("/tables", {"name": "campaigns", "databaseSchema": "market.main.main", "columns": columns})
    body = {"name": "Market", "dataSourceId": second, "dataAssets": [{"tableName": "campaigns"}], "isDeployed": True}
    market = door.post("/data-products", body, expect=201)["dataProduct"]["id"]
    body = {"name": "Both", "compositeOf": [product, market], "isDeployed": True}
    both = door.post("/data-products", body, expect=201)["dataProduct"]["id"]
    path = f"/data-products/{both}/run-sql"
    assert door.post(path, {"sql": "SELECT name FROM campaigns"})["rows"] == [["spring"]]
    assert door.post(path, {"sql": "SELECT COUNT(*) FROM orders"})["rows"] == [[3]]
    joined = {"sql": "SELECT o.id FROM orders o JOIN campaigns c ON c.id = o.id"}
    assert door.refuses("POST", path, 422, "SQL_NOT_ALLOWED", joined)["details"]["rule"] == "SEVERAL_SOURCES"


def test_requests_are_bounded(shop, product):
    _, door = shop
    path = f"/data-products/{product}/run-sql"
    door.refuses("POST", path, 400, "BAD_REQUEST", {"sql": "SELECT 1", "timeout": 120_001})
    door.refuses("POST", path, 422, "VALIDATION_FAILED", {"sql": "SELECT 1", "limit": 10_001})
    door.refuses("POST", path, 400, "BAD_REQUEST", {"sql": 1})


def test_viewers_see_their_rows_only(shop, product):
    server, door = shop
    viewer = server.new_user("viewer-of-rows")
    own = BobsledDoor(server, viewer.token)
    path, count = f"/data-products/{product}/run-sql", {"sql": "SELECT COUNT(*) FROM orders"}
    own.refuses("POST", path, 404, "NOT_FOUND", count)
    entry = {"userId": viewer.id, "role": "viewer", "rowFilters": {"orders": "region IN ('US')"}}
    door.patch(f"/data-products/{product}/users", {"add": [entry]})
    assert own.post(path, count)["rows"] == [[1]]
    own.refuses("POST", path, 403, "FORBIDDEN", count | {"preview": True})
    door.patch(f"/data-products/{product}/users", {"update": [{"userId": viewer.id, "allowSql": False}]})
    own.refuses("POST", path, 403, "FORBIDDEN", count)


def test_errors_tell_nothing_of_rows_that_a_filter_hides(shop, product):
    server, door = shop
    viewer = server.new_user("prober")
    own = BobsledDoor(server, viewer.token)
    path, users = f"/data-products/{product}/run-sql", f"/data-products/{product}/users"
    # An index that holds all that the condition needs is read before the row is.
    probe = "id > 0 AND ABS(CASE WHEN amount = 5 THEN -9223372036854775807 - 1 ELSE 1 END) > 0"
    door.refuses("POST", path, 422, "SQL_NOT_ALLOWED", {"sql": f"SELECT COUNT(*) FROM orders WHERE {probe}"})
    door.patch(users, {"add": [{"userId": viewer.id, "role": "viewer"}]})
    for rows in ("region = 'EU'", "lower(region) = 'eu'", "region LIKE 'E%' AND length(region) = 2"):
        door.patch(users, {"update": [{"userId": viewer.id, "rowFilters": {"orders": rows}}]})
        for sql in (
            f"SELECT COUNT(*) FROM orders WHERE {probe}",
            f"WITH mine AS (SELECT * FROM orders) SELECT COUNT(*) FROM mine WHERE {probe}",
            f"SELECT COUNT(*) FROM orders GROUP BY {probe}",
        ):
            assert own.post(path, {"sql": sql})["rows"] == [[2]], sql
    door.patch(users, {"remove": [viewer.id]})


def test_what_may_be_asked_ends_with_the_change_that_ends_it(shop, product):
    """What the server found out about a product is kept between statements: never longer than it holds."""
    server, door = shop
    om = OpenMetadataDoor(server, server.admin.token)
    viewer = server.new_user("viewer-for-a-while")
    own = BobsledDoor(server, viewer.token)
    users, path = f"/data-products/{product}/users", f"/data-products/{product}/run-sql"
    count, region = {"sql": "SELECT COUNT(*) FROM orders"}, {"sql": "SELECT COUNT(region) FROM orders"}
    door.patch(users, {"add": [{"userId": viewer.id, "role": "viewer"}]})

    def answers(body, rows):
        for _ in range(3):
            assert own.post(path, body)["rows"] == [[rows]]

    def refuses(body, rule):
        for _ in range(3):
            error = own.refuses("POST", path, 422, "SQL_NOT_ALLOWED", body)
            assert error["details"]["rule"] == rule

    answers(count, 3)
    door.patch(users, {"update": [{"userId": viewer.id, "rowFilters": {"orders": "region='EU' -- x"}}]})
    answers(count, 2)
    answers(region, 2)
    table = om.get("/tables/name/shop.main.main.orders")
    columns = table["columns"]
    patch = [{"op": "replace", "path": "/columns", "value": [column for column in columns if column["name"] != "amount"]}]
    om.patch(f"/tables/{table['id']}", patch)
    answers(count, 2)
    refuses({"sql": "SELECT SUM(amount) FROM orders"}, "UNKNOWN_COLUMN")
    om.patch(f"/tables/{table['id']}", [{"op": "replace", "path": "/columns", "value": columns}])
    answers({"sql": "SELECT SUM(amount) FROM orders"}, 30)
    asset = {"assets": [{"id": table["id"], "type": "table"}]}
    om.put(f"/dataProducts/{product}/assets/remove", asset)
    door.patch(users, {"update": [{"userId": viewer.id, "rowFilters": None}]})
    refuses(count, "TABLE_NOT_ALLOWED")
    om.put(f"/dataProducts/{product}/assets/add", asset)
    answers(count, 3)
    door.patch(users, {"remove": [viewer.id]})
    own.refuses("POST", path, 404, "NOT_FOUND", count)

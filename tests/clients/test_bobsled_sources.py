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
        )
    server = Server(folder, EMPORION_SOURCE_DIRS=json.dumps([str(files)]))
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
    "DROP TABLE orders",
    "SELECT 1; DELETE FROM orders",
    "SELECT * FROM wages",
    "SELECT * FROM sqlite_master",
    "WITH x AS (DELETE FROM orders RETURNING *) SELECT * FROM x",
    "SELECT load_extension('x')",
    "ATTACH DATABASE '/etc/passwd' AS p",
    "PRAGMA table_info(orders)",
    "SELECT /*! 1 */ 1 FROM orders",
    "SELECT nothing FROM orders",
    "SELECT :missing FROM orders",
    "SELEC 1",
    "-- nothing",
]


@pytest.mark.parametrize("sql", HOSTILE)
def test_what_is_no_question_is_refused_by_rule(shop, product, sql):
    _, door = shop
    error = door.refuses("POST", f"/data-products/{product}/run-sql", 422, "SQL_NOT_ALLOWED", {"sql": sql})
    assert error["details"]["rule"]


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

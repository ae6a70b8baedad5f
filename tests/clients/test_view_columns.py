"""What views are made of, column by column: `emporion ingest` of real databases, read by OpenMetadata's Python client."""

import json

import pytest
from metadata.generated.schema.entity.data.table import Table
from metadata.ingestion.lineage.models import Dialect
from metadata.ingestion.lineage.parser import LineageParser

import real_databases
from emporion_server import Server
from openmetadata_kinds import connect
from openmetadata_kinds import text as value
from test_ingest import changed, fqn, report

TABLES = """
    CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(40), country VARCHAR(2), boss_id INT);
    CREATE TABLE orders (id INT PRIMARY KEY, customer_id INT, total DECIMAL(12,2), note VARCHAR(80));
    CREATE TABLE items (order_id INT, sku VARCHAR(20), qty INT);
    CREATE TABLE archive (id INT, customer_id INT, total DECIMAL(12,2));
"""
#: Each view, and for each of its columns what it is made of.
VIEWS = {
    "plain": ("SELECT id, total FROM orders", {"id": "orders.id", "total": "orders.total"}),
    "renamed": (
        "SELECT o.id AS order_id, c.name AS customer FROM orders o LEFT JOIN customers c ON c.id = o.customer_id WHERE o.total > 10",
        {"order_id": "orders.id", "customer": "customers.name"},
    ),
    "everything": (
        "SELECT * FROM items",
        {"order_id": "items.order_id", "sku": "items.sku", "qty": "items.qty"},
    ),
    "all_of_one": (
        "SELECT i.*, o.total FROM items i JOIN orders o ON o.id = i.order_id",
        {"order_id": "items.order_id", "sku": "items.sku", "qty": "items.qty", "total": "orders.total"},
    ),
    "unqualified": (
        "SELECT sku, total FROM items JOIN orders ON order_id = orders.id",
        {"sku": "items.sku", "total": "orders.total"},
    ),
    "computed": (
        "SELECT c.country, SUM(o.total * i.qty) AS worth, COUNT(*) AS lines_of_it, MAX(COALESCE(o.note, c.name)) AS remark"
        " FROM orders o JOIN items i ON i.order_id = o.id JOIN customers c ON c.id = o.customer_id GROUP BY c.country",
        {
            "country": "customers.country",
            "worth": "items.qty orders.total",
            "lines_of_it": "",
            "remark": "customers.name orders.note",
        },
    ),
    "cases": (
        "SELECT CASE WHEN o.total > 100 THEN o.note ELSE 'small' END AS kind FROM orders o",
        {"kind": "orders.note orders.total"},
    ),
    "windows": (
        "SELECT o.id, SUM(o.total) OVER (PARTITION BY o.customer_id) AS of_customer FROM orders o",
        {"id": "orders.id", "of_customer": "orders.customer_id orders.total"},
    ),
    "nested": (
        "SELECT s.who, s.most FROM (SELECT c.name AS who, MAX(o.total) AS most FROM customers c"
        " JOIN orders o ON o.customer_id = c.id GROUP BY c.name) s",
        {"who": "customers.name", "most": "orders.total"},
    ),
    "staged": (
        "WITH large AS (SELECT o.id, o.total * 2 AS twice FROM orders o WHERE o.total > 10),"
        " named AS (SELECT c.id, c.name FROM customers c) SELECT l.twice, n.name FROM large l JOIN named n ON n.id = l.id",
        {"twice": "orders.total", "name": "customers.name"},
    ),
    "united": (
        "SELECT o.id, o.total FROM orders o UNION ALL SELECT a.id, a.total FROM archive a",
        {"id": "archive.id orders.id", "total": "archive.total orders.total"},
    ),
    "looked_up": (
        "SELECT c.name, (SELECT MAX(o.total) FROM orders o WHERE o.customer_id = c.id) AS most FROM customers c",
        {"name": "customers.name", "most": "orders.total"},
    ),
    "same_name": (
        "SELECT c.id, b.name AS boss FROM customers c JOIN customers b ON b.id = c.boss_id",
        {"id": "customers.id", "boss": "customers.name"},
    ),
    "by_name": (
        "SELECT id, customer_id, name FROM orders JOIN customers USING (id)",
        {"id": "orders.id", "customer_id": "orders.customer_id", "name": "customers.name"},
    ),
    "chained": (
        "WITH RECURSIVE chain AS (SELECT c.id, c.boss_id, c.name FROM customers c WHERE c.boss_id IS NULL UNION ALL"
        " SELECT n.id, n.boss_id, n.name FROM customers n JOIN chain k ON k.id = n.boss_id) SELECT id, name FROM chain",
        {"id": "customers.id", "name": "customers.name"},
    ),
    "view_of_view": ("SELECT worth / 2 AS half FROM computed", {"half": "computed.worth"}),
    "constant": ("SELECT 1 AS one, id FROM orders", {"one": "", "id": "orders.id"}),
}
#: Where the stock parser, which sees the query alone, says something else.
STOCK_DIFFERS = {
    "everything": "it does not know the columns behind *",
    "all_of_one": "it does not know the columns behind *",
    "unqualified": "it takes a column that could be of several tables for one of each",
    "by_name": "it takes a column that could be of several tables for one of each",
    "computed": "it takes count(*) for a column of each table",
    "windows": "it leaves out what a window is parted by",
}


@pytest.fixture(scope="module", params=real_databases.KINDS.keys())
def source(request):
    with real_databases.KINDS[request.param]() as running:
        running.sql(TABLES + "".join(f"CREATE VIEW {name} AS {query};\n" for name, (query, _) in VIEWS.items()))
        yield running


@pytest.fixture(scope="module")
def shop(source, tmp_path_factory):
    folders = [source.server["folder"]] if source.kind == "sqlite" else []
    server = Server(tmp_path_factory.mktemp("columns"), EMPORION_SOURCE_DIRS=json.dumps(folders))
    server.start()
    yield server
    assert server.stop() == 0, server.log_tail()


@pytest.fixture(scope="module")
def first(shop, source):
    return report(shop, source)


def pairs(sdk, source, view: str) -> dict[str, set[str]]:
    """`table.column` by the column of the view, of all edges that lead to it."""
    graph = sdk.get_lineage_by_name(Table, fqn(source, view), up_depth=1, down_depth=0)
    names = {node["id"]: node["fullyQualifiedName"] for node in graph["nodes"]}
    found: dict[str, set[str]] = {}
    for edge in graph["upstreamEdges"]:
        for item in edge["lineageDetails"].get("columnsLineage", []):
            of = names[edge["fromEntity"]]
            for column in item["fromColumns"]:
                assert column.startswith(f"{of}."), "an edge tells of its own two tables"
                found.setdefault(item["toColumn"].removeprefix(f"{fqn(source, view)}."), set()).add(
                    f"{of.rsplit('.', 1)[1]}.{column.removeprefix(f'{of}.')}"
                )
    return found


@pytest.mark.parametrize("view", VIEWS)
def test_each_column_of_a_view_is_made_of_what_its_query_says(shop, source, first, view):
    wanted = {column: set(origins.split()) for column, origins in VIEWS[view][1].items() if origins}
    assert pairs(connect(shop, shop.admin.token), source, view) == wanted


def test_a_second_run_says_nothing_new_and_a_changed_view_does(shop, source, first):
    assert first["lineage"]["updated"] == len(VIEWS)
    again = report(shop, source)
    assert changed(again) == {} and again["lineage"]["updated"] == 0 and again["lineage"]["unchanged"] == len(VIEWS)
    sdk = connect(shop, shop.admin.token)
    source.sql("DROP VIEW constant; CREATE VIEW constant AS SELECT 1 AS one, customer_id AS id FROM orders;")
    try:
        assert report(shop, source)["lineage"]["updated"] == 1
        assert pairs(sdk, source, "constant") == {"id": {"orders.customer_id"}}
    finally:
        source.sql(f"DROP VIEW constant; CREATE VIEW constant AS {VIEWS['constant'][0]};")
        report(shop, source)
    assert pairs(sdk, source, "constant") == {"id": {"orders.id"}}


def test_how_a_column_is_made_stands_with_it(shop, source, first):
    graph = connect(shop, shop.admin.token).get_lineage_by_name(Table, fqn(source, "cases"), up_depth=1, down_depth=0)
    (item,) = graph["upstreamEdges"][0]["lineageDetails"]["columnsLineage"]
    assert item["function"].upper().startswith("CASE") and "small" in item["function"]
    graph = connect(shop, shop.admin.token).get_lineage_by_name(Table, fqn(source, "plain"), up_depth=1, down_depth=0)
    assert all("function" not in item for item in graph["upstreamEdges"][0]["lineageDetails"]["columnsLineage"])


DIALECTS = {"sqlite": Dialect.SQLITE, "postgresql": Dialect.POSTGRES, "mariadb": Dialect.MYSQL}


def stock_pairs(source, view: str) -> dict[str, set[str]]:
    """What the parser of `metadata ingest` says of the query as it was written."""
    parser = LineageParser(f"CREATE VIEW {view} AS {VIEWS[view][0]}", DIALECTS[source.kind])
    found: dict[str, set[str]] = {}
    for origin, column in parser.column_lineage:
        table = str(value(origin.parent)).rsplit(".", 1)[-1] if origin.parent else "?"
        found.setdefault(column.raw_name, set()).add(f"{table}.{origin.raw_name}")
    return found


def test_the_stock_parser_agrees_where_it_can_tell(shop, source, first):
    sdk = connect(shop, shop.admin.token)
    ours = {view: pairs(sdk, source, view) for view in VIEWS}
    stock = {view: stock_pairs(source, view) for view in VIEWS}
    assert {view for view in VIEWS if ours[view] != stock[view]} == STOCK_DIFFERS.keys()
    for view in ("unqualified", "by_name"):
        assert all(origins <= stock[view][column] for column, origins in ours[view].items())

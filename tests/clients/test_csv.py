"""A directory of CSV files as a source: crawled, asked, filtered, changed."""

import json

import pytest

from bobsled_door import BobsledDoor
from emporion_server import Server, run_cli
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser

ORDERS = "id;customer;amount;ordered\n1;7;12,50;03.01.2026\n2;8;-1,00;04.01.2026\n3;7;2;05.01.2026\n"
CUSTOMERS = "id,name,zip\n7,Ann,01067\n8,J\u00fcrgen,80331\n"
KEYS = {"tableSchema": {"columns": [{"dc:description": "Number of the order"}], "primaryKey": "id", "foreignKeys": [
    {"columnReference": "customer", "reference": {"resource": "customers.csv", "columnReference": "id"}}]}}


class Exports:
    def __init__(self, folder):
        self.directory = folder / "files" / "exports"
        self.directory.mkdir(parents=True)
        (self.directory / "orders.csv").write_text(ORDERS)
        (self.directory / "customers.csv").write_bytes(CUSTOMERS.encode("windows-1252"))
        (self.directory / "orders.csv-metadata.json").write_text(json.dumps(KEYS))
        self.server = Server(folder, EMPORION_SOURCE_DIRS=json.dumps([str(folder / "files")])).start()
        self.om = OpenMetadataDoor(self.server, self.server.admin.token)
        self.bob = BobsledDoor(self.server, self.server.admin.token)

    def ingest(self) -> dict:
        to = {"EMPORION_URL": self.server.url, "EMPORION_TOKEN": self.server.admin.token}
        return json.loads(run_cli("ingest", "csv:exports", "--service", "exports", "-o", "json", **to).stdout)

    def table(self, name: str) -> dict:
        return self.om.by_name("tables", f"exports.exports.main.{name}", fields="columns,tableConstraints")


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    made = Exports(tmp_path_factory.mktemp("csv"))
    made.told = made.ingest()
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace")


def test_files_are_tables_of_the_catalogue(exports):
    assert exports.told["tables"]["created"] == 2 and not exports.told["skipped"] and not exports.told["failed"]
    orders = exports.table("orders")
    types = [(column["name"], column["dataType"]) for column in orders["columns"]]
    assert types == [("id", "INT"), ("customer", "INT"), ("amount", "FLOAT"), ("ordered", "DATE")], types
    assert orders["columns"][0]["description"] == "Number of the order"
    kinds = {one["constraintType"] for one in orders["tableConstraints"]}
    assert "FOREIGN_KEY" in kinds, orders["tableConstraints"]
    assert exports.ingest()["tables"]["unchanged"] == 2


def test_their_rows_are_asked_joined_and_filtered(exports, fresh_name):
    source = next(one["id"] for one in exports.bob.get("/data-sources")["dataSources"] if one["name"] == "exports")
    assets = [{"tableName": "orders"}, {"tableName": "customers"}]
    body = {"name": "Exports", "dataSourceId": source, "isDeployed": True, "dataAssets": assets}
    product = exports.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
    joined = "SELECT c.name, c.zip, SUM(o.amount) AS total FROM orders o JOIN customers c ON c.id = o.customer GROUP BY 1, 2 ORDER BY 1"
    answer = exports.bob.post(f"/data-products/{product}/run-sql", {"sql": joined})
    assert answer["rows"] == [["Ann", "01067", 14.5], ["J\u00fcrgen", "80331", -1.0]], answer
    viewer = exports.server.new_user(fresh_name("viewer"))
    email = exports.om.get(f"/users/name/{viewer.name}")["email"]
    exports.bob.patch(f"/data-products/{product}/users", {"add": [
        {"email": email, "role": "viewer", "rowFilters": {"customers": "id = 8"}}]})
    his = BobsledDoor(exports.server, viewer.token)
    assert len(his.post(f"/data-products/{product}/run-sql", {"sql": "SELECT name FROM customers"})["rows"]) == 1
    (exports.directory / "customers.csv").write_text(CUSTOMERS + "9,Cem,10115\n")
    assert len(exports.bob.post(f"/data-products/{product}/run-sql", {"sql": "SELECT name FROM customers"})["rows"]) == 3
    for hostile in ("ATTACH '/etc/passwd' AS p", "SELECT * FROM csv('/etc/passwd')", "INSERT INTO orders VALUES (1,1,1,1)"):
        exports.bob.refuses("POST", f"/data-products/{product}/run-sql", 422, body={"sql": hostile})


def test_a_broken_line_is_named_and_its_table_stays(exports):
    (exports.directory / "orders.csv").write_text(ORDERS + "4;secret\n")
    told = exports.ingest()
    assert [one["reason"] for one in told["skipped"]] == ["line 5 has 2 fields, and the first 4"], told
    assert exports.table("orders")["columns"]
    (exports.directory / "orders.csv").write_text(ORDERS)
    assert not exports.ingest()["skipped"]


def test_a_directory_is_a_source_of_the_pages(exports, fresh_name):
    browser = Browser(exports.server).sign_in(exports.server.admin)
    browser.visit("/sources?add=sqlite")
    assert "directory of CSV files" in browser.page.text
    name = fresh_name("paged")
    assert browser.send("/sources", service=name, path="exports").url.endswith("done=created")
    browser.visit(f"/services/{name}?tab=connection")
    tested = browser.send(f"/services/{name}/connection")
    assert "SQLite" in tested.text and "exports" in tested.text, tested.text
    (exports.directory.parent / "empty").mkdir()
    browser.visit("/sources?add=sqlite")
    name = fresh_name("empty")
    browser.send("/sources", service=name, path="empty")
    browser.visit(f"/services/{name}?tab=connection")
    assert "ends with .csv or .tsv" in browser.send(f"/services/{name}/connection").text

"""A directory of CSV files as a source: crawled, asked, filtered, changed."""

import json
import re
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
import requests
from metadata.generated.schema.entity.services.databaseService import DatabaseService
from playwright.sync_api import expect

from bobsled_door import BobsledDoor
from emporion_server import Server, run_cli
from openmetadata_door import OpenMetadataDoor
from openmetadata_kinds import connect
from pages_browser import Visitor
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
    browser.visit("/sources?add=sqlite")
    refused = browser.send("/sources", expect=400, service=fresh_name("one"), path="exports/orders.csv")
    assert "name the directory" in " ".join(refused.roles["alert"]), "one file of them is no database"
    changed = browser.visit(f"/services/{name}?tab=connection&change=1").text
    assert "type it again" not in changed and "saved path" in changed
    (exports.directory.parent / "empty").mkdir()
    browser.visit("/sources?add=sqlite")
    name = fresh_name("empty")
    browser.send("/sources", service=name, path="empty")
    browser.visit(f"/services/{name}?tab=connection")
    assert "ends with .csv or .tsv" in browser.send(f"/services/{name}/connection").text


#: As Excel writes it in Germany: semicolons, decimal commas, Windows' own encoding, a name with a blank; and what it means.
INVOICES = "Nr;Kunde;Betrag;Am\r\n1;M\u00fcller;1.250,50;03.04.2026\r\n2;Gro\u00df;-2,00;04.04.2026\r\n"


def files_page(exports, service, browser, **query):
    at = "&".join(f"{name}={value}" for name, value in query.items())
    return browser.visit(f"/services/{service}?tab=files&{at}")


def management(exports, who, method, path, body=None):
    answer = requests.request(method, f"{exports.server.url}/emporion/v1{path}", json=body, timeout=60,
                              headers={"Authorization": f"Bearer {who.token}"})
    assert answer.status_code < 500, answer.text
    return answer


@pytest.fixture
def directory(exports, fresh_name):
    """A directory of its own, and the service that reads it."""
    name = fresh_name("dir")
    (folder := exports.directory.parent / name).mkdir()
    (folder / "invoices.csv").write_bytes(INVOICES.encode("windows-1252"))
    (folder / "codes.csv").write_text("007,Ann\n008,Bob\n")
    to = {"EMPORION_URL": exports.server.url, "EMPORION_TOKEN": exports.server.admin.token}
    run_cli("ingest", f"csv:{name}", "--service", name, **to)
    return name, folder


def types(exports, name, table):
    columns = exports.om.by_name("tables", f"{name}.{name}.main.{table}", fields="columns")["columns"]
    return [(column["name"], column["dataType"]) for column in columns]


def until_read(browser):
    until = time.monotonic() + 60
    while "succeeded" not in browser.page.text and time.monotonic() < until:
        time.sleep(0.1)
        browser.visit(browser.path)
    assert "succeeded" in browser.page.text, browser.page.text


def test_what_is_guessed_of_a_file_is_shown_and_corrected(exports, directory):
    name, folder = directory
    assert types(exports, name, "invoices") == [("Nr", "INT"), ("Kunde", "TEXT"), ("Betrag", "FLOAT"), ("Am", "DATE")]
    browser = Browser(exports.server).sign_in(exports.server.admin)
    listed = files_page(exports, name, browser)
    assert "semicolon" in listed.text and "windows-1252" in listed.text and "names the columns" in listed.text
    assert "is a row like the others" in listed.text, "codes without a header"
    of_table = browser.visit(f"/tables/{name}.{name}.main.invoices")
    link = next(link for link in of_table.links if "tab=files" in link)
    page = browser.visit(link)
    assert "M\u00fcller" in page.text and "1250.5" in page.text and "1.234,5" in page.text, "the guess, and what it makes of the file"
    at, form = f"/services/{name}/files", dict(page.form(f"/services/{name}/files")["fields"])
    assert form["title"] == ["Nr", "Kunde", "Betrag", "Am"] and form["delimiter"] == "" and form["encoding"] == ""
    said = {"name": ["", "customer", "", ""], "type": ["", "", "string", ""]}
    assert "1.250,50" in browser.send(at, do="look", **said).text
    said = {"name": ["", "customer", "", ""], "type": ["", "", "number ,.", ""]}
    before = exports.om.by_name("services/databaseServices", name)
    page = browser.send(at, do="look", **said)
    assert "1250.5" in page.text and "customer" in page.text
    assert exports.om.by_name("services/databaseServices", name)["version"] == before["version"], "a look keeps nothing"
    browser.send(at, do="save", **said)
    assert "/runs/" in browser.path, "the tables are read anew"
    until_read(browser)
    found = types(exports, name, "invoices")
    assert [column for column, _ in found] == ["Nr", "customer", "Betrag", "Am"] and found[2][1] in ("FLOAT", "DOUBLE"), found
    assert types(exports, name, "codes")[0][0] == "column_1", "the other file is as it was"
    # What the doors keep of it is their own: the stock client reads the service, and a run from outside leaves it.
    service = connect(exports.server, exports.server.admin.token).get_by_name(DatabaseService, name)
    assert json.loads(service.connection.config.connectionOptions.root["csvFiles"])["invoices.csv"]
    to = {"EMPORION_URL": exports.server.url, "EMPORION_TOKEN": exports.server.admin.token}
    again = json.loads(run_cli("ingest", f"csv:{name}", "--service", name, "-o", "json", **to).stdout)
    assert again["tables"]["unchanged"] == 2 and not again["notes"], again
    # The connection is saved anew, and the file guessed again.
    browser.visit(f"/services/{name}?tab=connection&change=1")
    browser.send(f"/services/{name}/connection", path=name)
    page = files_page(exports, name, browser, file="invoices.csv")
    assert "customer" in page.text and "corrected" in page.text
    browser.send(at, do="guess")
    until_read(browser)
    assert types(exports, name, "invoices")[1][0] == "Kunde"


def test_numbers_are_told_by_all_that_stands_in_their_column(exports, fresh_name):
    name = fresh_name("numbers")
    (folder := exports.directory.parent / name).mkdir()
    (folder / "sums.csv").write_text(
        "german;english;decimal;unsure;code;Vorname;Geburtsdatum;PLZ;Umsatz\n4.706,79;1,234.56;12,5;1.234;007;Ann;31.12.2001;1067;1,5\n"
        "1.234.567;7;0,25;2.345;1.5;Bob;01.02.1999;80331;2\n-12;-1,000;3;3.456;x;Cid;28.02.2000;10115;3\n"
    )
    to = {"EMPORION_URL": exports.server.url, "EMPORION_TOKEN": exports.server.admin.token}
    run_cli("ingest", f"csv:{name}", "--service", name, **to)
    columns = exports.om.by_name("tables", f"{name}.{name}.main.sums", fields="columns,tags")["columns"]
    kinds = {column["name"]: column["dataType"] for column in columns}
    assert [kinds[column] for column in ("german", "english", "decimal", "unsure", "code")] == ["FLOAT"] * 3 + ["TEXT"] * 2, kinds
    tagged = {column["name"] for column in columns if "PII.Sensitive" in [tag["tagFQN"] for tag in column.get("tags", [])]}
    assert tagged == {"Vorname", "Geburtsdatum", "PLZ"}, "German words for what is personal"
    source = next(one["id"] for one in exports.bob.get("/data-sources")["dataSources"] if one["name"] == name)
    body = {"name": name, "dataSourceId": source, "isDeployed": True, "dataAssets": [{"tableName": "sums"}]}
    product = exports.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
    sums = exports.bob.post(f"/data-products/{product}/run-sql", {"sql": "SELECT SUM(german), SUM(english), SUM(decimal) FROM sums"})["rows"]
    assert [round(float(one), 2) for one in sums[0]] == [1239261.79, 241.56, 15.75], sums


def test_a_file_of_months_and_german_numbers_is_asked_by_month(exports, fresh_name):
    name = fresh_name("months")
    (folder := exports.directory.parent / name).mkdir()
    (folder / "sums.csv").write_text("Monat;Umsatz\n2023-12;1.234,50\n2024-01;1.000,25\n2024-02;2,5\n")
    to = {"EMPORION_URL": exports.server.url, "EMPORION_TOKEN": exports.server.admin.token}
    run_cli("ingest", f"csv:{name}", "--service", name, **to)
    source = next(one["id"] for one in exports.bob.get("/data-sources")["dataSources"] if one["name"] == name)
    body = {"name": name, "dataSourceId": source, "isDeployed": True, "dataAssets": [{"tableName": "sums"}]}
    path = f"/data-products/{exports.bob.post('/data-products', body, expect=201)['dataProduct']['id']}"
    exports.bob.post(f"{path}/semantic-models/generate", {"name": "sums"}, expect=201)
    exports.bob.post(f"{path}/deploy", {})
    ask = lambda message: exports.bob.post(f"{path}/chat", {"message": message})["table"]["rows"]
    assert ask("sum of umsatz in 2024") == [[1002.75]]
    assert ask("sum of umsatz by quarter") == [["2023-10-01", 1234.5], ["2024-01-01", 1002.75]]


def test_a_correction_can_be_said_by_every_way_in(exports, directory):
    name, folder = directory
    admin = exports.server.admin
    listed = management(exports, admin, "GET", f"/sources/{name}/files").json()
    assert {one["file"] for one in listed["files"]} == {"codes.csv", "invoices.csv"} and listed["mayCorrect"]
    said = {"dialect": {"header": True}, "tableSchema": {"columns": [{"titles": "007", "name": "code", "datatype": "string"}]}}
    tried = management(exports, admin, "POST", f"/sources/{name}/files/trial", {"file": "codes.csv", "said": said}).json()
    assert tried["rows"] == [["008", "Bob"]] and [one["name"] for one in tried["columns"]] == ["code", "Ann"], tried
    until, line = time.monotonic() + 60, []
    while not line and time.monotonic() < until:
        events = management(exports, admin, "GET", "/audit?what=statement").json()["lines"]
        line = [one for one in events if one.get("record") == name and "codes" in one.get("tables", [])]
        time.sleep(0.5)
    assert line and line[0]["rows"] >= 1, "who looked at rows stands in the trail"
    kept = management(exports, admin, "PUT", f"/sources/{name}/files", {"file": "codes.csv", "said": said})
    assert kept.status_code == 200, kept.text
    service = exports.om.by_name("services/databaseServices", name)
    options = service["connection"]["config"]["connectionOptions"]
    other = {"invoices.csv": {"dialect": {"encoding": "latin1"}}} | json.loads(options["csvFiles"])
    exports.om.patch(f"/services/databaseServices/{service['id']}", [
        {"op": "replace", "path": "/connection/config/connectionOptions/csvFiles", "value": json.dumps(other)}])
    read = {one["file"]: one for one in management(exports, admin, "GET", f"/sources/{name}/files").json()["files"]}
    assert read["codes.csv"]["said"] == said and read["invoices.csv"]["encoding"] == "windows-1252"
    # Nothing of it breaks the server, or the other files.
    for broken in ("{", "[]", json.dumps({"codes.csv": 7}), json.dumps({"codes.csv": {"dialect": {"delimiter": ";;"}}})):
        edit = [{"op": "replace", "path": "/connection/config/connectionOptions/csvFiles", "value": broken}]
        patched = exports.om.call("PATCH", f"/services/databaseServices/{service['id']}", edit, headers={"Content-Type": "application/json-patch+json"})
        assert patched.status_code == (400 if broken in ("{", "[]") else 200), patched.text
        assert patched.status_code == 200 or "csvFiles must be text of a JSON object" in patched.text
        answer = management(exports, admin, "GET", f"/sources/{name}/files")
        assert answer.status_code in (200, 400), answer.text
        browser = Browser(exports.server).sign_in(admin)
        assert browser.ask("GET", f"/services/{name}?tab=files").status in (200, 400)
    data_source = next(one for one in exports.bob.get("/data-sources")["dataSources"] if one["name"] == name)
    assert data_source["id"], "and the other doors show the source"


def test_two_who_correct_a_file_do_not_undo_each_other(exports, directory, fresh_name):
    name, _ = directory
    other = exports.server.new_user(fresh_name("corrector"))
    service = exports.om.by_name("services/databaseServices", name)
    exports.om.patch(f"/services/databaseServices/{service['id']}", [{"op": "add", "path": "/owners", "value": [{"id": other.id, "type": "user"}]}])
    mine, theirs = (Browser(exports.server).sign_in(who) for who in (exports.server.admin, other))
    at, kept = f"/services/{name}/files", lambda: json.loads(  # noqa: E731
        exports.om.by_name("services/databaseServices", name)["connection"]["config"]["connectionOptions"]["csvFiles"])
    for browser in (mine, theirs):
        files_page(exports, name, browser, file="codes.csv")
    theirs.send(at, do="save", header="yes")
    until_read(theirs)
    mine.send(at, do="look", delimiter=";")
    page = mine.send(at, expect=409, do="save", delimiter=";")
    said = " ".join(page.roles["alert"])
    assert other.name in said and "First line: names the columns" in page.text, page.text
    assert page.form(at)["fields"]["delimiter"] == ";", "what he chose stays"
    assert kept() == {"codes.csv": {"dialect": {"header": True}}}
    # Looked at, it is saved as he says.
    mine.send(at, do="look", delimiter=",", header="yes")
    mine.send(at, do="save", delimiter=",", header="yes")
    until_read(mine)
    assert kept()["codes.csv"] == {"dialect": {"delimiter": ",", "header": True}}
    files_page(exports, name, theirs, file="codes.csv")
    mine.visit(f"/services/{name}?tab=files&file=codes.csv")
    mine.send(at, do="save", header="no")
    until_read(mine)
    assert "is a row like the others" in theirs.send(at, expect=409, do="guess").text, "to take it back is no other thing"
    # Of another file nobody undoes anything.
    files_page(exports, name, theirs, file="invoices.csv")
    files_page(exports, name, mine, file="codes.csv")
    mine.send(at, do="save", header="yes")
    until_read(mine)
    theirs.send(at, do="save", encoding="latin1")
    assert set(kept()) == {"codes.csv", "invoices.csv"}
    body = {"file": "codes.csv", "said": None, "was": None}
    assert management(exports, exports.server.admin, "PUT", f"/sources/{name}/files", body).status_code == 412
    body["was"] = kept()["codes.csv"]
    assert management(exports, exports.server.admin, "PUT", f"/sources/{name}/files", body).status_code == 200
    assert set(kept()) == {"invoices.csv"}


def test_what_is_said_of_all_files_holds_where_nothing_else_is_said(exports, directory):
    name, folder = directory
    (folder / "more.csv").write_text("009,Cem\n010,Dan\n")
    (folder / "beside.csv").write_text("x,y\n1,2\n")
    (folder / "beside.csv-metadata.json").write_text(json.dumps({"dialect": {"header": True}}))
    admin, at = exports.server.admin, f"/services/{name}/files"
    browser = Browser(exports.server).sign_in(admin)
    link = next(link for link in files_page(exports, name, browser).links if "file=%2A" in link or "file=*" in link)
    page = browser.visit(link)
    assert "All files" in page.text and "title" not in page.form(at)["fields"] and 'value="look"' not in page.source
    stale = dict(page.form(at)["fields"])
    browser.send(at, do="save", header="yes")
    until_read(browser)
    read = lambda: {one["file"]: one for one in management(exports, admin, "GET", f"/sources/{name}/files").json()["files"]}  # noqa: E731
    assert [column["name"] for column in read()["codes.csv"]["columns"]] == ["007", "Ann"]
    assert {one["header"] for one in read().values()} == {True} and read()["more.csv"]["said"] is None
    assert types(exports, name, "codes")[0][0] == "007"
    page = files_page(exports, name, browser)
    assert "First line: names the columns" in page.text.split("All files")[1].split("beside.csv")[0] and page.text.count("corrected") == 1
    # What is said of one, or beside it, goes first.
    files_page(exports, name, browser, file="more.csv")
    browser.send(at, do="save", header="no")
    until_read(browser)
    browser.visit(link)
    browser.send(at, do="save", header="no", delimiter=";", encoding="latin1")
    until_read(browser)
    found = read()
    assert (found["more.csv"]["header"], found["beside.csv"]["header"], found["codes.csv"]["header"]) == (False, True, False)
    assert {one["delimiter"] for one in found.values()} == {";"} and found["codes.csv"]["encoding"] == "windows-1252"
    page = browser.visit(link)
    assert browser.send(at, expect=409, **stale | {"do": "save"}).roles["alert"], "somebody else has said it otherwise"
    for said in ({"tableSchema": {"columns": [{"titles": "a", "datatype": "string"}]}}, {"dialect": {"delimiter": ";;"}}):
        answer = management(exports, admin, "PUT", f"/sources/{name}/files", {"file": "*", "said": said})
        assert answer.status_code == 400, answer.text
    browser.visit(link)
    browser.send(at, do="guess")
    until_read(browser)
    assert read()["codes.csv"]["delimiter"] == ","


def test_a_trial_looks_at_the_beginning_of_a_file_and_waits_for_nobody(exports, directory, fresh_name):
    name, folder = directory
    other = fresh_name("large")
    (large := folder.parent / other).mkdir()
    (large / "first.csv").write_text("id,name\n1,a\n")
    admin, to = exports.server.admin, {"EMPORION_URL": exports.server.url, "EMPORION_TOKEN": exports.server.admin.token}
    run_cli("ingest", f"csv:{other}", "--service", other, **to)
    # Lines within quotes, characters of several bytes, and a line behind the beginning that breaks the file.
    line = 'id,"two\nlines",\u00e4\u20ac,12\n'
    for at in range(3):
        (large / f"large{at}.csv").write_text(f"a,b,c,d\n{line * 1_000_000}broken\n")
    with ThreadPoolExecutor() as pool:
        whole = pool.submit(management, exports, admin, "GET", f"/sources/{other}/files")
        time.sleep(0.3)
        began = time.monotonic()
        tried = management(exports, admin, "POST", f"/sources/{other}/files/trial", {"file": "large0.csv"}).json()
        assert tried["isCut"] and tried["fault"] is None and len(tried["rows"]) == 10, tried
        assert [column["name"] for column in tried["columns"]] == ["a", "b", "c", "d"] and tried["encoding"] == "UTF-8"
        small = management(exports, admin, "POST", f"/sources/{name}/files/trial", {"file": "codes.csv"}).json()
        assert small["isCut"] is False and small["rows"] == [["007", "Ann"], ["008", "Bob"]]
        took = time.monotonic() - began
        assert took < 15 and not whole.done(), (took, "the directory was read before, or waited for")
        page = files_page(exports, other, Browser(exports.server).sign_in(admin), file="large0.csv")
        assert "Only the first 4 MB" in page.text and "cannot be read" not in page.text
        whole.result()
    shutil.rmtree(large)


@pytest.mark.parametrize("said, why", [
    ({"dialect": {"delimiter": ";;"}}, "delimiter"),
    ({"dialect": {"delimiter": '"'}}, "delimiter"),
    ({"dialect": {"delimiter": "\n"}}, "delimiter"),
    ({"dialect": {"delimiter": "\u20ac"}}, "delimiter"),
    ({"dialect": {"delimiter": "\0"}}, "delimiter"),
    ({"dialect": {"encoding": "klingon"}}, "encoding"),
    ({"dialect": {"encoding": "../../etc/passwd"}}, "encoding"),
    ({"dialect": {"header": "yes"}}, "cannot be read"),
    ({"tableSchema": {"columns": [{"titles": "Nr", "datatype": "money"}]}}, "datatype"),
    ({"tableSchema": {"columns": [{"titles": "Nr", "name": "a\nb"}]}}, "name"),
    ([], "cannot be read"),
    ("; DROP TABLE", "cannot be read"),
    ({"dc:description": "x" * 300_000}, "more"),
])
def test_what_can_be_of_no_file_is_refused(exports, directory, said, why):
    name, _ = directory
    for method, path in (("POST", f"/sources/{name}/files/trial"), ("PUT", f"/sources/{name}/files")):
        answer = management(exports, exports.server.admin, method, path, {"file": "invoices.csv", "said": said})
        assert answer.status_code == 400 and why in answer.text, (method, answer.status_code, answer.text)
    assert "connectionOptions" not in exports.om.by_name("services/databaseServices", name)["connection"]["config"]


def test_only_files_of_the_directory_are_read(exports, directory):
    name, folder = directory
    (exports.directory.parent.parent / "outside.csv").write_text("secret,values\n1,Atlantis\n")
    (folder / "linked.csv").symlink_to(exports.directory.parent.parent / "outside.csv")
    (folder / "below").mkdir()
    (folder / "below" / "deep.csv").write_text("a\nAtlantis\n")
    outside = ["../../outside.csv", str(exports.directory.parent.parent / "outside.csv"), "linked.csv", "below/deep.csv", "./codes.csv",
               "../exports/orders.csv", "codes.csv\0", "", ".", "CODES.CSV", "/etc/passwd"]
    browser = Browser(exports.server).sign_in(exports.server.admin)
    for file in outside:
        for method, path in (("POST", f"/sources/{name}/files/trial"), ("PUT", f"/sources/{name}/files")):
            answer = management(exports, exports.server.admin, method, path, {"file": file, "said": {}})
            assert answer.status_code == 400 and "Atlantis" not in answer.text and "root:" not in answer.text, (file, answer.text)
        page = browser.ask("GET", f"/services/{name}?tab=files&file={quote(file)}")
        assert page.status in (200, 400) and "Atlantis" not in page.text and "root:" not in page.text
    # A file that vanishes while its form is open, and one that comes to be another.
    page = files_page(exports, name, browser, file="codes.csv")
    (folder / "codes.csv").unlink()
    gone = browser.send(f"/services/{name}/files", do="save", header="yes", expect=400)
    assert "is none of the directory" in gone.text or "has no such file" in gone.text, gone.text
    (folder / "codes.csv").write_text("a,b\n1,2\n")
    browser.send(f"/services/{name}/files", do="look", header="no")
    for service in ("exports/../..", "nothing"):
        assert management(exports, exports.server.admin, "GET", f"/sources/{quote(service, safe='')}/files").status_code == 404


def test_odd_files_are_told_of_and_mended(exports, directory):
    name, folder = directory
    odd = {
        "empty.csv": (b"", "no line"),
        "marked.csv": ("\ufeffid,name\n1,a\n".encode(), None),
        "wide.csv": ("id;name\n1;\u00e4\n".encode("utf-16"), None),
        "unmarked.csv": ("id;name\n1;\u00e4\n".encode("utf-16-le"), "UTF-16"),
        "twice.csv": (b"1,1\n1,1\n", None),
        "quotes.csv": (b'id,said\n1,fine\n2,"broken\n3,also\n4,"too"x"\n', "line 3 opens a quote that is closed in the middle of a field"),
        "open.csv": (b'id,said\n1,fine\n2,"broken\n3,also\n', "line 3 opens a quote that nothing closes"),
        "lines.csv": (b'id,said\n1,"two\nlines, ""said"""\n2,"a"b\n', None),
        "ragged.csv": (b"a,b\n1,2\n1,2,3\n", "line 3 has 3 fields, and the first 2"),
    }
    for file, (content, _) in odd.items():
        (folder / file).write_bytes(content)
    read = {one["file"]: one for one in management(exports, exports.server.admin, "GET", f"/sources/{name}/files").json()["files"]}
    browser = Browser(exports.server).sign_in(exports.server.admin)
    for file, (_, fault) in odd.items():
        assert (fault in read[file]["fault"]) if fault else read[file]["fault"] is None, read[file]
        page = files_page(exports, name, browser, file=file)
        assert fault is None or fault in page.text, (file, page.text)
    assert read["marked.csv"]["encoding"] == "UTF-8" and read["wide.csv"]["encoding"] == "UTF-16LE"
    assert [one["name"] for one in read["twice.csv"]["columns"]] == ["column_1", "column_2"]

    def tried(file, **said):
        files_page(exports, name, browser, file=file)
        return browser.send(f"/services/{name}/files", do="look", **said)

    assert "\u00e4" in tried("unmarked.csv", encoding="utf-16le").text
    assert "two of its columns are called" in tried("twice.csv", name=["same", "SAME"], type=["", ""]).text
    assert "also" in tried("quotes.csv", quotes="no").text and "cannot be read" not in browser.page.text
    assert "line 2" in tried("marked.csv", name=["", ""], type=["", "integer"]).text
    assert "comma" in browser.page.text


def test_only_who_holds_the_rows_says_how_files_are_read(exports, directory, fresh_name):
    """Who sees the source learns nothing of its files; who may change it and holds no rows sees what is guessed, and no row."""
    name, folder = directory
    (folder / "codes.csv").write_text("Atlantis,1\nEU,2\n")
    service = exports.om.by_name("services/databaseServices", name)
    seer, editor, owner = (exports.server.new_user(fresh_name(who)) for who in ("seer", "editor", "owner"))
    rule = {"name": "edit", "effect": "allow", "resources": ["databaseService"], "operations": ["EditAll"]}
    policy = exports.om.post("/policies", {"name": fresh_name("EditSources"), "rules": [rule], "enabled": True})
    role = exports.om.post("/roles", {"name": fresh_name("EditsSources"), "policies": [policy["name"]]})
    at = exports.om.get(f"/users/name/{editor.name}")["id"]
    exports.om.patch(f"/users/{at}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    owns = [{"id": exports.om.get(f"/users/name/{owner.name}")["id"], "type": "user"}]
    exports.om.patch(f"/services/databaseServices/{service['id']}", [{"op": "add", "path": "/owners", "value": owns}])
    header = {"file": "codes.csv", "said": {"dialect": {"header": True}}}

    def asks(who):
        trial = management(exports, who, "POST", f"/sources/{name}/files/trial", header)
        listed = management(exports, who, "GET", f"/sources/{name}/files")
        kept = management(exports, who, "PUT", f"/sources/{name}/files", header)
        value = json.dumps({"codes.csv": {"dialect": {"header": True}}})
        patched = OpenMetadataDoor(exports.server, who.token).call("PATCH", f"/services/databaseServices/{service['id']}", [
            {"op": "add", "path": "/connection/config/connectionOptions", "value": {"csvFiles": value}}], headers={"Content-Type": "application/json-patch+json"})
        page = Browser(exports.server).sign_in(who).ask("GET", f"/services/{name}?tab=files&file=codes.csv")
        rows = [answer for answer in (trial, listed, kept, patched) if "Atlantis" in answer.text]
        return [answer.status_code for answer in (trial, listed, kept, patched)], bool(rows) or "Atlantis" in page.text

    assert asks(seer) == ([403, 403, 403, 403], False)
    assert asks(editor) == ([403, 200, 403, 403], False)
    statuses, sees = asks(owner)
    assert statuses[:3] == [200, 200, 200] and statuses[3] == 200 and sees
    # And no more than that: which directory is read stays for an administrator to say.
    theirs = OpenMetadataDoor(exports.server, owner.token)
    moved = [{"op": "replace", "path": "/connection/config/databaseMode", "value": "exports"}]
    theirs.patch(f"/services/databaseServices/{service['id']}", moved, expect=403)
    browser = Browser(exports.server).sign_in(owner)
    files_page(exports, name, browser, file="codes.csv")
    browser.send(f"/services/{name}/files", do="save", header="no")
    until_read(browser)
    editing = Browser(exports.server).sign_in(editor)
    assert "Only an owner of the source" in files_page(exports, name, editing).text


def test_by_eye_and_by_keys_a_file_is_read_otherwise(chromium, exports, directory):
    name, folder = directory
    with Visitor(chromium, exports.server, exports.server.admin) as visitor:
        visitor.open(f"/services/{name}")
        visitor.page.get_by_role("link", name="Files", exact=True).click()
        visitor.look("files")
        visitor.page.get_by_role("link", name="invoices.csv").click()
        visitor.page.get_by_label("Type: Betrag").select_option("number ,.")
        visitor.page.get_by_label("Encoding").fill("klingon")
        visitor.send("Look", status=400)
        expect(visitor.page.locator("main [role=alert]")).to_contain_text("not known")
        expect(visitor.page.get_by_label("Type: Betrag")).to_have_value("number ,.")
        visitor.look("file-refused")
        visitor.page.get_by_label("Encoding").fill("")
        visitor.send("Look")
        expect(visitor.page.locator("main table.figures")).to_contain_text("1250.5")
        visitor.look("file")
        visitor.send("Save and read")
        visitor.page.wait_for_url(re.compile("/runs/"))
        expect(visitor.page.locator("main [role=status]")).to_contain_text("succeeded", timeout=60_000)
    assert types(exports, name, "invoices")[2][1] == "FLOAT"

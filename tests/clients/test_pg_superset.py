"""Superset itself, from PyPI, at the door of people's own tools: its administrator connects it as somebody who has a row filter
and masks, and looks around, makes a dataset and charts of it, drills down, and asks with SQL Lab."""

import os
import subprocess
import time
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from bobsled_door import BobsledDoor
from chat_world import Modelled, dataset
from emporion_server import REPOSITORY, clean_environment, free_port

pytestmark = pytest.mark.on_demand

PROGRAMS = Path(os.environ.get("EMPORION_SUPERSET_DIR") or REPOSITORY / "target/clients/superset") / "bin"
COLUMNS = {"id": "BIGINT", "region": "TEXT", "buyer": "TEXT", "mail": "TEXT", "day": "DATE", "at": "TIMESTAMP", "amount": "NUMERIC"}
SCRIPT = (
    "CREATE TABLE sales (id INTEGER PRIMARY KEY, region TEXT, buyer TEXT, mail TEXT, day DATE, at TIMESTAMP, amount NUMERIC(10, 2));"
    "INSERT INTO sales VALUES (1, 'EU', 'Ada', 'ada@x.example', '2026-01-05', '2026-01-05 10:07:12', 10.5),"
    " (2, 'EU', 'Ada', 'ada@x.example', '2026-01-25', '2026-01-25 11:31:59', 4.5),"
    " (3, 'EU', 'Bob', 'bob@x.example', '2026-03-02', '2026-03-02 08:00:00', 7),"
    " (4, 'Atlantis', 'Nemo', 'nemo@deep.example', '2026-02-01', '2026-02-01 00:00:00', 7310087);"
)
PART = {"rowFilters": {"sales": "region = 'EU'"}, "columnMasks": {"sales": {"buyer": "firstLetters", "mail": "hidden"}}}
#: What whoever is masked from it, and sees a part of the rows, is never told.
WITHHELD = ("ada@x", "bob@x", "nemo", "atlantis", '"ada"', '"bob"', "7310087", "7310109")
SUM = {"expressionType": "SIMPLE", "column": {"column_name": "amount"}, "aggregate": "SUM", "label": "sum"}
#: It syncs a thousand times while it makes its database, which nobody needs after the test.
CONFIG = """
import sqlalchemy
SECRET_KEY = "of a test, and of nothing else at all"
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/superset.db?check_same_thread=false"
TALISMAN_ENABLED = RATELIMIT_ENABLED = False
@sqlalchemy.event.listens_for(sqlalchemy.engine.Engine, "connect")
def hasten(connection, _):
    if "sqlite" in type(connection).__module__:
        connection.execute("PRAGMA synchronous = OFF")
"""
#: By each grain that it has for PostgreSQL: when the three moments that he sees begin.
GRAINS = {
    "PT1S": ["01-05 10:07:12", "01-25 11:31:59", "03-02 08:00:00"],
    "PT5S": ["01-05 10:07:10", "01-25 11:31:55", "03-02 08:00:00"],
    "PT30S": ["01-05 10:07:00", "01-25 11:31:30", "03-02 08:00:00"],
    "PT1M": ["01-05 10:07:00", "01-25 11:31:00", "03-02 08:00:00"],
    "PT5M": ["01-05 10:05:00", "01-25 11:30:00", "03-02 08:00:00"],
    "PT10M": ["01-05 10:00:00", "01-25 11:30:00", "03-02 08:00:00"],
    "PT15M": ["01-05 10:00:00", "01-25 11:30:00", "03-02 08:00:00"],
    "PT30M": ["01-05 10:00:00", "01-25 11:30:00", "03-02 08:00:00"],
    "PT1H": ["01-05 10:00:00", "01-25 11:00:00", "03-02 08:00:00"],
    "P1D": ["01-05 00:00:00", "01-25 00:00:00", "03-02 00:00:00"],
    "P1W": ["01-05 00:00:00", "01-19 00:00:00", "03-02 00:00:00"],
    "P1M": ["01-01 00:00:00", "03-01 00:00:00"],
    "P3M": ["01-01 00:00:00"],
    "P1Y": ["01-01 00:00:00"],
}


class Superset:
    """One with a database of its own in a folder, asked by its REST interface; keeps all that it has said."""

    def __init__(self, folder: Path):
        assert (PROGRAMS / "superset").exists(), f"{PROGRAMS} has no Superset: run `cargo xtask clients --all`"
        config, self.log, port = folder / "superset_config.py", folder / "superset.log", free_port()
        config.write_text(CONFIG.format(folder=folder))
        self.environment = clean_environment(SUPERSET_CONFIG_PATH=str(config), SUPERSET_HOME=str(folder), FLASK_APP="superset")
        self.run("db", "upgrade")
        person = ("--username", "keeper", "--firstname", "K", "--lastname", "Eeper", "--email", "k@x.example", "--password", "of the test")
        self.run("fab", "create-admin", *person)
        self.run("init")
        serve = [str(PROGRAMS / "superset"), "run", "--host", "127.0.0.1", "--port", str(port), "--with-threads"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(serve, stdout=log, stderr=log, env=self.environment)
        self.url, self.said, self.session = f"http://127.0.0.1:{port}", [], requests.Session()

    def log_in(self) -> None:
        self.wait()
        login = {"username": "keeper", "password": "of the test", "provider": "db", "refresh": True}
        self.session.headers["Authorization"] = f"Bearer {self.ask('POST', '/security/login', login)['access_token']}"
        self.session.headers["X-CSRFToken"] = self.ask("GET", "/security/csrf_token/")["result"]
        self.session.headers["Referer"] = self.url

    def run(self, *arguments: str) -> None:
        done = subprocess.run([PROGRAMS / "superset", *arguments], capture_output=True, text=True, timeout=300, env=self.environment)
        assert done.returncode == 0, done.stderr[-4000:]

    def wait(self) -> None:
        deadline = time.monotonic() + 120
        while True:
            try:
                if requests.get(f"{self.url}/health", timeout=5).text == "OK":
                    return
            except requests.RequestException:
                pass
            assert time.monotonic() < deadline and self.process.poll() is None, self.log.read_text()[-4000:]
            time.sleep(0.3)

    def answer(self, method: str, path: str, body=None) -> requests.Response:
        answer = self.session.request(method, f"{self.url}/api/v1{path}", json=body, timeout=120)
        self.said.append(answer.text)
        return answer

    def ask(self, method: str, path: str, body=None) -> dict:
        answer = self.answer(method, path, body)
        assert answer.status_code in (200, 201), (path, answer.status_code, answer.text[:3000], self.log.read_text()[-3000:])
        return answer.json()


class World(Modelled):
    def __init__(self, folder: Path):
        self.pg_port = free_port()
        tables = [dataset("sales", *COLUMNS)]
        super().__init__(folder, SCRIPT, tables, [], EMPORION_PG_LISTEN=f"127.0.0.1:{self.pg_port}")
        self.twofold = self.server.new_user("twofold")
        self.bob.patch(f"{self.path}/users", {"add": [{"userId": self.twofold.id, "role": "viewer"} | PART]})

    def uri(self, token: str) -> str:
        return f"postgresql+psycopg2://{quote(self.twofold.name)}:{token}@127.0.0.1:{self.pg_port}/emporion"

    def elsewhere(self, sql: str) -> list[list]:
        """The rows as another door gives them to him."""
        return BobsledDoor(self.server, self.twofold.token).post(f"{self.path}/run-sql", {"sql": sql})["rows"]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("superset-world"))
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


@pytest.fixture(scope="module")
def superset(world, tmp_path_factory):
    made = Superset(tmp_path_factory.mktemp("superset"))
    try:
        made.log_in()
        yield connected(made, world)
    finally:
        made.process.terminate()
        made.process.wait(timeout=30)
    # Of all that any test was answered.
    told = "\n".join(made.said).lower()
    assert [word for word in WITHHELD if word in told] == []


def connected(made: Superset, world: World) -> Superset:
    connection = {"database_name": "emporion", "sqlalchemy_uri": world.uri(world.twofold.token), "expose_in_sqllab": True}
    made.database = made.ask("POST", "/database/", connection)["id"]
    table = {"database": made.database, "schema": "modelled", "table_name": "sales"}
    made.dataset = made.ask("POST", "/dataset/", table)["id"]
    return made


def chart(superset, query: dict, dataset: int | None = None, **more):
    source = {"datasource": {"id": dataset or superset.dataset, "type": "table"}, "force": True}
    return superset.ask("POST", "/chart/data", source | {"queries": [query]} | more)["result"][0]["data"]


def by(grain: str, column: str) -> dict:
    return {"timeGrain": grain, "columnType": "BASE_AXIS", "sqlExpression": column, "label": column, "expressionType": "SQL"}


def moments(rows: list[dict], column: str) -> list[str]:
    return sorted(f"{datetime.fromtimestamp(row[column] / 1000, timezone.utc):%m-%d %H:%M:%S}" for row in rows)


def test_a_connection_is_tried_before_it_is_made(world, superset):
    tried = {"database_name": "again", "sqlalchemy_uri": world.uri(world.twofold.token)}
    assert superset.ask("POST", "/database/test_connection/", tried) == {"message": "OK"}
    refused = superset.answer("POST", "/database/test_connection/", tried | {"sqlalchemy_uri": world.uri("wrong")})
    assert refused.status_code in (400, 422, 500) and world.twofold.token not in refused.text, refused.text


def test_it_looks_around(superset):
    at = f"/database/{superset.database}"
    assert superset.ask("GET", f"{at}/catalogs/")["result"] == ["emporion"]
    assert "modelled" in superset.ask("GET", f"{at}/schemas/")["result"]
    tables = superset.ask("GET", f"{at}/tables/?q=(schema_name:modelled,force:!t)")["result"]
    assert [(table["value"], table["type"]) for table in tables] == [("sales", "table")]
    shown = superset.ask("GET", f"{at}/table_metadata/?name=sales&schema=modelled")
    assert {column["name"]: column["type"] for column in shown["columns"]} == COLUMNS
    columns = superset.ask("GET", f"/dataset/{superset.dataset}")["result"]["columns"]
    assert {column["column_name"] for column in columns if column["is_dttm"]} == {"day", "at"}
    assert superset.ask("PUT", f"/dataset/{superset.dataset}/refresh") == {"message": "OK"}


@pytest.mark.parametrize("grain", GRAINS)
def test_a_chart_by_each_grain_of_time(superset, grain):
    query = {"columns": [by(grain, "at")], "metrics": [SUM], "granularity": "at", "time_range": "2026-01-01 : 2026-12-31"}
    rows = chart(superset, query | {"extras": {"time_grain_sqla": grain}})
    assert moments(rows, "at") == GRAINS[grain] and sum(row["sum"] for row in rows) == 22


def test_a_chart_by_months_is_what_another_door_computes(world, superset):
    query = {"columns": [by("P1M", "day"), "buyer"], "metrics": [SUM], "granularity": "day", "time_range": "2026-01-01 : 2026-03-31"}
    rows = chart(superset, query)
    told = sorted([day[:2], row["buyer"], row["sum"]] for row in rows for day in moments([row], "day"))
    same = world.elsewhere("SELECT strftime('%m', day), buyer, SUM(amount) FROM sales GROUP BY 1, 2 ORDER BY 1")
    assert told == [["01", "A***", 15], ["03", "B***", 7]] == same
    # The most of them, as a line for each is drawn: joined with what is asked first.
    lines = {"columns": ["buyer"], "metrics": [SUM], "granularity": "at", "is_timeseries": True, "time_range": "2026-01-01 : 2027-01-01",
             "extras": {"time_grain_sqla": "P1M"}, "series_limit": 1, "series_limit_metric": SUM, "series_columns": ["buyer"]}  # fmt: skip
    assert [(row["buyer"], row["sum"]) for row in chart(superset, lines)] == [("A***", 15)]
    offset = {"columns": [by("P1M", "at")], "metrics": [SUM], "granularity": "at", "time_range": "2026-02-01 : 2026-04-01",
              "filters": [{"col": "at", "op": "TEMPORAL_RANGE", "val": "2026-02-01 : 2026-04-01"}]}  # fmt: skip
    assert moments(chart(superset, offset), "at") == ["03-01 00:00:00"]


def test_tables_filters_and_drilling_show_the_same_part_of_the_rows(world, superset):
    rows = chart(superset, {"columns": ["id", "region", "buyer", "mail", "amount"], "orderby": [["id", True]]})
    same = world.elsewhere("SELECT id, region, buyer, mail, amount FROM sales ORDER BY id")
    assert [list(row.values()) for row in rows] == same and [row[3] for row in same] == [None] * 3
    for kind in ("samples", "drill_detail"):
        assert sorted(row["id"] for row in chart(superset, {}, result_type=kind)) == [1, 2, 3], kind
    for filters, found in [
        ([{"col": "mail", "op": "ILIKE", "val": "%deep%"}], []),
        ([{"col": "mail", "op": "IS NULL"}], [1, 2, 3]),
        ([{"col": "buyer", "op": "IN", "val": ["A***", "x'y"]}, {"col": "amount", "op": ">=", "val": 5}], [1]),
        ([{"col": "id", "op": "ILIKE", "val": "%4%"}], []),
        ([{"col": "day", "op": "TEMPORAL_RANGE", "val": "2026-01-01 : 2026-02-01"}], [1, 2]),
    ]:
        told = chart(superset, {"columns": ["id"], "filters": filters, "orderby": [["id", True]]})
        assert [row["id"] for row in told] == found, filters
    ratio = {"expressionType": "SQL", "sqlExpression": "SUM(amount) / COUNT(*)", "label": "mean"}
    kept = {"having": "SUM(amount) > 1", "where": "amount > 5"}
    assert chart(superset, {"columns": ["region"], "metrics": [ratio], "extras": kept}) == [{"region": "EU", "mean": 8.75}]


def test_sql_lab_asks_and_changes_nothing(world, superset):
    def asked(sql: str) -> requests.Response:
        body = {"database_id": superset.database, "sql": sql, "schema": "modelled", "runAsync": False, "queryLimit": 100}
        return superset.answer("POST", "/sqllab/execute/", body)

    for sql in ("SELECT * FROM sales ORDER BY id", "SELECT * FROM modelled.sales ORDER BY id", "SELECT 1; SELECT * FROM sales ORDER BY id"):
        answered = asked(sql).json()
        assert [(row["id"], row["buyer"], row["mail"]) for row in answered["data"]] == [(1, "A***", None), (2, "A***", None), (3, "B***", None)]
    assert {column["name"] for column in answered["columns"] if column["is_dttm"]} == {"day", "at"}
    assert asked("WITH s AS (SELECT * FROM sales) SELECT count(*) AS n FROM s").json()["data"] == [{"n": 3}]
    for sql in ("DELETE FROM sales", "SELECT nothing FROM sales", "SELECT * FROM main.sales", "EXPLAIN SELECT * FROM sales"):
        assert asked(sql).status_code >= 400, sql
    assert world.bob.post(f"{world.path}/run-sql", {"sql": "SELECT COUNT(*) FROM sales"})["rows"] == [[4]]
    # What is asked there is a dataset as well.
    asked = {"database": superset.database, "schema": "modelled", "table_name": "by_buyer", "sql": "SELECT buyer, at, amount FROM sales"}
    made = superset.ask("POST", "/dataset/", asked)["id"]
    rows = chart(superset, {"columns": [by("P1M", "at")], "metrics": [SUM]}, dataset=made)
    assert moments(rows, "at") == ["01-01 00:00:00", "03-01 00:00:00"]

"""PostgreSQL and MariaDB behind data sources: real servers of the tests' own, tested, listed, asked, interrupted."""

import json
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
import requests

from bobsled_door import BobsledDoor
from emporion_server import REPOSITORY, Server
from openmetadata_door import OpenMetadataDoor

sys.path.insert(0, str(REPOSITORY / "tests" / "sources"))
import database_servers  # noqa: E402

ROWS = 5_000


class Database:
    """One running server with a shop in it, and how the catalogue is to know it."""

    def __init__(self, name: str, where: dict):
        self.name, self.where = name, where
        self.schema = "public" if name == "postgresql" else where["database"]
        numbers = (
            f"SELECT n, 'EU' FROM generate_series(1, {ROWS}) n"
            if name == "postgresql"
            else f"SELECT seq, 'EU' FROM seq_1_to_{ROWS}"
        )
        self.wait()
        self.run(
            "CREATE TABLE orders (id INT PRIMARY KEY, region VARCHAR(20), amount DECIMAL(10,2), placed DATE);"
            "INSERT INTO orders VALUES (1, 'EU', 10.50, '2026-01-02'), (2, 'EU', 20, NULL), (3, 'US', 5, '2026-03-04');"
            "CREATE TABLE wages (id INT PRIMARY KEY, amount DECIMAL(10,2));"
            "CREATE TABLE numbers (n INT, region VARCHAR(20));"
            f"INSERT INTO numbers {numbers};"
            + ("ANALYZE;" if name == "postgresql" else "ANALYZE TABLE orders, wages, numbers;")
        )

    def wait(self) -> None:
        """A server listens before it takes statements."""
        deadline = time.monotonic() + 30
        while True:
            try:
                self.run("SELECT 1")
                return
            except AssertionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def run(self, sql: str) -> str:
        where = self.where
        if self.name == "postgresql":
            program = database_servers.find_program("psql", "/usr/lib/postgresql/*/bin")
            command = [program, "-h", where["host"], "-p", str(where["port"]), "-U", where["user"], "-At", "-q"]
            command += ["-v", "ON_ERROR_STOP=1", "-d", where["database"], "-c", sql]
            environment = os.environ | {"PGPASSWORD": where["password"]}
        else:
            program = database_servers.find_program("mariadb", "/usr/bin")
            command = [program, "--no-defaults", "-h", where["host"], "-P", str(where["port"]), "-u", where["user"]]
            command += ["-N", "-B", where["database"], "-e", sql]
            environment = os.environ | {"MYSQL_PWD": where["password"]}
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def running(self) -> int:
        """How many statements of others the server works on."""
        if self.name == "postgresql":
            asked = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%numbers%' AND pid <> pg_backend_pid()"
        else:
            asked = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%numbers%' AND id <> CONNECTION_ID()"
        return int(self.run(asked))

    def set_password(self, password: str) -> None:
        said = f"'{password}'" if self.name == "postgresql" else f"PASSWORD('{password}')"
        self.run(f"ALTER ROLE CURRENT_USER PASSWORD {said}" if self.name == "postgresql" else f"SET PASSWORD = {said}")
        url = self.where["url"].replace(f":{self.where['password']}@", f":{password}@")
        self.where = self.where | {"password": password, "url": url}

    def source(self) -> dict:
        where = self.where
        if self.name == "postgresql":
            config = {"connectionString": where["url"] + "?sslmode=disable", "isEncoded": False}
            return {"name": "shop", "type": "postgres", "connectionConfig": config}
        config = {"connectionString": where["url"], "isEncoded": False, "sslMode": "disable"}
        return {"name": "shop", "type": "mysql", "connectionConfig": config}


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def world(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    with database_servers.running(request.param, folder) as where:
        database = Database(request.param, where)
        server = Server(folder)
        server.start()
        door = BobsledDoor(server, server.admin.token)
        source = door.post("/data-sources", database.source(), expect=201)["dataSource"]["id"]
        om = OpenMetadataDoor(server, server.admin.token)
        om.put("/databases", {"name": where["database"], "service": "shop"})
        schema = f"shop.{where['database']}.{database.schema}"
        om.put("/databaseSchemas", {"name": database.schema, "database": f"shop.{where['database']}"})
        types = {"id": "INT", "region": "VARCHAR", "amount": "DECIMAL", "placed": "DATE", "n": "INT"}
        for table, columns in (("orders", ("id", "region", "amount", "placed")), ("numbers", ("n", "region"))):
            described = [{"name": name, "dataType": types[name], "dataLength": 20} for name in columns]
            om.put("/tables", {"name": table, "databaseSchema": schema, "columns": described})
        assets = [{"tableName": "orders"}, {"tableName": "numbers"}]
        body = {"name": "Sales", "dataSourceId": source, "dataAssets": assets, "isDeployed": True}
        product = door.post("/data-products", body, expect=201)["dataProduct"]["id"]
        yield database, server, door, source, f"/data-products/{product}"
        assert server.stop() == 0, server.log_tail()
        assert where["password"] not in Path(server.log).read_text(errors="replace")


def test_the_connection_is_tested_and_its_tables_listed(world):
    database, _, door, source, _ = world
    tested = door.post(f"/data-sources/{source}/test-connection", {})
    assert tested["connected"] is True and tested["currentDatabase"] == database.where["database"]
    assert tested["currentUser"].startswith("tester")
    tables = door.get(f"/data-sources/{source}/available-tables")["tables"]
    assert {"numbers", "orders", "wages"} <= {table["name"] for table in tables if table["schema"] == database.schema}
    tried = door.post("/data-sources/test-connection", database.source() | {"name": "tried"})
    assert tried["success"] is True
    config = database.source()["connectionConfig"]
    wrong = config | {"connectionString": config["connectionString"].replace(database.where["password"], "wrong-word")}
    refused = door.call("POST", "/data-sources/test-connection", database.source() | {"connectionConfig": wrong})
    assert refused.json()["data"]["success"] is False and "wrong-word" not in refused.text
    assert refused.json()["data"]["details"]["reason"] == "UNAUTHORISED"


def test_queries_answer_typed_rows(world):
    database, _, door, _, product = world
    if database.name == "postgresql":
        months = "generate_series(DATE '2026-01-01', DATE '2026-12-31', INTERVAL '1 month') AS s(m)"
        assert door.post(f"{product}/run-sql", {"sql": f"SELECT COUNT(*) FROM {months}"})["rows"] == [[12]]
    sql = "SELECT id, region, amount, placed FROM orders WHERE amount >= :low ORDER BY id"
    answer = door.post(f"{product}/run-sql", {"sql": sql, "params": {"low": 6}})
    assert [column["type"] for column in answer["columns"]] == ["NUMBER", "VARCHAR", "NUMBER", "DATE"]
    assert answer["rows"] == [[1, "EU", 10.5, "2026-01-02"], [2, "EU", 20, None]] or answer["rows"] == [
        [1, "EU", 10.50, "2026-01-02"],
        [2, "EU", 20.00, None],
    ]
    cut = door.post(f"{product}/run-sql", {"sql": "SELECT n FROM numbers ORDER BY n", "limit": 5})
    assert (cut["rowCount"], cut["truncated"], cut["rows"][4]) == (5, True, [5])


def test_a_viewer_sees_the_rows_of_his_filter(world):
    database, server, door, _, product = world
    viewer = server.new_user("viewer")
    entry = {"userId": viewer.id, "role": "viewer", "rowFilters": {f"{database.schema}.orders": "region = 'US'"}}
    door.patch(f"{product}/users", {"add": [entry]})
    own = BobsledDoor(server, viewer.token)
    assert own.post(f"{product}/run-sql", {"sql": "SELECT COUNT(*) FROM orders"})["rows"] == [[1]]
    entry["rowFilters"] = {"orders": "nothing = 1"}
    door.refuses("PATCH", f"{product}/users", 422, "VALIDATION_FAILED", {"update": [entry]})
    door.patch(f"{product}/users", {"remove": [viewer.id]})


HOSTILE = {
    "postgresql": [
        ("FUNCTION_NOT_ALLOWED", "SELECT pg_sleep(10)"),
        ("FUNCTION_NOT_ALLOWED", "SELECT pg_read_file('/etc/passwd')"),
        ("FUNCTION_NOT_ALLOWED", "SELECT lo_import('/etc/passwd')"),
        ("FUNCTION_NOT_ALLOWED", "SELECT set_config('role', 'postgres', false)"),
        ("TABLE_FUNCTION_NOT_ALLOWED", "SELECT * FROM dblink('host=evil', 'SELECT 1') AS t(a int)"),
        ("SYSTEM_CATALOG", "SELECT * FROM pg_shadow"),
        ("SYSTEM_CATALOG", "SELECT * FROM information_schema.tables"),
        ("OTHER_DATABASE", "SELECT * FROM template1.public.orders"),
        ("NOT_A_SELECT", "COPY orders TO PROGRAM 'cat > /tmp/x'"),
        ("NOT_A_SELECT", "DO $$ BEGIN DELETE FROM orders; END $$"),
        ("WRITE_IN_QUERY", "WITH d AS (DELETE FROM orders RETURNING *) SELECT * FROM d"),
        ("SELECT_INTO", "SELECT * INTO TEMP stolen FROM orders"),
        ("TYPE_NOT_ALLOWED", "SELECT 'wages'::regclass"),
        ("TABLE_NOT_ALLOWED", "SELECT * FROM wages"),
        ("UNKNOWN_COLUMN", "SELECT ctid FROM orders"),
        ("SYNTAX", "SELECT COUNT(DISTINCT region) OVER () FROM orders"),
    ],
    "mariadb": [
        ("FUNCTION_NOT_ALLOWED", "SELECT SLEEP(10)"),
        ("FUNCTION_NOT_ALLOWED", "SELECT LOAD_FILE('/etc/passwd')"),
        ("FUNCTION_NOT_ALLOWED", "SELECT BENCHMARK(1000000000, MD5('x'))"),
        ("FUNCTION_NOT_ALLOWED", "SELECT GET_LOCK('x', 10)"),
        ("VARIABLE", "SELECT @@version"),
        ("SYSTEM_CATALOG", "SELECT * FROM mysql.user"),
        ("SYSTEM_CATALOG", "SELECT * FROM INFORMATION_SCHEMA.COLUMNS"),
        ("SELECT_INTO", "SELECT * FROM orders INTO OUTFILE '/tmp/x.php'"),
        ("NOT_A_SELECT", "LOAD DATA INFILE '/etc/passwd' INTO TABLE orders"),
        ("NOT_A_SELECT", "HANDLER orders OPEN"),
        ("EXECUTABLE_COMMENT", "SELECT/*!INTO OUTFILE '/tmp/x'*/ 1"),
        ("EXECUTABLE_COMMENT", "SELECT /*M! SLEEP(5) */ 1"),
        ("TABLE_NOT_ALLOWED", "SELECT * FROM wages"),
        ("TABLE_NOT_ALLOWED", "SELECT * FROM other.orders"),
        ("LOCKING", "SELECT * FROM orders FOR UPDATE"),
        ("SYNTAX", "SELECT id FROM orders UNION SELECT id, region FROM orders"),
    ],
}


def test_what_is_no_question_is_refused_by_rule(world):
    database, _, door, _, product = world
    for rule, sql in HOSTILE[database.name]:
        error = door.refuses("POST", f"{product}/run-sql", 422, "SQL_NOT_ALLOWED", {"sql": sql})
        assert error["details"]["rule"] == rule, (sql, error)
    assert database.run("SELECT COUNT(*) FROM orders").strip() == "3"


#: True of one hidden row: then the statement would fail, if it were evaluated on that row.
PROBES = {
    "postgresql": "1 / (CASE WHEN region = 'US' THEN 0 ELSE 1 END) > 0",
    "mariadb": "EXP(CASE WHEN region = 'US' THEN 10000 ELSE 1 END) > 0",
}


@pytest.mark.parametrize(
    "rows", ["region = 'EU'", "region LIKE 'E%'", "lower(region) = 'eu'", "coalesce(region, 'x') = 'EU' AND id > 0"]
)
def test_errors_tell_nothing_of_rows_that_a_filter_hides(world, rows):
    database, server, door, _, product = world
    viewer = server.new_user(f"prober-{uuid.uuid4().hex}")
    own = BobsledDoor(server, viewer.token)
    entry = {"userId": viewer.id, "role": "viewer", "rowFilters": {"orders": rows}}
    door.patch(f"{product}/users", {"add": [entry]})
    probe = PROBES[database.name]
    seen = {"sql": f"SELECT COUNT(*) FROM orders WHERE {probe}"}
    door.refuses("POST", f"{product}/run-sql", 422, "SQL_NOT_ALLOWED", seen)
    for sql in (
        f"SELECT COUNT(*) FROM orders WHERE {probe}",
        f"SELECT COUNT(*) FROM orders a JOIN orders b ON a.id = b.id AND {probe.replace('region', 'b.region')}",
        f"SELECT COUNT(*) FROM orders GROUP BY {probe}",
        f"WITH mine AS (SELECT * FROM orders) SELECT COUNT(*) FROM mine WHERE {probe}",
        f"SELECT COUNT(*) FROM (SELECT * FROM orders LIMIT 9) x WHERE {probe}",
    ):
        assert own.post(f"{product}/run-sql", {"sql": sql})["rows"] == [[2]], sql


VALUES = {
    "postgresql": [
        "SELECT 1 / (id - 1) FROM orders",
        "SELECT region::int FROM orders",
        "SELECT CAST('s3cret' AS int) FROM orders",
        "SELECT id * 2147483647 FROM orders",
        "SELECT (SELECT id FROM orders) AS one",
    ],
    "mariadb": ["SELECT EXP(10000)", "SELECT id * 9223372036854775807 FROM orders", "SELECT (SELECT id FROM orders) AS one"],
}


#: What the server itself refuses, in words of its own.
WRONG = {
    "postgresql": "SELECT orders.id FROM orders GROUP BY orders.region",
    "mariadb": "SELECT id FROM orders HAVING region = 'EU'",
}


def test_what_a_server_says_of_a_statement_is_told_whatever_the_password_is(world):
    """Whoever writes statements learns by no gap in it what the password is."""
    database, _, door, source, product = world
    told, before = [], database.where["password"]
    for password in ("e", "region", "orders.id", before):
        database.set_password(password)
        door.patch(f"/data-sources/{source}", {"connectionConfig": database.source()["connectionConfig"]})
        error = door.refuses("POST", f"{product}/run-sql", 422, "SQL_NOT_ALLOWED", {"sql": WRONG[database.name]})
        told.append(error["message"])
    assert told == told[:1] * 4, told
    assert "*" not in told[0] and ("orders.id" in told[0] or "region" in told[0]), told


def test_what_cannot_be_computed_is_the_callers(world):
    database, _, door, _, product = world
    for sql in VALUES[database.name]:
        error = door.refuses("POST", f"{product}/run-sql", 422, "SQL_NOT_ALLOWED", {"sql": sql})
        assert error["details"]["rule"] == "VALUE", (sql, error)
        assert not any(value in error["message"] for value in ("EU", "s3cret", "10000", "47")), error
    if database.name == "postgresql":
        asked = {"question": "v", "sql": "SELECT CAST('s3cret' AS int) FROM orders"}
        assert door.refuses("POST", f"{product}/verified-queries", 422, "SQL_NOT_ALLOWED", asked)["details"]["rule"] == "VALUE"
        asked = {"question": "v", "sql": "SELECT id FROM orders WHERE id = CAST(:id AS int)"}
        asked["parameters"] = [{"name": "id", "type": "string"}]
        made = door.post(f"{product}/verified-queries", asked, expect=201)["verifiedQuery"]
        assert made["status"] == "unchecked", "no sample is a number, and other values may be"


def test_verified_queries_and_sketches_learn_from_the_source(world):
    _, _, door, _, product = world
    body = {
        "question": "Turnover in {period}",
        "sql": "SELECT region, SUM(amount) AS total FROM orders"
        " WHERE placed >= :period_start AND placed < :period_end GROUP BY region",
        "parameters": [{"name": "period", "type": "dateRange"}],
    }
    made = door.post(f"{product}/verified-queries", body, expect=201)["verifiedQuery"]
    assert made["status"] == "ok", made
    assert made["resultColumns"] == [{"name": "region", "type": "VARCHAR"}, {"name": "total", "type": "NUMBER"}]
    wrong = {"question": "w", "sql": "SELECT region FROM orders WHERE region > amount + placed"}
    answer = door.call("POST", f"{product}/verified-queries", wrong, expect=(201, 422))
    assert answer.status_code == 201 or answer.json()["error"]["details"]["rule"] == "SYNTAX"
    sketch = door.post(f"{product}/semantic-models/generate", {"name": "sketch"}, expect=201)["semanticModel"]
    fields = sketch["document"]["semantic_model"][0]["datasets"][0]["fields"]
    (region,) = [field for field in fields if field["name"] == "region"]
    assert json.loads(region["custom_extensions"][0]["data"])["sampleValues"] == ["EU", "US"]


#: Many seconds on any machine, however few rows it reads.
SLOW = "SELECT COUNT(*) FROM numbers a JOIN numbers b ON a.n < b.n AND ({})".format(
    " OR ".join(f"a.region || b.region LIKE '%x%{letter}%z%'" for letter in "abcdefghijklmnopqrst")
)


def test_a_slow_statement_ends_in_time_and_with_its_caller(world):
    database, _, door, _, product = world
    sql = SLOW if database.name == "postgresql" else SLOW.replace("a.region || b.region", "CONCAT(a.region, b.region)")
    began = time.monotonic()
    door.refuses("POST", f"{product}/run-sql", 504, "QUERY_TIMEOUT", {"sql": sql, "timeout": 300})
    assert time.monotonic() - began < 10
    with pytest.raises(requests.exceptions.ReadTimeout):
        url = door.base + f"{product}/run-sql"
        door.session.post(url, json={"sql": sql, "timeout": 100_000}, timeout=1)
    deadline = time.monotonic() + 10
    while database.running() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert database.running() == 0, "who goes away takes his statement along"


def test_a_statement_that_would_read_too_much_is_not_run(world):
    _, _, door, _, product = world
    sql = (
        "SELECT COUNT(*) FROM numbers a JOIN numbers b ON a.n < b.n JOIN numbers c ON b.n < c.n JOIN numbers d ON c.n < d.n"
    )
    error = door.refuses("POST", f"{product}/run-sql", 429, "COST_LIMIT", {"sql": sql})
    assert "rows" in error["message"] and "condition" in error["message"]

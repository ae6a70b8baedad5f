"""The door of people's own tools: PostgreSQL's protocol, with psql, psycopg, SQLAlchemy and the JDBC driver."""

import json
import re
import socket
import struct
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from emporion_server import clean_environment, free_port, run_cli
from mail_receiver import certified
from real_databases import database_servers
from rows_world import HASH, MAIL, REGION, RowsWorld

#: Debian's package of the driver puts it here.
DRIVER = Path("/usr/share/java/postgresql.jar")
PROGRAM = Path(__file__).with_name("PgDoor.java")
ALL = "SELECT region FROM customers.customer ORDER BY id"


def java(*arguments: object, **environment: str) -> list[str]:
    """What a program of Java with the driver prints; without arguments, sees that there are both."""
    database_servers.need("java", "default-jdk-headless")
    if not DRIVER.exists():
        database_servers.install("libpostgresql-jdbc-java")
    assert DRIVER.exists(), "the JDBC driver is missing: install Debian's libpostgresql-jdbc-java"
    if not arguments:
        return []
    command = ["java", "-cp", str(DRIVER), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, env=clean_environment(**environment))
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    database_servers.need("psql", "postgresql-client")
    java()
    port = free_port()
    made = RowsWorld(tmp_path_factory.mktemp("pg-door"), EMPORION_PG_LISTEN=f"127.0.0.1:{port}")
    made.pg_port = port
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def person(world, who: str) -> tuple[str, str]:
    somebody = world.people[who]
    if who == "outsider":
        return f"elsewhere/{somebody.name}", somebody.token
    return somebody.name if who == "admin" else world.mail(who), somebody.token


def psql(world, who: str, *commands: str, secret: str | None = None, host: str = "127.0.0.1", **settings: str):
    name, token = person(world, who)
    arguments = ["psql", "-X", "-A", "-t", "-h", host, "-p", str(world.pg_port), "-U", name, "-d", "emporion"]
    for command in commands:
        arguments += ["-c", command]
    environment = clean_environment(PGPASSWORD=secret or token, PGCONNECT_TIMEOUT="20", **settings)
    return subprocess.run(arguments, capture_output=True, text=True, timeout=60, env=environment)


def shown(world, who: str, *commands: str) -> list[str]:
    done = psql(world, who, *commands)
    told = [line for line in done.stderr.splitlines() if not line.startswith(("WARNING:  ", "DETAIL:  "))]
    assert done.returncode == 0 and not told, done
    return done.stdout.splitlines()


def refused(world, who: str, command: str) -> str:
    """The class of the error."""
    done = psql(world, who, r"\set VERBOSITY sqlstate", command)
    assert done.returncode == 1 and done.stderr.startswith("ERROR:"), done
    return done.stderr.split()[1]


def connect(world, who: str = "viewer", secret: str | None = None, **more) -> psycopg.Connection:
    name, token = person(world, who)
    settings = {"host": "127.0.0.1", "port": world.pg_port, "dbname": "emporion", "autocommit": True} | more
    return psycopg.connect(user=name, password=secret or token, **settings)


FILTERED = ("ROWS_FILTERED", "Computed only from the rows that you may see: your row filters reach customer.")
MASKED = ("COLUMNS_MASKED", "Something else is read in place of values that are masked from you: customer.region (hashed).")
HIDDEN = ("COLUMNS_MASKED", "Something else is read in place of values that are masked from you: customer.password_hash (hidden).")
#: Who reads a part of the rows: by a filter, and by a filter and a mask; and what the latter reads of them.
IN_PART = pytest.mark.parametrize("who", ["filtered", "twofold"])
HASHES = "SELECT id, password_hash FROM customers.customer ORDER BY id"


def test_clients_are_told_of_what_filters_and_masks_leave(world):
    """With each answer, before it is done: as a warning, which no client takes for an error."""
    count = "SELECT count(*) FROM customers.customer"
    for who, sql, told in [
        ("filtered", ALL, [FILTERED]),
        ("filtered", count, [FILTERED]),
        ("masked", ALL, [MASKED]),
        ("masked", "SELECT * FROM customers.customer", [MASKED]),
        ("masked", "SELECT n FROM (SELECT id AS n FROM customers.customer WHERE region > 'a') x", [MASKED]),
        ("masked", count, []),
        ("masked", "SELECT id FROM customers.customer", []),
        ("twofold", "SELECT * FROM customers.customer", [FILTERED, HIDDEN]),
        ("twofold", count, [FILTERED]),
        ("viewer", ALL, []),
        ("filtered", "SELECT 1", []),
    ]:
        done = psql(world, who, sql)
        assert done.returncode == 0 and done.stderr == "".join(f"WARNING:  {said}\nDETAIL:  {code}\n" for code, said in told), (who, sql, done)
    assert not psql(world, "filtered", "SET client_min_messages = error", ALL).stderr
    with connect(world, "filtered") as connection:
        seen = []
        connection.add_notice_handler(lambda said: seen.append((said.severity, said.sqlstate, said.message_detail)))
        warning = ("WARNING", "01000", "ROWS_FILTERED")
        assert connection.execute(ALL).fetchall() == [("EU",), ("EU",)] and seen == [warning]
        # Once for each time that it is carried out, however it is fetched.
        with connection.cursor() as cursor:
            cursor.execute(ALL, prepare=True)
            cursor.execute(f"{ALL} LIMIT %s", (1,), prepare=True)
        with connection.cursor() as cursor, cursor.copy(f"COPY ({ALL}) TO STDOUT") as copy:
            assert b"".join(bytes(part) for part in copy) == b"EU\nEU\n"
        assert seen == [warning] * 4


@IN_PART
def test_psql_reads_rows_under_the_filters_of_who_asks(world, who):
    assert shown(world, "viewer", ALL) == [REGION, "EU", "EU"]
    assert shown(world, who, ALL) == ["EU", "EU"]
    count = "SELECT count(*) FROM customers.customer"
    assert (shown(world, "admin", count), shown(world, who, count)) == (["3"], ["2"])
    hidden = f"SELECT count(*) FROM customers.customer WHERE region = '{REGION}' OR email = '{MAIL}' OR password_hash = '{HASH}'"
    assert (shown(world, "viewer", hidden), shown(world, who, hidden)) == (["1"], ["0"])
    assert shown(world, who, HASHES) == [f"{row}|{hash}" for row, hash in hashes(who)]
    assert shown(world, who, "SELECT count(*) FROM customers.customer WHERE password_hash = 'h2'") == ["1" if who == "filtered" else "0"]
    # Names are found without their schema where only one product has them, and with all that may stand before them.
    assert shown(world, who, 'SELECT customers.customer.region FROM "customer" LIMIT 1') == ["EU"]
    assert shown(world, who, "SELECT c.region FROM emporion.customers.customer AS c LIMIT 1") == ["EU"]


def hashes(who: str, nothing: str | None = "") -> list[tuple[int, str | None]]:
    """What is left of the rows, and of the column that is masked from one of them."""
    return [(2, "h2"), (3, "h3")] if who == "filtered" else [(2, nothing), (3, nothing)]


@IN_PART
def test_psql_looks_around(world, who):
    assert shown(world, who, r"\dn") == ["customers|emporion"]
    assert shown(world, who, r"\dt") == ["customers|customer|table|emporion"]
    assert shown(world, who, r"\dt customers.*") == ["customers|customer|table|emporion"]
    columns = [line.split("|")[:2] for line in shown(world, who, r"\d customers.customer")]
    assert columns == [["id", "bigint"], ["region", "text"], ["email", "text"], ["password_hash", "text"]]
    assert shown(world, who, r"\l")[0].startswith("emporion|emporion|UTF8|")
    for command in [r"\d+ customers.customer", r"\dv", r"\di", r"\df", r"\du", r"\dn+", r"\dt+", r"\d"]:
        done = psql(world, who, command)
        assert done.returncode == 0 and "ERROR" not in done.stderr, (command, done)
    assert "Did not find any relation" in psql(world, who, r"\d nothing.here").stderr


def test_nobody_sees_what_he_may_not_query(world):
    # Of the same account without a role, of another account, and a part of the rows by policy alone.
    for who in ["stranger", "outsider", "part", "table_owner"]:
        assert shown(world, who, r"\dn") == [], who
        assert shown(world, who, "SELECT count(*) FROM information_schema.columns") == ["0"], who
        assert refused(world, who, ALL) == "42P01", who
    for who in ["editor", "contributor", "product_owner", "admin"]:
        assert shown(world, who, ALL) == [REGION, "EU", "EU"], who
    # What the product was not lent is not there, whatever it is called.
    for table in ["customers.wages", "wages", "main.wages", "main.customer", "sqlite_master", "customers.sqlite_master"]:
        assert refused(world, "editor", f"SELECT * FROM {table}") == "42P01", table


@pytest.mark.parametrize(
    "statement, code",
    [
        ("INSERT INTO customers.customer VALUES (9)", "25006"),
        ("DELETE FROM customers.customer", "25006"),
        ("CREATE TABLE x (a int)", "25006"),
        ("COPY customers.customer FROM STDIN", "25006"),
        ("COPY customers.customer TO '/tmp/customers'", "0A000"),
        ("COPY customers.customer TO PROGRAM 'cat'", "0A000"),
        ("COPY customers.wages TO STDOUT", "42P01"),
        ("COPY (DELETE FROM customers.customer RETURNING id) TO STDOUT", "25006"),
        ("COPY (SELECT nothing FROM customers.customer) TO STDOUT", "42703"),
        ("COPY customers.customer TO STDOUT (FORMAT xml)", "42601"),
        ("COPY customers.customer TO STDOUT CSV DELIMITER ';;'", "0A000"),
        ("SELECT 1 / (id - id) FROM customers.customer", "22012"),
        ("SELECT id FROM customers.customer WHERE id = 'one'", "22P02"),
        ("SELECT * INTO x FROM customers.customer", "25006"),
        ("WITH x AS (DELETE FROM customers.customer RETURNING *) SELECT * FROM x", "25006"),
        ("SELECT id FROM customers.customer WHERE", "42601"),
        ("SELEC 1", "42601"),
        ("SELECT nothing FROM customers.customer", "42703"),
        ("SELECT load_extension('x') FROM customers.customer", "42883"),
        ("SELECT randomblob(1000000000)", "42883"),
        ("SELECT * FROM pragma_database_list", "42P01"),
        ("SET ROLE admin", "0A000"),
        ("SELECT c.id FROM customers.customer c, pg_class p", "0A000"),
        ("SHOW nothing", "42704"),
        ("WITH x AS (SELECT 1) INSERT INTO pg_class SELECT * FROM x", "25006"),
        ("WITH x AS (DELETE FROM pg_class RETURNING 1) SELECT * FROM x", "25006"),
        ("WITH RECURSIVE up (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up) SELECT count(*) FROM up", "54000"),
        ("SELECT rtrim(relname, 'b') FROM pg_class", "42883"),
        ("SELECT 1;" * 101, "54001"),
    ],
)
def test_refusals_have_their_class(world, statement, code):
    assert refused(world, "filtered", statement) == code
    assert shown(world, "filtered", "SELECT count(*) FROM customers.customer") == ["2"]


def test_a_statement_is_about_one_product(world):
    body = {"name": "Customers too", "dataSourceId": world.source, "isDeployed": True}
    other = world.bob.post("/data-products", body | {"dataAssets": [{"tableName": "customer"}]}, expect=201)
    world.bob.post(f"/data-products/{other['dataProduct']['id']}/deploy", {})
    try:
        assert shown(world, "admin", r"\dn") == ["customers|emporion", "customers_too|emporion"]
        assert shown(world, "filtered", r"\dn") == ["customers|emporion"]
        both = "SELECT count(*) FROM customers.customer a JOIN customers_too.customer b USING (id)"
        assert refused(world, "admin", both) == "0A000"
        assert refused(world, "admin", "SELECT 1 FROM customer") == "42P01", "two products have it"
        path = "SET search_path TO customers_too"
        assert shown(world, "admin", path, "SELECT count(*) FROM customer", "SELECT current_schema()")[1:] == ["3", "customers_too"]
    finally:
        world.bob.delete(f"/data-products/{other['dataProduct']['id']}")
    assert shown(world, "admin", r"\dn") == ["customers|emporion"]


def test_nobody_takes_the_name_of_a_schema_over(world):
    """Of two products of one name none has it, whichever is older: what was read before is refused, and never another's rows."""
    def made(name: str) -> str:
        body = {"name": name, "dataSourceId": world.source, "isDeployed": True, "dataAssets": [{"tableName": "customer"}]}
        return world.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]

    someone = world.people["taken"] = world.server.new_user("taken")
    older, newer = made("Mine"), made("Finance 1")
    at = [f"/data-products/{one}" for one in (older, newer)]
    count, wholes = "SELECT count(*) FROM finance_1.customer", [f"finance_1__{one.replace('-', '')[-8:]}" for one in (older, newer)]
    try:
        world.bob.patch(f"{at[1]}/users", {"add": [{"userId": someone.id, "role": "viewer"}]})
        with connect(world, "taken") as connection:
            def counted(schema: str) -> int:
                return connection.execute(f"SELECT count(*) FROM {schema}.customer").fetchone()[0]

            assert counted("finance_1") == counted(wholes[1]) == 3
            assert shown(world, "taken", r"\dn") == ["finance_1|emporion"]
            assert "FROM finance_1.customer" in world.browser("taken").visit(f"/products/{newer}?tab=use").text
            # Whose product is older gives it the name, and a role in it to who has not asked for one.
            world.bob.patch(f"{at[0]}/users", {"add": [{"userId": someone.id, "role": "viewer", "rowFilters": {"customer": "id = 1"}}]})
            world.bob.patch(at[0], {"name": "finance-1"})
            for sql in (count, "SET search_path = finance_1; SELECT count(*) FROM customer", "COPY finance_1.customer (id) TO STDOUT"):
                with pytest.raises(psycopg.errors.InvalidSchemaName) as refusal:
                    connection.execute(sql)
                assert all(f"{whole} ({name})" in str(refusal.value) for whole, name in zip(wholes, ("finance-1", "Finance 1")))
            assert sorted(shown(world, "taken", r"\dn")) == sorted(f"{whole}|emporion" for whole in wholes)
            assert [counted(whole) for whole in wholes] == [1, 3]
            assert connection.execute(f"SET search_path = {wholes[0]}; SELECT count(*) FROM customer")
            assert f"FROM {wholes[1]}.customer" in world.browser("taken").visit(f"/products/{newer}?tab=use").text
            # Nor does a name take over what a product is called then.
            world.bob.patch(at[0], {"name": wholes[1]})
            assert counted(wholes[1]) == counted("finance_1") == 3 and counted(wholes[1].replace("__", "_")) == 1
    finally:
        for one in at:
            world.bob.delete(one)


def test_who_is_nobody_is_told_so_and_no_more(world):
    for secret in ["wrong", world.people["admin"].token]:
        done = psql(world, "stranger", "SELECT 1", secret=secret)
        assert done.returncode == 2 and "password authentication failed" in done.stderr, done
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        connect(world, dbname="postgres")
    member = world.people["member"]
    assert psql(world, "member", "SELECT 1", secret=member.password).stdout == "1\n", "his password will do"
    guesser = world.server.new_user("guessed")
    world.people["guessed"] = guesser
    for _ in range(5):
        assert psql(world, "guessed", "SELECT 1", secret="wrong").returncode == 2
    assert "too many" in psql(world, "guessed", "SELECT 1").stderr


def test_a_token_that_is_revoked_ends_with_the_next_statement(world):
    made = world.server.cli("token", "create", "--user", world.people["viewer"].name)
    with connect(world, secret=made["token"]) as connection:
        assert connection.execute(ALL).fetchall()
        world.server.cli("token", "revoke", made["id"])
        with pytest.raises(psycopg.OperationalError):
            connection.execute(ALL)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def held(world, who) -> list[dict]:
    return [one for one in world.server.cli("token", "list", "--user", who.name) if one["type"] in ("session", "refresh")]


def test_sign_ins_by_password_leave_one_login_however_many_they_are(world):
    somebody = world.people["busy"] = world.server.new_user("busy")
    secret = {"secret": somebody.password}
    for _ in range(5):
        assert psql(world, "busy", "SELECT 1", **secret).stdout == "1\n"
    with connect(world, "busy", **secret) as one, connect(world, "busy", **secret) as other:
        assert [c.execute("SELECT 1").fetchone() for c in (one, other)] == [(1,), (1,)]
        [login] = held(world, somebody)
        assert login["type"] == "session", login
        # Who ends it ends all of them, and what is opened afterwards stands for another one.
        world.server.cli("token", "revoke", login["id"])
        for connection in (one, other):
            with pytest.raises(psycopg.OperationalError, match="has ended or was revoked"):
                connection.execute("SELECT 1")
    with connect(world, "busy", **secret) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert [one["id"] for one in held(world, somebody)] != [login["id"]]
    # What is cut off says no goodbye.
    for _ in range(3):
        settings = clean_environment(PGPASSWORD=somebody.password)
        arguments = ["psql", "-X", "-h", "127.0.0.1", "-p", str(world.pg_port), "-U", world.mail("busy"), "-d", "emporion"]
        cut = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=settings)
        cut.stdin.write("SELECT 1;\n")
        cut.stdin.flush()
        assert cut.stdout.readline()
        cut.kill()
        cut.communicate()
    assert len(held(world, somebody)) == 1
    world.server.kill()
    world.server.start()
    with connect(world, "busy", **secret) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert len(held(world, somebody)) == 1, "a server that was killed leaves no other one"


def test_connections_that_begin_at_once_stand_for_the_same_login(world):
    for turn in range(3):
        who = f"many{turn}"
        somebody = world.people[who] = world.server.new_user(who)
        with ThreadPoolExecutor(12) as pool:
            connections = list(pool.map(lambda _: connect(world, who, secret=somebody.password), range(12)))
        assert [connection.execute("SELECT 1").fetchone() for connection in connections] == [(1,)] * 12
        assert len(held(world, somebody)) == 1
        for connection in connections:
            connection.close()


def test_who_is_disabled_or_has_another_password_is_refused_with_the_next_statement(world):
    somebody = world.people["goes"] = world.server.new_user("goes")
    with connect(world, "goes", secret=somebody.password) as connection, connect(world, "goes", secret=somebody.password) as other:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        made = world.server.cli("user", "reset-password", somebody.name)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
        with pytest.raises(psycopg.OperationalError):
            other.execute("SELECT 1", prepare=True)
    with connect(world, "goes", secret=made["password"]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        world.server.cli("user", "disable", somebody.name)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_rights_are_asked_about_for_each_statement(world):
    users = f"{world.path}/users"
    someone = world.server.new_user("passing")
    world.people["passing"] = someone
    with connect(world, "passing") as connection:
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute(ALL)
        world.bob.patch(users, {"add": [{"userId": someone.id, "role": "viewer"}]})
        assert len(connection.execute(ALL).fetchall()) == 3
        world.bob.patch(users, {"update": [{"userId": someone.id, "rowFilters": {"customer": "region = 'EU'"}}]})
        assert len(connection.execute(ALL).fetchall()) == 2
        world.bob.patch(users, {"remove": [someone.id]})
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute(ALL)
        assert connection.execute("SELECT count(*) FROM pg_tables").fetchone() == (0,)


@IN_PART
def test_psycopg_reads_what_is_left_for_who_asks(world, who):
    with connect(world, who) as connection:
        for more in [{}, {"binary": True}, {"prepare": True}, {"prepare": True, "binary": True}]:
            found = connection.execute(f"{HASHES} LIMIT %s", (9,), **more).fetchall()
            assert found == hashes(who, None), more
        with connection.transaction(), connection.cursor(name="portion") as cursor:
            assert cursor.execute(HASHES).fetchall() == hashes(who, None)
        with connection.cursor() as cursor, cursor.copy(f"COPY ({HASHES}) TO STDOUT") as copied:
            copied.set_types(["int8", "text"])
            assert list(copied.rows()) == hashes(who, None)


def test_psycopg_binds_parameters_and_prepares(world):
    with connect(world, "viewer") as connection:
        find = "SELECT id, region FROM customers.customer WHERE region = %s AND id > %s ORDER BY id"
        for prepare in [False, True, True, None]:
            assert connection.execute(find, ("EU", 1), prepare=prepare).fetchall() == [(2, "EU"), (3, "EU")]
        for hostile in ["EU' OR '1'='1", "'; DROP TABLE customer; --", "\\", "$1", ":p1"]:
            assert connection.execute(find, (hostile, 0)).fetchall() == []
            assert connection.execute("SELECT %s::text AS x FROM customers.customer LIMIT 1", (hostile,)).fetchone() == (hostile,)
        with connection.cursor(binary=True) as cursor:
            row = cursor.execute("SELECT id, 1.5 AS half, NULL AS missing, region FROM customers.customer WHERE id = %s", (1,))
            one = row.fetchone()
            assert one[0] == 1 and Decimal(str(one[1])) == Decimal("1.5") and one[2:] == (None, REGION)
        assert connection.execute("SELECT count(*) FROM customers.customer LIMIT %s", (1,)).fetchone() == (3,)
        connection.autocommit = False
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("UPDATE customers.customer SET region = 'x'")
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            connection.execute("SELECT 1")
        connection.rollback()
        assert connection.execute("SELECT 1").fetchone() == (1,)


#: Some twenty million rows that are made as they are counted.
SLOW = """
    WITH RECURSIVE up (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < 1000000),
    again (m) AS (SELECT 1 UNION ALL SELECT m + 1 FROM again WHERE m < 60)
    SELECT SUM(n * m + customer.id) FROM up JOIN again ON n > m JOIN customers.customer ON m > customer.id
"""


def test_what_runs_is_cancelled(world):
    with connect(world) as connection:
        began = time.monotonic()
        threading.Timer(0.7, connection.cancel_safe).start()
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute(SLOW)
        assert 0.5 < time.monotonic() - began < 15
        connection.execute("SET statement_timeout = 500")
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute(SLOW)
        assert connection.execute("SELECT count(*) FROM customers.customer").fetchone() == (3,)


def test_rows_are_copied_out(world, tmp_path):
    ordered = "(SELECT id, region FROM customers.customer ORDER BY id)"
    assert shown(world, "filtered", f"COPY {ordered} TO STDOUT") == ["2\tEU", "3\tEU"]
    csv = "WITH (FORMAT csv, HEADER, DELIMITER ';')"
    assert shown(world, "filtered", f"\\copy {ordered} TO STDOUT {csv}") == ["id;region", "2;EU", "3;EU"]
    file = tmp_path / "customers.csv"
    assert shown(world, "filtered", f"\\copy customers.customer (id, region) to '{file}' csv header") == ["COPY 2"]
    assert file.read_text() == "id,region\n2,EU\n3,EU\n"
    nobody = "(SELECT id, region FROM customers.customer WHERE id > 9)"
    assert shown(world, "filtered", f"\\copy {nobody} to '{file}' csv header") == ["COPY 0"]
    assert file.read_text() == "id,region\n"
    assert REGION not in "".join(shown(world, "masked", "COPY customers.customer TO STDOUT"))
    # Several statements of one text are answered in their order, and the transaction goes on.
    text = f"BEGIN; SELECT 1; COPY {ordered} TO STDOUT; SELECT 2; COPY {ordered} TO STDOUT; COMMIT; SELECT 3"
    assert shown(world, "filtered", text) == ["BEGIN", "1", "2\tEU", "3\tEU", "2", "2\tEU", "3\tEU", "COMMIT", "3"]
    assert refused(world, "viewer", "COPY (SELECT a.id FROM customers.customer a, " + ", ".join(
        f"customers.customer c{n}" for n in range(9)) + ") TO STDOUT") == "54000", "an answer has 10,000 rows at most"
    with connect(world, "filtered") as connection, connection.cursor() as cursor:
        with cursor.copy(f"COPY {ordered} TO STDOUT") as copied:
            copied.set_types(["int8", "text"])
            assert list(copied.rows()) == [(2, "EU"), (3, "EU")]
        assert cursor.rowcount == 2
        values = "(SELECT id, region, 1.5::numeric, DATE '2026-01-31', id > 2, NULL FROM customers.customer ORDER BY id)"
        with cursor.copy(f"COPY {values} TO STDOUT (FORMAT binary)") as copied:
            copied.set_types(["int8", "text", "numeric", "date", "bool", "text"])
            first, second = copied.rows()
            assert first == (2, "EU", Decimal("1.5"), date(2026, 1, 31), False, None) and second[4] is True
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), cursor.copy("COPY customers.customer FROM STDIN"):
            pass
        assert connection.execute("SELECT count(*) FROM customers.customer").fetchone() == (2,)
        with cursor.copy("COPY (SELECT nspname FROM pg_namespace WHERE nspname = 'customers') TO STDOUT") as copied:
            assert b"".join(copied) == b"customers\n"


def test_a_division_tells_nothing_of_rows_that_a_filter_hides(world):
    """An error that is raised by a row is one only for who may read it."""
    [first] = shown(world, "viewer", f"SELECT id FROM customers.customer WHERE region = '{REGION}'")
    for condition in (f"1 / (id - {first}) < 5", f"1 % (id - {first}) < 5", f"mod(1, id - {first}) < 5"):
        statement = f"SELECT count(*) FROM customers.customer WHERE {condition}"
        assert refused(world, "viewer", statement) == "22012"
        assert shown(world, "filtered", statement) == ["2"]


def test_the_catalogue_is_asked_in_the_words_of_more_tools(world):
    """As DBD::Pg lists tables, and pgcli databases."""
    assert shown(world, "viewer", "SELECT c.tableoid FROM pg_catalog.pg_class c WHERE c.relname = 'customer'") == ["1259"]
    assert shown(world, "viewer", "SELECT d.datcollate AS collate FROM pg_database d") == ["C.UTF-8"]


def test_answers_are_fetched_in_portions(world):
    """By cursors of SQL, as ODBC, psycopg's server cursors, psql with FETCH_COUNT and SQLAlchemy's streams do it."""
    ids = "SELECT id FROM customers.customer ORDER BY id"
    assert shown(world, "viewer", r"\set FETCH_COUNT 2", ids) == ["1", "2", "3"]
    text = f"BEGIN; DECLARE c NO SCROLL CURSOR FOR {ids}; FETCH 2 FROM c; FETCH FORWARD 2 FROM c; FETCH c; MOVE ABSOLUTE 0 IN c; FETCH ALL IN c; CLOSE c; COMMIT"
    assert shown(world, "viewer", text) == ["BEGIN", "DECLARE CURSOR", "1", "2", "3", "MOVE 0", "1", "2", "3", "CLOSE CURSOR", "COMMIT"]
    for text, code in [
        ("FETCH 1 FROM nothing", "34000"), ("CLOSE nothing", "34000"), ("FETCH BACKWARD 1 FROM c", "0A000"),
        (f"DECLARE c BINARY CURSOR FOR {ids}", "0A000"), ("DECLARE c CURSOR FOR DELETE FROM customers.customer", "25006"),
        (f"DECLARE c CURSOR FOR {ids}; DECLARE c CURSOR FOR {ids}", "42P03"),
        (f"BEGIN; DECLARE c CURSOR FOR {ids}; COMMIT; FETCH c", "34000"),
        ("; ".join(f"DECLARE c{at} CURSOR FOR SELECT 1" for at in range(17)), "54000"),
    ]:  # fmt: skip
        assert refused(world, "viewer", text) == code, text
    text = f"BEGIN; DECLARE c CURSOR WITH HOLD FOR {ids}; COMMIT; FETCH ALL c"
    assert shown(world, "filtered", text)[-2:] == ["2", "3"]
    with connect(world, "viewer") as connection:
        with connection.transaction(), connection.cursor(name="portion") as cursor:
            cursor.itersize = 2
            cursor.execute("SELECT id FROM customers.customer WHERE id > %s ORDER BY id", (1,))
            assert [row[0] for row in cursor] == [2, 3]
    # The row that was read last is read again; before the first and behind the last one there is none.
    text = f"DECLARE c CURSOR WITH HOLD FOR {ids}; FETCH 0 c; FETCH 2 c; FETCH 0 FROM c; MOVE 0 IN c; FETCH RELATIVE 1 FROM c; FETCH c; FETCH FORWARD 0 c; CLOSE c"
    assert shown(world, "viewer", text) == ["DECLARE CURSOR", "1", "2", "2", "MOVE 1", "3", "CLOSE CURSOR"]
    name, token = person(world, "viewer")
    url = sqlalchemy.URL.create("postgresql+psycopg", name, token, "127.0.0.1", world.pg_port, "emporion")
    with sqlalchemy.create_engine(url).connect().execution_options(yield_per=2) as connection:
        assert [row[0] for row in connection.execute(sqlalchemy.text(ids))] == [1, 2, 3]


def test_what_a_cursor_has_left_is_not_fetched_with_other_rights(world):
    customer = "SELECT id FROM customers.customer ORDER BY id"
    with connect(world, "viewer") as connection:
        connection.execute(f"DECLARE c CURSOR WITH HOLD FOR {customer}")
        assert connection.execute("FETCH 1 FROM c").fetchall() == [(1,)]
        viewer, users = world.people["viewer"].id, f"{world.path}/users"
        world.bob.patch(users, {"update": [{"userId": viewer, "rowFilters": {"customer": "id = 2"}}]})
        try:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("FETCH 1 FROM c")
            assert connection.execute(customer).fetchall() == [(2,)]
        finally:
            world.bob.patch(users, {"update": [{"userId": viewer, "rowFilters": {}}]})


def test_what_the_catalogue_told_a_cursor_is_not_fetched_once_it_tells_less(world):
    tables = "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema = 'customers'"
    viewer, users = world.people["viewer"].id, f"{world.path}/users"
    with connect(world, "viewer") as connection:
        connection.execute(f"DECLARE c CURSOR WITH HOLD FOR {tables}")
        connection.execute(f"DECLARE twice CURSOR WITH HOLD FOR {tables}")
        assert connection.execute("FETCH 0 FROM c").fetchall() == [] and connection.execute("FETCH 1 FROM c").fetchall() == [("customers", "customer")]
        world.bob.patch(users, {"remove": [viewer]})
        try:
            for cursor in ("c", "twice"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(f"FETCH 0 FROM {cursor}")
            assert connection.execute(tables).fetchall() == []
        finally:
            world.bob.patch(users, {"add": [{"userId": viewer, "role": "viewer"}]})
        assert connection.execute("FETCH ALL FROM twice").fetchall() == [("customers", "customer")]


def test_json_is_made_or_refused_and_never_nothing(world):
    told = "SELECT json_build_object('schema', nspname, 'many', 2) FROM pg_namespace WHERE nspname = 'customers'"
    [made] = shown(world, "viewer", told)
    assert json.loads(made) == {"schema": "customers", "many": 2}
    for refusable in ("json_build_object('a', 1)", "row_to_json(x)", "json_agg(1)", "json_typeof('1')"):
        assert refused(world, "viewer", f"SELECT {refusable}") in ("0A000", "42883", "42501", "42703"), refusable
    assert refused(world, "viewer", "SELECT json_agg(nspname) FROM pg_namespace") in ("0A000", "42883", "42501")


@IN_PART
def test_sqlalchemy_reflects(world, who):
    name, token = person(world, who)
    url = sqlalchemy.URL.create("postgresql+psycopg", name, token, "127.0.0.1", world.pg_port, "emporion")
    engine = sqlalchemy.create_engine(url)
    look = sqlalchemy.inspect(engine)
    assert "customers" in look.get_schema_names()
    assert look.get_table_names(schema="customers") == ["customer"] and look.get_view_names(schema="customers") == []
    columns = {column["name"]: str(column["type"]) for column in look.get_columns("customer", schema="customers")}
    assert columns == {"id": "BIGINT", "region": "TEXT", "email": "TEXT", "password_hash": "TEXT"}
    assert look.get_pk_constraint("customer", schema="customers")["constrained_columns"] == ["id"]
    assert look.get_indexes("customer", schema="customers") == [] and look.get_foreign_keys("customer", schema="customers") == []
    table = sqlalchemy.Table("customer", sqlalchemy.MetaData(), schema="customers", autoload_with=engine)
    with engine.connect() as connection:
        grouped = sqlalchemy.select(table.c.region, sqlalchemy.func.count()).group_by(table.c.region)
        assert [tuple(row) for row in connection.execute(grouped)] == [("EU", 2)]
        kept = sqlalchemy.select(table.c.id, table.c.password_hash).order_by(table.c.id)
        assert [tuple(row) for row in connection.execute(kept)] == hashes(who, None)
    engine.dispose()


@IN_PART
def test_the_jdbc_driver_walks_through(world, who):
    name, token = person(world, who)
    url = f"jdbc:postgresql://127.0.0.1:{world.pg_port}/emporion"
    lines = java(PROGRAM, url, name, PGPASSWORD=token)
    assert "product PostgreSQL" in lines and "schema customers" in lines and "table customer TABLE" in lines
    assert [line for line in lines if line.startswith("column")] == [
        "column id int8 -5", "column region text 12", "column email text 12", "column password_hash text 12",
    ]
    assert [line for line in lines if line.startswith("rows")] == ["rows 2EU 3EU"] * 7
    # The second warning is behind the first.
    assert [line for line in lines if line.startswith("warned")] == [f"warned {FILTERED[1]}"] * 7
    assert [line for line in lines if line.startswith("hash")] == [f"hash {row} {hash}" for row, hash in hashes(who, "null")]
    assert lines[-1] == "refused 25006" and [line for line in lines if line.startswith("key")] == ["key id"]


def test_recursion_without_its_word_is_refused(world):
    for rest, code in [("count(*) FROM up", "42P01"), ("count(*) FROM up, pg_class", "54000"), ("n FROM up, pg_proc", "54000")]:
        began = time.monotonic()
        endless = f"WITH up (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up) SELECT {rest}"
        assert refused(world, "filtered", endless) == code, rest
        assert time.monotonic() - began < 5
    assert shown(world, "filtered", "WITH a (n) AS (SELECT 1 UNION ALL SELECT 2) SELECT count(*) FROM a") == ["2"]


def test_numbers_of_rows_that_are_none_mean_all_of_them(world):
    def message(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack(">I", len(body) + 4) + body

    name, token = person(world, "viewer")
    with socket.create_connection(("127.0.0.1", world.pg_port), timeout=30) as connection:
        stream = connection.makefile("rb")

        def until_ready() -> list[bytes]:
            kinds = []
            while not kinds or kinds[-1] != b"Z":
                kind, length = struct.unpack(">cI", stream.read(5))
                body = stream.read(length - 4)
                assert kind != b"E", body
                kinds.append(kind)
            return kinds

        said = f"user\0{name}\0database\0emporion\0\0".encode()
        connection.sendall(struct.pack(">II", len(said) + 8, 196608) + said)
        connection.sendall(message(b"p", token.encode() + b"\0"))
        until_ready()
        for rows in [-1, -(2**31), 2**31 - 1, 0, 10_000]:
            connection.sendall(message(b"P", b"\0" + ALL.encode() + b"\0\0\0"))
            connection.sendall(message(b"B", b"\0\0" + struct.pack(">hhh", 0, 0, 0)))
            connection.sendall(message(b"E", b"\0" + struct.pack(">i", rows)) + message(b"S", b""))
            assert until_ready() == [b"1", b"2", b"D", b"D", b"D", b"C", b"Z"], rows
    assert shown(world, "viewer", "SELECT 1") == ["1"]


def test_a_user_has_so_many_connections_and_no_more(world):
    held = [connect(world, "editor") for _ in range(32)]
    with pytest.raises(psycopg.OperationalError, match="too many connections"):
        connect(world, "editor")
    assert shown(world, "viewer", "SELECT 1") == ["1"]
    for connection in held:
        connection.close()


def test_who_asks_for_much_holds_up_himself(world):
    """Of engines somebody has one at a time, and an account half: what is short comes between, whoever else asks for what."""
    heavy = "SELECT count(*) FROM " + ", ".join(f"pg_type {name}" for name in "abcdefgh")
    held = [connect(world, who) for who in ["stranger"] * 4 + ["outsider"] * 4]

    def ask(connection: psycopg.Connection):
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute(heavy)

    with ThreadPoolExecutor(len(held)) as pool:
        asked = [pool.submit(ask, connection) for connection in held]
        try:
            time.sleep(1)
            with connect(world, "viewer") as connection:
                began = time.monotonic()
                for sql in ("SELECT relname FROM pg_class", "SELECT version()", "SELECT 1 + 1", ALL):
                    assert connection.execute(sql).fetchall(), sql
                assert time.monotonic() - began < 8
        finally:
            for connection in held:
                connection.cancel()
            for one in asked:
                one.result()
    for connection in held:
        connection.close()


def test_who_has_not_logged_in_takes_no_seat_of_others(world):
    """Of one address come as many as are given to one, and where they are many they have little time."""
    said = f"user\0{person(world, 'viewer')[0]}\0database\0emporion\0\0".encode()
    startup = struct.pack(">II", len(said) + 8, 196608) + said

    def come(begins: bytes) -> socket.socket:
        one = socket.create_connection(("127.0.0.1", world.pg_port), timeout=30, source_address=("127.0.0.3", 0))
        one.sendall(begins)
        return one

    def is_out(one: socket.socket) -> bool:
        one.settimeout(1)
        try:
            return one.recv(1) in (b"", b"E")
        except TimeoutError:
            return False
        except ConnectionError:
            return True

    began = time.monotonic()
    held = [come((b"", b"\0\0", startup)[at % 3]) for at in range(60)]
    assert all(is_out(one) for one in held[32:]) and not is_out(held[0])
    # Others come in at once, and he does when those are sent away.
    with connect(world, "viewer") as connection:
        assert connection.execute("SELECT 1").fetchall() == [(1,)]
    while is_out(own := come(startup)):
        assert time.monotonic() - began < 15
        time.sleep(0.5)
    for one in (own, *held):
        one.close()


def test_a_quiet_connection_is_probed(world):
    with connect(world) as connection:
        connection.execute("SELECT 1")
        with socket.fromfd(connection.fileno(), socket.AF_INET, socket.SOCK_STREAM) as own:
            theirs = f":{own.getsockname()[1]:04X}"
        ports, mine = Path("/proc/net/tcp"), f":{world.pg_port:04X}"
        end = time.monotonic() + 10
        while True:
            rows = [row.split() for row in ports.read_text().splitlines()[1:]]
            # The server's end of this connection, established, and the timer that runs: 2 is that of probes.
            ends = [row for row in rows if row[1].endswith(mine) and row[2].endswith(theirs) and row[3] == "01"]
            timers = [row[5].split(":")[0] for row in ends]
            if timers == ["02"]:
                break
            assert time.monotonic() < end, timers
            time.sleep(0.1)


def test_broken_messages_end_one_conversation(world):
    def said(data: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", world.pg_port), timeout=30) as connection:
            connection.sendall(data)
            answer = b""
            while piece := connection.recv(4096):
                answer += piece
            return answer

    for broken in [b"GET / HTTP/1.1\r\n\r\n", struct.pack(">II", 0x7FFFFFFF, 196608), b"\0" * 64]:
        assert said(broken)[:1] in (b"", b"E")
    assert shown(world, "viewer", "SELECT 1") == ["1"]


def test_passwords_in_clear_stay_on_this_machine(world, tmp_path):
    for address in ["0.0.0.0:0", "[::]:0"]:
        done = run_cli("serve", "--store", str(tmp_path / "store"), "--pg-listen", address, check=False)
        assert done.returncode == 2 and "tls.cert" in done.stderr, done


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    """A door with a certificate, open to other machines as well."""
    folder = tmp_path_factory.mktemp("pg-tls")
    made = RowsWorld(folder)
    assert made.server.stop() == 0, made.server.log_tail()
    made.authority, made.pg_port = folder / "authority.pem", free_port()
    made.mail = lambda who: made.people[who].name
    key, certificate = certified(folder, made.authority)
    made.server.settings |= {"EMPORION_TLS__CERT": str(certificate), "EMPORION_TLS__KEY": str(key)}
    made.server.settings |= {"EMPORION_PG_LISTEN": f"0.0.0.0:{made.pg_port}"}
    made.server.spawn()
    deadline = time.monotonic() + 30
    while socket.socket().connect_ex(("127.0.0.1", made.pg_port)):
        assert time.monotonic() < deadline and made.server.process.poll() is None, made.server.log_tail()
        time.sleep(0.1)
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def test_clients_hold_the_certificate_against_its_authority(secured, tmp_path):
    trusting = {"host": "localhost", "sslmode": "verify-full", "sslrootcert": str(secured.authority)}
    left = hashes("twofold", None)
    for more in ({}, {"sslnegotiation": "direct"}):
        with connect(secured, "twofold", **trusting, **more) as connection:
            assert connection.pgconn.ssl_in_use and connection.execute(HASHES).fetchall() == left
    certified(tmp_path, tmp_path / "another.pem")
    for other, why in (({"host": "127.0.0.1"}, "does not match host name"), ({"sslrootcert": str(tmp_path / "another.pem")}, "verify failed")):
        with pytest.raises(psycopg.OperationalError, match=why):
            connect(secured, "twofold", **trusting | other)
    settings = {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": str(secured.authority)}
    done = psql(secured, "twofold", r"\conninfo", HASHES, host="localhost", **settings)
    assert done.returncode == 0 and done.stdout.endswith("2|\n3|\n") and re.search("SSL|TLS", done.stdout), done
    done = psql(secured, "twofold", HASHES, **settings)
    assert done.returncode == 2 and "does not match host name" in done.stderr, done
    name, token = person(secured, "twofold")
    url = f"jdbc:postgresql://%s:{secured.pg_port}/emporion?sslmode=verify-full&sslrootcert={secured.authority}"
    assert "hash 2 null" in java(PROGRAM, url % "localhost", name, PGPASSWORD=token)
    with pytest.raises(AssertionError, match="could not be verified"):
        java(PROGRAM, url % "127.0.0.1", name, PGPASSWORD=token)


def test_who_comes_from_elsewhere_in_clear_is_refused_before_he_says_a_password(secured):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as routed:
        # Sends nothing: it tells by which address this machine would.
        routed.connect(("198.51.100.1", 9))
        elsewhere = routed.getsockname()[0]
    with pytest.raises(psycopg.OperationalError, match="connect with TLS"):
        connect(secured, "twofold", host=elsewhere, sslmode="disable")
    with connect(secured, "twofold", host=elsewhere, sslmode="require") as connection:
        assert connection.pgconn.ssl_in_use and connection.execute(HASHES).fetchall() == hashes("twofold", None)
    begins = struct.pack("!I", 196_608) + b"user\0twofold\0database\0emporion\0\0"
    with socket.create_connection((elsewhere, secured.pg_port), timeout=10) as clear:
        clear.sendall(struct.pack("!I", len(begins) + 4) + begins)
        assert clear.recv(65_536)[:1] == b"E" and clear.recv(65_536) == b"", "nothing is asked for"
    # Of this machine nobody else hears it.
    with connect(secured, "twofold", sslmode="disable") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_the_page_gives_the_lines_to_paste(world):
    page = world.browser("filtered").visit(f"/products/{world.product}?tab=use")
    (name, token), at = person(world, "filtered"), f"127.0.0.1:{world.pg_port}"
    lines = [f"port={world.pg_port}", "psycopg.connect(", f"Server: {at}", "customers.customer", f"user={name}"]
    for line in lines:
        assert line in page.text, line
    # What stands there connects as it stands, with a token in its place.
    [url] = re.findall(r"postgresql\+psycopg2://\S+", page.text)
    assert url == f"postgresql+psycopg2://{name.replace('@', '%40')}:…@{at}/emporion"
    with sqlalchemy.create_engine(url.replace("…", token)).connect() as connection:
        assert connection.execute(sqlalchemy.text(ALL)).scalars().all() == ["EU", "EU"]
    [url] = re.findall(r"jdbc:postgresql://\S+", page.text)
    assert "product PostgreSQL" in java(PROGRAM, url, "", PGPASSWORD=token)
    assert "psycopg.connect(" not in world.browser("stranger").visit(f"/products/{world.product}?tab=use").text


class Raw:
    """A conversation message by message, which can stop between the description of a portal and its execution."""

    def __init__(self, world, who: str):
        self.socket = socket.create_connection(("127.0.0.1", world.pg_port), timeout=30)
        name, token = person(world, who)
        startup = struct.pack("!I", 196608) + f"user\0{name}\0database\0emporion\0\0".encode()
        self.socket.sendall(struct.pack("!I", len(startup) + 4) + startup)
        self.send(b"p", f"{token}\0".encode())
        self.until(b"Z")

    def send(self, kind: bytes, body: bytes = b""):
        self.socket.sendall(kind + struct.pack("!I", len(body) + 4) + body)

    def exactly(self, count: int) -> bytes:
        read = b""
        while len(read) < count:
            some = self.socket.recv(count - len(read))
            assert some, "the conversation has ended"
            read += some
        return read

    def until(self, *kinds: bytes) -> list[tuple[bytes, bytes]]:
        """The messages up to one of these kinds, or an error."""
        got = []
        while not got or got[-1][0] not in (*kinds, b"E"):
            kind, length = self.exactly(1), struct.unpack("!I", self.exactly(4))[0]
            got.append((kind, self.exactly(length - 4)))
        return got

    def simple(self, sql: str):
        self.send(b"Q", f"{sql}\0".encode())
        self.until(b"Z")

    def describe(self, sql: str, portal: str = ""):
        self.send(b"P", f"\0{sql}\0".encode() + struct.pack("!h", 0))
        self.send(b"B", f"{portal}\0\0".encode() + struct.pack("!hhh", 0, 0, 0))
        self.send(b"D", f"P{portal}\0".encode())
        self.send(b"H")
        assert self.until(b"T")[-1][0] == b"T"

    def execute(self, portal: str = "", rows: int = 0) -> list[str] | str:
        """The values of the only column, or the class of the error."""
        self.send(b"E", f"{portal}\0".encode() + struct.pack("!i", rows))
        self.send(b"H")
        *told, (kind, body) = self.until(b"C", b"s")
        if kind == b"E":
            return next(part[1:].decode() for part in body.split(b"\0") if part[:1] == b"C")
        return [row[6:].decode() for kind, row in told if kind == b"D"]

    def end(self):
        self.send(b"S")
        self.until(b"Z")


def test_a_portal_is_executed_with_the_rights_of_then(world):
    """What was read for its description, or is left of it, is not sent to who may read less by now."""
    users = f"{world.path}/users"
    someone = world.server.new_user("waiting")
    world.people["waiting"] = someone

    def may(**role):
        world.bob.patch(users, {"update": [{"userId": someone.id} | role]})

    world.bob.patch(users, {"add": [{"userId": someone.id, "role": "viewer"}]})
    raw = Raw(world, "waiting")
    raw.describe(ALL)
    assert raw.execute() == [REGION, "EU", "EU"]
    raw.end()
    raw.describe(ALL)
    may(rowFilters={"customer": "region = 'EU'"})
    assert raw.execute() == ["EU", "EU"]
    raw.end()
    may(rowFilters={})
    raw.describe(ALL)
    may(columnMasks={"customer": {"region": "firstLetters"}})
    assert REGION not in str(raw.execute())
    raw.end()
    may(columnMasks={})
    # A part was sent: the rest is not, be it that he reads less, or nothing.
    widen = {"update": [{"userId": someone.id, "rowFilters": {}}]}
    narrow = {"update": [{"userId": someone.id, "rowFilters": {"customer": "region = 'EU'"}}]}
    for change in (narrow, {"remove": [someone.id]}):
        world.bob.patch(users, widen)
        raw.simple("BEGIN")
        raw.describe("SELECT region FROM customers.customer ORDER BY id DESC", "p")
        assert raw.execute("p", 1) == ["EU"]
        world.bob.patch(world.path, {"description": f"Changed by somebody, {time.time()}."})
        assert raw.execute("p", 1) == ["EU"], "what changes nothing for him goes on"
        world.bob.patch(users, change)
        assert raw.execute("p", 1) in ("42501", "42P01")
        raw.end()
        raw.simple("ROLLBACK")


def test_what_portals_keep_is_bounded(world):
    """In bytes, for a connection and for all of a user's: beyond it the transaction fails, and nothing of it is kept."""
    wide = f"SELECT '{'x' * 8_000}' AS x FROM generate_series(1, 800)"
    users = f"{world.path}/users"
    someone = world.people["keeping"] = world.server.new_user("keeping")
    world.bob.patch(users, {"add": [{"userId": someone.id, "role": "viewer"}]})

    def keep(raw: Raw, name: str) -> list[str] | str:
        raw.send(b"B", f"{name}\0wide\0".encode() + struct.pack("!hhh", 0, 0, 0))
        return raw.execute(name, 1)

    def begun() -> Raw:
        raw = Raw(world, "keeping")
        raw.simple("BEGIN")
        raw.send(b"P", f"wide\0{wide}\0".encode() + struct.pack("!h", 0))
        raw.end()
        return raw

    def kept_of(raw: Raw, wanted: int) -> int:
        """How many of so many it keeps: what comes behind a refusal is thrown away."""
        for at in range(wanted):
            if (kept := keep(raw, f"p{at}")) == "54000":
                return at
            assert isinstance(kept, list) and len(kept) == 1, kept
        return wanted

    one = begun()
    count = kept_of(one, 100)
    assert 3 <= count <= 5
    one.end()
    assert keep(one, "again") == "25P02", "the transaction has failed"
    one.end()
    # What it kept went with it; also what another transaction did, that has ended.
    one.simple("ROLLBACK")
    for _ in range(3):
        one.simple("BEGIN")
        assert kept_of(one, count) == count
        one.simple("COMMIT")
    others = [begun() for _ in range(6)]
    kept = [kept_of(other, count - 1) for other in others]
    assert kept[0] == count - 1 > kept[-1]
    assert shown(world, "viewer", "SELECT 1") == ["1"]
    for raw in (one, *others):
        raw.socket.close()


def test_what_is_bound_to_portals_is_bounded(world):
    raw = Raw(world, "viewer")
    raw.simple("BEGIN")
    raw.send(b"P", b"long\0SELECT length($1)\0" + struct.pack("!h", 0))
    value = b"x" * 2_000_000
    for at in range(100):
        raw.send(b"B", f"p{at}\0long\0".encode() + struct.pack("!hhI", 0, 1, len(value)) + value + struct.pack("!h", 0))
        raw.send(b"H")
        if raw.until(b"2")[-1][0] == b"E":
            break
    assert 10 < at < 17
    raw.end()
    raw.socket.close()


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


def test_what_is_left_of_a_portal_over_the_catalogue_is_not_sent_once_it_tells_less(world):
    users = f"{world.path}/users"
    someone = world.people["looking"] = world.server.new_user("looking")
    columns = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'customers' ORDER BY 1"
    world.bob.patch(users, {"add": [{"userId": someone.id, "role": "viewer"}]})
    raw = Raw(world, "looking")
    raw.simple("BEGIN")
    raw.describe(columns, "p")
    [first] = raw.execute("p", 1)
    world.bob.patch(world.path, {"description": f"Changed by somebody, {time.time()}."})
    [second] = raw.execute("p", 1)
    assert first < second, "what changes nothing for him goes on"
    world.bob.patch(users, {"remove": [someone.id]})
    assert raw.execute("p", 1) == "42501"
    raw.end()
    raw.simple("ROLLBACK")
    raw.describe(columns, "p")
    assert raw.execute("p") == []
    raw.end()


@pytest.mark.parametrize("is_known", [False, True], ids=["stranger", "viewer"])
@pytest.mark.parametrize(
    "malformed",
    [
        message(b"P", b"\0"),
        message(b"P", b"\0SELECT 1\0\0\x05"),
        message(b"B", b"\0"),
        message(b"B", b"\0\0" + struct.pack("!hhI", 0, 1, 9_999_999)),
        message(b"E", b"\0"),
        message(b"D", b""),
        message(b"C", b""),
        message(b"Q", b"SELECT 1"),
        b"Q" + struct.pack("!I", 3),
        b"Q" + struct.pack("!I", 1 << 31),
    ],
)
def test_a_malformed_message_ends_the_conversation_and_nothing_else(world, malformed, is_known):
    name, token = person(world, "viewer")
    begins = struct.pack("!I", 196_608) + f"user\0{name}\0database\0emporion\0\0".encode()
    with socket.create_connection(("127.0.0.1", world.pg_port), timeout=10) as one:
        one.sendall(struct.pack("!I", len(begins) + 4) + begins)
        if is_known:
            one.sendall(message(b"p", token.encode() + b"\0"))
        one.sendall(malformed)
        said = b""
        while part := one.recv(65_536):
            said += part
    assert b"SFATAL\0" in said and b"C08P01\0" in said, said
    assert "panicked" not in world.server.log_tail()
    assert shown(world, "viewer", "SELECT count(*) FROM customers.customer") == ["3"]

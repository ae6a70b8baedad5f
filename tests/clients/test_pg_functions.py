"""What PostgreSQL says, over an SQLite source: each statement answers what PostgreSQL itself does over the same rows."""

import datetime
import re
import threading
import time
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from chat_world import Modelled, dataset
from emporion_server import free_port
from test_pg_door import java
from real_databases import postgresql

DAYS = Path(__file__).with_name("PgDays.java")
ROWS = (
    "INSERT INTO orders VALUES (1, 'Ann_a', '2024-12-31', '2025-01-01 00:30:00', 10, 'x', 10, TRUE),"
    " (2, 'ann%b', '2025-01-31', '2025-02-28 10:00:00', 7, NULL, 2.5, FALSE), (3, 'Bo*', '2025-03-30', NULL, 5, 'y', 1, NULL),"
    " (4, 'bo[', '2024-02-29', '2024-02-29 23:59:59', NULL, 'x', NULL, TRUE);"
)
TABLE = "CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT, ordered_on DATE, paid_at TIMESTAMP, amount INTEGER, kind TEXT,"
TABLE += " price NUMERIC(10, 2), is_paid BOOLEAN);"
FROM = "FROM modelled.orders ORDER BY id"
EXPRESSIONS = [
    "ordered_on >= date '2025-01-01'",
    "ordered_on >= '2025-01-31'::timestamp",
    "ordered_on between '2025-01-01'::date and '2025-12-31'::date",
    "ordered_on in ('2025-01-31', '2024-02-29')",
    "paid_at >= '2025-01-01'",
    "paid_at < '2025-02-28 10:00:00'",
    "paid_at::date = '2024-02-29'",
    "paid_at > ordered_on",
    "extract(year from ordered_on)",
    "extract(quarter from paid_at)",
    "extract(dow from ordered_on)",
    "extract(isodow from ordered_on)",
    "extract(week from ordered_on)",
    "extract(isoyear from ordered_on)",
    "date_part('month', ordered_on)",
    "extract(epoch from paid_at)",
    "extract(epoch from paid_at - timestamp '2025-01-01 00:00:00')",
    "date_trunc('year', ordered_on)",
    "date_trunc('quarter', paid_at)",
    "date_trunc('month', ordered_on)",
    "date_trunc('week', paid_at)",
    "date_trunc('day', paid_at)",
    "date_trunc('hour', paid_at)",
    "date_trunc('month', ordered_on) = '2025-01-01'",
    "to_char(ordered_on, 'YYYY-MM')",
    "to_char(paid_at, 'DD Mon YYYY HH24:MI')",
    "to_char(ordered_on, 'YYYY\"-Q\"Q')",
    "to_char(ordered_on, 'IYYY-IW')",
    "ordered_on + 30",
    "ordered_on - 1",
    "ordered_on - date '2024-12-01'",
    "ordered_on + interval '1 month'",
    "paid_at - interval '1 year 2 days'",
    "paid_at + interval '90 minutes'",
    "ordered_on - 2 * interval '1 month'",
    "paid_at + (interval '1 day 2 hours' * amount)",
    # As Superset bounds times and groups them.
    "ordered_on >= to_date('2025-01-31', 'YYYY-MM-DD')",
    "to_date('31.1.2025', 'DD.MM.YYYY')",
    "paid_at >= to_timestamp('2025-01-01 00:30:00.000000', 'YYYY-MM-DD HH24:MI:SS.US')",
    "to_date(to_char(ordered_on, 'YYYY-MM-DD'), 'yyyy-mm-dd')",
    "to_timestamp(to_char(paid_at, 'YYYY-MM-DD HH24:MI:SS'), 'YYYY-MM-DD HH24:MI:SS')",
    "to_timestamp('2025-01-01 00:30:00.250000', 'YYYY-MM-DD HH24:MI:SS.US') + interval '1 day'",
    "date_trunc('hour', paid_at) + interval '5 minutes' * floor(extract(minute from paid_at) / 5)",
    "date_trunc('minute', paid_at) + interval '30 seconds' * floor(extract(second from paid_at) / 30)",
    "name like 'ann%'",
    "name like 'Ann\\_a'",
    "name not like '%b%'",
    "name like '%*'",
    "name like '%[%'",
    "name ilike 'ANN%'",
    "name ilike 'ann\\%%'",
    "10::numeric / 4",
    "(amount::numeric / 4)::numeric(10, 1)",
    "amount / 4",
    "2.7::int",
    "'42'::int + 1",
    "'true'::boolean and amount > 6",
    "'abcdef'::varchar(3)",
    "greatest(amount, 6)",
    "least(amount, id, 3)",
    "left(name, 2) || right(name, 1)",
    "left(name, -1)",
    "strpos(name, 'n')",
    "position('n' in name)",
    "substring(name from 2 for 2)",
    "char_length(name)",
    "coalesce(kind, '-') || id::text",
    "id = any(array[1, 3])",
    "id <> all(array[1, 3])",
    "case when amount is null then date '2025-01-01' else ordered_on end",
    "row_number() over (order by kind, id)",
    "kind is distinct from 'x'",
    "paid_at = (select max(paid_at) from modelled.orders)",
    "paid_at <= (select max(paid_at) from modelled.orders)",
    "(select max(ordered_on) from modelled.orders) - 5",
    "nullif(ordered_on, date '2025-01-31') + 1",
    "ordered_on - '2024-12-01'",
    "extract(day from paid_at - timestamp '2024-12-31 12:00:00')",
    "date_part('day', paid_at - timestamp '2024-12-31 12:00:00')",
    "extract(day from ordered_on - 1)",
    "name like 'ANN#_%' escape '#'",
    "name like 'Ann#_%' escape '#'",
    "name ilike 'ANN#_%' escape '#'",
    "date '2024-02-29' + interval '1 year 1 month'",
    "ordered_on + interval '2 days 1 month'",
    "amount::boolean",
    "amount::int::int::int",
    "name like '\\'', name), amount FROM orders --'",
    "'a''b' like 'a''''b'",
    "'a''''b' like 'a''''b'",
    "'it''s' ilike 'IT''S'",
    "coalesce(kind, 'it''s \\')",
    "amount / 2.0",
    "price / 4",
    "price * 1.5 / amount",
    "amount % 3",
    "price % 2",
    "mod(amount, 3)",
    "mod(price, 2)",
    "amount / nullif(amount - 7, 0)",
    "case when amount <> 7 then 10 / (amount - 7) end",
    "extract(year from ordered_on) / 2",
    "id = '3'",
    "price > '2'",
    "amount + '3'",
    "is_paid = 'yes'",
    "not is_paid",
    "case id when '3' then 'three' else 'other' end",
    "ordered_on is distinct from '2025-01-31'",
    "ordered_on = any(array['2025-01-31'::date])",
    "coalesce(paid_at, '2020-02-02')",
    "greatest(ordered_on, '2025-01-31')",
    "1 between id and '2'",
    "round(price, 1)",
    "abs(amount - 8)",
    "ordered_on in (select ordered_on from modelled.orders where id < 3)",
    "sum(amount) over (order by id)",
    "lag(ordered_on) over (order by id)",
    "-amount",
]
STATEMENTS = [
    "SELECT sum(amount) / count(*), avg(amount), count(*) / 3 FROM modelled.orders",
    "SELECT sum(amount), max(price), min(ordered_on), max(paid_at), bool_or(is_paid) FROM modelled.orders",
    "SELECT avg(price) / 2 FROM modelled.orders",
    "SELECT s.total / 4 FROM (SELECT sum(amount) AS total FROM modelled.orders) s",
    "SELECT o.amount, n.n FROM modelled.orders o JOIN (VALUES (1, 'a'), (3, 'b')) AS n (id, n) ON n.id = o.id ORDER BY 1",
    "SELECT t.a + 1, t.b FROM (SELECT ordered_on, kind FROM modelled.orders) AS t (a, b) ORDER BY 1",
    "SELECT ordered_on FROM modelled.orders UNION SELECT '2025-01-31' ORDER BY 1",
    "WITH RECURSIVE up (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < 4) SELECT sum(n) / 4, count(*)"
    " FROM up, modelled.orders WHERE id = 1",
    "SELECT (SELECT o.amount / 2 FROM modelled.orders i WHERE i.id = o.id) FROM modelled.orders o ORDER BY o.id",
    "SELECT extract(year FROM ordered_on) AS year, sum(price) FROM modelled.orders GROUP BY year ORDER BY year",
    "SELECT id FROM modelled.orders ORDER BY id LIMIT '2' OFFSET '1'",
    "SELECT id FROM modelled.orders ORDER BY kind, id",
    "SELECT id FROM modelled.orders ORDER BY amount DESC LIMIT 2",
    "SELECT date_trunc('month', ordered_on) AS month, count(*) FROM modelled.orders GROUP BY 1 ORDER BY 1",
    "SELECT bool_and(amount > 6), bool_or(amount > 6) FROM modelled.orders",
    "SELECT count(*) FILTER (WHERE ordered_on >= '2025-01-01') FROM modelled.orders",
    "SELECT max(ordered_on) - min(ordered_on) FROM modelled.orders",
    "SELECT d + 30 FROM (SELECT ordered_on AS d FROM modelled.orders) AS t ORDER BY 1",
    "WITH m AS (SELECT max(ordered_on) AS last FROM modelled.orders) SELECT last - 7 FROM m",
    "SELECT max(d) - min(d) FROM (SELECT ordered_on AS d FROM modelled.orders) AS t",
    "WITH s(ordered_on) AS (SELECT id FROM modelled.orders) SELECT count(*) FROM s WHERE ordered_on = 1",
    "WITH s(n) AS (SELECT ordered_on FROM modelled.orders) SELECT n + 1 FROM s ORDER BY 1",
    "SELECT string_agg(name, ',' ORDER BY kind, id) FROM modelled.orders",
    "SELECT id, row_number() OVER w FROM modelled.orders WINDOW w AS (ORDER BY kind, id) ORDER BY id",
    "SELECT count(*) FROM modelled.orders a JOIN modelled.orders b ON a.paid_at = b.paid_at",
    "WITH m AS (SELECT date_trunc('month', ordered_on) AS month FROM modelled.orders) SELECT count(*) FROM m"
    " WHERE month >= '2025-01-01'",
    "SELECT n, id FROM generate_series(1, 3) AS s (n) LEFT JOIN modelled.orders ON id = n * 2 ORDER BY n",
    "SELECT d::date, count(o.id) FROM generate_series('2024-12-01'::date, '2025-03-01', '1 month') AS d"
    " LEFT JOIN modelled.orders o ON date_trunc('month', o.ordered_on) = d GROUP BY 1 ORDER BY 1",
    "SELECT o.id FROM modelled.orders o JOIN unnest(ARRAY[3, 1]) AS wanted ON wanted = o.id ORDER BY 1",
]
#: Of nothing that is stored, as tools send them.
COMPUTED = [
    "SELECT 1",
    "SELECT 1 AS a, 'x' AS b",
    "VALUES (1), (2)",
    "VALUES (1, 'a'), (2, NULL) ORDER BY 1 DESC",
    "SELECT current_date = now()::date, now() >= current_timestamp, 1 + 1",
    "SELECT 7 / 2, 7 / 2.0, 7 % 4, 'a' || 'b', upper('x'), length('abc'), NULL, NULL::int",
    "SELECT CASE WHEN 1 < 2 THEN 'less' ELSE 'more' END, 1 IN (1, 2), true AND NOT false",
    "SELECT date '2024-01-31' + interval '1 month', date '2024-03-01' - date '2024-02-01'",
    "SELECT extract(year FROM timestamp '2024-05-06 07:08:09'), to_char(date '2024-05-06', 'YYYY-MM')",
    "SELECT * FROM generate_series(1, 10)",
    "SELECT generate_series(1, 3)",
    "SELECT generate_series(1, 3) AS n",
    "SELECT n * 2 AS twice FROM generate_series(-2, 2) AS t (n) WHERE n <> 0",
    "SELECT count(*), sum(n) FROM generate_series(5, 1) AS t (n)",
    "SELECT * FROM pg_catalog.generate_series(2, 10, 4) AS g",
    "SELECT * FROM generate_series('2024-01-01'::date, '2024-12-01', '1 month')",
    "SELECT d FROM generate_series(timestamp '2024-01-31', timestamp '2024-06-30', interval '1 month') AS d",
    "SELECT d::date AS day FROM generate_series(date '2024-02-27', date '2024-03-02', interval '1 day') d",
    "SELECT max(t), count(*) FROM generate_series('2024-01-01 00:00:00'::timestamp, '2024-01-02', '15 minutes') AS g (t)",
    "SELECT * FROM generate_series('2024-01-05'::timestamp, '2024-01-01', '-36 hours'::interval)",
    "SELECT count(*) FROM generate_series('2024-01-05'::timestamp, '2024-01-01', '1 day')",
    "SELECT a.n, b.n FROM generate_series(1, 2) a (n) CROSS JOIN generate_series(1, 2) b (n) ORDER BY 1, 2",
    "SELECT * FROM unnest(ARRAY[3, 1, 2]) AS x ORDER BY x",
    "SELECT * FROM unnest(ARRAY['a', 'b'])",
    "SELECT x + 1 FROM unnest(ARRAY['2024-01-31', '2024-02-29']::date[]) AS t (x)",
    "WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT sum(n) FROM t",
    "SELECT x FROM (VALUES (1, 'one'), (2, 'two')) AS t (n, x) WHERE n = 2",
]
STATEMENTS += COMPUTED


@pytest.fixture(scope="module")
def doors(tmp_path_factory):
    port = free_port()
    fields = ("id", "name", "ordered_on", "paid_at", "amount", "kind", "price", "is_paid")
    made = Modelled(tmp_path_factory.mktemp("pg"), TABLE + ROWS, [dataset("orders", *fields)], [], EMPORION_PG_LISTEN=f"127.0.0.1:{port}")
    admin = made.server.admin
    door = f"host=127.0.0.1 port={port} dbname=emporion user={admin.name} password={admin.token}"
    with postgresql() as real, psycopg.connect(door, autocommit=True) as over_sqlite:
        where = real.server
        address = f"host={where['host']} port={where['port']} dbname={where['database']} user={where['user']}"
        with psycopg.connect(address, password=real.password, autocommit=True) as itself:
            itself.execute("CREATE SCHEMA modelled; SET search_path TO modelled;" + TABLE + ROWS)
            made.port = port
            yield over_sqlite, itself, made
    assert made.server.stop() == 0, made.server.log_tail()


def plain(value):
    """A value, whatever type it came in: SQLite has no days, no moments and no decimals."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (Decimal, float)):
        return round(float(value), 6)
    if isinstance(value, (datetime.date, datetime.datetime)):
        return str(value).removesuffix("+00:00")
    return value


def answers(connection, statement: str, parameters=None) -> list[list]:
    return [[plain(value) for value in row] for row in connection.execute(statement, parameters).fetchall()]


def names(connection, statement: str) -> list[str]:
    return [column.name for column in connection.execute(statement).description]


def like_numbers(rows: list[list]) -> list[list]:
    return [[float(value) if isinstance(value, int) else value for value in row] for row in rows]


@pytest.mark.parametrize("statement", [f"SELECT {expression} {FROM}" for expression in EXPRESSIONS] + STATEMENTS)
def test_a_statement_answers_what_postgresql_does(doors, statement):
    over_sqlite, itself, _ = doors
    assert like_numbers(answers(over_sqlite, statement)) == like_numbers(answers(itself, statement))
    assert names(over_sqlite, statement) == names(itself, statement)


#: Types that clients are told, by what they make of them. Moments have a zone there that they have not here.
KINDS = {
    **dict.fromkeys((20, 21, 23), "whole"), **dict.fromkeys((1700, 701, 700), "decimal"), 16: "flag", 1082: "day",
    **dict.fromkeys((1114, 1184), "moment"), **dict.fromkeys((25, 1043, 1042, 19, 705), "text"),
}  # fmt: skip


def kinds(connection, statement: str, told=lambda ran: [column.type_code for column in ran.description]) -> list[str]:
    return [KINDS.get(code, str(code)) for code in told(connection.execute(statement))]


@pytest.mark.parametrize("statement", [f"SELECT {expression} {FROM}" for expression in EXPRESSIONS] + STATEMENTS)
def test_columns_are_of_the_types_that_postgresql_tells(doors, statement):
    over_sqlite, itself, _ = doors
    assert kinds(over_sqlite, statement) == kinds(itself, statement)
    # What a statement is told to answer before it runs is what it answers.
    assert described(over_sqlite, statement)[1] == described(itself, statement)[1]


def described(connection, statement: str, *given: int) -> tuple[list[str], list[str]]:
    """What is told of the parameters and of the columns of a statement that is prepared."""
    plain = connection.pgconn
    made = plain.prepare(b"", statement.encode(), list(given) or None)
    assert made.status == psycopg.pq.ExecStatus.COMMAND_OK, made.error_message
    told = plain.describe_prepared(b"")
    taken = [KINDS.get(told.param_type(at), str(told.param_type(at))) for at in range(told.nparams)]
    return taken, [KINDS.get(told.ftype(at), str(told.ftype(at))) for at in range(told.nfields)]


@pytest.mark.parametrize(
    "condition",
    [
        "ordered_on >= $1",
        "paid_at BETWEEN $1 AND $2",
        "id = $1 OR amount > $2",
        "price * $1 > 3",
        "name LIKE $1 AND kind = $2",
        "is_paid = $1 AND $2",
        "$1 < ordered_on + 1",
        "ordered_on = $1::date AND name = $2::text",
        "extract(year FROM ordered_on) = $1",
        "coalesce(amount, $1) > 3",
        "id IN ($1, $2)",
        "ordered_on - $1 > 30",
        "ordered_on + $1::int > '2025-01-01'",
        "lower(name) = $1",
        "substr(name, $1) = 'x'",
        "paid_at > $1::timestamptz",
        "(id, name) = ($1, $2)",
        "EXISTS (SELECT 1 FROM modelled.orders i WHERE i.ordered_on = $1 AND i.id = o.id)",
        "CASE WHEN id = $1 THEN ordered_on ELSE $2 END > '2025-01-01'",
        "$1 = id AND $1 = amount",
        "amount > (SELECT avg(amount) FROM modelled.orders WHERE kind = $1)",
        "nullif(kind, $1) IS NULL",
    ],
)
def test_parameters_are_of_the_types_that_postgresql_tells(doors, condition):
    over_sqlite, itself, _ = doors
    more = max(int(number) for number in re.findall(r"\$(\d)", condition)) + 1
    statement = f"SELECT id FROM modelled.orders o WHERE {condition} LIMIT ${more}"
    assert described(over_sqlite, statement)[0] == described(itself, statement)[0]


def test_what_is_computed_takes_parameters(doors):
    for statement, values in [
        ("SELECT %s + 1", [2]),
        ("SELECT %s::text, %s::int * 2", ["x", 4]),
        ("SELECT * FROM generate_series(1, %s)", [3]),
        ("SELECT * FROM generate_series(%s::int, %s::int, 2)", [1, 6]),
        ("SELECT %s::date + 1", [datetime.date(2024, 2, 28)]),
        ("SELECT 3 = ANY(%s)", [[1, 2, 3]]),
    ]:
        assert answers(doors[0], statement, values) == answers(doors[1], statement, values), statement
    for connection in doors[:2]:
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("SELECT 1 / %s", [0])
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("SELECT 1 FROM nothing_here")


def test_what_is_computed_is_bounded(doors):
    door = doors[0]
    for statement, error in [
        ("SELECT * FROM generate_series(1, 1000000000000)", psycopg.errors.UndefinedFunction),
        ("SELECT * FROM generate_series('0001-01-01'::timestamp, '9999-01-01', '1 minute')", psycopg.errors.UndefinedFunction),
        ("SELECT generate_series(1, 1000000000000)", psycopg.errors.UndefinedFunction),
        ("SELECT count(*) FROM generate_series(1, 9999) a, generate_series(1, 9999) b", psycopg.errors.ProgramLimitExceeded),
        ("SELECT a.* FROM generate_series(1, 200) a, generate_series(1, 200) b", psycopg.errors.ProgramLimitExceeded),
        ("WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t", psycopg.errors.ProgramLimitExceeded),
        ("SELECT randomblob(100000000)", psycopg.errors.UndefinedFunction),
        ("SELECT load_extension('x')", psycopg.errors.UndefinedFunction),
        ("SELECT * FROM sqlite_master", psycopg.errors.UndefinedTable),
        ("SELECT * FROM unnest(%s)" % "ARRAY(SELECT 1)", psycopg.errors.FeatureNotSupported),
    ]:
        with pytest.raises(error):
            door.execute(statement)
    # What goes on for long ends with its time, or with who cancels it.
    series = ", ".join(f"generate_series(1, 999) s{at} (n)" for at in range(4))
    endless = f"SELECT count(*) FROM {series} WHERE s0.n + s1.n + s2.n + s3.n = 5"
    door.execute("SET statement_timeout = 500")
    began = time.monotonic()
    with pytest.raises(psycopg.errors.QueryCanceled):
        door.execute(endless)
    assert time.monotonic() - began < 5
    door.execute("RESET statement_timeout")
    threading.Timer(0.5, door.cancel).start()
    with pytest.raises(psycopg.errors.QueryCanceled):
        door.execute(endless)
    assert time.monotonic() - began < 9 and answers(door, "SELECT 1") == [[1]]


def test_nothing_is_divided_by_zero(doors):
    over_sqlite, itself, _ = doors
    for expression in ("1 / 0", "amount / (id - id)", "price / 0", "amount % 0", "mod(id, 0)", "mod(price, 0.0)", "1.5 / (amount - 7)"):
        for connection in (over_sqlite, itself):
            with pytest.raises(psycopg.errors.DivisionByZero):
                connection.execute(f"SELECT {expression} {FROM}")
    with pytest.raises(psycopg.errors.DivisionByZero):
        over_sqlite.execute("SELECT sum(amount) / count(*) FROM modelled.orders WHERE id > 9")
    assert answers(over_sqlite, "SELECT count(*) FROM modelled.orders WHERE id / %s > 1", [2]) == [[1]]
    with pytest.raises(psycopg.errors.DivisionByZero):
        over_sqlite.execute("SELECT count(*) FROM modelled.orders WHERE id / %s > 1", [0])


@pytest.mark.parametrize("expression", ["id = 'three'", "price > 'much'", "is_paid = 'perhaps'", "'2.5'::int"])
def test_a_literal_that_is_none_of_its_type_is_refused(doors, expression):
    for connection in doors[:2]:
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            connection.execute(f"SELECT {expression} {FROM}")


@pytest.mark.parametrize(
    "condition, value",
    [
        ("ordered_on >= %s", datetime.date(2025, 1, 1)),
        ("ordered_on >= %s", datetime.datetime(2025, 1, 31, 0, 0)),
        ("ordered_on >= %s", datetime.datetime(2025, 1, 31, 10, 0)),
        ("paid_at >= %s", datetime.date(2025, 1, 1)),
        ("paid_at < %s", datetime.datetime(2025, 2, 28, 10, 0)),
        # As drivers for Java bind a day and a moment: a text of no type, with a zone.
        ("ordered_on >= %s", "2025-01-31 +00"),
        ("ordered_on = cast(%s as date)", "2025-01-31 +01"),
        ("ordered_on < %s", "2025-01-31 -05:30"),
        ("paid_at >= %s", "2025-01-31 10:00:00+02"),
        ("paid_at < cast(%s as timestamp)", "2025-02-28 10:00:01-08"),
        ("paid_at BETWEEN %s AND '2025-03-01 00:00:00+02'", "2025-01-01 00:00:00+00"),
        ("name LIKE %s", "ann%"),
        ("name LIKE %s", "%*"),
        ("id = %s", "3"),
        ("price > %s", "2"),
        ("price > %s", Decimal("2.4")),
        ("price > %s", 2.4),
        ("is_paid = %s", True),
        ("is_paid = %s", "f"),
        ("amount / %s = 2", 3),
        ("amount / %s > 2.3", Decimal("3")),
    ],
)
def test_parameters_are_compared_as_there(doors, condition, value):
    over_sqlite, itself, _ = doors
    statement = f"SELECT id FROM modelled.orders WHERE {condition} ORDER BY id"
    assert answers(over_sqlite, statement, [value]) == answers(itself, statement, [value])


def test_java_counts_since_a_day_and_a_moment(doors):
    over_sqlite, itself, made = doors
    admin = made.server.admin
    url = f"jdbc:postgresql://127.0.0.1:{made.port}/emporion"
    told = set(java(DAYS, url, admin.name, PGPASSWORD=admin.token, TZ="Europe/Berlin"))
    for column, what, value in [
        # A day is bound as a text without a type, which PostgreSQL takes for what stands beside it; so is a moment.
        ("ordered_on", "day", "'2025-01-31'"),
        ("ordered_on", "moment", "'2025-01-31 09:30:00'"),
        ("paid_at", "day", "'2025-01-31'"),
        ("paid_at", "moment", "'2025-01-31 09:30:00'"),
        ("ordered_on", "typed moment", "timestamp '2025-01-31 09:30:00'"),
        ("paid_at", "typed moment", "timestamp '2025-01-31 09:30:00'"),
        ("ordered_on", "zoned moment", "timestamp '2025-01-30 23:30:00'"),
        ("paid_at", "zoned moment", "timestamp '2025-01-30 23:30:00'"),
    ]:
        [[count]] = answers(itself, f"SELECT count(*) FROM modelled.orders WHERE {column} >= {value}")
        assert count > 0 and f"{column} {what} {count}" in told, (told, column, what, count)
    assert len(told) == 8


def test_sqlalchemy_counts_since_a_day(doors):
    _, _, made = doors
    admin = made.server.admin
    url = sqlalchemy.URL.create("postgresql+psycopg", admin.name, admin.token, "127.0.0.1", made.port, "emporion")
    engine = sqlalchemy.create_engine(url)
    orders = sqlalchemy.Table("orders", sqlalchemy.MetaData(), schema="modelled", autoload_with=engine)
    counted = sqlalchemy.select(sqlalchemy.func.count()).where(orders.c.ordered_on >= datetime.date(2025, 1, 1))
    with engine.connect() as connection:
        assert connection.execute(counted).scalar() == 2
    engine.dispose()


def test_stored_texts_are_days_that_there_are(doors):
    over_sqlite, itself, _ = doors
    texts = ["2024-02-29", "2024-02-29 10:11:12", "2026-01-05 and more"]
    wrong = ["2026-02-30", "2026-01-123", "now", "2026x"]

    def read(connection, said: str, text: str) -> list[list]:
        return answers(connection, f"SELECT {said} FROM (SELECT '{text}' || substr(name, 1, 0) AS x FROM modelled.orders WHERE id = 1) t")

    for said in ("to_date(x, 'YYYY-MM-DD')", "to_timestamp(x, 'YYYY-MM-DD')"):
        for text in texts:
            assert read(over_sqlite, said, text) == read(itself, said, text), (said, text)
        for text in wrong:
            assert read(over_sqlite, said, text) == [[None]], (said, text)
            with pytest.raises(psycopg.Error):
                read(itself, said, text)
    for said in ("to_date(x, 'YYYY-MM-DD HH24:MI:SS')", "to_timestamp(x, 'YYYY-MM-DD HH24:MI:SS')"):
        for text in texts[:2] + ["2024-02-29 10:11:12+02:00"]:
            assert read(over_sqlite, said, text) == read(itself, said, text), (said, text)


def test_all_digits_up_to_a_separator_are_of_a_part(doors):
    for connection in doors[:2]:
        with pytest.raises(psycopg.Error, match="out of range"):
            connection.execute("SELECT to_date('2026-01-123', 'YYYY-MM-DD')")


@pytest.mark.parametrize(
    "expression",
    ["to_date('Jan 2025', 'Mon YYYY')", "to_date(name, 'DD.MM.YYYY')", "paid_at + interval '1 day' * 1.5", "ordered_on >= '20250101'", "'January 5, 2025'::date", "ordered_on - paid_at", "paid_at - paid_at", "interval '1 day'", "to_char(amount, '999')", "name::jsonb", "ordered_on at time zone 'Asia/Tokyo'"],
)
def test_what_cannot_be_said_is_refused(doors, expression):
    over_sqlite, _, _ = doors
    with pytest.raises(psycopg.Error, match="is not offered over an SQLite source"):
        over_sqlite.execute(f"SELECT {expression} {FROM}")


def test_what_grows_while_it_is_written_is_refused(doors):
    """Some operands are written several times for SQLite, and could stand in one another without end."""
    over_sqlite, _, _ = doors
    for deep in ("amount" + "::int" * 40, "greatest(" * 12 + "amount" + ", 1, 2)" * 12):
        with pytest.raises(psycopg.Error, match="too long|too deep|nested"):
            over_sqlite.execute(f"SELECT {deep} {FROM}")

"""Drivers that take a statement's types from its description, and encode by them: asyncpg, pg8000 and JDBC."""

import asyncio
import csv
import datetime
import io
import json
from decimal import Decimal
from pathlib import Path

import asyncpg
import pg8000.native
import psycopg
import pytest

from chat_world import Modelled, dataset
from emporion_server import free_port
from real_databases import postgresql
from test_masks import World as PeopleWorld
from test_pg_door import java

TYPES = Path(__file__).with_name("PgTypes.java")
SCRIPT = (
    "CREATE TABLE deals (id INTEGER PRIMARY KEY, name TEXT, day DATE, at TIMESTAMP, price NUMERIC(10, 2), share DOUBLE,"
    " is_open BOOLEAN);"
    "INSERT INTO deals VALUES (1, 'one', '2025-01-31', '2025-01-31 10:00:00', 10.5, 0.25, TRUE),"
    " (2, 'two', '2025-02-28', '2025-02-28 11:30:00', 3, 0.5, FALSE), (3, 'Ünï', NULL, NULL, NULL, NULL, NULL);"
)
DAY, AT = datetime.date(2025, 2, 1), datetime.datetime(2025, 2, 28, 11, 30)
#: A condition, what is bound to it, and the rows that fulfil it.
CONDITIONS = [
    ("day >= $1", [DAY], [2]),
    ("at >= $1", [AT], [2]),
    ("id > $1 AND id < $2", [1, 3], [2]),
    ("price > $1", [Decimal("3.5")], [1]),
    ("share < $1", [0.4], [1]),
    ("is_open = $1", [False], [2]),
    ("name = $1", ["Ünï"], [3]),
    ("name LIKE $1 OR day IS NULL", ["o%"], [1, 3]),
    ("coalesce(day, $1) > $1", [datetime.date(2025, 1, 31)], [2]),
    ("day + $1 > '2025-02-28'", [1], [2]),
    ("date_trunc('month', at) = $1", [datetime.datetime(2025, 1, 1)], [1]),
    ("price * $1 = 21", [Decimal(2)], [1]),
    ("$1::text = name", ["two"], [2]),
    ("name = $1", ["' OR 1 = 1 --"], []),
    ("id = ANY($1)", [[1, 3, 7]], [1, 3]),
    ("name = ANY($1)", [["two", "a,b", 'q"{'],], [2]),
    ("day = ANY($1)", [[datetime.date(2025, 1, 31)]], [1]),
    ("id <> ALL($1)", [[1, 3]], [2]),
    ("id = ANY($1)", [[]], []),
    ("id <> ALL($1)", [[]], [1, 2, 3]),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    port = free_port()
    fields = ("id", "name", "day", "at", "price", "share", "is_open")
    made = Modelled(tmp_path_factory.mktemp("drivers"), SCRIPT, [dataset("deals", *fields)], [], EMPORION_PG_LISTEN=f"127.0.0.1:{port}")
    made.pg_port = port
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def over_asyncpg(world, work):
    async def run():
        admin = world.server.admin
        settings = {"host": "127.0.0.1", "port": world.pg_port, "database": "emporion", "user": admin.name}
        connection = await asyncpg.connect(password=admin.token, **settings)
        try:
            return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(run())


@pytest.mark.parametrize("condition, bound, rows", CONDITIONS)
def test_asyncpg_binds_what_it_is_told(world, condition, bound, rows):
    sql = f"SELECT id FROM modelled.deals WHERE {condition} ORDER BY id"

    async def work(connection):
        return [[row["id"] for row in await connection.fetch(sql, *bound)] for _ in range(2)]

    assert over_asyncpg(world, work) == [rows, rows]


def test_asyncpg_reads_values_of_their_types(world):
    async def work(connection):
        row = await connection.fetchrow("SELECT *, count(*) OVER () AS n, id > $1 AS late FROM modelled.deals WHERE id = $2", 0, 2)
        prepared = await connection.prepare("SELECT day, price FROM modelled.deals WHERE day > $1 LIMIT $2")
        told = [one.name for one in prepared.get_parameters()]
        columns = [one.type.name for one in prepared.get_attributes()]
        with pytest.raises(asyncpg.DataError):
            await connection.fetch("SELECT 1 FROM modelled.deals WHERE day > $1", "tomorrow")
        with pytest.raises(asyncpg.DivisionByZeroError):
            await connection.fetch("SELECT id / $1::int FROM modelled.deals", 0)
        async with connection.transaction():
            halves = [row["id"] async for row in connection.cursor("SELECT id FROM modelled.deals ORDER BY id", prefetch=2)]
        found = await connection.fetch("SELECT relname FROM pg_class WHERE relkind = $1 AND relname = $2", b"r", "deals")
        return dict(row), told, columns, halves, [one["relname"] for one in found]

    row, told, columns, halves, found = over_asyncpg(world, work)
    assert row == {
        "id": 2, "name": "two", "day": datetime.date(2025, 2, 28), "at": AT, "price": Decimal(3), "share": 0.5, "is_open": False,
        "n": 1, "late": True,
    }  # fmt: skip
    assert (told, columns) == (["date", "int8"], ["date", "numeric"])
    assert halves == [1, 2, 3] and found == ["deals"]


def test_arrays_are_answered_where_there_are_any(world):
    """Of the catalogue and of what is computed; an SQLite source has none, and says so."""

    async def work(connection):
        [row] = await connection.fetch("SELECT ARRAY[1, 2] AS a, ARRAY['x', 'y,z'] AS b, ARRAY[true, NULL] AS c")
        [named] = await connection.fetch("SELECT array_agg(attname::text ORDER BY attnum) AS a FROM pg_attribute WHERE attname IN ('day', 'at')")
        for made in ("array_agg(id)", "string_to_array(name, ',')"):
            with pytest.raises(asyncpg.FeatureNotSupportedError, match="an array is not offered over an SQLite source"):
                await connection.fetch(f"SELECT {made} FROM modelled.deals")
        return dict(row), named["a"]

    assert over_asyncpg(world, work) == ({"a": [1, 2], "b": ["x", "y,z"], "c": [True, None]}, ["day", "at"])


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """A product over PostgreSQL."""
    with postgresql() as source:
        made = PeopleWorld(tmp_path_factory.mktemp("people"), source)
        yield made
        assert made.server.stop() == 0, made.server.log_tail()


def test_arrays_of_a_postgresql_source_are_arrays(people):
    async def work():
        settings = {"host": "127.0.0.1", "port": people.port, "database": "emporion", "user": people.address("plain")}
        door = await asyncpg.connect(password=people.people["plain"].token, **settings)
        made = "array_agg(id ORDER BY id) AS ids, array_agg(name ORDER BY id) AS names, array_agg(age > 200 ORDER BY id) AS old"
        row = await door.fetchrow(f"SELECT {made} FROM people.people")
        split = await door.fetchval("SELECT string_to_array(mail, '@') FROM people.people WHERE id = ANY($1)", [2])
        numbers = await door.fetch("SELECT n, name FROM generate_series($1::int, $2::int) n LEFT JOIN people.people ON id = n", 3, 4)
        await door.close()
        return list(row), split, [tuple(row) for row in numbers]

    row, split, numbers = asyncio.run(work())
    assert row == [[1, 2, 3], ["Nemo Atlantides", "Ada Byron", "Ada Byron"], [False, True, False]]
    assert split == ["ada", "x.example"] and numbers == [(3, "Ada Byron"), (4, None)]


def test_json_of_a_postgresql_source_is_json(people):
    """Documents, and texts, numbers and flags that are one: as drivers read them, prepared or not, and as they are copied."""
    long = "0.12345678901234567890"
    statements = [
        ("SELECT value FROM people.people p, jsonb_each(to_jsonb(p)) WHERE id = 2 AND key IN ('age', 'name') ORDER BY key", [210, "Ada Byron"]),
        ("SELECT jsonb_path_query(to_jsonb(p), '$.mail') FROM people.people p WHERE id = 2", ["ada@x.example"]),
        ("SELECT json_build_object('a', name, 'b', age) FROM people.people WHERE id = 2", [{"a": "Ada Byron", "b": 210}]),
        ("SELECT to_jsonb(id::text) FROM people.people WHERE id = 2", ["2"]),
        ("SELECT to_jsonb(id > 1) FROM people.people ORDER BY id", [False, True, True]),
        (f"SELECT jsonb_build_array(name, {long}) FROM people.people WHERE id = 2", [["Ada Byron", float(long)]]),
    ]
    name, secret = people.address("plain"), people.people["plain"].token
    with psycopg.connect(host="127.0.0.1", port=people.port, dbname="emporion", user=name, password=secret, autocommit=True) as door:
        for sql, told in statements:
            for is_prepared in (False, True):
                answered = door.execute(sql, prepare=is_prepared)
                assert [column.type_code for column in answered.description] == [psycopg.adapters.types["json"].oid], sql
                assert [row[0] for row in answered.fetchall()] == told, sql
            with door.cursor() as cursor, cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT csv)") as copy:
                lines = csv.reader(io.StringIO(b"".join(bytes(part) for part in copy).decode()))
                assert [json.loads(line[0]) for line in lines] == told, sql


def test_asyncpg_copies_out(world, tmp_path):
    async def work(connection):
        file = tmp_path / "deals.csv"
        done = await connection.copy_from_query("SELECT id, name FROM modelled.deals WHERE id < $1", 3, output=str(file), format="csv", header=True)
        binary = tmp_path / "deals.bin"
        await connection.copy_from_table("deals", schema_name="modelled", columns=["id"], output=str(binary), format="binary")
        return done, file.read_text(), binary.read_bytes()

    done, text, binary = over_asyncpg(world, work)
    assert (done, text) == ("COPY 2", "id,name\n1,one\n2,two\n")
    assert binary.startswith(b"PGCOPY\n\xff\r\n\0") and binary.endswith(b"\xff\xff")


@pytest.mark.parametrize("condition, bound, rows", CONDITIONS)
def test_pg8000_binds_what_it_is_told(world, condition, bound, rows):
    admin = world.server.admin
    for at in range(len(bound)):
        condition = condition.replace(f"${at + 1}", f":p{at + 1}")
    named = {f"p{at + 1}": value for at, value in enumerate(bound)}
    with pg8000.native.Connection(admin.name, host="127.0.0.1", port=world.pg_port, database="emporion", password=admin.token) as door:
        sql = f"SELECT id FROM modelled.deals WHERE {condition} ORDER BY id"
        assert [row[0] for row in door.run(sql, **named)] == rows
        [row] = door.run("SELECT day, at, price, is_open, id FROM modelled.deals WHERE id = 1")
        assert row == [datetime.date(2025, 1, 31), datetime.datetime(2025, 1, 31, 10), Decimal("10.5"), True, 1]


def test_java_is_told_what_it_may_bind(world):
    admin = world.server.admin
    told = java(TYPES, f"jdbc:postgresql://127.0.0.1:{world.pg_port}/emporion", admin.name, PGPASSWORD=admin.token)
    assert told == [
        "takes date int8 numeric bool text timestamp",
        "answers int8 date numeric int8 bool",
        "rows 2", "rows 2", "rows 2", "rows 2", "rows 2", "rows 2",
        "copied 2 1|one 2|two",
    ]  # fmt: skip

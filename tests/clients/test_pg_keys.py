"""Keys at the door of people's own tools: what the catalogue and the models know of them, as each person may see it."""

from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from chat_world import Modelled, dataset, related
from emporion_server import free_port
from test_pg_door import connect, java, refused, shown

KEYS = Path(__file__).with_name("PgKeys.java")
SCRIPT = (
    "CREATE TABLE regions (code TEXT PRIMARY KEY, name TEXT UNIQUE);"
    "CREATE TABLE customers (id INTEGER PRIMARY KEY, region TEXT REFERENCES regions (code), badge INTEGER REFERENCES badges (id));"
    "CREATE TABLE badges (id INTEGER PRIMARY KEY, secret TEXT);"
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id), ordered_on DATE);"
    "CREATE TABLE lines (order_id INTEGER, n INTEGER, sku TEXT, PRIMARY KEY (order_id, n));"
    "CREATE TABLE parcels (id INTEGER PRIMARY KEY, line_order INTEGER, line_n INTEGER, FOREIGN KEY (line_order, line_n)"
    " REFERENCES lines (order_id, n));"
    "INSERT INTO regions VALUES ('EU', 'Europe'); INSERT INTO customers VALUES (1, 'EU', 7); INSERT INTO badges VALUES (7, 'x');"
    "INSERT INTO orders VALUES (1, 1, '2026-01-31'); INSERT INTO lines VALUES (1, 1, 'a'); INSERT INTO parcels VALUES (1, 1, 1);"
)
#: The product has no badges: nobody is told of them.
TABLES = [
    dataset("regions", "code", "name"), dataset("customers", "id", "region", "badge"),
    dataset("orders", "id", "customer_id", "ordered_on"), dataset("lines", "order_id", "n", "sku") | {"primary_key": ["order_id", "n"]},
    dataset("parcels", "id", "line_order", "line_n"),
]  # fmt: skip
#: The database has no foreign key for it; the model says it.
RELATIONS = [related("l2o", "lines", "orders", "order_id", "id")]
FOREIGN = [
    "customers(region) > regions(code)",
    "lines(order_id) > orders(id)",
    "orders(customer_id) > customers(id)",
    "parcels(line_order,line_n) > lines(order_id,n)",
]
SCHEMA = "modelled"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    port = free_port()
    made = Modelled(tmp_path_factory.mktemp("keys"), SCRIPT, TABLES, RELATIONS, EMPORION_PG_LISTEN=f"127.0.0.1:{port}")
    made.pg_port = port
    made.people = {"admin": made.server.admin, **{who: made.server.new_user(who) for who in ("filtered", "masked", "stranger")}}
    made.mail = lambda who: made.people[who].name
    roles = [
        {"userId": made.people["filtered"].id, "role": "viewer", "rowFilters": {"orders": "id > 1"}},
        {"userId": made.people["masked"].id, "role": "viewer", "columnMasks": {"customers": {"id": "hashed"}, "lines": {"n": "hidden"}}},
    ]
    made.bob.patch(f"{made.path}/users", {"add": roles})
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace")


def engine_of(world, who: str) -> sqlalchemy.Engine:
    person = world.people[who]
    return sqlalchemy.create_engine(
        sqlalchemy.URL.create("postgresql+psycopg", person.name, person.token, "127.0.0.1", world.pg_port, "emporion")
    )


def foreign_keys(look: sqlalchemy.Inspector) -> list[str]:
    return sorted(
        f"{table}({','.join(key['constrained_columns'])}) > {key['referred_table']}({','.join(key['referred_columns'])})"
        for table in look.get_table_names(schema=SCHEMA)
        for key in look.get_foreign_keys(table, schema=SCHEMA)
    )


def test_sqlalchemy_reflects_keys(world):
    engine = engine_of(world, "filtered")
    look = sqlalchemy.inspect(engine)
    assert foreign_keys(look) == FOREIGN
    primary = {table: look.get_pk_constraint(table, schema=SCHEMA) for table in look.get_table_names(schema=SCHEMA)}
    assert {table: key["constrained_columns"] for table, key in primary.items()} == {
        "regions": ["code"], "customers": ["id"], "orders": ["id"], "lines": ["order_id", "n"], "parcels": ["id"],
    }  # fmt: skip
    assert primary["lines"]["name"] == "lines_pkey"
    assert [key["column_names"] for key in look.get_unique_constraints("regions", schema=SCHEMA)] == [["name"]]
    assert [index["column_names"] for index in look.get_indexes("regions", schema=SCHEMA)] == [["name"]]
    tables = sqlalchemy.MetaData(schema=SCHEMA)
    tables.reflect(engine)
    orders, customers = tables.tables["modelled.orders"], tables.tables["modelled.customers"]
    with engine.connect() as connection:
        # Joined by what was reflected.
        assert connection.execute(sqlalchemy.select(sqlalchemy.func.count()).select_from(orders.join(customers))).scalar() == 0
    engine.dispose()


def test_the_jdbc_driver_is_told_of_keys(world):
    person = world.people["filtered"]
    told = java(KEYS, f"jdbc:postgresql://127.0.0.1:{world.pg_port}/emporion", person.name, PGPASSWORD=person.token)
    assert told == [
        "customers primary id 1 customers_pkey",
        "lines primary order_id 1 lines_pkey", "lines primary n 2 lines_pkey",
        "orders primary id 1 orders_pkey",
        "parcels primary id 1 parcels_pkey",
        "regions primary code 1 regions_pkey",
        "customers imports region regions.code 1 customers_region_fkey regions_pkey",
        "lines imports order_id orders.id 1 lines_order_id_fkey orders_pkey",
        "orders imports customer_id customers.id 1 orders_customer_id_fkey customers_pkey",
        "parcels imports line_order lines.order_id 1 parcels_line_order_line_n_fkey lines_pkey",
        "parcels imports line_n lines.n 2 parcels_line_order_line_n_fkey lines_pkey",
        "customers exports id orders.customer_id",
        "lines exports order_id parcels.line_order", "lines exports n parcels.line_n",
        "orders exports id lines.order_id",
        "regions exports code customers.region",
        "regions unique code regions_pkey", "regions unique name regions_name_key",
        "crossed orders_customer_id_fkey",
        "best id",
    ]  # fmt: skip


def test_psql_shows_keys(world):
    told = "\n".join(shown(world, "filtered", r"\pset tuples_only off", r"\d modelled.lines"))
    assert '"lines_pkey" PRIMARY KEY, btree (order_id, n)' in told
    assert '"lines_order_id_fkey" FOREIGN KEY (order_id) REFERENCES orders(id)' in told
    assert 'TABLE "parcels" CONSTRAINT "parcels_line_order_line_n_fkey" FOREIGN KEY (line_order, line_n)' in told
    assert "lines_pkey" in "\n".join(shown(world, "filtered", r"\di modelled.*"))


def test_the_information_schema_has_keys(world):
    # As Power BI, Metabase and many more ask.
    sql = (
        "SELECT k.table_name, k.column_name, u.table_name, u.column_name FROM information_schema.referential_constraints r"
        " JOIN information_schema.key_column_usage k ON k.constraint_name = r.constraint_name AND k.constraint_schema = r.constraint_schema"
        " JOIN information_schema.key_column_usage u ON u.constraint_name = r.unique_constraint_name"
        " AND u.constraint_schema = r.unique_constraint_schema AND u.ordinal_position = k.position_in_unique_constraint"
        " WHERE k.table_name = 'parcels' ORDER BY k.ordinal_position"
    )
    assert shown(world, "filtered", sql) == ["parcels|line_order|lines|order_id", "parcels|line_n|lines|n"]
    kinds = "SELECT constraint_type, count(*) FROM information_schema.table_constraints GROUP BY 1 ORDER BY 1"
    assert shown(world, "filtered", kinds) == ["FOREIGN KEY|4", "PRIMARY KEY|5", "UNIQUE|1"]
    with connect(world, "filtered") as connection:
        sql = "SELECT conkey, confkey, contype FROM pg_constraint WHERE conname = %s"
        for binary in (False, True):
            cursor = connection.cursor(binary=binary)
            [row] = cursor.execute(sql, ("parcels_line_order_line_n_fkey",)).fetchall()
            assert list(row[:2]) == [[2, 3], [1, 2]]


def test_what_somebody_may_not_see_is_no_key(world):
    everything = [
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint",
        "SELECT relname, pg_get_indexdef(oid) FROM pg_class",
        "SELECT table_name, column_name FROM information_schema.constraint_column_usage",
        "SELECT table_name, column_name FROM information_schema.key_column_usage",
    ]
    for who in ("filtered", "admin"):
        assert "badge" not in "".join(shown(world, who, *everything)), who
    for sql in ("SELECT count(*) FROM pg_constraint", "SELECT count(*) FROM pg_index", "SELECT count(*) FROM information_schema.table_constraints"):
        assert shown(world, "stranger", sql) == ["0"]
    # Of a masked column nothing is a key: what is shown of it is none.
    engine = engine_of(world, "masked")
    look = sqlalchemy.inspect(engine)
    assert foreign_keys(look) == ["customers(region) > regions(code)", "lines(order_id) > orders(id)"]
    assert look.get_pk_constraint("customers", schema=SCHEMA)["constrained_columns"] == []
    assert look.get_pk_constraint("lines", schema=SCHEMA)["constrained_columns"] == []
    engine.dispose()


def test_queries_of_keys_in_other_words_come_to_nothing(world):
    """As they did before there were any: no client ends because it asks for keys in words of its own."""
    with connect(world, "filtered") as connection:
        sql = "SELECT c.conname, a.attname FROM pg_constraint c CROSS JOIN LATERAL unnest(c.conkey) WITH ORDINALITY AS k(attnum, at)" \
            " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum"
        assert connection.execute(sql).fetchall() == []
        with pytest.raises(psycopg.errors.UndefinedFunction):
            connection.execute("SELECT random() FROM pg_constraint")
    assert refused(world, "filtered", "DELETE FROM pg_constraint") == "25006"

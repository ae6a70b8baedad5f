"""What connectors try before a run: the steps of the real ones, run by the real client over real databases."""

import contextlib
import pathlib
import re
import sqlite3

import metadata.core.connections.test_connection.checks as checks
import metadata.ingestion.connections.test_connections as common
import pytest
import real_databases
from metadata.generated.schema.entity.services.connections.database.common.basicAuth import BasicAuth
from metadata.generated.schema.entity.services.connections.database.mysqlConnection import MysqlConnection
from metadata.generated.schema.entity.services.connections.database.postgresConnection import PostgresConnection
from metadata.generated.schema.entity.services.connections.database.sqliteConnection import SQLiteConnection
from metadata.generated.schema.entity.services.connections.testConnectionDefinition import (
    TestConnectionDefinition as Definition,
)
from metadata.generated.schema.entity.services.connections.testConnectionResult import StatusType
from metadata.ingestion.source.database.mysql.connection import MySQLConnection as Mysql
from metadata.ingestion.source.database.postgres.connection import PostgresConnection as Postgres
from metadata.ingestion.source.database.sqlite.connection import SQLiteConnection as SQLite

from openmetadata_kinds import connect

SOURCES = pathlib.Path(common.__file__).parents[1] / "source"


@pytest.fixture(scope="module")
def client(server, admin):
    return connect(server, admin.token)


def definition(client, service_type: str) -> Definition:
    return client.get_by_name(Definition, f"{service_type}.testConnectionDefinition")


def names(of) -> list[str]:
    return [step.name for step in of.steps]


def test_every_step_is_one_that_the_connector_runs(om, client):
    """By the text of the connector, and of what connectors share: a step that it has not ends a run of older clients."""
    shared = "".join(file.read_text() for file in [pathlib.Path(common.__file__), *pathlib.Path(checks.__file__).parent.glob("*.py")])
    looked_at = 0
    listed = om.get("/services/testConnectionDefinitions", limit=1000)["data"]
    for one in listed:
        found = definition(client, one["name"])
        assert found.fullyQualifiedName.root == f"{one['name']}.testConnectionDefinition" and found.steps[0].mandatory
        files = [SOURCES / kind / one["name"].lower() / "connection.py" for kind in ("database", "pipeline")]
        file = next((file for file in files if file.exists()), None)
        if file is None:
            continue
        connector = file.read_text()
        looked_at += 1
        for step in names(found):
            is_named = re.search(rf'["\.]{step}\b', connector)
            assert is_named or ("test_connection_db" in connector and f'"{step}"' in shared), (one["name"], step)
            assert found.description and all(step.description and step.errorMessage for step in found.steps)
    assert looked_at > 40, "the connectors of the client"


def result_of(connection, client):
    result = connection.test_connection(client)
    return result.status, {step.name: step.passed for step in result.steps}


def test_a_real_postgresql_passes_every_step(client):
    with real_databases.postgresql(shared_preload_libraries="pg_stat_statements") as source:
        source.sql("CREATE EXTENSION pg_stat_statements; CREATE SCHEMA shop; CREATE TABLE shop.orders (id int);")
        server = source.server
        config = PostgresConnection(username=server["user"], authType=BasicAuth(password=source.password),
                                    hostPort=f"{server['host']}:{server['port']}", database=server["database"])
        status, steps = result_of(Postgres(config), client)
        assert list(steps) == names(definition(client, "Postgres"))
        assert all(steps.values()) and status == StatusType.Successful, steps


def test_a_wrong_password_fails_the_first_step_and_no_more_are_run(client):
    with real_databases.postgresql() as source:
        server = source.server
        config = PostgresConnection(username=server["user"], authType=BasicAuth(password="wrong"),
                                    hostPort=f"{server['host']}:{server['port']}", database=server["database"])
        status, steps = result_of(Postgres(config), client)
        assert status == StatusType.Failed and steps["CheckAccess"] is False


def test_a_real_mariadb_passes_what_is_mandatory(client):
    with real_databases.mariadb() as source:
        server = source.server
        config = MysqlConnection(username=server["user"], authType=BasicAuth(password=source.password),
                                 hostPort=f"{server['host']}:{server['port']}", databaseSchema=server["database"])
        _, steps = result_of(Mysql(config), client)
        wanted = definition(client, "Mysql")
        assert list(steps) == names(wanted)
        assert all(steps[step.name] for step in wanted.steps if step.mandatory), steps


def test_a_real_sqlite_file_passes_every_step(client, tmp_path):
    file = tmp_path / "shop.db"
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.executescript("CREATE TABLE orders (id INTEGER)")
    _, steps = result_of(SQLite(SQLiteConnection(databaseMode=str(file))), client)
    assert list(steps) == names(definition(client, "SQLite")) and all(steps.values())

"""Real databases for tests: PostgreSQL and MariaDB servers of their own, SQLite files, and what each says of itself."""

import contextlib
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests" / "sources"))

import database_servers  # noqa: E402

#: Where servers keep their data: beside the binary's other leavings, never between the tracked files.
BELOW = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")) / "sources"

USER_SCHEMAS = {
    "postgresql": "table_schema NOT IN ('pg_catalog', 'information_schema')",
    "mariadb": "table_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')",
}


class Source:
    """One database: its URL without the password, and a way to run SQL in it as its owner."""

    def __init__(self, kind: str, url: str, password: str = "", server: dict | None = None):
        self.kind, self.url, self.password, self.server = kind, url, password, server or {}

    def database(self, name: str) -> "Source":
        """Another database of the same server, with nothing in it."""
        self.sql(f"CREATE DATABASE {name};")
        server = self.server | {"database": name} | ({"only": name} if "only" in self.server else {})
        return Source(self.kind, f"{self.url.rpartition('/')[0]}/{name}", self.password, server)

    def sql(self, text: str) -> str:
        if self.kind == "sqlite":
            with contextlib.closing(sqlite3.connect(self.server["file"])) as database:
                database.executescript(text)
                return ""
        if self.kind == "postgresql":
            program = database_servers.need("psql", "postgresql-client", "/usr/lib/postgresql/*/bin")
            command = [program, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", self.url]
            environment = {"PGPASSWORD": self.password}
        else:
            program = database_servers.need("mariadb", "mariadb-client", "/usr/bin")
            server = self.server
            command = [program, "--no-defaults", "-N", "-B", "-h", server["host"], "-P", str(server["port"])]
            command += ["-u", server["user"], server["database"]]
            environment = {"MYSQL_PWD": self.password}
        done = subprocess.run(command, input=text, capture_output=True, text=True, env=os.environ | environment, timeout=300)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def counts(self) -> dict[str, int]:
        """What the database's own catalogue counts."""
        if self.kind == "sqlite":
            with contextlib.closing(sqlite3.connect(self.server["file"])) as database:
                where = "m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
                tables = database.execute(f"SELECT COUNT(*) FROM sqlite_schema m WHERE {where}").fetchone()[0]
                columns = database.execute(
                    f"SELECT COUNT(*) FROM sqlite_schema m JOIN pragma_table_info(m.name) WHERE {where}"
                ).fetchone()[0]
            return {"schemas": 1, "tables": tables, "columns": columns}
        where = USER_SCHEMAS[self.kind]
        schema = where.replace("table_schema", "schema_name")
        if self.kind == "postgresql":
            schema += " AND schema_name NOT LIKE 'pg\\_%'"
        elif self.server.get("only"):
            where = f"table_schema = '{self.server['only']}'"
            schema = f"schema_name = '{self.server['only']}'"
        answer = self.sql(
            f"SELECT (SELECT COUNT(*) FROM information_schema.schemata WHERE {schema});"
            f"SELECT (SELECT COUNT(*) FROM information_schema.tables WHERE {where});"
            f"SELECT (SELECT COUNT(*) FROM information_schema.columns WHERE {where});"
        )
        schemas, tables, columns = (int(line) for line in answer.split())
        return {"schemas": schemas, "tables": tables, "columns": columns}


    def reads(self, view: str) -> set[str]:
        """The tables that a view reads, as the database itself knows them."""
        if self.kind == "sqlite":
            with contextlib.closing(sqlite3.connect(self.server["file"])) as database:
                program = database.execute(f"EXPLAIN SELECT * FROM {view}").fetchall()
                pages = {root for _, code, _, root, *_ in program if code == "OpenRead"}
                owners = database.execute("SELECT rootpage, tbl_name FROM sqlite_schema").fetchall()
            return {table for page, table in owners if page in pages}
        if self.kind == "postgresql":
            usage = "information_schema.view_table_usage"
            return set(self.sql(f"SELECT table_name FROM {usage} WHERE view_name = '{view}'").split())
        # Each name stands there with its database, and each column with its table.
        text = self.sql(f"SELECT view_definition FROM information_schema.views WHERE table_name = '{view}'")
        return set(re.findall(rf"`{self.server['database']}`\.`(\w+)`", text))


@contextlib.contextmanager
def postgresql(**settings):
    with database_servers.running("postgresql", BELOW, **settings) as server:
        url = f"postgres://{server['user']}@{server['host']}:{server['port']}/{server['database']}"
        yield Source("postgresql", url, server["password"], server)


@contextlib.contextmanager
def mariadb():
    with database_servers.running("mariadb", BELOW) as server:
        url = f"mysql://{server['user']}@{server['host']}:{server['port']}/{server['database']}"
        yield Source("mariadb", url, server["password"], server | {"only": server["database"]})


@contextlib.contextmanager
def sqlite():
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "shop"
        file.touch()
        yield Source("sqlite", "sqlite:shop", "", {"file": str(file), "folder": folder})


KINDS = {"sqlite": sqlite, "postgresql": postgresql, "mariadb": mariadb}


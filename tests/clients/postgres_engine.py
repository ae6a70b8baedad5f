"""The other engine: one PostgreSQL cluster for all that one process runs, and a fresh database for each store."""

import atexit
import contextlib
import itertools
import os
import shutil
import signal
import subprocess

from emporion_server import free_port
from real_databases import BELOW, database_servers

_NUMBER = itertools.count(1)
_CLUSTER: list[dict] = []


def cluster() -> dict:
    """Started with the first that asks for it, stopped with the process. A missing server fails with what to install."""
    if not _CLUSTER:
        stack = contextlib.ExitStack()
        running = database_servers.running("postgresql", BELOW, max_connections="400")
        _CLUSTER.append(stack.enter_context(running))
        atexit.register(stack.close)
    return _CLUSTER[0]


def sql(url: str, text: str) -> str:
    program = database_servers.need("psql", "postgresql-client", "/usr/lib/postgresql/*/bin")
    command = [program, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", url]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, env=os.environ)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@contextlib.contextmanager
def refusing(url: str, table: str, condition: str, code: str = "P0001"):
    """Meanwhile the database refuses rows of the table of which the condition holds."""
    name = f"refuses_{next(_NUMBER)}"
    sql(
        url,
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '{code}'; END$$;"
        f"CREATE TRIGGER {name} BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {name}();",
    )
    try:
        yield
    finally:
        sql(url, f"DROP FUNCTION {name} CASCADE")


def fresh_database() -> str:
    """The address, with its password, of a database that nothing is in."""
    url = cluster()["url"]
    name = f"s{os.getpid()}n{next(_NUMBER)}"
    sql(url, f"CREATE DATABASE {name}")
    return f"{url.rsplit('/', 1)[0]}/{name}"


class OwnCluster:
    """A PostgreSQL server that can be stopped and started again over its data; it asks nobody for a password."""

    def __init__(self):
        initdb = database_servers.need("initdb", "postgresql", "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")
        self.server = database_servers.find_program("postgres", os.path.dirname(initdb))
        entry = database_servers.account("postgres", "nobody")
        self.folder = database_servers.folder_of(entry, BELOW, "postgresql")
        self.runs = {"cwd": self.folder} | database_servers.as_account(entry)
        made = ["-U", "tester", "--auth", "trust", "-E", "UTF8", "--locale", "C", "--no-sync"]
        database_servers.quietly([initdb, "-D", self.folder / "data", *made], **self.runs)
        self.port, self.process = free_port(), None
        self.url = f"postgres://tester@127.0.0.1:{self.port}/postgres"
        self.run()

    def run(self) -> None:
        settings = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        log = self.folder / "log"
        with log.open("ab") as output:
            command = [self.server, "-D", self.folder / "data", *arguments]
            self.process = subprocess.Popen(command, stdout=output, stderr=output, **self.runs)
        asked = [database_servers.need("pg_isready", "postgresql-client"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        database_servers.wait_for(
            self.port, self.process, log, lambda: subprocess.run(asked, check=False).returncode == 0
        )

    def stop(self) -> None:
        """At once, as when the power fails."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(timeout=30)

    def close(self) -> None:
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

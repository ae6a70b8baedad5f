"""The other engine: one PostgreSQL cluster for all that one process runs, and a fresh database for each store."""

import atexit
import contextlib
import itertools
import os
import subprocess

import real_databases
from real_databases import database_servers

_NUMBER = itertools.count(1)
_CLUSTER: list[dict] = []


def cluster() -> dict:
    """Started with the first that asks for it, stopped with the process. A missing server fails with what to install."""
    if not _CLUSTER:
        stack = contextlib.ExitStack()
        running = database_servers.running("postgresql", real_databases.BELOW, max_connections="400")
        _CLUSTER.append(stack.enter_context(running))
        atexit.register(stack.close)
    return _CLUSTER[0]


def sql(url: str, text: str) -> str:
    program = database_servers.need("psql", "postgresql-client", "/usr/lib/postgresql/*/bin")
    command = [program, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", url]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, env=os.environ)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def fresh_database() -> str:
    """The address, with its password, of a database that nothing is in."""
    url = cluster()["url"]
    name = f"s{os.getpid()}n{next(_NUMBER)}"
    sql(url, f"CREATE DATABASE {name}")
    return f"{url.rsplit('/', 1)[0]}/{name}"

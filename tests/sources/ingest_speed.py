"""How long an ingestion of many tables takes, beside the source's own catalogue queries.

    EMPORION_BIN=target/release/emporion python3 tests/sources/ingest_speed.py --tables 10000 --below target/sources

makes a PostgreSQL with as many tables (a comment, a key and a foreign key each, ten columns), and prints one line of JSON:
the seconds of the queries alone in psql, of the crawl and the writes of a first run, and of a second run.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

import database_servers

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
QUERIES = REPOSITORY / "crates" / "sources" / "src" / "postgresql"
TURN = 500
TYPES = ["text", "varchar(40)", "int", "bigint", "numeric(12,2)", "date", "timestamptz", "boolean"]


def tables(count: int):
    for first in range(0, count, TURN):
        for number in range(first, min(first + TURN, count)):
            columns = "".join(f", c{at} {kind}" for at, kind in enumerate(TYPES))
            schema, above = f"s{number % 10}", f"REFERENCES s{(number - 1) % 10}.t{number - 1}" if number else ""
            yield f"CREATE TABLE {schema}.t{number} (id int PRIMARY KEY, above int {above}{columns});"
            yield f"COMMENT ON TABLE {schema}.t{number} IS 'Table number {number}.';"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--tables", type=int, default=10_000)
    parser.add_argument("--below", required=True, help="directory for the server's data")
    arguments = parser.parse_args()
    binary = os.environ.get("EMPORION_BIN", str(REPOSITORY / "target" / "release" / "emporion"))
    with database_servers.running("postgresql", arguments.below) as server, tempfile.TemporaryDirectory() as folder:
        url = f"postgres://{server['user']}@{server['host']}:{server['port']}/{server['database']}"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("EMPORION_")}
        environment |= {"PGPASSWORD": server["password"], "EMPORION_SOURCE_PASSWORD": server["password"]}
        psql = database_servers.need("psql", "postgresql-client", "/usr/lib/postgresql/*/bin")

        def timed(command, **options) -> tuple[float, str]:
            began = time.monotonic()
            done = subprocess.run(command, env=environment, text=True, capture_output=True, **options)
            if done.returncode != 0:
                raise RuntimeError(done.stderr[-2000:])
            return round(time.monotonic() - began, 3), done.stdout

        def spent() -> float:
            """Processor seconds of all programs that have ended: psql asks, the server's work is not among them."""
            times = os.times()
            return times.children_user + times.children_system

        schemas = "".join(f"CREATE SCHEMA s{number};" for number in range(10))
        timed([psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", url], input=schemas + "\n".join(tables(arguments.tables)))
        timed([psql, "-X", "-q", url], input="ANALYZE pg_catalog.pg_class; ANALYZE pg_catalog.pg_attribute;")
        figures = {"tables": arguments.tables}
        for name in ("schemas", "tables", "columns", "keys"):
            query = (QUERIES / f"{name}.sql").read_text()
            figures[f"query {name}"] = min(timed([psql, "-X", "-q", "-A", url, "-c", query])[0] for _ in range(3))
        store = str(pathlib.Path(folder) / "store")
        timed([binary, "init", "--store", store])
        for run in ("first", "second"):
            command = [binary, "ingest", url, "--service", "warehouse", "--store", store, "-o", "json"]
            before = spent()
            seconds, answer = timed(command)
            report = json.loads(answer)
            figures[f"{run} run"] = seconds
            figures[f"{run} processor"] = round(spent() - before, 3)
            figures[f"{run} crawl"] = report["crawlMs"] / 1000
            figures[f"{run} compare and write"] = report["writeMs"] / 1000
            figures[f"{run} tables"] = {what: count for what, count in report["tables"].items() if count}
        print(json.dumps(figures))


if __name__ == "__main__":
    main()

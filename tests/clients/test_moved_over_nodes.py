"""Copies of a catalogue in PostgreSQL while nodes write, and moves that are killed: what was acknowledged is there, and nothing is
half there."""

import hashlib
import itertools
import json
import signal
import sqlite3
import subprocess
import threading
import time
from pathlib import Path

import pytest

import postgres_engine
from emporion_server import BINARY, Server, clean_environment, run_cli
from openmetadata_door import OpenMetadataDoor
from test_keys import SECRET, bot_token, password_seen_by_bot, service_with_secret
from test_migrate import open_address

#: At which parts of the time that a whole move takes it is killed.
KILLED_AT = (0.15, 0.35, 0.5, 0.65, 0.8, 0.95)
#: What is said of a database that not all has come to.
UNFINISHED = "has not wholly arrived"
#: What is moved then.
TABLES = 1_500


def emporion(*arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess:
    return run_cli(*arguments, check=check, **environment)


def is_whole(place: tuple[str, ...], **environment: str) -> dict:
    report = json.loads(emporion("verify", *place, "-o", "json", **environment).stdout)
    assert report["faults"] == [], report
    return report


class Writers:
    """Four who write, two at each node, and know what was acknowledged when."""

    def __init__(self, *nodes: Server):
        self.acknowledged: list[tuple[float, str]] = []
        self.is_over = threading.Event()
        self.threads = [threading.Thread(target=self.write, args=(node, number)) for number, node in enumerate(nodes * 2)]
        [thread.start() for thread in self.threads]

    def write(self, node: Server, worker: int) -> None:
        om = OpenMetadataDoor(node, node.admin.token)
        for number in itertools.count():
            if self.is_over.is_set():
                return
            name = f"w{worker}n{number}"
            om.post("/domains", {"name": name, "domainType": "Aggregate", "description": "0"})
            om.patch(f"/domains/name/{name}", [{"op": "replace", "path": "/description", "value": "1"}])
            self.acknowledged.append((time.monotonic(), name))

    def wait_for(self, count: int) -> None:
        deadline, goal = time.monotonic() + 60, len(self.acknowledged) + count
        while len(self.acknowledged) < goal:
            assert time.monotonic() < deadline and all(thread.is_alive() for thread in self.threads)
            time.sleep(0.01)

    def stop(self) -> None:
        self.is_over.set()
        [thread.join() for thread in self.threads]


def test_a_backup_of_a_database_that_nodes_write_to_holds_all_that_was_acknowledged_before(tmp_path):
    a = Server(tmp_path, engine="postgres")
    b = Server.beside(a, tmp_path / "b")
    a.start(), b.start()
    om = OpenMetadataDoor(a, a.admin.token)
    service, bot = service_with_secret(om, "pg"), bot_token(om)
    writers = Writers(a, b)
    try:
        writers.wait_for(20)
        began = time.monotonic()
        file = tmp_path / "b.tar"
        emporion("backup", *a.place, "--with-keys", "--to", str(file), **a.secrets)
        ended = time.monotonic()
        writers.wait_for(8)
    finally:
        writers.stop()
        assert a.stop() == 0 and b.stop() == 0
    acknowledged = writers.acknowledged
    before = {name for at, name in acknowledged if at < began}
    assert len(before) >= 20 and any(began < at < ended for at, _ in acknowledged), "they wrote meanwhile"
    directory = tmp_path / "restored"
    emporion("restore", "--from", str(file), "--store", str(directory))
    address, password = open_address(postgres_engine.fresh_database())
    database = ("--store", address, "--master-key", str(tmp_path / "other.key"))
    emporion("restore", "--from", str(file), *database, **password)
    reports = [is_whole(("--store", str(directory))), is_whole(database, **password)]
    assert reports[0]["records"] == reports[1]["records"] and reports[0]["events"] == reports[1]["events"]
    restored = [Server.over(directory, a), Server.over(tmp_path / "over", a)]
    restored[1].place, restored[1].secrets = (*database, "--data", str(tmp_path / "node")), password
    for server in restored:
        server.start()
        try:
            om = OpenMetadataDoor(server, server.admin.token)
            there = {one["name"]: one for one in om.everything("domains", 1000)}
            assert before <= there.keys() <= {name for _, name in acknowledged} | there.keys()
            assert {there[name]["description"] for name in before} == {"1"}
            for name in sorted(before)[:5]:
                past = om.get(f"/domains/{there[name]['id']}/versions")["versions"]
                assert [json.loads(one)["description"] for one in past] == ["1", "0"], past
            # No change whose other half is missing: the last of each writer are there in their order.
            for worker in range(4):
                numbers = sorted(int(name.partition("n")[2]) for name in there if name.startswith(f"w{worker}n"))
                assert numbers == list(range(len(numbers))), "no gap"
            assert password_seen_by_bot(server, bot, service) == SECRET
        finally:
            assert server.stop() == 0, server.log_tail()


def killed(command: list[str], after: float, environment: dict[str, str]) -> bool:
    """Whether it was killed before it had come to its end."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        process.wait(timeout=after)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    _, told = process.communicate()
    assert process.returncode in (0, -signal.SIGKILL), told
    return process.returncode != 0


def rows_of_file(store: Path) -> str:
    with sqlite3.connect(f"file:{store / 'catalogue.db'}?mode=ro", uri=True) as rows:
        text = "\n".join(rows.iterdump())
    rows.close()
    return hashlib.sha256(text.encode()).hexdigest()


def rows_of_database(url: str) -> str:
    tables = postgres_engine.sql(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").split()
    hashes = [
        postgres_engine.sql(url, f"SELECT count(*), sum(hashtextextended(r::text, 0)::numeric) FROM {table} AS r") for table in tables
    ]
    return "\n".join(map(str.strip, hashes))


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A directory with some to move, and where its master key is to lie."""
    folder = tmp_path_factory.mktemp("moved")
    server = Server(folder, engine="sqlite").start()
    om = OpenMetadataDoor(server, server.admin.token)
    service_with_secret(om, "pg")
    columns = [{"name": "id", "dataType": "INT"}]
    schema = om.schema("shop")
    rows = [{"name": f"t{number}", "databaseSchema": schema, "columns": columns} for number in range(TABLES)]
    assert om.call("PUT", "/tables/bulk", rows, expect=200).json()["numberOfRowsPassed"] == TABLES
    assert server.stop() == 0, server.log_tail()
    return server.store, folder / "master.key"


def timed(*arguments: str, **environment: str) -> float:
    began = time.monotonic()
    emporion(*arguments, **environment)
    return time.monotonic() - began


def test_a_move_to_a_database_that_is_killed_leaves_no_store_and_goes_on(full):
    store, master = full
    before, whole = rows_of_file(store), is_whole(("--store", str(store)))

    def move() -> tuple[list[str], str, dict[str, str]]:
        url = postgres_engine.fresh_database()
        address, password = open_address(url)
        return ["migrate", "--store", str(store), "--to", address, "--master-key", str(master)], url, password

    took, kills, begun = float("inf"), 0, 0
    for _ in range(2):
        command, _, password = move()
        took = min(took, timed(*command, **password))
    for part in KILLED_AT:
        command, url, password = move()
        kills += (was_killed := killed([str(BINARY), *command], part * took, clean_environment(**password)))
        database = ("--store", command[4], "--master-key", str(master))
        if was_killed and not is_store(url):
            seen = emporion("rotate", "seal", *database, check=False, **password)
            assert seen.returncode == 1 and any(why in seen.stderr for why in ("there is no store", UNFINISHED)), seen
            if postgres_engine.sql(url, "SELECT to_regclass('log_head')").strip():
                begun += 1
                for made in (["init"], ["serve", "--data", str(master.parent / f"node{part}"), "--listen", "127.0.0.1:0"]):
                    seen = emporion(*made, *database, check=False, **password)
                    assert seen.returncode == 1 and UNFINISHED in seen.stderr, seen
            emporion(*command, **password)
        else:
            # The kill came behind its last word.
            again = emporion(*command, check=False, **password)
            assert again.returncode == 1 and "used already" in again.stderr, again
        report = is_whole(database, **password)
        assert (report["records"], report["events"]) == (whole["records"], whole["events"]), part
        assert rows_of_file(store) == before, "nothing is changed where it comes from"
        assert not list(store.glob(".emporion-*")), "nothing is left beside the store"
    assert kills >= len(KILLED_AT) // 3 and begun, "some of them came in between"


def test_a_move_that_fails_before_its_first_row_leaves_the_database_to_others(full, tmp_path):
    """The master key has no place: nothing is put anywhere, and a node may make its catalogue there."""
    store, _ = full
    url = postgres_engine.fresh_database()
    address, password = open_address(url)
    master = tmp_path / "file" / "master.key"
    master.parent.write_text("no folder")
    moved = emporion("migrate", "--store", str(store), "--to", address, "--master-key", str(master), check=False, **password)
    assert moved.returncode == 1, moved
    assert postgres_engine.sql(url, "SELECT to_regclass('log_head')").strip() == "log_head", "the schema is there"
    emporion("init", "--store", address, "--master-key", str(tmp_path / "master.key"), **password)


def is_store(url: str) -> bool:
    there = postgres_engine.sql(url, "SELECT to_regclass('log_head')").strip()
    return bool(there) and postgres_engine.sql(url, "SELECT version FROM log_head").strip() != "0"


def test_a_move_to_a_directory_that_is_killed_leaves_none_and_is_begun_anew(full, tmp_path):
    store, master = full
    url = postgres_engine.fresh_database()
    address, password = open_address(url)
    emporion("migrate", "--store", str(store), "--to", address, "--master-key", str(master), **password)
    database = ("--store", address, "--master-key", str(master))
    before, whole = rows_of_database(url), is_whole(database, **password)
    took = min(timed("migrate", *database, "--to", str(tmp_path / f"timed{turn}"), **password) for turn in range(2))
    kills = 0
    for number, part in enumerate(KILLED_AT):
        place = tmp_path / f"to{number}"
        command = ["migrate", *database, "--to", str(place)]
        kills += (was_killed := killed([str(BINARY), *command], part * took, clean_environment(**password)))
        if was_killed and not (place / "catalogue.db").exists():
            seen = emporion("verify", "--store", str(place), check=False)
            assert seen.returncode != 0 and "no store" in seen.stderr, seen
            emporion(*command, **password)
        else:
            again = emporion(*command, check=False, **password)
            assert again.returncode == 1, again
        report = is_whole(("--store", str(place)))
        assert (report["records"], report["events"]) == (whole["records"], whole["events"]), part
        assert rows_of_database(url) == before, "nothing is changed where it comes from"
        assert not list(place.glob(".restoring*")) and not list(tmp_path.glob(".emporion-*")), "nothing is left"
    assert kills >= len(KILLED_AT) // 3, "some of them came in between"

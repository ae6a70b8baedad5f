"""kill -9 while the index of searches is made anew: in its making, and while its segments are merged."""

import json
import random
import shutil
import time
from pathlib import Path

import pytest
import requests

from fault_server import FaultServer

OM = "/api/v1"
TABLES = 12_000
BATCH = 1_000
#: Kills of each kind.
ROUNDS = 6
#: An index is whole within this time.
LIMIT_S = 60.0


@pytest.fixture
def tables(server) -> set[str]:
    """The ids of many tables, as their writes were acknowledged."""
    wire = requests.Session()
    wire.headers["Authorization"] = f"Bearer {server.admin.token}"

    def call(method: str, path: str, body=None) -> dict:
        answer = wire.request(method, f"{server.url}{OM}{path}", json=body, timeout=120)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    call("POST", "/services/databaseServices", {"name": "pg", "serviceType": "Postgres"})
    call("POST", "/databases", {"name": "d", "service": "pg"})
    call("POST", "/databaseSchemas", {"name": "s", "database": "pg.d"})
    ids, listed = set(), {"after": None}
    for start in range(0, TABLES, BATCH):
        columns = [{"name": "id", "dataType": "INT"}]
        rows = [{"name": f"t{n}", "databaseSchema": "pg.d.s", "columns": columns} for n in range(start, start + BATCH)]
        assert call("PUT", "/tables/bulk", rows)["numberOfRowsPassed"] == BATCH
    while "after" in listed:
        page = call("GET", f"/tables?limit={BATCH}" + (f"&after={listed['after']}" if listed["after"] else ""))
        ids |= {table["id"] for table in page["data"]}
        listed = page["paging"]
    assert len(ids) == TABLES
    return ids


def found(server: FaultServer) -> list[str]:
    """Every table that searches find, page by page, once the index has what was written."""
    headers = {"Authorization": f"Bearer {server.admin.token}", "Accept": "application/json"}
    ids, after = [], None
    while True:
        asked = {"q": "kind:table", "limit": 1_000, "at_least": "head", **({"after": after} if after else {})}
        answer = requests.get(f"{server.url}/search", params=asked, headers=headers, timeout=30)
        if answer.status_code == 503:
            return []
        assert answer.status_code == 200, answer.text
        told = answer.json()
        if not told["total_is_exact"]:
            return []
        ids += [hit["id"] for hit in told["hits"]]
        if not (after := told["after"]):
            assert told["total"] == len(ids)
            return ids


def check(server: FaultServer, tables: set[str]) -> None:
    """Everything is found, once, soon after the start."""
    deadline = time.monotonic() + LIMIT_S
    while not (ids := found(server)):
        assert time.monotonic() < deadline, "the index does not become whole"
        time.sleep(0.02)
    assert len(ids) == len(set(ids)) and set(ids) == tables


def generations(server: FaultServer) -> list[Path]:
    return sorted((server.store / "search").glob("*/meta.json"))


def kept(server: FaultServer) -> tuple[bool, int]:
    """Whether an index says that it lacks nothing, and how many segments it has."""
    for meta in generations(server):
        try:
            said = json.loads(meta.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            continue
        if payload := said.get("payload"):
            return json.loads(payload)["is_whole"], len(said["segments"])
    return False, 0


def forget(server: FaultServer) -> None:
    """With the server down: the next start makes the index from nothing."""
    shutil.rmtree(server.store / "search")


def test_an_index_that_is_killed_in_its_making_is_made(server, tables, seed, say):
    check(server, tables)
    server.kill()
    forget(server)
    began = time.monotonic()
    server.start()
    check(server, tables)
    takes = time.monotonic() - began
    moment, left = random.Random(seed), []
    for number in range(ROUNDS):
        server.kill()
        forget(server)
        server.start()
        time.sleep(takes * (number + moment.random()) / ROUNDS)
        server.kill()
        left.append(kept(server))
        server.start()
        check(server, tables)
    say(f"  killed in the making: {sum(not is_whole for is_whole, _ in left)} of {len(left)} times before it was whole")


def test_an_index_that_is_killed_while_it_is_merged_is_whole(server, tables, seed, say):
    moment, left = random.Random(seed), []
    for number in range(ROUNDS):
        server.kill()
        forget(server)
        server.spawn()
        deadline = time.monotonic() + LIMIT_S
        while not kept(server)[0]:
            assert time.monotonic() < deadline, "the index does not become whole"
            time.sleep(0.0005)
        # Segments are merged right after the commit that says so.
        time.sleep(moment.uniform(0, 0.02) * number)
        server.kill()
        left.append(kept(server)[1])
        server.start()
        check(server, tables)
    assert max(left) > 2, "no kill fell into the merging"
    say(f"  killed while merging, with as many segments: {left}")

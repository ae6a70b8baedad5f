"""kill -9 while a large subtree is deleted and brought back: whole for every reader, and done in the end."""

import random
import threading
import time

import requests

from fault_server import FaultServer

OM = "/api/v1"
#: Four turns and a bit; two over a database, which takes more time for each.
TABLES = {"directory": 22_000, "database": 11_000}
BATCH = 1_000
#: Until when a kill falls, round by round, in parts of the time that the work takes: its first turn is what tells.
UNTIL = (0.1, 0.5, 1.0, 2.5)


class Shelf:
    """A schema with many tables."""

    def __init__(self, server: FaultServer):
        self.server = server
        self.wire = requests.Session()
        self.wire.headers["Authorization"] = f"Bearer {server.admin.token}"
        self.post("/services/databaseServices", {"name": "pg", "serviceType": "Postgres"})
        self.post("/databases", {"name": "d", "service": "pg"})
        self.schema = self.post("/databaseSchemas", {"name": "s", "database": "pg.d"})["id"]
        self.tables = TABLES["database" if server.database else "directory"]
        for start in range(0, self.tables, BATCH):
            rows = [
                {"name": f"t{n:05}", "databaseSchema": "pg.d.s", "columns": [{"name": "id", "dataType": "INT"}]}
                for n in range(start, start + BATCH)
            ]
            assert self.call("PUT", "/tables/bulk", rows).status_code == 200

    def call(self, method: str, path: str, body=None) -> requests.Response:
        return self.wire.request(method, f"{self.server.url}{OM}{path}", json=body, timeout=120)

    def post(self, path: str, body: dict) -> dict:
        answer = self.call("POST", path, body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def delete(self) -> None:
        self.call("DELETE", f"/databaseSchemas/{self.schema}?recursive=true")

    def restore(self) -> None:
        self.call("PUT", "/databaseSchemas/restore", {"id": self.schema})

    def is_there(self) -> bool:
        return self.call("GET", f"/databaseSchemas/{self.schema}").status_code == 200

    def tables_there(self, names: list[str]) -> list[bool]:
        """One question each, in this order."""
        return [self.call("GET", f"/tables/name/pg.d.s.{name}").status_code == 200 for name in names]

    def listed(self) -> int:
        """How many one answer lists, of at most a thousand."""
        return len(self.call("GET", f"/tables?databaseSchema=pg.d.s&fields=&limit={BATCH}").json()["data"])

    def total(self, include: str) -> int:
        return self.call("GET", f"/tables?limit=1&include={include}").json()["paging"]["total"]


def killed_while(server: FaultServer, work, seconds: float) -> None:
    def order():
        try:
            work()
        except requests.RequestException:
            pass

    ordered = threading.Thread(target=order)
    ordered.start()
    time.sleep(seconds)
    server.kill()
    ordered.join(timeout=60)


def wait_for(condition) -> None:
    limit = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < limit, "the work does not end"
        time.sleep(0.05)


def test_a_large_subtree_is_whole_through_every_kill(server, seed, say):
    shelf, moment = Shelf(server), random.Random(seed)
    outcomes = {"carried out": 0, "not carried out": 0}
    #: How long either takes here, so that kills fall before, into and after its turns.
    takes = []
    for work in (shelf.delete, shelf.restore):
        began = time.monotonic()
        work()
        takes.append(time.monotonic() - began)
    for number in range(8):
        deletes = number % 2 == 0
        before = shelf.is_there()
        assert before == deletes
        seconds = takes[number % 2] * moment.uniform(0.0, UNTIL[number // 2])
        killed_while(server, shelf.delete if deletes else shelf.restore, seconds)
        server.verify()
        server.start()
        names = [f"t{moment.randrange(shelf.tables):05}" for _ in range(40)]
        after = shelf.is_there()
        listed, seen = shelf.listed(), shelf.tables_there(names)
        if deletes or not after:
            assert (listed, set(seen)) == (BATCH if after else 0, {after}), "tables and their schema agree at once"
        else:
            # The work may end between two questions, but only once, and never in the middle of an answer.
            assert listed in (0, BATCH) and seen == sorted(seen), "what is below the root is back at once"
            assert not listed or all(seen), "and stays so"
        is_done = after != before
        outcomes["carried out" if is_done else "not carried out"] += 1
        expected = 0 if not after else shelf.tables
        wait_for(lambda: shelf.total("non-deleted") == expected)
        assert set(shelf.tables_there(names)) == {after}
        # Where it was not carried out, it is now, so that the next round has something to undo.
        if not is_done:
            (shelf.delete if deletes else shelf.restore)()
        assert shelf.is_there() != deletes
        assert shelf.total("non-deleted") == (0 if deletes else shelf.tables)
    server.kill()
    server.verify()
    say(f"  of 8 works that were killed {outcomes}; one takes {max(takes):.1f} s")

"""A right that is taken while a statement runs counts: what the source has answered by then leaves by no door."""

import threading
import time
import uuid

import psycopg
import pytest
import requests

from bobsled_door import BobsledDoor
from emporion_server import free_port
from mcp_door import McpDoor, Refused
from rows_world import REGION, RowsWorld

#: How long one runs at least, for what is done meanwhile.
LONG = 1.5
FILTER = {"rowFilters": {"customer": "region = 'EU'"}}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    port = free_port()
    made = RowsWorld(tmp_path_factory.mktemp("statements"), EMPORION_PG_LISTEN=f"127.0.0.1:{port}")
    made.pg_port = port
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def heavy(doubled: int, table: str = "customer") -> str:
    """Each that is doubled takes twice the time."""
    of = lambda at: "twice" if at <= doubled else table  # noqa: E731
    more = " ".join(f"JOIN {of(at)} t{at} ON t{at}.id >= t{at - 1}.id - 100" for at in range(1, 12))
    twice = f"SELECT id FROM {table} UNION ALL SELECT id FROM {table}"
    return f"WITH twice AS ({twice}) SELECT min(t0.region) AS region, count(*) AS n FROM {table} t0 {more}"


def asked(door: BobsledDoor, path: str, doubled: int, **headers: str) -> requests.Response:
    body = {"sql": heavy(doubled), "timeout": 100_000}
    return door.session.post(f"{door.base}{path}/run-sql", json=body, headers=headers, timeout=120)


@pytest.fixture(scope="module")
def doubled(world) -> int:
    """How many have to be for a statement that takes long here."""
    for doubled in range(1, 12):
        begun = time.monotonic()
        answer = asked(world.bob, world.path, doubled)
        assert REGION in answer.text, answer.text
        if time.monotonic() - begun > LONG:
            return doubled
    raise AssertionError("none takes long")


class Viewer:
    """Somebody who runs one statement on each way at once."""

    def __init__(self, world, doubled: int):
        self.world, self.doubled = world, doubled
        self.user = world.server.new_user(f"viewer-{uuid.uuid4().hex[:8]}")
        self.door = BobsledDoor(world.server, self.user.token)
        world.bob.patch(f"{world.path}/users", {"add": [{"userId": self.user.id, "role": "viewer"}]})
        self.heard: dict[str, str] = {}

    def sql(self) -> None:
        answer = asked(self.door, self.world.path, self.doubled)
        self.heard["run-sql"] = f"{answer.status_code} {answer.text}"

    def file(self) -> None:
        """As the command line writes a file of rows."""
        answer = asked(self.door, self.world.path, self.doubled, **{"Emporion-File": "csv"})
        self.heard["file"] = f"{answer.status_code} {answer.text}"

    def postgres(self) -> None:
        where = {"host": "127.0.0.1", "port": self.world.pg_port, "dbname": "emporion", "autocommit": True}
        try:
            with psycopg.connect(user=self.user.name, password=self.user.token, **where) as connection:
                self.heard["postgres"] = str(connection.execute(heavy(self.doubled, "customers.customer")).fetchall())
        except psycopg.Error as refused:
            self.heard["postgres"] = f"refused {refused.sqlstate} {refused}"

    def assistant(self) -> None:
        arguments = {"product": self.world.product, "sql": heavy(self.doubled), "timeoutMs": 100_000}
        try:
            self.heard["mcp"] = McpDoor(self.world.server, self.user.token).call("run_sql", **arguments).text
        except Refused as refused:
            self.heard["mcp"] = f"refused {refused}"

    def meanwhile(self, change) -> dict[str, str]:
        ways = [self.sql, self.file, self.postgres, self.assistant]
        running = [threading.Thread(target=way) for way in ways]
        for one in running:
            one.start()
        time.sleep(LONG / 2)
        assert not self.heard, "all of them run"
        change(self)
        for one in running:
            one.join()
        assert len(self.heard) == len(ways)
        return self.heard

    def change(self, **entry) -> None:
        self.world.bob.patch(f"{self.world.path}/users", {"update": [{"userId": self.user.id} | entry]})

    def lend(self, how: str) -> None:
        assets = self.world.bob.get(f"{self.world.path}/data-assets")["dataAssets"]
        self.world.bob.patch(f"{self.world.path}/data-assets", {"update": [{"id": assets[0]["id"], "rows": how}]})

    def own(self, method: str, path: str, by: str | None = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {by or self.world.server.admin.token}"}
        answer = requests.request(method, f"{self.world.server.url}/emporion/v1{path}", json={}, headers=headers, timeout=30)
        assert answer.status_code < 300, answer.text
        return answer

    def revoke(self) -> None:
        """The token with which he came."""
        listed = self.own("GET", f"/users/{self.user.name}/tokens").json()
        for token in listed.get("tokens", listed) if isinstance(listed, dict) else listed:
            self.own("DELETE", f"/tokens/{token['id']}")


TAKEN = {
    "the role": (lambda who: who.world.bob.patch(f"{who.world.path}/users", {"remove": [who.user.id]}), "403"),
    "sql": (lambda who: who.change(allowSql=False), "403"),
    "rows by a filter": (lambda who: who.change(**FILTER), "409"),
    "values by a mask": (lambda who: who.change(columnMasks={"customer": {"region": "hidden"}}), "409"),
    "the table": (lambda who: who.lend("closed"), "403"),
    "the user": (lambda who: who.own("POST", f"/users/{who.user.name}/disable"), "401"),
    "the token": (lambda who: who.revoke(), "401"),
}


@pytest.mark.parametrize("what", TAKEN)
def test_what_was_taken_meanwhile_is_not_answered(world, doubled, what):
    take, status = TAKEN[what]
    viewer = Viewer(world, doubled)
    try:
        heard = viewer.meanwhile(take)
    finally:
        viewer.lend("granted")
    assert not any(REGION in answer for answer in heard.values()), heard
    assert [heard[way][:3] for way in ("run-sql", "file")] == [status] * 2, heard
    assert heard["postgres"].startswith("refused 40001" if status == "409" else "refused"), heard


def test_what_is_changed_for_others_disturbs_nobody(world, doubled):
    def change(viewer: Viewer) -> None:
        Viewer(world, doubled).change(**FILTER)
        world.bob.patch(world.path, {"description": f"changed at {time.time()}"})

    heard = Viewer(world, doubled).meanwhile(change)
    assert all(REGION in answer for answer in heard.values()), heard

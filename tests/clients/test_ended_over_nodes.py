"""What is to happen once over two nodes of a database happens once; what one writes is found on the other, also while both are
at work; and a fresh node over a full database never answers wrongly."""

import contextlib
import itertools
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest
import requests

import datazone_door
import postgres_engine
from emporion_server import Server
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser
from rows_world import RowsWorld
from test_webhooks import subscription
from webhook_receiver import Receiver

#: For a search on another node to find what was written.
FOUND_S = 0.2
#: How many records come at once.
AT_ONCE = 1_000


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """`world.server` is node A."""
    folder = tmp_path_factory.mktemp("ended")
    made = RowsWorld(folder, engine="postgres", EMPORION_WEBHOOKS__ALLOWED_NETWORKS='["127.0.0.0/8"]')
    made.b = Server.beside(made.server, folder / "b")
    made.b.start()
    yield made
    for node in (made.server, made.b):
        assert node.stop() == 0, node.log_tail()
        assert "panicked" not in node.log.read_text(errors="replace"), node.log_tail(200)


def test_what_was_given_for_a_time_ends_once_whichever_node_ends_it(world, fresh_name):
    """Both look for what is over, at the same moment."""
    dz = datazone_door.client(world.server, world.server.admin)
    made = [
        dz.create_data_product(domainIdentifier=world.domain, owningProjectIdentifier=world.owning_project, name=fresh_name("Passing"))
        for _ in range(7)
    ]
    *products, last = [one["id"] for one in made]
    guest, receiver = world.server.new_user(fresh_name("guest")), Receiver()
    headers = {who: {"Authorization": f"Bearer {who.token}"} for who in (guest, world.server.admin)}

    def call(who, path: str, **body) -> dict:
        answer = requests.post(f"{world.server.url}/emporion/v1/requests{path}", json=body, headers=headers[who], timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    try:
        world.om.post("/events/subscriptions", subscription("ends", receiver.url("/ends"), ["dataProduct"]))
        until = datetime.now(timezone.utc) + timedelta(seconds=6)
        for product in (*products, last):
            # The last one tells that the others are over, and that whoever would end one again has had the time to.
            ends = until + timedelta(seconds=2) if product == last else until
            asked = call(guest, "", product=product, wants="viewer", reason="for a while")
            call(world.server.admin, f"/{asked['id']}/approve", until=ends.isoformat(timespec="milliseconds"))
        assert datetime.now(timezone.utc) < until, "all of it was given before"
        before = int(postgres_engine.sql(world.server.database, "SELECT max(seq) FROM events"))

        def lines() -> dict[str, int]:
            ids = ", ".join(f"'{product}'" for product in (*products, last))
            sql = f"SELECT id, count(*) FROM events WHERE seq > {before} AND id IN ({ids}) GROUP BY id"
            return {id: int(n) for id, n in (row.split("|") for row in postgres_engine.sql(world.server.database, sql).split())}

        deadline = time.monotonic() + 30
        while last not in lines():
            assert time.monotonic() < deadline, lines()
            time.sleep(0.1)
        assert lines() == dict.fromkeys((*products, last), 1)
        told = lambda: [event["entityId"] for event in receiver.events("/ends") if event["timestamp"] >= until.timestamp() * 1000]  # noqa: E731
        receiver.waits_for(lambda: last in told(), 30)
        assert sorted(told()) == sorted((*products, last)), "each is told once"
        for node in (world.server, world.b):
            browser = Browser(world.server).sign_in(guest)
            browser.base = node.url
            page = browser.visit("/requests?which=mine")
            assert page.text.count("has ended") <= len(made), page.text
    finally:
        receiver.close()


def search(node: Server, **parameters) -> requests.Response:
    headers = {"Authorization": f"Bearer {node.admin.token}", "Accept": "application/json"}
    return requests.get(f"{node.url}/search", params=parameters, headers=headers, timeout=30)


def written(node: Server, name: str) -> None:
    OpenMetadataDoor(node, node.admin.token).post("/domains", {"name": name, "domainType": "Aggregate", "description": "d"})


def found_after(writer: Server, reader: Server, name: str) -> float:
    """How long after its acknowledgement a search began that has found it."""
    written(writer, name)
    acknowledged = time.monotonic()
    while time.monotonic() < acknowledged + 30:
        began = time.monotonic()
        if name in [hit["name"] for hit in search(reader, q=name).json()["hits"]]:
            return began - acknowledged
    raise AssertionError(f"{name} is not found")


@contextlib.contextmanager
def reads(*nodes: Server):
    """Meanwhile each of the nodes answers somebody who reads and searches without a pause."""
    is_over, counted = threading.Event(), itertools.count()

    def read(node: Server) -> None:
        om = OpenMetadataDoor(node, node.admin.token)
        while not is_over.is_set():
            om.get("/domains", limit=10)
            assert search(node, q="d").status_code == 200
            next(counted)

    threads = [threading.Thread(target=read, args=(node,)) for node in nodes]
    [thread.start() for thread in threads]
    try:
        yield
    finally:
        is_over.set()
        [thread.join() for thread in threads]
        assert next(counted) > 0


def test_what_one_writes_is_found_on_the_other_while_both_read(world, fresh_name):
    a, b = world.server, world.b
    with reads(a, b):
        for writer, reader, way in ((a, b, "a to b"), (b, a, "b to a")):
            took = sorted(found_after(writer, reader, fresh_name("found").replace("-", "")) for _ in range(20))
            told = f"{way}: median {statistics.median(took) * 1000:.0f} ms, worst {took[-1] * 1000:.0f} ms"
            print(told)
            assert statistics.median(took) < FOUND_S, told


@pytest.mark.parametrize("records", [2_000, pytest.param(10_000, marks=pytest.mark.on_demand)])
def test_a_fresh_node_over_a_full_database_never_answers_wrongly(world, tmp_path, fresh_name, records):
    a = world.server
    stem = fresh_name("Full").replace("-", "").lower()
    om = OpenMetadataDoor(a, a.admin.token)
    schema = om.schema(f"{stem}service")
    columns = [{"name": "id", "dataType": "INT"}]
    for begin in range(0, records, AT_ONCE):
        rows = [
            {"name": f"{stem}{number}", "databaseSchema": schema, "columns": columns, "description": f"{stem}word"}
            for number in range(begin, begin + AT_ONCE)
        ]
        told = om.call("PUT", "/tables/bulk", rows, expect=200).json()
        assert told["numberOfRowsPassed"] == AT_ONCE, told
    third = Server.beside(a, tmp_path / "third")
    names = (f"{stem}{number}" for number in itertools.cycle(range(0, records, 7)))
    began = time.monotonic()
    third.start()
    ready, deadline, told = time.monotonic() - began, began + 60, []

    def total(answer: requests.Response) -> tuple[int, bool]:
        assert answer.status_code == 200, answer.text
        return answer.json()["total"], answer.json()["total_is_exact"]

    def by_word() -> tuple[int, bool]:
        return total(search(third, q=f"{stem}word", limit=1))

    def by_name() -> tuple[int, bool]:
        name = next(names)
        # What needs no index is right from the first moment on.
        assert OpenMetadataDoor(third, third.admin.token).get(f"/tables/name/{schema}.{name}")["name"] == name
        answer = search(third, q=name)
        hits = [hit["name"] for hit in answer.json()["hits"]]
        assert hits == [name] or hits == [] and not total(answer)[1], answer.text
        return records if hits else 0, total(answer)[1]

    def through_openmetadata() -> tuple[int, bool]:
        parameters = {"q": f"{stem}word", "index": "table_search_index", "size": 0}
        answer = OpenMetadataDoor(third, third.admin.token).get("/search/query", **parameters)
        return answer["hits"]["total"]["value"], answer["hits"]["total"]["relation"] == "eq"

    def until_whole(ask) -> None:
        """Whatever says that it is all is all."""
        while time.monotonic() < deadline:
            found, is_exact = ask()
            told.append((ask.__name__, found, is_exact))
            assert found == records or found < records and not is_exact, told[-1]
            if is_exact:
                return
        raise AssertionError(f"it does not become whole: {told[-1]}")

    try:
        with ThreadPoolExecutor(3) as pool:
            [one.result() for one in [pool.submit(until_whole, ask) for ask in (by_word, by_name, through_openmetadata)]]
        parts = sum(not is_exact for _, _, is_exact in told)
        whole = time.monotonic() - began
        print(f"{records} tables: ready after {ready:.1f} s, whole after {whole:.1f} s, {parts} of {len(told)} answers said that they are not")
        assert total(search(third, q=f"{stem}word", at_least="head", limit=1)) == (records, True)
    finally:
        assert third.stop() == 0, third.log_tail()

"""Three nodes over PostgreSQL behind a real HAProxy, with the configuration of `deploy/`: nodes are killed, stand still, are
stopped and started again while programs write and people read. Nothing acknowledged is missing, whoever meets a fault hears of
it within seconds, and sessions go on on other nodes."""

import http.client
import json
import signal
import threading
import time
from dataclasses import dataclass, field

import pytest
import requests
from botocore.exceptions import BotoCoreError, ClientError

import datazone_door
import postgres_engine
from balancer import Balancer
from emporion_server import Server
from pages_door import Browser

#: From a fault on, errors end within this time: two looks of the balancer, each with a second to answer, and one between them.
OVER_S = 5.0
#: What a busy machine is late by.
LATE_S = 6.0
#: A node that stands still with the turn to commit holds the others' commits until the database ends its session.
HELD_S = 8.0
#: How long a node that is told to stop serves on: two looks of the balancer, on a busy machine.
LAME_DUCK_S = 6
#: Nobody waits longer for anything.
PATIENCE_S = 60.0
ROLE = "arn:aws:iam::123456789012:role/x"


@pytest.fixture(scope="module")
def engine():
    made = postgres_engine.OwnCluster()
    yield made
    made.close()


@pytest.fixture(scope="module")
def nodes(tmp_path_factory, engine):
    folder = tmp_path_factory.mktemp("balanced")
    first = Server(folder, database=engine.url, EMPORION_PROXY__TRUSTED='["127.0.0.1"]')
    made = [first, Server.beside(first, folder / "b"), Server.beside(first, folder / "c")]
    for node in made:
        node.start()
    yield made
    # One that a test has left dead keeps none of the others alive.
    ended = [node.stop() if node.process.poll() is None else node.process.returncode for node in made]
    assert ended == [0, 0, 0]
    for node in made:
        assert "panicked" not in node.log.read_text(errors="replace"), node.log_tail(200)


@pytest.fixture(scope="module")
def balancer(tmp_path_factory, nodes):
    made = Balancer(tmp_path_factory.mktemp("haproxy"), nodes)
    made.until(True, True, True)
    yield made
    made.stop()


@dataclass
class Callers:
    """Programs and one person who ask the balancer, each one thing after another, until they are told to end."""

    nodes: list[Server]
    balancer: Balancer
    name: str
    #: What was acknowledged, by door.
    made: dict[str, set[str]] = field(default_factory=lambda: {"openmetadata": set(), "datazone": set()})
    #: When each error was heard, who heard it, and what it was.
    errors: list[tuple[float, str, str]] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=dict)
    halt: threading.Event = field(default_factory=threading.Event)

    def __enter__(self):
        kinds = (self.write, self.write, self.write, self.read, self.read, self.sign, self.look)
        self.threads = [threading.Thread(target=kind, args=(f"{kind.__name__}{n}",)) for n, kind in enumerate(kinds)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.halt.set()
        for thread in self.threads:
            thread.join(timeout=2 * PATIENCE_S)
            assert not thread.is_alive()

    def go_on(self, who: str, step) -> None:
        number = 0
        while not self.halt.is_set():
            number += 1
            try:
                step(number)
                self.asked[who] = self.asked.get(who, 0) + 1
            except (requests.RequestException, ClientError, BotoCoreError, AssertionError) as error:
                self.errors.append((time.monotonic(), who, repr(error)[:300]))
                self.halt.wait(0.05)
            self.halt.wait(0.01)

    def session(self) -> requests.Session:
        made = requests.Session()
        made.headers["Authorization"] = f"Bearer {self.nodes[0].admin.token}"
        return made

    def write(self, who: str) -> None:
        session = self.session()

        def step(number: int) -> None:
            name = f"{self.name}{who}n{number}"
            body = {"name": name, "domainType": "Aggregate", "description": "d"}
            answer = session.post(f"{self.balancer.url}/api/v1/domains", json=body, timeout=PATIENCE_S)
            assert answer.status_code == 201, answer.text
            self.made["openmetadata"].add(name)

        self.go_on(who, step)

    def read(self, who: str) -> None:
        session = self.session()

        def step(number: int) -> None:
            known = sorted(self.made["openmetadata"])
            path = f"/api/v1/domains/name/{known[number % len(known)]}" if known else "/api/v1/users/loggedInUser"
            answer = session.get(self.balancer.url + path, timeout=PATIENCE_S)
            # What was acknowledged through any node is there through each.
            assert answer.status_code != 404, f"LOST {path}"
            assert answer.status_code == 200, answer.text

        self.go_on(who, step)

    def sign(self, who: str) -> None:
        client = datazone_door.client(self.balancer, self.nodes[0].admin, checked=False)

        def step(number: int) -> None:
            found = client.create_domain(name=f"{self.name}{who}n{number}", domainExecutionRole=ROLE)["id"]
            self.made["datazone"].add(found)
            assert client.get_domain(identifier=found)["id"] == found

        self.go_on(who, step)

    def look(self, who: str) -> None:
        browser, signed_in = Browser(self.balancer), []

        def step(_: int) -> None:
            if not signed_in:
                signed_in.append(browser.sign_in(self.nodes[0].admin))
            browser.visit("/", expect=200)
            assert browser.path == "/", "the session goes on"

        self.go_on(who, step)

    def errors_after(self, fault: float, within: dict[str, float]) -> None:
        """Whoever met the fault was told so in time, and nobody after that."""
        late = [error for error in self.errors if error[0] - fault > within.get(error[1].rstrip("0123456789"), OVER_S) + LATE_S]
        assert not late, f"{fault}: {late[:5]}"
        assert not any("LOST" in text for _, _, text in self.errors), self.errors[:5]
        self.errors.clear()

    def goes_on(self) -> None:
        """Everybody is answered, without an error."""
        before, deadline = dict(self.asked), time.monotonic() + PATIENCE_S
        while any(self.asked.get(thread, 0) < before.get(thread, 0) + 3 for thread in self.whos()):
            assert time.monotonic() < deadline, f"{before} {self.asked} {self.errors[:5]}"
            time.sleep(0.02)

    def whos(self) -> list[str]:
        return ["write0", "write1", "write2", "read3", "read4", "sign5", "look6"]

    def all_there(self) -> int:
        """Each node shows all that was acknowledged."""
        session = self.session()
        for node in self.nodes:
            listed, after = set(), ""
            while after is not None:
                page = session.get(f"{node.url}/api/v1/domains?limit=1000{after}", timeout=30).json()
                listed |= {domain["name"] for domain in page["data"]} | {domain["id"] for domain in page["data"]}
                after = f"&after={page['paging']['after']}" if page["paging"].get("after") else None
            assert self.made["openmetadata"] <= listed, self.made["openmetadata"] - listed
            assert {datazone_door.plain_id(made) for made in self.made["datazone"]} <= listed
        return sum(map(len, self.made.values()))


def test_nodes_are_killed_stand_still_and_come_back(nodes, balancer):
    killed, asleep, awake = nodes
    with Callers(nodes, balancer, "faults") as callers:
        callers.goes_on()
        assert not callers.errors, callers.errors[:5]

        killed.kill()
        fault = time.monotonic()
        balancer.until(False, True, True)
        callers.goes_on()
        callers.errors_after(fault, {})

        asleep.process.send_signal(signal.SIGSTOP)
        try:
            fault = time.monotonic()
            balancer.until(False, False, True)
            callers.goes_on()
            callers.errors_after(fault, {"write": HELD_S + OVER_S, "sign": HELD_S + OVER_S})
        finally:
            asleep.process.send_signal(signal.SIGCONT)
        killed.start()
        balancer.until(True, True, True)
        callers.goes_on()
        assert not callers.errors, callers.errors[:5]
    assert callers.all_there() > 20


def test_nodes_that_are_taken_out_and_stopped_one_by_one_cost_nobody_an_answer(nodes, balancer):
    """As for an upgrade."""
    with Callers(nodes, balancer, "upgrade") as callers:
        callers.goes_on()
        for number, node in enumerate(nodes):
            balancer.drain(number)
            assert node.stop() == 0, node.log_tail()
            balancer.until(*(other is not node for other in nodes))
            callers.goes_on()
            node.start()
            balancer.ready(number)
            balancer.until(True, True, True)
            callers.goes_on()
        assert not callers.errors, callers.errors[:5]
    callers.all_there()


def test_nodes_that_are_stopped_one_by_one_without_being_taken_out_cost_nobody_an_answer(nodes, balancer):
    """With time for the balancer to hear of it from the node itself."""
    for number, node in enumerate(nodes):
        balancer.drain(number)
        assert node.stop() == 0, node.log_tail()
        node.settings["EMPORION_LIMITS__LAME_DUCK_SECONDS"] = str(LAME_DUCK_S)
        node.start()
        balancer.ready(number)
        balancer.until(True, True, True)
    try:
        with Callers(nodes, balancer, "leaving") as callers:
            callers.goes_on()
            for number, node in enumerate(nodes):
                node.process.send_signal(signal.SIGTERM)
                asked = time.monotonic()
                until(lambda node=node: requests.get(f"{node.url}/readyz", timeout=5).status_code == 503)
                assert requests.get(f"{node.url}/readyz?leaving=404", timeout=5).status_code == 404
                assert requests.get(f"{node.url}/api/v1/system/version", timeout=5).status_code == 200, "it serves on"
                until(lambda number=number: balancer.told()[number]["status"] == "NOLB")
                assert node.process.wait(timeout=60) == 0, node.log_tail()
                assert time.monotonic() - asked >= LAME_DUCK_S
                callers.goes_on()
                node.start()
                balancer.until(True, True, True)
                callers.goes_on()
            assert not callers.errors, callers.errors[:5]
        callers.all_there()
    finally:
        for node in nodes:
            node.settings.pop("EMPORION_LIMITS__LAME_DUCK_SECONDS", None)
    # Who is told twice does not wait.
    began = time.monotonic()
    for node in nodes:
        for _ in range(2):
            node.process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
        assert node.process.wait(timeout=30) == 0, node.log_tail()
        node.start()
    assert time.monotonic() - began < 3 * LAME_DUCK_S
    balancer.until(True, True, True)


def until(what) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_nodes_without_their_database_are_asked_nothing_and_are_asked_again_when_it_is_back(nodes, balancer, engine):
    engine.stop()
    try:
        balancer.until(False, False, False)
        headers = {"Authorization": f"Bearer {nodes[0].admin.token}"}
        told = requests.get(f"{balancer.url}/api/v1/users/loggedInUser", headers=headers, timeout=30)
        assert told.status_code == 503, told.text
        # The processes are well: nobody needs to start them again.
        assert [requests.get(f"{node.url}/healthz", timeout=5).status_code for node in nodes] == [200] * 3
    finally:
        engine.run()
    balancer.until(True, True, True)
    with Callers(nodes, balancer, "after") as callers:
        callers.goes_on()
        assert not callers.errors, callers.errors[:5]


def test_the_address_of_a_client_is_told_by_the_balancer_and_not_by_the_client(nodes, balancer):
    wire = http.client.HTTPConnection("127.0.0.1", balancer.port, timeout=30, source_address=("127.0.0.2", 0))
    forged = {"X-Forwarded-For": "192.0.2.9", "X-Forwarded-Host": "evil.example.com", "Forwarded": "for=192.0.2.9"}
    wire.request("GET", "/api/v1/users/loggedInUser", headers=forged | {"Accept": "application/json"})
    answer = wire.getresponse()
    assert answer.status == 401, answer.read()
    request = answer.headers["x-request-id"]
    deadline = time.monotonic() + 5
    while not (lines := [line for node in nodes for line in node.log.read_text().splitlines() if request in line]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert any("127.0.0.2" in line for line in lines), lines
    assert not any("192.0.2.9" in line or "evil" in line for line in lines), json.dumps(lines)

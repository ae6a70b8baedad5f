"""What stands between two nodes and their PostgreSQL database fails while writers write through both: connections are cut
between any two messages, the server falls and comes back, its statements are cancelled and its sessions ended, transactions are
serialised away, there are no connections left, a node stands still in mid-commit, its clock is minutes off. Nothing acknowledged is lost, nothing is there twice or by half, the log has no gap, and the nodes go on
by themselves."""

import contextlib
import glob
import itertools
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

import postgres_engine
from campaign import Campaign
from cutting_proxy import PLACES, CuttingProxy
from fault_server import FaultServer
from nodes import WRITING_S, refused, running
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser
from place import OM, SCHEMA
from webhook_receiver import Receiver
from wire import Answer, Wire

PAUSE_S = 10.0
#: A node that stands still with the turn to commit loses it after this time.
HELD_S = 8.0
#: So many connections may two nodes have, where they want 52, and so many readers come at once.
CONNECTIONS, READERS = 12, 60
#: What makes a process's own clock another one (package libfaketime); monotonic time goes on as it is.
FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), None)
#: Until another node has taken a job over.
TAKEN_OVER_S = 30.0
#: While another node stands still with the turn to commit, questions are answered within this time.
READ_S = 6.0


@pytest.fixture
def engine():
    made = postgres_engine.OwnCluster()
    yield made
    made.close()


@pytest.fixture
def ways(engine, seed):
    """How each of the two nodes reaches the database."""
    made = [CuttingProxy(engine.port, seed + number) for number in range(2)]
    yield made
    for way in made:
        way.close()


@pytest.fixture
def nodes(tmp_path, seed, engine, ways):
    addresses = [engine.url.replace(f":{engine.port}/", f":{way.port}/") for way in ways]
    with running(tmp_path, seed, addresses, engine.url) as made:
        yield made


def few(rounds: int) -> int:
    """Each round is many faults."""
    return max(2, rounds // 4)


def test_connections_are_cut_between_any_two_messages(nodes, ways, rounds, say):
    def cut(ends: float) -> None:
        for way in ways:
            way.rate, way.commit_rate = 0.002, 0.3
        time.sleep(max(0.0, ends - time.monotonic()))
        for way in ways:
            way.rate = way.commit_rate = 0.0

    ledger = nodes.campaign.ledger

    def cut_everywhere() -> bool:
        cuts = ways[0].cuts + ways[1].cuts
        reaches_callers = ledger.carried_out + ledger.not_carried_out
        return reaches_callers and all(cuts[is_commit, place] for is_commit in (True, False) for place in PLACES)

    # A busy machine sends fewer messages in a round.
    number = 0
    while number < few(rounds) or not cut_everywhere():
        number += 1
        assert number <= 10 * few(rounds), "there is a place where nothing is cut"
        nodes.write(cut)
        nodes.check()
    nodes.check(everything=True)
    cuts = ways[0].cuts + ways[1].cuts
    told = ", ".join(f"{'commits' if is_commit else 'others'} {place}: {cuts[is_commit, place]}" for is_commit in (True, False) for place in PLACES)
    say(f"  {nodes.campaign.summary()}; cut {told}; {nodes.uncertain()} commits uncertain")


def test_sessions_are_ended_and_statements_cancelled(nodes, rounds, say):
    def strike(ends: float) -> None:
        while time.monotonic() < ends:
            how = nodes.random.choice(("terminate", "cancel"))
            of = "WHERE application_name = 'emporion' AND pid <> pg_backend_pid() AND state <> 'idle'"
            nodes.sql(f"SELECT pg_{how}_backend(pid) FROM pg_stat_activity {of} ORDER BY random() LIMIT 2")
            time.sleep(nodes.random.uniform(0, 0.05))

    total = 0
    for number in range(1, few(rounds) + 1):
        total += refused(nodes.write(strike))
        nodes.check(everything=number == few(rounds))
    say(f"  {nodes.campaign.summary()}; {total} refused in all, {nodes.uncertain()} commits uncertain")


def test_the_server_falls_and_comes_back(nodes, engine, rounds, say):
    def fall(_: float) -> None:
        time.sleep(nodes.random.uniform(0.1, 0.6))
        engine.stop()
        time.sleep(nodes.random.uniform(0.0, 0.5))
        engine.run()

    total = 0
    for number in range(1, few(rounds) + 1):
        total += refused(nodes.write(fall, WRITING_S * 2))
        nodes.check(everything=number == few(rounds))
    assert total, "nobody has met the fall"
    say(f"  {nodes.campaign.summary()}; {total} refused in all, {nodes.uncertain()} commits uncertain")


@pytest.mark.parametrize("is_held", [True, False], ids=["with the turn", "behind its commit"])
def test_a_node_stands_still_in_mid_commit(nodes, ways, is_held, say):
    (asleep, awake), way = nodes.nodes, ways[0]
    is_stopped, longest = threading.Event(), 0.0

    def stop() -> None:
        asleep.process.send_signal(signal.SIGSTOP)
        is_stopped.set()

    def write() -> None:
        wire = Wire(awake.port, awake.admin)
        body = {"name": "Meanwhile", "domainType": "Aggregate", "description": "d"}
        assert wire.call("POST", f"{OM}/domains", body).status == 201
        wire.close()

    def pause(_: float) -> None:
        nonlocal longest
        way.at_commit = (stop, PAUSE_S if is_held else 0.0)
        assert is_stopped.wait(timeout=10), "no commit came by"
        wakes = time.monotonic() + PAUSE_S
        wire = Wire(awake.port, awake.admin)
        written = threading.Thread(target=write)
        written.start()
        while time.monotonic() < wakes:
            asked = time.monotonic()
            answer = wire.call("GET", f"/api/v1/domains/name/{nodes.campaign.place.domain}")
            longest = max(longest, time.monotonic() - asked)
            assert answer.status == 200, answer
            time.sleep(0.1)
        wire.close()
        # The database takes the turn from a node that stands still.
        written.join(timeout=2 * HELD_S)
        assert not written.is_alive(), "the other node's commits are held"
        asleep.process.send_signal(signal.SIGCONT)
        time.sleep(1.0)

    writers = nodes.write(pause)
    nodes.check(everything=True)
    assert longest < READ_S, f"a question took {longest:.1f} s"
    say(f"  {nodes.campaign.summary()}; {refused(writers)} refused; the longest question beside it: {longest * 1000:.0f} ms")


def test_a_commit_that_no_standby_has_is_not_acknowledged(nodes):
    """Whoever cancels what waits for a standby that is away is told that it is done: it is so on one disk alone."""
    waiting = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    nodes.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    nodes.sql("SELECT pg_reload_conf()")
    until(lambda: nodes.sql(f"SELECT count(*) {waiting}") != "0")
    node = nodes.nodes[0]
    body = {"name": "Unsure", "domainType": "Aggregate", "description": "d"}
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(Wire(node.port, node.admin).call, "POST", "/api/v1/domains", body)
        until(lambda: nodes.sql(f"SELECT count(pg_cancel_backend(pid)) {waiting}") and asked.done())
        answer = asked.result()
    assert answer.status == 503 and nodes.uncertain(), answer
    nodes.sql("ALTER SYSTEM RESET synchronous_standby_names")
    nodes.sql("SELECT pg_reload_conf()")
    nodes.check(everything=True)


def until(condition, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


# --- transactions that are serialised away --------------------------------------------------------------------------------

TEXT = {"op": "add", "path": "/description", "value": "after"}


def asked(nodes, kind: str, number: int) -> tuple[Answer, str, list[dict | None], list[dict | None]]:
    """Makes one request of a kind; its answer, and what is looked at afterwards: where, as it was, and as it is wanted."""
    wire, place, name = Wire(nodes.nodes[0].port, nodes.nodes[0].admin), nodes.campaign.place, f"{kind}{number}"
    products = f"{OM}/dataProducts"
    body = {"name": name, "description": "before", "domains": [place.domain], "tags": [place.label("term0")]}
    tables = [{"name": f"{name}t{row}", "databaseSchema": SCHEMA, "columns": [{"name": "id", "dataType": "INT"}]} for row in range(12)]
    with contextlib.closing(wire):
        match kind:
            case "create":
                answer = armed(nodes, number, lambda: wire.call("POST", products, body))
                return answer, [f"{products}/name/{place.domain}.{name}?fields=tags"], [None], [("before", ["term0"])]
            case "patch":
                made = wire.call("POST", products, body)
                assert made.status == 201, made
                operations = [TEXT, {"op": "add", "path": "/tags", "value": [place.label("term1"), place.label("term2")]}]
                target = f"{products}/{made.json()['id']}"
                json_patch = {"Content_Type": "application/json-patch+json"}
                answer = armed(nodes, number, lambda: wire.call("PATCH", target, operations, **json_patch))
                return answer, [f"{target}?fields=tags"], [("before", ["term0"])], [("after", ["term1", "term2"])]
            case "bulk":
                answer = armed(nodes, number, lambda: wire.call("PUT", f"{OM}/tables/bulk", tables))
                looked = [f"{OM}/tables/name/{SCHEMA}.{table['name']}?fields=tags" for table in tables]
                return answer, looked, [None] * 12, [("", [])] * 12


def armed(nodes, number: int, call) -> Answer:
    nodes.way.away_in = number
    try:
        return call()
    finally:
        nodes.way.away_in = None


def looked_at(node: FaultServer, target: str) -> tuple[str, list[str]] | None:
    with contextlib.closing(Wire(node.port, node.admin)) as wire:
        answer = wire.call("GET", target)
    if answer.status == 404:
        return None
    assert answer.status == 200, answer
    told = answer.json()
    return told.get("description", ""), sorted(tag["tagFQN"].rsplit(".", 1)[1] for tag in told.get("tags", []))


@pytest.mark.parametrize("kind", ["create", "patch", "bulk"])
def test_transactions_are_serialised_away_at_each_statement(nodes, ways, kind, say):
    """As where the database is one that takes back more than have met: at the first statement, at the second, and so on."""
    nodes.way, outcomes = ways[0], Counter()
    for number in itertools.count(1):
        before = len(ways[0].away)
        answer, targets, old, new = asked(nodes, kind, number)
        found = [looked_at(nodes.nodes[1], target) for target in targets]
        rows = {row["request"]["name"] for row in answer.json()["failedRequest"]} if kind == "bulk" and answer.status == 200 else set()
        is_done = [answer.status in (200, 201) and target.split("?")[0].rsplit(".", 1)[-1] not in rows for target in targets]
        assert answer.status in (200, 201, 409, 503), f"at statement {number}, {ways[0].away[-1:]}: {answer}"
        assert answer.status != 503 or "retry-after" in answer.headers, answer
        assert found == [after if done else earlier for done, earlier, after in zip(is_done, old, new, strict=True)], (
            f"at statement {number}, {ways[0].away[-1:]}, {answer} left {found}"
        )
        if len(ways[0].away) == before:
            break
        outcomes[answer.status] += 1
    assert number > 10, "a request has more statements"
    nodes.check()
    nodes.check_store()
    say(f"  {kind}: {number - 1} statements serialised away, one by one: answered {dict(outcomes)}")


# --- connections ----------------------------------------------------------------------------------------------------------


def test_readers_beyond_the_connections_of_the_database_are_told_so(tmp_path, seed, engine, say):
    owner = engine.url.replace("tester@", "emporion@")
    postgres_engine.sql(engine.url, f"CREATE ROLE emporion LOGIN CONNECTION LIMIT {CONNECTIONS}")
    postgres_engine.sql(engine.url, "CREATE DATABASE narrow OWNER emporion")
    url = owner.rsplit("/", 1)[0] + "/narrow"
    with running(tmp_path, seed, [url] * 2, engine.url.rsplit("/", 1)[0] + "/narrow") as nodes:
        statuses, halt = Counter(), threading.Event()
        target = f"{OM}/dataProducts?fields=tags,domains&limit=50"

        def read(number: int) -> None:
            node = nodes.nodes[number % 2]
            with contextlib.closing(Wire(node.port, node.admin)) as wire:
                while not halt.is_set():
                    # Each asks what nobody has asked: no answer is kept.
                    answer = wire.call("GET", f"{target}&domain={nodes.campaign.place.domain}&x={next(asks)}")
                    statuses[answer.status] += 1
                    assert answer.status == 200 or (answer.status == 503 and "retry-after" in answer.headers), answer

        def crowd(ends: float) -> None:
            with ThreadPoolExecutor(READERS) as pool:
                crowded = [pool.submit(read, number) for number in range(READERS)]
                time.sleep(max(0.0, ends - time.monotonic()))
                halt.set()
                for reader in crowded:
                    reader.result(timeout=60)

        asks = itertools.count(1)
        writers = nodes.write(crowd, 5.0)
        most = nodes.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'emporion'")
        assert statuses[200] and int(most) <= CONNECTIONS
        # It goes on by itself as soon as there are connections.
        nodes.sql("ALTER ROLE emporion CONNECTION LIMIT -1")
        nodes.check(everything=True)
        assert not refused(nodes.write(lambda _: None))
        nodes.check()
        say(f"  {nodes.campaign.summary()}; {READERS} readers over {most} connections: {dict(statuses)}; {refused(writers)} writes refused")


# --- clocks ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [7, -7])
def test_a_node_whose_clock_is_minutes_off_agrees_with_the_others(tmp_path, seed, engine, minutes, say):
    assert FAKETIME, "libfaketime is missing: install Debian's package libfaketime"
    receiver = Receiver()
    right = FaultServer(tmp_path, database=engine.url, environment={"EMPORION_WEBHOOKS__ALLOWED_NETWORKS": '["127.0.0.0/8"]'})
    off = right.beside_it(tmp_path / "off", engine.url)
    off.settings = right.settings | {"LD_PRELOAD": FAKETIME, "FAKETIME": f"{minutes:+}m", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    both = [right, off]
    try:
        for node in both:
            node.start()
        began = time.time()
        campaign = Campaign(right, seed, others=(off,))
        hear(right, receiver)
        writers = campaign.writers()
        for writer in writers:
            writer.start()
        time.sleep(WRITING_S)
        campaign.join(writers)
        campaign.check(everything=True)

        # Tokens, keys and sessions that one has given out are good on the other from then on, and ended by either.
        for giver, taker in (both, both[::-1]):
            user = giver.new_user(f"by{giver.port}")
            door = OpenMetadataDoor(taker, user.token)
            shown = door.get("/users/loggedInUser")
            wrong = abs(shown["updatedAt"] / 1000 - began - (minutes * 60 if giver is off else 0))
            assert wrong < 60, "what it says of times is by its own clock"
            with contextlib.closing(Wire(taker.port, user, signed=True)) as wire:
                assert wire.call("GET", "/v2/domains").status == 200, "a quarter of an hour is borne"
            browser = Browser(giver).sign_in(user)
            browser.base = taker.url
            browser.visit("/")
            assert browser.path == "/", "the session goes on"
            for token in giver.cli("token", "list", "--user", user.name):
                giver.cli("token", "revoke", token["id"])
            door.get("/users/loggedInUser", expect=401)

        # One of them sends what happens, once; when it is gone, the other does, after it has looked for eight seconds.
        def told(names: list[str]) -> list[str]:
            return [name for event in receiver.events() if (name := event["entityFullyQualifiedName"]) in names]

        names = [f"Event{number}" for number in range(6)]
        for number, name in enumerate(names):
            new_domain(both[number % 2], name)
        taken_over = 0.0
        for gone, left in (both, both[::-1]):
            receiver.waits_for(lambda: set(told(names)) == set(names), TAKEN_OVER_S)
            # What a kill takes of what was sent is sent again: that of 200 ms.
            time.sleep(5.0)
            gone.kill()
            killed = time.monotonic()
            names.append(f"After{gone.port}")
            new_domain(left, names[-1])
            receiver.waits_for(lambda: names[-1] in told(names), TAKEN_OVER_S)
            taken_over = max(taken_over, time.monotonic() - killed)
            gone.start()
        assert sorted(told(names)) == sorted(names), "each is sent once"
        campaign.check(everything=True)
        campaign.check_store()
        say(f"  {minutes:+} minutes: {campaign.summary()}; jobs taken over within {taken_over:.1f} s")
    finally:
        for node in both:
            if node.process is not None and node.process.poll() is None:
                node.kill()
        receiver.close()
    for node in both:
        node.check_no_panic()


def hear(node: FaultServer, receiver: Receiver) -> None:
    body = {
        "name": "hook", "alertType": "Notification", "resources": ["domain"],
        "destinations": [{"category": "External", "type": "Webhook", "config": {"endpoint": f"http://127.0.0.1:{receiver.port}/hook"}}],
    }  # fmt: skip
    OpenMetadataDoor(node, node.admin.token).post("/events/subscriptions", body)


def new_domain(node: FaultServer, name: str) -> None:
    OpenMetadataDoor(node, node.admin.token).post("/domains", {"name": name, "domainType": "Aggregate", "description": "d"})

"""What stands between two nodes and their PostgreSQL database fails while writers write through both: connections are cut
between any two messages, the server falls and comes back, its statements are cancelled and its sessions ended, a node stands
still in mid-commit. Nothing acknowledged is lost, nothing is there twice or by half, the log has no gap, and the nodes go on
by themselves."""

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import postgres_engine
from cutting_proxy import PLACES, CuttingProxy
from nodes import WRITING_S, refused, running
from wire import Wire

PAUSE_S = 10.0
#: While another node stands still with the turn to commit, questions are answered within this time.
READ_S = 3.0


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

    def pause(_: float) -> None:
        nonlocal longest
        way.at_commit = (stop, PAUSE_S if is_held else 0.0)
        assert is_stopped.wait(timeout=10), "no commit came by"
        wakes = time.monotonic() + PAUSE_S
        wire = Wire(awake.port, awake.admin)
        while time.monotonic() < wakes:
            asked = time.monotonic()
            answer = wire.call("GET", f"/api/v1/domains/name/{nodes.campaign.place.domain}")
            longest = max(longest, time.monotonic() - asked)
            assert answer.status == 200, answer
            time.sleep(0.1)
        wire.close()
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

"""Ingestions over several nodes: a run of one is seen and ended through the other, by whoever may, and one whose node is gone
ends as broken off."""

import contextlib
import json
import signal
import socket
import sqlite3
import time

import psycopg
import pytest
import requests

import postgres_engine
from emporion_server import Server
from openmetadata_door import OpenMetadataDoor

#: Until a run whose node was killed is ended by another: what a lease and a silent run are good for, and some looks.
FOUND_OUT_S = 45
#: What a test holds back a write by.
LOCK = 770_078


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    """Two nodes over one database, one of which may be killed."""
    folder = tmp_path_factory.mktemp("runs")
    files = folder / "sources"
    files.mkdir()
    settings = {"EMPORION_SOURCE_DIRS": f'["{files}"]'}
    a = Server(folder, engine="postgres", **settings)
    b = Server.beside(a, folder / "b")
    a.start(), b.start()
    yield a, b
    for node in (a, b):
        if node.process.poll() is None:
            assert node.stop() == 0, node.log_tail()
        assert "panicked" not in node.log.read_text(errors="replace"), node.log_tail(200)


@pytest.fixture
def silent():
    """A database server that takes connections and says nothing."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        yield f"postgres://reader:s3cret-word@127.0.0.1:{listening.getsockname()[1]}/shop?sslmode=disable"


def ask(node: Server, method: str, path: str, token: str | None = None, **body) -> requests.Response:
    headers = {"Authorization": f"Bearer {token or node.admin.token}"}
    return requests.request(method, f"{node.url}/emporion/v1{path}", json=body or None, headers=headers, timeout=30)


def begun(node: Server, token: str | None = None, **order) -> str:
    answer = ask(node, "POST", "/ingestions", token, **order)
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


def told(node: Server, run: str, token: str | None = None) -> dict:
    answer = ask(node, "GET", f"/ingestions/{run}", token)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ended(node: Server, run: str) -> None:
    answer = ask(node, "DELETE", f"/ingestions/{run}")
    assert answer.status_code == 200 and answer.json()["stopped"], answer.text


def until(what, seconds: float = 10.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come about")


def database_service(om: OpenMetadataDoor, name: str, url: str, **more) -> dict:
    host = url.split("@")[1].split("/")[0]
    config = {"type": "Postgres", "username": "reader", "authType": {"password": "s3cret-word"}, "hostPort": host, "database": "shop"}
    return om.post("/services/databaseServices", {"name": name, "serviceType": "Postgres", "connection": {"config": config}, **more})


def test_a_run_of_one_node_is_seen_and_ended_through_the_other(nodes, silent, fresh_name):
    a, b = nodes
    name = fresh_name("slow")
    database_service(OpenMetadataDoor(a, a.admin.token), name, silent)
    run = begun(a, service=name, timeoutSeconds=120)
    seen = told(b, run)
    assert (seen["state"], seen["service"]) == ("running", name) and seen["elapsedMs"] < 60_000
    assert told(b, run)["elapsedMs"] >= seen["elapsedMs"]
    # One of a service, over both.
    refused = ask(b, "POST", "/ingestions", service=name)
    assert refused.status_code == 409 and "is being ingested already" in refused.json()["error"]
    began = time.monotonic()
    ended(b, run)
    assert time.monotonic() - began < 5
    for node in nodes:
        over = told(node, run)
        assert (over["state"], over["reason"]) == ("failed", "STOPPED"), over
    # Its turn is free on both, and its service knows how it ended.
    again = begun(b, service=name, timeoutSeconds=120)
    assert told(a, again)["state"] == "running"
    ended(a, again)
    assert "s3cret-word" not in a.log.read_text() + b.log.read_text()


def test_four_run_over_all_nodes_and_one_that_ends_makes_room_on_the_other(nodes, silent, fresh_name):
    a, b = nodes
    runs = [begun((a, b)[turn % 2], service=fresh_name("slow"), source=silent, timeoutSeconds=120) for turn in range(4)]
    for node in nodes:
        refused = ask(node, "POST", "/ingestions", service=fresh_name("fifth"), source=silent)
        assert refused.status_code == 409 and refused.json()["error"].startswith("4 ingestions are running"), refused.text
    ended(b, runs[0])
    runs[0] = begun(b, service=fresh_name("slow"), source=silent, timeoutSeconds=120)
    for turn, run in enumerate(runs):
        ended((b, a)[turn % 2], run)
    assert [told(a, run)["reason"] for run in runs] == ["STOPPED"] * 4


def test_the_outcome_is_told_by_every_node(nodes, fresh_name, tmp_path):
    a, b = nodes
    file = a.settings["EMPORION_SOURCE_DIRS"].strip('[]"') + f"/{fresh_name('shop')}"
    with contextlib.closing(sqlite3.connect(file)) as shop:
        shop.executescript("".join(f"CREATE TABLE t{n} (a INTEGER, b TEXT);" for n in range(40)))
    name = fresh_name("quick")
    run = begun(a, service=name, source=f"sqlite:{file.rsplit('/', 1)[1]}")
    over = until(lambda: (one := told(b, run))["state"] != "running" and one)
    assert over["state"] == "finished" and over["report"]["tables"]["created"] == 40, over
    assert over["done"] == over["all"] > 0 and over["step"] == "written"
    mine = told(a, run)
    assert mine["report"] == over["report"]


def test_who_may_not_see_a_run_on_its_own_node_may_not_through_another(nodes, silent, fresh_name):
    a, b = nodes
    om = OpenMetadataDoor(a, a.admin.token)
    owner, mate, viewer = (a.new_user(fresh_name(who)) for who in ("owner", "mate", "viewer"))
    team = om.post("/teams", {"name": fresh_name("Team"), "teamType": "Group", "users": [owner.id, mate.id]})
    name = fresh_name("owned")
    database_service(om, name, silent, owners=[{"id": team["id"], "type": "team"}])
    other = a.new_account(fresh_name("acme"))
    run = begun(a, owner.token, service=name, timeoutSeconds=120)
    for node in nodes:
        for outsider in (viewer, other):
            for method in ("GET", "DELETE"):
                assert ask(node, method, f"/ingestions/{run}", outsider.token).status_code == 404, (node.url, outsider.name)
        assert ask(node, "GET", f"/ingestions/{run}", mate.token).status_code == 200
        assert told(node, run)["state"] == "running", "nobody has ended it"
        # What is kept beside runs is none.
        assert ask(node, "GET", "/ingestions/turns").status_code == 404
    listed = [user["id"] for user in om.get(f"/teams/{team['id']}?fields=users")["users"]]
    om.patch(f"/teams/{team['id']}", [{"op": "remove", "path": f"/users/{listed.index(mate.id)}"}])
    assert ask(b, "DELETE", f"/ingestions/{run}", mate.token).status_code == 404, "he may not any more"
    # Who began it ends it, and its service learns of it, also where he may not change that any more.
    om.patch(f"/teams/{team['id']}", [{"op": "remove", "path": "/users/0"}])
    assert ask(b, "DELETE", f"/ingestions/{run}", owner.token).status_code == 200
    assert told(a, run)["reason"] == "STOPPED"
    assert remembered(a, run) == "stopped"


def remembered(node: Server, run: str) -> str:
    """As what the service of a run remembers it."""
    found = postgres_engine.sql(node.database, f"SELECT value FROM observations WHERE value LIKE '%\"{run}\"%'")
    return json.loads(found)["pipelineState"] if found.strip() else ""


def last(node: Server, service: str) -> dict:
    """What a service remembers of its last run at its times."""
    return ask(node, "GET", f"/sources/{service}/schedule").json().get("last") or {}


def test_runs_of_a_node_that_is_stopped_end_at_once_and_begin_again_where_they_were_scheduled(nodes, silent, fresh_name):
    a, b = nodes
    om = OpenMetadataDoor(b, b.admin.token)
    ordered, at_times = fresh_name("ordered"), fresh_name("scheduled")
    for name in (ordered, at_times):
        database_service(om, name, silent)
    # The schedules are a's.
    b.stop()
    assert ask(a, "PUT", f"/sources/{at_times}/schedule", cron="* * * * *").status_code == 200
    first = until(lambda: (one := last(a, at_times)).get("state") == "running" and one["id"], 75)
    run = begun(a, service=ordered, timeoutSeconds=120)
    b.start()
    began = time.monotonic()
    assert a.stop() == 0, a.log_tail()
    over = told(b, run)
    assert (over["state"], over["reason"]) == ("failed", "BROKE_DOWN") and "stopped" in over["error"], over
    assert remembered(b, run) == "failed"
    again = begun(b, service=ordered, timeoutSeconds=120)
    until(lambda: last(b, at_times).get("id") != first and last(b, at_times).get("state") == "running", 10)
    assert time.monotonic() - began < 20, "nobody waits until they have stood still for long enough"
    ended(b, last(b, at_times)["id"])
    ask(b, "DELETE", f"/sources/{at_times}/schedule")
    ended(b, again)
    a.start()


def test_a_turn_whose_row_cannot_be_read_or_is_missing_is_freed(nodes, silent, fresh_name):
    a, _ = nodes
    nobody = "'00000000-0000-0000-0000-000000000000'"
    lost = [str(number) for number in (1, 2)]
    taken = [{"id": id, "account": a.account, "service": f"lost{id}", "later": 1} for id in lost]
    # As a later version might have left it, whose run has a state that this one does not know.
    postgres_engine.sql(
        a.database,
        f"INSERT INTO follower_states (follower, key, account, position, data) VALUES ('crawls', '1', {nobody}, 1, '{{\"state\": \"Later\"}}');"
        f"INSERT INTO follower_states (follower, key, account, position, data) VALUES ('crawls', 'turns', {nobody}, 1, '{json.dumps({'taken': taken})}') "
        "ON CONFLICT (follower, key) DO UPDATE SET position = follower_states.position + 1, data = excluded.data",
    )
    runs = [begun(a, service=fresh_name("slow"), source=silent, timeoutSeconds=120) for _ in range(2)]
    refused = ask(a, "POST", "/ingestions", service=fresh_name("fifth"), source=silent)
    assert refused.status_code == 409, refused.text
    more = fresh_name("slow")
    runs.append(until(lambda: ask(a, "POST", "/ingestions", service=more, source=silent).json().get("id"), FOUND_OUT_S))
    for run in runs:
        ended(a, run)


def test_neither_a_service_nor_outcomes_that_cannot_be_written_keep_a_turn(nodes, silent, fresh_name):
    a, b = nodes
    name = fresh_name("refuses")
    database_service(OpenMetadataDoor(a, a.admin.token), name, silent)
    run = begun(a, service=name, timeoutSeconds=120)
    with postgres_engine.refusing(a.database, "observations", "NEW.value LIKE '%\"stopped\"%'"):
        ended(b, run)
    assert (told(b, run)["reason"], remembered(a, run)) == ("STOPPED", "running")
    # As a later version may write them.
    postgres_engine.sql(
        a.database, f"UPDATE follower_states SET position = position + 1, data = '{{\"runs\": 1}}' WHERE key = 'ended {a.account}'"
    )
    again = begun(b, service=name, timeoutSeconds=120)
    ended(a, again)
    assert told(a, again)["reason"] == "STOPPED" and remembered(b, again) == "stopped"


def test_a_node_that_stood_still_during_a_run_writes_nothing_of_it_when_it_wakes(nodes, fresh_name):
    a, b = nodes
    file = a.settings["EMPORION_SOURCE_DIRS"].strip('[]"') + f"/{fresh_name('shop')}"
    tables = 1_600
    with contextlib.closing(sqlite3.connect(file)) as shop:
        shop.executescript("".join(f"CREATE TABLE t{n} (a INTEGER, b TEXT);" for n in range(tables)))
    name = fresh_name("asleep")
    with psycopg.connect(a.database, autocommit=True) as held:
        # In the midst of a turn that is not its first.
        held.execute(f"SELECT pg_advisory_lock({LOCK})")
        held.execute(
            f"CREATE FUNCTION waits() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_advisory_xact_lock({LOCK}); RETURN NEW; END$$;"
            "CREATE TRIGGER waits BEFORE INSERT ON records FOR EACH ROW WHEN (NEW.name = 't999') EXECUTE FUNCTION waits();"
        )
        run = begun(a, service=name, source=f"sqlite:{file.rsplit('/', 1)[1]}")
        waiting = f"SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = {LOCK} AND NOT granted"
        until(lambda: held.execute(waiting).fetchone() is not None, 60)
        a.process.send_signal(signal.SIGSTOP)
        try:
            over = until(lambda: (one := told(b, run))["state"] != "running" and one, FOUND_OUT_S)
            assert (over["state"], over["reason"]) == ("failed", "BROKE_DOWN"), over
            until(lambda: remembered(b, run) == "failed")
            before = written(a)
            held.execute(f"SELECT pg_advisory_unlock({LOCK})")
        finally:
            a.process.send_signal(signal.SIGCONT)
        # It knows by then that the run is none of its own any more, and what it had begun to write has come to its end.
        until(lambda: told(a, run)["state"] == "failed" and "emporion_ingests_running 0" in metrics(a), 30)
        assert a.cli("list", "users", "--limit", "1")
        held.execute("DROP FUNCTION waits CASCADE")
    assert written(a) == before, "nothing of the run was written after it was taken for broken off"
    assert remembered(b, run) == "failed"
    again = begun(a, service=name, source=f"sqlite:{file.rsplit('/', 1)[1]}")
    whole = until(lambda: (one := told(b, again))["state"] != "running" and one, 120)
    found = whole["report"]["tables"]
    assert whole["state"] == "finished" and 0 < found["created"] < tables, whole
    assert found["created"] + found["unchanged"] == tables, "what was written before stays"


def metrics(node: Server) -> str:
    return requests.get(f"{node.url}/metrics", timeout=30).text


def written(node: Server) -> str:
    """How far the log is."""
    return postgres_engine.sql(node.database, "SELECT seq FROM log_head").strip()


def test_a_run_whose_node_is_killed_ends_as_broken_off_and_begins_again_where_it_was_scheduled(nodes, silent, fresh_name):
    a, b = nodes
    om = OpenMetadataDoor(b, b.admin.token)
    ordered, at_times = fresh_name("ordered"), fresh_name("scheduled")
    for name in (ordered, at_times):
        database_service(om, name, silent)
    # The schedules are a's, which is then killed: b gives them up where it has them.
    b.stop()
    run = begun(a, service=ordered, timeoutSeconds=120)
    assert ask(a, "PUT", f"/sources/{at_times}/schedule", cron="* * * * *").status_code == 200
    state = lambda node: last(node, at_times)  # noqa: E731
    first = until(lambda: (one := state(a)).get("state") == "running" and one["id"], 75)
    a.kill()
    b.start()
    assert told(b, run)["state"] == "running", "until it has been silent for long enough"
    over = until(lambda: (one := told(b, run))["state"] != "running" and one, FOUND_OUT_S)
    assert (over["state"], over["reason"]) == ("failed", "BROKE_DOWN") and "gone" in over["error"], over
    # What was ordered is ordered again by who wants it; what has its times goes on.
    until(lambda: state(b).get("id") != first and state(b).get("state") == "running", FOUND_OUT_S)
    assert ask(b, "POST", "/ingestions", service=at_times).status_code == 409, "it is being read again"
    assert state(b).get("state") == "running"
    again = begun(b, service=ordered, timeoutSeconds=120)
    ended(b, again)
    ask(b, "DELETE", f"/sources/{at_times}/schedule")
    a.start()

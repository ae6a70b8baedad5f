"""Several servers over one PostgreSQL database: what one has acknowledged the others know at once, and nothing is lost with
one that is killed."""

import base64
import json
import os
import re
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import requests

import datazone_door
import postgres_engine
from bobsled_door import BobsledDoor
from emporion_server import Server, free_port, run_cli
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser
from webhook_receiver import Receiver

ALLOWED = {"EMPORION_WEBHOOKS__ALLOWED_NETWORKS": '["127.0.0.0/8"]'}
#: Until another node has taken a job over from one that was killed: what a lease is good for, and some looks at it.
TAKEN_OVER_S = 30


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    """Two nodes over one database with one master key."""
    folder = tmp_path_factory.mktemp("nodes")
    a = Server(folder, engine="postgres", **ALLOWED)
    b = Server.beside(a, folder / "b")
    a.start(), b.start()
    yield a, b
    for node in (a, b):
        assert node.stop() == 0, node.log_tail()
        text = node.log.read_text(errors="replace")
        assert "panicked" not in text, node.log_tail(200)
        password = a.database.split("@")[0].rsplit(":", 1)[1]
        assert password not in text, "no log tells the password of the database"


def doors(node: Server, token: str | None = None) -> tuple[OpenMetadataDoor, BobsledDoor]:
    return OpenMetadataDoor(node, token or node.admin.token), BobsledDoor(node, token or node.admin.token)


def found(node: Server, name: str) -> list[str]:
    """What of this name a search finds that waits for all that was acknowledged."""
    headers = {"Accept": "application/json", "Authorization": f"Bearer {node.admin.token}"}
    parameters = {"q": name, "at_least": "head"}
    answer = requests.get(f"{node.url}/search", params=parameters, headers=headers, timeout=30)
    answer.raise_for_status()
    return [hit["name"] for hit in answer.json()["hits"] if hit["name"] == name]


def test_what_one_node_acknowledges_the_other_shows_at_once_through_every_door(nodes, fresh_name):
    a, b = nodes
    (om_a, bob_a), (om_b, bob_b) = doors(a), doors(b)
    dz_a, dz_b = (datazone_door.client(node, node.admin) for node in nodes)
    for _ in range(5):
        name = fresh_name("seen").replace("-", "")
        domain = om_a.post("/domains", {"name": name, "domainType": "Aggregate", "description": "d"})
        assert om_b.get(f"/domains/{domain['id']}")["name"] == name
        om_b.patch(f"/domains/{domain['id']}", [{"op": "replace", "path": "/description", "value": "by b"}])
        assert om_a.get(f"/domains/name/{name}")["description"] == "by b"
        made = dz_b.create_domain(name=f"{name}z", domainExecutionRole="arn:aws:iam::123456789012:role/x")["id"]
        assert dz_a.get_domain(identifier=made)["name"] == f"{name}z"
    om_a.post("/services/databaseServices", {"name": fresh_name("source"), "serviceType": "Postgres"})
    product = bob_a.create(fresh_name("shared"))
    assert bob_b.get(f"/data-products/{product['id']}")["name"] == product["name"]
    bob_b.patch(f"/data-products/{product['id']}", {"description": "by b"})
    assert bob_a.get(f"/data-products/{product['id']}")["description"] == "by b"


def test_what_one_node_writes_is_found_on_the_other(nodes, fresh_name):
    a, b = nodes
    for writer, reader in ((a, b), (b, a)):
        name = fresh_name("findable").replace("-", "")
        doors(writer)[0].post("/domains", {"name": name, "domainType": "Aggregate", "description": "d"})
        assert found(reader, name) == [name]


def test_a_kept_answer_of_one_node_ends_with_what_the_other_changes(nodes, fresh_name):
    (om_a, _), (om_b, _) = doors(nodes[0]), doors(nodes[1])
    name = fresh_name("kept").replace("-", "")
    domain = om_a.post("/domains", {"name": name, "domainType": "Aggregate", "description": "0"})
    for turn in range(1, 20):
        writer, reader = (om_a, om_b) if turn % 2 else (om_b, om_a)
        assert reader.get(f"/domains/{domain['id']}")["description"] == str(turn - 1)
        writer.patch(f"/domains/{domain['id']}", [{"op": "replace", "path": "/description", "value": str(turn)}])
        assert reader.get(f"/domains/{domain['id']}")["description"] == str(turn)


def test_one_name_is_given_once_whoever_gives_it(nodes, fresh_name):
    made = [doors(node)[0] for node in nodes]
    names = [fresh_name("raced").replace("-", "") for _ in range(12)]

    def create(door: OpenMetadataDoor, name: str) -> int:
        return door.call("POST", "/domains", {"name": name, "domainType": "Aggregate", "description": "d"}).status_code

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda pair: create(*pair), [(door, name) for name in names for door in made]))
    assert sorted(told) == [201] * len(names) + [409] * len(names)


def test_who_is_refused_by_one_node_is_refused_by_the_other_from_then_on(nodes, fresh_name):
    a, b = nodes
    user = a.new_user(fresh_name("leaver"))
    for node in nodes:
        assert doors(node, user.token)[0].get("/users/loggedInUser")["name"] == user.name
    dz = datazone_door.client(b, user)
    dz.list_domains()
    for token in a.cli("token", "list", "--user", user.name):
        a.cli("token", "revoke", token["id"])
    doors(b, user.token)[0].get("/users/loggedInUser", expect=401)
    a.cli("key", "revoke", user.access_key_id)
    with datazone_door.fails("UnrecognizedClientException", 403):
        dz.list_domains()
    other = b.new_user(fresh_name("leaver"))
    assert doors(a, other.token)[0].get("/users/loggedInUser")["name"] == other.name
    b.cli("user", "disable", other.name)
    doors(a, other.token)[0].get("/users/loggedInUser", expect=401)


def test_guesses_of_a_password_are_counted_over_all_nodes(nodes, fresh_name):
    a, b = nodes
    users = [a.new_user(fresh_name("guessed")) for _ in range(2)]

    def log_in(turn: int, user, password: str = "wrong") -> str:
        body = {"email": user.name, "password": base64.b64encode(password.encode()).decode()}
        answer = doors(nodes[turn % 2])[0].call("POST", "/users/login", body)
        return "in" if answer.status_code == 200 else answer.json()["message"]

    first, second = users
    wrong = log_in(0, first)
    assert [log_in(turn, first) for turn in range(1, 5)] == [wrong] * 4
    held = [log_in(turn, first, first.password) for turn in (5, 6)]
    assert all("Attempts Exceeded" in said for said in held), f"whichever he asks: {held}"
    # Who gets in begins anew, wherever it was.
    assert [log_in(turn, second) for turn in range(4)] == [wrong] * 4
    assert log_in(4, second, second.password) == "in"
    assert [log_in(turn, second) for turn in range(5, 9)] == [wrong] * 4
    assert log_in(9, second, second.password) == "in"


def test_guesses_are_counted_where_the_store_does_not_keep_them(nodes, fresh_name):
    a, b = nodes
    user = a.new_user(fresh_name("guessed"))

    def guess(node: Server) -> str:
        body = {"email": user.name, "password": base64.b64encode(b"wrong").decode()}
        return doors(node)[0].call("POST", "/users/login", body).json()["message"]

    wrong = guess(a)
    assert guess(b) == wrong
    with postgres_engine.refusing(a.database, "follower_states", "NEW.follower = 'logins'", "53100"):
        said = [guess(a) for _ in range(8)]
    assert said[:3] == [wrong] * 3 and all("Attempts Exceeded" in one for one in said[3:]), said
    postgres_engine.sql(a.database, "UPDATE follower_states SET position = position + 1, data = '{}' WHERE follower = 'logins'")
    assert "Attempts Exceeded" in guess(a), "nor is it forgotten with what the store forgets"


def test_a_cookie_and_a_cursor_of_one_node_are_good_on_the_other(nodes, fresh_name):
    a, b = nodes
    browser = Browser(a)
    browser.sign_in(a.admin)
    browser.visit("/domains")
    browser.base = b.url
    assert browser.visit("/domains").url.startswith(b.url), "nobody is asked to sign in"
    stem = fresh_name("walked").replace("-", "")
    dz_a, dz_b = (datazone_door.client(node, node.admin) for node in nodes)
    domain = dz_a.create_domain(name=stem, domainExecutionRole="arn:aws:iam::123456789012:role/x")["id"]
    for number in range(4):
        dz_a.create_project(domainIdentifier=domain, name=f"{stem}{number}")
    names, more, turn = [], {}, 0
    while True:
        shown = (dz_a, dz_b)[turn % 2].list_projects(domainIdentifier=domain, maxResults=1, **more)
        names += [item["name"] for item in shown["items"]]
        if not shown.get("nextToken"):
            break
        more, turn = {"nextToken": shown["nextToken"]}, turn + 1
    assert len(names) == len(set(names)) >= 4 and turn >= 3


def test_secrets_are_opened_by_every_node_also_after_an_exchange_by_one(nodes, fresh_name):
    a, b = nodes
    user = a.new_user(fresh_name("sealed"))
    dz = [datazone_door.client(node, user) for node in nodes]
    # The secret of an access key is sealed: each node has to open it.
    [one.list_domains() for one in dz]
    cursor = dz[0].list_domains(maxResults=1).get("nextToken")
    for by, other in ((a, b), (b, a)):
        told = by.cli("rotate", "seal")
        assert told["resealed"] >= 1 and "still opens" not in told["sealKey"], told
        newer = other.new_user(fresh_name("sealed"))
        # Cached keys are told from what has to be read anew: the rights of the account change.
        by.cli("user", "create", fresh_name("bystander"))
        for node in (other, by):
            datazone_door.client(node, user).list_domains()
            datazone_door.client(node, newer).list_domains()
    if cursor:
        with datazone_door.fails("ValidationException", 400, "nextToken"):
            dz[1].list_domains(maxResults=1, nextToken=cursor)


def test_an_exchange_of_the_signing_key_holds_on_every_node_at_once(tmp_path, fresh_name):
    a = Server(tmp_path, engine="postgres")
    b = Server.beside(a, tmp_path / "b")
    a.start(), b.start()
    try:
        before = a.new_user(fresh_name("old"))
        doors(b, before.token)[0].get("/users/loggedInUser")
        told = a.cli("rotate", "signing")
        fresh = told["token"]
        # The first thing that the other node hears of it.
        assert doors(b, fresh)[0].get("/users/loggedInUser")["name"] == a.admin.name
        doors(b, before.token)[0].get("/users/loggedInUser", expect=401)
        doors(b)[0].get("/users/loggedInUser", expect=401)
        keys = [requests.get(f"{node.url}/api/v1/system/config/jwks", timeout=30).json() for node in (a, b)]
        assert keys[0] == keys[1]
        assert b.stop() == 0
        b.start()
        doors(b, fresh)[0].get("/users/loggedInUser")
    finally:
        a.kill(), b.kill()


def subscribed(om: OpenMetadataDoor, name: str, receiver: Receiver) -> None:
    destination = {"type": "Webhook", "category": "External", "config": {"endpoint": receiver.url(f"/{name}")}}
    body = {"name": name, "alertType": "Notification", "resources": ["domain"], "destinations": [destination]}
    om.post("/events/subscriptions", body)


def test_an_event_is_sent_once_whichever_node_it_comes_from_and_goes_on_after_a_kill(tmp_path, fresh_name):
    a = Server(tmp_path, engine="postgres", **ALLOWED)
    b = Server.beside(a, tmp_path / "b")
    a.start(), b.start()
    receiver = Receiver()
    try:
        (om_a, _), (om_b, _) = doors(a), doors(b)
        hook = fresh_name("hook").replace("-", "")
        subscribed(om_a, hook, receiver)
        names = [fresh_name("told").replace("-", "") for _ in range(10)]
        for turn, name in enumerate(names):
            door = (om_a, om_b)[turn % 2]
            door.post("/domains", {"name": name, "domainType": "Aggregate", "description": "d"})

        def told() -> list[str]:
            return [event["entityFullyQualifiedName"] for event in receiver.events(f"/{hook}")]

        receiver.waits_for(lambda: set(names) <= set(told()), TAKEN_OVER_S)
        # Whoever would send it a second time has had the time to.
        time.sleep(2)
        assert sorted(told()) == sorted(names)
        a.kill()
        later = [fresh_name("told").replace("-", "") for _ in range(5)]
        for name in later:
            om_b.post("/domains", {"name": name, "domainType": "Aggregate", "description": "d"})
        receiver.waits_for(lambda: set(later) <= set(told()), TAKEN_OVER_S)
        time.sleep(1)
        assert [name for name in told() if name in later] == later
    finally:
        b.kill()
        if a.process.poll() is None:
            a.kill()
        receiver.close()


def test_what_a_node_has_acknowledged_outlives_it(tmp_path, fresh_name):
    a = Server(tmp_path, engine="postgres")
    b = Server.beside(a, tmp_path / "b")
    a.start(), b.start()
    acknowledged: list[str] = []
    is_over = threading.Event()
    stem = fresh_name("durable").replace("-", "")

    def write(worker: int) -> None:
        door, number = doors(a)[0], 0
        while not is_over.is_set():
            name, number = f"{stem}w{worker}n{number}", number + 1
            try:
                door.post("/domains", {"name": name, "domainType": "Aggregate", "description": "d"})
            except requests.RequestException:
                return
            acknowledged.append(name)

    try:
        writers = [threading.Thread(target=write, args=(worker,)) for worker in range(6)]
        [writer.start() for writer in writers]
        deadline = time.monotonic() + 30
        while len(acknowledged) < 40 and time.monotonic() < deadline:
            time.sleep(0.05)
        a.process.send_signal(signal.SIGKILL)
        a.process.wait()
        is_over.set()
        [writer.join() for writer in writers]
        assert len(acknowledged) >= 40
        om = doors(b)[0]
        for name in acknowledged:
            om.get(f"/domains/name/{name}")
        found_there = found(b, acknowledged[-1])
        assert found_there == [acknowledged[-1]]
        report = json.loads(run_cli("verify", *a.place, "-o", "json", **a.secrets).stdout)
        assert report["faults"] == [] and "@" not in report["store"], report
    finally:
        b.kill()


def refused(*arguments: str, **environment: str) -> tuple[int, str]:
    done = run_cli(*arguments, check=False, **environment)
    return done.returncode, done.stderr


def test_what_cannot_be_opened_is_refused_in_a_line_that_says_what_to_do(nodes, tmp_path):
    a, _ = nodes
    password = a.database.split("@")[0].rsplit(":", 1)[1]
    plain = a.database.replace(f":{password}@", "@")
    listen = ("--listen", "127.0.0.1:0", "--data", str(tmp_path / "n"))
    # Everybody on the machine reads a command line.
    code, told = refused("serve", "--store", a.database, *a.place, *listen)
    assert code == 2 and password not in told, told
    assert all(place in told for place in ("EMPORION_STORE", "PGPASSWORD", "PGPASSFILE", "~/.pgpass")), told
    code, told = refused("serve", "--store", f"{plain}?password={password}", *a.place, *listen)
    assert code == 2 and password not in told, told
    code, told = refused("serve", "--store", plain, *listen, PGPASSWORD=password)
    assert code == 2 and "--master-key" in told and "EMPORION_MASTER_KEY" in told, told
    code, told = refused("serve", "--store", plain, *a.place, *listen, PGPASSWORD="wrong")
    assert code == 1 and "password" in told, told
    other = tmp_path / "other.key"
    run_cli("init", "--master-key", str(other), EMPORION_STORE=postgres_engine.fresh_database())
    assert other.stat().st_mode & 0o777 == 0o600
    code, told = refused("serve", "--master-key", str(other), *listen, **a.secrets)
    assert code == 1 and "master key" in told, told
    missing = tmp_path / "missing.key"
    code, told = refused("serve", "--master-key", str(missing), *listen, **a.secrets)
    assert code == 1 and "master key is missing" in told and not missing.exists(), told
    nobody = f"postgres://tester@127.0.0.1:{free_port()}/none"
    began = time.monotonic()
    code, told = refused("serve", "--store", nobody, *a.place, *listen)
    assert code == 1 and "127.0.0.1" in told and time.monotonic() - began < 20, told
    code, told = refused("backup", "--to", str(tmp_path / "b.tar"), *a.place, **a.secrets)
    assert code == 2 and "--with-keys" in told, told
    code, told = refused("init", *a.place, **a.secrets)
    assert code == 1 and "initialised already" in told and password not in told, told
    code, told = refused("serve", "--master-key", str(other), "--store", str(tmp_path / "directory"), "--listen", "127.0.0.1:0")
    assert code == 2 and "--master-key" in told, told


@pytest.mark.parametrize("way", ["PGPASSWORD", "PGPASSFILE"])
def test_a_password_need_not_stand_in_the_address(way, tmp_path):
    database = postgres_engine.fresh_database()
    user, rest = database.split("://")[1].split("@")
    name, password = user.split(":")
    host, port = rest.split("/")[0].split(":")
    environment = {"PGPASSWORD": password}
    if way == "PGPASSFILE":
        passfile = tmp_path / "pgpass"
        passfile.write_text(f"{host}:{port}:*:{name}:{password}\n")
        passfile.chmod(0o600)
        environment = {"PGPASSFILE": str(passfile)}
    place = ["--store", f"postgres://{name}@{rest}", "--master-key", str(tmp_path / "master.key")]
    made = json.loads(run_cli("init", *place, "-o", "json", **environment).stdout)
    assert made["adminToken"]
    told = json.loads(run_cli("doctor", *place, "-o", "json", **environment).stdout)
    assert all(finding["ok"] for finding in told), told
    if way == "PGPASSFILE":
        passfile.chmod(0o644)
        code, told = refused("verify", *place, **environment)
        assert code != 0 and "chmod 600" in told, told


def test_two_nodes_need_two_directories_and_an_index_is_of_its_store_alone(nodes, tmp_path):
    a, _ = nodes
    code, told = refused("serve", *a.place, "--data", str(a.store), "--listen", "127.0.0.1:0", **a.secrets)
    assert code == 1 and "another node" in told, told
    first = Server(tmp_path, engine="postgres").start()
    doors(first)[0].post("/domains", {"name": "onlyhere", "domainType": "Aggregate", "description": "d"})
    assert found(first, "onlyhere") == ["onlyhere"]
    assert first.stop() == 0
    second_folder = tmp_path / "second"
    second_folder.mkdir()
    second = Server(second_folder, engine="postgres")
    second.store = first.store
    second.start()
    try:
        assert found(second, "onlyhere") == []
    finally:
        second.kill()


@pytest.fixture
def cluster():
    made = postgres_engine.OwnCluster()
    yield made
    made.close()


def test_while_the_database_is_away_every_door_says_so_and_goes_on_afterwards(cluster, tmp_path, fresh_name):
    server = Server(tmp_path, engine="postgres", database=cluster.url).start()
    try:
        name = fresh_name("paused").replace("-", "")
        om = OpenMetadataDoor(server, server.admin.token)

        def make(name: str) -> None:
            om.post("/domains", {"name": name, "domainType": "Aggregate", "description": "d"})

        make(name)
        ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'emporion'"
        assert int(postgres_engine.sql(cluster.url, ended)) >= 1
        # Lost connections are nobody's business but the server's.
        assert om.get(f"/domains/name/{name}")["name"] == name
        make(f"{name}2")
        cluster.stop()
        headers = {"Authorization": f"Bearer {server.admin.token}"}
        for path in ("/api/v1/domains", f"/api/v1/accounts/{server.account}/data-products", "/emporion/v1/status"):
            began = time.monotonic()
            answer = requests.get(server.url + path, headers=headers, timeout=30)
            assert answer.status_code == 503 and answer.headers["retry-after"], (path, answer.status_code, answer.text)
            assert time.monotonic() - began < 15, path
            assert str(cluster.port) not in answer.text, "where the database is, is not the caller's business"
        # The protocol knows no other status for it; its clients repeat the call.
        with datazone_door.fails("InternalServerException", 500):
            datazone_door.client(server, server.admin).list_domains()
        with pytest.raises(AssertionError, match="503"):
            Browser(server).sign_in(server.admin)
        assert requests.get(f"{server.url}/readyz", timeout=30).status_code == 503
        assert requests.get(f"{server.url}/healthz", timeout=30).status_code == 200
        cluster.run()
        deadline = time.monotonic() + 30
        while requests.get(f"{server.url}/readyz", timeout=30).status_code != 200:
            assert time.monotonic() < deadline, server.log_tail()
            time.sleep(0.1)
        assert om.get(f"/domains/name/{name}2")["name"] == f"{name}2"
        make(f"{name}3")
        assert server.stop() == 0, server.log_tail()
    finally:
        if server.process.poll() is None:
            server.kill()


def peak_memory(server: Server) -> int:
    """The most that it has ever had, in MiB."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) // 1024


def test_a_list_that_is_read_for_words_takes_no_memory_for_what_is_not_meant(tmp_path):
    server = Server(tmp_path, engine="postgres").start()
    try:
        om = OpenMetadataDoor(server, server.admin.token)
        om.post("/services/databaseServices", {"name": "many", "serviceType": "Postgres"})
        om.post("/databases", {"name": "d", "service": "many"})
        # 70 MB of databases in one place.
        columns = "account, kind, parent, state, revision, version, content_revision, created_at, created_by, created_by_name, \
                   updated_at, updated_by, updated_by_name, visibility"
        postgres_engine.sql(
            server.database,
            f"INSERT INTO records (id, name, folded, fqn, body, {columns}) SELECT gen_random_uuid(), 'd' || n, 'd' || n, fqn || n, "
            "jsonb_set(body::jsonb, '{description}', to_jsonb(CASE n WHEN 20777 THEN 'the one' ELSE repeat('common ', 500) END))::text, "
            f"{columns} FROM records, generate_series(10000, 29999) AS n WHERE kind = 'database' AND name = 'd'; ANALYZE records",
        )
        browser = Browser(server).sign_in(server.admin)
        place = "/services/many"
        browser.visit(place)
        before = peak_memory(server)
        assert "d20777" in browser.visit(f"{place}?q=the+one").text
        assert "d20777" not in browser.visit(f"{place}?q=common").text
        assert "d10000" not in browser.visit(f"{place}?q=nothing+of+this").text
        assert peak_memory(server) - before < 40, "much less than what was read"
    finally:
        assert server.stop() == 0, server.log_tail()


def audit_lines(server: Server) -> list[dict]:
    headers = {"Authorization": f"Bearer {server.admin.token}"}
    answer = requests.get(f"{server.url}/emporion/v1/audit", headers=headers, timeout=30)
    answer.raise_for_status()
    assert answer.json()["lines"], "there are some"
    return answer.json()["lines"]


def test_what_a_newer_node_has_written_is_passed_over(tmp_path):
    """Lines of the log and of the trail of kinds and sorts that this version does not know, and an edge of such a relation."""
    server = Server(tmp_path, engine="postgres").start()
    try:
        om = OpenMetadataDoor(server, server.admin.token)

        def make(name: str) -> dict:
            return om.post("/domains", {"name": name, "domainType": "Aggregate", "description": "d"})

        made = make("before")
        columns = "account, at, by_id, by_name, by_through, by_door, id, fqn, revision, detail"
        for kind, what in (("'novelty'", "what"), ("kind", "'novelty'"), ("'novelty'", "'novelty'")):
            postgres_engine.sql(
                server.database,
                "BEGIN; UPDATE log_head SET seq = seq + 1, version = version + 1; "
                "INSERT INTO commits (version, changed) SELECT version, NULL FROM log_head; "
                f"INSERT INTO events (seq, kind, what, {columns}) SELECT seq + 1, {kind}, {what}, {columns} FROM events ORDER BY seq DESC LIMIT 1; "
                "SELECT pg_notify('emporion_log', (SELECT seq FROM log_head)::text); COMMIT",
            )
        columns = "account, by_id, by_name, by_through, by_door, about, detail"
        postgres_engine.sql(
            server.database,
            f"INSERT INTO edges (id, source, relation, place, ord, target, since) SELECT gen_random_uuid(), '{made['id']}', 'novelty', "
            "'', 0, id, 1 FROM records WHERE kind = 'user' LIMIT 1",
        )
        browser = Browser(server).sign_in(server.admin)
        browser.visit("/admin/audit/reads")
        deadline = time.monotonic() + 20
        while not int(postgres_engine.sql(server.database, "SELECT count(*) FROM audit_events")):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        postgres_engine.sql(
            server.database,
            f"INSERT INTO audit_events (id, at, what, {columns}) SELECT gen_random_uuid(), at + 1, 'novelty', {columns} FROM audit_events LIMIT 1",
        )
        om.get("/events")
        for path in ("/", "/admin/audit", "/admin/audit/reads", "/domains/before"):
            assert browser.visit(path).status == 200
        assert [line["what"] for line in audit_lines(server) if line["what"] == "novelty"] == []
        # What follows the log goes on behind them.
        make("after")
        assert found(server, "after") == ["after"]
        om.patch(f"/domains/{made['id']}", [{"op": "replace", "path": "/description", "value": "changed"}])
        assert om.get(f"/domains/{made['id']}/versions")["versions"]
        unknown = f"SELECT count(*) FROM edges WHERE source = '{made['id']}' AND relation = 'novelty'"
        assert postgres_engine.sql(server.database, unknown).strip() == "1", "what is not known is left as it is"
    finally:
        assert server.stop() == 0, server.log_tail()
    assert "unknown" not in server.log.read_text(), server.log_tail()


def test_a_host_that_hangs_hides_no_other(tmp_path, fresh_name):
    """It takes connections, and never says a word."""
    database = postgres_engine.fresh_database()
    where = database.split("@")[1].split("/")[0]
    with socket.create_server(("127.0.0.1", 0)) as hung:
        both = database.replace(where, f"127.0.0.1:{hung.getsockname()[1]},{where}")
        server = Server(tmp_path, engine="postgres", database=both).start()
        try:
            om = OpenMetadataDoor(server, server.admin.token)
            began = time.monotonic()
            with ThreadPoolExecutor(12) as pool:
                names = [fresh_name("several").replace("-", "") for _ in range(24)]
                list(pool.map(lambda name: om.post("/domains", {"name": name, "domainType": "Aggregate", "description": "d"}), names))
            assert time.monotonic() - began < 4, "the one that was reached is asked first from then on"
            ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'emporion' \
                     AND datname = current_database()"
            assert int(postgres_engine.sql(database, ended)) >= 1
            began = time.monotonic()
            assert om.get(f"/domains/name/{names[0]}")["name"] == names[0]
            assert time.monotonic() - began < 4
        finally:
            assert server.stop() == 0, server.log_tail()


def test_a_commit_of_which_the_server_does_not_know_is_not_begun_anew(tmp_path):
    server = Server(tmp_path, engine="postgres").start()
    try:
        om = OpenMetadataDoor(server, server.admin.token)
        postgres_engine.sql(
            server.database,
            "CREATE SEQUENCE tries; CREATE FUNCTION unknown() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM nextval('tries'); "
            "RAISE EXCEPTION 'nobody knows' USING ERRCODE = '40003'; END$$; CREATE CONSTRAINT TRIGGER unknown AFTER INSERT ON records "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.name = 'once') EXECUTE FUNCTION unknown()",
        )
        body = {"name": "once", "domainType": "Aggregate", "description": "d"}
        headers = {"Authorization": f"Bearer {server.admin.token}"}
        answer = requests.post(f"{server.url}/api/v1/domains", json=body, headers=headers, timeout=30)
        assert answer.status_code == 503, answer.text
        assert postgres_engine.sql(server.database, "SELECT last_value FROM tries").strip() == "1", "it was tried once"
        postgres_engine.sql(server.database, "DROP FUNCTION unknown CASCADE")
        om.post("/domains", body)
    finally:
        assert server.stop() == 0, server.log_tail()


def test_a_statement_ends_with_the_reader_who_waited_for_it(tmp_path):
    server = Server(tmp_path, engine="postgres").start()
    try:
        om = OpenMetadataDoor(server, server.admin.token)
        om.post("/domains", {"name": "held", "domainType": "Aggregate", "description": "d"})
        where = "FROM pg_stat_activity WHERE application_name = 'emporion' AND datname = current_database() AND wait_event_type = 'Lock'"
        waiting = lambda: postgres_engine.sql(server.database, f"SELECT query {where}")  # noqa: E731
        with psycopg.connect(server.database) as holder:
            # Lists alone ask how many there are.
            holder.execute("LOCK TABLE tallies IN ACCESS EXCLUSIVE MODE")
            headers = {"Authorization": f"Bearer {server.admin.token}"}
            readers = [
                threading.Thread(target=lambda: pytest.raises(requests.Timeout, requests.get, f"{server.url}/api/v1/domains", headers=headers, timeout=2))
                for _ in range(3)
            ]
            [reader.start() for reader in readers]
            deadline = time.monotonic() + 2
            while not waiting() and time.monotonic() < deadline:
                time.sleep(0.02)
            assert waiting(), "their statements wait"
            [reader.join() for reader in readers]
            deadline = time.monotonic() + 10
            while waiting():
                assert time.monotonic() < deadline, waiting()
                time.sleep(0.05)
            holder.rollback()
        assert om.get("/domains/name/held")["name"] == "held"
    finally:
        assert server.stop() == 0, server.log_tail()

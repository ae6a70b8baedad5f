"""An exchange of keys over two nodes that serve, broken off by a kill in each of its steps: nothing is sealed with a key that is
forgotten, no token is refused that is good, and the same command goes on, on any node."""

import json
import subprocess
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

import datazone_door
import postgres_engine
from emporion_server import BINARY, Server, clean_environment, run_cli
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser
from test_keys import SECRET, bot_token, encoded, password_seen_by_bot, service_with_secret

#: Where the exchange is held and then killed: before which row of which table is written.
SEALING = [("shared_keys", 1), ("epochs", 1), ("secrets", 1), ("secrets", 3), ("credentials", 1), ("credentials", 2), ("shared_keys", 2)]
SIGNING = [("shared_keys", 1), ("credentials", 1), ("credentials", 4), ("epochs", 1)]
STEPS = {"seal": SEALING, "signing": SIGNING}
#: How many of them at a time, each with a database and two nodes of its own: most of it is waiting for leases.
AT_ONCE = 4


class Held:
    """Holds back whoever writes the n-th row of a table."""

    LOCK = 770_077

    def __init__(self, url: str, table: str, nth: int):
        self.connection = psycopg.connect(url, autocommit=True)
        self.connection.execute("SELECT pg_advisory_lock(%s)", (self.LOCK,))
        # What others wrote before there is a new key is none of it, nor are logins. A statement without parameters may be several.
        when = "UPDATE OR DELETE" if table == "credentials" else "INSERT OR UPDATE OR DELETE"
        begun = "true" if table == "shared_keys" else "(SELECT keys > 1 FROM log_head)"
        self.connection.execute(
            f"CREATE SEQUENCE held; CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN "
            f"IF {begun} AND nextval('held') = {nth} THEN PERFORM pg_advisory_xact_lock({self.LOCK}); END IF; "
            f"RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END; END$$;"
            f"CREATE TRIGGER held BEFORE {when} ON {table} FOR EACH ROW EXECUTE FUNCTION held();"
        )

    def waiting(self) -> list[int]:
        sql = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"
        return [pid for (pid,) in self.connection.execute(sql, (self.LOCK,))]

    def wait(self, process: subprocess.Popen) -> None:
        deadline = time.monotonic() + 30
        while not self.waiting():
            assert process.poll() is None, f"it came to its end: {process.communicate()}"
            assert time.monotonic() < deadline, "it did not come there"
            time.sleep(0.02)

    def let_go(self, of_the_dead: bool) -> None:
        """The server does not see by itself that whoever waits is gone."""
        if of_the_dead:
            for pid in self.waiting():
                self.connection.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,))
        self.connection.execute("SELECT pg_advisory_unlock(%s)", (self.LOCK,))
        self.connection.execute("DROP FUNCTION held CASCADE; DROP SEQUENCE held;")
        self.connection.close()


class Exchange:
    """Two nodes with secrets and tokens, and an exchange that is killed."""

    def __init__(self, folder: Path, key: str, table: str, nth: int, killed: str):
        self.key, self.table, self.nth, self.killed = key, table, nth, killed
        folder.mkdir()
        self.a = Server(folder, engine="postgres")
        self.b = Server.beside(self.a, folder / "b")
        self.a.start(), self.b.start()
        om = OpenMetadataDoor(self.a, self.a.admin.token)
        self.bot = bot_token(om)
        self.services = [service_with_secret(om, f"pg{number}") for number in range(4)]
        self.people = [self.a.new_user(f"user{number}") for number in range(2)]

    def end(self) -> None:
        for node in (self.a, self.b):
            if node.process.poll() is None:
                assert node.stop() == 0, node.log_tail()
            assert "panicked" not in node.log.read_text(errors="replace"), node.log_tail(200)

    def begin(self) -> subprocess.Popen:
        """By a command over the database, or by one that asks node A."""
        if self.killed == "command":
            place, environment = self.a.place, clean_environment(**self.a.secrets)
        else:
            place, environment = [], clean_environment(EMPORION_URL=self.a.url, EMPORION_TOKEN=self.a.admin.token)
        command = [str(BINARY), "rotate", self.key, *place]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def break_off(self) -> None:
        held = Held(self.a.database, self.table, self.nth)
        command = self.begin()
        held.wait(command)
        # Nobody writes while it may be alone.
        if self.key == "seal":
            self.check_answers(self.b)
        if self.killed == "node":
            self.a.kill()
        command.kill()
        command.communicate()
        held.let_go(of_the_dead=self.killed != "client")

    def check_answers(self, node: Server) -> None:
        """Everything that is good is taken, and everything that is sealed is opened."""
        for person in (self.a.admin, *self.people):
            assert datazone_door.raw(node, person, "GET", "/v2/domains").status_code == 200, person.name
        if self.key == "seal":
            for person in self.people:
                OpenMetadataDoor(node, person.token).get("/users/loggedInUser")
            for service in self.services:
                assert password_seen_by_bot(node, self.bot, service) == SECRET
        else:
            anonymous = OpenMetadataDoor(node, None)
            body = {"email": "admin@open-metadata.org", "password": encoded(self.a.admin.password)}
            token = anonymous.post("/users/login", body, 200)["accessToken"]
            for other in (self.a, self.b):
                if other.process.poll() is None:
                    OpenMetadataDoor(other, token).get("/users/loggedInUser")
            if self.table == "shared_keys":
                # It is not exchanged yet.
                for person in self.people:
                    OpenMetadataDoor(node, person.token).get("/users/loggedInUser")
            self.token = token

    def add(self, node: Server) -> None:
        """What is sealed while the exchange is broken off."""
        token = node.admin.token if self.key == "seal" else self.token
        self.services.append(service_with_secret(OpenMetadataDoor(node, token), f"added{len(self.services)}"))
        key = node.cli("key", "create", "--user", "user0", token=token)
        self.people.append(
            self.people[0].__class__(
                "user0", node.account, self.people[0].token, key["accessKeyId"], key["secretAccessKey"]
            )
        )

    def come_in(self, node: Server) -> None:
        """What is proven by the present key, whichever that is."""
        token = node.admin.token if self.key == "seal" else self.token
        body = {"tokenName": f"t{self.table}", "JWTTokenExpiry": "30"}
        self.made = OpenMetadataDoor(node, token).put("/users/security/token", body, 200)["jwtToken"]
        self.browser = Browser(node).sign_in(node.admin)

    def check_still_in(self) -> None:
        """Whoever goes on with an exchange ends nothing of it."""
        for node in (self.a, self.b):
            for token in (self.made, node.admin.token if self.key == "seal" else self.token):
                OpenMetadataDoor(node, token).get("/users/loggedInUser")
            self.browser.base = node.url
            assert "/login" not in self.browser.ask("GET", "/products").url

    def check_done(self) -> None:
        sealed = (
            "SELECT count(DISTINCT substring(text FROM 2 FOR 4)) FROM (SELECT sealed AS text FROM secrets UNION ALL "
            "SELECT secret FROM credentials WHERE class IN ('access_key', 'bot_token')) AS sealed"
        )
        assert postgres_engine.sql(self.a.database, sealed).strip() == "1", "one key has sealed everything"
        told = run_cli("doctor", *self.a.place, check=False, **self.a.secrets)
        assert told.returncode == 0, told
        for node in (self.a, self.b):
            self.check_answers(node)
            if self.key == "signing":
                fresh = bot_token(OpenMetadataDoor(node, self.token))
                for other in (self.a, self.b):
                    OpenMetadataDoor(other, fresh).get("/domains")
                    for service in self.services:
                        assert password_seen_by_bot(other, fresh, service) == SECRET
                for person in self.people:
                    OpenMetadataDoor(node, person.token).get("/users/loggedInUser", expect=401)


def goes_through(folder: Path, key: str, table: str, nth: int, killed: str) -> str:
    """Answers what is wrong, if anything."""
    exchange = Exchange(folder, key, table, nth, killed)
    try:
        exchange.break_off()
        exchange.check_answers(exchange.b)
        exchange.add(exchange.b)
        exchange.come_in(exchange.b)
        if exchange.a.process.poll() is not None:
            exchange.a.start()
        exchange.check_still_in()
        exchange.check_answers(exchange.a)
        # Whoever is told to goes on with it, also while the lease of the one who is gone has to be waited for.
        token = exchange.b.admin.token if key == "seal" else exchange.token
        exchange.b.cli("rotate", key, token=token)
        exchange.table = ""
        exchange.check_done()
        assert exchange.b.stop() == 0
        exchange.b.start()
        exchange.check_done()
        return ""
    except Exception:
        return f"{key}, killed at row {nth} of {table}: {traceback.format_exc()}"
    finally:
        exchange.end()


#: The command that exchanges them over the database; the node that was asked to; the one who asked, and the node goes on.
#: Before that one's first step is done nothing is broken off: it ends the tokens that there are.
ALL, BEGUN = slice(None), slice(1, None)
MORE = [("seal", "command", ALL), ("seal", "node", ALL), ("seal", "client", ALL), ("signing", "command", ALL), ("signing", "node", ALL), ("signing", "client", BEGUN)]
PARTS = [("seal", "command", slice(0, None, 3)), ("signing", "node", slice(0, None, 2))]


@pytest.mark.parametrize("key, killed, of", [*PARTS, *(pytest.param(*one, marks=pytest.mark.on_demand) for one in MORE)])
def test_an_exchange_that_is_killed_in_one_of_its_steps_is_gone_on_with_by_another(tmp_path, key, killed, of):
    steps = STEPS[key][of]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        places = [tmp_path / f"{table}{nth}" for table, nth in steps]
        told = list(pool.map(lambda place, step: goes_through(place, key, *step, killed), places, steps))
    assert not any(told), "\n".join(filter(None, told))


def keys(node: Server, verb: str, check: bool = True) -> subprocess.CompletedProcess:
    return run_cli("keys", verb, *node.place, "-o", "json", check=check, **node.secrets)


def test_the_master_key_is_exchanged_while_nodes_serve(tmp_path):
    a = Server(tmp_path, engine="postgres")
    b = Server.beside(a, tmp_path / "b")
    # Each node has its own copy.
    files = {a: Path(a.place[1]), b: tmp_path / "b" / "master.key"}
    b.place = ["--master-key", str(files[b])]
    in_file = lambda node: [line for line in files[node].read_text().splitlines() if not line.startswith("#")]  # noqa: E731

    def copy() -> None:
        files[b].parent.mkdir(exist_ok=True)
        files[b].write_text(files[a].read_text())
        files[b].chmod(0o600)

    copy()
    (old,) = in_file(a)
    a.start(), b.start()
    om = OpenMetadataDoor(a, a.admin.token)
    bot, services = bot_token(om), [service_with_secret(om, "pg0")]
    person = a.new_user("user0")

    def check(*nodes: Server) -> None:
        """They open what is sealed, and what others seal now."""
        services.append(service_with_secret(OpenMetadataDoor(nodes[0], a.admin.token), f"pg{len(services)}"))
        for node in nodes:
            assert datazone_door.raw(node, person, "GET", "/v2/domains").status_code == 200
            OpenMetadataDoor(node, person.token).get("/users/loggedInUser")
            for service in services:
                assert password_seen_by_bot(node, bot, service) == SECRET

    def shown(node: Server) -> list[tuple[str, bool]]:
        """The master keys that it knows, and whether each wraps."""
        rows = json.loads(keys(node, "show").stdout)
        assert {row["what"] for row in rows} == {"master key", "seal key", "signing key"}
        return [(row["key"], row["state"].startswith("wraps the keys")) for row in rows if row["what"] == "master key"]

    (first,) = shown(a)
    assert first[1]
    refused = keys(a, "forget", check=False)
    assert refused.returncode == 1 and "one master key alone" in refused.stderr, refused
    # There is nothing to exchange it with.
    assert not json.loads(keys(a, "exchange").stdout)["exchanged"]

    made = json.loads(run_cli("keys", "make", str(files[a]), "-o", "json").stdout)
    new, kept = in_file(a)
    assert kept == old and files[a].stat().st_mode & 0o777 == 0o600
    assert shown(a) == [(made["masterKey"], False), first] and made["beside"] == [first[0]]
    copy()
    for node, other in ((a, b), (b, a)):
        # Killed or stopped, one is away and the other answers.
        node.kill() if node is a else node.stop()
        check(other)
        node.start()
        check(node, other)
    a.cli("rotate", "seal")
    assert shown(b) == [(made["masterKey"], False), first], "what is exchanged beneath it stays wrapped by it"

    done = json.loads(keys(b, "exchange").stdout)
    assert done["exchanged"] and done["masterKey"] == made["masterKey"]
    check(a, b)
    b.cli("rotate", "seal")
    check(b, a)
    for node in (a, b):
        assert shown(node) == [(made["masterKey"], True), (first[0], False)]
        assert json.loads(keys(node, "forget").stdout) == {"forgotten": [first[0]], "masterKey": made["masterKey"]}
        assert in_file(node) == [new] and files[node].stat().st_mode & 0o777 == 0o600
        assert node.stop() == 0, node.log_tail()
        node.start()
        check(a, b)
    # Whoever has the old one alone opens nothing.
    files[b].write_text(old + "\n")
    for lost in (["doctor"], ["rotate", "seal"], ["keys", "show"], ["keys", "exchange"], ["keys", "forget"]):
        refused = run_cli(*lost, *b.place, check=False, **b.secrets)
        assert refused.returncode == 1 and "master key" in refused.stdout + refused.stderr, refused
    assert in_file(b) == [old]
    told = keys(a, "show").stdout
    for node in (a, b):
        assert node.stop() == 0, node.log_tail()
        told += node.log.read_text()
    assert new not in told and old not in told


def test_a_store_in_a_directory_has_no_master_key(tmp_path):
    run_cli("init", "--store", str(tmp_path / "s"))
    for verb in ("show", "exchange", "forget"):
        refused = run_cli("keys", verb, "--store", str(tmp_path / "s"), check=False)
        assert refused.returncode == 2 and "stores in a database" in refused.stderr, refused

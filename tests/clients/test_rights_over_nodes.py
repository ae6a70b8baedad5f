"""Rights over two nodes of one database: what is given or taken through one holds at the other from the acknowledgement on, by
every door, for connections and cursors that are open there, and while it answers others of the same asker."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from functools import partial
from urllib.parse import quote

import psycopg
import pytest
import requests
from botocore.exceptions import ClientError

import datazone_door
from bobsled_door import BobsledDoor
from emporion_server import Principal, Server, free_port
from mcp_door import McpDoor, Refused
from openmetadata_door import OpenMetadataDoor, reference
from pages_door import Browser, words
from rows_world import REGION, TABLE, RowsWorld

#: The rows that a filter takes come last: who has fetched one of a cursor has not had them.
ROWS = "SELECT region FROM {}customer ORDER BY id DESC"
ALL, SOME, NONE = frozenset({REGION, "EU"}), frozenset({"EU"}), frozenset({"refused"})
#: Who reads values that are masked reads neither.
MASKED = frozenset()
#: For what has come to its end to be taken back.
ENDS_S = 1.0


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """`world.server` is node A; B has its own port for tools that speak PostgreSQL."""
    folder = tmp_path_factory.mktemp("rights")
    made = RowsWorld(folder, engine="postgres")
    made.b = Server.beside(made.server, folder / "b")
    made.pg_port = free_port()
    made.b.settings = made.b.settings | {"EMPORION_PG_LISTEN": f"127.0.0.1:{made.pg_port}"}
    made.b.start()
    made.at = "/products/" + quote(made.om.get(f"/dataProducts/{made.product}")["fullyQualifiedName"], safe=".-_~")
    yield made
    for node in (made.server, made.b):
        assert node.stop() == 0, node.log_tail()
        assert "panicked" not in node.log.read_text(errors="replace"), node.log_tail(200)


def heard(text: str) -> frozenset[str]:
    return frozenset(value for value in ALL if re.search(rf"\b{value}\b", text))


class Reader:
    """Somebody who reads the same rows at B by every door, with what he has opened there."""

    def __init__(self, world, name: str, who: Principal | None = None):
        self.world, self.b = world, world.b
        self.who = who or world.server.new_user(name)
        self.connections: list[psycopg.Connection] = []
        # His session is one of A.
        self.browser = Browser(world.server).sign_in(self.who)
        self.browser.base = self.b.url

    def connect(self) -> psycopg.Connection:
        made = psycopg.connect(
            host="127.0.0.1", port=self.world.pg_port, dbname="emporion", user=self.who.name, password=self.who.token, autocommit=True
        )
        self.connections.append(made)
        return made

    def open(self) -> None:
        """A connection that stays open, and one with a cursor of which a row was fetched."""
        self.connected, self.walking = self.connect(), self.connect()
        self.walking.execute("BEGIN")
        self.walking.execute(f"DECLARE walked CURSOR FOR {ROWS.format('customers.')}")
        assert self.walking.execute("FETCH 1 FROM walked").fetchall() == [("EU",)]

    def close(self) -> None:
        for connection in self.connections:
            connection.close()

    def sql(self) -> frozenset[str]:
        answer = BobsledDoor(self.b, self.who.token).call("POST", f"{self.world.path}/run-sql", {"sql": ROWS.format("")})
        return heard(answer.text) if answer.status_code == 200 else NONE

    def question(self) -> frozenset[str]:
        door = BobsledDoor(self.b, self.who.token)
        answer = door.call("POST", f"{self.world.path}/chat", {"message": "number of customers by region"})
        assert answer.status_code != 429, "it has been asked too fast"
        return heard(str(answer.json()["data"].get("table"))) if answer.status_code == 200 else NONE

    def tool(self) -> frozenset[str]:
        try:
            result = McpDoor(self.b, self.who.token).call("run_sql", product=self.world.product, sql=ROWS.format(""))
        except Refused:
            return NONE
        return NONE if result.is_error else heard(result.text)

    def page(self) -> frozenset[str]:
        page = self.browser.ask("GET", f"{self.world.at}/rows/{self.world.table['id']}", follow=False)
        return heard(words(page.source)) if page.status == 200 else NONE

    def fetched(self, execute) -> frozenset[str]:
        try:
            return heard(str(execute().fetchall()))
        except psycopg.Error:
            return NONE

    def new_connection(self) -> frozenset[str]:
        try:
            with self.connect() as connection:
                return self.fetched(lambda: connection.execute(ROWS.format("customers.")))
        except psycopg.OperationalError:
            return NONE

    def open_connection(self) -> frozenset[str]:
        return self.fetched(lambda: self.connected.execute(ROWS.format("customers.")))

    def open_cursor(self) -> frozenset[str]:
        """Once: what is left of it."""
        return self.fetched(lambda: self.walking.execute("FETCH ALL FROM walked"))

    def ways(self) -> dict:
        return {way: getattr(self, way) for way in ("sql", "question", "tool", "page", "new_connection", "open_connection")}


def changed(reader: Reader, change, expected: frozenset[str], before: frozenset[str]) -> None:
    """Asks at B by every way at once and over and over, until each was asked twice after A has acknowledged the change."""
    acknowledged, told = threading.Event(), []

    def asks(way: str, ask) -> None:
        after = 0
        while after < 2:
            is_after = acknowledged.is_set()
            told.append((is_after, way, ask()))
            after += is_after

    ways = reader.ways()
    with ThreadPoolExecutor(len(ways)) as pool:
        asking = [pool.submit(asks, *way) for way in ways.items()]
        try:
            deadline = time.monotonic() + 30
            while {way for _, way, _ in told} < ways.keys() and time.monotonic() < deadline:
                time.sleep(0.01)
            change()
        finally:
            acknowledged.set()
        [one.result() for one in asking]
    seen = {(way, what) for is_after, way, what in told if is_after}
    assert seen == {(way, expected) for way in ways}, sorted(map(str, seen))
    # In between, either, or a refusal of what was asked under other rights: it was under way.
    meanwhile = {what for is_after, _, what in told if not is_after}
    assert meanwhile <= {before, expected, NONE}, meanwhile


def give(world, reader: Reader, **terms) -> None:
    world.bob.patch(f"{world.path}/users", {"add": [{"userId": reader.who.id, "role": "viewer"} | terms]})


def terms(world, reader: Reader, **terms) -> None:
    world.bob.patch(f"{world.path}/users", {"update": [{"userId": reader.who.id} | terms]})


def take(world, reader: Reader) -> None:
    world.bob.patch(f"{world.path}/users", {"remove": [reader.who.id]})


def lend(world, reader: Reader, how: str) -> None:
    assets = world.bob.get(f"{world.path}/data-assets")["dataAssets"]
    asset = next(one["id"] for one in assets if one["tableName"] == "customer")
    world.bob.patch(f"{world.path}/data-assets", {"update": [{"id": asset, "rows": how}]})


FILTER = {"rowFilters": {"customer": "region = 'EU'"}}
#: What is taken, what is read then, and how it is given back.
TAKEN = {
    "the role": (take, NONE, give),
    "rows by a filter": (partial(terms, **FILTER), SOME, partial(terms, rowFilters=None)),
    "values by a mask": (partial(terms, columnMasks={"customer": {"region": "hidden"}}), MASKED, partial(terms, columnMasks=None)),
    "the loan": (partial(lend, how="closed"), NONE, partial(lend, how="granted")),
}


@pytest.mark.parametrize("what", TAKEN)
def test_what_one_node_takes_and_gives_holds_at_the_other_by_every_door(world, fresh_name, what):
    taking, left, giving = TAKEN[what]
    reader = Reader(world, fresh_name("reader"))
    try:
        give(world, reader)
        reader.open()
        assert {way: ask() for way, ask in reader.ways().items()} == dict.fromkeys(reader.ways(), ALL)
        changed(reader, lambda: taking(world, reader), left, ALL)
        assert reader.open_cursor() in (left, NONE)
        changed(reader, lambda: giving(world, reader), ALL, left)
    finally:
        reader.close()


def test_who_is_disabled_through_one_node_reads_nothing_at_the_other(world, fresh_name):
    reader = Reader(world, fresh_name("leaver"))
    try:
        give(world, reader)
        reader.open()
        signed = datazone_door.client(world.b, reader.who)
        assert "items" in signed.list_domains()
        changed(reader, lambda: world.server.cli("user", "disable", reader.who.name), NONE, ALL)
        assert reader.open_cursor() == NONE
        with pytest.raises(ClientError) as refused:
            signed.list_domains()
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
        assert "/login" in reader.browser.ask("GET", "/products").url
    finally:
        reader.close()


def test_a_role_through_a_team_ends_at_the_other_node_with_the_membership(world, fresh_name):
    reader = Reader(world, fresh_name("mate"))
    try:
        team = world.om.post("/teams", {"name": fresh_name("Team"), "teamType": "Group", "users": [reader.who.id]})
        browser = Browser(world.server).sign_in(world.server.admin)
        browser.visit(f"{world.at}?tab=access")
        browser.send(f"{world.at}/roles", who=team["name"], role="viewer")
        reader.open()
        leave = [{"op": "remove", "path": "/users/0"}]
        changed(reader, lambda: world.om.patch(f"/teams/{team['id']}", leave), NONE, ALL)
        assert reader.open_cursor() == NONE
        join = [{"op": "add", "path": "/users/0", "value": {"id": reader.who.id, "type": "user"}}]
        changed(reader, lambda: world.om.patch(f"/teams/{team['id']}", join), ALL, NONE)
    finally:
        reader.close()


def sampled(world, who: Principal) -> set[bool]:
    """Whether he is shown the rows that a profiler has kept: by a program and on a page of B."""
    headers = {"Authorization": f"Bearer {who.token}", "Accept": "text/html"}
    page = requests.get(f"{world.b.url}/tables/{TABLE}?tab=sample", headers=headers, timeout=30)
    told = OpenMetadataDoor(world.b, who.token).call("GET", f"/tables/{world.table['id']}/sampleData")
    return {page.status_code == 200 and REGION in page.text, told.status_code == 200 and REGION in told.text}


def test_a_policy_and_a_role_that_one_node_takes_give_nothing_at_the_other(world, fresh_name):
    who, name = world.server.new_user(fresh_name("sampler")), fresh_name("SeeSamples")
    operations = ["ViewSampleData", "ViewDataProfile"]
    rule = {"name": "see", "effect": "allow", "resources": ["table"], "operations": operations}
    policy = world.om.post("/policies", {"name": name, "rules": [rule], "enabled": True})
    role = world.om.post("/roles", {"name": name, "policies": [name]})
    given = lambda value: [{"op": "add", "path": "/roles", "value": value}]  # noqa: E731
    said = lambda effect: [{"op": "replace", "path": "/rules/0/effect", "value": effect}]  # noqa: E731
    for _ in range(3):
        assert sampled(world, who) == {False}
        world.om.patch(f"/users/{who.id}", given([reference(role, "role")]))
        assert sampled(world, who) == {True}
        world.om.patch(f"/policies/{policy['id']}", said("deny"))
        assert sampled(world, who) == {False}
        world.om.patch(f"/policies/{policy['id']}", said("allow"))
        assert sampled(world, who) == {True}
        world.om.patch(f"/users/{who.id}", given([]))
    assert sampled(world, who) == {False}


def test_a_membership_of_a_project_that_one_node_takes_lets_nobody_write_at_the_other(world, fresh_name):
    who = world.server.new_user(fresh_name("maker"))
    at_a, at_b = datazone_door.client(world.server, world.server.admin), datazone_door.client(world.b, who)
    member = {"domainIdentifier": world.domain, "projectIdentifier": world.owning_project, "member": {"userIdentifier": who.id}}
    made = {"domainIdentifier": world.domain, "owningProjectIdentifier": world.owning_project}
    for turn in range(3):
        with datazone_door.fails(("AccessDeniedException", "ResourceNotFoundException")):
            at_b.create_data_product(name=fresh_name("Denied"), **made)
        at_a.create_project_membership(designation="PROJECT_CONTRIBUTOR", **member)
        assert at_b.create_data_product(name=fresh_name("Allowed"), **made)["id"]
        at_a.delete_project_membership(**member)


def test_a_session_that_ends_at_one_node_is_over_at_the_other(world, fresh_name):
    who = world.server.new_user(fresh_name("seated"))
    is_in = lambda browser: "/login" not in browser.ask("GET", "/products").url  # noqa: E731

    def signed_in() -> Browser:
        browser = Browser(world.server).sign_in(who)
        browser.base = world.b.url
        assert is_in(browser)
        return browser

    ended, other = signed_in(), signed_in()
    cookies = ended.session.cookies.copy()
    ended.base = world.server.url
    ended.visit("/logout")
    ended.send("/logout")
    ended.base = world.b.url
    # Also with the cookie that it has been told to forget.
    ended.session.cookies = cookies
    assert not is_in(ended) and is_in(other)
    world.server.cli("user", "reset-password", who.name)
    assert not is_in(other)


def test_a_token_of_a_bot_that_one_node_replaces_is_refused_by_the_other(world, fresh_name):
    name = fresh_name("robot")
    jwt = {"authType": "JWT", "config": {"JWTTokenExpiry": "Unlimited"}}
    user = world.om.post("/users", {"name": name, "email": f"{name}@example.com", "isBot": True, "authenticationMechanism": jwt})
    bot = world.om.post("/bots", {"name": name, "botUser": name})
    token = world.om.get(f"/users/auth-mechanism/{user['id']}")["config"]["JWTToken"]
    at_b = lambda token, expect: OpenMetadataDoor(world.b, token).get("/users/loggedInUser", expect=expect)  # noqa: E731
    assert at_b(token, 200)["name"] == name
    newer = world.om.put(f"/users/generateToken/{user['id']}", {"JWTTokenExpiry": "Unlimited"})["JWTToken"]
    at_b(token, 401)
    assert at_b(newer, 200)["name"] == name
    world.om.put("/users/revokeToken", {"id": user["id"]})
    at_b(newer, 401)
    last = world.om.put(f"/users/generateToken/{user['id']}", {"JWTTokenExpiry": "Unlimited"})["JWTToken"]
    at_b(last, 200)
    world.om.delete(f"/bots/{bot['id']}", hardDelete="true")
    at_b(last, 401)


def test_a_role_that_was_given_on_request_through_one_node_is_over_at_the_other_when_it_ends(world, fresh_name):
    reader = Reader(world, fresh_name("guest"))
    at = f"{world.server.url}/emporion/v1/requests"

    def call(who: Principal, path: str, **body) -> dict:
        answer = requests.post(at + path, json=body, headers={"Authorization": f"Bearer {who.token}"}, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    try:
        made = call(reader.who, "", product=world.product, wants="viewer", reason="for a report")
        assert reader.sql() == NONE
        until = datetime.now(timezone.utc) + timedelta(seconds=4)
        call(world.server.admin, f"/{made['id']}/approve", until=until.isoformat(timespec="milliseconds"))
        reader.open()
        told, ways, over = [], reader.ways(), threading.Event()

        def asks(way: str, ask) -> None:
            after = 0
            while after < 2:
                was_over, began = over.is_set(), datetime.now(timezone.utc)
                told.append((was_over, began, way, what := ask()))
                if what == NONE:
                    over.set()
                after += was_over
                over.wait(0.2)

        with ThreadPoolExecutor(len(ways)) as pool:
            [one.result() for one in [pool.submit(asks, *way) for way in ways.items()]]
        assert {what for _, began, _, what in told if began < until - timedelta(seconds=1)} == {ALL}, "until then he has it"
        # It ends by a change like any other, which every way knows of at once, and soon.
        assert {(way, what) for was_over, _, way, what in told if was_over} == {(way, NONE) for way in ways}
        latest = max(began for _, began, _, what in told if what == ALL) - until
        print(f"read until {latest.total_seconds() * 1000:.0f} ms after the end")
        assert latest < timedelta(seconds=ENDS_S)
        assert reader.open_cursor() == NONE
    finally:
        reader.close()

"""What the first page knows of who looks at it: which changes are in his domains and new to him, and what he has seen last."""

import re
from dataclasses import replace
from urllib.parse import quote

import pytest
import requests

from bobsled_door import BobsledDoor
from emporion_server import Principal, Server
from looked_cookie import NAME, Looked, put
from openmetadata_door import OpenMetadataDoor, reference
from pages_browser import LOOKS, findings, pictured, sign_in, too_wide
from pages_door import BROWSER, Browser, by_mail, links, words
from tables_world import forbid

MINE, ALL = "In my domains", "In all domains"


class World:
    """Three domains, one with another below it; products in them, and a table that has its domain from its schema."""

    def __init__(self, server: Server):
        self.server = server
        self.om = OpenMetadataDoor(server, server.admin.token)
        for name in ("Sales", "Risk", "Law"):
            self.domain(name)
        self.domain("Emea", parent="Sales")
        self.product("North", "Sales.Emea")
        self.product("Ledger", "Risk")
        self.product("Cases", "Law")
        schema = self.om.schema("shop")
        self.om.put("/databaseSchemas", {"name": "sc", "database": "shop.db", "domains": ["Sales"]})
        self.table = self.om.post("/tables", {"name": "orders", "databaseSchema": schema, "columns": [{"name": "id", "dataType": "INT"}]})

    def domain(self, name: str, **more) -> dict:
        return self.om.post("/domains", {"name": name, "domainType": "Aggregate", "description": "d"} | more)

    def product(self, name: str, domain: str, **more) -> dict:
        return self.om.post("/dataProducts", {"name": name, "description": "d", "domains": [domain]} | more)

    def change(self, noun: str, fqn: str, value, path: str = "/description", om: OpenMetadataDoor | None = None) -> dict:
        om = om or self.om
        return om.patch(f"/{noun}/name/{fqn}", [{"op": "add", "path": path, "value": value}])

    def person(self, name: str) -> tuple[Principal, dict]:
        who = self.server.new_user(name)
        return who, {"id": who.id, "type": "user"}


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Server:
    made = Server(tmp_path_factory.mktemp("pages-looked")).start()
    yield made
    assert made.stop() == 0, made.log_tail()


@pytest.fixture(scope="module")
def world(server) -> World:
    return World(server)


def told(browser: Browser, path: str = "/", **headers) -> str:
    """What stands below Recent changes."""
    source = browser.ask("GET", path, headers=headers).source
    return source.split('id="news"')[1].split("</h2>", 1)[1].split("</section>")[0]


def seen(browser: Browser, path: str = "/") -> list[str]:
    source = browser.visit(path).source
    return links(source.split('id="seen"')[1].split("</section>")[0]) if 'id="seen"' in source else []


def headings(html: str) -> list[str]:
    return [words(one) for one in re.findall(r"<h3>(.*?)</h3>", html, re.S)]


def marked(html: str) -> list[str]:
    """What is said to be new."""
    return [words(one) for one in re.findall(r"<li>(?:(?!<li>).)*?class=\"fresh\".*?</p>", html, re.S)]


def test_each_is_told_of_his_own_domains_and_asks_for_all(server, world):
    owner, as_owner = world.person("owner")
    world.change("domains", "Sales", [as_owner], "/owners")
    expert, as_expert = world.person("expert")
    world.change("domains", "Risk", [as_expert], "/experts")
    lawyer, as_lawyer = world.person("lawyer")
    team = world.om.post("/teams", {"name": "auditors", "teamType": "Group", "users": [lawyer.id]})
    world.change("domains", "Law", [reference(team, "team")], "/owners")
    producer, as_producer = world.person("producer")
    world.product("Own one", "Sales.Emea", owners=[as_producer])
    noted, _ = world.person("noted")
    risk = world.om.get("/domains/name/Risk")
    world.om.patch(f"/users/{noted.id}", [{"op": "add", "path": "/domains", "value": [reference(risk, "domain")]}])
    nobody, _ = world.person("nobody")
    in_sales, in_emea, in_risk, in_law = {"Sales", "orders"}, {"North", "Own one"}, {"Ledger"}, {"Cases"}
    everything = in_sales | in_emea | in_risk | in_law
    own = {owner: in_sales | in_emea, expert: in_risk, lawyer: in_law, producer: in_emea, noted: in_risk}
    for who, expected in own.items():
        browser = Browser(server).sign_in(who)
        html = told(browser)
        assert words(html).startswith(f"{MINE} · {ALL}"), who.name
        for name in everything:
            assert (f">{name}<" in html) == (name in expected), (who.name, name)
        assert links(html)[0] == "/?changes=all"
        html = told(browser, "/?changes=all")
        assert words(html).startswith(f"{ALL} · {MINE}") and links(html)[0] == "/"
        assert (">orders<" if who is lawyer else ">Cases<") in html, who.name
    html = told(Browser(server).sign_in(nobody))
    assert words(html).startswith(ALL) and MINE not in words(html) and ">Cases<" in html and ">orders<" in html
    deutsch = {"Accept-Language": "de"}
    assert words(told(Browser(server).sign_in(expert), **deutsch)).startswith("In meinen Domänen · In allen Domänen")


def test_what_others_have_done_since_the_last_look_is_new(server, world):
    who, as_owner = world.person("looker")
    world.domain("Sea")
    world.change("domains", "Sea", [as_owner], "/owners")
    made = [world.product(f"Boat {n}", "Sea") for n in range(4)]
    browser = Browser(server).sign_in(who)
    kept = Looked(server, who.id, browser)
    assert headings(told(browser)) == [], "whoever comes for the first time has missed nothing"
    world.change("dataProducts", made[0]["fullyQualifiedName"], "soon")
    assert headings(told(browser)) == [] and not marked(told(browser)), "and has not when he loads the page again"
    kept.age(31)
    hers = OpenMetadataDoor(server, who.token)
    for n in (1, 2):
        world.change("dataProducts", made[n]["fullyQualifiedName"], "news")
    for n in (2, 3):
        world.change("dataProducts", made[n]["fullyQualifiedName"], "her own", om=hers)
    world.product("Train", "Law")
    BobsledDoor(server, server.admin.token).create("Submarine", domainId=world.om.get("/domains/name/Sea")["id"])
    for _ in range(2):
        html = told(browser)
        since, before = headings(html)
        assert re.match(r"2 changes since (yesterday )?\d\d:\d\d UTC \(\d+ \w+ \d{4}, \d\d:\d\d UTC\)$", since), since
        assert before == "Earlier, and your own changes"
        [one] = marked(html)
        assert "Administrator changed 2 products in Sea New · just now" in one, "somebody's; and heard, not only seen"
        news, earlier = html.split("Earlier", 1)
        for n, part in enumerate((earlier, news, news, earlier)):
            assert f">Boat {n}<" in part, n
        assert "Submarine" not in html and "Train" not in html, "what he does not see, and what is elsewhere, is not counted"
    assert any("Train" in one for one in marked(told(browser, "/?changes=all"))), "there it is new, too"
    assert headings(told(browser, **{"Accept-Language": "de"}))[0].startswith("2 Änderungen seit")
    kept.age(31)
    assert headings(told(browser)) == [headings(told(browser))[0], "Earlier"] and not marked(told(browser))
    assert headings(told(browser))[0].startswith("Nothing new since")


def test_programs_are_no_people_and_people_bear_their_names(server, world):
    for number in range(2):
        world.om.post("/users", {"name": f"crowd-{number}", "email": f"crowd-{number}@example.com"})
    for number in range(3):
        world.om.post("/users", {"name": f"robot-{number}", "email": f"robot-{number}@example.com", "isBot": True,
                                 "authenticationMechanism": {"authType": "JWT", "config": {"JWTTokenExpiry": "30"}}})  # fmt: skip
    who, _ = world.person("counter")
    said = words(told(Browser(server).sign_in(who), "/?changes=all"))
    # Those of the account's beginning are among them.
    assert (found := re.search(r"created \d+ people and (\d+) bots", said)) and int(found[1]) >= 3, said
    named, _ = world.person("mv")
    world.om.patch(f"/users/{named.id}", [{"op": "add", "path": "/displayName", "value": "Maria Vidal"}])
    made = world.product("Named", "Law", owners=[{"id": named.id, "type": "user"}])
    world.change("dataProducts", made["fullyQualifiedName"], "by her", om=OpenMetadataDoor(server, named.token))
    page = Browser(server).sign_in(who).visit("/products/" + quote(made["fullyQualifiedName"]) + "?tab=activity")
    assert "<bdi>Maria Vidal</bdi>" in page.source.split('role="tabpanel"')[-1]


def test_of_more_than_is_shown_the_number_is_no_lie(server, world):
    who, as_owner = world.person("absent")
    world.domain("Busy")
    world.change("domains", "Busy", [as_owner], "/owners")
    browser = Browser(server).sign_in(who)
    kept = Looked(server, who.id, browser)
    told(browser)
    kept.age(31)
    for n in range(12):
        world.domain(f"Part {n}", parent="Busy")
        world.product(f"Thing {n}", f"Busy.Part {n}")
    html = told(browser)
    assert headings(html)[0].startswith("24 changes since") and len(headings(html)) == 1
    assert len(marked(html)) == 10 and "3 more" in words(html), "the domains stand together, and nine of the products"
    kept.write(last=kept.read()["last"] | {"seq": 1, "at": 0}, before=None)
    schema = world.om.schema("crowd")
    rows = [{"name": f"t{n}", "databaseSchema": schema, "columns": [{"name": "id", "dataType": "INT"}]} for n in range(410)]
    for begin in (0, 210):
        world.om.call("PUT", "/tables/bulk", rows[begin : begin + 210], expect=200)
    [since] = headings(told(browser, "/?changes=all"))
    least = re.match(r"At least (\d+) changes since 1 January 1970, 00:00 UTC", since)
    assert least and 300 <= int(least[1]) <= 400, "older lines of the log are not looked at"


def test_a_look_is_one_persons_in_one_browser(server, world):
    anna, _ = world.person("anna")
    browser = Browser(server).sign_in(anna)
    kept = Looked(server, anna.id, browser)
    page = browser.visit("/")
    assert page.answer.headers["Cache-Control"] == "no-store"
    said = next(one for one in page.answer.headers["Set-Cookie"].split(", ") if NAME in one)
    assert "HttpOnly" in said and "SameSite=Lax" in said and "Path=/" in said
    kept.age(40)
    world.change("domains", "Law", "for the looks of it")
    old = kept.value
    assert marked(told(browser))
    head = kept.read()["last"]["seq"]
    # What is broken, or behind the end of the log, is none; and never a fault.
    for broken in ("", "x", "AAAA", old[:-4], old[:-2] + ("AA" if old[-2:] != "AA" else "BB"), "A" * 3000):
        put(browser, broken)
        assert not headings(told(browser)), broken
    for last in ({"seq": head + 10_000, "at": 0}, {"seq": -1, "at": 0}, {"seq": "a", "at": 0}, 7):
        kept.write(last=last, before=None)
        assert not headings(told(browser)), last
    # Nobody else's, also of an administrator.
    for other in (world.person("other")[0], server.admin):
        his = Browser(server).sign_in(other)
        put(his, old)
        assert not headings(told(his))
    put(browser, old)
    assert headings(told(browser))
    browser.visit("/logout")
    browser.send("/logout")
    assert kept.value is None
    browser.sign_in(world.person("next")[0])
    assert not headings(told(browser))
    # Programs look at pages too, and are no persons; HEAD shows nothing to anybody.
    head = requests.head(server.url + "/", headers=BROWSER, cookies={"emporion_session": browser.session.cookies["emporion_session"]}, timeout=10)
    assert head.status_code == 200 and NAME not in head.headers.get("Set-Cookie", "")
    program = Browser(server).show_token(anna)
    put(program, old)
    assert not headings(told(program)) and NAME not in program.page.answer.headers.get("Set-Cookie", "")


def test_records_that_were_opened_last_stand_newest_first(server, world):
    who, _ = world.person("walker")
    browser = Browser(server).sign_in(who)
    assert seen(browser) == []
    word = world.om.post("/glossaries", {"name": "Words", "displayName": "Words", "description": "d"})
    world.om.post("/glossaryTerms", {"name": "Tide", "glossary": word["name"], "description": "d"})
    ways = [
        "/products/Risk.Ledger", "/tables/shop.db.sc.orders", "/terms/Words.Tide", "/domains/Sales.Emea", "/services/shop",
        "/people/walker", "/schemas/shop.db.sc", "/products/Law.Cases", "/databases/shop.db",
    ]  # fmt: skip
    for way in ways:
        browser.visit(way)
    assert seen(browser) == ways[:0:-1], "the last eight"
    browser.visit("/tables/shop.db.sc.orders?tab=lineage")
    expected = ["/tables/shop.db.sc.orders", *(way for way in ways[:1:-1] if "orders" not in way)]
    assert seen(browser) == expected, "each once"
    # None of these is the page of a record that he opened.
    for way, status in (("/products/No.Such", 404), ("/products", 200), ("/search?q=ledger", 200), ("/search/suggest?q=north", 200)):
        browser.visit(way, expect=status)
    at = browser.session.cookies
    requests.head(server.url + "/products/Sales.Emea.North", headers=BROWSER, cookies=at, timeout=10)
    assert seen(browser) == expected
    assert NAME not in requests.head(server.url + "/", headers=BROWSER, cookies=at, timeout=10).headers.get("Set-Cookie", "")
    program = Browser(server).show_token(who)
    assert NAME not in program.visit("/products/Risk.Ledger").answer.headers.get("Set-Cookie", "")
    page = browser.visit("/", headers={"Accept-Language": "de"})
    assert "Zuletzt angesehen" in page.text
    # No more stands in the cookie than ids, and nobody can read them.
    assert len(Looked(server, who.id, browser).value) < 1_000
    browser.visit("/logout")
    browser.send("/logout")
    browser.sign_in(who)
    assert seen(browser) == [], "it goes when he signs out"


def test_what_somebody_does_not_see_any_more_is_left_out(server, world):
    who, reader = world.person("reader")
    browser = Browser(server).sign_in(who)
    gone = world.product("Gone", "Law")
    for way in ("/products/Law.Gone", "/tables/shop.db.sc.orders", "/domains/Law"):
        browser.visit(way)
    assert len(seen(browser)) == 3
    world.om.call("DELETE", f"/dataProducts/{gone['id']}", expect=200)
    assert seen(browser) == ["/domains/Law", "/tables/shop.db.sc.orders"]
    browser.visit("/products/Law.Gone", expect=404)
    forbid(world.om, reader, "no-tables", "table")
    assert seen(browser) == ["/domains/Law"]
    assert "orders" not in browser.page.source
    browser.visit("/tables/shop.db.sc.orders", expect=404)
    assert seen(browser) == ["/domains/Law"]


def test_who_makes_a_cookie_up_reads_nothing_by_it(server, world):
    ids = [world.table["id"], world.om.get("/domains/name/Law")["id"]]
    BobsledDoor(server, server.admin.token).create("Hidden from him")
    hidden = next(one for one in world.om.get("/dataProducts", limit=100)["data"] if one["name"] == "Hidden from him")
    admin = Browser(server).sign_in(server.admin)
    admin.visit("/products/" + quote(hidden["fullyQualifiedName"], safe=""))
    assert any("Hidden" in way for way in seen(admin))
    stranger, _ = world.person("maker")
    elsewhere = by_mail(server.new_account("looked-elsewhere"), "looked-elsewhere")
    his_id = OpenMetadataDoor(server, elsewhere.token).get("/users/loggedInUser")["id"]
    for who, expected in ((stranger, 2), (replace(elsewhere, id=his_id), 0)):
        browser = Browser(server).sign_in(who)
        put(browser, admin.session.cookies[NAME])
        assert seen(browser) == [], "another one's is none"
        # Even with the server's own key: what is shown is read with his rights.
        Looked(server, who.id, browser).write(last=None, before=None, opened=[hidden["id"], *ids, "x", "0" * 36])
        assert len(seen(browser)) == expected and "Hidden" not in browser.page.source, who.name


@pytest.mark.parametrize("look", LOOKS)
def test_a_browser_without_a_script_is_told_all_of_it(chromium, server, world, look):
    who, as_owner = world.person(f"plain-{look}")
    world.domain(f"Lake {look}")
    world.change("domains", f"Lake {look}", [as_owner], "/owners")
    boats = [world.product(f"Boat of a long and a longer name {n}", f"Lake {look}", owners=[as_owner]) for n in range(3)]
    context = chromium.new_context(**LOOKS[look], java_script_enabled=False)
    page = context.new_page()
    sign_in(page, server, who)
    for boat in boats:
        page.goto(f"{server.url}/products/{quote(boat['fullyQualifiedName'])}")
    page.goto(server.url + "/tables/shop.db.sc.orders")
    # An hour later.
    cookie = next(one for one in context.cookies() if one["name"] == NAME)
    beside = Browser(server)
    put(beside, cookie["value"])
    kept = Looked(server, who.id, beside)
    kept.age(61)
    context.add_cookies([cookie | {"value": kept.value}])
    world.change("dataProducts", boats[1]["fullyQualifiedName"], "changed since")
    world.om.patch(f"/domains/{world.om.get(f'/domains/name/Lake {look}')['id']}", [{"op": "add", "path": "/description", "value": "too"}])
    page.goto(server.url + "/")
    shown = page.locator("section[aria-labelledby=seen] a")
    assert [one.inner_text() for one in shown.all()] == ["orders", *(boat["name"] for boat in reversed(boats))]
    news = page.locator("section[aria-labelledby=news]")
    assert news.get_by_role("heading", name=re.compile("^2 changes since")).is_visible() and news.locator(".fresh").count() == 2
    assert news.locator(".fresh").first.inner_text() == "New"
    assert too_wide(page) == []
    pictured(page, "home looked")
    with_script = chromium.new_context(**LOOKS[look], storage_state=context.storage_state())
    judged = with_script.new_page()
    judged.goto(server.url + "/")
    assert judged.locator(".fresh").count() == 2 and not findings(judged)
    with_script.close()
    page.get_by_role("link", name=ALL).click()
    assert page.url.endswith("/?changes=all") and page.get_by_role("link", name=MINE).is_visible()
    context.close()

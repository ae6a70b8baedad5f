"""What changed, on the first page: together what belongs together, and of nothing that the reader does not see."""

import json
import re
import sqlite3

import pytest

from bobsled_door import BobsledDoor
from emporion_server import Server, run_cli
from looked_cookie import Looked
from openmetadata_door import OpenMetadataDoor
from pages_browser import LOOKS, judged, sign_in
from pages_door import HOSTILE, Browser, by_mail, links, words

LONG = "_a_name_that_is_so_long_that_it_must_be_broken_somewhere"
SCHEMA = "/schemas/house.db.sc"


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Server:
    made = Server(tmp_path_factory.mktemp("pages-changes")).start()
    yield made
    assert made.stop() == 0, made.log_tail()


@pytest.fixture(scope="module")
def om(server) -> OpenMetadataDoor:
    return OpenMetadataDoor(server, server.admin.token)


@pytest.fixture(scope="module")
def admin(server) -> Browser:
    return Browser(server).sign_in(server.admin)


def news(browser: Browser, **headers) -> str:
    return browser.ask("GET", "/?changes=all", headers=headers).source.split('id="news"')[1].split("</section>")[0]


def entries(browser: Browser, **headers) -> list[str]:
    """Each entry: its words, and what it unfolds behind them."""
    return re.findall(r"<li>(?:(?!<ul).)*?(?:<ul.*?</ul>.*?)?</li>", news(browser, **headers).split("feed", 1)[1], re.S)


def entry(browser: Browser, text: str, **headers) -> str:
    found = [one for one in entries(browser, **headers) if text in words(one)]
    assert len(found) == 1, (text, [words(one) for one in entries(browser, **headers)])
    return found[0]


def table(om: OpenMetadataDoor, name: str, **more) -> dict:
    body = {"name": name, "databaseSchema": "house.db.sc", "columns": [{"name": "id", "dataType": "INT"}]}
    return om.post("/tables", body | more)


def test_what_somebody_did_in_one_place_stands_together_and_unfolds(server, om, admin):
    om.schema("house")
    ana = server.new_user("ana")
    om.patch(f"/users/{ana.id}", [{"op": "add", "path": "/displayName", "value": "Ana Berg"}])
    owners = [{"id": ana.id, "type": "user"}]
    tables = [table(om, f"t{n}", owners=owners) for n in range(5)]
    assert "Administrator created 5 tables in house.db.sc" in words(entry(admin, "5 tables"))
    hers = OpenMetadataDoor(server, ana.token)
    for one in tables[:4]:
        hers.patch(f"/tables/{one['id']}", [{"op": "add", "path": "/description", "value": "hers"}])
    browser = Browser(server).sign_in(ana)
    for reader in (admin, browser):
        one = entry(reader, "Ana Berg changed 4 tables in house.db.sc")
        assert links(one) == [SCHEMA] + [f"/tables/house.db.sc.t{n}" for n in (3, 2, 1, 0)]
        assert "<details" in one and "just now" in words(one)
        # Of each record the last change counts: one is left that was created and not changed since.
        single = entry(reader, "t4 created · Administrator")
        assert links(single) == ["/tables/house.db.sc.t4"] and "<details" not in single
        for link in links(one):
            assert reader.visit(link).status == 200
    assert "Ana Berg hat 4 Tabellen in house.db.sc geändert" in words(entry(admin, "4 Tabellen", **{"Accept-Language": "de"}))
    # What is gone for now leads nowhere.
    hers.call("DELETE", f"/tables/{tables[0]['id']}", expect=200)
    hers.call("DELETE", f"/tables/{tables[1]['id']}", expect=200)
    assert links(entry(admin, "Ana Berg deleted 2 tables in house.db.sc")) == [SCHEMA]
    assert "Ana Berg changed 2 tables" in words(news(admin))


def test_an_ingestion_is_one_line_and_hides_nothing(tmp_path):
    folder = tmp_path / "sources"
    folder.mkdir()
    with sqlite3.connect(folder / "large.db") as database:
        database.executescript("".join(f"CREATE TABLE t{n} (id INT);" for n in range(900)))
    own = Server(tmp_path, EMPORION_SOURCE_DIRS=json.dumps([str(folder)])).start()
    try:
        om = OpenMetadataDoor(own, own.admin.token)
        om.post("/domains", {"name": "Before", "domainType": "Aggregate", "description": ""})
        url = "sqlite:large.db"
        run_cli("ingest", url, "--service", "large", EMPORION_URL=own.url, EMPORION_TOKEN=own.admin.token)
        browser = Browser(own).sign_in(own.admin)
        line = words(entry(browser, "large was ingested"))
        assert "900 tables: 900 new" in line and "Administrator" in line, line
        assert links(entry(browser, "large was ingested"))[0].endswith("/services/large?tab=runs")
        assert "Before" in words(news(browser)) and len(entries(browser)) <= 10
        # Read again without anything new it is no news; its runs and the log of changes say so.
        reader = Browser(own).sign_in(own.new_user("reader"))
        reader.visit("/")
        run_cli("ingest", url, "--service", "large", EMPORION_URL=own.url, EMPORION_TOKEN=own.admin.token)
        assert len([one for one in entries(reader) if "large was ingested" in words(one)]) == 1
        assert not any("nothing new" in words(one) for one in entries(reader)), "what was read before is told of still"
        assert "900 tables, nothing new" in browser.visit("/services/large?tab=runs").text
        newest = words(browser.visit("/admin/audit").source.split("<tbody>")[1].split("</tr>")[0])
        assert "large" in newest and "noted" in newest and "nothing new" in newest and "changed" not in newest, newest
        # One that fails is told of: nothing else says so.
        (folder / "large.db").unlink()
        run_cli("ingest", url, "--service", "large", check=False, EMPORION_URL=own.url, EMPORION_TOKEN=own.admin.token)
        assert "large was ingested" in words(entries(reader)[0])
        # Who does not see the source is told as much of the rest.
        om.post("/domains", {"name": "After", "domainType": "Aggregate", "description": ""})
        everybody = [words(one) for one in entries(Browser(own).sign_in(own.new_user("somebody")))]
        assert any("After" in one for one in everybody) and any("Before" in one for one in everybody), everybody
    finally:
        assert own.stop() == 0, own.log_tail()


def test_nothing_is_counted_or_named_that_the_reader_does_not_see(server, om):
    bob = BobsledDoor(server, server.admin.token)
    om.post("/domains", {"name": "Sales", "displayName": "Sales & more", "domainType": "Aggregate", "description": "d"})
    for name in ("Open 1", "Open 2"):
        om.post("/dataProducts", {"name": name, "description": "d", "domains": ["Sales"]})
    made = [bob.create(f"Hidden {n}", domainId=om.get("/domains/name/Sales")["id"]) for n in range(3)]
    admin = Browser(server).sign_in(server.admin)
    assert "Administrator created 5 products in Sales & more" in words(entry(admin, "products"))
    stranger = Browser(server).sign_in(server.new_user("stranger"))
    one = entry(stranger, "Administrator created 2 products in Sales & more")
    assert links(one) == ["/domains/Sales", "/products/Sales.Open%202", "/products/Sales.Open%201"]
    assert "Hidden" not in news(stranger)
    # Of three with a role on one of them, that one counts.
    viewer = server.new_user("viewer")
    path = f"/data-products/{made[0]['id']}/users"
    bob.patch(path, {"add": [{"userId": viewer.id, "role": "viewer"}]})
    seen = news(Browser(server).sign_in(viewer))
    assert "Hidden 0" in seen and "Hidden 1" not in seen and "Hidden 2" not in seen
    elsewhere = Browser(server).sign_in(by_mail(server.new_account("changes-elsewhere"), "changes-elsewhere"))
    for word in ("Hidden", "Open", "house", "Ana"):
        assert word not in news(elsewhere), word


def test_names_that_deceive_are_text(server, om, admin):
    om.post("/domains", {"name": "D" + HOSTILE, "domainType": "Aggregate", "description": "d"})
    fqn = om.get("/domains", limit=100)["data"]
    fqn = next(one["fullyQualifiedName"] for one in fqn if one["name"].startswith("D<"))
    for n in range(2):
        om.post("/dataProducts", {"name": f"{n}{HOSTILE}", "description": "d", "domains": [fqn]})
    page = admin.visit("/?changes=all")
    assert [given.get("type") for tag, given in page.tags if tag == "script"] == ["module"]
    assert "\u202e" not in page.text and "\u200b" not in page.text and "Administrator created 2 products in D<script>" in page.text


def test_of_very_many_some_are_listed_and_the_count_is_no_lie(server, om, admin):
    def body(n: int) -> dict:
        return {"name": f"m{n:03}", "databaseSchema": "mansion.db.sc", "columns": [{"name": "id", "dataType": "INT"}]}

    om.schema("mansion")
    om.call("PUT", "/tables/bulk", [body(n) for n in range(30)], expect=200)
    one = entry(admin, "created 30 tables in mansion.db.sc")
    assert len(re.findall(r'href="/tables/', one)) == 20 and "10 more" in words(one)
    for begin in (0, 250):
        om.call("PUT", "/tables/bulk", [body(n) | {"description": "now"} for n in range(begin, begin + 250)], expect=200)
    page = news(admin)
    [least] = re.findall(r"Administrator (?:created|changed) (at least )?(\d+) tables", words(page))[:1]
    assert least[0] and 200 <= int(least[1]) <= 400, "older lines of the log are not looked at"
    assert len(page) < 30_000


@pytest.mark.parametrize("look", LOOKS)
def test_what_is_unfolded_is_for_everybody(chromium, server, om, look):
    om.schema(f"look-{look}")
    for n in range(3):
        body = {"name": f"{n}{LONG}", "databaseSchema": f"look-{look}.db.sc", "columns": [{"name": "id", "dataType": "INT"}]}
        om.post("/tables", body)
    context = chromium.new_context(**LOOKS[look])
    page = context.new_page()
    sign_in(page, server, server.admin)
    page.goto(server.url + "/?changes=all")
    fold = page.locator(".feed details", has_text=f"3 tables in look-{look}.db.sc")
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    assert fold.locator("li a").count() == 3 and fold.locator("li a").first.is_visible()
    assert judged(page, "home unfolded") == []
    context.close()


def test_what_found_no_place_unfolds(server, om):
    who = server.new_user("unfolder")
    reader = Browser(server).sign_in(who)
    reader.visit("/")
    Looked(server, who.id, reader).age(31)
    for n in range(14):
        om.schema(f"wide{n:02}")
    page = news(reader)
    fold = re.search(r'<details class="more"><summary>(\d+) more</summary><ul class="stacked">(.*?)</ul>', page, re.S)
    assert fold, words(page)
    assert int(fold[1]) == len(re.findall("<li>", fold[2])) > 0
    assert {f"/databases/wide{n:02}.db" for n in range(14)} <= set(links(page)), "each of them can be gone to"
    # Who sees none of it is told of none; what was left out of an entry leads to where it is.
    om.call("PUT", "/tables/bulk", [{"name": f"n{n:03}", "databaseSchema": "wide00.db.sc", "columns": [{"name": "id", "dataType": "INT"}]} for n in range(23)], expect=200)
    assert '<a href="/schemas/wide00.db.sc">3 more' in entry(reader, "created 23 tables in wide00.db.sc")

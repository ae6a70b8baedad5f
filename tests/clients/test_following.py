"""Following: on pages it is what it is in the interface, its changes stand in the inbox, and nobody is told what he may no longer see."""

import re

import pytest
from playwright.sync_api import expect

from chat_world import Shop
from openmetadata_door import OpenMetadataDoor
from pages_browser import LOOKS, judged, sign_in
from pages_door import Browser


class World(Shop):
    """A product that only those see who have a role on it; tables and a term that everybody sees."""

    def __init__(self, folder, **settings: str):
        super().__init__(folder, **settings)
        self.om = OpenMetadataDoor(self.server, self.server.admin.token)
        self.table = self.om.by_name("tables", "shop.shop.main.customers", fields="followers")
        glossary = self.om.post("/glossaries", {"name": "Words", "description": "d"})
        self.term = self.om.post("/glossaryTerms", {"name": "Net", "glossary": glossary["name"], "description": "d"})
        shown = Browser(self.server).sign_in(self.server.admin).visit(f"/products/{self.product}")
        self.at = re.sub(r"^https?://[^/]+", "", shown.url)

    def person(self, name: str, role: str | None = "viewer"):
        who = self.server.new_user(name)
        if role:
            self.bob.patch(f"{self.path}/users", {"add": [{"userId": who.id, "role": role}]})
        return who, Browser(self.server).sign_in(who)

    def describe(self, text: str) -> None:
        """What somebody else does."""
        self.bob.patch(self.path, {"description": text})


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("following"))
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace")


def follow(browser: Browser, at: str, do: str = "follow"):
    page = browser.visit(at)
    form = next(form for form in page.forms if form["action"].endswith("/follow"))
    here = {"Origin": browser.base, "Sec-Fetch-Site": "same-origin", "Referer": page.url}
    page = browser.ask("POST", form["action"], data=form["fields"] | {"do": do}, headers=here)
    assert page.status == 200, page.text[:500]
    return page


def news(browser: Browser) -> int:
    """How much is new, as every page says it."""
    found = re.search(r'class="waiting news">(\d+)', browser.visit("/people").source)
    return int(found.group(1)) if found else 0


def told(browser: Browser) -> str:
    """What has changed of what he follows."""
    page = browser.visit("/following")
    return page.source.split('id="changed"')[1].split("</section>")[0]


def test_following_on_a_page_is_following_in_the_interface(world):
    who, browser = world.person("both")
    table = f"/tables/{world.table['fullyQualifiedName']}"
    assert "Followed" in follow(browser, table).text
    followers = world.om.by_name("tables", world.table["fullyQualifiedName"], fields="followers")["followers"]
    assert [one["id"] for one in followers] == [who.id]
    assert "customers" in told(browser)
    world.om.delete(f"/tables/{world.table['id']}/followers/{who.id}")
    assert "Stop following" not in browser.visit(table).text and "customers" not in told(browser)
    world.om.speaking(who.token).put(f"/tables/{world.table['id']}/followers", who.id)
    assert "Stop following" in browser.visit(table).text
    assert "Not followed any more" in follow(browser, table, "unfollow").text
    assert "customers" not in told(browser)


def test_what_somebody_follows_is_for_himself_or_for_who_may_change_the_record(world):
    who, browser = world.person("followed-for")
    other, _ = world.person("meddler")
    meddler = world.om.speaking(other.token)
    path = f"/tables/{world.table['id']}/followers"
    meddler.put(path, who.id, expect=403)
    assert "customers" not in told(browser)
    meddler.put(path, other.id)
    world.om.speaking(who.token).put(path, who.id)
    meddler.delete(f"{path}/{who.id}", expect=403)
    meddler.delete(f"{path}/{other.id}")
    assert "customers" in told(browser)
    world.om.delete(f"{path}/{who.id}")
    world.om.put(path, who.id)
    assert "customers" in told(browser)
    world.om.delete(f"{path}/{who.id}")


def test_a_change_is_in_the_inbox_until_somebody_has_looked(world):
    _, browser = world.person("reader")
    follow(browser, world.at)
    browser.visit("/following")
    assert news(browser) == 0
    world.describe("Sold goods")
    assert news(browser) == 1
    page = browser.visit("/requests")
    inbox = page.source.split('id="followed"')[1].split("</section>")[0]
    assert "Retail" in inbox and "escription" in inbox and "Administrator" in inbox and ">new<" in inbox
    assert news(browser) == 0 and 'id="followed"' not in browser.visit("/requests").source
    assert "Retail" in told(browser), "what was looked at is there still"


def test_what_changed_in_the_parts_of_a_product_is_told(world):
    _, browser = world.person("parts-reader")
    follow(browser, world.at)
    browser.visit("/following")
    query = {"question": "How many customers are told of?", "sql": "SELECT COUNT(*) AS n FROM customers"}
    world.bob.post(f"{world.path}/verified-queries", query, expect=201)
    world.bob.post(f"{world.path}/deploy", {})
    inbox = browser.visit("/requests").source.split('id="followed"')[1].split("</section>")[0]
    assert "made the verified query" in inbox and "How many customers are told of?" in inbox, inbox
    assert "is not listed here" not in inbox
    # Beside what became of the product itself.
    world.bob.post(f"{world.path}/verified-queries", query | {"question": "How many are told of beside it?"}, expect=201)
    world.bob.post(f"{world.path}/deploy", {})
    world.describe("Sold goods, with what is told of their parts")
    inbox = browser.visit("/requests").source.split('id="followed"')[1].split("</section>")[0]
    assert "escription" in inbox and "How many are told of beside it?" in inbox, inbox


def test_all_that_has_changed_since_somebody_looked_is_in_the_inbox(world):
    _, browser = world.person("rita")
    follow(browser, world.at)
    assert "created it" not in told(browser) and news(browser) == 0, "what was there before he followed it is no news"
    carl = world.server.new_user("carl-of-rita")
    world.describe("Sold goods, by day")
    world.bob.patch(f"{world.path}/users", {"add": [{"userId": carl.id, "role": "viewer"}]})
    inbox = browser.visit("/requests").source.split('id="followed"')[1].split("</section>")[0]
    assert "escription" in inbox and "carl-of-rita" in inbox, "the last change does not hide the one before it"


def test_what_somebody_does_himself_is_no_news(world):
    who, browser = world.person("doer", "editor")
    follow(browser, world.at)
    browser.visit("/following")
    world.om.speaking(who.token).patch(
        f"/dataProducts/{world.product}", [{"op": "add", "path": "/description", "value": "My own"}]
    )
    assert news(browser) == 0 and "Retail" in told(browser)


def test_what_somebody_may_no_longer_see_he_is_no_longer_told(world):
    who, browser = world.person("leaver")
    follow(browser, world.at)
    browser.visit("/following")
    world.bob.patch(f"{world.path}/users", {"remove": [who.id]})
    world.describe("Nothing for leavers")
    inbox = browser.visit("/requests").source + browser.visit("/following").source
    assert "leavers" not in inbox and 'id="followed"' not in inbox and "Retail" not in told(browser)
    # Of his role he is told, of the product nothing.
    assert news(browser) == 0
    world.describe("Again nothing")
    assert news(browser) == 0
    browser.visit(world.at, expect=404)
    world.bob.patch(f"{world.path}/users", {"add": [{"userId": who.id, "role": "viewer"}]})
    assert "Retail" in told(browser), "who sees it again is told of it again"


def test_terms_are_followed_and_what_is_deleted_is_told(world):
    _, browser = world.person("worded", None)
    at = f"/terms/{world.term['fullyQualifiedName']}"
    follow(browser, at)
    browser.visit("/following")
    world.om.patch(f"/glossaryTerms/{world.term['id']}", [{"op": "add", "path": "/synonyms", "value": ["clear"]}])
    assert news(browser) == 1 and "ynonym" in told(browser)
    world.om.delete(f"/glossaryTerms/{world.term['id']}")
    assert news(browser) == 1 and "deleted it" in told(browser)


def test_nobody_follows_for_somebody_else_or_what_he_does_not_see(world):
    _, browser = world.person("stranger", None)
    token = browser.visit("/account").form("/account")["fields"]["token"]
    here = {"Origin": browser.base, "Sec-Fetch-Site": "same-origin"}
    hidden = browser.ask("POST", f"{world.at}/follow", data={"token": token, "of": world.product, "do": "follow"}, headers=here)
    assert hidden.status == 404
    at = f"/tables/{world.table['fullyQualifiedName']}/follow"
    for fields in ({"do": "other"}, {}):
        sent = {"token": token, "of": world.table["id"]} | fields
        assert browser.ask("POST", at, data=sent, headers=here).status == 404
    forged = browser.ask("POST", at, data={"token": "x", "of": world.table["id"], "do": "follow"}, headers=here)
    assert forged.status in (400, 403) and "customers" not in told(browser)


@pytest.mark.parametrize("script", [True, False])
def test_somebody_follows_in_a_browser(chromium, world, script):
    who = world.server.new_user(f"clicks-{script}".lower())
    context = chromium.new_context(java_script_enabled=script, **LOOKS["phone"])
    page = context.new_page()
    sign_in(page, world.server, who)
    page.goto(f"{world.server.url}/following")
    wrong = judged(page, "nothing followed") if script else []
    page.goto(f"{world.server.url}/tables/{world.table['fullyQualifiedName']}")
    page.get_by_role("button", name="Follow", exact=True).click()
    expect(page.locator(".notice")).to_contain_text("Followed")
    page.goto(f"{world.server.url}/following")
    expect(page.locator("main")).to_contain_text("customers")
    wrong += judged(page, "following") if script else []
    page.get_by_role("button", name=re.compile("Stop following")).click()
    expect(page.locator("main")).to_contain_text("You follow nothing yet")
    context.close()
    assert not wrong, "\n".join(wrong)

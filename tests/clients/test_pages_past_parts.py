"""The past of a product on its page: what has become of its semantic model and its verified queries, beside its own versions."""

import re
from html import unescape
from urllib.parse import urlsplit

import pytest

from bobsled_door import BobsledDoor
from pages_door import HOSTILE, Browser
from tables_world import person

FIELDS = [{"name": "id", "expression": "id"}, {"name": "amount", "expression": "amount"}]
MODEL = {
    "name": "retail",
    "datasets": [{"name": "orders", "source": "sales.orders", "primary_key": ["id"], "fields": FIELDS}],
    "metrics": [{"name": "order_count", "expression": "COUNT(orders.id)"}],
}


@pytest.fixture
def product(bobsled, sales_tables, fresh_name) -> str:
    assets = [{"tableName": "orders", "schemaName": "sales", "databaseName": "sales"}]
    return bobsled.create(fresh_name("Parts"), dataAssets=assets)["id"]


def pieces(page) -> list[str]:
    """What the page tells of the past, newest first, as it is written."""
    return page.source.split('<ol class="history">')[1].split("</ol>")[0].split('<li><p class="by">')[1:]


def entries(page) -> list[str]:
    """The same as it is read."""
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", one)).split()) for one in pieces(page)]


def place(told: list[str], *words: str) -> int:
    """Which entry says all of these."""
    found = [at for at, one in enumerate(told) if all(word in one for word in words)]
    assert len(found) == 1, (words, told)
    return found[0]


def past(browser: Browser, product: str) -> list[str]:
    browser.visit(f"/products/{product}")
    return entries(browser.visit(f"{browser.path}?tab=activity"))


def test_changes_of_the_model_and_the_queries_are_told_in_the_order_of_time(browser, server, om, bobsled, product, fresh_name):
    path = f"/data-products/{product}"
    made = bobsled.post(f"{path}/semantic-models", {"name": "retail", "format": "osi", "document": {"semantic_model": [MODEL]}}, expect=201)
    model = f"{path}/semantic-models/{made['semanticModel']['id']}"
    assert not any("retail" in one for one in past(browser, product)), "a draft is no part of the past"
    bobsled.post(f"{path}/deploy", {})
    editor = server.new_user(fresh_name("editor"))
    bobsled.patch(f"{path}/users", {"add": [{"userId": editor.id, "role": "editor"}]})
    by_editor = BobsledDoor(server, editor.token)
    asked = {"question": f"How many? {HOSTILE}", "sql": "SELECT 1", "isDeployed": True}
    query = by_editor.post(f"{path}/verified-queries", asked, expect=201)["verifiedQuery"]["id"]
    bobsled.patch(model, {"document": {"metrics": {"order_count": {"description": "How many"}}}})
    bobsled.post(f"{model}/metrics", {"name": "buyers", "expression": "COUNT(DISTINCT orders.id)"}, expect=201)
    bobsled.post(f"{path}/deploy", {})
    by_editor.post(f"{path}/verified-queries/{query}", asked | {"sql": "SELECT 2"})
    bobsled.post(f"{path}/verified-queries", {"question": "Not yet live?", "sql": "SELECT 1"}, expect=201)
    bobsled.delete(f"{path}/verified-queries/{query}")
    told, admin = past(browser, product), "Administrator"
    changed = "semantic model “retail”: added the metric buyers; changed the metric order_count"
    places = [
        place(told, "removed the verified query “How many?", admin),
        place(told, "verified query “How many?", "changed the statement", editor.name, "by way of Bobsled"),
        place(told, changed, admin, "by way of Bobsled"),
        place(told, "made the verified query “How many?", editor.name),
        place(told, "made the semantic model “retail” live", admin),
        place(told, "created it"),
    ]
    assert places == sorted(places) and len(set(places)) == len(places), told
    assert "<script>alert" not in browser.page.source and "Not yet live?" not in " ".join(told)
    german = browser.visit(f"{browser.path}?tab=activity", headers={"Accept-Language": "de"})
    assert "veröffentlichte das semantische Modell „retail“" in german.text and "geprüfte Abfrage „How many?" in german.text
    # Who sees the product sees what was live of it; who does not is told nothing.
    viewer, who = person(server, om, fresh_name("viewer"))
    bobsled.patch(f"{path}/users", {"add": [{"userId": who["id"], "role": "viewer"}]})
    told = past(viewer, product)
    assert changed in told[place(told, changed)] and place(told, "changed the statement") < place(told, changed)
    assert "<ins>2</ins>" in browser.page.source and "<ins>2</ins>" not in viewer.page.source, "of a statement that is no more"
    assert place(told, "removed a verified query") < place(told, "changed the statement")
    assert "How many?" not in " ".join(told), "of a query that is no more"
    outsider, _ = person(server, om, fresh_name("outsider"))
    outsider.visit(f"{browser.path}?tab=activity", expect=404)


def test_what_a_query_was_called_is_shown_to_those_alone_who_change_it(browser, server, om, bobsled, product, fresh_name):
    path = f"/data-products/{product}"
    asked = {"question": "How much does Anna Schmidt earn?", "sql": "SELECT 1", "isDeployed": True}
    said = {"description": "Of Anna.", "alternateQuestions": ["What does Anna get?"]}
    query = bobsled.post(f"{path}/verified-queries", asked | said, expect=201)["verifiedQuery"]["id"]
    settled = asked | {"question": "How much is earned?", "description": "Of all.", "alternateQuestions": ["What is paid?"]}
    bobsled.post(f"{path}/verified-queries/{query}", settled)
    told = past(browser, product)
    assert place(told, "made the verified query “How much does Anna Schmidt earn?” live") > place(told, "changed the question")
    assert "<del>" in browser.page.source and "Anna." in browser.page.text
    viewer, who = person(server, om, fresh_name("viewer"))
    bobsled.patch(f"{path}/users", {"add": [{"userId": who["id"], "role": "viewer"}]})
    told = past(viewer, product)
    assert place(told, "made the verified query “How much is earned?” live") > place(told, "changed the question", "the description")
    assert "Anna" not in viewer.page.source


def test_an_old_address_begins_the_parts_where_it_begins(browser, bobsled, product):
    path = f"/data-products/{product}"
    asked = {"sql": "SELECT 1", "isDeployed": True}
    for when, word in (("early", "One"), ("late", "Two")):
        bobsled.post(f"{path}/verified-queries", asked | {"question": f"Asked {when}?"}, expect=201)
        bobsled.patch(path, {"description": word})
    told = past(browser, product)
    two, one = [at for at, entry in enumerate(told) if "the description" in entry]
    assert place(told, "Asked early?") > one > place(told, "Asked late?") > two
    before = re.search(r"from=(\d+)", pieces(browser.page)[one])[1]
    here = urlsplit(browser.page.url).path
    told = entries(browser.visit(f"{here}?tab=activity&before={before}"))
    assert place(told, "Asked early?") == 0 and "created it" in told[-1]
    assert "Asked late?" not in " ".join(told) and "the description" not in " ".join(told)
    for other in ("999999", "18446744073709551615", "x"):
        assert place(entries(browser.visit(f"{here}?tab=activity&before={other}")), "Asked late?") < 2, "of no state"


def test_a_long_past_is_told_page_by_page_each_change_once(browser, bobsled, product):
    path = f"/data-products/{product}"
    asked = {"question": "How many?", "isDeployed": True}
    query = bobsled.post(f"{path}/verified-queries", asked | {"sql": "SELECT 0"}, expect=201)["verifiedQuery"]["id"]
    for number in range(1, 46):
        bobsled.post(f"{path}/verified-queries/{query}", asked | {"sql": f"SELECT {number}"})
        if number % 15 == 0:
            bobsled.patch(path, {"description": f"Description {number}"})
    told, pages = past(browser, product), 1
    while older := [link for link in browser.page.links if "parts=" in link]:
        # What comes meanwhile moves nothing.
        bobsled.post(f"{path}/verified-queries/{query}", asked | {"sql": f"SELECT {1000 + pages}"})
        page, pages = browser.visit(older[0]), pages + 1
        told += entries(page)
    assert pages >= 3 and "created it" in told[-1]
    assert sum("changed the statement" in one for one in told) == 45
    assert sum("made the verified query “How many?” live" in one for one in told) == 1
    assert sum("the description" in one for one in told) == 3
    for wrong in ("x", "1.2.3", "..", "9" * 40):
        browser.visit(f"{urlsplit(browser.page.url).path}?tab=activity&parts={wrong}")

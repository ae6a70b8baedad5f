"""Ways through the pages as people go them: with keys alone, without a script, on a phone; axe looks at each state."""

import re
from urllib.parse import quote

import pytest

from pages_browser import LOOKS, WIDE, judged, pictured, sign_in


@pytest.fixture(scope="module")
def shop(server, om, fresh_name) -> dict:
    """A product with a closed table, owned by somebody."""
    word = "medlar" + fresh_name("").strip("-").translate(str.maketrans("0123456789", "ghijklmnop"))
    owner = server.new_user(fresh_name("keeper"))
    reference = {"id": om.get(f"/users/name/{owner.name}")["id"], "type": "user"}
    domain = om.post("/domains", {"name": fresh_name("Fruit"), "domainType": "Aggregate", "description": "Fruit."})["name"]
    schema = om.schema(fresh_name("orchard"))
    columns = [{"name": "weight", "dataType": "INT", "description": f"What a {word} weighs, in grams."}]
    table = om.put("/tables", {"name": f"{word}_lots", "databaseSchema": schema, "columns": columns})
    product = om.post("/dataProducts", {
        "name": f"{word} harvest", "domains": [domain], "owners": [reference], "description": "What was picked, where and when."})
    om.call("PUT", f"/dataProducts/{quote(product['fullyQualifiedName'], safe='')}/assets/add", {
        "assets": [{"id": table["id"], "type": "table"}]}, expect=200)  # fmt: skip
    return {"word": word, "owner": owner, "at": "/products/" + quote(product["fullyQualifiedName"], safe=""), "name": product["name"]}


@pytest.mark.parametrize("look", LOOKS)
def test_what_somebody_types_is_completed(chromium, server, admin, shop, look):
    context = chromium.new_context(**LOOKS[look])
    page = context.new_page()
    sign_in(page, server, admin)
    page.keyboard.press("Control+k")
    page.keyboard.type(shop["word"][:8], delay=20)
    # What was asked for with fewer letters is replaced by what fits all of them.
    page.get_by_role("option", name=f"All results for {shop['word'][:8]}").wait_for()
    assert page.get_by_role("option").count() == 3 and page.locator("#q").get_attribute("aria-expanded") == "true"
    assert page.locator("[role=option] mark").count() >= 2
    page.keyboard.press("ArrowDown")
    chosen = page.locator("[role=option][aria-selected=true]")
    assert chosen.get_attribute("id") == page.locator("#q").get_attribute("aria-activedescendant")
    assert judged(page, "suggestions") == []
    page.keyboard.press("ArrowUp")
    assert chosen.count() == 0 and page.input_value("#q") == shop["word"][:8]
    page.keyboard.press("Escape")
    assert page.get_by_role("option").count() == 0 and page.input_value("#q") == shop["word"][:8]
    page.keyboard.type(shop["word"][8:9])
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(server.url + shop["at"])
    # Without a choice, Enter searches.
    page.keyboard.press("/")
    page.keyboard.type(shop["word"])
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/search\?q="))
    assert page.locator(".hits > li").count() == 2
    context.close()


@pytest.mark.parametrize("look", LOOKS)
def test_search_is_for_everybody(chromium, server, admin, shop, look):
    context = chromium.new_context(**LOOKS[look])
    page = context.new_page()
    sign_in(page, server, admin)
    for name, query in (
        ("search", shop["word"]), ("search-narrowed", f"{shop['word']} kind:table"), ("search-everything", ""),
        ("search-corrected", "x" + shop["word"][1:]), ("search-nothing", f"{shop['word']} kind:glossary"),
        ("search-broken", f"{shop['word']} kind:planet"), ("search-broken-end", "(a OR"),
    ):  # fmt: skip
        answer = page.goto(server.url + "/search?q=" + quote(query))
        assert answer.status == (400 if "broken" in name else 200), name
        assert judged(page, name) == []
    context.close()


@pytest.mark.parametrize("look", LOOKS)
def test_somebody_asks_for_access_without_a_script_and_gets_it(chromium, server, shop, fresh_name, look):
    who = server.new_user(fresh_name("picker"))
    asking = chromium.new_context(java_script_enabled=False, **LOOKS[look])
    page = asking.new_page()
    sign_in(page, server, who)
    page.fill("#q", f"{shop['word']} harvest")
    page.press("#q", "Enter")
    page.get_by_role("link", name=re.compile(shop["name"])).first.click()
    page.get_by_role("link", name="Access", exact=True).click()
    page.fill("textarea[name=reason]", "For the report on yields.")
    pictured(page, "access form")
    page.get_by_role("button", name="Send the request").click()
    assert page.get_by_role("status").is_visible() and page.get_by_role("button", name="Withdraw").is_visible()
    asking.close()
    deciding = chromium.new_context(**LOOKS[look])
    page = deciding.new_page()
    sign_in(page, server, shop["owner"])
    assert page.locator(".inbox .waiting:not(.news)").inner_text().startswith("1")
    assert judged(page, "home asked") == []
    page.locator(".inbox").click()
    assert judged(page, "requests") == []
    page.locator(".requests a[href^='/requests/']").first.click()
    page.wait_for_url(re.compile("/requests/[0-9a-f-]+$"))
    assert judged(page, "request") == []
    page.fill("textarea", "Until the audit.")
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("status").wait_for()
    assert judged(page, "request decided") == []
    assert page.locator(".inbox .waiting:not(.news)").count() == 0
    page.goto(server.url + shop["at"] + "?tab=access")
    assert who.name in page.locator("main").inner_text()
    deciding.close()


def test_the_form_for_access_is_for_everybody(chromium, server, shop, fresh_name):
    who = server.new_user(fresh_name("reader"))
    for look in LOOKS.values():
        context = chromium.new_context(**look)
        page = context.new_page()
        sign_in(page, server, who)
        page.goto(server.url + shop["at"] + "?tab=access")
        assert judged(page, "access") == []
        answer = page.goto(server.url + shop["at"] + "?edit=description")
        assert answer.status == 403
        assert judged(page, "forbidden") == []
        context.close()


def test_keys_alone_ask_and_decide(chromium, server, shop, fresh_name):
    who = server.new_user(fresh_name("keys"))
    context = chromium.new_context(**WIDE)
    page = context.new_page()
    sign_in(page, server, who)
    page.goto(server.url + shop["at"] + "?tab=access")
    reach(page, "reason")
    page.keyboard.type("By keys.")
    reach(page, None, "Send the request")
    page.keyboard.press("Enter")
    page.get_by_role("status").wait_for()
    context.close()
    context = chromium.new_context(**WIDE)
    page = context.new_page()
    sign_in(page, server, shop["owner"])
    reach(page, None, "Inbox")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/requests$"))
    reach(page, None, "asks to query")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/requests/.+"))
    reach(page, "reason")
    page.keyboard.type("Not now.")
    reach(page, None, "Reject")
    page.keyboard.press("Enter")
    page.get_by_role("status").wait_for()
    assert "rejected" in page.locator("main").inner_text()
    context.close()


def reach(page, id: str | None, text: str | None = None) -> None:
    """Goes on with the key until something has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        now = page.evaluate("[document.activeElement.id, document.activeElement.innerText || '']")
        if (id and now[0] == id) or (text and text in now[1]):
            return
    raise AssertionError(f"{id or text} is not reached with the key")


def test_a_product_is_deleted_after_a_look_and_brought_back(chromium, server, admin, om, shop, fresh_name):
    domain = shop["at"].split("/")[-1].split(".")[0]
    name = fresh_name("Passing")
    made = om.post("/dataProducts", {"name": name, "domains": [domain], "description": "Not for long."})
    at = server.url + "/products/" + quote(made["fullyQualifiedName"], safe="")
    context = chromium.new_context(java_script_enabled=False, **WIDE)
    page = context.new_page()
    sign_in(page, server, admin)
    page.goto(at)
    page.click(".edits summary")
    page.get_by_role("link", name="Delete").click()
    assert name in page.locator("main").inner_text()
    pictured(page, "delete")
    page.get_by_role("button", name="Delete").click()
    assert page.get_by_role("status").is_visible() and page.goto(at).status == 404
    page.go_back()
    page.get_by_role("button", name="Restore").click()
    assert page.url.startswith(at) and page.get_by_role("status").is_visible()
    context.close()

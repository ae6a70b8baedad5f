"""What the search box offers before anything is typed: the records that somebody opened last."""

from urllib.parse import quote

import pytest

from pages_browser import LOOKS, pictured, sign_in
from pages_door import Browser


@pytest.fixture(scope="module")
def at(om, fresh_name) -> dict[str, str]:
    """Two products, by their names; of the one only some may know."""
    domain = om.post("/domains", {"name": fresh_name("Recent"), "domainType": "Aggregate", "description": "d"})["name"]
    made = {}
    for what in ("first", "second"):
        product = om.post("/dataProducts", {"name": fresh_name(what), "description": "d", "domains": [domain]})
        made[product["name"]] = "/products/" + quote(product["fullyQualifiedName"], safe="-._~")
    return made


def options(page) -> list[str]:
    return [given["href"] for _, given in page.tags if given.get("role") == "option"]


def test_who_has_typed_nothing_is_offered_what_he_opened_last(server, om, at, fresh_name):
    reader = Browser(server).sign_in(server.new_user(fresh_name("looker")))
    assert options(reader.visit("/search/suggest?q=")) == [], "he has opened nothing yet"
    for address in at.values():
        reader.visit(address)
    page = reader.visit("/search/suggest?q=%20")
    assert options(page) == list(at.values())[::-1]
    assert [given["aria-label"] for _, given in page.tags if given.get("role") == "group"] == ["Recently viewed"]
    # What he may not see any more is not offered.
    owner = Browser(server).sign_in(server.admin)
    gone = list(at.values())[1]
    owner.visit(gone + "?edit=visibility")
    owner.send_sure(gone, visibility="granted")
    assert options(reader.visit("/search/suggest")) == [list(at.values())[0]]
    owner.visit(gone + "?edit=visibility")
    owner.send(gone, visibility="open")
    assert options(Browser(server).sign_in(server.new_user(fresh_name("other"))).visit("/search/suggest")) == []


def test_keys_lead_from_the_empty_box_to_what_was_opened_last(chromium, server, admin, at):
    for look in LOOKS.values():
        context = chromium.new_context(**look)
        page = context.new_page()
        sign_in(page, server, admin)
        for address in at.values():
            page.goto(server.url + address)
        page.goto(server.url + "/domains")
        page.keyboard.press("/")
        page.wait_for_selector(".suggest [role=option]")
        assert page.locator(".suggest .heading").inner_text() == "Recently viewed"
        pictured(page, "recent", full_page=False)
        # What is typed takes its place, and comes back when it is taken away.
        page.locator("#q").press_sequentially("zzzznothing")
        page.get_by_role("option", name="Search everywhere for zzzznothing").wait_for()
        assert page.locator(".suggest .heading").count() == 0 and page.get_by_text("No name matches.").is_visible()
        page.locator("#q").fill("")
        page.get_by_role("option", name="Search everywhere").wait_for(state="detached")
        page.keyboard.press("Escape")
        assert not page.locator(".suggest").is_visible()
        page.locator("main h1").click()
        page.locator("#q").focus()
        page.wait_for_selector(".suggest [role=option]")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url(server.url + list(at.values())[1])
        context.close()

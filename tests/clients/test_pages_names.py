"""Names that forms suggest: some at once, those that fit where there are more, and any that somebody types."""

import time
from urllib.parse import quote

import pytest

from emporion_server import Server
from openmetadata_door import OpenMetadataDoor
from pages_browser import WIDE, sign_in
from pages_door import Browser, by_mail

MANY = 205


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A server of its own, with more tags than are suggested at once."""
    made = Server(tmp_path_factory.mktemp("names")).start()
    om = OpenMetadataDoor(made, made.admin.token)
    om.post("/classifications", {"name": "Shelf", "description": "d"})
    for number in range(MANY):
        om.post("/tags", {"classification": "Shelf", "name": f"Place{number:03}", "description": "d"})
    om.post("/domains", {"name": "Stock", "domainType": "Aggregate", "description": "d"})
    product = om.post("/dataProducts", {"name": "Shelves", "description": "d", "domains": ["Stock"]})
    made.at = "/products/" + quote(product["fullyQualifiedName"], safe="")
    yield made
    assert made.stop() == 0, made.log_tail()
    assert "panicked" not in made.log.read_text(errors="replace"), made.log_tail(200)


def options(page) -> list[str]:
    return [given["value"] for tag, given in page.tags if tag == "option" and given.get("value")]


def test_a_list_that_does_not_hold_all_says_so_and_takes_any_name(house):
    browser = Browser(house).sign_in(house.admin)
    page = browser.visit(house.at + "?edit=labels")
    assert f"Shelf.Place{MANY - 1}" not in options(page) and "The list does not show all names; you can type any name" in page.text
    assert "The list does not show all names; you can type any name" not in browser.visit(house.at + "?edit=owners").text
    browser.visit(house.at + "?edit=labels")
    page = browser.send(house.at, expect=400, add="Shelf.Place999")
    assert "Nothing that you may see is called Shelf.Place999" in " ".join(page.roles["alert"])
    browser.send(house.at, add=f"Shelf.Place{MANY - 1}")
    assert f"Place{MANY - 1}" in browser.visit(house.at).text


def test_what_fits_is_suggested_to_those_who_see_it(house):
    browser = Browser(house).sign_in(house.admin)
    stranger = Browser(house).sign_in(by_mail(house.new_account("elsewhere"), "elsewhere"))
    for of, typed, name in (
        ("glossary_term,tag", "ace204", "Shelf.Place204"), ("glossary_term,tag", "shelf.PLACE20", "Shelf.Place203"),
        ("user,team", "steward", "Stock.Stewards"), ("user", "ADM", "admin"),
    ):  # fmt: skip
        address = f"/names?of={of}&q={quote(typed)}"
        assert name in options(browser.visit(address)), address
        assert name == "admin" or name not in options(stranger.visit(address)), address
    assert len(options(browser.visit("/names?of=glossary_term,tag&q=place"))) == 20
    assert not options(browser.visit("/names?of=user&q=steward")), "of the kinds that the form takes alone"
    browser.visit("/names?of=saved_search&q=a", expect=404)
    browser.visit("/names?of=user&q=" + "a" * 5_000, expect=400)
    assert Browser(house).visit("/names?of=user&q=a").url.split("?")[0].endswith("/login")


def test_people_are_named_as_pages_show_them(house):
    om = OpenMetadataDoor(house, house.admin.token)
    for name, shown in (("tomas", "Tomás Reyes"), ("ada", "Ada Berg"), ("berg", "Ada Berg"), ("anna", "tomas")):
        house.new_user(name)
        user = om.get(f"/users/name/{name}")
        om.patch(f"/users/{user['id']}", [{"op": "add", "path": "/displayName", "value": shown}])
    browser = Browser(house).sign_in(house.admin)
    for who, of in (("Tomás Reyes", "tomas"), ("tomas reyes", "tomas"), ("tomas", "tomas"), ("ADA", "ada")):
        browser.visit(house.at + "?tab=access")
        browser.send(house.at + "/roles", who=who, role="viewer")
        assert browser.query()["done"] == "given", who
        page = browser.visit(house.at + "?tab=access")
        assert f"/people/{of}" in page.links and "/people/anna" not in page.links, who
    page = browser.send(house.at + "/roles", expect=400, who="Ada Berg", role="viewer")
    fault = " ".join(page.roles["alert"])
    assert "Several are called Ada Berg" in fault and "ada (" in fault and "berg (" in fault
    assert page.form(house.at + "/roles")["fields"]["who"] == "Ada Berg"
    for who in ("Tomás", "Reyes", "Nobody At All", "(", '"'):
        page = browser.send(house.at + "/roles", expect=400, who=who, role="viewer")
        assert "No person that you may see is called" in " ".join(page.roles["alert"]), who
    browser.visit(house.at + "?edit=owners")
    browser.send(house.at, add="Tomás Reyes")
    assert "/people/tomas" in browser.visit(house.at).links
    # A team bears the name of its domain behind its own.
    browser.visit(house.at + "?edit=owners")
    browser.send(house.at, add="Stewards (Stock)")
    assert any(link.startswith("/teams/") for link in browser.visit(house.at).links)
    # Nobody of another account is known by any name.
    other = Browser(house).sign_in(by_mail(house.new_account("afar"), "afar"))
    page = other.visit(f"/admin/policies?who={quote('Tomás Reyes')}&kind=user&what=admin")
    assert "No person that you may see is called Tomás Reyes" in page.text


def test_the_list_follows_what_is_typed(house, chromium):
    context = chromium.new_context(**WIDE)
    page = context.new_page()
    sign_in(page, house, house.admin)
    page.goto(f"{house.url}{house.at}?edit=labels")
    wanted = page.locator("datalist option[value='Shelf.Place204']")
    assert wanted.count() == 0
    page.locator("#add").press_sequentially("Place204")
    wanted.wait_for(state="attached")
    assert page.locator("datalist option").count() < 20
    context.close()


def test_places_that_are_open_are_found_behind_those_that_are_not(server, om, fresh_name):
    owner, prefix = server.new_user(fresh_name("opener")), fresh_name("Closed")
    make = lambda name, **more: om.post("/domains", {"name": name, "domainType": "Aggregate", "description": "d"} | more)  # noqa: E731
    for number in range(45):
        make(f"{prefix}{number}")
    his = make(f"{prefix} and open to somebody", owners=[{"id": owner.id, "type": "user"}])
    browser = Browser(server).sign_in(owner)
    for _ in range(20):
        found = options(browser.visit(f"/names?of=domain&into=data_product&q={prefix}"))
        if found:
            break
        time.sleep(1)
    assert his["name"] in str(found) and f"{prefix}1" not in str(found)

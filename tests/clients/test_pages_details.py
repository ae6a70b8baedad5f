"""The one form in which a record's words, names and states are changed together."""

from urllib.parse import quote

import pytest

from pages_browser import Visitor, chromium, chromium_program  # noqa: F401
from pages_door import Browser


@pytest.fixture
def product(om, fresh_name) -> dict:
    domain = om.post("/domains", {"name": fresh_name("Told"), "domainType": "Aggregate", "description": "d"})
    return om.post("/dataProducts", {"name": fresh_name("Told"), "description": "As it was.", "domains": [domain["fullyQualifiedName"]]})


def at(product: dict) -> str:
    return "/products/" + quote(product["fullyQualifiedName"], safe="")


def test_what_a_record_says_is_changed_in_one_form(browser, om, product):
    page = browser.visit(at(product))
    menu = page.source.split('class="menu edits"')[1].split("</details>")[0]
    assert "edit=details" in menu and "edit=display_name" not in menu and "edit=owners" in menu
    fields = browser.visit(at(product) + "?edit=details").form(at(product))["fields"]
    assert {"description", "display_name"} <= fields.keys() and fields["description"] == "As it was."
    browser.send(at(product), description="Told anew.", display_name="Told", stage="PRODUCTION")
    assert browser.query()["done"] == "saved"
    now = om.get(f"/dataProducts/{product['id']}")
    assert (now["description"], now["displayName"], now["lifecycleStage"]) == ("Told anew.", "Told", "PRODUCTION")
    assert now["version"] == round(product["version"] + 0.1, 1), "one change"
    browser.visit(at(product) + "?edit=details")
    browser.send(at(product))
    assert browser.query()["done"] == "unchanged"


def test_what_others_change_meanwhile_is_neither_lost_nor_in_the_way(browser, om, product):
    path, replace = f"/dataProducts/{product['id']}", lambda field, value: [{"op": "add", "path": f"/{field}", "value": value}]
    browser.visit(at(product) + "?edit=details")
    om.patch(path, replace("displayName", "Theirs"))
    browser.send(at(product), description="Mine.")
    now = om.get(path)
    assert (now["description"], now["displayName"]) == ("Mine.", "Theirs"), "they go together"
    browser.visit(at(product) + "?edit=details")
    om.patch(path, replace("description", "Theirs, too."))
    page = browser.send(at(product), 409, description="Mine again.", display_name="Mine")
    assert "Theirs, too." in page.text and page.form(at(product))["fields"]["description"] == "Mine again."
    browser.send(at(product))
    now = om.get(path)
    assert (now["description"], now["displayName"]) == ("Mine again.", "Mine")


def test_who_may_change_some_of_it_is_shown_that(server, om, product, fresh_name):
    who = server.new_user(fresh_name("words"))
    rules = [{"name": "r", "effect": "allow", "operations": ["EditDescription", "EditDisplayName"], "resources": ["dataProduct"]}]
    policy = om.post("/policies", {"name": fresh_name("Words"), "rules": rules})
    role = om.post("/roles", {"name": fresh_name("Words"), "policies": [policy["name"]]})
    om.patch(f"/users/{who.id}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    browser = Browser(server).sign_in(who)
    page = browser.visit(at(product))
    assert "What is not listed here" in page.text, "and who may change the rest"
    fields = browser.visit(at(product) + "?edit=details").form(at(product))["fields"]
    assert {"description", "display_name"} <= fields.keys() and not {"stage", "audience", "priority"} & fields.keys()
    browser.send(at(product), description="By words.", stage="RETIRED")
    now = om.get(f"/dataProducts/{product['id']}")
    assert now["description"] == "By words." and now.get("lifecycleStage") != "RETIRED"
    Browser(server).sign_in(server.new_user(fresh_name("none"))).visit(at(product) + "?edit=details", 403)


@pytest.mark.parametrize("name", [" lead", "trail ", "x\u00a0"])
def test_nothing_is_renamed_for_the_blanks_around_its_name(browser, om, fresh_name, name):
    above = om.post("/classifications", {"name": fresh_name("Blanks"), "description": "d"})
    tag = om.post("/tags", {"name": name, "classification": above["name"], "description": "d"})
    address = "/classifications/" + quote(tag["fullyQualifiedName"], safe="")
    browser.visit(address + "?edit=details")
    browser.send(address, description="told anew")
    now = om.get(f"/tags/{tag['id']}")
    assert (now["name"], now["description"]) == (tag["name"], "told anew")


def test_what_nobody_touches_comes_back_of_a_browser_as_the_same(browser, om, product):
    path, step = f"/dataProducts/{product['id']}", lambda field, value: {"op": "add", "path": f"/{field}", "value": value}
    om.patch(path, [step("description", "one\r\ntwo\r\n"), step("displayName", " Two  words ")])
    before = om.get(path)
    fields = browser.visit(at(product) + "?edit=details").form(at(product))["fields"]
    prose = fields["description"].replace("\r\n", "\n").replace("\n", "\r\n")
    browser.send(at(product), description=prose, display_name=fields["display_name"].replace("\n", ""))
    now = om.get(path)
    assert browser.query()["done"] == "unchanged" and now["version"] == before["version"]
    assert (now["description"], now["displayName"]) == (before["description"], before["displayName"])


def test_what_is_not_sent_stays_and_is_in_nobodys_way(browser, om, product):
    path = f"/dataProducts/{product['id']}"
    fields = browser.visit(at(product) + "?edit=details").form(at(product))["fields"]
    om.patch(path, [{"op": "add", "path": "/displayName", "value": "Theirs"}])
    part = {name: value for name, value in fields.items() if name != "display_name"} | {"description": "Mine only."}
    answer = browser.ask("POST", at(product), data=part, headers={"Origin": browser.base, "Sec-Fetch-Site": "same-origin"})
    now = om.get(path)
    assert answer.status == 200 and (now["description"], now["displayName"]) == ("Mine only.", "Theirs")


def test_details_in_a_browser(chromium, server, om, product):  # noqa: F811
    with Visitor(chromium, server, server.admin) as visitor:
        visitor.open(at(product))
        visitor.page.locator(".edits > summary").focus()
        visitor.page.keyboard.press("Enter")
        visitor.page.keyboard.press("Tab")
        visitor.page.keyboard.press("Enter")
        visitor.page.wait_for_url("**edit=details")
        visitor.look("the details of a product")
        visitor.page.fill("#description", "Typed by keys.")
        visitor.send("Save")
    assert om.get(f"/dataProducts/{product['id']}")["description"] == "Typed by keys."

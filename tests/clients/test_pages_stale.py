"""Forms that were open while their record was deleted, renamed or closed: nothing happens to another one, and nothing typed is lost."""

import uuid
from urllib.parse import quote

import pytest

from openmetadata_door import reference
from pages_door import Browser
from tables_world import person

TYPED = "Typed for an hour,\nand for this one."
ANOTHER = "This name now belongs to something else"
#: Forms of a product: where each is opened, where it is sent below the product, and what is typed.
FORMS = {
    "description": ("?edit=description", "", {"description": TYPED}),
    "owners": ("?edit=owners", "", {"add": "somebody"}),
    "deletion": ("?edit=delete", "", {}),
    "role": ("?tab=access", "/roles", {"who": "somebody", "role": "viewer"}),
}


@pytest.fixture(scope="module")
def domain(om, fresh_name) -> str:
    return om.post("/domains", {"name": fresh_name("Stale"), "domainType": "Aggregate", "description": "d"})["name"]


@pytest.fixture(scope="module")
def somebody(server):
    return server.new_user("somebody")


@pytest.fixture
def owner(server, om, fresh_name) -> tuple[Browser, dict]:
    """Somebody who may do with his products what owners may, and nothing else."""
    return person(server, om, fresh_name("owner"))


def at(product: dict) -> str:
    return "/products/" + quote(product["fullyQualifiedName"], safe="-_.~")


def make(om, domain: str, name: str, *owners: dict) -> dict:
    return om.post("/dataProducts", {"name": name, "description": "As it was made.", "domains": [domain], "owners": list(owners)})


def rename(om, product: dict, name: str) -> dict:
    return om.patch(f"/dataProducts/{product['id']}", [{"op": "replace", "path": "/name", "value": name}])


def description(om, product: dict) -> str:
    return om.get(f"/dataProducts/{product['id']}")["description"]


def is_shown(typed: dict, page) -> bool:
    return all(line in page.text for text in typed.values() for line in text.split("\n"))


@pytest.mark.parametrize("what", FORMS)
@pytest.mark.parametrize("who", ["administrator", "owner"])
def test_another_record_of_the_name_is_left_as_it_is(om, bobsled, browser, owner, somebody, domain, fresh_name, who, what):
    name, (owning, ref) = fresh_name("Twin"), owner
    reader = browser if who == "administrator" else owning
    old = make(om, domain, name, ref)
    query, below, typed = FORMS[what]
    reader.visit(at(old) + query)
    om.delete(f"/dataProducts/{old['id']}")
    new = make(om, domain, name, ref)
    users = bobsled.get(f"/data-products/{new['id']}/users")["users"]
    page = reader.send(at(new) + below, expect=409, **typed)
    assert ANOTHER in page.text and at(new) in page.links and is_shown(typed, page)
    assert who != "administrator" or f"was deleted: {old['fullyQualifiedName']}" in page.text
    assert description(om, new) == "As it was made."
    assert bobsled.get(f"/data-products/{new['id']}/users")["users"] == users


@pytest.mark.parametrize("is_followed", [False, True], ids=["alone", "followed by another of its old name"])
@pytest.mark.parametrize("what", ["description", "role"])
def test_what_was_renamed_gets_what_was_typed_for_it(om, bobsled, owner, somebody, domain, fresh_name, what, is_followed):
    (owning, ref), name, later = owner, fresh_name("Before"), fresh_name("After")
    old = make(om, domain, name, ref)
    query, below, typed = FORMS[what]
    owning.visit(at(old) + query)
    renamed = rename(om, old, later)
    new = make(om, domain, name, ref) if is_followed else None
    page = owning.send(at(old) + below, expect=409 if is_followed else 404, **typed)
    assert (ANOTHER in page.text) == is_followed
    assert f"is now called {renamed['fullyQualifiedName']}" in page.text and is_shown(typed, page) and at(renamed) in page.links
    assert description(om, old) == "As it was made.", "it is sent there by a step of its own"
    owning.send(at(renamed) + below)
    assert owning.path == at(renamed)
    if what == "description":
        assert description(om, old) == TYPED and (new is None or description(om, new) == "As it was made.")
    else:
        roles = {user["name"]: user["role"] for user in bobsled.get(f"/data-products/{old['id']}/users")["users"]}
        assert roles["somebody"] == "viewer"


def test_what_was_typed_for_a_deleted_record_can_be_copied(om, browser, owner, domain, fresh_name):
    owning, ref = owner
    for reader in (browser, owning):
        old = make(om, domain, fresh_name("Gone"), ref)
        reader.visit(at(old) + "?edit=description")
        om.delete(f"/dataProducts/{old['id']}")
        page = reader.send(at(old), expect=404, description=TYPED)
        assert "What you sent" in page.text and is_shown({"description": TYPED}, page)
        assert old["id"] not in page.text and not [form for form in page.forms if form["action"].startswith("/products")]


def test_who_lost_the_right_keeps_what_he_typed_and_learns_whom_to_ask(server, om, owner, somebody, domain, fresh_name):
    owning, ref = owner
    other = reference(om.get(f"/users/name/{somebody.name}"), "user")
    product = make(om, domain, fresh_name("Lost"), ref)
    owning.visit(at(product) + "?edit=description")
    om.patch(f"/dataProducts/{product['id']}", [{"op": "replace", "path": "/owners", "value": [other]}])
    page = owning.send(at(product), expect=403, description=TYPED)
    assert "Whom to ask" in page.text and somebody.name in page.text and is_shown({"description": TYPED}, page)
    assert description(om, product) == "As it was made."


def test_the_new_name_of_what_is_closed_by_now_is_told_to_nobody(server, om, browser, domain, fresh_name):
    stranger, _ = person(server, om, fresh_name("asking"))
    product = make(om, domain, fresh_name("Open"))
    later = fresh_name("Closed")
    renamed = rename(om, product, later)
    browser.visit(at(renamed) + "?edit=visibility")
    browser.send_sure(at(renamed), visibility="granted")
    stranger.visit(at(renamed), expect=404)
    token = stranger.visit("/logout").form("/logout")["fields"]["token"]
    here = {"Origin": stranger.base, "Sec-Fetch-Site": "same-origin"}
    sent = {"token": token, "of": product["id"], "edit": "access", "wants": "viewer", "reason": "To read it."}
    page = stranger.ask("POST", at(product), data=sent, headers=here)
    assert page.status == 404 and "To read it." in page.text
    assert later not in page.source and "deleted:" not in page.text


def test_an_address_by_id_takes_the_form_of_its_record(om, browser, domain, fresh_name):
    product = make(om, domain, fresh_name("By id"))
    fields = browser.visit(at(product) + "?edit=description").form(at(product))["fields"]
    assert fields["of"] == product["id"]
    here = {"Origin": browser.base, "Sec-Fetch-Site": "same-origin"}
    page = browser.ask("POST", f"/products/{product['id']}", data=fields | {"description": "Sent to the id."}, headers=here)
    assert page.status == 200 and description(om, product) == "Sent to the id."
    for of, status in (("", 400), ("x", 400), (str(uuid.uuid4()), 409)):
        page = browser.ask("POST", at(product), data=fields | {"of": of, "description": TYPED}, headers=here)
        assert page.status == status and is_shown({"description": TYPED}, page), (of, page.status)
    assert description(om, product) == "Sent to the id."


def test_neither_secrets_nor_what_another_site_sends_is_shown(browser):
    token = browser.visit("/logout").form("/logout")["fields"]["token"]
    sent = {"token": token, "of": str(uuid.uuid4()), "do": "replace", "host": "db.invalid", "password": "s3cret-typed"}
    here = {"Origin": browser.base, "Sec-Fetch-Site": "same-origin"}
    page = browser.ask("POST", "/services/no-such-service/connection", data=sent, headers=here)
    assert page.status == 404 and "db.invalid" in page.text and "s3cret-typed" not in page.source
    assert "You also typed a password or another secret. Secrets are not kept: open the form and type it again" in page.text
    for headers in ({"Origin": "https://evil.example"}, here | {"Sec-Fetch-Site": "cross-site"}):
        page = browser.ask("POST", "/services/no-such-service/connection", data=sent, headers=headers)
        assert page.status == 403 and "db.invalid" not in page.source

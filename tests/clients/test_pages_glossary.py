"""Glossaries and terms on pages: deleted, with what bears them said before, brought back, and moved."""

import pytest

from openmetadata_door import OpenMetadataDoor, label
from pages_browser import Visitor, chromium  # noqa: F401
from pages_door import Browser


@pytest.fixture(scope="module")
def browser(server, admin) -> Browser:
    return Browser(server).sign_in(admin)


@pytest.fixture
def words(om, fresh_name) -> dict[str, dict]:
    """Two glossaries: `one` with `a` and `a.b`, `two` with `x`."""
    made = {name: om.post("/glossaries", {"name": fresh_name(name), "description": name}) for name in ("one", "two")}
    for name, glossary, parent in (("a", "one", None), ("b", "one", "a"), ("x", "two", None)):
        body = {"name": name, "description": name, "glossary": made[glossary]["fullyQualifiedName"]}
        made[name] = om.post("/glossaryTerms", body | ({"parent": made[parent]["fullyQualifiedName"]} if parent else {}))
    return made


def at(entity: dict) -> str:
    folder = "terms" if "glossary" in entity else "glossary"
    return f"/{folder}/{entity['fullyQualifiedName']}"


def name_of(om, term: dict) -> str:
    return om.get(f"/glossaryTerms/{term['id']}")["fullyQualifiedName"]


def borne_by(om, table: dict) -> list[str]:
    return [one["tagFQN"] for one in om.get(f"/tables/{table['id']}", fields="tags").get("tags", [])]


def test_a_term_is_deleted_and_comes_back_as_openmetadata_has_it(browser, om, words, make_table):
    table = make_table()
    om.patch(f"/tables/{table['id']}", [{"op": "add", "path": "/tags", "value": [label(words["b"]["fullyQualifiedName"], "Glossary")]}])
    page = browser.visit(at(words["a"]))
    assert f"{at(words['a'])}?edit=delete" in page.links
    page = browser.visit(f"{at(words['a'])}?edit=delete")
    assert "1 term" in page.text and "It is set once, with the terms below it. All of these lose it, also if it is restored." in page.text
    assert any(link.startswith("/search?") for link in page.links), "what bears it can be looked at"
    browser.send(at(words["a"]))
    assert browser.path == at(words["one"]) and browser.query() == {"done": "deleted"}
    assert om.call("GET", f"/glossaryTerms/{words['b']['id']}").status_code == 404 and borne_by(om, table) == []
    assert om.get(f"/glossaryTerms/{words['a']['id']}?include=deleted")["deleted"] is True
    # By a client, as it deletes them, and on the page.
    om.call("PUT", "/glossaryTerms/restore", {"id": words["a"]["id"]}, expect=200)
    assert name_of(om, words["b"]) and borne_by(om, table) == [], "as it says: what bore it has lost it"
    browser.visit(f"{at(words['one'])}?edit=delete")
    browser.send(at(words["one"]))
    assert browser.path == "/glossary" and om.call("GET", f"/glossaryTerms/{words['b']['id']}").status_code == 404
    link = f"/admin/deleted?restore={words['one']['id']}"
    page = browser.visit(link)
    assert "2 terms" in page.text and "Nothing that you may see has it." in page.text
    browser.send("/admin/deleted")
    assert browser.path == at(words["one"]) and name_of(om, words["b"]) == words["b"]["fullyQualifiedName"]


def test_who_makes_a_term_of_a_deleted_ones_name_is_told_that_and_led_to_it(server, browser, om, words, fresh_name):
    owner, glossary = server.new_user(fresh_name("owner")), words["one"]["name"]
    om.patch(f"/glossaries/{words['one']['id']}", [{"op": "add", "path": "/owners", "value": [{"id": owner.id, "type": "user"}]}])
    om.delete(f"/glossaryTerms/{words['b']['id']}")
    own = Browser(server).sign_in(owner)
    for who, place in ((browser, "/admin/deleted"), (own, "/deleted")):
        who.visit(f"/glossary?edit=term&glossary={glossary}.a")
        page = who.send("/glossary", 409, name="b", description="again")
        assert f"A deleted one still has the name {glossary}.a.b" in " ".join(page.roles["alert"])
        assert page.form("/glossary")["fields"]["name"] == "b"
        [link] = [link for link in page.links if "restore=" in link]
        assert link == f"{place}?restore={words['b']['id']}"
    body = {"name": "b", "description": "again", "glossary": glossary, "parent": f"{glossary}.a"}
    # Where one is moved to its place, and where one is renamed, too.
    om.post("/glossaryTerms", {"name": "b", "description": "another", "glossary": glossary})
    browser.visit(f"/terms/{glossary}.b?edit=move")
    page = browser.send(f"/terms/{glossary}.b", 409, to=f"{glossary}.a")
    assert "A deleted one still has the name" in " ".join(page.roles["alert"]) and f"/admin/deleted?restore={words['b']['id']}" in page.links
    om.post("/glossaryTerms", {"name": "c", "description": "another", "glossary": glossary, "parent": f"{glossary}.a"})
    browser.visit(f"/terms/{glossary}.a.c?edit=name")
    page = browser.send(f"/terms/{glossary}.a.c", 409, name="b")
    assert f"/admin/deleted?restore={words['b']['id']}" in page.links
    # Clients take what follows the colon as the full name.
    said = om.call("POST", "/glossaryTerms", body, expect=409).json()
    assert said["message"] == f"Entity already exists: {glossary}.a.b" and said["hint"].startswith("It is deleted")
    own.visit(link)
    own.send("/deleted")
    assert name_of(om, words["b"]) == f"{glossary}.a.b"
    # Deleted for ever it frees the name; of one that is there it is said that it is.
    assert "hint" not in om.call("POST", "/glossaryTerms", body, expect=409).json()
    om.call("DELETE", f"/glossaryTerms/{words['b']['id']}?hardDelete=true")
    browser.visit(f"/glossary?edit=term&glossary={glossary}.a")
    browser.send("/glossary", name="b", description="again")
    assert browser.path == f"/terms/{glossary}.a.b"


def test_terms_that_nobody_was_shown_are_not_deleted(browser, om, words):
    browser.visit(f"{at(words['one'])}?edit=delete")
    om.post("/glossaryTerms", {"name": "later", "description": "l", "glossary": words["one"]["name"]})
    page = browser.send(at(words["one"]), 409)
    assert page.roles["alert"] and "3 terms" in page.text and name_of(om, words["b"])


def test_a_term_moves_below_another_and_into_another_glossary(browser, om, words, make_table):
    table, one, two = make_table(), words["one"]["name"], words["two"]["name"]
    om.patch(f"/tables/{table['id']}", [{"op": "add", "path": "/tags", "value": [label(words["b"]["fullyQualifiedName"], "Glossary")]}])
    form = f"{at(words['a'])}?edit=move"
    assert form in browser.visit(at(words["a"])).links
    page = browser.visit(form)
    assert f"It stands in {one}" in page.text and f'value="{two}.x"' in page.source
    browser.send(at(words["a"]), to=f"{two}.x")
    assert browser.path == f"/terms/{two}.x.a" and name_of(om, words["b"]) == f"{two}.x.a.b"
    assert borne_by(om, table) == [f"{two}.x.a.b"], "what bears it follows"
    browser.visit(f"{browser.path}?edit=move")
    browser.send(browser.path, to=one)
    assert browser.path == f"/terms/{one}.a"
    # Not below itself, not to where nothing is, and not over what somebody has changed meanwhile.
    for wrong in (f"{one}.a", f"{one}.a.b", "no such thing"):
        browser.visit(f"/terms/{one}.a?edit=move")
        page = browser.send(f"/terms/{one}.a", 400, to=wrong)
        assert page.roles["alert"] and page.form(f"/terms/{one}.a")["fields"]["to"] == wrong, wrong
    browser.visit(f"/terms/{one}.a?edit=move")
    om.patch(f"/glossaryTerms/{words['a']['id']}", [{"op": "add", "path": "/description", "value": "theirs"}])
    assert browser.send(f"/terms/{one}.a", 409, to=two).roles["alert"]
    assert name_of(om, words["a"]) == f"{one}.a"


def test_what_a_move_gives_and_takes_is_said_before_it_is_saved(server, browser, om, words, fresh_name):
    before, after, own = (server.new_user(fresh_name(name)) for name in ("before", "after", "own"))
    of = lambda *people: [{"id": one.id, "type": "user"} for one in people]  # noqa: E731
    one, two = words["one"]["name"], words["two"]["name"]
    for glossary, who in (("one", before), ("two", after)):
        changes = [{"op": "add", "path": f"/{field}", "value": of(who)} for field in ("owners", "reviewers")]
        om.patch(f"/glossaries/{words[glossary]['id']}", changes)
    form = f"{at(words['a'])}?edit=move"
    browser.visit(form)
    page = browser.send(at(words["a"]), to=two)
    said = page.text.split("What changes with the place")[1]
    assert f"No longer owned by {before.name}" in said and f"Then owned by {after.name}" in said
    assert f"No longer reviewed by {before.name}" in said and f"Then reviewed by {after.name}" in said
    assert "The same goes for 1 term below it" in said and name_of(om, words["a"]) == f"{one}.a", "asked is not moved"
    # To another place than the one that was told of, it is told anew.
    page = browser.send(at(words["a"]), to=f"{two}.x")
    assert "Then owned by" in page.text and name_of(om, words["a"]) == f"{one}.a"
    # Who comes meanwhile was not told.
    om.patch(f"/glossaries/{words['two']['id']}", [{"op": "add", "path": "/owners/0", "value": of(own)[0]}])
    page = browser.send(at(words["a"]), to=f"{two}.x")
    assert own.name in page.text.split("What changes with the place")[1]
    browser.send(at(words["a"]), to=f"{two}.x")
    assert browser.path == f"/terms/{two}.x.a" and name_of(om, words["b"]) == f"{two}.x.a.b"
    # What has its own, and a place that gives the same, says nothing.
    om.patch(f"/glossaryTerms/{words['a']['id']}", [{"op": "add", "path": f"/{field}", "value": of(own)} for field in ("owners", "reviewers")])
    browser.visit(f"{browser.path}?edit=move")
    browser.send(browser.path, to=one)
    assert browser.path == f"/terms/{one}.a"


def test_who_may_not_is_told_who_can(server, om, words, other_account, fresh_name):
    plain = Browser(server).sign_in(server.new_user(fresh_name("plain")))
    for entity in (words["one"], words["a"]):
        page = plain.visit(at(entity))
        assert "Who may change this?" in page.text and not any("edit=" in link for link in page.links)
        assert "Whom to ask" in plain.visit(f"{at(entity)}?edit=delete", 403).text
    plain.visit(f"{at(words['a'])}?edit=move", 403)
    # Who answers for one glossary moves nothing into another.
    keeper = server.new_user(fresh_name("keeper"))
    om.patch(f"/glossaries/{words['one']['id']}", [{"op": "add", "path": "/owners", "value": [{"id": keeper.id, "type": "user"}]}])
    theirs = Browser(server).sign_in(keeper)
    theirs.visit(f"{at(words['a'])}?edit=move")
    page = theirs.send(at(words["a"]), 403, to=words["two"]["name"])
    assert page.roles["alert"] and name_of(om, words["a"]) == words["a"]["fullyQualifiedName"]
    theirs.visit(f"{at(words['b'])}?edit=move")
    theirs.send(at(words["b"]), to=words["one"]["name"])
    assert name_of(om, words["b"]) == f"{words['one']['name']}.b"
    theirs.visit(f"{at(words['one'])}?edit=delete")
    theirs.send(at(words["one"]))
    assert om.call("GET", f"/glossaries/{words['one']['id']}").status_code == 404
    foreign = Browser(server).show_token(other_account)
    for asked in ("delete", "move"):
        foreign.visit(f"{at(words['x'])}?edit={asked}", 404)
    assert OpenMetadataDoor(server, other_account.token).call("GET", f"/glossaries/{words['two']['id']}").status_code == 404


def test_moving_and_deleting_in_a_browser(chromium, server, words):  # noqa: F811
    with Visitor(chromium, server, server.admin) as visitor:
        for asked in ("move", "delete"):
            visitor.open(f"{at(words['a'])}?edit={asked}")
            visitor.look(f"a term to {asked}")

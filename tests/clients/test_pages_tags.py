"""Classifications and tags on pages: made, changed, taken out of use, renamed and deleted, with what it touches said before."""

from urllib.parse import quote

import pytest

from openmetadata_door import OpenMetadataDoor
from pages_browser import Visitor, chromium, chromium_program  # noqa: F401
from pages_door import Browser, by_mail

AT = "/classifications"


def at(fqn: str) -> str:
    return f"{AT}/{quote(fqn, safe='')}"


def label(fqn: str) -> dict:
    return {"tagFQN": fqn, "source": "Classification", "labelType": "Manual", "state": "Confirmed"}


@pytest.fixture
def made(browser, om, fresh_name) -> tuple[str, str]:
    """A classification with a tag, both made on pages; their full names."""
    name = fresh_name("Sorts")
    browser.visit(f"{AT}?edit=classification")
    assert browser.send(AT, 400, name=name).roles["alert"], "it needs a description"
    browser.send(AT, name=name, description="How data is sorted.")
    assert browser.query() == {"done": "created"} and browser.path == at(name)
    offer = next(link for link in browser.page.links if "edit=tag" in link)
    assert browser.visit(offer).form(AT)["fields"]["classification"] == name
    browser.send(AT, name="Cold", description="Seldom read.")
    assert browser.path == at(f"{name}.Cold")
    return name, f"{name}.Cold"


def test_tags_are_made_and_changed_on_pages(server, browser, om, made, make_table):
    name, tag = made
    stored = om.get(f"/classifications/name/{name}", fields="owners")
    assert stored["description"] == "How data is sorted." and [one["name"] for one in stored["owners"]] == [server.admin.name]
    assert name in browser.visit(AT).text and "Tags" in browser.visit("/glossary").text
    table = make_table()
    om.patch(f"/tables/{table['id']}", [{"op": "add", "path": "/tags", "value": [label(tag)]}])
    page = browser.visit(at(name))
    assert "used once" in page.text and at(tag) in page.links and "Cold" in page.text
    assert any(link.startswith("/search?q=tag") for link in browser.visit(at(tag)).links), "what bears it is one step away"

    browser.visit(f"{at(name)}?edit=exclusive")
    browser.send(at(name), exclusive="yes")
    assert om.get(f"/classifications/name/{name}")["mutuallyExclusive"] is True and "only one at a time" in browser.page.text
    browser.visit(f"{at(name)}?edit=exclusive")
    assert browser.send(at(name), 400, exclusive="perhaps").roles["alert"]
    browser.visit(f"{at(tag)}?edit=in_use")
    browser.send(at(tag), in_use="no")
    assert om.get(f"/tags/name/{tag}")["disabled"] is True and "not in use" in browser.page.text
    other = make_table()
    om.patch(f"/tables/{other['id']}", [{"op": "add", "path": "/tags", "value": [label(tag)]}], expect=400)
    browser.visit(f"{at(tag)}?edit=in_use")
    browser.send(at(tag), in_use="yes")
    assert not om.get(f"/tags/name/{tag}").get("disabled", False)

    browser.visit(f"{at(name)}?edit=name")
    assert browser.send(at(name), 400, name=" ").roles["alert"]
    renamed = f"{name}Anew"
    browser.visit(f"{at(name)}?edit=name")
    browser.send(at(name), name=renamed)
    assert browser.path == at(renamed)
    assert [one["tagFQN"] for one in om.get(f"/tables/{table['id']}", fields="tags")["tags"]] == [f"{renamed}.Cold"], "what bears it follows"


def test_a_tag_is_found_by_the_name_of_the_place(server, browser, made, other_account, fresh_name):
    name, tag = made
    for of in (tag, name):
        page = browser.visit(f"/tags/{of}")
        assert page.status == 200 and browser.path == at(of)
    browser.visit("/tags/Tier.Tier1")
    assert browser.path == at("Tier.Tier1")
    browser.visit(f"/tags/{name}.Nothing", 404)
    # Administration leads there, and to how the server is set up.
    links = browser.visit("/admin/users").links
    assert AT in links and "/admin/settings" in links
    assert "Tags" in browser.page.text and "Settings" in browser.page.text
    # Of another account's there is nothing.
    elsewhere = Browser(server).sign_in(by_mail(other_account, "elsewhere"))
    assert elsewhere.visit(f"/tags/{tag}", 404).status == 404


def test_what_a_deletion_touches_is_said_before(browser, om, made, make_table, fresh_name):
    name, tag = made
    table = make_table()
    om.patch(f"/tables/{table['id']}", [{"op": "add", "path": "/tags", "value": [label(tag)]}])
    policy = fresh_name("Cool")
    rules = [{"name": "r", "effect": "deny", "operations": ["EditTags"], "resources": ["table"], "condition": f"matchAnyTag('{tag}')"}]
    om.post("/policies", {"name": policy, "rules": rules})
    page = browser.visit(f"{at(name)}?edit=delete")
    assert "1 tag" in page.text and "It is set once" in page.text and policy in page.text
    assert om.call("GET", f"/tags/name/{tag}").status_code == 200, "a look deletes nothing"
    # Somebody changes it meanwhile.
    classification = om.get(f"/classifications/name/{name}")
    om.patch(f"/classifications/{classification['id']}", [{"op": "add", "path": "/description", "value": "theirs"}])
    assert browser.send(at(name), 409).roles["alert"]
    browser.visit(f"{at(name)}?edit=delete")
    browser.send(at(name))
    assert browser.path == AT and browser.query() == {"done": "deleted"}
    assert om.call("GET", f"/tags/name/{tag}").status_code == 404
    assert om.get(f"/tables/{table['id']}", fields="tags").get("tags", []) == []
    browser.visit(f"{AT}?edit=classification")
    browser.send(AT, name=name, description="Another one.")
    assert "no tag" in browser.page.text, "its name is free, and nothing came back"


def test_what_came_with_the_catalogue_stays(browser, om, fresh_name):
    # A policy names it: it is refused all the same, before anybody is asked about the policy.
    rules = [{"name": "r", "effect": "deny", "operations": ["EditTags"], "resources": ["table"], "condition": "matchAnyTag('PII.Sensitive')"}]
    om.post("/policies", {"name": fresh_name("Names"), "rules": rules})
    for fqn, path in (("PII", "/classifications/name/PII"), ("PII.Sensitive", "/tags/name/PII.Sensitive")):
        page = browser.visit(at(fqn))
        assert "part of the catalogue" in page.text
        assert not any("edit=name" in link or "edit=delete" in link for link in page.links)
        page = browser.visit(f"{at(fqn)}?edit=delete")
        assert "is not deleted" in page.text and not any(form["action"] == at(fqn) for form in page.forms)
        record = om.get(path)
        body = {"of": record["id"], "revision": "1", "token": browser.visit("/logout").form("/logout")["fields"]["token"]}
        here = {"Origin": browser.base, "Sec-Fetch-Site": "same-origin"}
        for more in ({"edit": "delete"}, {"edit": "name", "name": "Other"}):
            answer = browser.ask("POST", at(fqn), data=body | more, headers=here)
            assert answer.status == 409, (fqn, more, answer.status)
        assert om.get(path)["name"] == record["name"]


def test_what_came_with_the_catalogue_keeps_its_name_in_the_one_form_too(server, browser, om, fresh_name):
    who = steward(server, om, fresh_name)
    theirs, before = Browser(server).sign_in(who), om.get("/classifications/name/PII")
    for somebody, sent, said in ((browser, {"name": "Other"}, "Name"), (theirs, {"in_use": "no"}, "In use")):
        somebody.visit(f"{at('PII')}?edit=details")
        page = somebody.send(at("PII"), 403, description="By hand.", **sent)
        assert f"{said}: You may not change this" in page.text and "By hand." in page.form(at("PII"))["fields"]["description"]
    assert om.get("/classifications/name/PII") == before


def test_who_may_not_change_tags_is_told_who_can(server, om, made, other_account, fresh_name):
    name, tag = made
    plain = Browser(server).sign_in(server.new_user(fresh_name("plain")))
    for fqn in (name, tag):
        page = plain.visit(at(fqn))
        assert "Who may change this?" in page.text and not any("edit=" in link for link in page.links)
    assert f'href="/people/{server.admin.name}"' in plain.visit(at(name)).source.split("Who may change this?")[1].split("</details>")[0]
    assert "Who may add one?" in plain.visit(AT).text
    for asked in (f"{AT}?edit=classification", f"{AT}?edit=tag&classification={name}", f"{at(name)}?edit=delete", f"{at(name)}?edit=name"):
        page = plain.visit(asked, 403)
        assert f'href="/people/{server.admin.name}"' in page.source.split("Whom to ask")[1], asked
        assert not [form for form in page.forms if form["action"].startswith(AT)]
    # An owner through a team changes it and deletes it.
    owner, team = server.new_user(fresh_name("of-team")), fresh_name("Keepers")
    team = om.post("/teams", {"name": team, "teamType": "Group", "users": [owner.id]})
    record = om.get(f"/classifications/name/{name}")
    om.patch(f"/classifications/{record['id']}", [{"op": "add", "path": "/owners", "value": [{"id": team["id"], "type": "team"}]}])
    theirs = Browser(server).sign_in(owner)
    theirs.visit(f"{at(name)}?edit=in_use")
    theirs.send(at(name), in_use="no")
    assert om.get(f"/classifications/{record['id']}")["disabled"] is True
    assert any("edit=delete" in link for link in theirs.visit(at(name)).links)
    # The administrator of another account finds none of it.
    foreign = Browser(server).show_token(other_account)
    foreign.visit(at(name), 404)
    assert name not in foreign.visit(AT).text
    assert OpenMetadataDoor(server, other_account.token).call("GET", f"/classifications/name/{name}").status_code == 404


def test_tags_that_nobody_was_shown_are_not_deleted(browser, om, made, make_table):
    name, tag = made
    browser.visit(f"{at(name)}?edit=delete")
    om.post("/tags", {"name": "Later", "classification": name, "description": "d"})
    page = browser.send(at(name), 409)
    assert page.roles["alert"] and "2 tags" in page.text
    table = make_table()
    om.patch(f"/tables/{table['id']}", [{"op": "add", "path": "/tags", "value": [label(f"{name}.Later")]}])
    assert "It is set once" in browser.send(at(name), 409).text, "nor are labels"
    assert om.call("GET", f"/tags/name/{name}.Later").status_code == 200
    browser.send(at(name))
    assert browser.path == AT and om.call("GET", f"/tags/name/{name}.Later").status_code == 404


def steward(server, om, fresh_name):
    who = server.new_user(fresh_name("steward"))
    role = om.get("/roles/name/DataSteward")
    om.patch(f"/users/{who.id}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    return who


@pytest.mark.parametrize("quote_mark", ["'", '"'])
def test_nobody_lifts_a_denial_by_renaming_or_deleting_what_it_names(server, browser, om, made, fresh_name, quote_mark):
    name, tag = made
    policy = fresh_name("Cool")
    condition = f"matchAnyTag({quote_mark}{tag}{quote_mark})"
    rules = [{"name": "r", "effect": "deny", "operations": ["EditTags"], "resources": ["table"], "condition": condition}]
    om.post("/policies", {"name": policy, "rules": rules})
    assert policy in browser.visit(f"{at(name)}?edit=delete").text
    who = steward(server, om, fresh_name)
    door = OpenMetadataDoor(server, who.token)
    owner = server.new_user(fresh_name("owner"))
    classification, record = om.get(f"/classifications/name/{name}"), om.get(f"/tags/name/{tag}")
    om.patch(f"/classifications/{classification['id']}", [{"op": "add", "path": "/owners", "value": [{"id": owner.id, "type": "user"}]}])
    rename, patch = [{"op": "replace", "path": "/name", "value": "Harmless"}], {"Content-Type": "application/json-patch+json"}
    for path in (f"/tags/{record['id']}", f"/classifications/{classification['id']}"):
        refused = door.call("PATCH", path, rename, headers=patch, expect=403)
        assert "policy's condition" in refused.text and policy not in refused.text
        assert OpenMetadataDoor(server, owner.token).call("DELETE", path, params={"recursive": "true"}).status_code == 403
    theirs = Browser(server).sign_in(owner)
    theirs.visit(f"{at(name)}?edit=delete")
    page = theirs.send(at(name), 403)
    assert f'href="/people/{server.admin.name}"' in page.source and f'href="/people/{owner.name}"' not in page.source.split("Whom to ask")[1]
    # Nor is the field offered to who would be refused: what he may change, he still may.
    for somebody in (theirs, Browser(server).sign_in(who)):
        fields = somebody.visit(f"{at(name)}?edit=details").form(at(name))["fields"]
        assert "description" in fields and "name" not in fields
        assert "A policy names this in a condition" in somebody.page.text and "aria-invalid" not in somebody.page.source
        somebody.visit(f"{at(name)}?edit=name", 403)
        # Nor does a form take it that was sent by hand: nothing is written, and what he may change stays typed.
        somebody.visit(f"{at(name)}?edit=details")
        page = somebody.send(at(name), 403, name="Harmless", description="By hand.")
        assert "Name: You may not change this" in page.text and page.form(at(name))["fields"]["description"] == "By hand."
        assert om.get(f"/classifications/{classification['id']}")["description"] == classification["description"]
    assert "name" in browser.visit(f"{at(name)}?edit=details").form(at(name))["fields"]
    describe = [{"op": "add", "path": "/description", "value": "Told anew."}]
    assert door.call("PATCH", f"/tags/{record['id']}", describe, headers=patch).status_code == 200, "the rest is as it was"
    browser.visit(f"{at(tag)}?edit=name")
    page = browser.send(at(tag), name="Lukewarm")
    assert "names it in a condition" in " ".join(page.roles["alert"]), "he is told first"
    assert "What will be removed" not in page.text and "What no longer means it" in page.text, "nothing is removed by that"
    assert "Nothing is saved yet" in page.text and om.get(f"/tags/name/{tag}")["name"] == tag.split(".")[-1]
    browser.send(at(tag))
    assert browser.path == at(f"{name}.Lukewarm"), "who may change the policy renames it"
    assert door.call("PATCH", f"/tags/{record['id']}", rename, headers=patch).status_code == 200, "no condition names it now"


def test_terms_that_a_condition_names_are_guarded_as_tags_are(server, om, fresh_name):
    domain = om.post("/domains", {"name": fresh_name("Guarded"), "domainType": "Aggregate", "description": "d"})
    glossary = om.post("/glossaries", {"name": fresh_name("Words"), "description": "d", "displayName": "Words"})
    term = om.post("/glossaryTerms", {"name": "Secret", "glossary": glossary["fullyQualifiedName"], "description": "d"})
    free = om.post("/glossaryTerms", {"name": "Free", "glossary": glossary["fullyQualifiedName"], "description": "d"})
    condition = f"matchAnyTag('{term['fullyQualifiedName']}')"
    rules = [{"name": "r", "effect": "deny", "operations": ["EditTags"], "resources": ["table"], "condition": condition}]
    om.post("/policies", {"name": fresh_name("Cool"), "rules": rules})
    who, owner = steward(server, om, fresh_name), server.new_user(fresh_name("owner"))
    for path, one in (("glossaries", glossary), ("glossaryTerms", term), ("domains", domain)):
        om.patch(f"/{path}/{one['id']}", [{"op": "add", "path": "/owners", "value": [{"id": owner.id, "type": "user"}]}])
    rename, patch = [{"op": "replace", "path": "/name", "value": "Harmless"}], {"Content-Type": "application/json-patch+json"}
    for each in (who, owner):
        door = OpenMetadataDoor(server, each.token)
        for path in (f"/glossaryTerms/{term['id']}", f"/glossaries/{glossary['id']}"):
            refused = door.call("PATCH", path, rename, headers=patch, expect=403)
            assert "policy's condition" in refused.text
            for hard in ("false", "true"):
                refused = door.call("DELETE", path, params={"recursive": "true", "hardDelete": hard}, expect=403)
                # A steward deletes none as it is.
                assert each is who or "policy's condition" in refused.text
        assert door.call("PATCH", f"/glossaryTerms/{term['id']}", [{"op": "add", "path": "/description", "value": "anew"}], headers=patch).status_code == 200
    door = OpenMetadataDoor(server, who.token)
    assert door.call("PATCH", f"/glossaryTerms/{free['id']}", rename, headers=patch).status_code == 200, "no condition names it"
    other = [{"op": "replace", "path": "/name", "value": "Plain"}]
    assert om.patch(f"/glossaryTerms/{term['id']}", other)["name"] == "Plain", "who may change the policy renames it"
    door = OpenMetadataDoor(server, owner.token)
    assert door.call("DELETE", f"/glossaryTerms/{term['id']}").status_code == 200, "no condition names it now"


def test_what_was_deleted_is_brought_back_on_a_page(server, browser, om, made, make_table, fresh_name, chromium):  # noqa: F811
    name, tag = made
    table = make_table()
    om.patch(f"/tables/{table['id']}", [{"op": "add", "path": "/tags", "value": [label(tag)]}])
    browser.visit(f"{at(name)}?edit=delete")
    browser.send(at(name))
    assert om.call("GET", f"/tags/name/{tag}").status_code == 404
    page = browser.visit("/admin/deleted")
    rows = [link for link in page.links if "restore=" in link]
    assert name in page.text and rows
    ids = {link: browser.visit(link).text for link in rows}
    link = next(link for link, text in ids.items() if f"{name}, with its description" in text)
    # Others neither see what was deleted nor bring it back.
    fields = browser.visit(link).form("/admin/deleted")["fields"]
    for other in (steward(server, om, fresh_name), server.new_user(fresh_name("other"))):
        theirs = Browser(server).sign_in(other)
        theirs.visit("/admin/deleted", 403)
        theirs.visit(link, 403)
        token = theirs.visit("/logout").form("/logout")["fields"]["token"]
        sent = {**fields, "token": token}
        answer = theirs.ask("POST", "/admin/deleted", data=sent, headers={"Origin": server.url, "Sec-Fetch-Site": "same-origin"})
        assert answer.status == 403 and om.call("GET", f"/tags/name/{tag}").status_code == 404
    browser.visit(link)
    browser.send("/admin/deleted")
    assert browser.path == at(name) and browser.query()["done"] == "restored"
    assert om.call("GET", f"/tags/name/{tag}").status_code == 200, "with what stood below it"
    assert [one["tagFQN"] for one in om.get(f"/tables/{table['id']}?fields=tags")["tags"]] == [tag]
    browser.visit(link)
    assert browser.path == at(name), "what is there already is shown"
    # Who made another of its name meanwhile keeps it: that is said, and nothing is written.
    browser.visit(f"{at(name)}?edit=delete")
    browser.send(at(name))
    om.post("/classifications", {"name": name, "description": "another"})
    browser.visit(link)
    page = browser.send("/admin/deleted", 409)
    assert page.roles["alert"] and om.get(f"/classifications/name/{name}")["description"] == "another"
    with Visitor(chromium, server, server.admin) as visitor:
        visitor.open("/admin/deleted")
        visitor.look("what was deleted")
        visitor.open(link)
        visitor.look("what comes back")


def test_roles_and_policies_come_back_with_who_had_them(server, browser, om, fresh_name):
    who = server.new_user(fresh_name("holder"))
    rules = [{"name": "r", "effect": "allow", "operations": ["EditDescription"], "resources": ["dataProduct"]}]
    policy = om.post("/policies", {"name": fresh_name("Backed"), "rules": rules})
    role = om.post("/roles", {"name": fresh_name("Backed"), "policies": [policy["name"]]})
    om.patch(f"/users/{who.id}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    browser.visit(f"/admin/policies?ask=delete&role={role['name']}")
    browser.send("/admin/policies", do="delete")
    assert om.call("GET", f"/roles/{role['id']}").status_code == 404
    link = f"/admin/deleted?restore={role['id']}"
    page = browser.visit(link)
    assert who.name in page.text, "who has it again is said first"
    other = server.new_user(fresh_name("later"))
    browser.send("/admin/deleted")
    assert browser.query()["done"] == "restored"
    assert om.get(f"/users/{who.id}?fields=roles")["roles"][0]["id"] == role["id"] and not om.get(f"/users/{other.id}?fields=roles").get("roles")


def test_what_was_deleted_is_found_after_much_else_was_written(server, browser, om, fresh_name):
    """More than the pages of the log that were once looked at: the tables of a schema go and come back, a line for each."""
    rules = [{"name": "r", "effect": "allow", "operations": ["EditDescription"], "resources": ["dataProduct"]}]
    policy = om.post("/policies", {"name": fresh_name("Early"), "rules": rules})
    browser.visit(f"/admin/policies?ask=delete&policy={policy['name']}")
    browser.send("/admin/policies", do="delete")
    schema = om.get(f"/databaseSchemas/name/{om.schema(fresh_name('Much'))}")
    for part in range(10):
        tables = [{"name": f"t{part}_{n}", "columns": [], "databaseSchema": schema["fullyQualifiedName"]} for n in range(100)]
        om.call("PUT", "/tables/bulk", tables, expect=200)
    for _ in range(11):
        om.delete(f"/databaseSchemas/{schema['id']}", recursive="true")
        om.put("/databaseSchemas/restore", {"id": schema["id"]})
    link = f"/admin/deleted?restore={policy['id']}"
    assert link in on_all_pages(browser), "as long as it can be brought back"


def on_all_pages(browser, kind: str = "") -> list[str]:
    """Where what was deleted is asked about, from page to page."""
    page, links = browser.visit(f"/admin/deleted?kind={kind}"), []
    while True:
        links += [link for link in page.links if "restore=" in link]
        older = next((link for link in page.links if "before=" in link), None)
        if older is None:
            return links
        page = browser.visit(older)


def test_what_was_deleted_is_listed_page_by_page_without_what_went_along(server, browser, om, fresh_name):
    def made() -> tuple[dict, dict]:
        above = om.post("/classifications", {"name": fresh_name("Paged"), "description": "d"})
        return above, om.post("/tags", {"name": "A", "classification": above["name"], "description": "d"})

    before, all_made = set(on_all_pages(browser, "classification")), [made() for _ in range(55)]
    for above, _ in all_made:
        om.delete(f"/classifications/{above['id']}", recursive="true")
    links = on_all_pages(browser, "classification")
    found = [link for link in links if link not in before]
    assert found == [f"/admin/deleted?restore={above['id']}" for above, _ in reversed(all_made)], "newest first, each once"
    assert len(links) == len(set(links))
    browser.visit("/admin/deleted?before=nothing.such")


def test_before_a_label_is_brought_back_it_is_said_what_has_it_again(server, browser, om, made, make_table, fresh_name):  # noqa: F811
    name, tag = made
    table = make_table()
    om.patch(f"/tables/{table['id']}", [{"op": "add", "path": "/tags", "value": [label(tag)]}])
    rules = [{"name": "r", "effect": "allow", "operations": ["ViewSampleData"], "resources": ["table"],
              "condition": f"matchAnyTag('{tag}')"}]  # fmt: skip
    policy = om.post("/policies", {"name": fresh_name("Speaks"), "rules": rules})
    above = om.get(f"/classifications/name/{name}")
    browser.visit(f"{at(name)}?edit=delete")
    browser.send(at(name))
    page = browser.visit(f"/admin/deleted?restore={above['id']}")
    for words in ("1 tag", "It is set once, with the tags in it. All of these have it again.", policy["name"]):
        assert words in page.text
    # What speaks of it since was not shown.
    later = om.post("/policies", {"name": fresh_name("Later"), "rules": rules})
    page = browser.send("/admin/deleted", 409)
    assert page.roles["alert"] and later["name"] in page.text
    assert om.call("GET", f"/classifications/name/{name}").status_code == 404, "nothing is back"
    browser.send("/admin/deleted")
    assert om.get(f"/tags/name/{tag}")["fullyQualifiedName"] == tag
    for one in (policy, later):
        om.delete(f"/policies/{one['id']}", hardDelete="true")


def test_a_tag_in_what_is_deleted_leads_to_that(server, browser, om, made, chromium):  # noqa: F811
    name, tag = made
    above, below = om.get(f"/classifications/name/{name}"), om.get(f"/tags/name/{tag}")
    for fqn in (tag, name):
        browser.visit(f"{at(fqn)}?edit=delete")
        browser.send(at(fqn))
    page = browser.visit("/admin/deleted")
    assert f"/admin/deleted?restore={below['id']}" not in page.links, "it would only be refused"
    restoring = f"/admin/deleted?restore={above['id']}"
    assert page.links.count(restoring) == 2 and f"Restore {name}" in page.text
    page = browser.visit(f"/admin/deleted?restore={below['id']}")
    assert f"It stands in {name}, which is deleted as well." in page.text and restoring in page.links
    assert not [form for form in page.forms if form["action"] == "/admin/deleted"]
    with Visitor(chromium, server, server.admin) as visitor:
        for path in ("/admin/deleted", f"/admin/deleted?restore={below['id']}"):
            visitor.open(path)
            visitor.look("a tag in what is deleted")
    browser.visit(restoring)
    browser.send("/admin/deleted")
    assert om.call("GET", f"/tags/name/{tag}").status_code == 404, "it went before, by itself"
    browser.visit(f"/admin/deleted?restore={below['id']}")
    browser.send("/admin/deleted")
    assert om.get(f"/tags/name/{tag}")["id"] == below["id"]


def test_before_a_policy_comes_back_it_is_said_who_has_it_through_what(server, browser, om, fresh_name):
    who, other = server.new_user(fresh_name("through")), server.new_user(fresh_name("later"))
    rules = [{"name": "r", "effect": "allow", "operations": ["EditDescription"], "resources": ["all"]}]
    policy = om.post("/policies", {"name": fresh_name("Through"), "rules": rules})
    role = om.post("/roles", {"name": fresh_name("Through"), "policies": [policy["name"], "DataConsumerPolicy"]})
    team = om.post("/teams", {"name": fresh_name("Through"), "teamType": "Group", "policies": [policy["id"]]})
    give = [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}]
    om.patch(f"/users/{who.id}", give)
    browser.visit(f"/admin/policies?ask=delete&policy={policy['name']}")
    browser.send("/admin/policies", do="delete")
    page = browser.visit(f"/admin/deleted?restore={policy['id']}")
    for words in (role["name"], team["name"], "People and teams that have it through one of these roles: ", who.name):
        assert words in page.text
    assert "What restoring it changes" in page.text and other.name not in page.text
    # Somebody has it through the role since: that was not shown.
    om.patch(f"/users/{other.id}", give)
    page = browser.send("/admin/deleted", 409)
    assert page.roles["alert"] and other.name in page.text and om.call("GET", f"/policies/{policy['id']}").status_code == 404
    browser.send("/admin/deleted")
    assert browser.query()["done"] == "restored" and om.get(f"/policies/{policy['id']}")["name"] == policy["name"]


def test_administrators_say_whether_what_came_with_the_catalogue_is_in_use(server, om, fresh_name):
    who = steward(server, om, fresh_name)
    theirs, door = Browser(server).sign_in(who), OpenMetadataDoor(server, who.token)
    for fqn, path, field, form in (
        ("PII.Sensitive", "tags", "disabled", "in_use"), ("PII", "classifications", "disabled", "in_use"),
        ("PII", "classifications", "mutuallyExclusive", "exclusive"),
    ):  # fmt: skip
        record = om.get(f"/{path}/name/{fqn}")
        turned = [{"op": "add", "path": f"/{field}", "value": not record.get(field, False)}]
        door.call("PATCH", f"/{path}/{record['id']}", turned, headers={"Content-Type": "application/json-patch+json"}, expect=403)
        assert not any(f"edit={form}" in link for link in theirs.visit(at(fqn)).links)
        theirs.visit(f"{at(fqn)}?edit={form}", 403)
        assert om.get(f"/{path}/name/{fqn}").get(field, False) == record.get(field, False)


def test_tags_in_tags_go_by_what_all_of_them_stand_in(om, fresh_name, make_table):
    name = fresh_name("Deep")
    above = om.post("/classifications", {"name": name, "description": "d", "mutuallyExclusive": True})
    first = om.post("/tags", {"name": "A", "classification": name, "description": "d"})["fullyQualifiedName"]
    below = om.post("/tags", {"name": "B", "classification": name, "parent": first, "description": "d"})["fullyQualifiedName"]
    other = om.post("/tags", {"name": "C", "classification": name, "description": "d"})["fullyQualifiedName"]
    table = f"/tables/{make_table()['id']}"
    tags = lambda *fqns: [{"op": "add", "path": "/tags", "value": [label(fqn) for fqn in fqns]}]  # noqa: E731
    om.patch(table, tags(other, below), expect=400)
    om.patch(table, tags(below))
    om.patch(f"/classifications/{above['id']}", [{"op": "add", "path": "/disabled", "value": True}])
    om.patch(f"/tables/{make_table()['id']}", tags(below), expect=400)


def test_tags_in_a_browser(chromium, server, om, made):  # noqa: F811
    name, tag = made
    with Visitor(chromium, server, server.admin) as visitor:
        for path, what in ((AT, "classifications"), (at(name), "a classification"), (at(tag), "a tag"),
                           (f"{AT}?edit=tag", "a new tag"), (f"{at(name)}?edit=exclusive", "a switch"), (f"{at(name)}?edit=delete", "a tag that goes")):  # fmt: skip
            visitor.open(path)
            visitor.look(what)
        visitor.send("Delete")
        assert om.call("GET", f"/tags/name/{tag}").status_code == 404

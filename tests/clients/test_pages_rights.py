"""Rights on pages: policies rule by rule, with what it changes said before it is saved."""

from pages_door import Browser

RULE = {"rule-0": "describe", "effect-0": "allow", "operations-0": ["EditDescription"], "resources-0": ["table"]}
AT = "/admin/policies"


def test_what_is_wrong_with_a_rule_is_said_and_nothing_typed_is_lost(browser, om, fresh_name):
    name = fresh_name("Wrong")
    browser.visit(f"{AT}?policy=")
    wrong = RULE | {"condition-0": "isOwner( <b>"}
    page = browser.send(AT, 400, do="check", name=name, **wrong)
    assert "condition: is wrong" in " ".join(page.roles["alert"]), page.text
    assert page.form(AT)["fields"]["condition-0"] == "isOwner( <b>" and page.form(AT)["fields"]["name"] == name
    right = RULE | {"condition-0": ""}
    page = browser.send(AT, 400, do="save", name="", **right)
    assert page.roles["alert"]
    page = browser.send(AT, 400, do="check", **right | {"name": name, "who": "nobody-like-that", "kind": "table", "what": "x"})
    assert "No person that you may see is called" in " ".join(page.roles["alert"])
    assert om.call("GET", f"/policies/name/{name}").status_code == 404


def test_who_was_faster_is_told_and_what_forms_do_not_speak_of_stays(browser, om, fresh_name):
    name = fresh_name("Twice")
    rule = {"name": "one", "effect": "allow", "operations": ["EditTags"], "resources": ["dashboard"], "description": "kept <i>"}
    made = om.post("/policies", {"name": name, "rules": [rule], "enabled": True})
    browser.visit(f"{AT}?policy={name}")
    kept = {"rule-0": "one", "effect-0": "allow", "operations-0": ["EditTags", "EditDescription"], "resources-0": ["dashboard"]}
    om.patch(f"/policies/{made['id']}", [{"op": "add", "path": "/description", "value": "theirs"}])
    page = browser.send(AT, 409, do="check", on="yes", **kept)
    assert "theirs" in page.text and 'value="EditDescription" selected' in page.source
    browser.visit(f"{AT}?policy={name}")
    browser.send(AT, do="check", on="yes", **kept)
    browser.send(AT, do="save", on="yes", **kept)
    [stored] = om.get(f"/policies/{made['id']}")["rules"]
    assert stored["operations"] == ["EditTags", "EditDescription"] and stored["resources"] == ["dashboard"] and stored["description"] == "kept <i>"
    browser.visit(f"{AT}?policy={name}")
    browser.send(AT, do="check", on="", **kept)
    browser.send(AT, do="save", **kept)
    assert om.get(f"/policies/{made['id']}")["enabled"] is False


def test_nobody_else_edits_rights(server, browser, om, other_account, fresh_name):
    name = fresh_name("Closed")
    made = om.post("/policies", {"name": name, "rules": [{"name": "r", "effect": "allow", "operations": ["EditTags"], "resources": ["table"]}]})
    owner = server.new_user(fresh_name("policy-owner"))
    om.patch(f"/policies/{made['id']}", [{"op": "add", "path": "/owners", "value": [{"id": owner.id, "type": "user"}]}])
    for who in (owner, server.new_user(fresh_name("intruder"))):
        reader = Browser(server).sign_in(who)
        for at in (f"{AT}?policy={name}", f"{AT}?policy=", f"{AT}?role=DataConsumer"):
            reader.visit(at, 403)
        token = reader.visit("/logout").form("/logout")["fields"]["token"]
        here = {"Origin": server.url, "Sec-Fetch-Site": "same-origin"}
        for fields in ({"form": "policy", "policy": name, "revision": "1", "do": "save"} | RULE, {"form": "role", "name": "R", "policy": made["id"], "add": who.name, "do": "save"}):
            assert reader.ask("POST", AT, data={"token": token} | fields, headers=here).status == 403
        assert reader.ask("POST", "/admin/tokens", data={"token": token, "do": "make", "bot": "lineage-bot", "days": "7"}, headers=here).status == 403
        assert reader.ask("POST", "/admin/users", data={"token": token, "do": "disable", "user": owner.name, "to": who.name}, headers=here).status == 403
    # Administrators bear the same name in every account: the other one finds nothing of this one.
    foreign = Browser(server).show_token(other_account)
    assert foreign.visit(f"{AT}?policy={name}", 404)
    foreign.visit(f"/admin/users?ask=disable&user={owner.name}", 404)
    assert made["rules"] == om.get(f"/policies/{made['id']}")["rules"]

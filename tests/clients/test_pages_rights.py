"""Rights on pages: policies rule by rule, roles and who has them, with what it changes said before it is saved."""

import re

import pytest
import requests

from openmetadata_door import OpenMetadataDoor
from pages_browser import Visitor, chromium, chromium_program  # noqa: F401
from pages_door import Browser
from tables_world import make_table, schema  # noqa: F401

RULE = {"rule-0": "describe", "effect-0": "allow", "operations-0": ["EditDescription"], "resources-0": ["table"]}
AT = "/admin/policies"


def may(server, who, table: dict) -> bool:
    """Whether a change of a description would be taken from him."""
    path = f"{server.url}/api/v1/permissions/table/{table['id']}"
    told = requests.get(path, headers={"Authorization": f"Bearer {who.token}"}, timeout=30).json()["permissions"]
    return next(one["access"] for one in told if one["operation"] == "EditDescription") == "allow"


def effects(page) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.source.split('id="effects"')[1].split("</section>")[0])) if 'id="effects"' in page.source else ""


@pytest.fixture(scope="module")
def table(sales_tables) -> dict:
    return next(iter(sales_tables.values()))


def test_a_policy_and_a_role_are_made_and_what_they_change_is_said_before(server, browser, om, table, fresh_name):
    plain, bystander = server.new_user(fresh_name("describer")), server.new_user(fresh_name("bystander"))
    policy, role = fresh_name("Describing"), fresh_name("Describers")
    browser.visit(f"{AT}?policy=")
    page = browser.send(AT, do="check", name=policy, **RULE)
    assert "Nobody has this policy" in effects(page) and "Nothing changes for anybody" not in effects(page), effects(page)
    assert om.call("GET", f"/policies/name/{policy}").status_code == 404, "checked is not saved"
    browser.send(AT, do="save", **RULE)
    rules = om.get(f"/policies/name/{policy}")["rules"]
    assert [(rule["name"], rule["effect"], rule["operations"], rule["resources"]) for rule in rules] == [("describe", "allow", ["EditDescription"], ["table"])]

    assert not may(server, plain, table)
    browser.visit(f"{AT}?role=")
    made = om.get(f"/policies/name/{policy}")["id"]
    page = browser.send(AT, do="check", name=role, policy=[made], add=plain.name, who=plain.name, kind="table", what=table["fullyQualifiedName"])
    said = effects(page)
    assert plain.name in said and "may then: edit the description on table" in said and bystander.name not in said, said
    assert said.count("may then:") == 2 and "no more" not in said, "of everybody, and tried on one"
    assert not may(server, plain, table) and om.call("GET", f"/roles/name/{role}").status_code == 404
    # What is not what was checked is checked again.
    page = browser.send(AT, do="save", policy=[made], add=f"{plain.name}, {bystander.name}")
    assert bystander.name in effects(page) and om.call("GET", f"/roles/name/{role}").status_code == 404
    browser.send(AT, do="check", policy=[made], add=plain.name)
    browser.send(AT, do="save", policy=[made], add=plain.name)
    assert may(server, plain, table) and not may(server, bystander, table)

    # A rule that forbids, and a rule that is left out.
    browser.visit(f"{AT}?policy={policy}")
    more = {"rule-1": "never", "effect-1": "deny", "operations-1": ["Delete"], "resources-1": ["table", "data_product"]}
    page = browser.send(AT, do="check", on="yes", **RULE | more)
    assert plain.name not in effects(page) or "no more: delete" in effects(page)
    page = browser.send(AT, do="check", on="yes", **RULE | {"out-0": "yes"} | more)
    assert re.search(rf"{plain.name}.*may then no more: edit the description on some of table", effects(page)), effects(page)
    assert may(server, plain, table)
    browser.visit(f"{AT}?role={role}")
    page = browser.send(AT, do="check", policy=[made], bearer=[])
    assert "may then no more: edit the description on some of table" in effects(page), "of those that he owns he may"
    browser.send(AT, do="save", policy=[made], bearer=[])
    assert not may(server, plain, table)


def test_the_only_rule_of_a_policy_is_not_left_out_and_nothing_is_lost(browser, om, fresh_name):
    rule = {"name": "only", "effect": "allow", "operations": ["EditDescription"], "resources": ["table"], "condition": "isOwner()"}
    policy = om.post("/policies", {"name": fresh_name("Only"), "rules": [rule]})
    kept = lambda: [{key: one[key] for key in rule} for one in om.get(f"/policies/{policy['id']}")["rules"]]  # noqa: E731
    out = lambda page, at: any(given.get("name") == f"out-{at}" and "checked" in given for _, given in page.tags)  # noqa: E731
    browser.visit(f"{AT}?policy={policy['name']}")
    for do in ("check", "save"):
        page = browser.send(AT, 400, do=do, on="yes", **{"out-0": "yes"})
        assert "A policy needs a rule" in " ".join(page.roles["alert"]) and kept() == [rule]
        # What was typed is there still, ticked as it was.
        fields = page.form(AT)["fields"]
        assert fields["rule-0"] == "only" and fields["condition-0"] == "isOwner()" and out(page, 0)
    # A rule whose fields were emptied is no rule that was left out.
    browser.visit(f"{AT}?policy={policy['name']}")
    assert browser.send(AT, 400, do="save", on="yes", **{"rule-0": "", "operations-0": [], "resources-0": []}).roles["alert"]
    assert kept() == [rule]
    # One of two goes, and that is said before.
    two = [rule, rule | {"name": "second"}]
    om.patch(f"/policies/{policy['id']}", [{"op": "replace", "path": "/rules", "value": two}])
    browser.visit(f"{AT}?policy={policy['name']}")
    page = browser.send(AT, do="check", on="yes", **{"out-0": "yes"})
    assert "Left out when you save: only." in page.text and out(page, 0) and kept() == two
    browser.send(AT, do="save", on="yes", **{"out-0": "yes"})
    assert kept() == two[1:]


def test_a_rule_with_a_condition_that_is_left_out_is_a_loss_and_says_of_what(server, browser, om, table, fresh_name):
    who = server.new_user(fresh_name("sorter"))
    rule = {"effect": "allow", "operations": ["EditDescription"], "resources": ["table"]}
    rules = [rule | {"name": "sensitive", "condition": "matchAnyTag('PII.Sensitive')"}, rule | {"name": "orphans", "condition": "noOwner()"}]
    policy = om.post("/policies", {"name": fresh_name("Sorting"), "rules": rules})
    at, whole = f"{AT}?policy={policy['name']}", {"do": "check", "on": "yes"}
    browser.visit(at)
    # A role that nobody has brings it to nobody.
    role = om.post("/roles", {"name": fresh_name("Sorters"), "policies": [policy["name"]]})
    assert "Nobody has this policy" in effects(browser.send(AT, **whole, **{"out-0": "yes"}))
    om.patch(f"/users/{who.id}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    lost = f"{who.name} .*may then no more: edit the description on some of table, where "
    said = effects(browser.send(AT, **whole, **{"out-0": "yes"}))
    assert re.search(lost + "matchAnyTag", said) and "noOwner" not in said and "other conditions" not in said, said
    # Less of it, more of it, and both.
    browser.visit(at)
    said = effects(browser.send(AT, **whole, **{"condition-1": "noOwner() && isReviewer()"}))
    assert re.search(lost + r"noOwner\(\)", said) and "may then:" not in said, said
    browser.visit(at)
    said = effects(browser.send(AT, **whole, **{"condition-1": "noOwner() || isReviewer()"}))
    assert re.search(r"may then: edit the description on some of table, where isReviewer\(\)", said) and "no more" not in said, said
    browser.visit(at)
    said = effects(browser.send(AT, **whole, **{"condition-1": "isReviewer()"}))
    assert "under other conditions than now: edit the description on some of table" in said, said
    browser.visit(at)
    deny = {"rule-2": "never", "effect-2": "deny", "operations-2": ["EditDescription"], "resources-2": ["table"], "condition-2": "noDomain()"}
    said = effects(browser.send(AT, **whole, **deny))
    assert re.search(lost + r"noDomain\(\)", said), said
    # What other rules let people do as well nobody loses: owners keep what is theirs by the catalogue's own.
    browser.visit(f"{AT}?policy=OrganizationPolicy")
    said = effects(browser.send(AT, **whole, **{"out-1": "yes"}))
    assert "those of the catalogue itself among them" in said and "other conditions" not in said, said
    browser.visit(f"{AT}?policy=OrganizationPolicy")
    assert "those of the catalogue itself" not in effects(browser.send(AT, **whole)), "nothing is left out"


def test_a_policy_and_a_role_are_renamed_and_whoever_has_them_keeps_them(server, browser, om, table, fresh_name):
    who = server.new_user(fresh_name("keeper"))
    policy = om.post("/policies", {"name": fresh_name("Old"), "rules": [{"name": "r", "effect": "allow", "operations": ["EditDescription"], "resources": ["table"]}]})
    role = om.post("/roles", {"name": fresh_name("Old"), "policies": [policy["name"]]})
    om.patch(f"/users/{who.id}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    assert may(server, who, table)
    for what, made, field in (("policy", policy, "policies"), ("role", role, "roles")):
        browser.visit(f"{AT}?{what}={made['name']}")
        page = browser.send(AT, 400, do="check", name=" ")
        assert page.roles["alert"]
        renamed = fresh_name("New")
        page = browser.send(AT, do="check", name=renamed)
        assert "Nothing changes for anybody" in effects(page), effects(page)
        assert om.get(f"/{field}/{made['id']}")["name"] == made["name"], "checked is not saved"
        browser.send(AT, do="save", name=renamed)
        assert om.get(f"/{field}/{made['id']}")["name"] == renamed and may(server, who, table)
        # A name that is taken is said in the form.
        taken = om.post(f"/{field}", {"name": fresh_name("Taken"), **({"rules": policy["rules"]} if what == "policy" else {"policies": ["DataConsumerPolicy"]})})
        browser.visit(f"{AT}?{what}={renamed}")
        browser.send(AT, do="check", name=taken["name"])
        page = browser.send(AT, 409, do="save", name=taken["name"])
        assert taken["name"] in " ".join(page.roles["alert"]) and page.form(AT)["fields"]["name"] == taken["name"]
    assert [one["id"] for one in om.get(f"/roles/{role['id']}", fields="policies")["policies"]] == [policy["id"]]
    # What came with the catalogue keeps its name.
    page = browser.visit(f"{AT}?policy=DataConsumerPolicy")
    assert "name" not in page.form(AT)["fields"]
    browser.send(AT, do="check", name="Mine", on="yes")
    browser.send(AT, do="save", name="Mine", on="yes")
    assert om.get("/policies/name/DataConsumerPolicy")["name"] == "DataConsumerPolicy"


def test_conditions_that_name_a_role_or_a_team_are_told_before_it_is_renamed(server, browser, om, fresh_name):
    role = om.post("/roles", {"name": fresh_name("Named"), "policies": ["DataConsumerPolicy"]})
    team = om.post("/teams", {"name": fresh_name("Named"), "teamType": "Group"})
    rule = lambda condition: [{"name": "r", "effect": "allow", "operations": ["EditDescription"], "resources": ["table"], "condition": condition}]  # noqa: E731
    policy = om.post("/policies", {"name": fresh_name("Naming"), "rules": rule(f"hasAnyRole('{role['name']}') || inAnyTeam('{team['name']}')")})
    renamed = fresh_name("Renamed")
    browser.visit(f"{AT}?role={role['name']}")
    page = browser.send(AT, 400, do="check", name=renamed)
    assert policy["name"] in " ".join(page.roles["alert"])
    om.patch(f"/policies/{policy['id']}", [{"op": "replace", "path": "/rules/0/condition", "value": f"hasAnyRole('{role['name']}', '{renamed}') || inAnyTeam('{team['name']}')"}])
    browser.send(AT, do="check", name=renamed)
    browser.send(AT, do="save", name=renamed)
    assert om.get(f"/roles/{role['id']}")["name"] == renamed
    at = f"/teams/{team['name']}"
    browser.visit(f"{at}?edit=details")
    page = browser.send(at, name=renamed + "-team")
    assert policy["name"] in " ".join(page.roles["alert"]) and om.get(f"/teams/{team['id']}")["name"] == team["name"]
    browser.send(at)
    assert om.get(f"/teams/{team['id']}")["name"] == renamed + "-team" and browser.path == f"/teams/{renamed}-team"
    om.delete(f"/policies/{policy['id']}", hardDelete="true")


def test_teams_glossaries_and_terms_are_renamed_and_what_refers_to_them_follows(server, browser, om, make_table, fresh_name):  # noqa: F811
    team = om.post("/teams", {"name": fresh_name("Crew"), "teamType": "Group"})
    glossary = om.post("/glossaries", {"name": fresh_name("Lexicon"), "description": "d"})
    term = om.post("/glossaryTerms", {"name": "Net", "glossary": glossary["name"], "description": "d"})
    table = make_table(owners=[{"id": team["id"], "type": "team"}],
                       tags=[{"tagFQN": term["fullyQualifiedName"], "source": "Glossary", "labelType": "Manual", "state": "Confirmed"}])  # fmt: skip
    for at, field, name, record in ((f"/teams/{team['name']}", "teams", fresh_name("CrewNew"), team), (f"/terms/{term['fullyQualifiedName']}", "glossaryTerms", "Gross", term),
                                    (f"/glossary/{glossary['name']}", "glossaries", fresh_name("LexiconNew"), glossary)):  # fmt: skip
        browser.visit(f"{at}?edit=details")
        browser.send(at, name=name)
        assert browser.query()["done"] == "saved" and om.get(f"/{field}/{record['id']}")["name"] == name
    now = om.get(f"/tables/{table['id']}", fields="owners,tags")
    assert [one["id"] for one in now["owners"]] == [team["id"]] and [one["tagFQN"] for one in now["tags"]] == [om.get(f"/glossaryTerms/{term['id']}")["fullyQualifiedName"]]
    page = browser.visit("/teams/Organization?edit=details")
    assert "name" not in page.form("/teams/Organization")["fields"]


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
    assert "theirs" in page.text and 'value="EditDescription" checked' in page.source
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


def test_what_is_sent_again_or_by_somebody_else_changes_nothing(server, browser, om, other_account, fresh_name):
    name, plain = fresh_name("Again"), server.new_user(fresh_name("plain"))
    here = {"Origin": server.url, "Sec-Fetch-Site": "same-origin"}
    browser.visit(f"{AT}?policy=")
    page = browser.send(AT, do="check", name=name, **RULE)
    fields = page.form(AT)["fields"] | RULE | {"do": "save"}
    stranger = Browser(server).sign_in(plain)
    assert stranger.ask("POST", AT, data=fields, headers=here).status == 403, "with an administrator's form"
    assert om.call("GET", f"/policies/name/{name}").status_code == 404
    assert browser.ask("POST", AT, data=fields, headers=here).status == 200
    made = om.get(f"/policies/name/{name}")
    assert browser.ask("POST", AT, data=fields, headers=here).status == 409
    browser.visit(f"{AT}?policy={name}")
    page = browser.send(AT, do="check", on="yes", **RULE | {"operations-0": ["EditDescription", "EditTags"]})
    fields = page.form(AT)["fields"] | RULE | {"on": "yes", "operations-0": ["EditDescription", "EditTags"], "do": "save"}
    # Another rule than the one that was checked is not saved.
    assert browser.ask("POST", AT, data=fields | {"operations-0": ["All"]}, headers=here).status == 200
    assert om.get(f"/policies/{made['id']}")["version"] == made["version"]
    assert browser.ask("POST", AT, data=fields, headers=here).status == 200
    once = om.get(f"/policies/{made['id']}")
    assert once["version"] > made["version"]
    assert browser.ask("POST", AT, data=fields, headers=here).status == 409
    assert om.get(f"/policies/{made['id']}") == once

    # The administrator of another account reaches no policy, and no person, of this one.
    theirs = OpenMetadataDoor(server, other_account.token)
    person = fresh_name("foreigner")
    theirs.post("/users", {"name": person, "email": f"{person}@example.com"})
    browser.visit(f"{AT}?role=")
    page = browser.send(AT, 400, do="check", name=fresh_name("R"), policy=[made["id"]], add=person)
    assert "No person that you may see is called" in " ".join(page.roles["alert"])
    browser.visit(f"{AT}?role=")
    foreign = theirs.get("/policies/name/OrganizationPolicy")["id"]
    page = browser.send(AT, 400, do="save", name=fresh_name("R"), policy=[foreign], add=plain.name)
    assert page.roles["alert"], "a policy of another account is none"
    browser.visit(f"/admin/users?ask=disable&user={plain.name}")
    browser.send("/admin/users", 400, do="disable", to=person)
    assert not om.get(f"/users/{plain.id}").get("disabled", False)


def test_what_the_shipped_policies_allow_can_be_chosen_and_the_way_back_is_a_link(browser):
    page = browser.visit(f"{AT}?policy=")
    offered = {given["value"] for tag, given in page.tags if tag == "input" and given.get("name") == "operations-0"}
    assert {"EditGlossaryTerms", "EditTier", "EditCertification", "EditTags"} <= offered
    for at in ("?policy=", "?role=DataConsumer"):
        crumbs = browser.visit(AT + at).source.split('class="crumbs"')[1].split("</nav>")[0]
        assert f'<a href="{AT}"><bdi>' in crumbs and crumbs.count('aria-current="page"') == 1
    assert f'<a href="{AT}">' not in browser.visit(AT).source.split('class="crumbs"')[1].split("</nav>")[0]


@pytest.fixture
def given(server, om, fresh_name) -> dict:
    """A policy that lets edit descriptions of tables, a role of it, and somebody who has that."""
    who, policy, role = server.new_user(fresh_name("bearer")), fresh_name("Going"), fresh_name("Goers")
    rules = [{"name": "r", "effect": "allow", "operations": ["EditDescription"], "resources": ["table"]}]
    made = om.post("/policies", {"name": policy, "rules": rules})
    of_role = om.post("/roles", {"name": role, "policies": [policy]})
    om.patch(f"/users/{who.id}", [{"op": "add", "path": "/roles", "value": [{"id": of_role["id"], "type": "role"}]}])
    return {"who": who, "policy": policy, "role": role, "policy_id": made["id"], "role_id": of_role["id"]}


def test_who_sees_nothing_any_more_changes_nothing_either(server, browser, om, table, given):
    who, at = given["who"], f"{AT}?policy={given['policy']}"
    rule = {"rule-0": "r", "effect-0": "allow", "operations-0": ["EditDescription"], "resources-0": ["table"]}
    ban = {"rule-1": "blind", "effect-1": "deny", "operations-1": ["View"], "resources-1": ["table"]}
    browser.visit(at)
    page = browser.send(AT, do="check", on="yes", who=who.name, kind="table", what=table["fullyQualifiedName"], **rule | ban)
    said = effects(page)
    assert re.search(r"no more: [^.]*edit the description[^.]* on table|no more: [^.]*see[^.]*, edit the description", said), said
    assert said.count("edit the description") == 2 and "may then:" not in said, "of everybody, and tried on one"
    browser.send(AT, do="save", on="yes", **rule | ban)
    # Whom seeing is forbidden another rule gives nothing, and the simulator says why.
    browser.visit(at)
    more = rule | {"operations-0": ["EditDescription", "EditTags"]}
    assert "may then" not in effects(browser.send(AT, do="check", on="yes", **more | ban))
    page = browser.visit(f"{AT}?who={who.name}&kind=table&what={table['fullyQualifiedName']}")
    row = re.search(r'<th scope="row">edit the description</th>.*?</tr>', page.source, re.S).group()
    assert "A rule allows it" in row and "No rule allows it" not in row


@pytest.mark.parametrize("what", ["policy", "role"])
def test_who_loses_what_is_said_before_a_policy_or_a_role_is_deleted(server, browser, om, table, given, fresh_name, what):
    who, name = given["who"], given[what]
    assert may(server, who, table)
    page = browser.visit(f"{AT}?{what}={name}")
    ask = next(link for link in page.links if "ask=delete" in link)
    page = browser.visit(ask)
    assert who.name in effects(page) and "may then no more: edit the description" in effects(page)
    assert (given["role"] if what == "policy" else who.name) in page.text.split("What will be removed")[1]
    assert may(server, who, table), "a look deletes nothing"
    # Somebody else has it since.
    if what == "role":
        late = server.new_user(fresh_name("late"))
        om.patch(f"/users/{late.id}", [{"op": "add", "path": "/roles", "value": [{"id": given["role_id"], "type": "role"}]}])
    else:
        om.post("/roles", {"name": fresh_name("Late"), "policies": [given["policy"]]})
    assert "It has changed since you looked" in " ".join(browser.send(AT, 409, do="delete").roles["alert"])
    browser.send(AT, do="delete")
    assert browser.query() == {"done": "deleted"} and not may(server, who, table)
    path = "policies" if what == "policy" else "roles"
    assert om.call("GET", f"/{path}/name/{name}").status_code == 404
    # Another one of its name is nobody's.
    if what == "role":
        om.post("/roles", {"name": name, "policies": [given["policy"]]})
        assert not may(server, who, table)


def test_what_came_with_the_catalogue_is_not_deleted(server, browser, om, given, other_account, fresh_name):
    here = {"Origin": server.url, "Sec-Fetch-Site": "same-origin"}
    for what, name, path in (("policy", "OrganizationPolicy", "policies"), ("role", "DataConsumer", "roles")):
        assert not any("ask=delete" in link for link in browser.visit(f"{AT}?{what}={name}").links)
        page = browser.visit(f"{AT}?ask=delete&{what}={name}")
        assert "is not deleted" in page.text and not any(form["action"] == AT for form in page.forms)
        token = browser.visit("/logout").form("/logout")["fields"]["token"]
        body = {"token": token, "form": what, what: name, "revision": "1", "do": "delete"}
        assert browser.ask("POST", AT, data=body, headers=here).status == 409
        assert om.call("GET", f"/{path}/name/{name}").status_code == 200
    # Nobody else deletes any.
    plain = Browser(server).sign_in(given["who"])
    for what in ("policy", "role"):
        plain.visit(f"{AT}?ask=delete&{what}={given[what]}", 403)
        token = plain.visit("/logout").form("/logout")["fields"]["token"]
        body = {"token": token, "form": what, what: given[what], "revision": "1", "do": "delete"}
        assert plain.ask("POST", AT, data=body, headers=here).status == 403
        Browser(server).show_token(other_account).visit(f"{AT}?ask=delete&{what}={given[what]}", 404)


def test_a_role_that_is_off_gives_nothing_and_is_said_to(server, browser, om, table, given):
    who, role = given["who"], given["role"]
    browser.visit(f"{AT}?role={role}")
    kept = {"policy": [given["policy_id"]], "bearer": [who.id]}
    page = browser.send(AT, do="check", on="", **kept)
    assert who.name in effects(page) and "may then no more: edit the description" in effects(page)
    browser.send(AT, do="save", on="", **kept)
    assert not may(server, who, table) and om.get(f"/roles/{given['role_id']}")["disabled"] is True
    shown = browser.visit(AT).source.split(f">{role}<", 1)[1].split("</dt>")[0]
    assert "badge" in shown, "the list says so"
    assert f"{role} (off)" in browser.visit(f"/admin/users?q={who.name}").text, "and so does the list of people"
    # What gives nothing is given for nothing.
    browser.visit(f"{AT}?role={role}")
    other = server.new_user(f"other-{role.lower()}")
    page = browser.send(AT, do="check", on="", add=other.name, **kept)
    assert "Nothing changes for anybody" in effects(page), effects(page)
    page = browser.send(AT, do="check", on="yes", add="", **kept)
    assert who.name in effects(page) and "may then: edit the description" in effects(page) and other.name not in effects(page)
    browser.send(AT, do="save", on="yes", add="", **kept)
    assert may(server, who, table)


def test_who_leaves_a_team_that_forbids_is_told_of_to_who_audits(server, browser, om, fresh_name):
    who, team, policy = server.new_user(fresh_name("banned")), fresh_name("Banned"), fresh_name("Ban")
    rules = [{"name": "never", "effect": "deny", "operations": ["EditDescription"], "resources": ["table"]}]
    made = om.post("/policies", {"name": policy, "rules": rules})
    body = {"name": team, "teamType": "Group", "users": [who.id], "owners": [{"id": who.id, "type": "user"}], "policies": [made["id"]]}
    om.post("/teams", body)
    theirs = Browser(server).sign_in(who)
    theirs.visit(f"/teams/{team}?edit=members")
    page = theirs.send(f"/teams/{team}", keep=[])
    assert "What these policies forbid no longer holds" in page.text and policy in page.text, "before he goes"
    theirs.send(f"/teams/{team}", keep=[])
    assert om.get(f"/teams/name/{team}", fields="users").get("users", []) == []
    page = browser.visit(f"/admin/audit?kind=team&by={who.name}")
    assert f"What its policies forbid no longer holds for who left: {policy}" in page.text


def test_what_leaving_frees_from_comes_from_above_too_and_not_from_roles_that_are_off(server, browser, om, fresh_name):
    who, team, above = server.new_user(fresh_name("banned")), fresh_name("Banned"), fresh_name("Above")
    rules = [{"name": "never", "effect": "deny", "operations": ["EditDescription"], "resources": ["table"]}]
    by_above, by_role = (om.post("/policies", {"name": fresh_name(name), "rules": rules}) for name in ("FromAbove", "OfRole"))
    role = om.post("/roles", {"name": fresh_name("Off"), "policies": [by_role["name"]]})
    om.patch(f"/roles/{role['id']}", [{"op": "add", "path": "/disabled", "value": True}])
    parent = om.post("/teams", {"name": above, "teamType": "Department", "policies": [by_above["id"]]})
    om.post("/teams", {"name": team, "teamType": "Group", "users": [who.id], "defaultRoles": [role["id"]], "parents": [parent["id"]]})
    browser.visit(f"/teams/{team}?edit=members")
    page = browser.send(f"/teams/{team}", keep=[])
    assert "What these policies forbid no longer holds" in page.text and by_above["name"] in page.text and by_role["name"] not in page.text


def test_who_owns_a_team_adds_people_where_it_brings_what_everybody_has(server, om, fresh_name):
    owner, new = server.new_user(fresh_name("keeper")), server.new_user(fresh_name("joining"))
    everybody = om.get("/teams/name/Organization", fields="defaultRoles")
    before = [{"id": role["id"], "type": "role"} for role in everybody.get("defaultRoles", [])]
    policy = om.post("/policies", {"name": fresh_name("P"), "rules": [{"name": "r", "effect": "allow", "operations": ["EditTags"], "resources": ["chart"]}]})
    role, other = (om.post("/roles", {"name": fresh_name(name), "policies": [policy["name"]]}) for name in ("OfAll", "OfSome"))
    om.patch(f"/teams/{everybody['id']}", [{"op": "add", "path": "/defaultRoles", "value": [*before, {"id": role["id"], "type": "role"}]}])
    try:
        for given, status in ((role, 200), (other, 403)):
            body = {"name": fresh_name("T"), "teamType": "Group", "owners": [{"id": owner.id, "type": "user"}], "defaultRoles": [given["id"]]}
            team = om.post("/teams", body)
            theirs = OpenMetadataDoor(server, owner.token)
            theirs.patch(f"/teams/{team['id']}", [{"op": "add", "path": "/users", "value": [{"id": new.id, "type": "user"}]}], expect=status)
    finally:
        om.patch(f"/teams/{everybody['id']}", [{"op": "add", "path": "/defaultRoles", "value": before}])


def test_rights_are_edited_in_a_browser(chromium, server, om, fresh_name):  # noqa: F811
    name = fresh_name("Seen")
    with Visitor(chromium, server, server.admin) as visitor:
        page = visitor.page
        visitor.open(f"{AT}?policy=")
        visitor.look("a new policy")
        page.fill("#name", name)
        page.fill("#rule-0", "tag")
        page.check("input[name=operations-0][value=EditTags]")
        for kind in ("table", "dataProduct"):
            page.check(f"input[name=resources-0][value={kind}]")
        visitor.send("Check what changes")
        visitor.look("what a policy changes")
        visitor.send("Save")
        assert om.get(f"/policies/name/{name}")["rules"][0]["resources"] == ["dataProduct", "table"]
        visitor.open(f"{AT}?role=DataConsumer")
        visitor.look("a role")
        visitor.open(f"{AT}?ask=delete&policy={name}")
        visitor.look("a policy that goes")
        visitor.send("Delete")
        assert om.call("GET", f"/policies/name/{name}").status_code == 404


def refused(door, path: str, **changed: str) -> bool:
    """Whether a change of these fields is refused for a policy's sake."""
    patch = [{"op": "replace", "path": f"/{field}", "value": value} for field, value in changed.items()]
    answer = door.call("PATCH", path, patch, headers={"Content-Type": "application/json-patch+json"})
    assert answer.status_code in (200, 403), answer.text
    return answer.status_code == 403


def test_no_owner_of_a_name_puts_a_policy_out_of_effect_or_into_it(server, om, table, fresh_name):
    eve = server.new_user(fresh_name("eve"))
    door, browser, owners = OpenMetadataDoor(server, eve.token), Browser(server).sign_in(eve), [{"id": eve.id, "type": "user"}]
    denied, wanted, glossary = fresh_name("Temps"), fresh_name("Auditors"), fresh_name("Glo")
    of = lambda effect, operation, condition: {"name": effect, "effect": effect, "operations": [operation], "resources": ["table"], "condition": condition}  # noqa: E731
    rules = [of("deny", "EditTags", f"inAnyTeam('{denied}')"), of("allow", "ViewSampleData", f"inAnyTeam('{wanted}')"), of("allow", "EditTier", f"matchAnyTag('{glossary}.Open')")]
    policy = om.post("/policies", {"name": fresh_name("Turning"), "rules": rules})
    try:
        team = om.post("/teams", {"name": denied, "teamType": "Group", "users": [eve.id], "owners": owners})
        other = om.post("/teams", {"name": fresh_name("Free"), "teamType": "Group", "users": [eve.id], "owners": owners})
        om.post("/glossaries", {"name": glossary, "description": "d", "owners": owners})
        term = om.post("/glossaryTerms", {"name": "Free", "glossary": glossary, "description": "d", "owners": owners})
        named = om.post("/glossaryTerms", {"name": "Open", "glossary": glossary, "description": "d", "owners": owners})
        # Out of what names it, and into what waits for it.
        assert refused(door, f"/teams/{team['id']}", name=fresh_name("Friends"))
        assert refused(door, f"/teams/{other['id']}", name=wanted)
        assert refused(door, f"/glossaryTerms/{named['id']}", name="Shut")
        assert door.call("DELETE", f"/teams/{team['id']}").status_code == 403
        om.delete(f"/glossaryTerms/{named['id']}", hardDelete="true")
        assert refused(door, f"/glossaryTerms/{term['id']}", name="Open")
        made = door.call("POST", "/glossaryTerms", {"name": "Open", "glossary": glossary, "description": "d"})
        assert made.status_code == 403 and "must be allowed to change the policy" in made.text
        # A form does not offer what would be refused, and says so where the new name is the matter.
        at = f"/teams/{denied}"
        page = browser.visit(f"{at}?edit=details")
        assert "name" not in page.form(at)["fields"]
        at = f"/teams/{other['name']}"
        browser.visit(f"{at}?edit=details")
        page = browser.send(at, 403, name=wanted)
        assert om.get(f"/teams/{other['id']}")["name"] == other["name"]
        # What no policy names is renamed as before; a name that was kept while it was deleted is asked about, too.
        assert not refused(door, f"/teams/{other['id']}", name=fresh_name("Freer"))
        om.delete(f"/teams/{team['id']}")
        assert door.call("PUT", "/teams/restore", {"id": team["id"]}).status_code == 403
        assert om.call("PUT", "/teams/restore", {"id": team["id"]}).status_code == 200
    finally:
        om.delete(f"/policies/{policy['id']}", hardDelete="true")

def test_what_a_label_changes_by_policies_that_name_it_is_said_before_it_is_saved(server, browser, om, make_table, fresh_name):
    """Putting a tag on a table gives and takes what conditions of policies say; a tag that none names is saved at once."""
    sorts = fresh_name("Sorts")
    om.post("/classifications", {"name": sorts, "description": "d"})
    named, other = [om.post("/tags", {"name": name, "classification": sorts, "description": "d"})["fullyQualifiedName"] for name in ("Open", "Plain")]
    who, editor = server.new_user(fresh_name("reader")), server.new_user(fresh_name("labeller"))

    def give(person, name: str, operations: list, **more):
        rule = {"name": "r", "effect": "allow", "resources": ["table"], "operations": operations} | more
        policy = om.post("/policies", {"name": fresh_name(name), "rules": [rule]})
        role = om.post("/roles", {"name": fresh_name(name), "policies": [policy["name"]]})
        roles = [{"id": one["id"], "type": "role"} for one in [*om.get(f"/users/{person.id}", fields="roles").get("roles", []), role]]
        om.patch(f"/users/{person.id}", [{"op": "add", "path": "/roles", "value": roles}])
        return policy["name"]

    policy = give(who, "Opening", ["EditDescription"], condition=f"matchAnyTag('{named}')")
    give(editor, "Labelling", ["EditTags"])
    table = make_table()
    at = f"/tables/{table['fullyQualifiedName']}"
    labels = lambda: [one["tagFQN"] for one in om.get(f"/tables/{table['id']}", fields="tags")["tags"]]  # noqa: E731

    browser.visit(f"{at}?edit=labels")
    browser.send(at, add=other)
    assert browser.query()["done"] == "saved" and labels() == [other], "no policy names it"
    browser.visit(f"{at}?edit=labels")
    said = effects(browser.send(at, add=named))
    assert policy in said and who.name in said and "may then: edit the description" in said and editor.name not in said, said
    assert labels() == [other] and not may(server, who, table), "it is not saved yet"
    # What comes to be otherwise meanwhile is said anew.
    later = give(editor, "Later", ["EditDescription"], condition=f"matchAnyTag('{named}')")
    said = effects(browser.send(at, add=named))
    assert later in said and editor.name in said, said
    browser.send(at, add=named)
    assert sorted(labels()) == sorted([other, named]) and may(server, who, table)

    # In the form of all details, by somebody who administers nothing: the policies are told, and nobody's rights.
    own = Browser(server).sign_in(editor)
    own.visit(f"{at}?edit=details")
    kept = own.page.form(at)["fields"]["labels.keep"]
    plain = next(one["id"] for one in om.everything("tags") if one["fullyQualifiedName"] == other)
    assert plain in kept
    page = own.send(at, **{"labels.keep": [plain]})
    assert policy in effects(page) and who.name not in page.text and "is shown to administrators" in effects(page), page.text
    assert may(server, who, table)
    own.send(at, **{"labels.keep": [plain]})
    assert labels() == [other] and not may(server, who, table)
    browser.visit(f"{at}?edit=labels")
    browser.send(at, add=named)
    browser.send(at, add=named)
    browser.visit(f"{at}?edit=labels")
    assert "may then no more: edit the description" in effects(browser.send(at, keep=[plain]))
    # Conditions look at the labels of a table, and not of its columns.
    browser.visit(f"{at}?edit=column&column={table['columns'][0]['name']}")
    browser.send(at, add=named)
    assert browser.query()["done"] == "saved"


def test_a_rule_that_nobody_touched_stays_as_it_was_written(browser, om, fresh_name):
    name = fresh_name("Untouched")
    old = {"name": "old", "effect": "allow", "operations": ["ViewAll", "EditTags", "EditDescription"], "resources": ["table", "dashboard"]}
    made = om.post("/policies", {"name": name, "rules": [old], "enabled": True})
    before = om.get(f"/policies/{made['id']}")["rules"][0]
    browser.visit(f"{AT}?policy={name}")
    # As the form has them: in the order of what it offers.
    kept = {"rule-0": "old", "operations-0": ["ViewAll", "EditDescription", "EditTags"], "resources-0": ["dashboard", "table"]}
    more = {"rule-1": "more", "effect-1": "allow", "operations-1": ["EditOwners"], "resources-1": ["table"]}
    for step in ("check", "save"):
        browser.send(AT, do=step, on="yes", **kept | more)
    rules = om.get(f"/policies/{made['id']}")["rules"]
    assert [rule["name"] for rule in rules] == ["old", "more"] and rules[0] == before
    # Nor is one that a program has put in another order said to have changed.
    other = before | {"operations": sorted(before["operations"])}
    assert other != before
    om.patch(f"/policies/{made['id']}", [{"op": "replace", "path": "/rules/0", "value": other}])
    page = browser.visit(f"/admin/audit?about={name}")
    assert "added the rule more" in page.text and "changed the rule" not in page.text


def test_a_condition_that_names_no_label_is_warned_of(browser, om, fresh_name):
    name = fresh_name("Misspelt")
    browser.visit(f"{AT}?policy=")
    rule = RULE | {"condition-0": "matchAnyTag('PII.Sensitiv', 'PII.Sensitive')"}
    page = browser.send(AT, do="check", name=name, **rule)
    assert "No tag and no term is called PII.Sensitiv: until one is" in effects(page)
    browser.send(AT, do="save", name=name, **rule)
    assert om.get(f"/policies/name/{name}")["rules"][0]["condition"] == rule["condition-0"], "a tag may come later"
    browser.visit(f"{AT}?policy={name}")
    page = browser.send(AT, do="check", on="yes", **RULE | {"condition-0": "matchAnyTag('PII.Sensitive')"})
    assert "No tag" not in page.text
    # What is wrong is said of the rule by its name.
    page = browser.send(AT, 400, do="check", on="yes", **RULE | {"condition-0": "isOwner( <b>"})
    assert "Rule “describe”, condition: is wrong" in " ".join(page.roles["alert"]) and "ules[" not in page.text

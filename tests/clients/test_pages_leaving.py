"""Programs' tokens and keys, and people who go: what they own is handed over in one step."""

import re

import requests

from pages_browser import Visitor, chromium, chromium_program  # noqa: F401
from pages_door import Browser, by_mail


def test_programs_get_tokens_and_keys_that_are_shown_once_and_taken_back(server, browser, om, fresh_name):
    name = fresh_name("robot")
    om.post("/users", {"name": name, "email": f"{name}@example.com", "isBot": True})
    browser.visit("/admin/tokens")
    page = browser.send("/admin/tokens", do="make", bot=name, days="7")
    token = re.search(r"<pre class=\"copy\"><code>([^<]+)</code>", page.source)[1]

    def opens() -> bool:
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.get(server.url + "/api/v1/users/loggedInUser", headers=headers, timeout=30)
        assert answer.status_code == 401 or answer.json()["name"] == name
        return answer.status_code == 200

    assert opens()
    page = browser.visit(f"/admin/tokens?q={name}")
    assert token not in page.source
    # The one token that it has ends with another: that is said first.
    page = browser.send("/admin/tokens", do="make", bot=name, days="7")
    assert "can no longer be used from then on" in page.text and opens(), "nothing has ended by asking"
    first, page = token, browser.send("/admin/tokens")
    token = re.search(r"<pre class=\"copy\"><code>([^<]+)</code>", page.source)[1]
    assert token != first and opens()
    first, token = token, first
    assert not opens()
    token = first
    page = browser.send("/admin/tokens", do="key", bot=name, days="7")
    assert "AWS_SECRET_ACCESS_KEY=" in page.text
    held = [given["value"] for tag, given in browser.visit(f"/admin/tokens?q={name}").tags if tag == "button" and given.get("name") == "id"]
    assert len(held) == 2
    ids = om.get(f"/users/name/{name}")["id"]
    for one in held:
        browser.visit(f"/admin/tokens?q={name}")
        browser.send_sure("/admin/tokens", id=one, holder=ids)
    assert not opens()
    # People make their own.
    browser.visit("/admin/tokens")
    person = server.new_user(fresh_name("person"))
    browser.send("/admin/tokens", 404, do="make", bot=person.name, days="7")


def test_a_program_is_disabled_comes_back_and_is_deleted_with_what_it_holds_told_before(server, browser, om, other_account, fresh_name):
    name, heir = fresh_name("robot"), server.new_user(fresh_name("heir"))
    browser.visit("/admin/tokens")
    browser.send("/admin/tokens", do="bot", name=name)
    page = browser.send("/admin/tokens", do="make", bot=name, days="7")
    token = re.search(r"<pre class=\"copy\"><code>([^<]+)</code>", page.source)[1]
    browser.send("/admin/tokens", do="key", bot=name)
    user = om.get(f"/users/name/{name}")
    role = om.post("/roles", {"name": fresh_name("Robots"), "policies": ["DataConsumerPolicy"]})
    om.patch(f"/users/{user['id']}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    domain = om.post("/domains", {"name": fresh_name("Run"), "domainType": "Aggregate", "description": "d"})
    product = om.post("/dataProducts", {"name": fresh_name("Run"), "description": "d", "domains": [domain["name"]], "owners": [{"id": user["id"], "type": "user"}]})
    ask = lambda what: f"/admin/users?ask={what}&user={name}"  # noqa: E731

    def opens() -> bool:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.get(server.url + "/api/v1/users/loggedInUser", headers=headers, timeout=30).status_code == 200

    # From the list of users, and from its own page; no password is made, and a person is not deleted.
    for page in (browser.visit(f"/admin/users?q={name}"), browser.visit(f"/people/{name}")):
        assert ask("disable") in page.links and ask("delete") in page.links and ask("reset") not in page.links
    browser.visit(ask("reset"), 404)
    browser.visit(f"/admin/users?ask=delete&user={heir.name}", 404)
    page = browser.visit(ask("disable"))
    ends, stays = page.source.split('aria-labelledby="ends"')[1].split('aria-labelledby="stays"')
    assert ends.count("can no longer be used from then on") == 2, "each token and each key"
    assert role["name"] in stays and "Owns one thing" in page.text and product["name"] in page.text and opens()
    page = browser.send("/admin/users", do="disable")
    assert browser.query() == {"done": "program_disabled"} and "its tokens and keys have ended" in page.text and not opens()
    assert om.get(f"/users/name/{name}")["id"] == user["id"]
    held = browser.visit(f"/admin/tokens?q={name}")
    assert not [given for tag, given in held.tags if tag == "button" and given.get("name") == "id"]
    browser.visit(ask("enable"))
    browser.send("/admin/users", do="enable")
    assert not opens(), "what has ended stays ended"
    browser.visit("/admin/tokens")
    page = browser.send("/admin/tokens", do="make", bot=name, days="7")
    token = re.search(r"<pre class=\"copy\"><code>([^<]+)</code>", page.source)[1]
    assert opens()
    # Who administers another account, or none, has no way to it.
    elsewhere = Browser(server).sign_in(by_mail(other_account, "elsewhere"))
    assert elsewhere.visit(ask("delete"), 404).status == 404
    plain = Browser(server).sign_in(heir)
    plain.visit(ask("delete"), 403)
    assert not any("ask=" in link or "/admin" in link for link in plain.visit(f"/people/{name}").links)
    # What another administrator has done with it meanwhile is looked at first.
    browser.visit(ask("delete"))
    om.patch(f"/users/{user['id']}", [{"op": "add", "path": "/description", "value": "d"}])
    browser.send("/admin/users", 409, do="delete")
    assert opens()
    page = browser.visit(ask("delete"))
    assert role["name"] in page.source.split('aria-labelledby="ends"')[1].split("</section>")[0]
    # All of it or nothing: what it was given since is not shown, and nothing is given.
    more = om.post("/dataProducts", {"name": fresh_name("More"), "description": "d", "domains": [domain["name"]], "owners": [{"id": user["id"], "type": "user"}]})
    page = browser.send("/admin/users", 409, do="delete", to=heir.name)
    assert more["name"] in page.text and opens()
    assert [one["name"] for one in om.get(f"/dataProducts/{product['id']}", fields="owners")["owners"]] == [name]
    om.delete(f"/dataProducts/{more['id']}?hardDelete=true")
    browser.visit(ask("delete"))
    page = browser.send("/admin/users", do="delete", to=heir.name)
    said = " ".join(page.roles["status"])
    assert f"{name} is deleted. 1 thing was handed over to {heir.name}" in said and product["name"] in said and not opens(), said
    assert om.call("GET", f"/users/name/{name}").status_code == om.call("GET", f"/bots/name/{name}").status_code == 404
    assert [one["name"] for one in om.get(f"/dataProducts/{product['id']}", fields="owners")["owners"]] == [heir.name]
    # Brought back, it is let in by nothing that it had.
    browser.visit(f"/admin/deleted?restore={user['id']}")
    browser.send("/admin/deleted")
    assert om.get(f"/users/name/{name}")["id"] == user["id"] and not opens()
    assert ask("enable") in browser.visit(f"/people/{name}").links
    # One that came with the catalogue stays, with all that it holds.
    before, asked = om.get("/users/name/ingestion-bot"), "/admin/users?ask=delete&user=ingestion-bot"
    for page in ("/admin/users?q=ingestion-bot", "/people/ingestion-bot"):
        links = browser.visit(page).links
        assert asked not in links and "/admin/users?ask=disable&user=ingestion-bot" in links, "it is not offered"
    browser.visit(asked, 404)
    browser.visit("/admin/users?ask=disable&user=ingestion-bot")
    browser.send("/admin/users", 404, do="delete", to=heir.name)
    assert om.get("/users/name/ingestion-bot") == before and om.get("/bots/name/ingestion-bot")


def test_a_role_is_given_from_the_page_of_a_person_or_a_program(server, browser, om, fresh_name):
    who, other = server.new_user(fresh_name("new")), server.new_user(fresh_name("plain"))
    role = om.post("/roles", {"name": fresh_name("Given"), "policies": ["DataConsumerPolicy"]})
    page = browser.visit(f"/people/{who.name}")
    [to_roles] = [link for link in page.links if link.endswith("#roles")]
    page = browser.visit(to_roles)
    [form] = [link for link in page.links if f"role={role['name']}" in link and "add=" in link]
    page = browser.visit(form)
    assert page.form("/admin/policies")["fields"]["add"] == who.name
    browser.send("/admin/policies", do="check")
    browser.send("/admin/policies", do="save")
    assert role["name"] in [one["name"] for one in om.get(f"/users/{who.id}", fields="roles")["roles"]]
    # Of a product that he does not own, too; others have neither way.
    domain = om.post("/domains", {"name": fresh_name("Given"), "domainType": "Aggregate", "description": "d"})
    product = om.post("/dataProducts", {"name": fresh_name("Given"), "description": "d", "domains": [domain["name"]], "owners": [{"id": other.id, "type": "user"}]})
    to_product = f"/products/{product['fullyQualifiedName']}?tab=access&who={who.name}#who"
    assert to_product in browser.visit(f"/people/{who.name}").links
    plain = Browser(server).sign_in(other)
    page = plain.visit(f"/people/{who.name}")
    assert to_product in page.links and not any("/admin" in link for link in page.links)


def test_who_goes_hands_over_what_he_owns_in_one_step(server, browser, om, fresh_name, sales_tables):
    goer, heir, beside = (server.new_user(fresh_name(name)) for name in ("goer", "heir", "beside"))
    domain = om.post("/domains", {"name": fresh_name("Handed"), "domainType": "Aggregate", "description": "d"})
    owners = [{"id": goer.id, "type": "user"}, {"id": beside.id, "type": "user"}]
    product = om.post("/dataProducts", {"name": fresh_name("Handed"), "description": "d", "domains": [domain["name"]], "owners": owners})
    table = list(sales_tables.values())[-1]
    before = om.get(f"/tables/{table['id']}", fields="owners").get("owners", [])
    om.patch(f"/tables/{table['id']}", [{"op": "add", "path": "/owners", "value": [owners[0]]}])
    try:
        page = browser.visit(f"/admin/users?ask=disable&user={goer.name}")
        assert "Owns 2 things" in page.text and product["name"] in page.text
        for wrong in ("nobody-like-that", goer.name):
            page = browser.send("/admin/users", 400, do="disable", to=wrong)
            assert page.roles["alert"] and page.form("/admin/users")["fields"]["to"] == wrong
        assert not om.get(f"/users/{goer.id}").get("disabled", False)
        other = Browser(server).sign_in(server.admin)
        other.visit(f"/admin/users?ask=disable&user={goer.name}")
        browser.visit(f"/admin/users?ask=disable&user={goer.name}")
        told = browser.send("/admin/users", do="disable", to=heir.name).roles["status"]
        assert goer.name in " ".join(told) and heir.name in " ".join(told) and product["name"] in " ".join(told) and "2 things were" in " ".join(told)
        # Another administrator, whose form is older, does nothing else with it.
        page = other.send("/admin/users", 409, do="disable", to=beside.name)
        assert "Somebody else has changed this person" in " ".join(page.roles["alert"])
        names = lambda at: {one["name"] for one in om.get(at, fields="owners")["owners"]}  # noqa: E731
        assert names(f"/dataProducts/{product['id']}") == {heir.name, beside.name}
        assert names(f"/tables/{table['id']}") == {heir.name}
        headers = {"Authorization": f"Bearer {goer.token}"}
        assert requests.get(server.url + "/api/v1/users/loggedInUser", headers=headers, timeout=30).status_code == 401
        before_again = om.get(f"/dataProducts/{product['id']}")["version"]
        # Sent again, to somebody else: he owns nothing any more.
        browser.visit(f"/admin/users?ask=disable&user={goer.name}")
        told = browser.send("/admin/users", do="disable", to=beside.name).roles["status"]
        assert "There was nothing to hand over" in " ".join(told)
        assert names(f"/tables/{table['id']}") == {heir.name} and om.get(f"/dataProducts/{product['id']}")["version"] == before_again
        at = [f"/dataProducts/{product['id']}", f"/tables/{table['id']}", f"/users/{goer.id}?include=all"]
        assert len({om.get(one)["updatedAt"] for one in at}) == 1, "in one commit"
    finally:
        om.patch(f"/tables/{table['id']}", [{"op": "add", "path": "/owners", "value": before}])


def test_nobody_goes_by_a_form_of_what_he_was_before(server, browser, om, fresh_name):
    goer, heir = server.new_user(fresh_name("goer")), server.new_user(fresh_name("heir"))
    domain = om.post("/domains", {"name": fresh_name("Kept"), "domainType": "Aggregate", "description": "d"})
    owned = {"description": "d", "domains": [domain["name"]], "owners": [{"id": goer.id, "type": "user"}]}
    first = om.post("/dataProducts", {"name": fresh_name("First"), **owned})
    browser.visit(f"/admin/users?ask=disable&user={goer.name}")
    om.patch(f"/users/{goer.id}", [{"op": "add", "path": "/displayName", "value": "Somebody"}])
    page = browser.send("/admin/users", 409, do="disable")
    assert "Somebody else has changed this person" in " ".join(page.roles["alert"])
    assert not om.get(f"/users/{goer.id}").get("disabled", False), "with no heir, too"
    # What he was given since is seen before it is given on.
    second = om.post("/dataProducts", {"name": fresh_name("Second"), **owned})
    page = browser.send("/admin/users", 409, do="disable", to=heir.name)
    assert "has changed since you looked" in " ".join(page.roles["alert"]) and second["name"] in page.text and "Owns 2 things" in page.text
    names = lambda of: {one["name"] for one in om.get(f"/dataProducts/{of['id']}", fields="owners")["owners"]}  # noqa: E731
    assert names(first) == names(second) == {goer.name} and not om.get(f"/users/{goer.id}").get("disabled", False)
    assert page.form("/admin/users")["fields"]["to"] == heir.name
    assert "2 things were" in " ".join(browser.send("/admin/users", do="disable").roles["status"])
    assert names(first) == names(second) == {heir.name}


def test_what_somebody_owns_who_is_out_already_is_handed_over_in_one_step(server, browser, om, fresh_name):
    goer, heir, out = (server.new_user(fresh_name(name)) for name in ("gone", "heir", "gone-too"))
    domain = om.post("/domains", {"name": fresh_name("Kept"), "domainType": "Aggregate", "description": "d"})
    product = om.post("/dataProducts", {"name": fresh_name("Kept"), "description": "d", "domains": [domain["name"]], "owners": [{"id": goer.id, "type": "user"}]})
    service = om.post("/services/databaseServices", {"name": fresh_name("ran"), "serviceType": "Postgres"})
    query = om.post("/queries", {"query": "SELECT  region,\n sum(amount)\nFROM orders" + " /* all */" * 9, "service": service["name"], "owners": [{"id": goer.id, "type": "user"}]})
    named = om.post("/queries", {"query": "SELECT 2", "name": fresh_name("named"), "service": service["name"], "owners": [{"id": goer.id, "type": "user"}]})
    team = om.post("/teams", {"name": fresh_name("Crew"), "teamType": "Group", "users": [goer.id, heir.id]})
    handing = f"/admin/users?ask=hand_over&user={goer.name}"
    browser.visit(handing, 404)
    for who in (goer, out):
        browser.visit(f"/admin/users?ask=disable&user={who.name}")
        browser.send("/admin/users", do="disable")
    # His page says so to who sees it, and leads on who may; lists mark it.
    page = browser.visit(f"/people/{goer.name}")
    assert "This person can no longer sign in." in page.text and handing in page.links
    seen = Browser(server).sign_in(heir)
    page = seen.visit(f"/people/{goer.name}")
    assert "This person can no longer sign in." in page.text and handing not in page.links
    for at in (f"/people?q={goer.name}", f"/teams/{team['name']}"):
        marked = browser.visit(at).source.split(f'href="/people/{goer.name}"')[1].split("</li>")[0]
        assert "disabled" in marked, at
    assert handing in browser.visit(f"/admin/users?q={goer.name}").links or handing in browser.visit("/admin/users").links
    # He is no new owner of anything.
    page = browser.visit(f"/products/{product['fullyQualifiedName']}?edit=owners")
    offered = {given["value"] for tag, given in page.tags if tag == "option" and "value" in given}
    fitting = requests.get(server.url + f"/names?of=user,team&q={out.name}", cookies=browser.session.cookies, timeout=30).text
    assert out.name not in offered and out.name not in fitting
    page = browser.visit(handing)
    assert "Owns 3 things" in page.text and product["name"] in page.text and "stays disabled" in page.text
    words = "SELECT region, sum(amount) FROM orders /* all */ /* all */ /*"
    assert words[:59] in page.text and "\u2026" in page.text and query["name"] not in page.text and named["name"] in page.text, page.text
    for wrong in ("", out.name, goer.name, "nobody-like-that"):
        page = browser.send("/admin/users", 400, do="hand_over", to=wrong)
        assert page.roles["alert"] and page.form("/admin/users")["fields"]["to"] == wrong
    told = browser.send("/admin/users", do="hand_over", to=heir.name).roles["status"]
    assert product["name"] in " ".join(told) and heir.name in " ".join(told)
    assert words[:59] in " ".join(told) and query["name"] not in " ".join(told)
    assert [one["name"] for one in om.get(f"/dataProducts/{product['id']}", fields="owners")["owners"]] == [heir.name]
    assert "This person can no longer sign in." in browser.visit(f"/people/{goer.name}").text, "he is not let in by it"
    page = browser.visit(handing)
    assert "There is nothing to hand over" in page.text and 'value="hand_over"' not in page.source
    seen.visit(handing, 403)


def test_what_is_deleted_is_not_handed_over_and_said_to_be_somewhere(server, browser, om, fresh_name):
    goer = server.new_user(fresh_name("goer"))
    domain = om.post("/domains", {"name": fresh_name("Left"), "domainType": "Aggregate", "description": "d"})
    product = om.post("/dataProducts", {"name": fresh_name("Left"), "description": "d", "domains": [domain["name"]], "owners": [{"id": goer.id, "type": "user"}]})
    assert "deleted thing" not in browser.visit(f"/admin/users?ask=disable&user={goer.name}").text
    om.delete(f"/dataProducts/{product['id']}")
    page = browser.visit(f"/admin/users?ask=disable&user={goer.name}")
    assert "1 deleted thing of this person, which can still be restored" in page.text


def test_tokens_and_those_who_go_in_a_browser(chromium, server, browser, om, fresh_name):  # noqa: F811
    goer = server.new_user(fresh_name("gone"))
    om.post("/dataProducts", {"name": fresh_name("Left"), "description": "d", "owners": [{"id": goer.id, "type": "user"}],
                              "domains": [om.post("/domains", {"name": fresh_name("Left"), "domainType": "Aggregate", "description": "d"})["name"]]})  # fmt: skip
    with Visitor(chromium, server, server.admin) as visitor:
        visitor.open("/admin/tokens")
        visitor.look("tokens of programs")
        visitor.open(f"/admin/users?ask=disable&user={goer.name}")
        visitor.look("somebody who goes")
        browser.visit(f"/admin/users?ask=disable&user={goer.name}")
        browser.send("/admin/users", do="disable")
        for path in (f"/people/{goer.name}", f"/admin/users?ask=hand_over&user={goer.name}"):
            visitor.open(path)
            visitor.look("somebody who is gone")

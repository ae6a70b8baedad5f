"""The pages over plain HTTP: signing in and out, who sees what, forged forms, hostile texts."""

import re
import uuid
from urllib.parse import quote

import pytest
import requests

from pages_door import BROWSER, HOSTILE, Browser, until_found

MARKUP = """# A heading

<script>alert(1)</script> <img src=x onerror=alert(1)> [link](javascript:alert(1)) ![p](https://evil.example/p.png)
<svg onload=alert(1)></svg> [fine](https://example.com/a)
"""


@pytest.fixture(scope="module")
def domain(om, fresh_name) -> str:
    name = fresh_name("PagesDomain")
    om.post("/domains", {"name": name, "domainType": "Aggregate", "description": "For pages."})
    return name


@pytest.fixture(scope="module")
def product(om, fresh_name, domain) -> dict:
    body = {"name": fresh_name("PagesProduct"), "description": MARKUP, "domains": [domain]}
    return om.post("/dataProducts", body)


def test_programs_get_what_they_got_and_people_are_asked_who_they_are(server):
    for accept in ("application/json", "application/json;charset=utf-8, */*;q=0.1"):
        answer = requests.get(server.url + "/", headers={"Accept": accept}, allow_redirects=False, timeout=10)
        assert (answer.status_code, answer.json()) == (404, {"message": "nothing is served at this path"})
    # What names nothing in particular is sent where people are.
    for accept in (BROWSER, {"Accept": None}, {"Accept": "*/*"}, {"Accept": "text/html, application/json"}):
        answer = requests.get(server.url + "/", headers=accept, allow_redirects=False, timeout=10)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/login?next=%2F"), accept
    answer = requests.get(server.url + "/products?q=a+b", headers=BROWSER, allow_redirects=False, timeout=10)
    assert answer.headers["Location"] == "/login?next=%2Fproducts%3Fq%3Da%2Bb"


def test_a_program_with_a_token_gets_the_first_page(server, admin):
    shown = {"Authorization": f"Bearer {admin.token}", "Accept": "*/*"}
    answer = requests.get(server.url + "/", headers=shown, allow_redirects=False, timeout=10)
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html")
    answer = requests.get(server.url + "/", headers=shown | {"Authorization": "Bearer x"}, allow_redirects=False, timeout=10)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login?next=%2F")


def test_signing_in_leads_back_and_never_elsewhere(server, admin):
    person = Browser(server)
    page = person.visit("/products?sort=updated")
    assert person.path == "/login"
    fields = page.form("/login")["fields"]
    assert fields.keys() >= {"username", "password"} and fields["next"] == "/products?sort=updated"
    wrong = person.send("/login", expect=401, username=admin.name, password="not it")
    assert wrong.roles["alert"] and wrong.form("/login")["fields"]["username"] == admin.name
    person.send("/login", username=admin.name, password=admin.password)
    assert (person.path, person.query()) == ("/products", {"sort": "updated"})
    cookie = next(c for c in person.session.cookies if c.name == "emporion_session")
    assert cookie.has_nonstandard_attr("HttpOnly") and cookie.get_nonstandard_attr("SameSite") == "Lax"
    assert "." not in cookie.value and len(cookie.value) >= 32, "a random id, and no token that says anything"
    for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        answer = requests.post(
            server.url + "/login",
            data={"username": admin.name, "password": admin.password, "next": elsewhere},
            allow_redirects=False,
            timeout=10,
        )
        assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_leaving_asks_first_and_then_ends_the_session(server, admin):
    person = Browser(server).sign_in(admin)
    id = person.session.cookies["emporion_session"]
    person.visit("/logout")
    assert person.visit("/products").status == 200, "to look is not to leave"
    person.visit("/logout")
    person.send("/logout")
    assert person.path == "/login"
    again = requests.get(
        server.url + "/products", headers=BROWSER, cookies={"emporion_session": id}, allow_redirects=False, timeout=10
    )
    assert again.status_code == 303, "the id opens nothing any more"


def test_a_new_password_and_a_disabled_user_end_sessions(server, om, fresh_name):
    user = server.new_user(fresh_name("leaver"))
    person = Browser(server).sign_in(user)
    changed = server.cli("user", "reset-password", user.name)
    assert person.visit("/products").url.split("?")[0].endswith("/login")
    person.visit("/login")
    person.send("/login", username=user.name, password=changed["password"])
    assert person.path == "/"
    server.cli("user", "disable", user.name)
    person.visit("/products")
    assert person.path == "/login"


def test_who_guesses_passwords_waits(server, fresh_name):
    user = server.new_user(fresh_name("guessed"))
    person = Browser(server)
    person.visit("/login")
    for _ in range(5):
        person.send("/login", expect=401, username=user.name, password="wrong")
    page = person.send("/login", expect=429, username=user.name, password=user.password)
    assert page.roles["alert"]


def test_forms_that_no_page_made_change_nothing(browser, server):
    token = browser.visit("/logout").form("/logout")["fields"]["token"]
    for headers, fields in (
        ({}, {}),
        ({}, {"token": "0" * len(token)}),
        ({"Origin": "https://evil.example"}, {"token": token}),
        ({"Origin": "null"}, {"token": token}),
        ({"Sec-Fetch-Site": "cross-site"}, {"token": token}),
        ({"Sec-Fetch-Site": "same-site"}, {"token": token}),
    ):
        page = browser.ask("POST", "/logout", data=fields, headers=headers)
        assert page.status == 403, (headers, fields)
    assert browser.visit("/products").status == 200
    answer = requests.post(
        server.url + "/login",
        data={"username": "a", "password": "b"},
        headers={"Origin": "https://evil.example"},
        allow_redirects=False,
        timeout=10,
    )
    assert answer.status_code == 403


def test_a_product_has_an_address_and_its_ids_lead_there(browser, product, om, domain):
    fqn = product["fullyQualifiedName"]
    page = browser.visit("/products/" + quote(fqn, safe=""))
    assert product["name"] in page.title and "For pages" not in page.title
    for other in (product["id"], product["name"]):
        browser.visit(f"/products/{quote(other, safe='')}?tab=assets")
        assert (browser.path, browser.query()) == ("/products/" + quote(fqn, safe=".-_~"), {"tab": "assets"})
    assert domain in browser.visit("/").text
    page = browser.visit(f"/products?domain={quote(domain)}")
    assert product["name"] in page.text and "1 product" in page.text


def test_what_people_write_is_shown_and_never_run(server, browser, om, product, domain, fresh_name):
    name = fresh_name("Hostile") + HOSTILE
    made = om.post("/dataProducts", {"name": name, "description": MARKUP, "domains": [domain], "displayName": name})
    address = "/products/" + quote(made["fullyQualifiedName"], safe="")
    until_found(server)
    for path in (address, address + "?tab=assets", "/products?q=Hostile", "/", "/products?q=" + quote(HOSTILE)):
        page = browser.visit(path)
        scripts = [given for tag, given in page.tags if tag == "script"]
        assert [given.get("type") for given in scripts] == ["module"], "the page's own script alone"
        assert all(tag not in ("iframe", "svg:script", "object", "embed") for tag, _ in page.tags)
        assert all(not re.match(r"(?i)on|style$", key) for _, given in page.tags for key in given), path
        assert not any(link.lower().startswith(("javascript:", "data:", "vbscript:")) for link in page.links)
        assert all(given["src"].startswith("/assets/") for tag, given in page.tags if tag == "img")
        assert "\u202e" not in page.text and "\u200b" not in page.text
    page = browser.visit("/products/" + quote(product["fullyQualifiedName"], safe=""))
    assert "https://example.com/a" in page.links and "alert(1)" in page.text


def test_what_is_not_open_to_somebody_is_not_there_for_him(server, om, bobsled, fresh_name):
    name = fresh_name("Closed product")
    made = bobsled.create(name)
    outsider = Browser(server).sign_in(server.new_user(fresh_name("outsider")))
    unknown = outsider.visit("/products/default.nothing-like-it", expect=404)
    fqn = om.get(f"/dataProducts/{made['id']}")["fullyQualifiedName"]
    closed = outsider.visit("/products/" + quote(fqn, safe=""), expect=404)
    assert [word for word in closed.words if word in unknown.words and name not in word]
    assert name not in outsider.visit("/products").text and name not in outsider.visit("/").text
    until_found(server)
    page = outsider.visit("/products?q=" + quote(name))
    assert "0 products" in page.text


def test_what_is_not_there_offers_a_search(browser):
    page = browser.visit("/products/Nowhere.Net%20sales", expect=404)
    assert any("Net+sales" in link or "Nowhere+Net+sales" in link for link in page.links)
    assert browser.visit("/no/such-page", expect=404).roles["alert"]
    for folder in ("requests", "products"):
        page = browser.visit(f"/{folder}/01a20b57-dbe8-7000-8000-000000000000", expect=404)
        assert not any(link.startswith("/search?q=") for link in page.links), "nobody looks for an id by its digits"


def test_what_others_added_stays_in_a_stale_list(server, browser, om, domain, fresh_name):
    one, two, three = (server.new_user(fresh_name(stem)) for stem in ("first", "second", "third"))
    owners = [{"id": who.id, "type": "user"} for who in (one, two)]
    made = om.post("/dataProducts", {"name": fresh_name("Stale list"), "description": "d", "domains": [domain], "owners": owners})
    at = "/products/" + quote(made["fullyQualifiedName"], safe="")
    browser.visit(at + "?edit=owners")
    om.patch(f"/dataProducts/{made['id']}", [{"op": "add", "path": "/owners/-", "value": {"id": three.id, "type": "user"}}])
    # He takes the second away; what he did not see is kept.
    page = browser.send(at, expect=409, keep=one.id)
    boxes = {given["value"]: "checked" in given for tag, given in page.tags if tag == "input" and given.get("name") == "keep"}
    assert boxes == {one.id: True, two.id: False, three.id: True}
    fields = page.form(at)["fields"] | {"keep": [one.id, three.id]}
    page = browser.ask("POST", at, data=fields, headers={"Origin": browser.base})
    assert "What will be removed" in page.text and two.name in page.text, "what he takes away is shown first"
    assert len(om.get(f"/dataProducts/{made['id']}?fields=owners")["owners"]) == 3
    fields = page.form(at)["fields"] | {"keep": [one.id, three.id]}
    assert browser.ask("POST", at, data=fields, headers={"Origin": browser.base}).status == 200
    assert {who["id"] for who in om.get(f"/dataProducts/{made['id']}?fields=owners")["owners"]} == {one.id, three.id}


def weight(session, url):
    """The bytes of an answer as they are sent to a browser: compressed."""
    with session.get(url, headers={"Accept-Encoding": "gzip, br"}, stream=True, timeout=10) as answer:
        assert answer.headers["Content-Encoding"] in ("gzip", "br"), url
        return len(answer.raw.read(decode_content=False))


def test_assets_are_kept_for_ever_under_their_hash(browser, server):
    page = browser.visit("/")
    found = set(re.findall(r'"(/assets/[^"#]+)', page.source))
    assert len(found) >= 3
    total = weight(browser.session, server.url + "/")
    for path in found:
        answer = requests.get(server.url + path, timeout=10)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        total += weight(browser.session, server.url + path)
        other = re.sub(r"/assets/\w", "/assets/_", path)
        assert requests.get(server.url + other, timeout=10).status_code == 404
    assert total < 50_000


def test_the_pages_speak_the_readers_language_and_wear_what_he_chose(server, fresh_name):
    who, person = server.new_user(fresh_name("reader")), Browser(server)
    person.session.headers["Accept-Language"] = "de-AT,de;q=0.9,en;q=0.5"
    assert "Anmelden" in person.visit("/login").title
    person.visit("/login?next=/products")
    person.send("/login", language="en")
    assert person.page.form("/login")["fields"]["next"] == "/products" and "Sign in" in person.page.title
    person.send("/login", language="de")
    person.send("/login", username=who.name, password=who.password)
    assert person.path == "/products" and "Produkte" in person.page.title
    person.send("/preferences", theme="dark", language="en")
    page = person.visit("/products")
    assert "Products" in page.title
    assert next(given for tag, given in page.tags if tag == "html") == {
        "lang": "en", "data-theme": "dark", "data-copy": "Copy", "data-copied": "Copied",
    }  # fmt: skip


def test_a_product_is_made_described_and_owned_by_forms(browser, domain, fresh_name, server):
    name = fresh_name("By forms")
    other = server.new_user(fresh_name("owner"))
    browser.visit("/products?edit=product&domain=" + quote(domain))
    assert browser.send("/products", expect=400, name="").roles["alert"]
    browser.send("/products", name=name, description="First words.", domain=domain)
    assert browser.query() == {"done": "created"} and name in browser.page.title
    at = browser.path
    browser.visit("/products?edit=product")
    assert name in browser.send("/products", expect=409, name=name, domain=domain).roles["alert"][-1]
    browser.visit("/products?edit=product")
    assert f"{name} is here already" in browser.send("/products", expect=400, name=name.upper(), domain=domain).roles["alert"][-1]
    page = browser.visit(at + "?edit=owners")
    kept = [given for tag, given in page.tags if tag == "input" and given.get("name") == "keep"]
    assert len(kept) == 1, "who made it answers for it"
    assert "no-such-person" in browser.send(at, expect=400, add="no-such-person").roles["alert"][-1]
    browser.send(at, keep=kept[0]["value"], add=other.name)
    assert other.name in browser.visit(at).text
    browser.visit(at + "?edit=description")
    browser.send(at, description="Second words.")
    assert "Second words." in browser.page.text and browser.query() == {"done": "saved"}
    browser.visit(at + "?edit=description")
    browser.send(at)
    assert browser.query() == {"done": "unchanged"}
    history = browser.visit(at + "?tab=activity")
    words = {tag for tag, _ in history.tags}
    assert words >= {"ins", "del"} and "added to owners" in history.text


def test_a_stale_tab_shows_the_difference_and_loses_nothing(browser, om, product, server):
    at = "/products/" + quote(product["fullyQualifiedName"], safe="")
    browser.visit(at + "?edit=description")
    patch = [{"op": "add", "path": "/description", "value": "Theirs came first."}]
    om.patch(f"/dataProducts/{product['id']}", patch)
    stale = browser.send(at, expect=409, description="Mine was\r\ntyped later.")
    form = stale.form(at)
    assert form["fields"]["description"] == "Mine was\ntyped later." and "Theirs came first" in stale.text
    assert om.get(f"/dataProducts/{product['id']}")["description"] == "Theirs came first."
    browser.send(at)
    assert om.get(f"/dataProducts/{product['id']}")["description"] == "Mine was\ntyped later."
    # What changed elsewhere in the record is in nobody's way.
    browser.visit(at + "?edit=description")
    om.patch(f"/dataProducts/{product['id']}", [{"op": "add", "path": "/displayName", "value": "Another name"}])
    browser.send(at, description=MARKUP)
    assert browser.query() == {"done": "saved"}
    for revision in ("", "x", "-1"):
        browser.visit(at + "?edit=description")
        browser.send(at, expect=400, revision=revision)


def test_a_session_that_ends_in_the_middle_of_an_edit_loses_nothing(server, om, product, fresh_name):
    user = server.new_user(fresh_name("slow"), "--admin")
    person = Browser(server).sign_in(user)
    at = "/products/" + quote(product["fullyQualifiedName"], safe="")
    person.visit(at + "?edit=description")
    changed = server.cli("user", "reset-password", user.name)
    page = person.send(at, expect=401, description="Typed for an hour.")
    assert "Typed for an hour." in page.source and page.form("/login")
    person.send("/login", expect=401, username=user.name, password="wrong")
    # Another language is no reason to lose it, nor where he was, nor who he said he is.
    page = person.send("/login", username=user.name, password="", language="de")
    assert "Anmelden" in page.title and "Typed for an hour." in page.source and "aufgehoben" in page.roles["alert"][0]
    fields = page.form("/login")["fields"]
    assert (fields["username"], fields["next"]) == (user.name, at) and "language" not in fields
    page = person.send("/login", username=user.name, password="", language="en")
    page = person.send("/login", username=user.name, password=changed["password"])
    assert om.get(f"/dataProducts/{product['id']}")["description"] != "Typed for an hour."
    assert "Description" in page.text and "Typed for an hour." in page.text, "he sees what will be saved"
    person.send(at)
    assert om.get(f"/dataProducts/{product['id']}")["description"] == "Typed for an hour."


def test_who_has_signed_out_in_another_tab_loses_nothing(server, om, product, fresh_name, admin):
    """The browser bears no session at all any more; the form says whose it is."""
    user = server.new_user(fresh_name("two-tabs"), "--admin")
    person = Browser(server).sign_in(user)
    at = "/products/" + quote(product["fullyQualifiedName"], safe="")
    form = person.visit(at + "?edit=description")
    person.visit("/logout")
    person.send("/logout")
    assert not person.session.cookies.get("emporion_session")
    person.page = form
    page = person.send(at, expect=401, description="Typed in the other tab.")
    assert "what you typed is kept" in page.roles["alert"][0]
    # Nobody else gets it, and it comes from no other site.
    page = person.send("/login", username=admin.name, password=admin.password)
    assert "somebody else" in page.roles["alert"][0] and "other tab" not in page.source
    elsewhere = Browser(server)
    fields = form.form(at)["fields"] | {"description": "Of another site."}
    answer = elsewhere.ask("POST", at, follow=False, data=fields, headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"})
    assert answer.status == 303 and answer.answer.headers["Location"].startswith("/login") and "another site" not in answer.source
    # A form of nobody is of no session that could have ended.
    here = {"Origin": server.url, "Sec-Fetch-Site": "same-origin"}
    answer = elsewhere.ask("POST", at, follow=False, data=fields | {"token": "00"}, headers=here)
    assert answer.status == 303
    person.visit("/logout")
    person.send("/logout")
    person.page = form
    person.send(at, expect=401, description="Typed in the other tab.")
    page = person.send("/login", username=user.name, password=user.password)
    assert "Typed in the other tab." in page.text
    person.send(at)
    assert om.get(f"/dataProducts/{product['id']}")["description"] == "Typed in the other tab."


@pytest.mark.parametrize("forged", [None, "", "nobody"])
def test_what_somebody_typed_is_not_saved_by_another(server, om, product, fresh_name, admin, forged):
    user = server.new_user(fresh_name("leaver"), "--admin")
    person = Browser(server).sign_in(user)
    at = "/products/" + quote(product["fullyQualifiedName"], safe="")
    person.visit(at + "?edit=description")
    server.cli("user", "disable", user.name)
    page = person.send(at, expect=401, description="Words of who has left.")
    fields = {} if forged is None else {"kept_by": forged}
    page = person.send("/login", username=admin.name, password=admin.password, **fields)
    assert "somebody else" in page.roles["alert"][0] and "who has left" not in page.source
    assert not page.forms, "there is nothing to send"
    assert om.get(f"/dataProducts/{product['id']}").get("description") != "Words of who has left."


def test_who_may_not_change_something_is_not_offered_to_and_refused(server, om, product, fresh_name, browser):
    at = "/products/" + quote(product["fullyQualifiedName"], safe="")
    outsider = Browser(server).sign_in(server.new_user(fresh_name("reader")))
    page = outsider.visit(at)
    assert not any("edit=" in link for link in page.links)
    assert not any("edit=product" in link for link in outsider.visit("/products").links)
    refused = outsider.visit(at + "?edit=description", expect=403)
    told = " ".join(refused.roles["alert"])
    assert "You may not edit the description" in told and "None of your rights allows it." in told
    assert "Its owners and editors may do it." in told
    ask = next(link for link in refused.links if "tab=access" in link)
    assert outsider.visit(ask).form(at)["fields"]["wants"] == "editor", "what would let him"
    only = outsider.visit(at + "?edit=owners", expect=403)
    assert "Its owners may do it." in only.text and not any("tab=access" in link for link in only.links)
    token = outsider.visit("/logout").form("/logout")["fields"]["token"]
    body = {"token": token, "of": product["id"], "edit": "description", "revision": "1", "description": "Not mine to say."}
    assert outsider.ask("POST", at, data=body).status == 403
    lends = body | {"edit": "rows", "asset": product["id"], "rows": "granted"}
    assert outsider.ask("POST", at, data=lends).status in (400, 403, 404), "it holds no such asset"
    assert outsider.ask("POST", "/products", data={"token": token, "name": "x", "domain": "default"}).status == 403
    assert om.get(f"/dataProducts/{product['id']}").get("description") != "Not mine to say."


def test_rows_are_lent_and_taken_back_on_the_page(browser, om, bobsled, sales_tables, domain, fresh_name):
    made = om.post("/dataProducts", {"name": fresh_name("Lender"), "description": "Lends.", "domains": [domain]})
    at = "/products/" + quote(made["fullyQualifiedName"], safe="")
    browser.visit(at + "?edit=assets")
    browser.send(at, add=sales_tables["orders"]["fullyQualifiedName"])
    page = browser.visit(at + "?tab=assets")
    assert "1 of 1 tables are shared" in page.text
    # What goes is shown first; nothing has gone yet.
    page = browser.visit(next(link for link in page.links if "take=" in link))
    assert "Stop sharing the rows of" in page.text and "The rows are no longer shared with" in page.text
    assert "1 of 1 tables are shared" in browser.visit(at + "?tab=assets").text
    browser.visit(next(link for link in browser.page.links if "take=" in link))
    browser.send(at)
    assert "0 of 1 tables are shared" in browser.page.text and browser.query()["done"] == "closed"
    browser.send(at, rows="granted")
    assert "1 of 1 tables are shared" in browser.page.text


def test_adding_assets_says_what_that_lends_and_until_when(server, browser, om, sales_tables, domain, fresh_name):
    made = om.post("/dataProducts", {"name": fresh_name("Adder"), "description": "Adds.", "domains": [domain]})
    at = "/products/" + quote(made["fullyQualifiedName"], safe="")
    page = browser.visit(at + "?edit=assets")
    assert "If you manage its rows, they are shared with this product." in page.text, "what adding lends is said before"
    orders, customers, returns = (sales_tables[name]["fullyQualifiedName"] for name in ("orders", "customers", "returns"))
    # What cannot be is said, and nothing typed is lost.
    page = browser.send(at, expect=400, add=[orders, "", "nothing.of.this"], until="2001-01-01")
    assert len(page.roles["alert"]) >= 1 and "nothing.of.this" in page.text and 'value="2001-01-01"' in page.source
    typed = [given["value"] for tag, given in page.tags if tag == "input" and given.get("name") == "add" and given["value"]]
    assert typed == [orders, "nothing.of.this"] and not om.get(f"/dataProducts/{made['id']}/assets?limit=5")["data"]
    # Two at once, until a day, which counts.
    page = browser.send(at, add=[orders, customers], until="2037-12-31")
    said = " ".join(page.roles["status"])
    assert "Added to this product: orders, customers." in said
    assert "Everybody who may query this product can read the rows of orders (until 31 December 2037), customers (until 31 December 2037)." in said
    assert "2 of 2 tables are shared" in page.text and page.source.count("until 31 December 2037") == 4
    # What an address claims is not believed.
    stranger = om.put("/tables", {"name": fresh_name("elsewhere"), "databaseSchema": "warehouse.sales.sales", "columns": [{"name": "id", "dataType": "INT"}]})
    page = browser.visit(f"{at}?tab=assets&done=added&added={stranger['id']},x")
    assert "status" not in page.roles and stranger["name"] not in page.text
    # Who may change the product and holds no rows adds a description.
    editor = server.new_user(fresh_name("describer"))
    om.patch(f"/dataProducts/{made['id']}", [{"op": "add", "path": "/owners", "value": [{"id": editor.id, "type": "user"}]}])
    other = Browser(server).sign_in(editor)
    other.visit(at + "?edit=assets")
    kept = [given["value"] for tag, given in other.page.tags if tag == "input" and given.get("name") == "keep"]
    page = other.send(at, keep=kept, add=returns, until="2037-12-31")
    said = " ".join(page.roles["status"])
    assert "The rows of returns are not shared" in said and "can read" not in said and "2 of 3 tables are shared" in page.text


def test_teams_of_one_name_are_told_apart_by_their_domains(browser, om, fresh_name):
    domains = [om.post("/domains", {"name": fresh_name(stem), "domainType": "Aggregate", "description": "d"})["name"] for stem in ("North", "South")]
    product = om.post("/dataProducts", {"name": fresh_name("Shared"), "description": "d", "domains": [domains[0]]})
    people = browser.visit("/people")
    listed = re.findall(r"Stewards \(([^)]+)\)", people.text)
    assert listed and len(listed) == len(set(listed))
    # So many teams are on the page, and where all of them are.
    assert set(domains) <= set(listed) or "/search?q=kind%3Ateam" in people.links
    for domain in domains:
        assert f"Stewards ({domain})" in browser.visit(f"/teams/{quote(domain, safe='')}.Stewards").text
    at = "/products/" + quote(product["fullyQualifiedName"], safe="")
    for domain, send in zip(domains, (browser.send, browser.send_sure), strict=True):
        browser.visit(at + "?edit=owners")
        send(at, keep=[], add=f"{domain}.Stewards")
    for query in ("", "?tab=access", "?tab=activity", "?edit=owners"):
        assert f"Stewards ({domains[1]})" in browser.visit(at + query).text, query


def test_tables_terms_and_people_have_pages(browser, om, sales_tables, fresh_name, admin):
    table = sales_tables["customers"]
    glossary = om.post("/glossaries", {"name": fresh_name("Pages"), "description": "Words."})["name"]
    term = om.post("/glossaryTerms", {"name": "Buyer", "glossary": glossary, "description": "Who buys.", "synonyms": ["shopper"]})
    label = {"tagFQN": term["fullyQualifiedName"], "source": "Glossary", "labelType": "Manual", "state": "Confirmed"}
    om.patch(f"/tables/{table['id']}", [{"op": "add", "path": "/columns/0/tags", "value": [label]}])
    page = browser.visit("/tables/" + quote(table["fullyQualifiedName"], safe=""))
    assert "Buyer" in page.text and "decimal" in page.text.lower() and "2 columns" in page.text
    page = browser.visit("/terms/" + quote(term["fullyQualifiedName"], safe=""))
    assert "customers" in page.text and "shopper" in page.text and "used once" in page.text
    assert "Buyer" in browser.visit("/glossary/" + quote(glossary)).text
    assert admin.name in browser.visit("/people").text and "administrator" in browser.visit("/people/admin").text
    page = browser.visit("/schemas/warehouse.sales.sales")
    assert "orders" in page.text and "customers" in page.text
    # By another case, as long as it names one.
    browser.visit("/schemas/WAREHOUSE.Sales.sales?tab=activity")
    assert (browser.path, browser.query()) == ("/schemas/warehouse.sales.sales", {"tab": "activity"})
    browser.visit("/people/nobody-like-that", expect=404)


def test_a_record_whose_name_looks_like_an_id_has_its_page(om, browser):
    name = str(uuid.uuid4())
    made = {
        "domains": ("domains", {"domainType": "Aggregate", "description": ""}),
        "glossary": ("glossaries", {"description": ""}),
        "teams": ("teams", {"teamType": "Group"}),
    }
    for folder, (collection, body) in made.items():
        record = om.post(f"/{collection}", {"name": name} | body)
        for named in (name, record["id"]):
            page = browser.visit(f"/{folder}/{named}")
            assert name in page.source, (folder, named)


def test_who_follows_changes_nothing(om, browser, server, fresh_name):
    name = fresh_name("followed")
    domain = om.post("/domains", {"name": name, "domainType": "Aggregate", "description": ""})
    before = browser.visit(f"/domains/{name}?tab=activity").text
    who = server.new_user(fresh_name("follower"))
    om.put(f"/domains/{domain['id']}/followers", who.id)
    assert who.id in str(om.get(f"/domains/{domain['id']}", fields="followers"))
    after = browser.visit(f"/domains/{name}?tab=activity").text
    assert "made a change without details" not in after, after
    assert f"{name} changed" not in browser.visit("/?changes=all").text

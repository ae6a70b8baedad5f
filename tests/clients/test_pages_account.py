"""What somebody proves himself with, on his own page: tokens are made and ended there, and the password changed."""

import re
from dataclasses import replace

import pytest
import requests

import datazone_door
from pages_door import Browser


@pytest.fixture
def person(server, fresh_name):
    return server.new_user(fresh_name("holder"))


@pytest.fixture
def browser(server, person) -> Browser:
    return Browser(server).sign_in(person)


def who(server, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(server.url + "/api/v1/users/loggedInUser", headers=headers, timeout=10).status_code


def test_a_token_is_made_shown_once_and_ended(server, browser):
    browser.visit("/account")
    page = browser.send("/account", days="30", do="make")
    token = re.search(r"<code>([^<]{20,})</code>", page.source).group(1)
    assert page.roles["status"] and who(server, token) == 200
    again = browser.visit("/account")
    assert token not in again.source and not again.roles.get("status"), "it is shown once, and loading it again makes no other one"
    # The account was made with one, too.
    rows = [row for row in re.findall(r"<tr>.*?</tr>", again.source, re.S) if re.search("<bdi>(command line|pages)</bdi>", row)]
    assert len(rows) == 2 and sum("command line" in row for row in rows) == 1, "each is called by where it was made"
    for row in rows:
        browser.visit("/account")
        browser.send_sure("/account", id=re.search(r'name="id" value="([^"]+)"', row).group(1))
    assert browser.query() == {"done": "deleted"} and who(server, token) == 401


def test_who_makes_a_token_for_a_product_comes_back_to_it(server, browser, om, fresh_name):
    domain = om.post("/domains", {"name": fresh_name("Used"), "domainType": "Aggregate", "description": "d"})
    product = om.post("/dataProducts", {"name": fresh_name("Used"), "description": "d", "domains": [domain["fullyQualifiedName"]]})
    use = f"/products/{product['fullyQualifiedName']}?tab=use"
    making = {link.split("#")[0] for link in browser.visit(use).links if link.startswith("/account?")}
    assert making == {f"/account?for={product['id']}"}
    assert use in browser.visit(making.pop()).links
    for do in ("make", "key"):
        page = browser.send("/account", days="30", do=do)
        assert page.roles["status"] and use in page.links and f": {product['name']}" in page.text
    # Of what is no product nothing is said.
    for other in (domain["id"], "no-id", "00000000-0000-0000-0000-000000000000"):
        page = browser.visit(f"/account?for={other}")
        assert "Back to" not in page.text and "Used" not in page.text


def test_a_token_is_called_as_its_holder_calls_it(server, browser):
    browser.visit("/account")
    page = browser.send("/account", days="7", do="make", label="nightly <b>report</b>")
    assert "<bdi>nightly &#60;b&#62;report&#60;/b&#62;</bdi>" in page.source
    browser.visit("/account")
    page = browser.send("/account", days="7", do="make", label="x" * 81, expect=400)
    assert page.roles["alert"] and "<pre" not in page.source


def test_what_was_made_is_shown_to_nobody_else(server, person, browser, fresh_name):
    """Neither the cookie that it waits in, in another browser, nor one that somebody made up."""
    token = browser.visit("/account").form("/account")["fields"]["token"]
    headers = {"Origin": server.url, "Sec-Fetch-Site": "same-origin"}
    made = browser.session.post(server.url + "/account", data={"token": token, "days": "7", "do": "make"}, headers=headers,
                                allow_redirects=False, timeout=10)  # fmt: skip
    assert made.status_code == 303 and made.headers["Location"] == "/account" and not made.text
    cookie = made.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/account" in cookie
    sealed = re.match(r"emporion_made=([^;]+);", cookie)[1]
    other = Browser(server).sign_in(server.new_user(fresh_name("prying")))
    for value in (sealed, "x", sealed[:-4]):
        other.session.cookies.set("emporion_made", value, path="/account", domain=other.session.cookies.list_domains()[0])
        assert "<pre" not in other.visit("/account").source
    assert "<pre" in browser.visit("/account").source


def test_an_access_key_is_made_and_signs(server, person, browser):
    browser.visit("/account")
    page = browser.send("/account", do="key")
    lines = dict(re.findall(r"export (AWS_\w+)=(\S+?)(?:\n|</code>)", page.source))
    made = replace(person, access_key_id=lines["AWS_ACCESS_KEY_ID"], secret_access_key=lines["AWS_SECRET_ACCESS_KEY"])
    assert made.access_key_id != person.access_key_id
    assert datazone_door.raw(server, made, "GET", "/v2/domains").status_code == 200
    again = browser.visit("/account")
    assert made.secret_access_key not in again.source and made.access_key_id in again.source, "it is shown once"
    browser.send_sure("/account", id=f"key:{made.access_key_id}")
    assert datazone_door.raw(server, made, "GET", "/v2/domains").status_code in (401, 403)


def test_the_login_in_use_is_told_from_others(server, person, browser):
    Browser(server).sign_in(person)
    page = browser.visit("/account")
    assert page.source.count("<td><bdi>the one you are signed in with</bdi>") == 1 and page.source.count(">login<") >= 2


def typed(old: str, new: str, again: str) -> dict:
    return {"old_password": old, "new_password": new, "again_password": again}


def test_the_password_is_changed_by_who_knows_it(server, person, browser):
    new = "Quite-another-1!"
    browser.visit("/account")
    for fields in (("wrong", new, new), (person.password, new, "other")):
        page = browser.send("/account", expect=400, do="password", **typed(*fields))
        assert page.roles["alert"] and new not in page.source
    browser.send("/account", do="password", **typed(person.password, new, new))
    assert browser.path == "/login"
    browser.visit("/account")
    assert browser.path == "/login", "every session is ended"
    browser.visit("/login")
    browser.send("/login", username=person.name, password=new)
    assert browser.path == "/"


def test_nobody_ends_the_token_of_another(server, admin, browser, fresh_name):
    other = Browser(server).sign_in(server.new_user(fresh_name("other")))
    other.visit("/account")
    token = re.search(r"<code>([^<]{20,})</code>", other.send("/account", days="7", do="make").source).group(1)
    ids = [given["value"] for tag, given in other.visit("/account").tags if tag == "button" and given.get("name") == "id"]
    for one in ids:
        browser.visit("/account")
        form = browser.page.form("/account")
        answer = browser.ask("POST", "/account", data=form["fields"] | {"id": one}, headers={"Origin": browser.base})
        assert answer.status in (403, 404), answer.status
    assert who(server, token) == 200


def test_forms_that_no_page_made_make_nothing(server, browser):
    for fields in ({"do": "make", "days": "365"}, {"do": "password"} | typed("x", "y", "y"), {"id": "x"}):
        assert browser.ask("POST", "/account", data=fields).status == 403
    browser.visit("/account")
    form = browser.page.form("/account")
    answer = browser.ask("POST", "/account", data=form["fields"] | {"do": "make", "days": "99999"}, headers={"Origin": browser.base})
    assert answer.status == 404


def test_no_password_stays_on_the_page_of_who_signs_in_again(server, fresh_name):
    user = server.new_user(fresh_name("slow"))
    person = Browser(server).sign_in(user)
    person.visit("/account")
    changed = server.cli("user", "reset-password", user.name)
    new = "Never-to-be-kept-1!"
    page = person.send("/account", expect=401, do="password", **typed("Old-secret-2!", new, new))
    assert "Old-secret-2!" not in page.source and new not in page.source and "passwords" in page.roles["alert"][0]
    assert not [name for name in page.form("/login")["fields"] if "username" in name and name != "username"]
    page = person.send("/login", username=user.name, password=changed["password"])
    assert new not in page.source and "You also typed a password or another secret. Secrets are not kept: open the form and type it again" in page.text
    assert user.name not in page.source and changed["password"] not in page.source, "nothing was typed but secrets"
    assert not [form for form in page.forms if form["method"] == "post"], "half a form is not sent"
    assert "/account" in page.links

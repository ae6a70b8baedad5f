"""Giving roles on a product on its page, and taking them back: who may, what it gives, and what is left of row filters."""

import re
from datetime import date, timedelta
from urllib.parse import quote

import pytest

from pages_door import Browser
from rows_world import REGION, RowsWorld


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = RowsWorld(tmp_path_factory.mktemp("roles"))
    made.at = "/products/" + quote(made.om.get(f"/dataProducts/{made.product}")["fullyQualifiedName"], safe=".-_~")
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace")


@pytest.fixture(scope="module")
def owner(world) -> Browser:
    return Browser(world.server).sign_in(world.people["product_owner"])


def new(world, name: str):
    world.people[name] = world.server.new_user(name)
    return world.people[name]


def rows(world, who: str) -> str:
    return world.door(who).call("POST", f"{world.path}/run-sql", {"sql": "SELECT region FROM customer"}).text


def roles(world) -> dict[str, dict]:
    return {user["name"]: user for user in world.bob.get(f"{world.path}/users")["users"]}


def give(world, browser: Browser, expect: int = 200, **fields):
    browser.visit(world.at + "?tab=access")
    return browser.send(world.at + "/roles", expect=expect, **fields)


def test_an_owner_gives_access_and_takes_it_back(world, owner):
    dan = new(world, "role-dan")
    assert REGION not in rows(world, "role-dan")
    page = give(world, owner, who="role-dan", role="viewer")
    assert owner.query() == {"tab": "access", "done": "given", "to": dan.id}
    assert "role-dan may now query customer." in " ".join(page.roles["status"])
    open_to_him = "Among them is personal data: customer.email. Who may query the rows reads it as it is, unless a mask hides it."
    assert open_to_him in " ".join(page.roles["status"]) and open_to_him in owner.visit(world.at + "?tab=access").text
    assert open_to_him in owner.visit(f"{world.at}?tab=access&filter={dan.id}").text
    assert REGION in rows(world, "role-dan") and roles(world)["role-dan"]["role"] == "viewer"
    mail = world.om.get("/users/name/role-dan")["email"]
    give(world, owner, who=mail, role="editor")
    assert roles(world)["role-dan"]["role"] == "editor"
    give(world, owner, take=dan.id)
    assert owner.query() == {"tab": "access", "done": "taken"}
    assert "role-dan" not in roles(world) and REGION not in rows(world, "role-dan")


def test_a_role_is_given_until_a_day(world, owner):
    new(world, "role-fay")
    end = date.today() + timedelta(days=30)
    page = owner.visit(world.at + "?tab=access")
    assert "whose rows are shared with this product: now customer" in page.text
    give(world, owner, who="role-fay", role="viewer", until=end.isoformat())
    assert REGION in rows(world, "role-fay")
    fay = Browser(world.server).sign_in(world.people["role-fay"])
    said = f"until {end.day} {end:%B} {end.year}"
    assert f"You are viewer of this product, {said}" in fay.visit(world.at + "?tab=access").text
    sooner = end - timedelta(days=9)
    give(world, owner, who="role-fay", role="viewer", until=sooner.isoformat())
    assert f"until {sooner.day} {sooner:%B}" in fay.visit(world.at + "?tab=access").text, "the newest end counts"
    give(world, owner, who="role-fay", role="viewer")
    assert "until" not in fay.visit(world.at + "?tab=access").text.split("Who has which role")[0], "and none"
    page = give(world, owner, 409, who="role-fay", role="viewer", until=end.isoformat())
    assert "has that role already without an end" in " ".join(page.roles["alert"])
    page = give(world, owner, 400, who="role-fay", role="admin", until=end.isoformat())
    assert "The role owner cannot have an end date. Leave it empty, or give another role" in " ".join(page.roles["alert"])
    assert page.form(world.at + "/roles")["fields"]["until"] == end.isoformat()
    give(world, owner, 400, who="role-fay", role="viewer", until="2001-01-01")
    # Who gives no roles gives none for a time either.
    token = fay.visit("/logout").form("/logout")["fields"]["token"]
    body = {"token": token, "of": world.product, "who": "stranger", "role": "viewer", "until": end.isoformat()}
    assert fay.ask("POST", world.at + "/roles", data=body).status == 403
    assert REGION not in rows(world, "stranger")
    # A lower one takes no higher one away.
    give(world, owner, who="role-fay", role="editor", until=end.isoformat())
    page = give(world, owner, 409, who="role-fay", role="viewer", until=sooner.isoformat())
    assert "already has the role editor" in " ".join(page.roles["alert"]) and page.source.count("autofocus") == 1
    give(world, owner, who="role-fay", role="editor")
    page = give(world, owner, 409, who="role-fay", role="viewer")
    assert roles(world)["role-fay"]["role"] == "editor"


def test_what_goes_with_a_role_is_shown_before_it_is_taken(world, owner):
    user = world.people["filtered"].id
    page = owner.visit(world.at + "?tab=access")
    ask = next(link for link in page.links if f"take={user}" in link)
    page = owner.visit(ask)
    assert "Remove the role of filtered" in page.text and "region = 'EU'" in page.text
    assert "The role viewer ends at once." in page.text and "The right to query 1 of" in page.text
    assert "filtered" in roles(world), "a look takes nothing"
    # Who gives no roles is shown no conditions of others.
    editor = Browser(world.server).sign_in(world.people["editor"])
    page = editor.visit(ask)
    assert "Remove the role" not in page.text and "region = 'EU'" not in page.text
    for nobody in ("nobody", world.product):
        assert "Remove the role of" not in owner.visit(f"{world.at}?tab=access&take={nobody}").source.split("<h2")[1]
    eve = new(world, "role-eve")
    give(world, owner, who="role-eve", role="viewer")
    stale = owner.visit(f"{world.at}?tab=access&take={eve.id}").form(world.at + "/roles")["fields"]
    give(world, owner, who="role-eve", role="editor")
    page = owner.ask("POST", world.at + "/roles", data=stale, headers={"Origin": owner.base, "Sec-Fetch-Site": "same-origin"})
    assert page.status == 409 and "The roles have changed. Check what will be removed, then remove it" in " ".join(page.roles["alert"])
    assert roles(world)["role-eve"]["role"] == "editor"
    owner.visit(f"{world.at}?tab=access&take={eve.id}")
    owner.send(world.at + "/roles")
    assert owner.query() == {"tab": "access", "done": "taken"} and "role-eve" not in roles(world)


def test_who_has_a_row_filter_keeps_it(world, owner):
    assert REGION not in rows(world, "filtered")
    give(world, owner, who="filtered", role="viewer")
    assert roles(world)["filtered"]["rowFilters"] == {"customer": "region = 'EU'"}
    assert REGION not in rows(world, "filtered")


@pytest.mark.parametrize("who", ["viewer", "editor", "member", "stranger"])
def test_who_may_not_give_roles_has_no_form_and_cannot(world, who):
    browser = Browser(world.server).sign_in(world.people[who])
    page = browser.visit(world.at + "?tab=access")
    assert not any(form["action"].endswith("/roles") for form in page.forms)
    token = browser.visit("/logout").form("/logout")["fields"]["token"]
    before = roles(world)
    for body in ({"who": who, "role": "admin"}, {"take": world.people["viewer"].id if who != "viewer" else world.people["editor"].id}):
        answer = browser.ask("POST", world.at + "/roles", data={"token": token, "of": world.product} | body)
        assert answer.status == 403, (body, answer.status)
    assert roles(world) == before


def test_what_cannot_be_is_said_beside_what_was_typed(world, owner):
    before = roles(world)
    hostile = '<img src=x onerror=alert(1)> "nobody"'
    page = give(world, owner, 400, who=hostile, role="editor")
    assert page.roles["alert"] and page.form(world.at + "/roles")["fields"] | {"token": ""} == {
        "token": "", "of": world.product, "who": hostile, "role": "editor", "until": ""}  # fmt: skip
    assert "<img src=x" not in page.source
    said = give(world, owner, 400, who="Organization", role="viewer").roles["alert"][0]
    assert "Organization is the team of everybody" in said
    give(world, owner, 400, who="viewer", role="emperor")
    give(world, owner, 400, take="nobody")
    assert roles(world) == before


def test_who_gives_roles_asks_the_gate_what_somebody_sees(world, owner):
    page = owner.visit(f"{world.at}?tab=access&about=viewer")
    answers = dict(re.findall(r'<th scope="row">([^<]+)</th><td>.*?(yes|no)</span></td>', page.source.split('id="simulator"')[1], re.S))
    assert answers["view"] == "yes" and answers["delete"] == "no"
    before_ways = page.source.split('class="simulated"')[1].split("<table")[0]
    assert "<details" not in before_ways, "what comes of each way is told before the rules"
    before_rules = page.source.split('class="simulated"')[1].split("<details")[0]
    assert "Can see it, and query what is shared with it." in before_rules, "the verdict comes first"
    assert "policy" not in page.source.split('id="simulator"')[1] and "Roles:" not in page.text, "which roles somebody has in the account is told to administrators"
    assert "No person that you may see is called" in owner.visit(f"{world.at}?tab=access&about=nobody-like-that").roles["alert"][0]
    for who in ("editor", "viewer", "stranger"):
        page = Browser(world.server).sign_in(world.people[who]).ask("GET", f"{world.at}?tab=access&about=viewer")
        assert 'id="simulator"' not in page.source, who


def test_row_filters_are_told_to_who_may_see_them_alone(world, owner):
    page = owner.visit(world.at + "?tab=access")
    assert "not shown to you" not in page.text and "region = 'EU'" in page.text and "all rows" in page.text
    page = Browser(world.server).sign_in(world.people["viewer"]).visit(world.at + "?tab=access")
    assert "you may not see the row filters" in page.text and "region = 'EU'" not in page.text
    assert page.text.count("all rows") == 1, "it is said of himself, and of nobody else"
    page = Browser(world.server).sign_in(world.people["stranger"]).visit(world.at + "?tab=access")
    assert "you may not see the row filters" in page.text and "all rows" not in page.text


def test_a_role_that_nobody_had_is_said_to_be_none(world, owner):
    before = roles(world)
    assert "stranger" not in before
    page = give(world, owner, take=world.people["stranger"].id)
    assert owner.query()["done"] == "taken"
    assert "This person had no role on the product that could be removed" in " ".join(page.roles["status"])
    assert roles(world) == before


def test_somebody_is_left_who_answers_for_it(world, owner):
    owners = [user for user in roles(world).values() if user["role"] == "admin"]
    *others, last = sorted(owners, key=lambda user: user["name"] == "product-owner")
    for user in others:
        give(world, owner, take=user["userId"])
    page = give(world, owner, 409, take=last["userId"])
    assert "This is the last owner of the product. Name another owner first" in page.roles["alert"][0]
    assert [user["name"] for user in roles(world).values() if user["role"] == "admin"] == [last["name"]]


def test_forms_that_no_page_made_give_nothing(world, owner):
    before = roles(world)
    token = Browser(world.server).sign_in(world.people["editor"]).visit("/logout").form("/logout")["fields"]["token"]
    for fields, headers in (({}, {}), ({"token": token}, {}), ({}, {"Sec-Fetch-Site": "cross-site"})):
        assert owner.ask("POST", world.at + "/roles", data={"who": "stranger", "role": "admin"} | fields, headers=headers).status == 403
    assert roles(world) == before

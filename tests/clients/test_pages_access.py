"""Giving somebody access from the page of a table: who is offered it, both steps of it, and what is said between them."""

import re
from urllib.parse import quote, urlsplit

import pytest

from rows_world import REGION, TABLE, RowsWorld

AT = "/tables/" + quote(TABLE, safe=".-_~")
ACCESS = AT + "?tab=access"
ENTRY = "Give somebody access"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = RowsWorld(tmp_path_factory.mktemp("access"))
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace")


def product(world, name: str) -> tuple[str, str]:
    """One that is not lent the rows of the table, which only those with a role see; its path in Bobsled, its page."""
    body = {"name": name, "dataSourceId": world.source, "dataAssets": [{"tableName": "customer", "rows": "closed"}],
            "isDeployed": True}  # fmt: skip
    path = f"/data-products/{world.bob.post('/data-products', body, expect=201)['dataProduct']['id']}"
    world.bob.patch(f"{path}/users", {"add": [{"email": world.mail("product_owner"), "role": "admin"}]})
    return path, f"/products/default.{quote(name)}"


def lending(page) -> list[dict]:
    """The forms of a page that lend rows which are not lent."""
    return [form["fields"] for form in page.forms if form["fields"].get("seen") == "closed"]


def reads(world, who: str, path: str) -> bool:
    return REGION in world.door(who).call("POST", f"{path}/run-sql", {"sql": "SELECT region FROM customer"}).text


def primary(page) -> list[tuple[str, str]]:
    """What the head of a page leads to before all else: where, and what that is called."""
    head = page.source.split('<header class="page">')[1].split("</header>")[0]
    return re.findall(r'<a class="button primary" href="([^"]*)">([^<]*)</a>', head)


def newcomer(world, name: str) -> str:
    world.people[name] = world.server.new_user(name)
    return world.people[name].id


def test_who_has_a_role_without_rows_is_told_which_and_who_gives_the_rest(world):
    newcomer(world, "onlooker")
    path, at = product(world, "Described")
    world.bob.patch(f"{path}/users", {"add": [{"userId": world.people["onlooker"].id, "role": "viewer", "allowSql": False}]})
    for tab in ("", "?tab=assets"):
        said = world.browser("onlooker").visit(at + tab).text
        assert "You have the role viewer on this product, without reading rows" in said, said
        assert "you have no role" not in said and "What is missing can be given by" in said and "product-owner" in said
        assert at + "?tab=access" in world.browser("onlooker").page.links
    asked = world.browser("onlooker").visit(at + "?tab=ask").text
    assert "You have the role viewer on this product, without reading rows" in asked and "You need a role" not in asked
    # With rows, nothing of it is said; without any role, that.
    world.bob.patch(f"{path}/users", {"update": [{"userId": world.people["onlooker"].id, "allowSql": True}]})
    assert "without reading rows" not in world.browser("onlooker").visit(at).text
    opened = world.browser("stranger").visit("/products/" + world.om.get(f"/dataProducts/{world.product}")["fullyQualifiedName"]).text
    assert "you have no role on this product" in opened and "What is missing can be given by" in opened
    # A team that he has put himself into brings him none: it is named to him, with its role.
    newcomer(world, "mate")
    team = world.om.post("/teams", {"name": "Lookers", "teamType": "Group", "isJoinable": True})
    admin = world.browser("admin")
    admin.visit(f"{at}?tab=access")
    admin.send(f"{at}/roles", who=team["fullyQualifiedName"], role="viewer")
    rule = {"name": "r", "effect": "allow", "operations": ["EditUsers", "EditAll"], "resources": ["team"]}
    world.om.post("/policies", {"name": "Joining", "rules": [rule]})
    role = world.om.post("/roles", {"name": "Joiners", "policies": ["Joining"]})
    world.om.patch(f"/users/{world.people['mate'].id}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    patch = {"Content-Type": "application/json-patch+json"}
    theirs, joining = world.metadata("mate"), [{"id": world.people["mate"].id, "type": "user"}]
    theirs.call("PATCH", f"/teams/{team['id']}", json=[{"op": "add", "path": "/users", "value": joining}], headers=patch, expect=200)
    said = world.browser("mate").visit(at).text
    assert "Your team Lookers has the role viewer on this product" in said and "you have no role" not in said, said
    assert "you are none of them" in said


def test_who_contributes_to_a_team_whose_role_is_in_name_is_told_that(world):
    """Not that he is in the team without rows; and nobody is sent to an owner who has none to give."""
    path, at = product(world, "Passed")
    for name in ("passer", "receiver"):
        newcomer(world, name)
    role = world.om.get("/roles/name/DataSteward")
    world.om.patch(f"/users/{world.people['passer'].id}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    world.bob.patch(f"{path}/users", {"add": [{"userId": world.people["passer"].id, "role": "viewer", "allowSql": False}]})
    owner = [{"op": "add", "path": "/owners/-", "value": {"id": world.people["passer"].id, "type": "user"}}]
    world.metadata("passer").patch(f"/dataProducts/{path.rsplit('/', 1)[1]}", owner)
    team = world.om.post("/teams", {"name": "Receivers", "teamType": "Group", "users": [world.people["receiver"].id]})
    passer = world.browser("passer")
    passer.visit(f"{at}?tab=access")
    passer.send(f"{at}/roles", who=team["fullyQualifiedName"], role="viewer")
    for tab in ("", "?tab=ask"):
        page = world.browser("receiver").visit(at + tab)
        assert "Your team Receivers has the role viewer on this product in name: it brings nobody rows" in page.text, page.text
        assert "you are none of them" not in page.text
    given = world.browser("receiver").visit(at).source.split("What is missing can be given by")[1].split("</p>")[0]
    assert "product-owner" in given and "passer" not in given, given


def test_the_way_is_offered_to_who_can_give_something(world):
    for who in ("admin", "table_owner", "product_owner"):
        page = world.browser(who).visit(AT)
        assert ENTRY in page.text and ACCESS in page.links, who
    for who in ("viewer", "editor", "filtered", "stranger", "part", "member"):
        browser = world.browser(who)
        assert ENTRY not in browser.visit(AT).text, who
        page = browser.visit(ACCESS)
        assert "You manage its rows" not in page.text and not lending(page), who
        assert not [form for form in page.forms if form["action"].endswith("/roles")], who
    world.browser("outsider").visit(ACCESS, expect=404)


def test_the_page_of_a_person_leads_to_the_form_with_him_in_it(world):
    _, at = product(world, "Invited")
    newcomer(world, "invited")
    person, said = "/people/invited", "Give access to one of your products"
    for who in ("table_owner", "viewer", "editor", "filtered", "stranger", "part", "member"):
        page = world.browser(who).visit(person)
        assert said not in page.text and not [link for link in page.links if "who=" in link], who
    owner = world.browser("product_owner")
    assert said not in owner.visit("/people/product-owner").text, "nobody gives it to himself"
    page = owner.visit(person)
    form = f"{at}?tab=access&who=invited"
    assert said in page.text and f"{form}#who" in page.links, page.links
    assert owner.visit(form).form(at + "/roles")["fields"]["who"] == "invited"
    owner.send(at + "/roles", role="viewer")
    assert owner.query()["done"].startswith("given") and "invited" in owner.page.text
    # An address gives nobody what he may not do.
    page = world.browser("viewer").visit(f"/products/{world.product}?tab=access&who=invited")
    assert not [one for one in page.forms if one["action"].endswith("/roles")]


def test_one_thing_comes_before_all_else_at_the_head_of_the_page(world):
    for who in ("admin", "product_owner", "editor", "viewer", "filtered"):
        page = world.browser(who).visit(f"/products/{world.product}")
        at = urlsplit(page.url).path
        assert primary(page) == [(f"{at}?tab=ask", "Ask")], who
        # A form on a tab is what comes first there.
        assert primary(world.browser(who).visit(f"{at}?tab=ask")) == [], who
    for who in ("stranger", "part"):
        browser = world.browser(who)
        assert primary(browser.visit(f"/products/{world.product}")) == [(f"{at}?tab=access", "Ask for access")], who
        assert primary(browser.visit(f"{at}?tab=assets")) == [(f"{at}?tab=access", "Ask for access")], who
        assert primary(browser.visit(AT)) == [(ACCESS, "Ask for access")], who
    for who in ("admin", "table_owner", "product_owner"):
        assert primary(world.browser(who).visit(AT)) == [(ACCESS, ENTRY)], who
    # Who may query it, and give nothing, has nothing to ask for.
    assert primary(world.browser("viewer").visit(AT)) == []


def test_a_role_is_given_and_then_the_rows_are_lent(world):
    path, at = product(world, "Steps")
    ann = newcomer(world, "ann")
    admin = world.browser("admin")
    admin.visit(ACCESS)
    page = admin.send(f"{at}/roles", who="ann")
    asked = admin.query()
    assert admin.path == AT and (asked["tab"], asked["done"], asked["to"]) == ("access", "given", ann)
    assert "The role is given" in page.text and "ann has a role here. The rows of the table are not shared with this product yet" in page.text
    assert not reads(world, "ann", path)
    (form,) = [form for form in lending(page) if form["loan"] == asked["loan"]]
    assert form["to"] == ann
    here = {"Origin": admin.base, "Sec-Fetch-Site": "same-origin"}
    page = admin.ask("POST", AT, data=form | {"rows": "granted"}, headers=here)
    assert page.status == 200 and admin.path == AT and admin.query()["done"] == "granted"
    assert "The rows are shared." in page.text and "ann may now query the table" in page.text
    assert reads(world, "ann", path)
    assert form["loan"] not in [form["loan"] for form in lending(page)]


def test_what_was_done_is_believed_of_no_address(world):
    path, at = product(world, "Made up")
    admin = world.browser("admin")
    loan = next(form["loan"] for form in lending(admin.visit(ACCESS)))
    for to in (world.people["stranger"].id, world.product, "nobody", "%00", ""):
        page = admin.visit(f"{ACCESS}&done=given&to={to}&loan={loan}")
        assert "has a role here" not in page.text and "may now query" not in page.text, to
        page = admin.visit(f"{at}?tab=access&done=given&to={to}")
        assert "may now query" not in page.text and "may not query anything" not in page.text, to
    assert not reads(world, "stranger", path)


def test_who_gives_roles_and_holds_no_rows_is_led_to_where_he_asks_for_them(world):
    path, at = product(world, "Unlent")
    bea = newcomer(world, "bea")
    owner = world.browser("product_owner")
    page = owner.visit(ACCESS)
    assert not lending(page) and f"{at}?tab=access" in page.links
    page = owner.send(f"{at}/roles", who="bea")
    assert owner.path == AT and "bea has a role here" in page.text and not lending(page)
    # What is wrong is said on the page of the product; from there he comes back to the table.
    owner.visit(ACCESS)
    page = owner.send(f"{at}/roles", expect=400, who="nobody-like-that")
    assert page.form(f"{at}/roles")["fields"]["table"] == world.table["id"]
    owner.send(f"{at}/roles", who="bea", role="viewer")
    assert owner.path == AT and owner.query()["to"] == bea
    # A table that is not of the product leads nowhere.
    owner.visit(f"{at}?tab=access")
    owner.send(f"{at}/roles", who="bea", role="viewer", table=world.product)
    assert owner.path == at
    assert not reads(world, "bea", path)


def test_who_holds_rows_lends_none_to_a_product_that_is_hidden_from_him(world):
    product(world, "Unseen")
    page = world.browser("table_owner").visit(ACCESS)
    assert "Unseen" in page.text and "restricted" in page.text and not lending(page)


def test_the_product_says_what_a_role_lets_one_query_and_what_not_yet(world):
    path, at = product(world, "Told")
    newcomer(world, "cid")
    owner = world.browser("product_owner")
    page = owner.visit(f"{at}?tab=access")
    closed = "The rows of customer are not shared with this product."
    assert "No rows are shared with this product yet" in page.text and closed in page.text and f"{at}?tab=assets" in page.links
    page = owner.send(f"{at}/roles", who="cid", role="viewer")
    said = " ".join(page.roles["status"])
    assert "The role is given" in said and "cid may not query anything with this role yet" in said and closed in said
    admin = world.browser("admin")
    page = admin.visit(f"{at}?tab=assets")
    assert "Everybody who may query the product can read these rows." in page.text and f"{at}?tab=access#others" in page.links
    called = [given.get("aria-label") for tag, given in page.tags if tag == "button"]
    assert "Share rows: customer" in called
    admin.send(at, rows="granted")
    assert reads(world, "cid", path)
    owner.visit(f"{at}?tab=access")
    page = owner.send(f"{at}/roles", who="cid", role="editor")
    assert "cid may now query customer." in " ".join(page.roles["status"]) and closed not in page.text

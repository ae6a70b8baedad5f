"""States of pages that somebody comes to seldom: the step before something goes, what somebody else changed meanwhile, what
is refused, a session that ended. Each is looked at by axe, wide and narrow, in the light and in the dark."""

import re
from urllib.parse import quote

import pytest

from openmetadata_door import reference
from pages_browser import Visitor
from rows_world import RowsWorld
from test_pages_loans import AT, MARK, lent_by, owners, product

LONG = "Named so long that it cannot stand in one line of a telephone, whoever holds it, and however"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = RowsWorld(tmp_path_factory.mktemp("states"))
    made.product_at = "/products/" + quote(made.om.get(f"/dataProducts/{made.product}")["fullyQualifiedName"], safe=".-_~")
    made.at = {name: f"/{folder}/{quote(fqn, safe='.-_~')}" for name, (folder, fqn) in of_all_sorts(made.om).items()}
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace")


def of_all_sorts(om) -> dict[str, tuple[str, str]]:
    """A product with a past, another of the same name, a team with somebody in it."""
    for domain in ("Here", "There"):
        om.post("/domains", {"name": domain, "domainType": "Aggregate", "description": "d"})
        om.post("/dataProducts", {"name": "Twice", "description": "d", "domains": [domain]})
    past = om.post("/dataProducts", {"name": LONG, "description": "What it was.", "domains": ["Here"]})
    for value in ("What it became.", "What it is.\n\n" + "A line of it.\n\n" * 30):
        om.patch(f"/dataProducts/{past['id']}", [{"op": "add", "path": "/description", "value": value}])
    crew = om.post("/teams", {"name": "Crew", "teamType": "Group", "users": [om.get("/users/name/viewer")["id"]]})
    table = om.by_name("tables", "shop.shop.main.wages")
    om.put("/dataProducts/Here.Twice/assets/add", {"assets": [reference(table, "table")]})
    return {"past": ("products", past["fullyQualifiedName"]), "held": ("products", "Here.Twice"), "crew": ("teams", crew["fullyQualifiedName"])}


@pytest.fixture
def admin(chromium, world):
    with Visitor(chromium, world.server, world.server.admin) as made:
        yield made


def person(chromium, world, who: str) -> Visitor:
    return Visitor(chromium, world.server, world.people[who])


def test_loans_that_outlived_their_giver(chromium, world, admin):
    path, asset, at = product(world, LONG[:60])
    owners(world, "table_owner", "editor")
    lent_by(world, path, asset, "editor")
    owners(world, "table_owner")
    for what, place in (("on the product", at + "?tab=assets"), ("on the table", AT + "?tab=access")):
        admin.open(place)
        assert MARK in admin.page.locator("main").inner_text()
        admin.look(f"outlived loan {what}")
    with person(chromium, world, "table_owner") as holder:
        holder.open("/")
        assert "Shares to review" in holder.page.locator("main").inner_text()
        holder.look("outlived loan on the first page")
        holder.open(AT + "?tab=access")
        holder.look("outlived loan to a hidden product")
        with holder.page.expect_navigation():
            holder.page.get_by_role("link", name="Stop sharing").first.click()
        holder.look("before a loan is taken back on a table")


def test_the_step_before_something_goes(world, admin):
    def untick() -> None:
        for box in admin.page.locator("input[name=keep]").all():
            box.uncheck()

    for what, path, change in (
        ("tables leave", world.at["held"] + "?edit=assets", untick),
        ("members leave", world.at["crew"] + "?edit=members", untick),
        ("a product is hidden", world.at["held"] + "?edit=visibility", lambda: admin.page.select_option("#value", "granted")),
    ):  # fmt: skip
        admin.open(path)
        change()
        admin.send("Save")
        assert admin.page.get_by_role("heading", name="What will be removed").is_visible(), what
        admin.look(f"before {what}")
    source = world.om.get(f"/dataProducts/{world.product}/assets?limit=10")["data"][0]["id"]
    owner, editor = (world.people[who].id for who in ("product_owner", "editor"))
    for what, path in (
        ("The rows are no longer shared", f"{world.product_at}?tab=assets&take={source}"),
        ("a role goes", f"{world.product_at}?tab=access&take={editor}"),
        ("the only owner would go", f"{world.product_at}?tab=access&take={owner}"),
        ("somebody is kept out", "/admin/users?ask=disable&user=viewer"),
        ("somebody gets another password", "/admin/users?ask=reset&user=viewer"),
        ("somebody is let in again", "/admin/users?ask=enable&user=viewer"),
    ):  # fmt: skip
        admin.open(path)
        assert admin.page.get_by_role("heading", name=re.compile("^What (will be removed|will end|comes back)$")).is_visible(), what
        admin.look(f"before {what}")
    admin.open("/services/shop?tab=runs")
    for choice, seen in (("week", "#weekday"), ("month", "#day"), ("cron", "#cron"), ("day", "#time")):
        admin.page.select_option("#every", choice)
        assert admin.page.locator(seen).is_visible() and admin.page.locator("#time").is_visible() == (choice != "cron"), choice
        admin.look(f"a schedule {choice}")
    assert admin.page.input_value("#zone") == admin.page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    admin.send("Set schedule")
    admin.look("a schedule")
    admin.send("Remove schedule")
    admin.look("before a schedule goes")
    admin.open("/account")
    with admin.page.expect_navigation():
        admin.page.locator("main table button").first.click()
    admin.look("before a login or token of his own goes")


def conflicts(world, admin, number: int):
    """Each form as it is after somebody was faster, with its name; `number` tells one time from another."""
    om, bob = world.om, world.bob
    past, table = om.by_name("dataProducts", f"Here.{LONG}")["id"], world.table["id"]
    patch = lambda path, at, value: om.patch(path, [{"op": "add", "path": at, "value": value}])

    def of(path: str, theirs, selector: str, mine: str, button: str = "Save") -> None:
        admin.open(path)
        theirs()
        admin.page.fill(selector, mine)
        admin.send(button, 409)

    many = "\n\n".join(f"{number}: line {line} of theirs." for line in range(40))
    of(world.at["past"] + "?edit=description", lambda: patch(f"/dataProducts/{past}", "/description", many), "#value", "Mine.")
    yield "a text was changed meanwhile"
    expert = [reference(om.get(f"/users/name/{('viewer', 'editor')[number % 2]}"), "user")]
    of(world.at["past"] + "?edit=experts", lambda: patch(f"/dataProducts/{past}", "/experts", expert), "#add", "member")
    yield "a list was changed meanwhile"
    of(AT + "?edit=column&column=region", lambda: patch(f"/tables/{table}", "/columns/1/description", many), "textarea", "Mine.")
    yield "a column was changed meanwhile"
    made = bob.post(f"{world.path}/verified-queries", {"question": f"How many, {number}?", "sql": "SELECT COUNT(*) AS n FROM customer"})
    query = made["verifiedQuery"]
    theirs = {"question": f"How many are there, {number}?", "sql": query["sql"]}
    of(f"{world.product_at}?tab=model&verified={query['id']}",
       lambda: bob.post(f"{world.path}/verified-queries/{query['id']}", theirs), "#question", "Mine?", "Save as draft")  # fmt: skip
    yield "a verified query was changed meanwhile"

    def remade() -> None:
        content = admin.page.input_value("#content").replace('"sketch', f'"sketch {number} ', 1)
        bob.patch(f"{world.path}/semantic-models/{world.model}", {"content": content})

    of(f"{world.product_at}?tab=model&model={world.model}", remade, "#content", "semantic_model: []", "Save as draft")
    yield "a model was changed meanwhile"
    who = world.people["viewer"].id
    update = {"update": [{"userId": who, "rowFilters": {"customer": f"id > {number}"}}]}
    of(f"{world.product_at}?tab=access&filter={who}", lambda: bob.patch(f"{world.path}/users", update), "textarea", "id = 2")
    yield "a row filter was changed meanwhile"


def test_what_somebody_else_has_changed_meanwhile(world, admin):
    for what in conflicts(world, admin, 1):
        assert admin.page.locator("main [role=alert]").first.is_visible(), what
        admin.look(what)


def test_what_is_refused(chromium, world, admin):
    admin.open("/products/Twice", 404)
    assert "Several have this name" in admin.page.locator("h1").inner_text()
    admin.look("several bear this name")
    admin.open("/nothing/at-all", 404)
    admin.look("Page not found")
    admin.open(world.at["past"] + "?edit=restore&version=x", 400)
    admin.look("malformed")
    admin.open("/search?q=kind:planet", 400)
    admin.look("a query that cannot be read")
    admin.open("/admin/audit?from=yesterday", 400)
    admin.look("no day")
    admin.open(world.at["held"] + "?edit=description")
    admin.page.fill("#value", "x")
    admin.page.evaluate("document.querySelector('main [name=token]').value = 'of another page'")
    admin.send("Save", 403)
    admin.look("forged")
    admin.open("/searches")
    admin.page.evaluate("document.querySelector('main form').action = '/requests'")
    admin.page.fill("#title", "x")
    admin.page.fill("#query", "x")
    admin.send("Save", 405)
    admin.look("This page does not accept forms")
    admin.open("/searches")
    admin.page.fill("#title", "x")
    admin.page.fill("#query", "kind:(")
    admin.send("Save", 400)
    admin.look("a search that cannot be kept")
    with person(chromium, world, "stranger") as stranger:
        for what, path, status in (
            ("for administrators", "/admin", 403), ("whom to ask", world.at["held"] + "?edit=owners", 403),
            ("no role for questions", world.product_at + "?tab=ask", 200), ("no role for rows", world.product_at + "?tab=assets", 200),
        ):  # fmt: skip
            stranger.open(path, status)
            stranger.look(what)
    with Visitor(chromium, world.server) as nobody:
        nobody.open("/nothing/at-all", 404)
        nobody.look("no such page outside")
        nobody.open("/login")
        nobody.page.fill("#username", "viewer")
        nobody.page.fill("#password", "wrong")
        nobody.send("Sign in", 401)
        nobody.look("not let in")


def test_a_session_that_ends_while_somebody_types(chromium, world):
    with person(chromium, world, "admin") as typing:
        def out(button: str) -> None:
            typing.context.clear_cookies(name="emporion_session")
            typing.send(button, 401)

        def back(who: str) -> None:
            typing.page.fill("#username", world.people[who].name)
            typing.page.fill("#password", world.people[who].password)
            typing.send("Sign in")

        typing.open(world.at["held"] + "?edit=description")
        typing.page.fill("#value", "Typed for long. " * 60)
        out("Save")
        typing.look("signed out while typing")
        back("admin")
        typing.look("signed in again")
        typing.send("Save what I typed")
        assert world.om.by_name("dataProducts", "Here.Twice")["description"].startswith("Typed for long.")
        typing.open("/account")
        for field in ("old", "new", "again"):
            typing.page.fill(f"#{field}", "Secret-1234!")
        out("Change the password")
        typing.look("signed out with a secret")
        back("admin")
        typing.look("signed in again without the secret")
        typing.open(world.at["held"] + "?edit=description")
        typing.page.fill("#value", "Not hers.")
        out("Save")
        back("member")
        typing.look("what somebody else has typed")


def test_what_is_told_of_the_past(world, admin):
    admin.open(world.at["past"] + "?tab=activity")
    admin.look("activity of a product with a past")
    with admin.page.expect_navigation():
        admin.page.get_by_role("link", name="compare with now").last.click()
    assert admin.page.locator("main ins").count() and admin.page.locator("main del").count()
    admin.look("two versions of a product")
    admin.open(world.at["past"] + "?tab=activity")
    with admin.page.expect_navigation():
        admin.page.get_by_role("link", name="restore this version").last.click()
    admin.look("a version of a product to be restored")
    for what, path in (
        ("what somebody did", "/admin/audit?by=admin&kind=data_product&what=updated&door=openmetadata"),
        ("nothing that somebody did", "/admin/audit?by=nobody&from=2020-01-01&until=2020-01-02"),
        ("a search with its filters", "/search?q=kind:table#filters"),
    ):  # fmt: skip
        admin.open(path)
        admin.look(what)
    gone = world.om.post("/dataProducts", {"name": "Gone", "description": "d", "domains": ["Here"]})
    world.om.delete(f"/dataProducts/{gone['id']}")
    admin.open(f"/products?deleted={gone['id']}")
    assert admin.page.get_by_role("button", name="Restore").is_visible()
    admin.look("a product to be brought back")


def test_what_opens_over_a_page(world, admin):
    admin.open(world.at["past"])
    admin.page.keyboard.press("?")
    assert admin.page.locator("#keys").is_visible()
    admin.look("keys")
    admin.page.keyboard.press("Escape")
    for menu in ("account", "edits"):
        admin.page.click(f"details.{menu} > summary")
        admin.look(f"menu of {menu}")
        admin.page.keyboard.press("Escape")
    admin.page.set_viewport_size({"width": 390, "height": 844})
    admin.page.click("details.drawer > summary")
    admin.look("the drawer")


def test_who_is_told_something_stands_at_it(world, admin):
    """What was not done is read before what was typed: it is where the keys are, and on the screen."""
    where = """() => { const at = document.activeElement.closest('[role=alert]')?.getBoundingClientRect();
                       return at === undefined ? 'elsewhere' : at.top >= 0 && at.top < innerHeight ? 'seen' : 'not seen'; }"""

    def stands_at() -> str:
        # The script leads there once it is loaded.
        admin.page.wait_for_function("document.activeElement !== document.body")
        return admin.page.evaluate(where)

    stands = {}
    for what in conflicts(world, admin, 2):
        stands[what] = stands_at()
    admin.open(world.at["held"] + "?edit=visibility")
    admin.page.select_option("#value", "granted")
    admin.send("Save")
    stands["what goes"] = stands_at()
    assert not {what: at for what, at in stands.items() if at != "seen"}


def test_who_names_several_chooses_one_of_them(world, admin):
    admin.open("/products/Twice", 404)
    for name in ("Here.Twice", "There.Twice"):
        way = admin.page.locator("main").get_by_role("link", name=name, exact=True)
        assert way.count() == 1 and way.get_attribute("href") == f"/products/{name}", "an answer to which is meant"

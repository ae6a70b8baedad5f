"""Who may not do something is told who can, before any form is shown; and what is offered is not refused."""

from urllib.parse import quote, urlsplit

import pytest

from bobsled_door import BobsledDoor
from openmetadata_door import reference
from pages_browser import Visitor, chromium, chromium_program  # noqa: F401
from pages_door import Browser
from pages_walk import Walk
from rows_world import RowsWorld
from tables_world import forbid

CHANGE, ADD = "Who may change this?", "Who may add one?"
#: What ends the visit itself, or runs for long.
LEFT_OUT = ("/logout", "/login", "/preferences", "/ask", "/runs", "/answers")


def at(folder: str, fqn: str) -> str:
    return f"/{folder}/{quote(fqn, safe='')}"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = RowsWorld(tmp_path_factory.mktemp("who-may"))
    om, server = made.om, made.server
    made.people["of-team"] = server.new_user("of-team")
    team = om.post("/teams", {"name": "Keepers", "teamType": "Group", "users": [made.people["of-team"].id]})
    glossary = om.post("/glossaries", {"name": "Words", "description": "d", "owners": [reference(team, "team")]})
    term = om.post("/glossaryTerms", {"name": "Net", "glossary": "Words", "description": "d"})
    domain = om.post("/domains", {"name": "Trade", "domainType": "Aggregate", "description": "d", "owners": [reference(team, "team")]})
    product = om.get(f"/dataProducts/{made.product}", fields="owners")
    made.records = {
        "product": at("products", product["fullyQualifiedName"]), "table": at("tables", made.table["fullyQualifiedName"]),
        "domain": at("domains", domain["fullyQualifiedName"]), "glossary": at("glossary", glossary["fullyQualifiedName"]),
        "term": at("terms", term["fullyQualifiedName"]), "team": at("teams", "Keepers"), "source": "/services/shop",
        "schema": at("schemas", "shop.shop.main"), "tag": at("classifications", "PII.Sensitive"),
    }  # fmt: skip
    made.answering = {"product": "product-owner", "table": "table-owner", "domain": "Keepers", "glossary": "Keepers", "term": "Keepers"}
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace")


@pytest.fixture(scope="module")
def stranger(world) -> Browser:
    return world.browser("stranger")


def line(page) -> str:
    """What stands below the words."""
    return page.source.split(CHANGE if CHANGE in page.text else ADD)[1].split("</details>")[0]


def names(html: str, who: str) -> bool:
    """Whether it leads to somebody, or to a team."""
    return f'href="/people/{who}"' in html or f'href="/teams/{who}"' in html


def test_who_may_change_something_is_said_on_its_page(world, stranger):
    for what, address in world.records.items():
        page = stranger.visit(address)
        assert CHANGE in page.text, what
        assert not any("edit=" in link for link in page.links), what
        assert names(line(page), world.answering.get(what, world.server.admin.name)), (what, line(page))
    product = stranger.visit(world.records["product"])
    ask = next(link for link in product.links if "wants=editor" in link)
    assert stranger.visit(ask).form(world.records["product"])["fields"]["wants"] == "editor", "and where he asks for it"
    assert CHANGE in stranger.visit(world.records["product"] + "?tab=model").text, "also above the model, and who has access"
    assert CHANGE in stranger.visit(world.records["product"] + "?tab=access").text


def test_who_may_add_something_is_said_at_its_list(world, stranger):
    for address in ("/products", "/domains", "/glossary", "/people", "/sources", "/classifications"):
        page = stranger.visit(address)
        assert ADD in page.text and names(line(page), world.server.admin.name), address
        assert not any("edit=" in link or "add=" in link for link in page.links), address
    admin = world.browser("admin")
    for address in ("/products", "/sources", world.records["product"]):
        assert ADD not in admin.visit(address).text and CHANGE not in admin.visit(address).text


def test_a_form_that_is_asked_for_all_the_same_says_it_too(world, stranger):
    records = world.records
    asked = {
        **{f"{records[what]}?edit=description": world.answering[what] for what in ("product", "table", "domain", "glossary", "term")},
        f"{records['product']}?edit=details": "product-owner", f"{records['product']}?edit=owners": "product-owner",
        f"{records['product']}?edit=delete": "product-owner", f"{records['product']}?edit=model": "product-owner",
        f"/products?edit=product&domain=Trade": "Keepers", f"/glossary?edit=term&glossary=Words": "Keepers",
        **{f"/{section}?edit={what}": world.server.admin.name for section, what in (
            ("products", "product"), ("domains", "domain"), ("glossary", "glossary"), ("people", "team"), ("classifications", "classification"))},
        "/sources?add=postgres": world.server.admin.name, "/admin/policies?policy=": world.server.admin.name,
    }  # fmt: skip
    for address, who in asked.items():
        page = stranger.ask("GET", address)
        if page.status == 404 and "edit=model" in address:
            continue
        assert page.status == 403, (address, page.status)
        assert "Whom to ask" in page.text and names(page.source.split("Whom to ask")[1], who), address
        assert not [form for form in page.forms if form["method"].lower() == "post" and form["action"] not in ("/preferences",)], address


def test_nobody_is_named_whom_the_visitor_may_not_see(world):
    blind = world.server.new_user("blind")
    forbid(world.om, {"id": blind.id}, "NoPeople", "user", condition="!isOwner()")
    browser = Browser(world.server).sign_in(blind)
    page = browser.visit(world.records["table"])
    assert CHANGE in page.text and not names(line(page), "table-owner") and "Its owners may do it." in line(page)
    for address in (world.records["table"] + "?edit=description", "/products?edit=product"):
        page = browser.visit(address, 403)
        assert "Whom to ask" in page.text and not any(names(page.source, who) for who in ("table-owner", world.server.admin.name)), address


def offered(walk: Walk) -> set[str]:
    """Addresses of forms that pages lead to, of each sort one."""
    links: dict[tuple, str] = {}
    for page in walk.pages.values():
        for link in page.links:
            to = urlsplit(link)
            if not to.netloc and any(mark in to.query for mark in ("edit=", "add=", "ask=")):
                links.setdefault(walk.sort_of(link), link)
    return set(links.values())


@pytest.mark.parametrize("who", ["stranger", "viewer", "filtered", "contributor", "editor", "member", "of-team"])
def test_what_is_offered_is_not_refused(world, who):
    """Each form that somebody comes to is one that he may send: as it stands it is taken, or what is typed is wrong."""
    browser = world.browser(who)
    walk = Walk(browser, 2).walk("/", *world.records.values())
    refused = [address for address, page in walk.pages.items() if page.status == 403]
    refused += [address for address in offered(walk) if browser.ask("GET", address).status == 403]
    forms = {}
    for page in walk.pages.values():
        for form in page.forms:
            if form["method"].lower() == "post" and not any(out in form["action"] for out in LEFT_OUT):
                told = form["fields"].get("edit", "") + form["fields"].get("do", "")
                forms.setdefault((urlsplit(form["action"]).path.split("/")[1], told, *sorted(form["fields"])), form)
    here = {"Origin": browser.base, "Sec-Fetch-Site": "same-origin"}
    for form in forms.values():
        # What no page ever showed changes nothing: who may is told that it is no revision.
        fields = form["fields"] | ({"revision": "none"} if "revision" in form["fields"] else {})
        for button in form["buttons"][:1] or [("", "")]:
            answer = browser.ask("POST", form["action"], data=fields | dict([button]), headers=here, follow=False)
            if answer.status == 403:
                refused.append(f"{form['action']} {sorted(fields)} {button}")
    assert not refused, "\n".join(sorted(refused))
    assert len(forms) >= (6 if who in ("editor", "of-team") else 1), sorted(forms)


def test_it_is_said_in_a_browser(chromium, world):  # noqa: F811
    with Visitor(chromium, world.server, world.people["stranger"]) as visitor:
        page = visitor.page
        visitor.open(world.records["product"])
        page.get_by_text(CHANGE, exact=True).click()
        assert page.locator(".others").get_by_role("link", name="product-owner").is_visible()
        visitor.look("who may change it")
        visitor.open("/products")
        page.keyboard.press("Tab")
        page.get_by_text(ADD, exact=True).focus()
        page.keyboard.press("Enter")
        assert page.locator(".others").is_visible()
        visitor.look("who may add one")
        visitor.open("/products?edit=product", 403)
        visitor.look("who may not add one")


def person(world, name: str) -> tuple:
    who = world.server.new_user(name)
    return who, {"id": who.id, "type": "user"}


def owned_table(world, name: str, *owners: dict) -> tuple[str, str]:
    body = {"name": name, "databaseSchema": "shop.shop.main", "columns": [{"name": "a", "dataType": "INT"}], "owners": list(owners)}
    table = world.om.post("/tables", body)
    return table["id"], at("tables", table["fullyQualifiedName"])


def make_editors(world, *people) -> None:
    add = [{"userId": who.id, "role": "editor"} for who in people]
    BobsledDoor(world.server, world.server.admin.token).patch(f"/data-products/{world.product}/users", {"add": add})


def rest(page) -> str:
    return page.source.split("What is not listed here")[1].split("</details>")[0]


def test_an_editor_is_not_sent_to_ask_for_what_he_has(world):
    editor = world.server.new_user("new-editor")
    make_editors(world, editor)
    said = rest(Browser(world.server).sign_in(editor).visit(world.records["product"]))
    assert "Its owners may do it." in said and names(said, "product-owner") and "wants=editor" not in said


def test_who_is_disabled_is_not_named(world, stranger):
    gone, ref = person(world, "disabled-owner")
    stays, other = person(world, "second-owner")
    _, alone = owned_table(world, "left_alone", ref)
    _, shared = owned_table(world, "shared", ref, other)
    admin = world.browser("admin")
    admin.visit(f"/admin/users?ask=disable&user={gone.name}")
    admin.send("/admin/users", do="disable")
    said = line(stranger.visit(alone))
    assert not names(said, gone.name) and names(said, world.server.admin.name)
    said = line(stranger.visit(shared))
    assert not names(said, gone.name) and names(said, stays.name) and not names(said, world.server.admin.name)


def test_an_owner_whom_a_policy_holds_back_is_not_sent_to_himself(world):
    owner, ref = person(world, "held-back")
    _, address = owned_table(world, "held_back", ref)
    forbid(world.om, {"id": owner.id}, "NoWords", "table", operations=["EditDescription"])
    theirs = Browser(world.server).sign_in(owner)
    for said in (rest(theirs.visit(address)), theirs.visit(address + "?edit=description", 403).source.split("Whom to ask")[1]):
        assert "A policy forbids it to you" in said and names(said, world.server.admin.name) and not names(said, owner.name)


def test_few_of_many_editors_are_named(world, stranger):
    editors = [world.server.new_user(f"one-of-many-{number}") for number in range(12)]
    make_editors(world, *editors)
    said = line(stranger.visit(world.records["product"]))
    assert 0 < sum(names(said, editor.name) for editor in editors) <= 5 and names(said, "product-owner")

"""Who lent the rows of a table, when, and whether he still holds them; and how those who hold them take them back or give
them anew, also where the product is hidden from them."""

import re
from datetime import date, timedelta
from urllib.parse import quote

import pytest

import datazone_door
from openmetadata_door import reference
from rows_world import REGION, TABLE, RowsWorld

AT = "/tables/" + quote(TABLE, safe=".-_~")
ACCESS = AT + "?tab=access"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = RowsWorld(tmp_path_factory.mktemp("loans"))
    fqn = made.om.get(f"/dataProducts/{made.product}")["fullyQualifiedName"]
    made.at = "/products/" + quote(fqn, safe=".-_~")
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace")


def owners(world, *names: str) -> None:
    people = [reference(world.om.get(f"/users/name/{world.people[name].name}"), "user") for name in names]
    world.om.patch(f"/tables/{world.table['id']}", [{"op": "add", "path": "/owners", "value": people}])


def product(world, name: str) -> tuple[str, str, str]:
    """One that only those with a role see, with the table; its path in Bobsled, its asset there, its page."""
    body = {"name": name, "dataSourceId": world.source, "dataAssets": [{"tableName": "customer"}], "isDeployed": True}
    made = world.bob.post("/data-products", body, expect=201)
    path = f"/data-products/{made['dataProduct']['id']}"
    return path, made["dataAssets"][0]["id"], f"/products/default.{quote(name)}"


def lent_by(world, path: str, asset: str, who: str) -> None:
    for rows in ("closed", "granted"):
        world.door(who).patch(f"{path}/data-assets", {"update": [{"id": asset, "rows": rows}]})


def rows(world, path: str) -> str:
    return world.bob.get(f"{path}/data-assets")["dataAssets"][0]["rows"]


MARK = "this person no longer manages the rows"


def test_who_lent_the_rows_stands_on_the_product_and_on_the_table(world):
    for who in ("viewer", "stranger", "filtered", "table_owner"):
        page = world.browser(who).visit(world.at + "?tab=assets")
        assert re.search(r"shared by\s+(A )?Administrator", page.text) and "just now" in page.text, (who, page.text)
        assert MARK not in page.text
        page = world.browser(who).visit(ACCESS)
        assert "shared by" in page.text and MARK not in page.text
        assert any("take=" in link for link in page.links) is (who == "table_owner"), who


def test_a_loan_whose_giver_holds_the_rows_no_more_is_marked_and_given_anew(world):
    path, asset, at = product(world, "Outlived")
    owners(world, "table_owner", "editor")
    lent_by(world, path, asset, "editor")
    assert MARK not in world.browser("table_owner").visit(ACCESS).text
    assert "Shares to review" not in world.browser("table_owner").visit("/").text
    owners(world, "table_owner")
    holder = world.browser("table_owner")
    home = holder.visit("/")
    assert "Shares to review" in home.text and ACCESS in home.links
    assert "its rows were shared with 1 product by somebody who no longer manages them" in home.text
    for who in ("stranger", "viewer", "product_owner", "editor"):
        assert "Shares to review" not in world.browser(who).visit("/").text, who
    # The administrator sees the product, and by whom; he takes the loan over where it stands.
    admin = world.browser("admin")
    page = admin.visit(at + "?tab=assets")
    assert MARK in page.text and "editor" in page.text
    assert "Shares to review" in admin.visit("/").text, "the product is his"
    page = admin.visit(ACCESS)
    assert MARK in page.text
    admin.visit(at + "?tab=assets")
    page = admin.send(at, rows="granted")
    assert MARK not in page.text and "Administrator" in page.text
    assert rows(world, path) == "granted"
    assert "Shares to review" not in holder.visit("/").text


def test_who_owns_the_place_of_a_table_is_told_at_home(world):
    path, asset, _ = product(world, "Placed")
    world.people["keeper"] = world.server.new_user("keeper")
    keeper = world.browser("keeper")
    schema = world.om.by_name("databaseSchemas", TABLE.rpartition(".")[0])
    owner = [reference(world.om.get("/users/name/keeper"), "user")]
    world.om.patch(f"/databaseSchemas/{schema['id']}", [{"op": "add", "path": "/owners", "value": owner}])
    owners(world, "table_owner", "editor")
    lent_by(world, path, asset, "editor")
    assert "Shares to review" not in keeper.visit("/").text
    owners(world, "table_owner")
    home = keeper.visit("/")
    assert "Shares to review" in home.text and ACCESS in home.links
    world.om.patch(f"/databaseSchemas/{schema['id']}", [{"op": "replace", "path": "/owners", "value": []}])
    assert "Shares to review" not in keeper.visit("/").text
    world.bob.patch(f"{path}/data-assets", {"update": [{"id": asset, "rows": "closed"}]})


def to_lend_anew(page) -> list[dict]:
    """The forms of a page that give a loan anew, as they were made."""
    return [form["fields"] for form in page.forms if form["fields"].get("seen", "closed") != "closed"]


def test_what_was_taken_back_meanwhile_is_not_lent_by_an_old_page(world):
    path, asset, at = product(world, "Stale")
    owners(world, "table_owner", "editor")
    lent_by(world, path, asset, "editor")
    owners(world, "table_owner")
    holder, admin = world.browser("table_owner"), world.browser("admin")
    here = {"Origin": holder.base, "Sec-Fetch-Site": "same-origin"}
    (form,) = to_lend_anew(holder.visit(ACCESS))
    (of_product,) = to_lend_anew(admin.visit(at + "?tab=assets"))
    world.door("table_owner").patch(f"{path}/data-assets", {"update": [{"id": asset, "rows": "closed"}]})
    # Neither by the page of the table nor by that of the product: each says what happened, and does nothing.
    for browser, where, fields in ((holder, AT, form), (admin, at, of_product)):
        page = browser.ask("POST", where, data=fields | {"rows": "granted"}, headers=here)
        said = " ".join(page.roles["alert"])
        assert page.status == 409 and "Somebody has stopped sharing these rows. Nothing was done" in said, page.text
        assert "Nothing was done." in said and rows(world, path) == "closed"
        assert "The rows are not shared with Stale now." in page.text
    # Asked again, it is done: who says so has seen how it is.
    assert admin.send(at).status == 200 and rows(world, path) == "granted"
    # By then the form that was asked about a closed loan is of none any more.
    page = holder.ask("POST", AT, data=form | {"rows": "granted"}, headers=here)
    assert page.status == 409 and "has shared the rows again" in " ".join(page.roles["alert"]), page.text
    assert "Administrator" in page.text and not to_lend_anew(page)
    for made_up in ("", "closed", "x.y", "9" * 40, "1.2.3"):
        page = holder.ask("POST", AT, data=form | {"rows": "granted", "seen": made_up}, headers=here)
        assert page.status == 409, made_up


def test_a_form_that_saw_the_rows_closed_overwrites_no_loan_that_was_given_meanwhile(world):
    path, asset, at = product(world, "Raced")
    owners(world, "table_owner")
    world.bob.patch(f"{path}/users", {"add": [{"email": world.mail("table_owner"), "role": "viewer"}]})
    world.bob.patch(f"{path}/data-assets", {"update": [{"id": asset, "rows": "closed"}]})
    admin, holder = world.browser("admin"), world.browser("table_owner")
    form = admin.visit(at + "?tab=assets").form(at)["fields"]
    assert form["edit"] == "rows" and form["seen"] == "closed"
    end = date.today() + timedelta(days=30)
    holder.visit(at + "?tab=assets")
    holder.send(at, rows="granted", until=end.isoformat())
    here = {"Origin": admin.base, "Sec-Fetch-Site": "same-origin"}
    # Nor does a form that says nothing of what it saw.
    for stale in (form, {name: value for name, value in form.items() if name != "seen"}):
        page = admin.ask("POST", at, data=stale | {"rows": "granted"}, headers=here)
        assert page.status == 409 and "has shared the rows again" in " ".join(page.roles["alert"]), page.text
    page = admin.visit(at + "?tab=assets")
    assert f"until {end.day} {end:%B} {end.year}" in page.text and rows(world, path) == "granted"


def test_the_team_by_which_the_rows_are_read_is_named(world):
    dz = datazone_door.client(world.server, world.server.admin)
    item = {"identifier": world.table["id"], "itemType": "ASSET"}
    dz.create_data_product(
        domainIdentifier=world.domain, owningProjectIdentifier=world.owning_project, name="Team only", items=[item]
    )
    page = world.browser("admin").visit(ACCESS)
    (way,) = (part for part in page.source.split("<h3")[1:] if "Team only" in part.split("</h3>")[0])
    assert "Owners and contributors of the team P" in way and "Nobody has a role to query it yet." not in way


def test_a_hidden_product_gives_the_rows_back_to_who_holds_them(world):
    path, asset, at = product(world, "Quiet")
    product_id = path.rsplit("/", 1)[1]
    viewer = world.mail("viewer")
    world.bob.patch(f"{path}/users", {"add": [{"email": viewer, "role": "viewer"}]})
    sql = {"sql": "SELECT region FROM customer"}
    assert REGION in world.door("viewer").call("POST", f"{path}/run-sql", sql).text
    holder = world.browser("table_owner")
    holder.visit(at, expect=404)
    page = holder.visit(ACCESS)
    take = {link for link in page.links if "take=" in link}
    assert "Quiet" in page.text and product_id not in page.source
    asked = []
    for link in take:
        page = holder.visit(link)
        assert "Stop sharing the rows of customer" in page.text
        if "The rows are no longer shared with Quiet" in page.text:
            asked.append(link)
            # No more is told of it than its name.
            assert viewer not in page.text and "viewer" not in page.text and product_id not in page.source
    (link,) = asked
    # Who does not hold the rows is neither asked nor obeyed; nor is an account that is not theirs.
    loan = holder.visit(link).form(AT)["fields"]["loan"]
    for who in ("viewer", "editor", "part", "stranger"):
        person = world.browser(who)
        assert "Stop sharing the rows" not in person.visit(link).text, who
        token = person.visit("/logout").form("/logout")["fields"]["token"]
        form = {"token": token, "of": world.table["id"], "edit": "loan", "loan": loan, "rows": "closed"}
        assert person.ask("POST", AT, data=form).status == 404, who
    assert rows(world, path) == "granted"
    holder.visit(link)
    page = holder.send(AT)
    assert "The rows are no longer shared." in page.text and rows(world, path) == "closed"
    assert REGION not in world.door("viewer").call("POST", f"{path}/run-sql", sql).text
    assert link not in holder.visit(ACCESS).links, "what is closed is not taken back"
    # What names no loan is no fault of the server.
    for wrong in ("", "x", "0" * 36):
        token = holder.visit("/logout").form("/logout")["fields"]["token"]
        form = {"token": token, "of": world.table["id"], "edit": "loan", "loan": wrong, "rows": "closed"}
        assert holder.ask("POST", AT, data=form).status == 404, wrong


def test_answering_for_a_product_leads_to_its_owners(world):
    page = world.browser("viewer").visit(world.at)
    assert world.at + "?tab=access#others" in page.links
    assert 'id="others"' in world.browser("viewer").visit(world.at + "?tab=access").source


def test_the_rows_of_several_tables_are_shared_at_once(world):
    tables = ["customer", "wages"]
    body = {"name": "Several", "dataSourceId": world.source, "dataAssets": [{"tableName": name} for name in tables], "isDeployed": True}
    made = world.bob.post("/data-products", body, expect=201)
    path, at = f"/data-products/{made['dataProduct']['id']}", "/products/default.Several"
    ids = {one["tableName"]: one["id"] for one in made["dataAssets"]}

    def shared() -> set[str]:
        return {one["tableName"] for one in world.bob.get(f"{path}/data-assets")["dataAssets"] if one["rows"] == "granted"}

    def close(*names: str) -> None:
        world.bob.patch(f"{path}/data-assets", {"update": [{"id": ids[name], "rows": "closed"} for name in names]})

    def several(page) -> dict | None:
        return next((form["fields"] for form in page.forms if isinstance(form["fields"].get("asset"), list)), None)

    close(*tables)
    admin = world.browser("admin")
    here = {"Origin": admin.base, "Sec-Fetch-Site": "same-origin"}
    page = admin.visit(at + "?tab=assets")
    assert "Share the rows of several at once" in page.text
    form = several(page)
    assert len(form["asset"]) == 2 and form["seen"] == "closed"
    end = date.today() + timedelta(days=30)
    page = admin.ask("POST", at, data=form | {"rows": "granted", "until": end.isoformat()}, headers=here)
    assert page.status == 200 and shared() == set(tables), page.text[:500]
    assert page.text.count(f"until {end.day} {end:%B} {end.year}") == 2 and several(page) is None
    # A page that saw both closed leaves alone what somebody has shared meanwhile, and shares the rest.
    close("wages")
    page = admin.ask("POST", at, data=form | {"rows": "granted"}, headers=here)
    assert page.status == 200 and shared() == set(tables)
    assert page.text.count(f"until {end.day} {end:%B} {end.year}") == 1, "the share for a time is as it was"
    page = admin.ask("POST", at, data=form | {"rows": "granted"}, headers=here)
    assert page.status == 200 and page.text.count(f"until {end.day} {end:%B} {end.year}") == 1
    # None is shared where one of them is not his to share, nor where none is chosen.
    close(*tables)
    world.bob.patch(f"{path}/users", {"add": [{"email": world.mail(who), "role": "admin"} for who in ("table_owner", "product_owner")]})
    for who in ("table_owner", "product_owner"):
        other = world.browser(who)
        page = other.visit(at + "?tab=assets")
        assert several(page) is None, "he manages the rows of one of them, or of none"
        fields = {name: other.page.form(f"{at}/follow")["fields"][name] for name in ("token", "of")}
        page = other.ask("POST", at, data=form | fields | {"rows": "granted"}, headers=here)
        assert page.status == 403 and shared() == set(), (who, page.status, shared())
    admin.visit(at + "?tab=assets")
    none = {name: value for name, value in form.items() if name != "asset"}
    page = admin.ask("POST", at, data=none | {"rows": "granted"}, headers=here)
    assert page.status == 400 and "hoose at least one table" in page.text and shared() == set()

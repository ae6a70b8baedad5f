"""What is taken away by a form is shown first, by name and number; what was typed with it is kept, and what nobody was
shown does not go."""

import re
from urllib.parse import quote

import pytest

from emporion_server import Server
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser, until_found


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("going")).start()
    yield made
    assert made.stop() == 0, made.log_tail()
    assert "panicked" not in made.log.read_text(errors="replace"), made.log_tail(200)


@pytest.fixture(scope="module")
def om(house):
    return OpenMetadataDoor(house, house.admin.token)


@pytest.fixture(scope="module")
def admin(house):
    return Browser(house).sign_in(house.admin)


def made(om, name, *tables):
    product = om.post("/dataProducts", {"name": name, "description": "d", "domains": ["default"]})
    held = [{"id": om.by_name("tables", table)["id"], "type": "table"} for table in tables]
    om.put(f"/dataProducts/{name}/assets/add", {"assets": held}) if held else None
    return product, "/products/" + quote(product["fullyQualifiedName"], safe="")


def assets(om, product) -> set[str]:
    return {asset["name"] for asset in om.get(f"/dataProducts/{product['id']}/assets?limit=10")["data"]}


def boxes(page) -> dict[str, bool]:
    return {given["value"]: "checked" in given for tag, given in page.tags if tag == "input" and given.get("name") == "keep"}


def test_a_table_leaves_a_product_after_a_look_at_who_loses_its_rows(house, om, admin):
    schema = om.schema("gone")
    columns = [{"name": "a", "dataType": "INT"}]
    first, second = (om.post("/tables", {"name": name, "databaseSchema": schema, "columns": columns}) for name in ("first", "second"))
    product, at = made(om, "Leaving", first["fullyQualifiedName"], second["fullyQualifiedName"])
    reader = house.new_user("reads-it")
    admin.visit(at + "?tab=access")
    admin.send(at + "/roles", who=reader.name, role="viewer")
    admin.visit(at + "?edit=assets")
    page = admin.send(at, keep=first["id"], add="typed.but.not.there", expect=400)
    assert assets(om, product) == {"first", "second"}
    page = admin.send(at, keep=first["id"], add="")
    text = page.text
    assert "second is removed from the product, and its rows are no longer shared with it." in text and "first is removed" not in text
    assert reader.name in text and assets(om, product) == {"first", "second"}
    assert boxes(page) == {first["id"]: True, second["id"]: False}
    # What was not shown does not go with it.
    page = admin.send(at, keep=[])
    assert "first is removed from the product" in page.text and assets(om, product) == {"first", "second"}
    admin.send(at, keep=first["id"])
    assert assets(om, product) == {"first"}


def test_a_product_is_hidden_after_a_look_at_who_keeps_it(house, om, admin):
    product, at = made(om, "Hiding")
    reader = house.new_user("keeps-it")
    admin.visit(at + "?tab=access")
    admin.send(at + "/roles", who=reader.name, role="viewer")
    other = Browser(house).sign_in(house.new_user("loses-it"))
    admin.visit(at + "?edit=visibility")
    page = admin.send(at, visibility="granted")
    assert reader.name in page.text and "everybody without a role on it can no longer see it" in page.text
    assert page.form(at)["fields"]["visibility"] == "granted", "what was chosen stays"
    other.visit(at)
    admin.send(at)
    other.visit(at, expect=404)
    admin.visit(at + "?edit=visibility")
    admin.send(at, visibility="open")
    other.visit(at)


def counted(admin, at) -> int:
    """Of how many people it is said that they lose sight of what is hidden; nothing is hidden yet."""
    admin.visit(at + "?edit=visibility")
    text = admin.send(at, visibility="granted").text
    return int(re.search(r"Of (\d+) (?:person|people), everybody without a role", text)[1])


def test_people_lose_sight_of_what_is_hidden_and_neither_programs_nor_who_is_disabled(house, om, admin):
    _, at = made(om, "Counted")
    before = counted(admin, at)
    person = house.new_user("counts")
    assert counted(admin, at) == before + 1
    om.post("/users", {"name": "counts-not", "email": "counts-not@example.com", "isBot": True})
    assert counted(admin, at) == before + 1, "a program is nobody"
    users = f"/admin/users?q={person.name}"
    until_found(house)
    admin.visit(next(link for link in admin.visit(users).links if "ask=disable" in link))
    admin.send("/admin/users", do="disable")
    assert counted(admin, at) == before, "who is disabled sees nothing as it is"


def test_a_member_leaves_after_a_look_at_what_the_team_owns(house, om, admin):
    crew = om.post("/teams", {"name": "Crew", "teamType": "Group"})
    member = house.new_user("leaves-it")
    om.patch(f"/teams/{crew['id']}", [{"op": "add", "path": "/users", "value": [{"id": member.id, "type": "user"}]}])
    product, _ = made(om, "Owned by a crew")
    owners = [{"id": crew["id"], "type": "team"}]
    om.patch(f"/dataProducts/{product['id']}", [{"op": "add", "path": "/owners", "value": owners}])
    at = "/teams/" + quote(crew["fullyQualifiedName"], safe="")
    admin.visit(at + "?edit=members")
    page = admin.send(at, keep=[])
    assert f"{member.name} leaves Crew" in page.text and "The team owns 1 product and directly" in page.text, page.text
    assert [one["id"] for one in om.get(f"/teams/{crew['id']}?fields=users")["users"]] == [member.id]
    admin.send(at, keep=[])
    assert not om.get(f"/teams/{crew['id']}?fields=users").get("users")


def test_who_may_not_change_it_is_shown_nothing(house, om):
    product, at = made(om, "Closed to him")
    person = Browser(house).sign_in(house.new_user("may-not"))
    token = person.visit("/logout").form("/logout")["fields"]["token"]
    answer = person.ask("POST", at, data={"token": token, "of": product["id"], "edit": "owners", "revision": "1"})
    assert answer.status == 403 and "What will be removed" not in answer.text

"""What was deleted, of every kind: listed with who did it and when, narrowed by kind, and brought back after a look at what comes with it."""

import pytest

from openmetadata_door import OpenMetadataDoor
from pages_browser import Visitor, chromium, chromium_program  # noqa: F401
from pages_door import Browser, by_mail
from rows_world import CALLERS, RowsWorld
from tables_world import make_table, schema  # noqa: F401

ALL, OWN = "/admin/deleted", "/deleted"
COLUMNS = [{"name": "id", "dataType": "INT"}]


def restoring(at: str, record: dict) -> str:
    return f"{at}?restore={record['id']}"


@pytest.fixture
def place(om, fresh_name):
    """A source with a schema of two tables."""
    service = om.post("/services/databaseServices", {"name": fresh_name("gone"), "serviceType": "Postgres"})
    database = om.post("/databases", {"name": "db", "service": service["fullyQualifiedName"]})
    below = om.post("/databaseSchemas", {"name": "public", "database": database["fullyQualifiedName"]})
    tables = [om.post("/tables", {"name": name, "databaseSchema": below["fullyQualifiedName"], "columns": COLUMNS}) for name in ("first", "second")]
    return service, below, tables


def test_every_kind_is_listed_narrowed_and_brought_back(server, browser, om, place, fresh_name):
    service, below, tables = place
    domain = om.post("/domains", {"name": fresh_name("Gone"), "domainType": "Aggregate", "description": "d"})
    product = om.post("/dataProducts", {"name": fresh_name("Gone"), "description": "d", "domains": [domain["name"]]})
    glossary = om.post("/glossaries", {"name": fresh_name("Gone"), "description": "d"})
    team = om.post("/teams", {"name": fresh_name("Gone"), "teamType": "Group"})
    user = server.new_user(fresh_name("gone"))
    dashboards = om.post("/services/dashboardServices", {"name": fresh_name("gone"), "serviceType": "Superset"})
    dashboard = om.post("/dashboards", {"name": "d", "service": dashboards["fullyQualifiedName"]})
    made = {
        "data_product": ("dataProducts", product), "table": ("tables", tables[0]), "glossary": ("glossaries", glossary), "team": ("teams", team),
        "user": ("users", {"id": user.id, "name": user.name}), "dashboard": ("dashboards", dashboard), "domain": ("domains", domain),
        "database_service": ("services/databaseServices", service),
    }  # fmt: skip
    for path, record in made.values():
        om.delete(f"/{path}/{record['id']}", recursive="true")
    page = browser.visit(ALL)
    for _, record in made.values():
        assert restoring(ALL, record) in page.links or any(f"restore={service['id']}" in link for link in page.links), record["name"]
    assert restoring(ALL, below) not in page.links, "what went along comes back with it"
    for kind, (_, record) in made.items():
        page = browser.visit(f"{ALL}?kind={kind}")
        assert any("restore=" in link for link in page.links) and server.admin.name in page.text, kind
        named = [one["name"] for name, (_, one) in made.items() if name != kind and kind not in ("table", "data_product")]
        assert not any(f"<bdi>{name}</bdi>" in page.source.split('id="deleted"')[1].split("<tbody>")[1] for name in named), kind
    # The table went before its service did: it has to come back after it.
    page = browser.visit(restoring(ALL, tables[0]))
    assert "which is deleted as well" in page.text and restoring(ALL, service) in page.links
    page = browser.visit(restoring(ALL, service))
    for words in ("Databases that went with it: 1", "Schemas that went with it: 1", "Tables that went with it: 1"):
        assert words in page.text, page.text
    browser.send(ALL)
    assert browser.query()["done"] == "restored" and om.get(f"/tables/{tables[1]['id']}")["name"] == "second"
    assert om.call("GET", f"/tables/{tables[0]['id']}").status_code == 404, "it went by itself"
    for kind in ("table", "domain", "data_product", "glossary", "team", "user", "dashboard"):
        path, record = made[kind]
        browser.visit(restoring(ALL, record))
        browser.send(ALL)
        assert browser.query()["done"] == "restored" and om.get(f"/{path}/{record['id']}")["id"] == record["id"], kind
        assert restoring(ALL, record) not in browser.visit(ALL).links


def test_a_name_that_was_taken_since_is_said(browser, om, fresh_name):
    name = fresh_name("Twice")
    domain = om.post("/domains", {"name": fresh_name("Twice"), "domainType": "Aggregate", "description": "d"})
    product = om.post("/dataProducts", {"name": name, "description": "d", "domains": [domain["name"]]})
    om.delete(f"/dataProducts/{product['id']}")
    om.post("/dataProducts", {"name": name, "description": "d", "domains": [domain["name"]]})
    browser.visit(restoring(ALL, product))
    page = browser.send(ALL, 409)
    assert name in " ".join(page.roles["alert"])


def test_owners_get_back_what_is_theirs_and_nobody_else_does(server, browser, om, other_account, fresh_name, make_table):  # noqa: F811
    owner, member, onlooker = (server.new_user(fresh_name(name)) for name in ("owner", "member", "onlooker"))
    team = om.post("/teams", {"name": fresh_name("Crew"), "teamType": "Group", "users": [member.id]})
    domain = om.post("/domains", {"name": fresh_name("Theirs"), "domainType": "Aggregate", "description": "d"})
    of = lambda who, kind: [{"id": who["id"] if kind == "team" else who.id, "type": kind}]  # noqa: E731
    his = om.post("/dataProducts", {"name": fresh_name("His"), "description": "d", "domains": [domain["name"]], "owners": of(owner, "user")})
    theirs = make_table(owners=of(team, "team"))
    others = om.post("/dataProducts", {"name": fresh_name("Others"), "description": "d", "domains": [domain["name"]]})
    own = OpenMetadataDoor(server, owner.token)
    om.delete(f"/tables/{theirs['id']}")
    own.delete(f"/dataProducts/{his['id']}")
    om.delete(f"/dataProducts/{others['id']}")
    people = {name: Browser(server).sign_in(who) for name, who in (("owner", owner), ("member", member), ("onlooker", onlooker))}
    listed = {name: {link for link in one.visit(OWN).links if "restore=" in link} for name, one in people.items()}
    assert listed == {"owner": {restoring(OWN, his)}, "member": {restoring(OWN, theirs)}, "onlooker": set()}
    assert OWN in people["owner"].visit(f"/people/{owner.name}").links
    for name, one in people.items():
        one.visit(ALL, 403)
        assert OWN not in one.visit(f"/people/{server.admin.name}").links
    # Nobody looks at what is not his, and no form brings it back.
    page = people["owner"].visit(restoring(OWN, his))
    fields = page.form(OWN)["fields"]
    for name in ("member", "onlooker"):
        assert people[name].visit(restoring(OWN, his), 404)
        token = people[name].visit("/logout").form("/logout")["fields"]["token"]
        sent = people[name].ask("POST", OWN, data=fields | {"token": token}, headers={"Origin": server.url, "Sec-Fetch-Site": "same-origin"})
        assert sent.status == 404 and om.call("GET", f"/dataProducts/{his['id']}").status_code == 404
    people["owner"].visit(restoring(OWN, others), 404)
    foreign = Browser(server).sign_in(by_mail(other_account, "elsewhere"))
    for at in (OWN, ALL):
        foreign.visit(restoring(at, his), 404)
        assert restoring(at, his) not in foreign.visit(at).links
    people["owner"].visit(restoring(OWN, his))
    people["owner"].send(OWN)
    assert people["owner"].query()["done"] == "restored" and om.get(f"/dataProducts/{his['id']}")["name"] == his["name"]
    people["member"].visit(restoring(OWN, theirs))
    people["member"].send(OWN)
    assert om.get(f"/tables/{theirs['id']}")["name"] == theirs["name"]
    # Who sends it twice is where the first one led.
    token = people["owner"].visit("/logout").form("/logout")["fields"]["token"]
    sent = people["owner"].ask("POST", OWN, data=fields | {"token": token}, headers={"Origin": server.url, "Sec-Fetch-Site": "same-origin"})
    assert sent.status == 200 and his["name"] in sent.url
    # What somebody else took down he does not bring back: it is gone for him, wherever he asks.
    om.delete(f"/dataProducts/{his['id']}")
    people["owner"].visit(restoring(OWN, his), 404)
    assert restoring(OWN, his) not in people["owner"].visit(OWN).links
    assert his["name"] not in people["owner"].visit(f"/products?deleted={his['id']}").text
    assert own.call("PUT", "/dataProducts/restore", {"id": his["id"]}).status_code == 404
    assert om.call("PUT", "/dataProducts/restore", {"id": his["id"]}).status_code == 200
    # Just after he deletes it, it is offered where that was done.
    own.delete(f"/dataProducts/{his['id']}")
    page = people["owner"].visit(f"/products?deleted={his['id']}")
    assert his["name"] in page.text
    assert his["name"] not in people["onlooker"].visit(f"/products?deleted={his['id']}").text
    people["owner"].visit(f"/products?deleted={his['id']}")
    people["owner"].send("/products/restored")
    assert om.get(f"/dataProducts/{his['id']}")["name"] == his["name"]


def test_a_page_is_full_of_what_is_ones_own_whatever_stands_between(server, om, fresh_name):
    owner, onlooker = server.new_user(fresh_name("owner")), server.new_user(fresh_name("onlooker"))
    team = om.post("/teams", {"name": fresh_name("Crew"), "teamType": "Group", "users": [owner.id, onlooker.id]})
    om.patch(f"/teams/{team['id']}", [{"op": "add", "path": "/owners", "value": [{"id": owner.id, "type": "user"}]}])
    domain = om.post("/domains", {"name": fresh_name("Between"), "domainType": "Aggregate", "description": "d"})
    make = lambda: om.post("/dataProducts", {"name": fresh_name("Between"), "description": "d", "domains": [domain["name"]], "owners": [{"id": owner.id, "type": "user"}]})  # noqa: E731
    his = make()
    OpenMetadataDoor(server, owner.token).delete(f"/dataProducts/{his['id']}")
    for _ in range(52):
        om.delete(f"/dataProducts/{make()['id']}")
    page = Browser(server).sign_in(owner).visit(OWN)
    assert {link for link in page.links if "restore=" in link} == {restoring(OWN, his)}
    assert not any("before=" in link for link in page.links)


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    made = RowsWorld(tmp_path_factory.mktemp("deleted-rows"))
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def test_what_comes_back_with_a_product_is_said_and_nobody_reads_more_than_before(rows):
    om, owner = rows.om, rows.browser("product_owner")
    asked = [caller for caller in CALLERS if caller != "anonymous"]
    sql = {"sql": "SELECT region FROM customer"}

    def read() -> dict[str, tuple]:
        """What each of them gets of the rows."""
        answers = {caller: rows.door(caller).call("POST", f"{rows.path}/run-sql", sql) for caller in asked}
        return {caller: (answer.status_code, answer.json().get("rows")) for caller, answer in answers.items()}

    before, product = read(), om.get(f"/dataProducts/{rows.product}", fields="owners")
    assert {200} < {status for status, _ in before.values()}, "some read rows, and others do not"
    om.delete(f"/dataProducts/{rows.product}")
    assert {status for status, _ in read().values()}.isdisjoint({200})
    page = rows.browser("admin").visit(f"{ALL}?restore={rows.product}")
    assert "with its description, roles, models" in page.text and "Rows are shared through it again" in page.text
    assert "can query them again" in page.text and "with a role on it again" in page.text and "viewer" in page.text
    rows.browser("admin").send(ALL)
    assert om.get(f"/dataProducts/{rows.product}", fields="owners")["owners"] == product["owners"]
    assert read() == before, "restoring gives nobody a row that he had not"
    # While it was deleted, whose rows they are could take nothing back: an owner who has them not restores it without.
    rows.metadata("product_owner").delete(f"/dataProducts/{rows.product}")
    om.delete(f"/tables/{rows.table['id']}")
    assert om.call("PUT", "/tables/restore", {"id": rows.table["id"]}).status_code == 200
    owner.visit(f"/products?deleted={rows.product}")
    page = owner.send("/products/restored")
    assert owner.path == OWN, "it is said before"
    assert "Their rows are not shared through it again" in page.text and "customer" in page.text and "can query them again" not in page.text
    owner.send(OWN)
    assert {caller for caller, (status, _) in read().items() if status == 200} <= {"admin", "table_owner"}
    path = f"/tables/{rows.table['id']}"
    assert rows.product in {one["id"] for one in om.get(path, fields="dataProducts")["dataProducts"]}, "it holds the table, closed"
    # A table that comes back is in no product that it was taken out of.
    admin, table = rows.browser("admin"), rows.table
    held = lambda: {one["id"] for one in om.get(f"/dataProducts/{rows.product}/assets")["data"]}  # noqa: E731
    assert table["id"] in held()
    om.delete(f"/tables/{table['id']}")
    rows.browser("product_owner").visit(f"{OWN}?restore={table['id']}", 403)
    rows.browser("table_owner").visit(f"{OWN}?restore={table['id']}")
    rows.browser("table_owner").send(OWN)
    assert om.get(f"/tables/{table['id']}")["id"] == table["id"] and table["id"] not in held()
    assert all(status != 200 for caller, (status, _) in read().items() if caller != "admin")
    admin.visit(f"{ALL}?restore={table['id']}")
    assert admin.path.startswith("/tables/"), "it is back already"


def test_what_was_deleted_in_a_browser(chromium, server, om, place, fresh_name):  # noqa: F811
    service, _, _ = place
    owner = server.new_user(fresh_name("owner"))
    domain = om.post("/domains", {"name": fresh_name("Seen"), "domainType": "Aggregate", "description": "d"})
    product = om.post("/dataProducts", {"name": fresh_name("Seen"), "description": "d", "domains": [domain["name"]], "owners": [{"id": owner.id, "type": "user"}]})
    om.delete(f"/services/databaseServices/{service['id']}", recursive="true")
    OpenMetadataDoor(server, owner.token).delete(f"/dataProducts/{product['id']}")
    with Visitor(chromium, server, server.admin) as visitor:
        for path in (f"{ALL}?kind=database_service", restoring(ALL, service)):
            visitor.open(path)
            visitor.look("what was deleted")
    with Visitor(chromium, server, owner) as visitor:
        visitor.page.set_viewport_size({"width": 390, "height": 800})
        for path in (OWN, restoring(OWN, product)):
            visitor.open(path)
            visitor.look("what was deleted of one's own")
        visitor.send("Restore")
    assert om.get(f"/dataProducts/{product['id']}")["name"] == product["name"]

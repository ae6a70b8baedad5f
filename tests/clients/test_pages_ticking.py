"""Assets are put into a product by ticking them, of a schema or of what a search finds; and what forms say of what they touch."""

from urllib.parse import quote

import pytest

from openmetadata_door import reference
from pages_browser import Visitor, chromium, chromium_program  # noqa: F401
from pages_door import Browser, until_found

RECORDED = [{"name": "id", "dataType": "INT"}]


@pytest.fixture(scope="module")
def place(om, fresh_name):
    """A schema with three tables, one of which a few see alone."""
    service = om.post("/services/databaseServices", {"name": fresh_name("ticked"), "serviceType": "Postgres"})
    database = om.post("/databases", {"name": "db", "service": service["fullyQualifiedName"]})
    schema = om.post("/databaseSchemas", {"name": "public", "database": database["fullyQualifiedName"]})
    tables = [om.post("/tables", {"name": name, "databaseSchema": schema["fullyQualifiedName"], "columns": RECORDED}) for name in ("first", "second", "third")]
    return schema["fullyQualifiedName"], tables


def assets(om, product) -> set[str]:
    return {one["name"] for one in om.get(f"/dataProducts/{product['id']}/assets")["data"]}


def made(om, fresh_name, owner=None) -> dict:
    domain = om.post("/domains", {"name": fresh_name("Ticked"), "domainType": "Aggregate", "description": "d"})
    owners = [{"id": owner.id, "type": "user"}] if owner else []
    return om.post("/dataProducts", {"name": fresh_name("Ticked"), "description": "d", "domains": [domain["name"]], "owners": owners})


def test_tables_of_a_schema_are_ticked_and_put_into_a_product_at_once(server, om, place, fresh_name):
    schema, tables = place
    owner = server.new_user(fresh_name("ticker"))
    product = made(om, fresh_name, owner)
    at = f"/products/{product['fullyQualifiedName']}"
    reader = Browser(server).sign_in(owner)
    page = reader.visit(f"/schemas/{schema}")
    form = next(link for link in page.links if "edit=assets" in link and product["name"] in link)
    page = reader.visit(form)
    offered = [given["value"] for tag, given in page.tags if tag == "input" and given.get("name") == "tick"]
    assert sorted(offered) == sorted(table["id"] for table in tables)
    reader.send(at, tick=[tables[0]["id"], tables[2]["id"]])
    assert assets(om, product) == {"first", "third"}
    # He does not hold the rows: what he added is described, and closed.
    page = reader.visit(f"{at}?tab=assets")
    assert "you may query it" not in page.text
    page = reader.visit(f"{at}?edit=assets&from={schema}")
    offered = [given["value"] for tag, given in page.tags if tag == "input" and given.get("name") == "tick"]
    assert offered == [tables[1]["id"]], "what is there already is not offered"
    # Who ticks what is none of the records that he sees adds nothing by it.
    kept = [given["value"] for tag, given in page.tags if tag == "input" and given.get("name") == "keep"]
    reader.send(at, keep=kept, tick=["00000000-0000-4000-8000-000000000000", product["id"], "no id"])
    assert assets(om, product) == {"first", "third"}
    # Nobody else is led there, nor taken from.
    other = Browser(server).sign_in(server.new_user(fresh_name("onlooker")))
    assert "edit=assets" not in other.visit(f"/schemas/{schema}").source
    other.visit(f"{at}?edit=assets&from={schema}", 403)


def test_what_is_in_already_is_said_to_be_so(browser, om, place, fresh_name):
    schema, tables = place
    product = made(om, fresh_name)
    fqn = quote(product["fullyQualifiedName"], safe="")
    om.call("PUT", f"/dataProducts/{fqn}/assets/add", {"assets": [reference(table, "table") for table in tables]}, expect=200)
    page = browser.visit(f"/products/{fqn}?edit=assets&from={schema}")
    assert "All that was found there is in it already." in page.text


def test_what_a_search_finds_is_ticked_and_a_broken_one_is_said(server, browser, om, place, fresh_name):
    schema, tables = place
    product = made(om, fresh_name)
    at = f"/products/{product['fullyQualifiedName']}"
    until_found(server)
    page = browser.visit(f"{at}?edit=assets&from=kind:table second")
    offered = [given["value"] for tag, given in page.tags if tag == "input" and given.get("name") == "tick"]
    assert tables[1]["id"] in offered
    page = browser.visit(f"{at}?edit=assets&from=kind:(")
    assert page.roles["alert"] and page.form(at)
    page = browser.visit(f"{at}?edit=assets&from=kind:table nothing-is-called-like-this")
    assert "can be added is called “kind:table nothing-is-called-like-this”" in page.text
    for unknown in ("no_such_pipeline", "nowhere.no_such_pipeline"):
        assert f"is called “{unknown}”" in browser.visit(f"{at}?edit=assets&from={unknown}").text, unknown
    # The way to find more stands above what saves, and the key that sends the form saves all the same.
    source = page.source.split("<main")[1]
    assert source.index('name="list"') < source.index('class="primary"') and source.index("<button") < source.index('name="list"')
    # What was ticked stays where something else is wrong.
    browser.visit(f"{at}?edit=assets&from={schema}")
    page = browser.send(at, 400, tick=[tables[1]["id"]], add="no.such.table")
    ticked = [given["value"] for tag, given in page.tags if tag == "input" and given.get("name") == "tick" and "checked" in given]
    assert ticked == [tables[1]["id"]] and assets(om, product) == set()


def test_assets_are_ticked_in_a_browser(chromium, server, om, place, fresh_name):  # noqa: F811
    schema, tables = place
    product = made(om, fresh_name)
    with Visitor(chromium, server, server.admin) as visitor:
        visitor.open(f"/products/{product['fullyQualifiedName']}?edit=assets")
        visitor.page.fill("#from", schema)
        visitor.send("List")
        visitor.look("tables to tick")
        for table in tables[:2]:
            visitor.page.check(f"input[name=tick][value='{table['id']}']")
        visitor.send("Save")
    assert assets(om, product) == {"first", "second"}


def test_a_terms_form_says_what_shows_the_change(server, browser, om, place, fresh_name):
    glossary = om.post("/glossaries", {"name": fresh_name("Touched"), "description": "d"})
    term = om.post("/glossaryTerms", {"name": fresh_name("term"), "glossary": glossary["fullyQualifiedName"], "description": "d"})
    at = f"/terms/{term['fullyQualifiedName']}?edit=display_name"
    assert "Nothing that you may see bears this term" in browser.visit(at).text
    table = place[1][0]
    tag = {"tagFQN": term["fullyQualifiedName"], "source": "Glossary", "labelType": "Manual", "state": "Confirmed"}
    om.patch(f"/tables/{table['id']}", [{"op": "add", "path": "/tags", "value": [tag]}])
    page = browser.visit(at)
    assert "The term is used once: all of that shows the change as soon as it is saved." in page.text
    [listed] = [link for link in page.links if link.startswith("/search?q=term")]
    until_found(server)
    assert f"/tables/{table['fullyQualifiedName']}" in browser.visit(listed).links, "all that bears it is a click away"


def test_how_backups_are_taken_and_restored_stands_on_their_page(browser):
    text = browser.visit("/admin").text
    assert "emporion backup --url" in text and "emporion restore --from" in text and "scheduler" in text


def test_what_must_be_filled_in_is_marked(chromium, server):  # noqa: F811
    with Visitor(chromium, server, server.admin) as visitor:
        visitor.open("/domains?edit=domain")
        mark = "one => getComputedStyle(document.querySelector(`label[for=${one}]`), '::after').content"
        assert "*" in visitor.page.evaluate(mark, "name") and "*" not in visitor.page.evaluate(mark, "choice")
        assert visitor.page.get_by_label("Name", exact=True).count() == 1, "to readers of screens it is called as before"


def test_all_that_something_reads_is_ticked(server, om, place, fresh_name):
    schema, tables = place
    owner = server.new_user(fresh_name("reader"))
    product = made(om, fresh_name, owner)
    at = f"/products/{product['fullyQualifiedName']}"
    service = om.post("/services/pipelineServices", {"name": fresh_name("reads"), "serviceType": "Airflow"})
    pipeline = om.post("/pipelines", {"name": "nightly", "service": service["fullyQualifiedName"]})
    beyond = om.put("/tables", {"name": "beyond", "databaseSchema": schema, "columns": RECORDED})

    def edge(source, to, kind="table"):
        ends = {"fromEntity": {"id": source["id"], "type": "table"}, "toEntity": {"id": to["id"], "type": kind}}
        om.call("PUT", "/lineage", {"edge": ends}, expect=200)

    edge(tables[0], pipeline, "pipeline")
    edge(beyond, tables[0])
    reader = Browser(server).sign_in(owner)
    page = reader.visit(f"/pipelines/{pipeline['fullyQualifiedName']}")
    assert "Put all that it reads into a product" in page.text
    page = reader.visit(next(link for link in page.links if "edit=assets" in link and product["name"] in link))
    offered = [given["value"] for tag, given in page.tags if tag == "input" and given.get("name") == "tick"]
    assert sorted(offered) == sorted([tables[0]["id"], beyond["id"]]), "also what that is made of"
    reader.send(at, tick=offered)
    assert assets(om, product) == {"first", "beyond"}
    page = reader.visit(f"{at}?edit=assets&from={tables[1]['fullyQualifiedName']}")
    assert "There is nothing to add" in page.text, "it reads nothing"
    other = Browser(server).sign_in(server.new_user(fresh_name("onlooker")))
    assert "edit=assets" not in other.visit(f"/pipelines/{pipeline['fullyQualifiedName']}").source


def test_all_that_a_dashboard_reads_is_ticked(server, om, place, fresh_name):
    schema, tables = place
    owner = server.new_user(fresh_name("reader"))
    product = made(om, fresh_name, owner)
    at = f"/products/{product['fullyQualifiedName']}"
    service = om.post("/services/dashboardServices", {"name": fresh_name("shows"), "serviceType": "Superset"})["fullyQualifiedName"]
    chart = om.post("/charts", {"name": "by month", "service": service})
    model = om.post("/dashboard/datamodels", {"name": "sales", "service": service, "dataModelType": "SupersetDataModel", "columns": RECORDED})
    parts = {"charts": [chart["fullyQualifiedName"]], "dataModels": [model["fullyQualifiedName"]]}
    dashboard = om.post("/dashboards", {"name": "sales", "service": service} | parts)
    shown = om.put("/tables", {"name": "shown", "databaseSchema": schema, "columns": RECORDED})
    for source, to, kind in ((tables[0], chart, "chart"), (shown, model, "dashboardDataModel"), (tables[2], dashboard, "dashboard")):
        ends = {"fromEntity": {"id": source["id"], "type": "table"}, "toEntity": {"id": to["id"], "type": kind}}
        om.call("PUT", "/lineage", {"edge": ends}, expect=200)
    reader = Browser(server).sign_in(owner)
    page = reader.visit(f"/dashboards/{dashboard['fullyQualifiedName']}")
    assert "Put all that it reads into a product" in page.text
    page = reader.visit(next(link for link in page.links if "edit=assets" in link and product["name"] in link))
    offered = [given["value"] for tag, given in page.tags if tag == "input" and given.get("name") == "tick"]
    read = {tables[0]["id"], shown["id"], tables[2]["id"]}
    assert read <= set(offered) and tables[1]["id"] not in offered, "also what its charts and models are made of"
    reader.send(at, tick=[shown["id"], tables[2]["id"]])
    assert len(assets(om, product)) == 2
    # One chart alone reads less; the dashboard itself is a member like any other.
    page = reader.visit(f"{at}?edit=assets&from={chart['fullyQualifiedName']}")
    offered = [given["value"] for tag, given in page.tags if tag == "input" and given.get("name") == "tick"]
    assert tables[0]["id"] in offered and shown["id"] not in offered
    until_found(server)
    page = reader.visit(f"{at}?edit=assets&from=kind:dashboard sales")
    offered = [given["value"] for tag, given in page.tags if tag == "input" and given.get("name") == "tick"]
    assert dashboard["id"] in offered
    other = Browser(server).sign_in(server.new_user(fresh_name("onlooker")))
    assert "edit=assets" not in other.visit(f"/dashboards/{dashboard['fullyQualifiedName']}").source


def test_what_a_dashboard_reads_is_looked_at_on_a_phone(chromium, server, om, place, fresh_name):  # noqa: F811
    schema, tables = place
    product = made(om, fresh_name)
    service = om.post("/services/dashboardServices", {"name": fresh_name("phone"), "serviceType": "Superset"})["fullyQualifiedName"]
    dashboard = om.post("/dashboards", {"name": "sales", "service": service})
    ends = {"fromEntity": {"id": tables[1]["id"], "type": "table"}, "toEntity": {"id": dashboard["id"], "type": "dashboard"}}
    om.call("PUT", "/lineage", {"edge": ends}, expect=200)
    with Visitor(chromium, server, server.admin) as visitor:
        visitor.open(f"/dashboards/{dashboard['fullyQualifiedName']}")
        visitor.look("a dashboard")
        visitor.page.set_viewport_size({"width": 390, "height": 800})
        visitor.open(f"/products/{product['fullyQualifiedName']}?edit=assets&from={dashboard['fullyQualifiedName']}")
        visitor.page.check(f"input[name=tick][value='{tables[1]['id']}']")
        visitor.send("Save")
    assert assets(om, product) == {"second"}


def test_ticks_stay_while_other_things_are_listed(chromium, server, browser, om, place, fresh_name):  # noqa: F811
    schema, tables = place
    product = made(om, fresh_name)
    at = f"/products/{product['fullyQualifiedName']}"
    boxes = lambda page: {given["value"]: "checked" in given for tag, given in page.tags if tag == "input" and given.get("name") == "tick"}  # noqa: E731
    until_found(server)
    browser.visit(f"{at}?edit=assets&from={schema}")
    page = browser.send(at, tick=[tables[0]["id"]], add="no.such.table", **{"from": f"kind:table fqn:{schema}.second", "list": "yes"})
    assert boxes(page)[tables[0]["id"]] and not boxes(page)[tables[1]["id"]] and assets(om, product) == set()
    assert page.form(at)["fields"]["add"] == "no.such.table" and "token=" not in page.url, "what was typed stays, and no address bears it"
    page = browser.send(at, tick=[tables[0]["id"], tables[1]["id"]], add="", **{"from": schema})
    assert {id for id, ticked in boxes(page).items() if ticked} == {tables[0]["id"], tables[1]["id"]} and len(boxes(page)) >= 3
    assert assets(om, product) == set(), "a list that is asked for by the key that sends a form is shown first"
    browser.send(at)
    assert assets(om, product) == {"first", "second"}
    with Visitor(chromium, server, server.admin) as visitor:
        visitor.open(f"{at}?edit=assets&from={schema}")
        visitor.page.check(f"input[name=tick][value='{tables[2]['id']}']")
        visitor.page.fill("#from", "nothing.is.there")
        visitor.page.press("#from", "Enter")
        visitor.page.wait_for_selector("text=Ticked before")
        visitor.send("Save")
    assert assets(om, product) == {"first", "second", "third"}


@pytest.fixture(scope="module")
def wide(om, fresh_name):
    """A schema with more tables than are listed at once."""
    service = om.post("/services/databaseServices", {"name": fresh_name("wide"), "serviceType": "Postgres"})
    database = om.post("/databases", {"name": "db", "service": service["fullyQualifiedName"]})
    schema = om.post("/databaseSchemas", {"name": "public", "database": database["fullyQualifiedName"]})["fullyQualifiedName"]
    for number in range(230):
        om.post("/tables", {"name": f"t{number:03}", "databaseSchema": schema, "columns": RECORDED})
    return schema


def test_all_that_is_listed_or_was_found_is_ticked_at_once(server, browser, om, wide, fresh_name):
    product = made(om, fresh_name)
    at = f"/products/{product['fullyQualifiedName']}"
    ticked = lambda page: [given["value"] for tag, given in page.tags if tag == "input" and given.get("name") == "tick" and "checked" in given]  # noqa: E731
    page = browser.visit(f"{at}?edit=assets&from={wide}")
    assert not ticked(page) and "230 were found" in page.text and {"listed", "found"} == {given["value"] for tag, given in page.tags if tag == "button" and given.get("name") == "all"}
    page = browser.send(at, all="listed", add="no.such.table")
    assert len(ticked(page)) == 200 and page.form(at)["fields"]["add"] == "no.such.table" and assets(om, product) == set()
    page = browser.send(at, add="", all="found", tick=[])
    assert len(ticked(page)) == 230 and "were found" not in page.text, "all of them are listed"
    # One is left out, and the rest put in with one save.
    kept = ticked(page)[1:]
    browser.send(at, tick=kept)
    assert om.get(f"/dataProducts/{product['id']}/assets", limit=1)["paging"]["total"] == 229
    # Of a search, and beside what was ticked before; no more than are taken.
    until_found(server)
    other = made(om, fresh_name)
    at = f"/products/{other['fullyQualifiedName']}"
    browser.visit(f"{at}?edit=assets&from=kind:table fqn:{wide}*")
    page = browser.send(at, all="found")
    assert len(ticked(page)) == 230
    # Who may not add anything has no such form.
    stranger = Browser(server).sign_in(server.new_user(fresh_name("stranger")))
    stranger.visit(f"{at}?edit=assets&from={wide}", 403)


def test_a_dashboard_is_found_by_what_it_is_called_on_pages(server, browser, om, place, fresh_name):
    schema, tables = place
    product, shown = made(om, fresh_name), fresh_name("Monthly turnover")
    service = om.post("/services/dashboardServices", {"name": fresh_name("called"), "serviceType": "Superset"})["fullyQualifiedName"]
    dashboard = om.post("/dashboards", {"name": "d-4711", "displayName": shown, "service": service})
    ends = {"fromEntity": {"id": tables[1]["id"], "type": "table"}, "toEntity": {"id": dashboard["id"], "type": "dashboard"}}
    om.call("PUT", "/lineage", {"edge": ends}, expect=200)
    until_found(server)
    at = f"/products/{product['fullyQualifiedName']}"
    page = browser.visit(f"{at}?edit=assets&from={shown}")
    offered = [given["value"] for tag, given in page.tags if tag == "input" and given.get("name") == "tick"]
    assert offered == [tables[1]["id"]] and f"what is read by {shown} ({dashboard['fullyQualifiedName']})" in page.text
    page = browser.visit(f'{at}?edit=assets&from=kind:dashboard "{shown}"')
    assert dashboard["id"] in page.source and f"{shown} ({dashboard['fullyQualifiedName']})" in page.text, "a dashboard to be ticked is called so, too"


def test_all_is_ticked_by_keys_on_a_phone(chromium, server, om, wide, fresh_name):  # noqa: F811
    product = made(om, fresh_name)
    with Visitor(chromium, server, server.admin) as visitor:
        visitor.page.set_viewport_size({"width": 390, "height": 800})
        visitor.open(f"/products/{product['fullyQualifiedName']}?edit=assets&from={wide}")
        visitor.page.get_by_role("button", name="Tick all that were found, at most 1,000").focus()
        with visitor.page.expect_navigation():
            visitor.page.keyboard.press("Enter")
        assert visitor.page.locator("input[name=tick]:checked").count() == 230
        visitor.look("all that was found is ticked")
        visitor.send("Save")
    assert om.get(f"/dataProducts/{product['id']}/assets", limit=1)["paging"]["total"] == 230


def test_many_tables_at_once_are_counted_and_not_all_named(server, browser, om, fresh_name):
    service = om.post("/services/databaseServices", {"name": fresh_name("many"), "serviceType": "Postgres"})
    database = om.post("/databases", {"name": "db", "service": service["fullyQualifiedName"]})
    schema = om.post("/databaseSchemas", {"name": "public", "database": database["fullyQualifiedName"]})["fullyQualifiedName"]
    tables = [om.post("/tables", {"name": f"t{n:03}", "databaseSchema": schema, "columns": RECORDED})["id"] for n in range(60)]
    product = made(om, fresh_name)
    at = f"/products/{product['fullyQualifiedName']}"
    browser.visit(f"{at}?edit=assets&from={schema}")
    page = browser.send(at, tick=tables)
    assert len(page.url) < 500 and len(om.get(f"/dataProducts/{product['id']}/assets", limit=100)["data"]) == 60
    told = " ".join(page.roles["status"])
    assert "t000" in told and "52 more" in told and "t055" not in told, told

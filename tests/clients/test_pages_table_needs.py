"""What of products needs each column of a table, on its page: parts of models and verified queries, for who sees these."""

import json

from pages_door import Browser, by_mail, links, words
from tables_world import at, flows, forbid, holding, person


def modelled(bobsled, product: dict, table: dict, query_of: str, **more) -> str:
    """Gives a product a live model over a table, and a live query; the id of this."""
    path = f"/data-products/{product['id']}"
    fields = [{"name": "address", "expression": "mail"}, {"name": "number", "expression": "id"}]
    kept = {"vendor_name": "EMPORION", "data": json.dumps({"defaultFilters": ["people.state <> 'gone'"]})}
    metrics = [{"name": "address_count", "expression": "COUNT(people.address)", "custom_extensions": [kept]},
               {"name": "half_of_them", "expression": "address_count / 2"}]  # fmt: skip
    datasets = [{"name": "people", "source": f"sc.{table['name']}", "primary_key": ["id"], "fields": fields}]
    document = {"semantic_model": [{"name": "needing", "datasets": datasets, "metrics": metrics} | more]}
    bobsled.post(f"{path}/semantic-models", {"name": "needing", "format": "osi", "document": document}, expect=201)
    query = {"question": f"How many of {query_of}?", "sql": f'SELECT COUNT({query_of}) AS n FROM sc."{table["name"]}"', "isDeployed": True}
    made = bobsled.post(f"{path}/verified-queries", query, expect=201)["verifiedQuery"]["id"]
    bobsled.post(f"{path}/deploy", {})
    return made


def row(page, column: str) -> str:
    return page.source.split(f'<tr id="column-{column}">')[1].split("</tr>")[0]


def with_state(make_table, stem: str) -> dict:
    columns = [{"name": name, "dataType": "VARCHAR", "dataLength": 20} for name in ("id", "mail", "state", "idle")]
    return make_table(stem, columns=columns)


def test_each_column_says_what_of_products_needs_it(browser, om, make_table, fresh_name, bobsled):
    table, after = with_state(make_table, "Needed"), make_table("AfterNeeded")
    flows(om, table, after, ("idle", "id"))
    assert "Used by" not in browser.visit(at(table, "needs=yes")).text, "no product holds it yet"
    assert at(table, "needs=yes") not in browser.visit(at(after)).links, "nor is anything made of that one"
    product = holding(om, fresh_name, "Needing", table)
    query = modelled(bobsled, product, table, "mail")
    model = f"{product['at']}?tab=model"
    plain = browser.visit(at(table))
    assert at(table, "needs=yes") in plain.links and "Used by" not in plain.text, "it is told to who asks"
    page = browser.visit(at(table, "needs=yes"))
    assert at(table, "needs=yes") not in page.links
    mail, state, number, idle = (row(page, column) for column in ("mail", "state", "id", "idle"))
    assert "Used by 1 field, 2 metrics, 1 verified query" in words(mail)
    assert "<details" in mail and product["name"] in mail and "people.address" in mail and "How many of mail?" in mail
    places = {model, f"{model}#metric-address_count", f"{model}#metric-half_of_them", f"{model}#query-{query}"}
    assert places <= set(links(mail)), links(mail)
    assert "people.number" not in mail
    # The filter of a metric needs a column, too; what is made of the metric does without.
    assert "Used by 1 metric :" in words(state) and "address_count" in state and "half_of_them" not in state
    # The field and the key.
    assert "Used by 2 fields" in words(number) and "people.number" in number and "people.id" in number and "address_count" not in number
    # What is made of it by lineage stands in its row as before.
    assert "Used by" not in idle and f"{at(after)}#column-id" in links(idle)
    assert "were checked; there are more" not in page.text, "all was"
    # What waits to be made live needs nothing yet.
    draft = {"question": "Who idles?", "sql": f'SELECT COUNT(idle) AS n FROM sc."{table["name"]}"', "isDeployed": False}
    bobsled.post(f"/data-products/{product['id']}/verified-queries", draft, expect=201)
    assert "Who idles?" not in browser.visit(at(table, "needs=yes")).source


def test_nobody_learns_what_needs_a_column_from_models_that_he_does_not_see(server, om, make_table, fresh_name, bobsled, other_account):
    table = with_state(make_table, "Kept")
    open_one, hidden = (holding(om, fresh_name, stem, table) for stem in ("OpenOne", "HiddenOne"))
    modelled(bobsled, open_one, table, "mail")
    mark = om.post("/classifications", {"name": fresh_name("Closed"), "description": "d"})["name"]
    om.post("/tags", {"name": "shut", "classification": mark, "description": "d"})
    label = {"tagFQN": f"{mark}.shut", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    om.patch(f"/dataProducts/{hidden['id']}", [{"op": "add", "path": "/tags", "value": [label]}])
    secret = {"metrics": [{"name": "secret_count", "expression": "COUNT(people.address)"}]}
    modelled(bobsled, hidden, table, "idle", **secret)
    onlooker, _ = person(server, om, fresh_name("onlooker"))
    page = onlooker.visit(at(table, "needs=yes"))
    assert {"secret_count", "address_count"} <= set(words(row(page, "mail")).replace(",", " ").split())
    assert "How many of idle?" in row(page, "idle")
    # One product of the two is closed to him: not a name from it, and no number.
    half, ref = person(server, om, fresh_name("half"))
    forbid(om, ref, fresh_name("NotThisOne"), "dataProduct", condition=f"matchAnyTag('{mark}.shut')")
    page = half.visit(at(table, "needs=yes"))
    assert "Used by 1 field, 2 metrics, 1 verified query" in words(row(page, "mail"))
    for name in ("secret_count", "How many of idle?", hidden["name"], hidden["at"]):
        assert name not in page.source, name
    assert "Used by" not in row(page, "idle")
    # All of them.
    blind, ref = person(server, om, fresh_name("blind"))
    forbid(om, ref, fresh_name("NoProducts"), "dataProduct")
    page = blind.visit(at(table, "needs=yes"))
    for name in ("Used by", "address_count", "people.address", "How many of", open_one["name"]):
        assert name not in page.source, name
    Browser(server).sign_in(by_mail(other_account, "elsewhere")).visit(at(table), expect=404)


def test_what_was_not_looked_at_is_said(browser, om, make_table, fresh_name, bobsled):
    table = with_state(make_table, "Wide")
    products = [holding(om, fresh_name, f"Holder{number}", table) for number in range(9)]
    page = browser.visit(at(table, "needs=yes"))
    assert "Not everything was checked: columns may be used by more" in page.text, "more products than are looked at hold it"
    modelled(bobsled, products[0], table, "mail")
    assert "Used by at least 1 field" in words(row(browser.visit(at(table, "needs=yes")), "mail"))


def test_what_is_hidden_takes_no_place_of_what_is_seen(server, om, make_table, fresh_name, bobsled):
    """However many products hold a table that somebody does not see: he sees what needs it, and not that there are more."""
    table = with_state(make_table, "Crowded")
    mark = om.post("/classifications", {"name": fresh_name("Closed"), "description": "d"})["name"]
    om.post("/tags", {"name": "shut", "classification": mark, "description": "d"})
    label = {"tagFQN": f"{mark}.shut", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    for number in range(205):
        hidden = holding(om, fresh_name, f"Hidden{number:03}", table)
        om.patch(f"/dataProducts/{hidden['id']}", [{"op": "add", "path": "/tags", "value": [label]}])
    modelled(bobsled, holding(om, fresh_name, "Seen", table), table, "mail")
    reader, ref = person(server, om, fresh_name("reader"))
    forbid(om, ref, fresh_name("NotThese"), "dataProduct", condition=f"matchAnyTag('{mark}.shut')")
    page = reader.visit(at(table, "needs=yes"))
    assert "Used by 1 field, 2 metrics, 1 verified query" in words(row(page, "mail"))
    assert "were checked; there are more" not in page.text and "Hidden" not in page.source


def test_a_view_is_named_by_each_column_that_its_statement_reads(server, browser, om, make_table, fresh_name):
    table = with_state(make_table, "Seen")
    mark = om.post("/classifications", {"name": fresh_name("Closed"), "description": "d"})["name"]
    om.post("/tags", {"name": "shut", "classification": mark, "description": "d"})
    name = fresh_name("seen_view")
    view = om.post("/tables", {
        "name": name, "databaseSchema": table["databaseSchema"]["fullyQualifiedName"], "tableType": "View",
        "schemaDefinition": f'CREATE VIEW v AS SELECT t.mail AS who FROM sc."{table["name"]}" AS t WHERE t.state <> \'gone\'',
        "columns": [{"name": "who", "dataType": "VARCHAR", "dataLength": 20}],
        "tags": [{"tagFQN": f"{mark}.shut", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}],
    })  # fmt: skip
    flows(om, table, view, ("mail", "who"))
    assert at(table, "needs=yes") in browser.visit(at(table)).links
    page = browser.visit(at(table, "needs=yes"))
    for column, is_read in (("mail", True), ("state", True), ("id", False), ("idle", False)):
        of_column = row(page, column)
        assert ("Used by 1 view" in words(of_column)) == is_read, column
        assert (name in of_column.split("Used by")[-1]) == is_read, column
    # A version that loses the column says so, too, though lineage knows of another one alone.
    gone = [column for column in table["columns"] if column["name"] != "state"]
    om.patch(f"/tables/{table['id']}", [{"op": "replace", "path": "/columns", "value": gone}])
    compare = next(link for link in browser.visit(at(table, "tab=activity")).links if "from=" in link)
    changed = browser.visit(compare)
    assert "Views that read these columns" in changed.text and name in changed.source, changed.text
    # Whoever does not see the view is told nothing of it.
    blind, ref = person(server, om, fresh_name("blind"))
    forbid(om, ref, fresh_name("NotThisOne"), "table", condition=f"matchAnyTag('{mark}.shut')")
    assert "Removed columns" in blind.visit(compare).text
    for address in (at(table), at(table, "needs=yes"), compare):
        page = blind.visit(address)
        assert name not in page.source and "Used by" not in page.text and at(table, "needs=yes") not in page.links

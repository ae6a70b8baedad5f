"""Tables on the pages: queries that used them, what was measured of them, where they come from."""

from urllib.parse import quote
from xml.etree import ElementTree

from openmetadata_door import OpenMetadataDoor, reference
from pages_door import HOSTILE, Browser, by_mail, until_found
from tables_world import DAY, FIRST, MARKUP, ask_for, at, describe, flows, forbid, holding, person, profile


def test_queries_of_a_table_with_who_ran_them_and_when(browser, om, make_table, member):
    table, other = make_table(), make_table("Depots")
    page = browser.visit(at(table, "tab=queries"))
    assert "No query that you may see" in page.text and table["id"] in page.text, "why it is empty, and the next step"
    made = ask_for(om, table, "SELECT mail FROM parcels WHERE id = 7", displayName="Whose parcel", usedBy=["nightly job"],
                   users=[member.name], queryDate=1_790_000_000_000, duration=1.25,
                   queryUsedIn=[reference(table, "table"), reference(other, "table")])  # fmt: skip
    om.put(f"/queries/{made['id']}/vote", {"updatedVoteType": "votedUp"})
    ask_for(om, other, "SELECT elsewhere FROM depots")
    page = browser.visit(at(table, "tab=queries"))
    for said in ("1 query", "Whose parcel", "WHERE id = 7", member.name, "nightly job", "1.3 s", "1 liked it", other["name"]):
        assert said in page.text, said
    assert "elsewhere" not in page.source and at(other) in page.links
    assert f"/people/{member.name}" in page.links
    assert browser.visit(at(table)).text.count("Whose parcel") == 0


def test_long_queries_are_folded_and_have_a_page_of_their_own(browser, om, make_table):
    table, other = make_table(), make_table("Depots")
    columns = ",\n  ".join(f"column_number_{n}" for n in range(400))
    made = ask_for(om, table, f"SELECT {columns}\nFROM parcels", name="wide")
    page = browser.visit(at(table, "tab=queries"))
    assert "401 lines" in page.text and "column_number_100" in page.text and "column_number_399" not in page.text
    whole = next(link for link in page.links if f"query={made['id']}" in link)
    assert "column_number_399" in browser.visit(whole).text
    assert any(link == at(table, "tab=queries") for link in browser.page.links)
    # A query is on the pages of the tables that it used, and on no other.
    browser.visit(at(other, f"tab=queries&query={made['id']}"), expect=404)
    for wrong in ("nothing", table["id"], "%00"):
        browser.visit(at(table, f"tab=queries&query={wrong}"), expect=404)


def test_many_queries_come_by_pages(browser, om, make_table):
    table = make_table()
    for number in range(23):
        ask_for(om, table, f"SELECT {number} FROM parcels", name=f"run_{number:02}")
    page = browser.visit(at(table, "tab=queries"))
    assert "23 queries" in page.text and page.source.count("<h3>") == 20 and "run_19" in page.text
    page = browser.visit(next(link for link in page.links if "after=" in link))
    assert page.source.count("<h3>") == 3 and "run_22" in page.text and "run_00" not in page.text
    assert browser.visit(at(table, "tab=queries&after=nonsense"), expect=400).roles["alert"]


def test_what_queries_hold_is_shown_and_never_run(browser, om, make_table):
    table = make_table()
    ask_for(om, table, f"SELECT '{HOSTILE}' -- </pre><img src=x onerror=alert(1)>", displayName=HOSTILE, description=MARKUP,
            usedBy=[HOSTILE])  # fmt: skip
    page = browser.visit(at(table, "tab=queries"))
    assert [given.get("type") for tag, given in page.tags if tag == "script"] == ["module"], "the page's own script alone"
    given = [value or "" for _, given in page.tags for name, value in given.items() if name in ("src", "href") or name.startswith("on")]
    assert not [value for value in given if "alert" in value or "evil.example" in value or value == "x"]
    assert "\u202e" not in page.source and "javascript:" not in " ".join(page.links)
    assert "<script>alert(1)</script>" in page.text


def test_queries_are_for_those_who_see_them_and_values_for_those_who_hold_the_rows(server, om, make_table, fresh_name, other_account):
    table, hidden = make_table(), make_table("Hidden")
    owner, keeper = person(server, om, fresh_name("keeper"))
    made = ask_for(om, table, "SELECT id FROM parcels WHERE mail = 'nemo@deep.example'", owners=[keeper], name="by mail",
                   queryUsedIn=[reference(table, "table"), reference(hidden, "table")])  # fmt: skip
    assert "nemo@deep.example" in owner.visit(at(table, "tab=queries")).text
    for query in ("", f"&query={made['id']}"):
        seen, _ = person(server, om, fresh_name("onlooker"))
        page = seen.visit(at(table, "tab=queries" + query))
        assert "by mail" in page.text and "WHERE mail = ?" in page.text and "nemo" not in page.source
        assert "Queries can hold values of rows. Where you see ?, such a value is hidden. The people who manage the rows of the source can see it" in page.text
    # The table and not the query: no word of it, no number.
    unasked, ref = person(server, om, fresh_name("unasked"))
    forbid(om, ref, fresh_name("NoQueries"), "query")
    page = unasked.visit(at(table, "tab=queries"))
    assert "No query that you may see" in page.text and "by mail" not in page.source and "1 query" not in page.text
    unasked.visit(at(table, f"tab=queries&query={made['id']}"), expect=404)
    # The query and not the table.
    blind, ref = person(server, om, fresh_name("blind"))
    forbid(om, ref, fresh_name("NoTables"), "table")
    for query in ("", f"&query={made['id']}"):
        page = blind.visit(at(table, "tab=queries" + query), expect=404)
        assert "by mail" not in page.source
    elsewhere = Browser(server).sign_in(by_mail(other_account, "elsewhere"))
    elsewhere.visit(at(table, "tab=queries"), expect=404)
    elsewhere.visit(at(table, f"tab=queries&query={made['id']}"), expect=404)


def test_other_tables_of_a_query_are_named_to_those_who_see_them(server, om, make_table, fresh_name):
    """Products can be used by queries, too, and can be hidden from those who see the table."""
    table = make_table()
    domain = om.post("/domains", {"name": fresh_name("Dim"), "domainType": "Aggregate", "description": "d"})["name"]
    shown = om.post("/dataProducts", {"name": fresh_name("Open"), "domains": [domain], "description": "d"})
    ask_for(om, table, "SELECT 1", queryUsedIn=[reference(table, "table"), reference(shown, "dataProduct")])
    closed, ref = person(server, om, fresh_name("closed"))
    assert shown["name"] in closed.visit(at(table, "tab=queries")).text
    forbid(om, ref, fresh_name("NoProducts"), "dataProduct")
    page = closed.visit(at(table, "tab=queries"))
    assert "SELECT ?" in page.text and shown["name"] not in page.source and shown["id"] not in page.source
    assert OpenMetadataDoor(server, server.admin.token).get(f"/dataProducts/{shown['id']}")


def test_columns_say_what_was_measured_and_when(browser, server, om, make_table, fresh_name):
    table = make_table()
    assert "easured" not in browser.visit(at(table)).text
    mail = {"name": "mail", "nullCount": 5, "distinctCount": 1, "min": "a@b.example", "max": HOSTILE}
    for run, rows in enumerate((10, 40, 20)):
        profile(om, table, FIRST + run * DAY, rows, {"name": "id", "nullProportion": 0.0, "distinctCount": rows, "min": 1,
                                                     "max": 1234567, "mean": 20.5}, mail)  # fmt: skip
    page = browser.visit(at(table))
    for said in ("20 rows", "0.0 % empty", "20 distinct", "1234567", "mean 20.5", "25.0 % empty", "1 distinct", "a@b.example"):
        assert said in page.text, said
    assert "<script>alert(1)</script>" in page.text and "\u202e" not in page.source
    line = next(given["aria-label"] for tag, given in page.tags if given.get("class") == "spark")
    assert line.startswith("From 10 rows on 28 May 2026") and " to 20 on 30 May 2026" in line
    assert page.source.count('<td class="num">') == 3, "each run, to be read"
    # One run draws no line, and a column that a later run has left out says of when it is.
    later = make_table()
    profile(om, later, FIRST, 10, {"name": "id", "nullCount": 1})
    assert "spark" not in browser.visit(at(later)).source
    profile(om, later, FIRST + DAY, 10)
    assert "28 May 2026" in browser.visit(at(later)).source
    # Values are for who may read rows; counts for who sees the table.
    onlooker, _ = person(server, om, fresh_name("onlooker"))
    page = onlooker.visit(at(table))
    assert "20 rows" in page.text and "20 distinct" in page.text and "values of rows" in page.text
    for value in ("1234567", "20.5", "a@b.example", "alert(1)"):
        assert value not in page.source, value


def pictures(page) -> list[str]:
    """What the small pictures of a page say."""
    return [given["aria-label"] for _, given in page.tags if given.get("class") == "spark"]


def test_columns_show_how_they_went_and_to_who_may_read_rows_how_values_spread(browser, server, om, make_table, fresh_name):
    table = make_table()
    spread = {"boundaries": ["0 to 7", "7 to NEMO"], "frequencies": [3, 9]}
    for run, nulls in enumerate((1, 2)):
        profile(om, table, FIRST + run * DAY, 20, {"name": "id", "nullCount": nulls, "distinctCount": 9, "histogram": spread},
                {"name": "mail", "nullProportion": 0.0, "distinctCount": 5 + run})  # fmt: skip
    rows, *columns = pictures(browser.visit(at(table)))
    assert rows.startswith("From 20 rows")
    assert columns[0] == "How the values spread over 2 ranges. Most of them, 9: 7 to NEMO"
    # What has not changed says less than what has.
    assert columns[1].startswith("Distinct values: 5 on 28 May 2026") and "6 on 29 May 2026" in columns[1]
    onlooker, _ = person(server, om, fresh_name("onlooker"))
    page = onlooker.visit(at(table))
    assert "NEMO" not in page.source and "bars" not in page.source
    assert pictures(page)[1].startswith("Empty: 1 on 28 May 2026") and pictures(page)[2] == columns[1]


def test_columns_in_columns_are_measured_by_their_path(browser, om, schema, fresh_name):
    inner = {"name": "x.y", "dataType": "INT"}
    columns = [{"name": "who.is", "dataType": "STRUCT", "dataTypeDisplay": "struct<x>", "children": [inner]}, {"name": "x.y", "dataType": "INT"}]
    table = om.put("/tables", {"name": fresh_name("Nested"), "databaseSchema": schema, "columns": columns})
    profile(om, table, FIRST, 100, {"name": '"who.is"."x.y"', "distinctCount": 11}, {"name": "x.y", "distinctCount": 22})
    page = browser.visit(at(table))
    assert page.source.count("11 distinct") == 1 and page.source.count("22 distinct") == 1
    assert page.text.index("11 distinct") < page.text.index("22 distinct")


def test_a_thousand_measured_columns_are_a_light_page(browser, om, schema, fresh_name):
    names = [f"measure_{n:04}_of_something" for n in range(1000)]
    columns = [{"name": name, "dataType": "DECIMAL", "description": f"What {name} means."} for name in names]
    table = om.put("/tables", {"name": fresh_name("Wide"), "databaseSchema": schema, "columns": columns})
    profile(om, table, FIRST, 123_456, *(
        {"name": name, "nullProportion": n / 1000, "distinctCount": 7 * n, "min": n / 7, "max": n * 13.37, "mean": n * 1.1,
         "histogram": {"boundaries": [str(b) for b in range(20)], "frequencies": list(range(20))}}
        for n, name in enumerate(names)
    ))  # fmt: skip
    answer = browser.session.get(browser.base + at(table), headers={"Accept-Encoding": "gzip"}, stream=True, timeout=60)
    weight = len(answer.raw.read())
    assert answer.status_code == 200 and answer.headers["Content-Encoding"] == "gzip"
    assert weight < 75_000, f"{weight} bytes, and style and script come on top"
    assert "6,993 distinct" in browser.visit(at(table)).text


def test_a_picture_of_lineage_is_saved_as_a_file(browser, om, schema, fresh_name, make_table):
    origin = make_table('Ori"gin & <b>&amp;\u202e')
    result = make_table("Result")
    flows(om, origin, result)
    page = browser.visit(at(result, "tab=lineage"))
    file = at(result) + "/lineage.svg"
    assert file in page.links
    answer = browser.session.get(browser.base + file, timeout=30)
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "image/svg+xml"
    said = answer.headers["Content-Disposition"]
    assert said.startswith("attachment; ") and said.isascii() and result["name"] in said
    assert answer.headers["Cache-Control"] == "no-store" and "default-src 'self'" in answer.headers["Content-Security-Policy"]
    root = ElementTree.fromstring(answer.content)
    titles = [one.text for one in root.iter("{http://www.w3.org/2000/svg}title")]
    assert any("Origin" in one.replace('"', "") and "<b>&amp;\ufffd" in one for one in titles), titles
    # It needs nothing else: no address, no script, no style from elsewhere.
    text = answer.text.replace("http://www.w3.org/2000/svg", "")
    assert "http" not in text and "/assets/" not in text and "<script" not in text and "<a " not in text and "\u202e" not in text
    drawn = {one.get("href") for one in root.iter("{http://www.w3.org/2000/svg}use")}
    held = {"#" + one.get("id") for one in root.iter("{http://www.w3.org/2000/svg}symbol")}
    assert drawn and drawn <= held
    lonely = make_table()
    browser.visit(at(lonely) + "/lineage.svg", expect=404)
    browser.visit("/tables/nowhere/lineage.svg", expect=404)


def test_nobody_learns_of_hidden_lineage_by_pictures_or_tables(server, om, bobsled, make_table, fresh_name, other_account):
    """What is made of a product that was given to nobody is cut off with it: no name, no id, no number."""
    seen, near, behind = make_table("Seen"), make_table("Near"), make_table("Behind")
    hidden = bobsled.post("/data-products", {"name": fresh_name("Hidden")}, expect=201)["dataProduct"]
    flows(om, seen, near)
    flows(om, near, hidden)
    flows(om, hidden, behind)
    stranger, _ = person(server, om, fresh_name("stranger"))
    page = stranger.visit(at(seen, "tab=lineage"))
    file = stranger.session.get(server.url + at(seen) + "/lineage.svg", timeout=30)
    assert file.status_code == 200
    for text in (page.source, file.text):
        assert near["name"] in text
        for word in (hidden["name"], hidden["id"], behind["name"], behind["id"], "restricted", "Restricted"):
            assert word not in text, word
    assert behind["name"] in Browser(server).sign_in(server.admin).visit(at(seen, "tab=lineage")).source
    elsewhere = Browser(server).sign_in(by_mail(other_account, "elsewhere"))
    elsewhere.visit(at(seen) + "/lineage.svg", expect=404)
    # Without a session nobody gets a file.
    answer = Browser(server).ask("GET", at(seen) + "/lineage.svg", follow=False)
    assert answer.status == 303


def test_columns_lead_to_those_they_are_made_of_and_go_into(browser, server, om, make_table, fresh_name):
    table, before, after = make_table("Middle"), make_table("Before"), make_table("After")
    kept = om.post("/classifications", {"name": fresh_name("Kept"), "description": "d"})["name"]
    om.post("/tags", {"name": "back", "classification": kept, "description": "d"})
    label = {"tagFQN": f"{kept}.back", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    hidden = make_table("Hidden", tags=[label])
    columns = [{"name": "who.is", "dataType": "STRUCT", "dataTypeDisplay": "struct<x y>", "children": [{"name": "x y", "dataType": "INT"}]}]
    nested = make_table("Nested", columns=columns)
    flows(om, before, table, ("id", "id"), ("mail", "id"))
    flows(om, hidden, table, ("mail", "mail"))
    flows(om, table, after, ("id", "mail"))
    flows(om, table, nested, ("id", '"who.is"."x y"'))
    place = lambda of, column: f"{at(of)}#column-{column}"  # noqa: E731
    inner = "%22who.is%22.x%20y"
    page = browser.visit(at(table))
    for link in (place(before, "id"), place(before, "mail"), place(hidden, "mail"), place(after, "mail"), place(nested, inner)):
        assert link in page.links, link
    assert f"{before['name']}.id" in page.text and page.text.count("Upstream") == 2 and page.text.count("Downstream") == 1
    for other, column in ((before, "id"), (after, "mail"), (nested, inner)):
        assert f'id="column-{column}"' in browser.visit(at(other)).source
        assert place(table, "id") in browser.page.links
    page = browser.visit(at(table, "tab=lineage"))
    for link in (place(before, "mail"), place(table, "mail"), place(table, "id"), place(after, "mail"), place(nested, inner)):
        assert link in page.links, link
    # Who does not see a table learns of none of its columns.
    seen, ref = person(server, om, fresh_name("half"))
    forbid(om, ref, fresh_name("NoKept"), "table", condition=f"matchAnyTag('{kept}.back')")
    for query in ("", "tab=lineage"):
        page = seen.visit(at(table, query))
        assert place(before, "id") in page.links and place(after, "mail") in page.links
        assert hidden["name"] not in page.source and hidden["id"] not in page.source
    assert page.source.count("Upstream") == 1
    # However many there are, a few are named with the column and all of them on the tab.
    for number in range(6):
        flows(om, table, make_table(f"Many{number}"), ("mail", "id"))
    page = browser.visit(at(table))
    assert "and 2 more columns" in page.text and page.text.count("Many") == 4
    assert all(f"Many{number}" in browser.visit(at(table, "tab=lineage")).text for number in range(6))


def test_a_term_leads_to_the_columns_that_bear_it(browser, om, make_table, fresh_name):
    table, whole = make_table("Worded"), make_table("Whole")
    glossary = om.post("/glossaries", {"name": fresh_name("Words"), "description": "d"})["name"]
    term = om.post("/glossaryTerms", {"name": "Address", "glossary": glossary, "description": "d"})["fullyQualifiedName"]
    label = {"tagFQN": term, "source": "Glossary", "labelType": "Manual", "state": "Confirmed"}
    describe(om, table, "/columns/1/tags", [label])
    describe(om, whole, "/tags", [label])
    page = browser.visit(f"/terms/{quote(term, safe='')}")
    assert f"{at(table)}#column-mail" in page.links and at(whole) in page.links
    assert "all of it" in page.text and f"{at(whole)}#" not in page.source


def test_what_bears_a_term_is_found_behind_all_that_is_hidden(server, browser, om, make_table, fresh_name):
    glossary = om.post("/glossaries", {"name": fresh_name("Words"), "description": "d"})["name"]
    term, other = (om.post("/glossaryTerms", {"name": name, "glossary": glossary, "description": "d"})["fullyQualifiedName"]
                   for name in ("Common", "Rare"))  # fmt: skip
    label = {"tagFQN": term, "source": "Glossary", "labelType": "Manual", "state": "Confirmed"}
    domain = om.post("/domains", {"name": fresh_name("D"), "domainType": "Aggregate", "description": "d"})["name"]
    for number in range(205):
        om.post("/dataProducts", {"name": fresh_name(f"Hidden{number:03}"), "description": "d", "domains": [domain], "tags": [label]})
    tables = [make_table(f"Borne{number}") for number in range(3)]
    for table in tables:
        describe(om, table, "/tags", [label])
    describe(om, tables[0], "/columns/1/tags", [{**label, "tagFQN": other}])
    onlooker, ref = person(server, om, fresh_name("onlooker"))
    forbid(om, ref, fresh_name("NoProducts"), "dataProduct")
    address = f"/terms/{quote(term, safe='')}"
    until_found(server)
    page = onlooker.visit(address + "?at_least=1000000000")
    assert all(at(table) in page.links for table in tables) and "Hidden0" not in page.source
    assert "used 3 times" in page.text and "are shown" not in page.text
    assert "used 3 times" in (listed := onlooker.visit(f"/glossary/{glossary}?at_least=1000000000").text) and "used once" in listed
    all_of_it = browser.visit(address + "?at_least=1000000000")
    assert "used 208 times" in all_of_it.text and "100 are shown" in all_of_it.text
    rest = next(link for link in all_of_it.links if link.startswith("/search?q=term"))
    assert "208 results" in browser.visit(rest).text
    assert "used once" in browser.visit(f"/terms/{quote(other, safe='')}").text


def test_who_holds_rows_is_told_which_hidden_products_borrow_them(server, om, bobsled, make_table, fresh_name):
    table, made = make_table("Lent"), make_table("Made")
    flows(om, table, made)
    hidden = om.post("/dataProducts", {"name": fresh_name("Quiet"), "displayName": "SECRETNAME", "description": "SECRETTEXT",
                                       "domains": [om.post("/domains", {"name": fresh_name("Q"), "domainType": "Aggregate", "description": "d"})["name"]]})  # fmt: skip
    om.call("PUT", f"/dataProducts/{quote(hidden['fullyQualifiedName'], safe='')}/assets/add", {
        "assets": [reference(table, "table")]}, expect=200)  # fmt: skip
    holder, ref = person(server, om, fresh_name("holder"))
    om.patch(f"/tables/{table['id']}", [{"op": "add", "path": "/owners", "value": [ref]}])
    forbid(om, ref, fresh_name("NoProducts"), "dataProduct")
    onlooker, other = person(server, om, fresh_name("onlooker"))
    forbid(om, other, fresh_name("NoProductsEither"), "dataProduct")
    assert hidden["name"] in holder.visit(at(table)).text and hidden["name"] not in onlooker.visit(at(table)).source
    for address in (at(table, "tab=access"), at(made, "tab=lineage")):
        page = holder.visit(address)
        assert hidden["name"] in page.text and "restricted" in page.text and "Administrators know" in page.text
        assert "SECRET" not in page.source and hidden["id"] not in page.source
        assert not [link for link in page.links if "/products/" in link]
        page = onlooker.visit(address)
        assert hidden["name"] not in page.source and "restricted" not in page.source


def test_a_table_says_how_people_get_to_its_rows(server, browser, om, bobsled, make_table, fresh_name):
    table, loose = make_table("Opened"), make_table("Loose")
    product = holding(om, fresh_name, "Opens", table)
    # Who may give roles on a product that has it, or holds the rows, is led to where he does; and told how rows are lent.
    for one in (table, loose):
        page = browser.visit(at(one))
        assert "Give somebody access" in page.text and at(one, "tab=access") in page.links
    page = browser.visit(at(table, "tab=access"))
    assert page.form(f"{product['at']}/roles") and f"{product['at']}?tab=access#others" in page.links and "You manage its rows" in page.text
    page = browser.visit(at(loose, "tab=access"))
    assert "You manage its rows" in page.text and not [form for form in page.forms if form["action"].endswith("/roles")]
    # Who may not is led to where he asks, or told whom.
    reader, ref = person(server, om, fresh_name("asks"))
    page = reader.visit(at(table))
    assert "Give somebody" not in page.text
    access = reader.visit(at(table, "tab=access"))
    assert "You manage" not in access.text and not [form for form in access.forms if form["fields"].get("role") or form["fields"].get("loan")]
    assert "Its rows are shared with products. Ask for access there" in page.text and f"{product['at']}?tab=access" in page.links
    owner, own = person(server, om, fresh_name("owns"))
    om.patch(f"/tables/{loose['id']}", [{"op": "add", "path": "/owners", "value": [own]}])
    page = reader.visit(at(loose))
    name = om.get(f"/users/{own['id']}")["name"]
    assert "Ask its owners" in page.text and f"/people/{name}" in page.links
    assert "Give somebody access" in owner.visit(at(loose)).text and "Give somebody" not in owner.visit(at(table)).text
    assert "You manage its rows" in owner.visit(at(loose, "tab=access")).text
    # Whoever may query it already reads that; of a product that is hidden from him nobody is told.
    role = {"add": [{"userId": ref["id"], "role": "viewer"}]}
    bobsled.patch(f"/data-products/{product['id']}/users", role)
    page = reader.visit(at(table))
    assert "You may query it" in page.text and "sk for access" not in page.text
    stranger, other = person(server, om, fresh_name("sees-no-products"))
    forbid(om, other, fresh_name("NoProductsAtAll"), "dataProduct")
    page = stranger.visit(at(table))
    assert product["name"] not in page.source and "Ask its owners" in page.text


def test_a_pipeline_shows_its_runs_and_what_it_makes(server, browser, om, make_table, fresh_name):
    origin, result, after = make_table("Raw"), make_table("Clean"), make_table("Report")
    hidden = make_table("Closed")
    service = om.post("/services/pipelineServices", {"name": fresh_name("flow"), "serviceType": "Airflow"})
    pipeline = om.post("/pipelines", {"name": fresh_name("load"), "service": service["fullyQualifiedName"],
                                      "tasks": [{"name": "extract"}, {"name": "write"}]})  # fmt: skip
    address = f"/pipelines/{quote(pipeline['fullyQualifiedName'], safe='')}"
    page = browser.visit(address)
    assert "No runs are known. The program that runs it can report each run at PUT /api/v1/pipelines/" in page.text and "/status" in page.text, "and how to make it known"
    path = f"/pipelines/{quote(pipeline['fullyQualifiedName'], safe='')}/status"
    for day in range(25):
        began = FIRST + day * DAY
        task = {"name": "extract", "executionStatus": "Successful", "startTime": began, "endTime": began + 61_000}
        last = {"name": HOSTILE, "executionStatus": "Failed", "startTime": began + 61_000, "endTime": began + 125_000}
        how = "Failed" if day == 24 else "Skipped" if day == 23 else "Successful"
        run = {"timestamp": began, "executionStatus": how, "taskStatus": [task, last] if how == "Failed" else []}
        om.call("PUT", path, run, expect=200)
    page = browser.visit(address)
    for said in ("failed", "2 min 5 s", "extract succeeded 1 min 1 s", "skipped", "none reported", "not known"):
        assert said in page.text, said
    assert "<script>alert(1)" not in page.source and "\u202e" not in page.source
    assert page.text.count("succeeded") == 18 + 1, "twenty runs are on a page"
    older = next(link for link in page.links if "before=" in link)
    page = browser.visit(older)
    assert page.text.count("succeeded") == 5 and address in page.links
    # What it makes, of what, and what is made of that: edges between those name it.
    page = browser.visit(f"{address}?tab=lineage")
    assert page.text.count("that you may see is known") >= 2, "as yet"
    for one in (origin, hidden):
        flows(om, one, result, by=pipeline)
    flows(om, result, after)
    flows(om, result, make_table("By another"))
    page = browser.visit(f"{address}?tab=lineage")
    for one in (origin, hidden, result, after):
        assert at(one) in page.links, one["name"]
    made_from, goes_into = page.text.split("Downstream")
    assert origin["name"] in made_from and result["name"] in goes_into and after["name"] in goes_into
    assert browser.session.get(browser.base + address + "/lineage.svg", timeout=30).text.count("<title>") >= 6
    # Who does not see an origin, learns nothing of it here.
    kept = om.post("/classifications", {"name": fresh_name("Kept"), "description": "d"})["name"]
    om.post("/tags", {"name": "back", "classification": kept, "description": "d"})
    describe(om, hidden, "/tags", [{"tagFQN": f"{kept}.back", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}])
    seen, ref = person(server, om, fresh_name("half"))
    forbid(om, ref, fresh_name("NoKept"), "table", condition=f"matchAnyTag('{kept}.back')")
    page = seen.visit(f"{address}?tab=lineage")
    assert at(origin) in page.links and hidden["name"] not in page.source and hidden["id"] not in page.source


def joined(om, table: dict, columns: dict[str, list[tuple[str, int]]], *, whole: tuple = (), days: int = 0) -> None:
    """Tells what a table is joined with: by column, other columns and how often; and other tables by themselves."""
    def told(pairs) -> list[dict]:
        return [{"fullyQualifiedName": fqn, "joinCount": times} for fqn, times in pairs]

    joins = [{"columnName": name, "joinedWith": told(pairs)} for name, pairs in columns.items()]
    om.put(f"/tables/{table['id']}/joins", {"startDate": "2026-05-28", "dayCount": days, "columnJoins": joins,
                                            "directTableJoins": told(whole)})  # fmt: skip


def test_a_table_says_what_it_is_joined_with_and_how_often(browser, server, om, make_table, other_account, fresh_name):
    table, other, hidden, gone = make_table(), make_table("Depots"), make_table("Hidden"), make_table("Gone")
    dotted = om.put("/tables", {"name": fresh_name("with.dot"), "databaseSchema": table["databaseSchema"]["fullyQualifiedName"],
                                "columns": [{"name": HOSTILE[:60], "dataType": "INT"}]})  # fmt: skip
    assert "Joined with" not in browser.visit(at(table)).text
    fqn = {one["name"]: one["fullyQualifiedName"] for one in (other, hidden, gone, dotted)}
    joined(om, table, {
        "id": [(f"{fqn[other['name']]}.mail", 7), (f"{fqn[hidden['name']]}.id", 1234), (f"{fqn[gone['name']]}.id", 99)],
        "mail": [(f'{fqn[dotted["name"]]}."{HOSTILE[:60].replace(chr(34), chr(92) + chr(34))}"', 2000), ("nowhere.at.all", 5)],
    }, whole=[(fqn[other["name"]], 3)], days=30)  # fmt: skip
    om.delete(f"/tables/{gone['id']}")
    page = browser.visit(at(table))
    shown = page.text[page.text.index("Joined with") :]
    assert "over 30 days" in shown and "id = mail" in shown and "2,000" in shown and "1,234" in shown
    assert "columns not known" in shown and gone["name"] not in page.source and "nowhere" not in page.source
    assert shown.index("2,000") < shown.index("1,234") < shown.index(other["name"]), "the most frequent first"
    assert at(other) in page.links and f"{at(other)}#column-mail" in page.links and f"{at(table)}#column-id" in page.links
    assert [given.get("type") for tag, given in page.tags if tag == "script"] == ["module"] and "\u202e" not in page.source
    # Who does not see one of the tables is told nothing of it, nor how much there is; who sees none, nothing at all.
    blind, ref = person(server, om, fresh_name("blind"))
    forbid(om, ref, fresh_name("NotThat"), "table", condition=f"matchAnyTag('{label(om, hidden, fresh_name)}')")
    text = blind.visit(at(table)).text
    assert "id = mail" in text and hidden["name"] not in blind.page.source and "1,234" not in text
    lone = make_table("Lone")
    joined(om, lone, {"id": [(f"{fqn[hidden['name']]}.id", 4)]})
    assert "Joined with" in browser.visit(at(lone)).text and "Joined with" not in blind.visit(at(lone)).text
    Browser(server).sign_in(by_mail(other_account, "elsewhere")).visit(at(table), expect=404)


def label(om, table: dict, fresh_name) -> str:
    """Tags a table as nothing else is."""
    name = fresh_name("Closed")
    om.post("/classifications", {"name": name, "description": "d"})
    tag = om.post("/tags", {"name": "Off", "classification": name, "description": "d"})["fullyQualifiedName"]
    describe(om, table, "/tags/0", {"tagFQN": tag, "source": "Classification", "labelType": "Manual", "state": "Confirmed"})
    return tag


def test_many_joins_are_cut_and_it_is_said(browser, om, make_table):
    table, other = make_table(), make_table("Depots")
    fqn = other["fullyQualifiedName"]
    joined(om, table, {"id": [(f"{fqn}.c{number}", number) for number in range(1, 61)]})
    page = browser.visit(at(table))
    assert "id = c60" in page.text and "id = c11" in page.text and "id = c10" not in page.text
    assert "50 are shown; there are more." in page.text

"""Lineage on its page: how far it goes and says so, products before what they hold, columns, one way alone; and its picture."""

import gzip
import re
from html import unescape
from urllib.parse import quote

from lineage_page import drawn, lines, path_of, row_links, rows, said, told
from pages_door import links
from tables_world import CHAIN, at, flows, forbid, holding, person


def test_how_far_it_goes_is_said_and_leads_on(browser, chain):
    page = browser.visit(at(chain[0], "tab=lineage"))
    assert [one["name"] in page.text for one in chain] == [True] * 5 + [False] * 7, "four steps"
    assert len(drawn(page)) == 5 and "At least 1 more lies farther away" in page.text
    farther = lambda: next(link for link in browser.page.links if link.endswith("#lineage-down"))  # noqa: E731
    page = browser.visit(farther())
    assert sum(one["name"] in page.text for one in chain) == 9 and len(drawn(page)) == 9
    page = browser.visit(farther())
    assert all(one["name"] in page.text for one in chain) and "farther away" not in page.text, "all there is"
    page = browser.visit(at(chain[6], "tab=lineage&up=5"))
    assert [one["name"] in page.text for one in chain] == [False] + [True] * 10 + [False]
    assert page.text.count("more lies farther away") == 2, "each way has its own end"
    # The file is of what the page shows.
    file = next(link for link in page.links if "lineage.svg" in link)
    assert "up=5" in file and browser.session.get(browser.base + file, timeout=30).text.count("<use ") == 10
    for wrong in ("up=0", "up=-3", "up=x", "down=99999999999999", "level=galaxies", "focus=nobody", "unfold=a,b,,c", "unfold=" + "0," * 1_000):
        browser.visit(at(chain[0], f"tab=lineage&{wrong}"))
    assert len(drawn(browser.visit(at(chain[0], "tab=lineage&down=64")))) == CHAIN


def test_products_come_first_and_are_unfolded(browser, om, make_table, fresh_name):
    raw, clean, report, loose = (make_table(name) for name in ("Raw", "Clean", "Report", "Loose"))
    ours = holding(om, fresh_name, "Ours", raw, clean)
    theirs = holding(om, fresh_name, "Theirs", report)
    for origin, result in ((raw, clean), (clean, report), (loose, raw)):
        flows(om, origin, result, ("id", "id"), ("mail", "mail"))
    page = browser.visit(f"{ours['at']}?tab=lineage")
    assert drawn(page) == {ours["name"]: ["own"], theirs["name"]: [], loose["name"]: []}, "what no product holds stands by itself"
    assert lines(page) == 2
    unfold = next(link for link in page.links if f"unfold={theirs['id']}" in link)
    page = browser.visit(unfold)
    assert set(drawn(page)) == {ours["name"], report["name"], loose["name"]} and f"With the assets of {theirs['name']}" in page.text
    folded = next(link for link in page.links if "level=products" in link and "unfold" not in link and "focus" not in link)
    assert theirs["name"] in drawn(browser.visit(folded))
    page = browser.visit(next(link for link in page.links if "level=tables" in link))
    assert {name: how for name, how in drawn(page).items() if how} == {raw["name"]: ["own"], clean["name"]: ["own"]}
    assert lines(page) == 3
    page = browser.visit(next(link for link in page.links if "level=columns" in link))
    assert drawn(page)[report["name"]] == ["id", "mail"] and lines(page) == 6, "from column to column"
    # One way alone: what lies beside it stands back.
    beside = make_table("Beside")
    flows(om, raw, beside)
    page = browser.visit(at(raw, "tab=lineage"))
    focus = next(link for link in page.links if f"focus={report['id']}" in link)
    page = browser.visit(focus)
    assert [name for name, how in drawn(page).items() if "dim" in how] == [beside["name"]]
    assert f"Only the path of {report['name']}" in page.text
    page = browser.visit(next(link for link in page.links if link.startswith(at(raw)) and "tab=lineage" in link and "focus" not in link))
    assert not any("dim" in how for how in drawn(page).values())


def test_a_column_leads_to_its_own_path(server, browser, om, make_table):
    first, second, last = make_table("First"), make_table("Second"), make_table("Last")
    flows(om, first, second, ("id", "id"), ("mail", "mail"))
    flows(om, second, last, ("mail", "id"))
    page = browser.visit(at(first, "tab=lineage&level=columns"))
    paths = row_links(page)
    assert set(paths) == {"id", "mail"} and not re.search('class="row dim', page.source)
    page = browser.visit(paths["mail"][0])
    assert f"Only the path of {first['name']}.mail" in page.text
    boxes = drawn(page)
    assert "dim" not in str(boxes), boxes
    dim = lambda: [unescape(name) for name in re.findall(r'class="row dim".*?<title>[^<]*\.([^<.]*)<', page.source)]  # noqa: E731
    assert dim() == ["id", "id"], "of the first and the second, not what the last makes of mail"
    assert len(re.findall('<path class="line dim"', page.source)) == 1
    file = browser.session.get(server.url + next(link for link in page.links if "lineage.svg" in link), timeout=30).text
    assert file.count('opacity="0.25"') == 3
    page = browser.visit(at(first, f"tab=lineage&level=columns&focus={first['id']}&column=id"))
    assert dim() == ["mail", "mail", "id"] and "dim" in drawn(page)[last["name"]]
    # From the first to the last, as words; and from the table, where the column is told.
    page = browser.visit(next(link for link in browser.visit(at(second)).links if "level=columns" in link and "column=mail" in link))
    names = [f"{one['name']}.{column}" for one, column in ((first, "mail"), (second, "mail"), (last, "id"))]
    assert path_of(page) == (names[1], [f"{names[0]} → {names[1]}", f"{names[1]} → {names[2]}"])
    assert [name for name in re.findall('aria-current="true"><title>([^<]*)<', page.source)] == [f"Show only the path of {names[1]}"]
    # Of a picture of tables no column is a part; one that is not there is not named.
    for query in ("", "&level=columns"):
        page = browser.visit(at(first, f"tab=lineage{query}&focus={first['id']}&column=gone%20on%20Friday"))
        assert "Friday" not in page.text and f"Only the path of {first['name']}" in page.text and "dim" not in str(drawn(page))


def test_a_path_goes_on_through_wide_tables_and_says_where_it_is_not_known(browser, om, make_table):
    wide = [{"name": f"c{number:02}", "dataType": "INT"} for number in range(40)]
    first, second = make_table("Wide", columns=wide), make_table("Wider", columns=wide)
    source, last = make_table("Source"), make_table("Last")
    flows(om, first, second, *((one["name"], one["name"]) for one in wide))
    flows(om, second, last, ("c35", "id"))
    flows(om, source, first)
    page = browser.visit(at(second, "tab=lineage&level=columns"))
    assert len(drawn(page)[second["name"]]) == 1 + 24 and "columns that go on are not drawn" in page.text
    page = browser.visit(at(second, f"tab=lineage&level=columns&focus={last['id']}&column=id"))
    boxes = drawn(page)
    assert "c35" in boxes[first["name"]] and "c35" in boxes[second["name"]] and "dim" not in str(boxes)
    unsure = f"{source['name']} → {first['name']} columns not known"
    names = [f"{first['name']}.c35", f"{second['name']}.c35", f"{last['name']}.id"]
    assert path_of(page) == (names[2], [f"{names[0]} → {names[1]}", f"{names[1]} → {names[2]}", unsure])
    kinds = re.findall('<path class="line([^"]*)"', page.source)
    assert sorted(kind for kind in kinds if "dim" not in kind) == ["", "", " unsure"] and "Dashed:" in page.text


def test_a_picture_of_many_columns_is_light(server, browser, om, make_table):
    columns = [{"name": f"column_number_{number:02}", "dataType": "INT"} for number in range(24)]
    hub = make_table("Hub", columns=columns)
    pairs = [(one["name"], one["name"]) for one in columns]
    for number in range(120):
        flows(om, hub, make_table(f"Around{number:03}", columns=columns), *pairs)
    page = browser.visit(at(hub, "tab=lineage&level=columns"))
    assert lines(page) == 1000 and len(re.findall('<a class="row', page.source)) <= 1000 + 24
    assert len(gzip.compress(page.source.encode())) < 100_000


def test_several_hundred_are_drawn(browser, om, make_table):
    origin = make_table("Source")
    for number in range(180):
        flows(om, origin, make_table(f"Many{number:03}"))
    page = browser.visit(at(origin, "tab=lineage&level=tables"))
    assert len(drawn(page)) == 181 and lines(page) == 180


def test_much_is_drawn_by_schemas_and_kinds_and_unfolded(server, browser, om, make_table, fresh_name):
    hub, before = make_table("Hub"), make_table("Before")
    flows(om, before, hub)
    other = om.schema(fresh_name("Far"))
    many = [make_table(f"Near{number:02}") for number in range(30)] + [make_table(f"Far{number:02}", databaseSchema=other) for number in range(20)]
    for table in many:
        flows(om, hub, table)
    # Made of one of the others, in the same schema: within one box there are no lines.
    flows(om, many[0], many[1])
    # Both are called alike within their databases.
    place = lambda table: ".".join(table["fullyQualifiedName"].split(".")[:3])  # noqa: E731
    near, far = place(many[0]), place(many[-1])
    page = browser.visit(at(hub, "tab=lineage"))
    assert drawn(page) == {hub["name"]: ["own"], before["name"]: [], near: ["30 tables"], far: ["20 tables"]} and lines(page) == 3
    assert len([row for row in rows(page) if row["way"] == "down"]) == 50, "all of them stand below"
    unfold = next(link for link in page.links if "level=schemas" in link and any(f"unfold={one['id']}" in link for one in many[-20:]))
    page = browser.visit(unfold)
    assert set(drawn(page)) == {hub["name"], before["name"], near} | {one["name"] for one in many[-20:]} and lines(page) == 22
    assert f"With the assets of {far}" in page.text
    # What is looked at alone stands by itself.
    page = browser.visit(at(hub, f"tab=lineage&level=schemas&focus={many[3]['id']}"))
    assert drawn(page)[many[3]["name"]] == [] and {name for name, how in drawn(page).items() if "dim" in how} == {near, far}
    # What has the words stands by itself, and alone in the tables.
    browser.visit(at(hub, "tab=lineage"))
    form = next(form for form in browser.page.forms if "steps" in form["fields"])
    assert form["fields"]["steps"] == "4" and form["fields"]["tab"] == "lineage"
    page = browser.visit(at(hub, f"tab=lineage&steps=2&q={many[7]['name'].upper()}"))
    assert set(drawn(page)) == {hub["name"], before["name"], near, far, many[7]["name"]} and drawn(page)[near] == ["29 tables"]
    assert [row["name"] for row in rows(page)] == [many[7]["name"]] and "1 with these words" in page.text
    page = browser.visit(at(hub, "tab=lineage&q=nothing-is-called-so"))
    assert rows(page) == [] and "None of it has these words in its name." in page.text
    # Steps go both ways.
    page = browser.visit(at(many[1], "tab=lineage&steps=1"))
    assert set(drawn(page)) == {many[1]["name"], many[0]["name"], hub["name"]} and "farther away" in page.text
    page = browser.visit(at(many[1], "tab=lineage&steps=2"))
    assert before["name"] in drawn(page)
    # Who does not see a schema is told no more of it than the names of its tables say.
    onlooker, ref = person(server, om, fresh_name("onlooker"))
    om.patch(f"/databaseSchemas/name/{quote('.'.join(many[-1]['fullyQualifiedName'].split('.')[:3]), safe='')}", [{"op": "add", "path": "/displayName", "value": "A quiet place"}])
    forbid(om, ref, fresh_name("NoSchemas"), "databaseSchema")
    page = onlooker.visit(at(hub, "tab=lineage"))
    assert drawn(page)[far] == ["closed", "20 tables"] and "A quiet place" not in page.source
    for wrong in ("steps=0", "steps=x", "steps=99999999999999", "q=" + "%F0%9F%8C%8D" * 300, f"unfold={hub['id']}"):
        browser.visit(at(hub, f"tab=lineage&level=schemas&{wrong}"))


def test_a_table_names_the_pipeline_that_makes_it(server, browser, om, make_table, fresh_name):
    origin, result = make_table("Origin"), make_table("Result")
    service = om.post("/services/pipelineServices", {"name": fresh_name("flow"), "serviceType": "Airflow"})["fullyQualifiedName"]
    pipeline = om.post("/pipelines", {"name": fresh_name("load"), "service": service})
    flows(om, origin, result, by=pipeline)
    place = f"/pipelines/{quote(pipeline['fullyQualifiedName'], safe='')}"
    for table in (origin, result):
        assert place in browser.visit(at(table, "tab=lineage")).links
    half, ref = person(server, om, fresh_name("half"))
    forbid(om, ref, fresh_name("NoPipelines"), "pipeline")
    page = half.visit(at(result, "tab=lineage"))
    assert origin["name"] in page.text and pipeline["name"] not in page.source and pipeline["id"] not in page.source


def test_nobody_learns_of_what_is_hidden_by_asking_for_it(server, browser, om, make_table, fresh_name):
    lent, made, open_end = make_table("Lent"), make_table("Made"), make_table("End")
    flows(om, lent, made)
    flows(om, made, open_end)
    hidden = holding(om, fresh_name, "Quiet", lent)
    holder, ref = person(server, om, fresh_name("holder"))
    om.patch(f"/tables/{lent['id']}", [{"op": "add", "path": "/owners", "value": [ref]}])
    forbid(om, ref, fresh_name("NoProducts"), "dataProduct")
    onlooker, other = person(server, om, fresh_name("onlooker"))
    forbid(om, other, fresh_name("NoProductsEither"), "dataProduct")
    asked = f"tab=lineage&level=products&unfold={hidden['id']}&focus={hidden['id']}"
    # Who holds the rows is told the name; it leads nowhere.
    page = holder.visit(at(made, "tab=lineage&level=products"))
    assert drawn(page)[f"{hidden['name']}: restricted"] == ["closed", "restricted"] and 'class="hatch"' in page.source
    assert hidden["id"] not in page.source
    page = holder.visit(at(made, asked))
    assert f"{hidden['name']}: restricted" in drawn(page) and f"Only the path of {hidden['name']}" not in page.text
    for query in (asked, "tab=lineage&level=products"):
        page = onlooker.visit(at(made, query))
        assert set(drawn(page)) == {lent["name"], made["name"], open_end["name"]} and hidden["name"] not in page.source
    file = onlooker.session.get(server.url + at(made) + f"/lineage.svg?level=products&unfold={hidden['id']}", timeout=30)
    assert file.status_code == 200 and hidden["name"] not in file.text
    assert hidden["name"] in browser.visit(at(made, "tab=lineage&level=products")).text


def test_the_path_of_a_column_tells_nothing_of_a_table_that_is_hidden(server, browser, om, make_table, fresh_name):
    first, middle, last = make_table("First"), make_table("Middle"), make_table("Last")
    flows(om, first, middle, ("id", "mail"))
    flows(om, middle, last, ("mail", "id"))
    onlooker, ref = person(server, om, fresh_name("onlooker"))
    forbid(om, ref, fresh_name("NotTheMiddle"), "table", condition=f"matchAnyTag('Tier.Tier1')")
    om.patch(f"/tables/{middle['id']}", [{"op": "add", "path": "/tags/0", "value": {"tagFQN": "Tier.Tier1", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}}])
    for table, other, column in ((first, last, "id"), (last, first, "id")):
        for focus in (table, middle, other):
            address = at(table, f"tab=lineage&level=columns&focus={focus['id']}&column={column if focus is not middle else 'mail'}")
            assert middle["name"] in browser.visit(address).source
            page = onlooker.visit(address)
            for told in (middle["name"], middle["id"], other["name"], "lineage-path"):
                assert told not in page.source.replace(focus["id"], ""), told
        assert "Trace" not in onlooker.visit(at(table)).text


def test_a_product_makes_of_what_it_holds_itself_and_what_several_share_is_no_ones_own(browser, om, make_table, fresh_name):
    raw, clean = make_table("Raw"), make_table("Clean")
    flows(om, raw, clean, ("id", "id"))
    ours, theirs = holding(om, fresh_name, "Whole", raw, clean), holding(om, fresh_name, "Part", raw)
    last = holding(om, fresh_name, "Last", clean)
    page = browser.visit(f"{ours['at']}?tab=lineage")
    assert drawn(page) == {raw["name"]: ["own"], clean["name"]: ["own"]} and lines(page) == 1, "nothing comes from others"
    page = browser.visit(f"{theirs['at']}?tab=lineage")
    assert drawn(page) == {theirs["name"]: ["own"], clean["name"]: ["in 2 products"]} and lines(page) == 1
    page = browser.visit(f"{last['at']}?tab=lineage")
    assert drawn(page) == {raw["name"]: ["in 2 products"], last["name"]: ["own"]} and lines(page) == 1
    # What one product alone holds is drawn as it, whoever borrows what it is made of.
    report = make_table("Report")
    flows(om, raw, report)
    flows(om, clean, report)
    made = holding(om, fresh_name, "Made", report)
    for product in (ours, theirs, last):
        page = browser.visit(f"{product['at']}?tab=lineage")
        assert drawn(page)[made["name"]] == [] and said(page) == told(page)
    page = browser.visit(f"{made['at']}?tab=lineage")
    assert drawn(page) == {made["name"]: ["own"], raw["name"]: ["in 2 products"], clean["name"]: ["in 2 products"]}
    assert lines(page) == 3 and said(page) == told(page)


HOLDERS = 300


def test_a_table_that_hundreds_of_products_hold_makes_a_light_page(browser, om, make_table, fresh_name):
    hub, result, beyond = make_table("Hub"), make_table("Result"), make_table("Beyond")
    flows(om, hub, result, ("id", "id"))
    flows(om, result, beyond)
    domain = om.post("/domains", {"name": fresh_name("Busy"), "domainType": "Aggregate", "description": "d"})["fullyQualifiedName"]
    for table, stem in ((hub, "a"), (result, "b")):
        for number in range(HOLDERS):
            name = f"{stem}{number:03}"
            om.post("/dataProducts", {"name": name, "description": "d", "domains": [domain]})
            body = {"assets": [{"id": table["id"], "type": "table"}]}
            om.call("PUT", f"/dataProducts/{quote(f'{domain}.{name}', safe='')}/assets/add", body, expect=200)
    last = holding(om, fresh_name, "Consumer", beyond)
    page = browser.visit(f"/products/{quote(f'{domain}.a001', safe='')}?tab=lineage")
    assert weight(browser) < 100_000
    assert drawn(page) == {"a001": ["own"], result["name"]: [f"in {HOLDERS} products"], last["name"]: []} and lines(page) == 2
    assert said(page) == told(page)
    # A row names the first of them, and leads to all.
    assert f"and {HOLDERS - 5} more" in page.text and at(result, "tab=access") in page.links
    for address in (at(result, "tab=lineage"), at(result, "tab=lineage&level=products"), at(result), at(result, "tab=access"), at(hub)):
        browser.visit(address)
        assert weight(browser) < 100_000, address
    # The first ones stand on the table's page; all of them, part by part, where access is given.
    page = browser.visit(at(result))
    assert "10 are shown; there are more." in page.text and len(held(page)) == 10
    names, following = set(), at(result, "tab=access")
    assert following in page.links
    while following:
        page = browser.visit(following)
        assert len(held(page)) <= 20 and f"of {HOLDERS} are shown." in page.text
        names |= held(page)
        following = next((link for link in page.links if "from=" in link), None)
    assert len(names) == HOLDERS


def held(page) -> set[str]:
    """The products that a page leads to, beside what stands around it."""
    return {link for link in links(page.source.split("<main", 1)[1]) if link.startswith("/products/") and "?" not in link}


def weight(browser) -> int:
    answer = browser.session.get(browser.page.url, headers={"Accept-Encoding": "gzip"}, stream=True, timeout=60)
    assert answer.headers["Content-Encoding"] == "gzip"
    return len(answer.raw.read())


def test_what_a_picture_leaves_off_is_said_and_stands_in_the_tables(browser, om, make_table):
    origin = make_table("Wide")
    made = [make_table(f"Made{number:03}") for number in range(510)]
    for one in made:
        flows(om, origin, one)
    page = browser.visit(at(origin, "tab=lineage&level=tables"))
    assert "The picture shows the 500 nearest of 511. All of them stand below." in page.text and weight(browser) < 100_000
    assert len(drawn(page)) == 500 and lines(page) == 499 and origin["name"] in drawn(page)
    assert "50 of 510 are shown." in page.text
    # What is looked at alone is drawn, however far down it stands.
    last = made[-1]
    assert last["name"] not in drawn(page)
    assert last["name"] in drawn(browser.visit(at(origin, f"tab=lineage&focus={last['id']}")))
    seen, page = set(), browser.visit(at(origin, "tab=lineage"))
    while True:
        seen |= {row["name"] for row in rows(page)}
        following = next((link for link in page.links if "from_down=" in link and link.endswith("#lineage-down")), None)
        if following is None:
            break
        page = browser.visit(following)
    assert seen == {one["name"] for one in made} and at(origin, "tab=lineage#lineage-down") in page.links
    for odd in ("-1", "x", "600", "99999999999999999999"):
        assert len(rows(browser.visit(at(origin, f"tab=lineage&from_down={odd}")))) == 50, odd


def test_what_lies_between_several_tables_of_a_product_is_told_once(browser, om, make_table, fresh_name):
    first, second, both = make_table("First"), make_table("Second"), make_table("Both")
    flows(om, first, second, ("id", "id"))
    flows(om, second, both, ("id", "id"), ("mail", "mail"))
    product = holding(om, fresh_name, "Twice", first, second)
    holding(om, fresh_name, "Another", first, second)
    page = browser.visit(f"{product['at']}?tab=lineage")
    row = page.source.split('id="lineage-down"')[1].split("</tbody>")[0]
    assert row.count(f">{both['name']}<") >= 1 and row.count("→") == 2, "each pair of columns once"


def test_all_that_a_pipeline_makes_and_makes_it_of_is_there_each_time(browser, om, make_table, fresh_name):
    service = om.post("/services/pipelineServices", {"name": fresh_name("flow"), "serviceType": "Airflow"})["fullyQualifiedName"]
    pipeline = om.post("/pipelines", {"name": fresh_name("load"), "service": service})
    origins, results = ([make_table(f"{stem}{number:02}") for number in range(40)] for stem in ("Of", "Made"))
    for origin, result in zip(origins, results, strict=True):
        flows(om, origin, result, by=pipeline)
    before = make_table("Before")
    flows(om, before, origins[-1])
    path = f"/pipelines/{quote(pipeline['fullyQualifiedName'], safe='')}?tab=lineage&level=tables"
    for steps in (1, 4, 4, 4):
        page = browser.visit(f"{path}&steps={steps}")
        found = {(row["way"], row["name"]) for row in rows(page)}
        wanted = {("up", one["name"]) for one in origins} | {("down", one["name"]) for one in results}
        assert found - {("up", before["name"])} == wanted and (("up", before["name"]) in found) == (steps > 1)
        assert len(drawn(page)) == len(found) + 1 and "Not everything is shown" not in page.text

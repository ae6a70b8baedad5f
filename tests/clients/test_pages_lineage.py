"""Lineage on its page: how far it goes and says so, products before what they hold, columns, one way alone; and its picture."""

import re
from html import unescape
from urllib.parse import quote

from tables_world import CHAIN, at, flows, forbid, holding, person


def drawn(page) -> dict[str, list[str]]:
    """What stands in the picture, by its name: how it is drawn, and the lines within it."""
    found = {}
    for node in re.findall(r'<(?:a|g)[^>]* class="(node[^"]*)" data-at="\d+"><title>([^<]*)</title>(.*?)</(?:a|g)>', page.source):
        found[unescape(node[1])] = [*node[0].split()[1:], *re.findall(r'class="detail"[^>]*>([^<]*)<', node[2])]
    return found


def lines(page) -> int:
    return len(re.findall(r'<path class="line', page.source))


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
    assert set(drawn(page)) == {ours["name"], report["name"], loose["name"]} and f"With what {theirs['name']} holds" in page.text
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
    assert f"Only the way of {report['name']}" in page.text
    page = browser.visit(next(link for link in page.links if link.startswith(at(raw)) and "tab=lineage" in link and "focus" not in link))
    assert not any("dim" in how for how in drawn(page).values())


def test_several_hundred_are_drawn(browser, om, make_table):
    origin = make_table("Source")
    for number in range(180):
        flows(om, origin, make_table(f"Many{number:03}"))
    page = browser.visit(at(origin, "tab=lineage"))
    assert len(drawn(page)) == 181 and lines(page) == 180


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
    assert f"{hidden['name']}: restricted" in drawn(page) and f"Only the way of {hidden['name']}" not in page.text
    for query in (asked, "tab=lineage&level=products"):
        page = onlooker.visit(at(made, query))
        assert set(drawn(page)) == {lent["name"], made["name"], open_end["name"]} and hidden["name"] not in page.source
    file = onlooker.session.get(server.url + at(made) + f"/lineage.svg?level=products&unfold={hidden['id']}", timeout=30)
    assert file.status_code == 200 and hidden["name"] not in file.text
    assert hidden["name"] in browser.visit(at(made, "tab=lineage&level=products")).text


def test_a_product_makes_of_what_it_holds_itself_and_takes_it_from_no_other(browser, om, make_table, fresh_name):
    raw, clean = make_table("Raw"), make_table("Clean")
    flows(om, raw, clean, ("id", "id"))
    ours, theirs = holding(om, fresh_name, "Whole", raw, clean), holding(om, fresh_name, "Part", raw)
    last = holding(om, fresh_name, "Last", clean)
    page = browser.visit(f"{ours['at']}?tab=lineage")
    assert set(drawn(page)) == {ours["name"], theirs["name"], last["name"]}
    assert lines(page) == 2, "into the last one from both, and between those two nothing"


def test_what_lies_between_several_tables_of_a_product_is_told_once(browser, om, make_table, fresh_name):
    first, second, both = make_table("First"), make_table("Second"), make_table("Both")
    flows(om, first, second, ("id", "id"))
    flows(om, second, both, ("id", "id"), ("mail", "mail"))
    product = holding(om, fresh_name, "Twice", first, second)
    holding(om, fresh_name, "Another", first, second)
    page = browser.visit(f"{product['at']}?tab=lineage")
    row = page.source.split('id="lineage-down"')[1].split("</tbody>")[0]
    assert row.count(f">{both['name']}<") >= 1 and row.count("→") == 2, "each pair of columns once"

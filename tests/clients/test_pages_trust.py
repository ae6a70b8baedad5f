"""How far a product can be relied on: what is known of it, each with its evidence, as far as the reader sees that."""

import time
from urllib.parse import quote

import pytest

from openmetadata_door import reference
from pages_browser import LOOKS, judged, sign_in
from pages_door import HOSTILE
from tables_world import at, flows, forbid, person, profile

HOURS = 3_600_000


@pytest.fixture(scope="module")
def made(om, make_table, fresh_name):
    """A product of two tables, of which nothing is known yet."""
    domain = om.post("/domains", {"name": fresh_name("Trust"), "domainType": "Aggregate", "description": "d"})["fullyQualifiedName"]
    product = om.post("/dataProducts", {"name": fresh_name("Relied on"), "description": "d", "domains": [domain]})
    tables = make_table("Orders"), make_table("Returns")
    fqn = quote(product["fullyQualifiedName"], safe="")
    om.call("PUT", f"/dataProducts/{fqn}/assets/add", {"assets": [reference(one, "table") for one in tables]}, expect=200)
    return product, tables, f"/products/{fqn}"


def strip(page) -> dict[str, tuple[str, str, str]]:
    """What the strip says: of each name what is said, its mood and where it leads."""
    found, mood, link, name, said = {}, "", "", "", []
    part = page.source.split('<ul class="trust"')[1].split("</ul>")[0]
    for item in part.split("<li ")[1:]:
        mood, link = item.split('class="')[1].split('"')[0], item.split('href="')[1].split('"')[0]
        name = item.split('class="name">')[1].split("<")[0]
        said = item.split('class="said"><bdi>')[1].split("</bdi>")[0]
        found[name] = (said, mood, link.replace("&amp;", "&"))
    return found


def test_what_is_not_known_is_said_to_be_so_with_who_could_tell(browser, made):
    _, _, address = made
    page = browser.visit(address)
    told = strip(page)
    for name in ("Freshness", "Quality", "Usage"):
        assert told[name] == ("Not known", "plain", f"{address}?tab=assets"), name
    for how in ("Runs of pipelines and profilers", "Profilers of its tables", "Whoever counts the queries"):
        assert how in page.text
    assert told["Described"][:2] == ("0 of 6", "fair"), "two tables and their four columns"
    assert told["Contract"][0] == "Not known", "it promises nothing"


def test_each_thing_that_is_known_leads_to_its_evidence(server, browser, om, chromium, made, make_table, fresh_name):
    product, (orders, returns), address = made
    now = int(time.time() * 1_000)
    profile(om, orders, now - 5 * HOURS, 100)
    told = strip(browser.visit(address))
    assert told["Freshness"] == ("Measured 5 hours ago", "plain", at(orders))
    assert told["Quality"] == ("1 of 2 tables measured", "fair", at(orders))
    day = time.strftime("%Y-%m-%d", time.gmtime(now / 1_000 - 2 * 86_400))
    for table, count in ((orders, 7), (returns, 35)):
        om.call("PUT", f"/usage/table/{table['id']}", {"date": day, "count": count}, expect=200)
    used = strip(browser.visit(address))["Usage"]
    assert used[0].startswith("used 42 times, ") and used[2] == at(returns, "tab=queries"), "with the one that was used most"
    assert "Counted: used 35 times, " in browser.visit(used[2]).text, "which says how much of it is its own"
    om.patch(f"/dataProducts/{product['id']}", [{"op": "add", "path": "/sla", "value": {"tier": "GOLD", "availability": 99.5}}])
    page = browser.visit(address)
    assert strip(page)["Contract"] == ("gold", "plain", f"{address}#contract")
    assert 'id="contract"' in page.source and "Available 99.5 %" in page.text and "GOLD" not in page.text
    # Pipelines say better than profilers how fresh something is; one that failed is said before all that went well.
    service = om.post("/services/pipelineServices", {"name": fresh_name("flow"), "serviceType": "Airflow"})["fullyQualifiedName"]
    pipelines = [om.post("/pipelines", {"name": fresh_name(name), "displayName": name, "service": service}) for name in ("load", HOSTILE)]
    raw = make_table("Raw")
    for pipeline, table in zip(pipelines, (orders, returns), strict=True):
        flows(om, raw, table, by=pipeline)
    places = [f"/pipelines/{quote(one['fullyQualifiedName'], safe='')}" for one in pipelines]
    for place, ago in zip(places, (3, 30), strict=True):
        om.call("PUT", f"{place}/status", {"timestamp": now - ago * HOURS, "executionStatus": "Successful"}, expect=200)
    assert strip(browser.visit(address))["Freshness"] == ("Made yesterday", "good", places[1]), "as old as its oldest part"
    om.call("PUT", f"{places[1]}/status", {"timestamp": now - HOURS, "executionStatus": "Failed"}, expect=200)
    page = browser.visit(address)
    said, mood, link = strip(page)["Freshness"]
    assert said.endswith("failed 1 hour ago") and (mood, link) == ("bad", places[1])
    assert "<script>alert(1)" not in page.source
    for look in LOOKS:
        context = chromium.new_context(**LOOKS[look])
        window = context.new_page()
        sign_in(window, server, server.admin)
        window.goto(server.url + address)
        assert judged(window, "trust") == [], look
        context.close()
    # Who does not see the tables and pipelines by themselves, learns nothing of them here.
    outsider, ref = person(server, om, fresh_name("half"))
    forbid(om, ref, fresh_name("NoTables"), "table")
    forbid(om, ref, fresh_name("NoPipelines"), "pipeline")
    page = outsider.visit(address)
    told = strip(page)
    assert all(told[name][0] == "Not known" for name in ("Freshness", "Quality", "Usage")) and told["Contract"][0] == "gold"
    assert all(place not in page.source for place in (*places, at(orders), at(returns)))

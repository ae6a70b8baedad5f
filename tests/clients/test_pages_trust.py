"""How far a product can be relied on: what is known of it, each with its evidence, as far as the reader sees that."""

import time
from urllib.parse import quote

import pytest

from openmetadata_door import reference
from pages_browser import LOOKS, judged, sign_in
from pages_door import HOSTILE, words
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


def verdict(page) -> tuple[str, str, str]:
    """What all that comes to: its mood, its word and its reasons."""
    part = page.source.split('<p class="verdict">')[1].split("</p>")[0]
    return part.split('class="')[1].split('"')[0], words(part.split("</strong>")[0]), words(part.split("</strong>")[1])


def test_what_is_not_known_is_said_to_be_so_with_who_could_tell(browser, made):
    _, _, address = made
    page = browser.visit(address)
    told = strip(page)
    # Said in one line, not in four empty cells.
    line = page.source.split('not-known">')[1].split("</p>")[0]
    assert line.startswith("Not known: ") and page.source.count("Not known") == 1
    for name in ("Freshness", "Quality", "Contract", "Usage"):
        assert name not in told and f"{name} (known " in line, name
    assert "<a " not in line, "what nobody knows leads nowhere"
    assert told["Described"][:2] == ("0 of 6 tables and columns", "fair"), "two tables and their four columns"
    assert verdict(page)[:2] == ("fair", "Use with care") and "Described: 0 of 6" in verdict(page)[2]


def test_a_promise_is_held_against_the_runs_that_make_the_data(server, om, make_table, fresh_name):
    """Who owns a product whose data are older than promised finds it on his first page; who does not see the pipelines does not."""
    name = fresh_name("keeps")
    owner, ref = person(server, om, name)
    domain = om.post("/domains", {"name": fresh_name("Kept"), "domainType": "Aggregate", "description": "d"})["fullyQualifiedName"]
    table, raw = make_table("Made"), make_table("Raw")
    product = om.post("/dataProducts", {"name": fresh_name("Promised"), "description": "d", "domains": [domain], "owners": [ref]})
    promised = {"tier": "GOLD", "dataFreshness": 120}
    om.patch(f"/dataProducts/{product['id']}", [{"op": "add", "path": "/sla", "value": promised}])
    fqn = quote(product["fullyQualifiedName"], safe="")
    om.call("PUT", f"/dataProducts/{fqn}/assets/add", {"assets": [reference(table, "table")]}, expect=200)
    address = f"/products/{fqn}"
    service = om.post("/services/pipelineServices", {"name": fresh_name("flow"), "serviceType": "Airflow"})["fullyQualifiedName"]
    pipeline = om.post("/pipelines", {"name": fresh_name("load"), "service": service})
    flows(om, raw, table, by=pipeline)
    place = f"/pipelines/{quote(pipeline['fullyQualifiedName'], safe='')}"
    assert strip(owner.visit(address))["Contract"] == ("gold", "plain", f"{address}#contract"), "nothing has run"
    now = int(time.time() * 1_000)

    def ran(minutes_ago: int, state: str) -> None:
        om.call("PUT", f"{place}/status", {"timestamp": now - minutes_ago * 60_000, "executionStatus": state}, expect=200)

    ran(190, "Successful")
    page = owner.visit(address)
    said, mood, link = strip(page)["Contract"]
    assert said.startswith("broken: last updated") and (mood, link) == ("bad", place)
    assert strip(page)["Last run"][1] == "plain", "what breaks the contract is no good news beside it"
    assert "Freshness" not in strip(page), "when something was made says nothing of how old it is"
    assert verdict(page)[0] == "bad" and "Last run" not in verdict(page)[2], "and it is named once"
    home = owner.visit("/").text
    assert "Broken contracts" in home and "broken: last updated" in home
    ran(130, "Failed")
    said, mood, _ = strip(owner.visit(address))["Contract"]
    assert said.startswith("broken: the last run failed") and mood == "bad", "what failed made nothing"
    ran(60, "Failed")
    assert strip(owner.visit(address))["Contract"][1] == "plain", "the run before it may have been in time"
    assert "Broken contracts" not in owner.visit("/").text
    ran(30, "Successful")
    page = owner.visit(address)
    assert strip(page)["Contract"] == ("gold", "plain", f"{address}#contract") and "Data no older than 2 hours kept" in page.text
    assert strip(page)["Freshness"][0].startswith("made as often as promised"), "what is kept is not called unknown"
    assert "Broken contracts" not in owner.visit("/").text
    om.patch(f"/dataProducts/{product['id']}", [{"op": "replace", "path": "/sla/dataFreshness", "value": 10}])
    assert strip(owner.visit(address))["Contract"][1] == "bad"
    om.patch(f"/dataProducts/{product['id']}", [{"op": "replace", "path": "/sla/dataFreshness", "value": 120}])
    other = om.post("/pipelines", {"name": fresh_name("other"), "service": service})
    flows(om, make_table("More"), table, by=other)
    page = owner.visit(address)
    assert strip(page)["Contract"][1] == "plain" and "2 hours not known" in page.text, "the other one has never run"
    om.patch(f"/dataProducts/{product['id']}", [{"op": "replace", "path": "/sla/dataFreshness", "value": 10}])
    forbid(om, ref, fresh_name("NoPipelines"), "pipeline")
    assert strip(owner.visit(address))["Contract"][:2] == ("gold", "plain") and "Broken contracts" not in owner.visit("/").text


def test_each_thing_that_is_known_leads_to_its_evidence(server, browser, om, chromium, made, make_table, fresh_name):
    product, (orders, returns), address = made
    now = int(time.time() * 1_000)
    profile(om, orders, now - 5 * HOURS, 100)
    told = strip(browser.visit(address))
    assert "Freshness" not in told, "when the data were measured says nothing of their age"
    assert told["Quality"] == (f"measured: 1 of 2 tables, not {returns['name']}", "fair", at(returns)), "where something is missing"
    day = time.strftime("%Y-%m-%d", time.gmtime(now / 1_000 - 2 * 86_400))
    for table, count in ((orders, 7), (returns, 35)):
        om.call("PUT", f"/usage/table/{table['id']}", {"date": day, "count": count}, expect=200)
    used = strip(browser.visit(address))["Usage"]
    assert used[0].startswith("used 42 times, ") and used[2] == at(returns, "tab=queries"), "with the one that was used most"
    assert "Counted: used 35 times, " in browser.visit(used[2]).text, "which says how much of it is its own"
    om.patch(f"/dataProducts/{product['id']}", [{"op": "add", "path": "/sla", "value": {"tier": "GOLD", "availability": 99.5, "dataFreshness": 1440}}])
    page = browser.visit(address)
    assert strip(page)["Contract"] == ("gold", "plain", f"{address}#contract")
    assert 'id="contract"' in page.source and "Available 99.5 %" in page.text and "GOLD" not in page.text
    # One that failed is said before all that went well.
    service = om.post("/services/pipelineServices", {"name": fresh_name("flow"), "serviceType": "Airflow"})["fullyQualifiedName"]
    pipelines = [om.post("/pipelines", {"name": fresh_name(name), "displayName": name, "service": service}) for name in ("load", HOSTILE)]
    raw = make_table("Raw")
    for pipeline, table in zip(pipelines, (orders, returns), strict=True):
        flows(om, raw, table, by=pipeline)
    places = [f"/pipelines/{quote(one['fullyQualifiedName'], safe='')}" for one in pipelines]
    for place, ago in zip(places, (3, 30), strict=True):
        om.call("PUT", f"{place}/status", {"timestamp": now - ago * HOURS, "executionStatus": "Successful"}, expect=200)
    told = strip(browser.visit(address))
    days = now // (24 * HOURS) - (now - 30 * HOURS) // (24 * HOURS)
    said = "succeeded yesterday" if days == 1 else f"succeeded {days} days ago"
    assert told["Last run"] == (said, "plain", places[1]), "of its oldest part, which is older than promised"
    assert "Freshness" not in told
    om.call("PUT", f"{places[1]}/status", {"timestamp": now - HOURS, "executionStatus": "Failed"}, expect=200)
    page = browser.visit(address)
    said, mood, link = strip(page)["Last run"]
    assert said.endswith("failed 1 hour ago") and (mood, link) == ("bad", places[1])
    assert verdict(page)[:2] == ("bad", "Not reliable now") and "failed 1 hour ago" in verdict(page)[2]
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
    assert not {"Freshness", "Last run", "Quality", "Usage"} & set(told) and told["Contract"][0] == "gold"
    assert all(place not in page.source for place in (*places, at(orders), at(returns)))


def test_data_are_as_old_as_the_latest_moment_in_them(server, browser, om, make_table, fresh_name):
    domain = om.post("/domains", {"name": fresh_name("Aged"), "domainType": "Aggregate", "description": "d"})["fullyQualifiedName"]
    product = om.post("/dataProducts", {"name": fresh_name("Old"), "description": "d", "domains": [domain]})
    table = make_table("Sold")
    fqn = quote(product["fullyQualifiedName"], safe="")
    om.call("PUT", f"/dataProducts/{fqn}/assets/add", {"assets": [reference(table, "table")]}, expect=200)
    address = f"/products/{fqn}"
    now = int(time.time() * 1_000)
    day = lambda days: time.strftime("%Y-%m-%d", time.gmtime(now / 1_000 + days * 86_400))  # noqa: E731
    placed, due = [column["name"] for column in table["columns"]][:2]
    # Measured just now: the data are of last month, whatever is due some day.
    profile(om, table, now, 100, {"name": placed, "min": "2020-01-01", "max": day(-40)}, {"name": due, "max": day(40)})
    said, mood, link = strip(browser.visit(address))["Freshness"]
    assert said.startswith("Newest data ") and "minute" not in said and (mood, link) == ("plain", at(table))
    of_table = browser.visit(at(table)).text
    assert "newest data " + said.removeprefix("Newest data ") in of_table, "the table says the same"
    profile(om, table, now + 1, 100, {"name": placed, "min": "2020-01-01", "max": day(-330)})
    assert strip(browser.visit(address))["Freshness"][1] == "fair" and "Freshness: Newest data" in verdict(browser.visit(address))[2]
    profile(om, table, now + 2, 100, {"name": placed, "min": "2020-01-01", "max": day(-40)})
    # Values of rows are told to who may see them alone.
    reader, _ = person(server, om, fresh_name("reader"))
    page = reader.visit(address)
    assert "Freshness" not in strip(page) and "Newest data" not in page.text
    assert "Freshness: told to those who may query the tables" in verdict(page)[2], "that it is known to others is not called unknown"
    assert "Freshness" not in page.source.split('not-known">')[1].split("</p>")[0]
    # What is older than promised is doubted.
    om.patch(f"/dataProducts/{product['id']}", [{"op": "add", "path": "/sla", "value": {"tier": "GOLD", "dataFreshness": 2_880}}])
    page = browser.visit(address)
    said, mood, _ = strip(page)["Freshness"]
    assert said.endswith(", older than promised") and mood == "plain"
    assert verdict(page)[:2] == ("bad", "Not reliable now") and "Contract: broken: newest data " in verdict(page)[2]
    assert "older than promised" not in verdict(page)[2], "each reason is named once"
    assert strip(page)["Contract"][1:] == ("bad", at(table))
    assert "2 days broken: newest data" in page.text and "the runs of its pipelines do not show it" not in page.text
    om.patch(f"/dataProducts/{product['id']}", [{"op": "replace", "path": "/sla/dataFreshness", "value": 60 * 24 * 50}])
    assert strip(browser.visit(address))["Freshness"][1] == "plain"
    # What is younger than that keeps it, as far as it was measured.
    page = browser.visit(address)
    assert "50 days kept: newest data " in page.text and "the runs of its pipelines do not show it" not in page.text


def test_a_run_makes_no_old_data_young(server, om, make_table, fresh_name):
    """A pipeline that ran minutes ago brought nothing new: the promise is not kept, and its owner finds it on his first page."""
    owner, ref = person(server, om, fresh_name("aged"))
    domain = om.post("/domains", {"name": fresh_name("Ran"), "domainType": "Aggregate", "description": "d"})["fullyQualifiedName"]
    product = om.post("/dataProducts", {"name": fresh_name("Ran"), "description": "d", "domains": [domain], "owners": [ref]})
    om.patch(f"/dataProducts/{product['id']}", [{"op": "add", "path": "/sla", "value": {"tier": "GOLD", "dataFreshness": 2_880}}])
    tables = [make_table(name) for name in ("Sold", "Kept")]
    for table in tables:
        om.patch(f"/tables/{table['id']}", [{"op": "add", "path": "/owners", "value": [ref]}])
    fqn = quote(product["fullyQualifiedName"], safe="")
    om.call("PUT", f"/dataProducts/{fqn}/assets/add", {"assets": [reference(one, "table") for one in tables[:1]]}, expect=200)
    address, now = f"/products/{fqn}", int(time.time() * 1_000)
    placed = tables[0]["columns"][0]["name"]
    profile(om, tables[0], now, 100, {"name": placed, "min": "2018-01-01", "max": "2019-05-17"})
    assert "broken: newest data" in owner.visit("/").text, "by the age alone, while nothing has run"
    service = om.post("/services/pipelineServices", {"name": fresh_name("flow"), "serviceType": "Airflow"})["fullyQualifiedName"]
    pipeline = om.post("/pipelines", {"name": fresh_name("load"), "service": service})
    flows(om, make_table("Raw"), tables[0], by=pipeline)
    place = f"/pipelines/{quote(pipeline['fullyQualifiedName'], safe='')}"
    om.call("PUT", f"{place}/status", {"timestamp": now - 4 * 60_000, "executionStatus": "Successful"}, expect=200)
    page = owner.visit(address)
    assert strip(page)["Freshness"] == ("Newest data 17 May 2019, older than promised", "plain", at(tables[0]))
    assert strip(page)["Last run"] == ("succeeded 4 minutes ago", "good", place)
    assert "minutes" not in verdict(page)[2]
    assert "2 days broken: newest data" in page.text
    home = owner.visit("/").text
    assert "Broken contracts" in home and "broken: newest data" in home
    # Who sees a part of the tables is told of no broken promise: what he does not see may be younger.
    om.call("PUT", f"/dataProducts/{fqn}/assets/add", {"assets": [reference(tables[1], "table")]}, expect=200)
    profile(om, tables[1], now, 100, {"name": tables[1]["columns"][0]["name"], "min": "2018-01-01", "max": "2019-06-01"})
    half, half_ref = person(server, om, fresh_name("half-aged"))
    om.patch(f"/tables/{tables[0]['id']}", [{"op": "replace", "path": "/owners", "value": [half_ref]}])
    page = half.visit(address)
    said = strip(page)["Freshness"][0]
    assert said == "Newest data of the tables that you may query 17 May 2019" and "older than promised" not in page.text
    assert "not kept" not in page.text


def test_owners_who_can_no_longer_sign_in_are_no_owners_to_rely_on(server, browser, om, make_table, fresh_name):
    owners = [person(server, om, fresh_name("left"))[1] for _ in range(2)]
    domain = om.post("/domains", {"name": fresh_name("Left"), "domainType": "Aggregate", "description": "d"})["fullyQualifiedName"]
    product = om.post("/dataProducts", {"name": fresh_name("Left alone"), "description": "d", "domains": [domain], "owners": owners})
    address = "/products/" + quote(product["fullyQualifiedName"], safe="")

    def disabled(owner: dict, is_disabled: bool) -> None:
        browser.visit(f"/admin/users?ask={'disable' if is_disabled else 'enable'}&user={om.get('/users/' + owner['id'])['name']}")
        browser.send("/admin/users", do="disable" if is_disabled else "enable")

    assert strip(browser.visit(address))["Owned by"][:2] == ("2 owners", "good")
    disabled(owners[0], True)
    assert strip(browser.visit(address))["Owned by"][:2] == ("2 owners", "good"), "one is there"
    disabled(owners[1], True)
    page = browser.visit(address)
    said = "2 owners, none of whom can sign in any more"
    assert strip(page)["Owned by"][:2] == (said, "fair") and f"Owned by: {said}" in verdict(page)[2] and verdict(page)[0] == "fair"
    om.patch(f"/dataProducts/{product['id']}", [{"op": "replace", "path": "/owners", "value": owners[:1]}])
    assert strip(browser.visit(address))["Owned by"][:2] == ("1 owner, who can no longer sign in", "fair")
    german = browser.visit(address, headers={"Accept-Language": "de"})
    assert "1 Person, die sich nicht mehr anmelden kann" in german.text
    disabled(owners[0], False)
    assert strip(browser.visit(address))["Owned by"][:2] == ("1 owner", "good")
    # Of a team there is somebody to ask.
    team = om.post("/teams", {"name": fresh_name("Keepers"), "teamType": "Group"})
    disabled(owners[0], True)
    om.patch(f"/dataProducts/{product['id']}", [{"op": "replace", "path": "/owners", "value": [reference(team, "team")]}])
    assert strip(browser.visit(address))["Owned by"][:2] == ("1 owner", "good")

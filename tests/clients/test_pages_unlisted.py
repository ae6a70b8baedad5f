"""What nothing lists: each result of a search leads to a page, or to the place that tells most of it, for whom it is open."""

import re
from html import unescape
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from openmetadata_door import reference
from pages_door import HOSTILE, Browser
from tables_world import ask_for, forbid, person
from tables_world import at as at_table
from test_pages_search import head, path, total
from test_search import found


def where(page) -> dict[str, str]:
    """Of each hit the path, and where it leads."""
    hits = re.findall(r'<div class="hit">(.*?)</div>', page.source, re.S)
    kinds = [re.search(r'<span class="badge">([^<]*)</span>', hit).group(1) for hit in hits]
    links = [re.search(r'<a class="link" href="([^"]*)"', hit) for hit in hits]
    return {kind: unescape(link.group(1)) if link else "" for kind, link in zip(kinds, links, strict=True)}


def at(folder: str, fqn: str) -> str:
    return f"/{folder}/{quote(fqn, safe='')}"


@pytest.fixture(scope="module")
def world(server, om, workshop, make_table, fresh_name) -> dict:
    """One of each sort, all with a word that nothing else here has."""
    word = fresh_name("kumquat").replace("-", "")
    made = {"word": word}
    made["classification"] = om.post("/classifications", {"name": f"{word}Class", "description": "d"})
    body = {"name": f"{word}.tag", "classification": f"{word}Class", "description": "d"}
    made["tag"] = om.post("/tags", body)
    label = {"tagFQN": made["tag"]["fullyQualifiedName"], "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    code = {"language": "SQL", "code": f"SELECT SUM(net) -- {HOSTILE}"}
    metric = {"name": f"{word}Metric", "description": "d", "metricExpression": code, "metricType": "SUM", "tags": [label]}
    made["metric"] = om.post("/metrics", metric)
    schema = om.schema(fresh_name("wh"))
    procedure = {"name": f"{word}Procedure", "databaseSchema": schema, "storedProcedureCode": code}
    made["procedure"] = om.put("/storedProcedures", procedure)
    made["table"] = make_table()
    used = [reference(made["table"], "table")]
    made["query"] = ask_for(om, made["table"], "SELECT 1", name=f"{word}Query", queryUsedIn=used)
    rules = [{"name": "look", "effect": "allow", "resources": ["table"], "operations": ["ViewAll"]}]
    made["policy"] = om.post("/policies", {"name": f"{word}Policy", "rules": rules})
    made["role"] = om.post("/roles", {"name": f"{word}Role", "policies": [f"{word}Policy"]})
    form = workshop.form_type(f"{word}Form")
    kind = workshop.asset_type(form, f"{word}Type")
    made["asset"] = workshop.asset(kind, f"{word} asset")["id"]
    found(server, server.admin, word, at_least=head(server))
    return made


def test_every_result_leads_somewhere(server, admin, browser, world):
    kinds = where(browser.visit(path(f"{world['word']}*")))
    told = {"Tag", "Classification", "Metric", "Stored procedure", "Query", "Policy", "Role", "Asset", "Type of assets", "Form"}
    assert told <= kinds.keys(), kinds
    for kind, address in kinds.items():
        page = browser.visit(address)
        assert world["word"] in unescape(page.source), (kind, address)
    # As somebody types, too.
    *options, last = re.findall(r'role="option"[^>]* href="([^"]*)"', browser.visit(f"/search/suggest?q={world['word']}").source)
    assert set(map(unescape, options)) <= set(kinds.values()) and len(options) == 10, options
    assert last == path(world["word"]), "and then all of them"


def test_a_tag_leads_to_what_bears_it(browser, world):
    tag = world["tag"]["fullyQualifiedName"]
    page = browser.visit(at("measures", world["metric"]["fullyQualifiedName"]))
    (leads,) = {unescape(link) for link in page.links if link.startswith("/search?q=tag")}
    asked = parse_qs(urlsplit(leads).query)["q"]
    assert asked == ['tag:"{}"'.format(tag.replace("\\", "\\\\").replace('"', '\\"'))]
    assert total(browser.visit(leads)) == 1 and at("measures", world["metric"]["name"]) in browser.page.links
    page = browser.visit(at("classifications", world["classification"]["name"]))
    assert leads in map(unescape, page.links), "a classification names its tags"


def test_a_plain_page_is_as_any_other(server, browser, world, om, fresh_name):
    metric = world["metric"]
    page = browser.visit(f"/measures/{metric['id']}")
    assert browser.path == at("measures", metric["name"]), "its id leads to it"
    for said in ("Metric", "SELECT SUM(net)", "SUM", "no owner"):
        assert said in page.text, said
    assert "\u202e" not in page.source and [given.get("type") for tag, given in page.tags if tag == "script"] == ["module"]
    for tab in ("lineage", "activity"):
        assert metric["name"] in browser.visit(at("measures", metric["name"]) + f"?tab={tab}").text
    browser.visit(at("measures", metric["name"]) + "?edit=description")
    browser.send(at("measures", metric["name"]), description="What is left.")
    assert om.get(f"/metrics/{metric['id']}")["description"] == "What is left."
    for folder in ("measures", "assets", "procedures", "classifications", "asset-types", "skills", "queries", "bots", "ingestions"):
        browser.visit(f"/{folder}/nothing", expect=404)


def test_what_is_looked_at_elsewhere_leads_there(browser, world, om):
    query, table = world["query"], world["table"]
    for named in (query["id"], quote(query["fullyQualifiedName"], safe="")):
        page = browser.visit(f"/queries/{named}")
        assert page.url.endswith(at_table(table, f"tab=queries&query={query['id']}")) and world["word"] in page.text
    bot = om.get("/bots/name/ingestion-bot")
    for named in (bot["id"], "ingestion-bot"):
        browser.visit(f"/bots/{named}")
        assert browser.path == f"/people/{bot['botUser']['name']}"


def test_a_query_of_nothing_that_he_sees_is_a_page_without_its_text(server, world, om, fresh_name):
    query, table = world["query"], world["table"]
    blind, ref = person(server, om, fresh_name("blind"))
    forbid(om, ref, fresh_name("NoTables"), "table")
    (leads,) = where(blind.visit(path(f"{world['word']}* kind:query"))).values()
    for asked in (leads, f"/queries/{query['id']}", f"{leads}?tab=activity", f"{leads}?edit=description"):
        page = blind.visit(asked)
        assert blind.path == at("queries", query["fullyQualifiedName"]), "not that of its source"
        assert query["name"] in page.text and "A query is shown with the tables that it uses. You may see none of them, so its text is not shown" in page.text
        assert "SELECT" not in page.source and table["name"] not in page.source and table["id"] not in page.source


def test_the_text_of_a_query_of_no_table_is_for_who_sees_its_values(server, admin, browser, world, om, fresh_name):
    plain, _ = person(server, om, fresh_name("plain"))
    owner, ref = person(server, om, fresh_name("owner"))
    service = world["table"]["fullyQualifiedName"].split(".")[0]
    query = om.post("/queries", {"name": fresh_name("alone"), "query": "SELECT 'secret' AS told", "service": service, "owners": [ref]})
    leads = at("queries", query["fullyQualifiedName"])
    for whose in (browser, owner):
        page = whose.visit(leads)
        assert "No table that it uses is known" in page.text and "SELECT 'secret' AS told" in page.text
        assert "A query is shown with the tables that it uses. You may see none of them, so its text is not shown" not in page.text and "you see ?" not in page.text
    page = plain.visit(leads)
    assert query["name"] in page.text and "A query is shown with the tables that it uses. You may see none of them, so its text is not shown" in page.text
    assert "SELECT" not in page.source and "secret" not in page.source and "No table that it uses is known" not in page.text


@pytest.mark.parametrize(("services", "kind", "of"), [("databaseServices", "databaseService", "Mysql"), ("pipelineServices", "pipelineService", "Airflow")])
def test_an_ingestion_leads_to_its_source(browser, om, fresh_name, services, kind, of):
    service = om.post(f"/services/{services}", {"name": fresh_name("crawled"), "serviceType": of})
    pipeline = om.post("/services/ingestionPipelines", {
        "name": "nightly", "pipelineType": "metadata", "sourceConfig": {"config": {}}, "airflowConfig": {},
        "service": {"id": service["id"], "type": kind},
    })  # fmt: skip
    page = browser.visit(f"/ingestions/{quote(pipeline['fullyQualifiedName'], safe='')}")
    has_runs = kind == "databaseService"
    assert browser.path == f"/services/{service['name']}" and page.url.endswith("?tab=runs") is has_runs


def test_rules_lead_to_who_may_look_at_them(server, browser, world, fresh_name):
    kinds = where(browser.visit(path(f"{world['word']}* kind:(role OR policy)")))
    page = browser.visit("/admin/policies")
    for kind, address in kinds.items():
        assert address == f"/admin/policies#{kind.lower()}-{world[kind.lower()]['id']}"
        assert f'id="{address.split("#")[1]}"' in page.source
    other = Browser(server).sign_in(server.new_user(fresh_name("onlooker")))
    kinds = where(other.visit(path(f"{world['word']}* kind:(role OR policy)")))
    assert not any(kinds.values()), "what he may not look at is no link"

"""Rows leave only to those to whom they were given, whichever way they leave by (see the core's `rows::Way`; that each way is
tried, and what is told on it of which row and column, is in `test_rows_matrix.py`)."""

import html
import io
import json
import re
import zipfile
from urllib.parse import quote

import psycopg
import pytest
import requests

import datazone_door
from emporion_server import REPOSITORY, free_port, run_cli
from mcp_door import McpDoor, Refused
from openmetadata_door import reference
from pages_door import Browser
from rows_world import CALLERS as PEOPLE
from rows_world import HASH, MAIL, NEWEST_SAID, REGION, TABLE, RowsWorld
from test_pg_door import connect


#: Beside those who have something themselves, the people of teams that have a role, one of them under a filter.
CALLERS = (*PEOPLE, "team_reader", "team_filtered")


def give_teams(world) -> None:
    at = "/products/" + quote(world.om.get(f"/dataProducts/{world.product}")["fullyQualifiedName"], safe=".-_~")
    owner = world.browser("product_owner")
    for name in ("team_reader", "team_filtered"):
        world.people[name] = world.server.new_user(name.replace("_", "-"))
        team = world.om.post("/teams", {"name": name, "teamType": "Group", "users": [world.people[name].id]})
        owner.visit(f"{at}?tab=access")
        owner.send(f"{at}/roles", who=name, role="viewer")
        if name == "team_filtered":
            owner.visit(f"{at}?tab=access&filter={team['id']}")
            owner.send_previewed(f"{at}/filters", condition="region = 'EU'", reads="yes")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    port = free_port()
    made = RowsWorld(tmp_path_factory.mktemp("rows"), EMPORION_PG_LISTEN=f"127.0.0.1:{port}")
    made.pg_port = port
    give_teams(made)
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def text_of(answer) -> str:
    return answer.text if answer.status_code < 300 else ""


def query(world, caller):
    answer = world.door(caller).call("POST", f"{world.path}/run-sql", {"sql": "SELECT region FROM customer"})
    return REGION in text_of(answer)


def estimate(world, caller):
    answer = world.door(caller).call("POST", f"{world.path}/run-sql", {"sql": "SELECT COUNT(*) AS n FROM customer"})
    return answer.status_code == 200 and answer.json()["data"]["rows"] == [[3]]


def generated_samples(world, caller):
    body = {"name": f"by_{caller}"}
    return REGION in text_of(world.door(caller).call("POST", f"{world.path}/semantic-models/generate", body))


def model_samples(world, caller):
    door = world.door(caller)
    paths = (f"{world.path}/semantic-models", f"{world.path}/semantic-models/{world.model}")
    return any(REGION in text_of(door.call("GET", path)) for path in paths)


def sample_data(world, caller):
    om = world.metadata(caller)
    found = [
        om.call("GET", f"/tables/{world.table['id']}/sampleData"),
        om.call("GET", f"/tables/name/{TABLE}", params={"fields": "sampleData"}),
        om.call("GET", "/tables", params={"fields": "sampleData", "database": "shop.shop"}),
        om.call("GET", "/search/query", params={"q": f"sampleData.rows:{REGION}", "index": "table_search_index"}),
        om.call("GET", "/search/query", params={"q": f"sample_data.rows:{REGION}", "index": "table_search_index"}),
    ]
    hits = [answer.json()["hits"]["total"]["value"] for answer in found[3:] if answer.status_code == 200]
    seen = {REGION in text_of(answer) for answer in found[:3]} | ({True} if any(hits) else set())
    assert not (seen == {True, False}), [answer.text[:300] for answer in found]
    return seen == {True}


def sample_page(world, caller):
    """Every part of the table's page, as somebody who shows his token."""
    who = world.people[caller]
    headers = {"Accept": "text/html"} | ({"Authorization": f"Bearer {who.token}"} if who else {})
    at = f"{world.server.url}/tables/{TABLE}"
    tabs = ("columns", "lineage", "sample", "activity")
    found = {tab: requests.get(f"{at}?tab={tab}", headers=headers, allow_redirects=False, timeout=30) for tab in tabs}
    seen = [tab for tab, answer in found.items() if REGION in answer.text]
    assert set(seen) <= {"columns", "sample"}, seen
    if caller == "part" and seen:
        assert HASH not in found["sample"].text, "secrets are masked"
    return "sample" in seen


def profile(world, caller):
    om = world.metadata(caller)
    found = [
        om.call("GET", f"/tables/{TABLE}.region/columnProfile", params={"startTs": 1, "endTs": 9_999_999_999_999}),
        om.call("GET", f"/tables/{TABLE}/tableProfile/latest"),
    ]
    seen = {REGION in text_of(answer) for answer in found}
    assert len(seen) == 1, [answer.text[:300] for answer in found]
    return seen == {True}


def profile_page(world, caller):
    who = world.people[caller]
    headers = {"Accept": "text/html"} | ({"Authorization": f"Bearer {who.token}"} if who else {})
    page = requests.get(f"{world.server.url}/tables/{TABLE}", headers=headers, allow_redirects=False, timeout=30).text
    if caller == "part":
        assert MAIL not in page, "personal columns are masked"
    return REGION in page


def results_of_tests(world, caller):
    om, tests = world.metadata(caller), "/dataQuality/testCases"
    found = [
        om.call("GET", tests, params={"fields": "testCaseResult", "entityLink": f"<#E::table::{TABLE}::columns::region>"}),
        om.call("GET", f"{tests}/name/{TABLE}.region.spread", params={"fields": "testCaseResult"}),
        om.call("GET", f"{tests}/testCaseResults/{TABLE}.region.spread"),
    ]
    seen = {REGION in text_of(answer) for answer in found}
    assert len(seen) == 1, [answer.text[:300] for answer in found]
    of_mail = om.call("GET", f"{tests}/testCaseResults/{TABLE}.email.spread")
    if caller == "part":
        assert of_mail.status_code == 200 and MAIL not in of_mail.text, "personal columns are masked"
    return seen == {True}


def row_count(world, caller):
    om = world.metadata(caller)
    answer = om.call("GET", f"/tables/name/{TABLE}", params={"fields": "profile"})
    counted = answer.json().get("profile", {}).get("rowCount") if answer.status_code == 200 else None
    model = world.door(caller).call("GET", f"{world.path}/semantic-models/{world.model}")
    if model.status_code == 200:
        assert ("rowCountHint" in model.text) == (counted == 3), model.text
    assets = world.door(caller).call("GET", f"{world.path}/data-assets")
    if assets.status_code == 200:
        assert {asset["rowCount"] for asset in assets.json()["data"]["dataAssets"]} == {counted}, assets.text
    who = world.people[caller]
    headers = {"Accept": "text/html"} | ({"Authorization": f"Bearer {who.token}"} if who else {})
    page = requests.get(f"{world.server.url}/tables/{TABLE}", headers=headers, allow_redirects=False, timeout=30)
    assert ("<b>3 rows</b>" in page.text) == (counted == 3), page.text
    assert ("2 distinct" in page.text) == (counted == 3), page.text
    return counted == 3


def versions(world, caller):
    om = world.metadata(caller)
    path = f"/tables/{world.table['id']}/versions"
    newest = om.call("GET", path)
    texts = [text_of(newest)]
    if newest.status_code == 200:
        texts += [text_of(om.call("GET", f"{path}/{version}")) for version in re.findall(r'"version":\s*([0-9.]+)', newest.text)]
    return any(REGION in text or HASH in text for text in texts)


def query_text(world, caller):
    om = world.metadata(caller)
    at = f"/queries/{world.ran['id']}"
    whole = om.call("GET", at)
    ways = [om.call("GET", "/queries", params={"service": "shop", "fields": "*"})]
    ways += [om.call("GET", "/search/query", params={"q": "*", "index": "query_search_index"})]
    found = om.call("GET", "/search/query", params={"q": f"query:*{REGION}*", "index": "query_search_index"})
    seen = {REGION in text_of(answer) for answer in [whole, *ways]}
    seen |= {found.status_code == 200 and found.json()["hits"]["total"]["value"] == 1}
    assert len(seen) == 1, [answer.text[:300] for answer in [whole, *ways, found]]
    for never in (f"{at}/versions", f"{at}/versions/0.1"):
        assert REGION not in om.call("GET", never).text
    return seen == {True}


def query_page(world, caller):
    """On the page of the table that it used: among others, and by itself."""
    who = world.people[caller]
    headers = {"Accept": "text/html"} | ({"Authorization": f"Bearer {who.token}"} if who else {})
    at = f"{world.server.url}/tables/{TABLE}?tab=queries"
    found = [requests.get(f"{at}{one}", headers=headers, allow_redirects=False, timeout=30) for one in ("", f"&query={world.ran['id']}")]
    seen = {REGION in answer.text for answer in found}
    assert len(seen) == 1, [answer.text[:300] for answer in found]
    return seen == {True}


def chat(world, caller):
    answer = world.door(caller).call("POST", f"{world.path}/chat", {"message": "how many customers"})
    return answer.status_code == 200 and answer.json()["data"].get("table", {}).get("rows") == [[3]]


def threads(world, caller):
    """A thread of the viewer's: also who may look into it is told nothing of his rows."""
    asked = world.door("viewer").post(f"{world.path}/chat", {"message": "number of customers by region"})
    assert REGION in asked["text"], asked
    path = f"{world.path}/chat-threads"
    door = world.door(caller)
    found = [
        door.call("GET", f"{path}/{asked['threadId']}"),
        door.call("GET", path, params={"scope": "all", "search": REGION}),
        door.call("GET", path, params={"search": REGION}),
    ]
    return any(REGION in text_of(answer) for answer in found)


def tool_query(world, caller):
    sql = "SELECT region, COUNT(*) AS n FROM customer GROUP BY region ORDER BY n"
    answer = tool(world, caller, "run_sql", sql=sql)
    return answer is not None and answer["rows"] == [[REGION, 1], ["EU", 2]]


def tool_chat(world, caller):
    answer = tool(world, caller, "ask_product", question="how many customers")
    return answer is not None and answer.get("table", {}).get("rows") == [[3]]


def tool(world, caller, name, **arguments):
    """What the tool answers; nothing where it refuses, or the caller is not let in. Then it says nothing of the rows, either."""
    who = world.people[caller]
    try:
        result = McpDoor(world.server, who.token if who else None).call(name, product=world.product, **arguments)
    except Refused:
        assert who is None
        return None
    assert not result.is_error or REGION not in result.text
    return None if result.is_error else result.data


def page_of(world, caller, path):
    """What somebody is shown there; nothing where he is sent away."""
    browser = world.browser(caller) if caller != "anonymous" else Browser(world.server)
    answer = browser.ask("GET", path)
    assert answer.status < 500, (path, answer.status)
    return answer.text if answer.status == 200 else ""


def product_page(world):
    world.browser("admin").visit(f"/products/{world.product}")
    return world.browser("admin").path


def first_rows(world, caller):
    return REGION in page_of(world, caller, f"{product_page(world)}/rows/{world.table['id']}")


def answer_file(world, caller):
    """Of an answer of his own; who has none tries that of the viewer."""
    for who in (caller, "viewer"):
        asked = world.door(who).call("POST", f"{world.path}/chat", {"message": "number of customers by region"})
        if asked.status_code == 200:
            break
    asked, found = asked.json()["data"], set()
    for ending in ("csv", "xlsx"):
        at = f"{product_page(world)}/answers/{asked['messageId']}/rows.{ending}?thread={asked['threadId']}"
        browser = world.browser(caller) if caller != "anonymous" else Browser(world.server)
        answer = browser.session.get(world.server.url + at, allow_redirects=False)
        assert answer.status_code < 500, answer.text
        content = answer.content if answer.status_code == 200 else b""
        if ending == "xlsx" and content:
            with zipfile.ZipFile(io.BytesIO(content)) as workbook:
                content = b"".join(workbook.read(name) for name in workbook.namelist())
        found.add(REGION.encode() in content)
    [leaves] = found
    return leaves


def model_preview(world, caller):
    at = f"{product_page(world)}?tab=model&model={world.model}&part=field%3Acustomer.region"
    return REGION in page_of(world, caller, at)


def mask_preview(world, caller):
    """What a mask would make of values, before anybody has it."""
    at, viewer = product_page(world), world.people["viewer"].id
    browser = world.browser(caller) if caller != "anonymous" else Browser(world.server)
    page = browser.ask("GET", f"{at}?tab=access&filter={viewer}")
    form = next((form for form in page.forms if form["action"] == f"{at}/filters"), None)
    if page.status != 200 or form is None:
        return False
    sent = {"do": "preview", "table": "customer", "condition": "", "reads": "yes", "mask": '["customer","region","hashed"]'}
    here = {"Origin": browser.base, "Sec-Fetch-Site": "same-origin"}
    return REGION in browser.ask("POST", form["action"], data=form["fields"] | sent, headers=here).source


def postgres_door(world, caller):
    # Who says who he is without proof is nobody.
    as_whom, secret = ("viewer", "no such secret") if caller == "anonymous" else (caller, None)
    try:
        with connect(world, as_whom, secret) as connection:
            return (REGION,) in connection.execute("SELECT region FROM customers.customer").fetchall()
    except psycopg.Error as refused:
        assert REGION not in str(refused)
        return False


def data_age(world, caller):
    """How old the data are: beside the table, and of the product that has it."""
    of_product = page_of(world, caller, product_page(world))
    of_table = page_of(world, caller, f"/tables/{TABLE}")
    if caller in ("filtered", "masked"):
        assert "told to those who may query all rows of the tables, unmasked" in of_product, "which is said"
    # Both pages are held to the same, each by itself, for those who see them.
    if caller not in ("anonymous", "outsider"):
        assert (NEWEST_SAID in of_product) == (NEWEST_SAID in of_table), (caller, "one page tells more than the other")
    return NEWEST_SAID in of_product or NEWEST_SAID in of_table


def file_trial(world, caller):
    """The first rows of a file, on the page that says how it is read and by the server's own interface."""
    folder = world.files / "exports"
    if not folder.exists():
        folder.mkdir()
        (folder / "regions.csv").write_text(f"id,region\n1,{REGION}\n")
        run_cli("ingest", "csv:exports", "--service", "exports", EMPORION_URL=world.server.url, EMPORION_TOKEN=world.server.admin.token)
    on_page = REGION in page_of(world, caller, "/services/exports?tab=files&file=regions.csv")
    who = world.people[caller]
    headers = {"Authorization": f"Bearer {who.token}"} if who else {}
    at = f"{world.server.url}/emporion/v1/sources/exports/files/trial"
    # That the first line is none of names would tell it in the names of columns, too.
    for said in (None, {"dialect": {"header": True}}, {"dialect": {"header": False}}):
        tried = requests.post(at, json={"file": "regions.csv", "said": said}, headers=headers, timeout=30)
        assert (REGION in tried.text) is on_page and tried.status_code < 500, (caller, tried.text)
    return on_page


WAYS = {
    "Query": query,
    "Estimate": estimate,
    "GeneratedSamples": generated_samples,
    "ModelSamples": model_samples,
    "SampleData": sample_data,
    "SamplePage": sample_page,
    "Profile": profile,
    "ProfilePage": profile_page,
    "TestResults": results_of_tests,
    "RowCount": row_count,
    "Versions": versions,
    "QueryText": query_text,
    "QueryPage": query_page,
    "Chat": chat,
    "Threads": threads,
    "ToolQuery": tool_query,
    "ToolChat": tool_chat,
    "FirstRows": first_rows,
    "AnswerFile": answer_file,
    "ModelPreview": model_preview,
    "MaskPreview": mask_preview,
    "PostgresDoor": postgres_door,
    "DataAge": data_age,
    "FileTrial": file_trial,
}

#: Who gets what: `x` for those who do.
MATRIX = """
                  anonymous stranger filtered viewer editor contributor product_owner table_owner part admin outsider masked twofold team_reader team_filtered
Query             .         .        .        x      x      x           x             .           .    x     .        .      .       x           .
Estimate          .         .        .        x      x      x           x             .           .    x     .        x      .       x           .
GeneratedSamples  .         .        .        .      .      .           .             .           .    x     .        .      .       .           .
ModelSamples      .         .        .        .      .      .           .             x           x    x     .        .      .       .           .
SampleData        .         .        .        .      .      .           .             x           x    x     .        .      .       .           .
SamplePage        .         .        .        .      .      .           .             x           x    x     .        .      .       .           .
Profile           .         .        .        .      .      .           .             x           x    x     .        .      .       .           .
ProfilePage       .         .        .        .      .      .           .             x           x    x     .        .      .       .           .
TestResults       .         .        .        .      .      .           .             x           x    x     .        .      .       .           .
RowCount          .         x        .        x      x      x           x             x           x    x     .        x      .       x           .
Versions          .         .        .        .      .      .           .             .           .    .     .        .      .       .           .
QueryText         .         .        .        .      .      .           .             x           .    x     .        .      .       .           .
QueryPage         .         .        .        .      .      .           .             x           .    x     .        .      .       .           .
Chat              .         .        .        x      x      x           x             .           .    x     .        x      .       x           .
Threads           .         .        .        x      .      .           .             .           .    .     .        .      .       .           .
ToolQuery         .         .        .        x      x      x           x             .           .    x     .        .      .       x           .
ToolChat          .         .        .        x      x      x           x             .           .    x     .        x      .       x           .
FirstRows         .         .        .        x      x      x           x             .           .    x     .        .      .       x           .
AnswerFile        .         .        .        x      x      x           x             .           .    x     .        .      .       x           .
ModelPreview      .         .        .        .      x      x           x             .           .    x     .        .      .       .           .
MaskPreview       .         .        .        .      .      x           x             .           .    x     .        .      .       .           .
PostgresDoor      .         .        .        x      x      x           x             .           .    x     .        .      .       x           .
DataAge           .         .        .        x      x      x           x             x           x    x     .        .      .       x           .
FileTrial         .         .        .        .      .      .           .             .           .    x     .        .      .       .           .
"""


def expected() -> dict[tuple[str, str], bool]:
    head, *rows = [line.split() for line in MATRIX.strip().splitlines()]
    assert tuple(head) == CALLERS
    return {(row[0], caller): mark == "x" for row in rows for caller, mark in zip(head, row[1:], strict=True)}


def test_nothing_reads_rows_without_asking_for_the_right():
    """Statements run with a permit of the core; what was observed of rows is read in the places that ask for a sight."""
    reads = re.compile(r'"sample_data"|"sampleData"|\bsample_data\b|get\("profiles?"\)|databases\.run\(')
    known = {
        # Asks, or is asked through what asks.
        "crates/products/src/chat/conversation.rs",
        "crates/products/src/query.rs",
        "crates/products/src/parts/semantic_models/samples.rs",
        "crates/products/src/circuit_breaker.rs",
        "crates/bobsled/src/assets/asset.rs",
        "crates/catalog/src/rows/redaction.rs",
        "crates/openmetadata/src/render/print.rs",
        # Names the members, leaves them out, or writes them.
        "crates/app/src/records.rs",
        "crates/model/src/observation.rs",
        "crates/openmetadata/src/case.rs",
        "crates/openmetadata/src/special/quality.rs",
        "crates/openmetadata/src/noun.rs",
        "crates/openmetadata/src/nouns/table.rs",
        "crates/openmetadata/src/special/permissions.rs",
        "crates/openmetadata/src/special/tables.rs",
    }
    found = set()
    for path in sorted(REPOSITORY.glob("crates/*/src/**/*.rs")):
        text = path.read_text().split("#[cfg(test)]")[0]
        if reads.search(text) and not path.name.endswith("_tests.rs"):
            found.add(str(path.relative_to(REPOSITORY)))
    assert found <= known, f"ask for the right to rows, then name the file here: {sorted(found - known)}"


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("way", WAYS)
def test_rows_leave_to_those_to_whom_they_were_given(world, way, caller):
    assert WAYS[way](world, caller) is expected()[way, caller]


def simulated(world, who: str, what: str, kind: str = "table") -> dict[str, tuple[bool, str]]:
    """What an administrator is told of somebody and something: each action, whether it is allowed, and why."""
    page = world.browser("admin").visit(f"/admin/policies?who={world.people[who].name}&kind={kind}&what={quote(what)}")
    rows = re.findall(r'<th scope="row">([^<]+)</th><td>(.*?)</td><td>(.*?)</td>', page.source.split('id="roles"')[0], re.S)
    plain = {name: [html.unescape(re.sub("<[^>]+>", "", part)).strip() for part in parts] for name, *parts in rows}
    assert {verdict for verdict, _ in plain.values()} <= {"yes", "no"} and plain
    return {name: (verdict == "yes", why) for name, (verdict, why) in plain.items()}


READS = "read its rows: with SQL, as first rows, and by questions"
WHOLE, PART, MASKED = "Reads its rows", "Reads a part of its rows, by a row filter,", "Reads its rows, some columns masked,"


def way_through(answers, product: str) -> str | None:
    found = re.search(rf"(Reads [^.]*) through the product {product}\.", answers[READS][1])
    assert answers[READS][0] or not found
    return found and found[1]


@pytest.mark.parametrize("caller", [caller for caller in CALLERS if caller not in ("anonymous", "outsider")])
def test_the_simulator_says_on_which_ways_rows_leave(world, caller):
    answers = simulated(world, caller, TABLE)
    how = way_through(answers, "Customers")
    product = world.om.get(f"/dataProducts/{world.product}")["fullyQualifiedName"]
    first = world.browser(caller).ask("GET", f"/products/{product}/rows/{world.table['id']}")
    assert ("b@x.example" in first.text) is (how is not None) and (REGION in first.text) is (how == WHOLE)
    for way, is_said in {
        query: how == WHOLE,
        tool_query: how == WHOLE,
        estimate: how in (WHOLE, MASKED),
        chat: how in (WHOLE, MASKED),
        tool_chat: how in (WHOLE, MASKED),
        sample_data: answers["view sample rows"][0],
        sample_page: answers["view sample rows"][0],
        model_samples: answers["view sample rows"][0],
        profile: answers["view measured values"][0],
        profile_page: answers["view measured values"][0],
        row_count: answers["see how many rows it has"][0],
        query_text: answers["see the text of queries that were run on it"][0],
        query_page: answers["see the text of queries that were run on it"][0],
    }.items():
        assert way(world, caller) is is_said, (way, answers)
    # Its neighbour is lent to nobody, whoever may query the product.
    assert way_through(simulated(world, caller, "shop.shop.main.wages"), "Customers") is None
    assert world.door(caller).call("POST", f"{world.path}/run-sql", {"sql": "SELECT amount FROM wages"}).status_code >= 400


def test_the_simulator_follows_compositions_and_what_closes_a_product(world):
    body = {"name": "Above", "compositeOf": [world.product], "isDeployed": True, "dataSourceId": world.source}
    path = f"/data-products/{world.bob.post('/data-products', body, expect=201)['dataProduct']['id']}"
    viewers = [{"email": world.mail(name), "role": "viewer"} for name in ("viewer", "filtered", "stranger")]
    world.bob.patch(f"{path}/users", {"add": viewers})
    count = {"sql": "SELECT COUNT(*) AS n FROM customer"}
    for caller, how, rows in (("viewer", WHOLE, [[3]]), ("filtered", PART, [[2]]), ("stranger", None, None)):
        assert way_through(simulated(world, caller, TABLE), "Above") == how, caller
        answer = world.door(caller).call("POST", f"{path}/run-sql", count)
        assert (answer.json()["data"]["rows"] if answer.status_code == 200 else None) == rows, caller
    # A filter that fits no table any more closes all of the product to its bearer.
    other = world.bob.post("/data-products", {"name": "Shut", "dataSourceId": world.source, "isDeployed": True,
                                              "dataAssets": [{"tableName": "customer"}, {"tableName": "wages"}]}, expect=201)
    shut = f"/data-products/{other['dataProduct']['id']}"
    world.bob.patch(f"{shut}/users", {"add": [{"email": world.mail("viewer"), "role": "viewer", "rowFilters": {"wages": "amount > 1"}}]})
    assert way_through(simulated(world, "viewer", TABLE), "Shut") == WHOLE
    assert world.door("viewer").call("POST", f"{shut}/run-sql", count).status_code == 200
    wages = next(one["id"] for one in other["dataAssets"] if one["tableName"] == "wages")
    world.bob.patch(f"{shut}/data-assets", {"remove": [wages], "isDeployed": True})
    world.door("viewer").refuses("POST", f"{shut}/run-sql", 403, "FORBIDDEN", count)
    assert "Has a role on the product Shut, where every statement is refused" in simulated(world, "viewer", TABLE)[READS][1]
    allowed, why = simulated(world, "viewer", world.om.get(f"/dataProducts/{other['dataProduct']['id']}")["fullyQualifiedName"], "data_product")["query what is shared with it"]
    assert not allowed and "fits none of its tables" in why


def test_a_filtered_viewer_gets_his_part_of_the_rows(world):
    answer = world.door("filtered").post(f"{world.path}/run-sql", {"sql": "SELECT COUNT(*) AS n FROM customer"})
    assert answer["rows"] == [[2]]


def test_masks_of_editors_hold_for_the_project_that_owns_a_product(world):
    masks = {"customer": {"region": "hidden"}}
    sql = {"sql": "SELECT region FROM customer"}
    assert REGION in world.door("contributor").call("POST", f"{world.path}/run-sql", sql).text
    world.bob.patch(f"{world.path}/users", {"roleMasks": {"editor": masks}})
    for caller in ("contributor", "editor"):
        assert world.door(caller).post(f"{world.path}/run-sql", sql)["rows"] == [[None]] * 3
    assert world.door("viewer").post(f"{world.path}/run-sql", sql)["rows"] != [[None]] * 3
    world.bob.patch(f"{world.path}/users", {"roleMasks": {"editor": None}})
    assert REGION in world.door("contributor").call("POST", f"{world.path}/run-sql", sql).text


def test_a_contributor_opens_no_rows_by_a_product_of_his_own(world):
    """Who is filtered in one product makes another one over the same table."""
    domain, project = world.project(("filtered", "PROJECT_CONTRIBUTOR"))
    dz = datazone_door.client(world.server, world.people["filtered"])
    item = {"identifier": world.table["id"], "itemType": "ASSET"}
    made = dz.create_data_product(domainIdentifier=domain, owningProjectIdentifier=project, name="Mine", items=[item])
    mine = f"/data-products/{made['id']}"
    for caller in ("filtered", "stranger", "table_owner"):
        error = world.door(caller).call("POST", f"{mine}/run-sql", {"sql": "SELECT * FROM customer"})
        assert error.status_code == 403, error.text
    error = world.door("filtered").refuses(
        "POST", f"{mine}/run-sql", 403, "ROWS_NOT_GRANTED", {"sql": "SELECT * FROM customer"}
    )
    assert "customer" in error["message"]
    asset = world.bob.get(f"{mine}/data-assets")["dataAssets"][0]
    assert asset["rows"] == "closed"
    # The contributor cannot grant what he does not hold; whoever holds it can, at once, and takes it back at once.
    change = {"update": [{"id": asset["id"], "rows": "granted"}]}
    world.door("filtered").refuses("PATCH", f"{mine}/data-assets", 403, "FORBIDDEN", change)
    before = world.bob.get(mine)["version"]
    content = dz.get_data_product(domainIdentifier=domain, identifier=made["id"])["revision"]
    granted = world.door("table_owner").patch(f"{mine}/data-assets", change)["dataAssets"]
    assert [one["rows"] for one in granted] == ["granted"]
    after = world.bob.get(mine)["version"]
    assert after > before
    assert dz.get_data_product(domainIdentifier=domain, identifier=made["id"])["revision"] == content
    # His filter is another product's, and holds there only: here his project was given the rows.
    sql = {"sql": "SELECT region FROM customer"}
    assert world.door("filtered").post(f"{mine}/run-sql", sql)["rowCount"] == 3
    world.door("stranger").refuses("POST", f"{mine}/run-sql", 403, "FORBIDDEN", sql)
    world.door("table_owner").patch(f"{mine}/data-assets", {"update": [{"id": asset["id"], "rows": "closed"}]})
    world.door("filtered").refuses("POST", f"{mine}/run-sql", 403, "ROWS_NOT_GRANTED", sql)
    assert world.door("filtered").call("POST", f"{world.path}/run-sql", sql).json()["data"]["rowCount"] == 2


def test_an_open_product_makes_nobody_a_reader_of_rows(world):
    home = world.om.by_name("domains", "default")
    product = world.om.post("/dataProducts", {"name": "Open", "description": "d", "domains": [home["fullyQualifiedName"]]})
    world.om.put("/dataProducts/default.Open/assets/add", {"assets": [{"id": world.table["id"], "type": "table"}]})
    path = f"/data-products/{product['id']}"
    sql = {"sql": "SELECT region FROM customer"}
    assert world.bob.get(f"{path}/data-assets")["dataAssets"][0]["rows"] == "granted"
    for caller in ("stranger", "filtered", "viewer", "table_owner", "part"):
        world.door(caller).refuses("POST", f"{path}/run-sql", 403, "FORBIDDEN", sql)
    assert world.bob.post(f"{path}/run-sql", sql)["rowCount"] == 3


def test_files_of_one_account_are_closed_to_others(world):
    outsider = world.door("outsider", world.people["outsider"].account)
    body = {"type": "sqlite", "connectionConfig": {"path": "shop"}}
    tested = outsider.post("/data-sources/test-connection", body)
    assert tested["success"] is False and "shop" not in tested["message"]
    missing = outsider.post("/data-sources/test-connection", {"type": "sqlite", "connectionConfig": {"path": "none"}})
    assert tested["message"] == missing["message"]
    source = outsider.post("/data-sources", body | {"name": "theirs"}, expect=201)["dataSource"]["id"]
    assert outsider.call("GET", f"/data-sources/{source}/available-tables", expect=(422, 502)).status_code >= 400


def test_personal_columns_are_masked_for_those_who_do_not_hold_the_rows(world):
    path = f"/tables/{world.table['id']}/sampleData"
    for caller, row in (("part", [REGION, "********", "********"]), ("table_owner", [REGION, MAIL, HASH])):
        assert world.metadata(caller).get(path)["sampleData"]["rows"] == [row]
    span = {"startTs": 1, "endTs": 9_999_999_999_999}
    seen = world.metadata("part").get(f"/tables/{TABLE}.email/columnProfile", **span)["data"][0]
    assert seen["distinctCount"] == 3 and "max" not in seen
    assert world.metadata("table_owner").get(f"/tables/{TABLE}.email/columnProfile", **span)["data"][0]["max"] == MAIL


def test_what_a_test_shows_beside_its_column_is_for_those_from_whom_none_is_masked(world):
    """Whole rows, and groups by other columns, which a result need not name."""
    link = f"<#E::table::{TABLE}::columns::id>"
    test = {"name": "grouped", "testDefinition": "columnValuesToBeUnique", "entityLink": link, "dimensionColumns": ["email"]}
    world.om.put("/dataQuality/testCases", test)
    at = f"/dataQuality/testCases/testCaseResults/{TABLE}.id.grouped"
    found = {"timestamp": 1_760_000_000_000, "testCaseStatus": "Failed", "result": "two of 3", "sampleData": f"1,EU,{MAIL}"}
    found["dimensionResults"] = [{"dimensionKey": f"email={MAIL}", "testCaseStatus": "Failed"}]
    world.om.put(at, found)
    for who, is_told in (("admin", True), ("table_owner", True), ("part", False)):
        told = world.metadata(who).call("GET", at, expect=200).text
        assert "two of 3" in told and (MAIL in told) == is_told, (who, told)
        shown = world.metadata(who).get(f"/dataQuality/testCases/name/{TABLE}.id.grouped", fields="testCaseResult")
        assert (MAIL in str(shown)) == is_told, (who, shown)


def test_generated_models_hold_no_values_of_personal_or_secret_columns(world):
    answer = world.bob.call("POST", f"{world.path}/semantic-models/generate", {"name": "again"})
    assert REGION in answer.text and MAIL not in answer.text and HASH not in answer.text


def test_samples_of_a_column_that_is_tagged_later_are_left_out(world):
    tag = {"tagFQN": "PII.Sensitive", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    columns = world.om.by_name("tables", TABLE, fields="columns,tags")["columns"]
    at = next(i for i, column in enumerate(columns) if column["name"] == "region")
    tags = f"/columns/{at}/tags"
    world.om.patch(f"/tables/{world.table['id']}", [{"op": "add", "path": tags, "value": [tag]}])
    try:
        assert not model_samples(world, "admin")
        rows = world.metadata("part").get(f"/tables/{world.table['id']}/sampleData")["sampleData"]["rows"]
        assert rows == [["********"] * 3]
    finally:
        world.om.patch(f"/tables/{world.table['id']}", [{"op": "replace", "path": tags, "value": []}])
    assert model_samples(world, "admin")


def test_a_patch_is_no_way_to_what_is_hidden(world):
    """Who may describe a table could copy what he does not see, or ask for it letter by letter."""
    om = world.metadata("viewer")
    world.om.post("/policies", {
        "name": "Describe", "enabled": True,
        "rules": [{"name": "d", "effect": "allow", "resources": ["table"], "operations": ["EditDescription"]}],
    })
    role = world.om.post("/roles", {"name": "Describers", "policies": ["Describe"]})
    user = world.om.get("/users/name/viewer")
    value = [{"id": role["id"], "type": "role"}]
    world.om.patch(f"/users/{user['id']}", [{"op": "add", "path": "/roles", "value": value}])
    path = f"/tables/{world.table['id']}"
    om.patch(path, [{"op": "add", "path": "/description", "value": "mine"}])
    copied = om.patch(path, [{"op": "copy", "from": "/sampleData/rows/0/0", "path": "/description"}], expect=400)
    assert REGION not in copied["message"]
    for value in (REGION, "other"):
        tested = om.patch(path, [{"op": "test", "path": "/sampleData/rows/0/0", "value": value}], expect=400)
        assert "no such member" in tested["message"]


def test_whoever_holds_the_rows_knows_who_borrows_them(world):
    body = {"name": "Hidden", "dataSourceId": world.source, "isDeployed": True,
            "dataAssets": [{"tableName": "customer"}, {"tableName": "wages"}]}
    made = world.bob.post("/data-products", body, expect=201)
    path = f"/data-products/{made['dataProduct']['id']}"
    owner = world.door("table_owner")
    owner.refuses("GET", path, 404)
    borrowers = world.metadata("table_owner").by_name("tables", TABLE, fields="dataProducts")["dataProducts"]
    assert made["dataProduct"]["id"] in {one["id"] for one in borrowers}
    assert made["dataProduct"]["id"] not in {
        one["id"] for one in world.metadata("stranger").by_name("tables", TABLE, fields="dataProducts").get("dataProducts", [])
    }
    seen = owner.get(f"{path}/data-assets", includeTotal=True)
    assert [asset["tableName"] for asset in seen["dataAssets"]] == ["customer"] and seen["totalCount"] == 1
    wages = next(asset for asset in made["dataAssets"] if asset["tableName"] == "wages")["id"]
    owner.refuses("PATCH", f"{path}/data-assets", 403, None, {"update": [{"id": wages, "rows": "closed"}]})
    own = seen["dataAssets"][0]["id"]
    closed = owner.patch(f"{path}/data-assets", {"update": [{"id": own, "rows": "closed"}]})
    assert [(asset["tableName"], asset["rows"]) for asset in closed["dataAssets"]] == [("customer", "closed")]
    owner.refuses("POST", f"{path}/run-sql", 404, None, {"sql": "SELECT 1 AS a FROM customer"})
    world.door("stranger").refuses("GET", f"{path}/data-assets", 404)
    world.door("stranger").refuses("PATCH", f"{path}/data-assets", 404, None, {"update": [{"id": own, "rows": "granted"}]})
    # To add it again is to lend it, for who holds it.
    again = world.bob.patch(f"{path}/data-assets", {"add": [{"tableName": "customer"}]})
    assert {asset["tableName"]: asset["rows"] for asset in again["dataAssets"]} == {"customer": "granted", "wages": "granted"}


def test_a_deploy_gives_nothing_that_its_draft_did_not(world):
    """An editor's draft does not become the administrator's gift."""
    body = {"name": "Drafted", "dataSourceId": world.source, "isDeployed": True, "dataAssets": [{"tableName": "customer"}]}
    path = f"/data-products/{world.bob.post('/data-products', body, expect=201)['dataProduct']['id']}"
    world.bob.patch(f"{path}/users", {"add": [{"email": world.mail("editor"), "role": "editor"}]})
    editor = world.door("editor")
    drafted = editor.call("PATCH", f"{path}/data-assets", {"add": [{"tableName": "wages"}]}, expect=200).json()
    assert [warning["code"] for warning in drafted["warnings"]] == ["ROWS_NOT_GRANTED"]
    assert drafted["warnings"][0]["path"] == "/add/0"
    editor.refuses("POST", f"{path}/run-sql", 403, "ROWS_NOT_GRANTED", {"sql": "SELECT id FROM wages", "preview": True})
    deployed = world.bob.call("POST", f"{path}/deploy", {}, expect=200).json()
    assert "ROWS_NOT_GRANTED" in [warning["code"] for warning in deployed["warnings"]]
    rows = {asset["tableName"]: asset["rows"] for asset in world.bob.get(f"{path}/data-assets")["dataAssets"]}
    assert rows == {"customer": "granted", "wages": "closed"}
    editor.refuses("POST", f"{path}/run-sql", 403, "ROWS_NOT_GRANTED", {"sql": "SELECT id FROM wages"})
    # What the administrator drafts himself is his to give, also where another one deploys it.
    other = body | {"name": "Drafted too", "dataAssets": [{"tableName": "wages"}], "isDeployed": False}
    path = f"/data-products/{world.bob.post('/data-products', other, expect=201)['dataProduct']['id']}"
    world.bob.patch(f"{path}/users", {"add": [{"email": world.mail("editor"), "role": "editor"}]})
    draft = world.bob.get(f"{path}/data-assets")["dataAssets"][0]
    assert draft["rows"] == "closed"
    # Unless he turns it to another table.
    editor.post(f"{path}/deploy", {})
    assert world.bob.get(f"{path}/data-assets")["dataAssets"][0]["rows"] == "granted"
    moved = editor.call("PATCH", f"{path}/data-assets", {"update": [{"id": draft["id"], "tableName": "customer"}]}, expect=200)
    editor.post(f"{path}/deploy", {})
    assert [asset["rows"] for asset in world.bob.get(f"{path}/data-assets")["dataAssets"]] == ["closed"], moved.text


def test_a_draft_is_lent_by_the_holder_who_adds_it_again(world):
    body = {"name": "Held", "dataSourceId": world.source}
    path = f"/data-products/{world.bob.post('/data-products', body, expect=201)['dataProduct']['id']}"
    people = [{"email": world.mail(name), "role": "editor"} for name in ("editor", "table_owner")]
    world.bob.patch(f"{path}/users", {"add": people})
    editor, owner = world.door("editor"), world.door("table_owner")
    for table in ("customer", "wages"):
        editor.patch(f"{path}/data-assets", {"add": [{"tableName": table}]})
        again = owner.call("PATCH", f"{path}/data-assets", {"add": [{"tableName": table}]}, expect=200).json()
        assert [warning["code"] for warning in again["warnings"]] == ["DUPLICATE_ASSET"]
    editor.post(f"{path}/deploy", {})
    rows = {asset["tableName"]: asset["rows"] for asset in world.bob.get(f"{path}/data-assets")["dataAssets"]}
    # The table's owner holds nothing of the other one.
    assert rows == {"customer": "granted", "wages": "closed"}


def test_an_addition_says_whether_it_lends(world):
    owner = world.door("table_owner")
    body = {"name": "Said", "dataSourceId": world.source}
    path = f"/data-products/{world.bob.post('/data-products', body, expect=201)['dataProduct']['id']}"
    people = [{"email": world.mail(name), "role": "editor"} for name in ("editor", "table_owner")]
    world.bob.patch(f"{path}/users", {"add": people})
    granted = {"add": [{"tableName": "customer", "rows": "granted"}]}
    world.door("editor").refuses("PATCH", f"{path}/data-assets", 403, "FORBIDDEN", granted)
    closed = {"add": [{"tableName": "customer", "rows": "closed"}], "isDeployed": True}
    assert [asset["rows"] for asset in owner.patch(f"{path}/data-assets", closed)["dataAssets"]] == ["closed"]
    assert [asset["rows"] for asset in owner.patch(f"{path}/data-assets", granted)["dataAssets"]] == ["granted"]


def test_a_value_beside_a_personal_column_is_told_of_and_not_repeated(world):
    """Texts of a product are read by everybody who sees it, its rows are not."""
    query = {"question": "Where does Nemo live?", "sql": f"SELECT region FROM customer WHERE lower(email) = '{MAIL}'"}
    answer = world.door("editor").call("POST", f"{world.path}/verified-queries", query, expect=201).json()
    warning = next(it for it in answer["warnings"] if it["code"] == "LITERAL_OF_PERSONAL_COLUMN")
    assert warning["path"] == "/sql" and "email" in warning["message"] and MAIL not in warning["message"], warning
    dry = world.bob.call("POST", f"{world.path}/deploy", {"dryRun": True}, expect=200).json()
    told = [it for it in dry["warnings"] if it["code"] == "LITERAL_OF_PERSONAL_COLUMN"]
    assert [it["path"] for it in told] == [f"/verifiedQueries/{answer['data']['verifiedQuery']['id']}/sql"]
    counted = query | {"question": "How many?", "sql": "SELECT region FROM customer GROUP BY region HAVING count(email) > 2"}
    answer = world.door("editor").call("POST", f"{world.path}/verified-queries", counted, expect=201).json()
    assert "LITERAL_OF_PERSONAL_COLUMN" not in str(answer.get("warnings")), answer
    for one in world.bob.get(f"{world.path}/verified-queries")["verifiedQueries"]:
        world.bob.delete(f"{world.path}/verified-queries/{one['id']}")


def test_a_filter_stays_until_it_is_taken_off(world):
    body = {"name": "Kept", "dataSourceId": world.source, "isDeployed": True, "dataAssets": [{"tableName": "customer"}]}
    product = world.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
    path, user = f"/data-products/{product}", world.people["stranger"].id
    entry = {"userId": user, "role": "viewer", "rowFilters": {"customer": "region = 'EU'"}}
    world.bob.patch(f"{path}/users", {"add": [entry]})
    count = {"sql": "SELECT COUNT(*) AS n FROM customer"}
    asked = world.door("stranger")
    assert asked.post(f"{path}/run-sql", count)["rows"] == [[2]]
    # Whoever would read more without his role cannot take it off by giving it up.
    part = world.people["part"].id
    world.bob.patch(f"{path}/users", {"add": [entry | {"userId": part}]})
    world.door("part").refuses("PATCH", f"{path}/users", 403, None, {"remove": [part]})
    assert "sampleData" not in world.metadata("part").get(f"/tables/{world.table['id']}/sampleData")
    world.bob.patch(f"{path}/users", {"remove": [part]})
    assert world.metadata("part").get(f"/tables/{world.table['id']}/sampleData")["sampleData"]["rows"]
    # Another role, through another door, leaves it; so does that door's next list.
    owners = [{"id": user, "type": "user"}, {"id": world.om.get("/users/name/admin")["id"], "type": "user"}]
    for value in (owners, owners[::-1]):
        world.om.patch(f"/dataProducts/{product}", [{"op": "add", "path": "/owners", "value": value}])
        assert asked.post(f"{path}/run-sql", count)["rows"] == [[2]]
    world.bob.patch(f"{path}/users", {"update": [{"userId": user, "role": "editor"}]})
    assert asked.post(f"{path}/run-sql", count)["rows"] == [[2]]
    world.bob.patch(f"{path}/users", {"update": [{"userId": user, "role": "editor", "rowFilters": None}]})
    assert asked.post(f"{path}/run-sql", count)["rows"] == [[3]]
    # Whoever has nothing besides may go, filter or not.
    world.bob.patch(f"{path}/users", {"update": [entry]})
    asked.patch(f"{path}/users", {"remove": [user]})
    asked.refuses("POST", f"{path}/run-sql", 404, None, count)


def test_a_filter_that_was_made_stricter_outlives_the_higher_role(world):
    """Somebody is a viewer with a filter, and an owner: his filter is one, whichever of the two is taken away."""
    body = {"name": "Stricter", "dataSourceId": world.source, "isDeployed": True, "dataAssets": [{"tableName": "customer"}]}
    product = world.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
    path, user = f"/data-products/{product}", world.people["stranger"].id
    entry = {"userId": user, "role": "viewer", "rowFilters": {"customer": "region = 'EU'"}}
    world.bob.patch(f"{path}/users", {"add": [entry]})
    owner = {"id": user, "type": "user"}
    world.om.patch(f"/dataProducts/{product}", [{"op": "add", "path": "/owners/-", "value": owner}])
    asked, count = world.door("stranger"), {"sql": "SELECT COUNT(*) AS n FROM customer"}
    assert asked.post(f"{path}/run-sql", count)["rows"] == [[2]]
    world.bob.patch(f"{path}/users", {"update": [{"userId": user, "rowFilters": {"customer": "region = 'Nowhere'"}}]})
    assert asked.post(f"{path}/run-sql", count)["rows"] == [[0]]
    owners = world.om.get(f"/dataProducts/{product}", fields="owners")["owners"]
    at = next(number for number, one in enumerate(owners) if one["id"] == user)
    world.om.patch(f"/dataProducts/{product}", [{"op": "remove", "path": f"/owners/{at}"}])
    assert asked.post(f"{path}/run-sql", count)["rows"] == [[0]]
    listed = {one["userId"]: one for one in world.bob.get(f"{path}/users")["users"]}
    assert listed[user]["role"] == "viewer" and listed[user]["rowFilters"] == {"customer": "region = 'Nowhere'"}


def test_a_composition_lends_what_its_source_was_lent(world):
    body = {"name": "Over", "compositeOf": [world.product], "isDeployed": True, "dataSourceId": world.source}
    path = f"/data-products/{world.bob.post('/data-products', body, expect=201)['dataProduct']['id']}"
    viewers = [{"email": world.mail(name), "role": "viewer"} for name in ("viewer", "filtered", "stranger")]
    world.bob.patch(f"{path}/users", {"add": viewers})
    count = {"sql": "SELECT COUNT(*) AS n FROM customer"}
    assert world.door("viewer").post(f"{path}/run-sql", count)["rows"] == [[3]]
    assert world.door("filtered").post(f"{path}/run-sql", count)["rows"] == [[2]]
    assert world.door("stranger").call("POST", f"{path}/run-sql", count).status_code >= 400
    asset = world.bob.get(f"{world.path}/data-assets")["dataAssets"][0]["id"]
    world.bob.patch(f"{world.path}/data-assets", {"update": [{"id": asset, "rows": "closed"}]})
    try:
        world.door("viewer").refuses("POST", f"{path}/run-sql", 403, "ROWS_NOT_GRANTED", count)
    finally:
        world.bob.patch(f"{world.path}/data-assets", {"update": [{"id": asset, "rows": "granted"}]})


def test_a_query_that_is_too_large_tells_a_filtered_viewer_no_number(tmp_path):
    world = RowsWorld(tmp_path, EMPORION_BOBSLED__QUERY_ROWS="5")
    try:
        sql = {"sql": "SELECT a.region FROM customer a, customer b"}
        told = world.door("viewer").refuses("POST", f"{world.path}/run-sql", 429, "COST_LIMIT", sql)["message"]
        hidden = world.door("filtered").refuses("POST", f"{world.path}/run-sql", 429, "COST_LIMIT", sql)["message"]
        assert re.search(r"\d", told) and hidden == "the query is too large"
    finally:
        assert world.server.stop() == 0


def test_the_crawler_proposes_what_looks_personal_and_does_not_insist(world):
    def crawl():
        arguments = ("ingest", "sqlite:shop", "--service", "twice")
        run_cli(*arguments, EMPORION_URL=world.server.url, EMPORION_TOKEN=world.server.admin.token)
        columns = world.om.by_name("tables", "twice.shop.main.customer", fields="columns,tags")["columns"]
        return {column["name"]: [(tag["tagFQN"], tag["state"]) for tag in column["tags"]] for column in columns}

    assert crawl() == {"id": [], "region": [], "email": [("PII.Sensitive", "Suggested")], "password_hash": []}
    table = world.om.by_name("tables", "twice.shop.main.customer")
    at = next(i for i, column in enumerate(table["columns"]) if column["name"] == "email")
    world.om.patch(f"/tables/{table['id']}", [{"op": "replace", "path": f"/columns/{at}/tags", "value": []}])
    assert crawl()["email"] == []


def test_what_the_command_line_shows_holds_no_rows(world):
    for caller in ("viewer", "part", "admin"):
        token = {"token": world.people[caller].token}
        for kind, name in (("table", TABLE), ("semantic_model", world.model)):
            shown = json.dumps(world.server.cli("get", kind, name, **token))
            assert REGION not in shown and MAIL not in shown and "rowCount" not in shown, shown


def test_doctor_counts_grants_and_names_those_that_outlived_their_giver(world):
    def rows() -> str:
        done = run_cli("doctor", *world.server.place, "-o", "json", check=False, **world.server.secrets)
        return next(found["finding"] for found in json.loads(done.stdout) if found["check"] == "rows")

    counted = re.fullmatch(r"the rows of (\d+) assets are lent to their products, those of (\d+) are not yet(.*)", rows())
    assert counted and int(counted[1]) >= 1, rows()
    body = {"name": "Outlived", "dataSourceId": world.source, "dataAssets": [{"tableName": "customer"}], "isDeployed": True}
    world.om.patch(
        f"/tables/{world.table['id']}",
        [{"op": "add", "path": "/owners/-", "value": {"id": world.people["editor"].id, "type": "user"}}],
    )
    made = world.bob.post("/data-products", body, expect=201)
    path, asset = f"/data-products/{made['dataProduct']['id']}", made["dataAssets"][0]["id"]
    for rows_are in ("closed", "granted"):
        world.door("editor").patch(f"{path}/data-assets", {"update": [{"id": asset, "rows": rows_are}]})
    assert "Outlived" not in rows()
    world.om.patch(f"/tables/{world.table['id']}", [{"op": "remove", "path": "/owners/1"}])
    assert "default.Outlived borrows shop.shop.main.customer from editor" in rows()


def test_a_draft_lends_only_the_table_that_it_named(world):
    """Names come to mean another table: in another data source, or when a table of that name comes."""
    editor = world.door("editor")
    body = {"name": "Renamed", "dataSourceId": world.source, "isDeployed": True, "dataAssets": [{"tableName": "customer"}]}
    path = f"/data-products/{world.bob.post('/data-products', body, expect=201)['dataProduct']['id']}"
    world.bob.patch(f"{path}/users", {"add": [{"email": world.mail("editor"), "role": "editor"}]})
    world.bob.patch(f"{path}/data-assets", {"add": [{"tableName": "salaries"}]})
    columns = [{"name": "id", "dataType": "INT"}]
    world.om.put("/tables", {"name": "salaries", "databaseSchema": "shop.shop.main", "columns": columns})
    editor.post(f"{path}/deploy", {})
    rows = {asset["tableName"]: asset["rows"] for asset in world.bob.get(f"{path}/data-assets")["dataAssets"]}
    assert rows == {"customer": "granted", "salaries": "closed"}


def test_what_is_granted_is_the_table_that_is_shown(world):
    """A draft that names another table hides which one is live."""
    body = {"name": "Shown", "dataSourceId": world.source, "isDeployed": True, "dataAssets": [{"tableName": "customer"}]}
    made = world.bob.post("/data-products", body, expect=201)
    path, asset = f"/data-products/{made['dataProduct']['id']}", made["dataAssets"][0]["id"]
    world.bob.patch(f"{path}/data-assets", {"update": [{"id": asset, "rows": "closed"}]})
    world.bob.patch(f"{path}/users", {"add": [{"email": world.mail("editor"), "role": "editor"}]})
    world.door("editor").patch(f"{path}/data-assets", {"update": [{"id": asset, "tableName": "wages"}]})
    shown = world.bob.get(f"{path}/data-assets")["dataAssets"][0]
    assert (shown["tableName"], shown["rows"]) == ("wages", "closed")
    world.bob.refuses("PATCH", f"{path}/data-assets", 422, None, {"update": [{"id": asset, "rows": "granted"}]})
    world.bob.patch(f"{path}/data-assets", {"add": [{"tableName": "wages"}]})
    live = world.bob.get(f"{path}/data-assets", isDeployed="true")["dataAssets"][0]
    assert (live["tableName"], live["rows"]) == ("customer", "closed")


def test_samples_stay_hidden_when_their_table_leaves_the_product(world):
    body = {"name": "Left", "dataSourceId": world.source, "isDeployed": True, "dataAssets": [{"tableName": "customer"}]}
    made = world.bob.post("/data-products", body, expect=201)
    path, asset = f"/data-products/{made['dataProduct']['id']}", made["dataAssets"][0]["id"]
    world.bob.patch(f"{path}/users", {"add": [{"email": world.mail("editor"), "role": "editor"}]})
    assert REGION in world.bob.call("POST", f"{path}/semantic-models/generate", {"name": "left"}).text
    editor = world.door("editor")
    assert REGION not in editor.call("GET", f"{path}/semantic-models").text
    editor.patch(f"{path}/data-assets", {"remove": [asset], "isDeployed": True})
    model = editor.get(f"{path}/semantic-models")["semanticModels"][0]["id"]
    assert REGION not in editor.call("GET", f"{path}/semantic-models/{model}").text


def test_an_answer_that_is_kept_holds_no_values(world):
    headers = {"Idempotency-Key": "rows-1"}
    body = {"name": "kept"}
    for _ in range(2):
        answer = world.bob.call("POST", f"{world.path}/semantic-models/generate", body, headers=headers)
        assert answer.status_code == 201 and REGION not in answer.text and "rowCountHint" not in answer.text


def test_stewards_of_a_project_read_no_rows(world):
    domain, project = world.project(("stranger", "PROJECT_CATALOG_STEWARD"), ("member", "PROJECT_CONTRIBUTOR"))
    dz = datazone_door.client(world.server, world.server.admin)
    item = {"identifier": world.table["id"], "itemType": "ASSET"}
    made = dz.create_data_product(domainIdentifier=domain, owningProjectIdentifier=project, name="Kept", items=[item])
    sql = {"sql": "SELECT region FROM customer"}
    world.door("stranger").refuses("POST", f"/data-products/{made['id']}/run-sql", 403, "FORBIDDEN", sql)
    assert world.door("member").post(f"/data-products/{made['id']}/run-sql", sql)["rowCount"] == 3


def test_a_column_in_another_spelling_is_none_and_hides_no_sample(world):
    table = f"/tables/{world.table['id']}"
    try:
        for name in ("EMAIL", " email ", '"email"', "main.customer.email", "Password_Hash"):
            refused = world.om.call("PUT", f"{table}/sampleData", {"columns": ["region", name], "rows": [["v", "v"]]}, expect=400)
            assert name in refused.json()["message"]
        world.om.put(f"{table}/sampleData", {"columns": ["email", "region"], "rows": [["v", "v"]]})
        assert world.metadata("part").get(f"{table}/sampleData")["sampleData"]["rows"] == [["********", "v"]]
    finally:
        world.observe()


def test_the_lender_of_a_hidden_product_is_told_its_name_and_no_more(world):
    body = {"name": "Quiet", "description": "SECRETDESC", "dataSourceId": world.source, "isDeployed": True,
            "dataAssets": [{"tableName": "customer"}]}
    world.bob.post("/data-products", body, expect=201)
    seen = world.metadata("table_owner").call("GET", f"/tables/name/{TABLE}", params={"fields": "dataProducts"})
    assert "Quiet" in seen.text and "SECRETDESC" not in seen.text


def steward(world, name: str):
    """Somebody with the account's own role of stewards: he changes what he likes, and holds no rows."""
    made = world.server.new_user(name)
    world.people[name] = made
    roles = [{"id": world.om.get("/roles/name/DataSteward")["id"], "type": "role"}]
    roles += [{"id": world.om.get("/roles/name/Samples")["id"], "type": "role"}]
    world.om.patch(f"/users/{made.id}", [{"op": "add", "path": "/roles", "value": roles}])
    return world.metadata(name)


def test_a_secret_stays_masked_whatever_its_column_is_said_to_be(tmp_path):
    world = RowsWorld(tmp_path)
    try:
        om, at = steward(world, "keeper"), f"/tables/{world.table['id']}"

        def is_seen() -> bool:
            shown = json.dumps(om.get(f"{at}/sampleData")) + world.browser("keeper").visit(f"/tables/{TABLE}?tab=sample").text
            assert REGION in shown, "what is no secret is shown"
            return HASH in shown

        def place(name: str) -> int:
            return next(i for i, one in enumerate(om.get(at, fields="columns")["columns"]) if one["name"] == name)

        assert not is_seen()
        om.patch(at, [{"op": "replace", "path": f"/columns/{place('password_hash')}/dataType", "value": "INT"}])
        assert not is_seen(), "of another type"
        columns = om.get(at, fields="columns,tags")["columns"]
        body = {"name": "customer", "databaseSchema": "shop.shop.main", "columns": [{"name": "x", "dataType": "INT"}, *columns]}
        om.call("PUT", "/tables", body, expect=200)
        assert not is_seen(), "beside others"
        om.patch(at, [{"op": "replace", "path": f"/columns/{place('password_hash')}/name", "value": "code"}])
        om.patch(at, [{"op": "add", "path": "/columns/-", "value": {"name": "password_hash", "dataType": "INT"}}])
        assert not is_seen(), "by another name, and again"
        world.om.patch(at, [{"op": "replace", "path": f"/columns/{place('password_hash')}/dataType", "value": "BIGINT"}])
        assert is_seen(), "who holds the rows says what it is"
    finally:
        assert world.server.stop() == 0


def test_an_owner_of_a_domain_does_not_delete_his_filter(tmp_path):
    world = RowsWorld(tmp_path)
    try:
        owner = [reference(world.om.get("/users/name/filtered"), "user")]
        domain = world.om.get(f"/dataProducts/{world.product}", fields="domains")["domains"][0]
        world.om.patch(f"/domains/{domain['id']}", [{"op": "add", "path": "/owners", "value": owner}])
        om = world.metadata("filtered")
        for hard in ("false", "true"):
            refused = om.delete(f"/domains/{domain['id']}", expect=403, recursive="true", hardDelete=hard)
            assert "keeps him from rows" in refused["message"], refused
        dz = datazone_door.client(world.server, world.people["filtered"])
        with pytest.raises(dz.exceptions.AccessDeniedException):
            dz.delete_domain(identifier=world.domain, skipDeletionCheck=True)
        for way in (row_count, sample_data, profile):
            assert not way(world, "filtered"), way
        world.door("filtered").refuses("DELETE", world.path, 403, "FORBIDDEN")
        assert world.om.get(f"/dataProducts/{world.product}")["id"] == world.product
    finally:
        assert world.server.stop() == 0


def test_who_may_change_a_source_counts_no_rows_that_a_filter_hides(world):
    role = [{"id": world.om.get("/roles/name/DataSteward")["id"], "type": "role"}]
    user = world.om.get("/users/name/filtered", fields="roles")
    world.om.patch(f"/users/{user['id']}", [{"op": "add", "path": "/roles", "value": role}])
    try:
        path = f"/data-sources/{world.source}/available-tables"
        counted = {
            who: {table["name"]: table["rowCount"] for table in world.door(who).get(path)["tables"]} for who in ("admin", "filtered")
        }
        assert set(counted["filtered"]) == set(counted["admin"]) == {"customer", "wages"}
        assert counted["filtered"]["customer"] is None
        assert counted["filtered"]["wages"] == counted["admin"]["wages"]
    finally:
        world.om.patch(f"/users/{user['id']}", [{"op": "remove", "path": "/roles"}])

"""The trail of what changes nothing: who came in, who read rows by which door, who was refused."""

import base64
import csv
import html
import io
import json
import re
import sqlite3

import psycopg
import pytest
import requests

from datazone_door import SignedBy
from emporion_server import free_port, run_cli
from mcp_door import McpDoor
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser
from rows_world import MAIL, REGION, TABLE, RowsWorld
from test_pg_door import connect, shown

READS = "/admin/audit/reads"
SQL = f"SELECT region FROM customer WHERE region <> '{MAIL}'"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    port = free_port()
    made = RowsWorld(tmp_path_factory.mktemp("audit"), EMPORION_PG_LISTEN=f"127.0.0.1:{port}", EMPORION_AUDIT__TEXTS="true")
    made.pg_port = port
    made.at = "/products/" + made.om.get(f"/dataProducts/{made.product}")["fullyQualifiedName"]
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def trail(world, who: str = "admin", expect: int = 200, **asked) -> list[dict]:
    """Newest first, as programs read it."""
    token = world.people[who].token
    answer = requests.get(
        f"{world.server.url}/emporion/v1/audit", params=asked, headers={"Authorization": f"Bearer {token}"}, timeout=30
    )
    assert answer.status_code == expect, answer.text
    return answer.json().get("lines", [])


def newest(world, what: str, by: str) -> dict:
    return trail(world, what=what, by=by, limit=1)[0]


def query(world, who: str, sql: str = SQL):
    return world.door(who).call("POST", f"{world.path}/run-sql", {"sql": sql})


def test_a_statement_is_one_line_whichever_door_it_came_by(world):
    before = len(trail(world, what="statement", by="filtered", limit=1000))
    assert query(world, "filtered").status_code == 200
    line = newest(world, "statement", "filtered")
    assert (line["door"], line["rows"], line["tables"]) == ("bobsled", 2, [TABLE])
    assert line["product"].endswith("Customers") and line["about"] == world.product
    assert MAIL not in line["text"] and "region" in line["text"], "values stand nowhere"

    answer = McpDoor(world.server, world.people["filtered"].token).call("run_sql", product=world.product, sql=SQL)
    assert not answer.is_error
    line = newest(world, "statement", "filtered")
    assert (line["door"], line["rows"]) == ("mcp", 2)

    assert shown(world, "filtered", "SELECT region FROM customers.customer") == ["EU", "EU"]
    line = newest(world, "statement", "filtered")
    assert (line["door"], line["rows"]) == ("pgwire", 2)

    run_cli("query", world.product, SQL, EMPORION_URL=world.server.url, EMPORION_TOKEN=world.people["filtered"].token)
    assert newest(world, "statement", "filtered")["rows"] == 2
    assert len(trail(world, what="statement", by="filtered", limit=1000)) == before + 4


def test_previews_while_somebody_types_are_one_line_with_their_number(world):
    admin = world.browser("admin")
    admin.visit(f"/products/{world.product}")
    form = admin.path
    at = f"{form}?tab=model&model={world.model}&part=field%3Acustomer.region"
    lines = lambda who: trail(world, what="statement", by=who, limit=1000)  # noqa: E731
    before = {who: len(lines(who)) for who in ("editor", "admin")}
    editor = world.browser("editor")
    editor.visit(at)
    for expression in ("UPPER(region)", "LOWER(region)", f"REPLACE(region, '{MAIL}', 'x')"):
        assert "do=" not in editor.send(f"{form}/model", do="try_part", name="region", expression=expression).url
    admin.visit(at)
    assert query(world, "editor").status_code == 200
    editor.send(f"{form}/model", do="try_part", name="region", expression="TRIM(region)")
    after = lines("editor")
    assert len(after) == before["editor"] + 2 and len(lines("admin")) == before["admin"] + 1, "a statement, and another person, are others"
    [looks] = [line for line in after[:2] if "preview" in line]
    assert (looks["door"], looks["times"], looks["tables"]) == ("web", 5, [TABLE]) and looks["rows"] >= 5
    assert all(word in looks["text"].upper() for word in ("UPPER", "LOWER", "TRIM")) and MAIL not in looks["text"], "texts as they are kept"
    assert "Previews while a model was edited" in admin.visit(f"{READS}?what=statement").text
    # Once it was written, the next look begins another line.
    editor.send(f"{form}/model", do="try_part", name="region", expression="UPPER(region)")
    assert len(lines("editor")) == before["editor"] + 3 and "times" not in newest(world, "statement", "editor")


def test_every_table_that_previews_read_is_named_in_a_line(world):
    tables = [f"t{n}" for n in range(20)] + ["zzz_wages"]
    with sqlite3.connect(world.server.store.parent / "files" / "wide") as database:
        database.executescript("".join(f"CREATE TABLE {one} (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO {one} (v) VALUES ('{MAIL}');" for one in tables))
    run_cli("ingest", "sqlite:wide", "--service", "wide", EMPORION_URL=world.server.url, EMPORION_TOKEN=world.server.admin.token)
    source = world.om.by_name("services/databaseServices", "wide")["id"]
    made = world.bob.post("/data-products", {"name": "Wide", "dataSourceId": source, "isDeployed": True,
                                             "dataAssets": [{"tableName": one} for one in tables]}, expect=201)  # fmt: skip
    path = f"/data-products/{made['dataProduct']['id']}"
    world.bob.patch(f"{path}/users", {"add": [{"email": world.mail("editor"), "role": "editor"}]})
    world.bob.call("POST", f"{path}/semantic-models/generate", {"name": "wide"})
    world.bob.post(f"{path}/deploy", {})
    model = world.bob.get(f"{path}/semantic-models")["semanticModels"][0]["id"]
    editor = world.browser("editor")
    editor.visit(f"/products/{made['dataProduct']['id']}")
    at = editor.path
    for one in [*tables, *["zzz_wages"] * 3]:
        editor.visit(f"{at}?tab=model&model={model}&part=field%3A{one}.v")
    lines = [line for line in trail(world, what="statement", by="editor", limit=1000) if line.get("product", "").endswith("Wide")]
    assert sorted(name for line in lines for name in line["tables"]) == sorted(f"wide.wide.main.{one}" for one in tables)
    assert not any("more_tables" in line for line in lines) and sum(line.get("times", 1) for line in lines) == len(tables) + 3
    found = trail(world, about="zzz_wages")
    assert [line["tables"] for line in found] == [["wide.wide.main.zzz_wages"]] and found[0]["times"] == 4
    assert "zzz_wages" in found[0]["text"] and MAIL not in json.dumps(lines), "names stay, and values do not"


def test_who_read_a_table_is_found_by_its_full_name_and_by_the_name_of_a_person(world):
    assert query(world, "filtered").status_code == 200
    admin = world.browser("admin")
    for about in (TABLE, "main.customer", world.product):
        assert any(TABLE in line["tables"] for line in trail(world, what="statement", by="filtered", about=about)), about
    assert TABLE in admin.visit(f"{READS}?what=statement&about={TABLE}").text
    assert not trail(world, what="statement", about=f"other.{TABLE}")
    user = world.om.get("/users/name/filtered")
    world.om.patch(f"/users/{user['id']}", [{"op": "add", "path": "/displayName", "value": "Príya Nair"}])
    found = trail(world, what="statement", by="priya nair")
    assert found and {line["by"]["name"] for line in found} == {"filtered"}
    assert "Príya Nair" in admin.visit(f"{READS}?what=statement&by=Pr%C3%ADya+Nair").text
    assert not trail(world, what="statement", by="Priya")
    trail(world, expect=400, **{"from": "2026-02-02", "until": "2026-02-01"})
    for page in (READS, f"{READS}.csv", f"{READS}.jsonl", "/admin/audit", "/admin/audit.csv"):
        for days in ("from=2026-02-02&until=2026-02-01", "from=zzz"):
            admin.visit(f"{page}?{days}", expect=400)
    assert trail(world, what="statement", **{"from": "2020-02-01", "until": "2999-01-01"}, limit=1)


def test_who_read_a_table_is_found_through_views_over_it_and_through_compositions(world):
    """A view of a view, a product that is composed of another, and a table of the same name elsewhere."""
    with sqlite3.connect(world.server.store.parent / "files" / "over") as database:
        database.executescript(
            f"CREATE TABLE people (id INTEGER PRIMARY KEY, mail TEXT); INSERT INTO people (mail) VALUES ('{MAIL}');"
            "CREATE TABLE beside (id INTEGER PRIMARY KEY); INSERT INTO beside (id) VALUES (1);"
            "CREATE VIEW narrow AS SELECT id, mail FROM people; CREATE VIEW top AS SELECT id FROM narrow;"
        )
    run_cli("ingest", "sqlite:over", "--service", "over", EMPORION_URL=world.server.url, EMPORION_TOKEN=world.server.admin.token)
    source = world.om.by_name("services/databaseServices", "over")["id"]

    def made(name: str, *tables: str) -> str:
        body = {"name": name, "dataSourceId": source, "isDeployed": True, "dataAssets": [{"tableName": one} for one in tables]}
        id = world.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
        world.bob.patch(f"/data-products/{id}/users", {"add": [{"email": world.mail("viewer"), "role": "viewer"}]})
        return id

    over, own, board = made("Over", "top", "beside"), made("Own", "people"), made("Board")
    world.bob.post(f"/data-products/{board}/compositions", {"sourceDataProductId": own, "alias": "own", "isDeployed": True}, expect=201)
    ask = lambda id, sql: world.door("viewer").post(f"/data-products/{id}/run-sql", {"sql": sql})  # noqa: E731
    name = lambda table: f"over.over.main.{table}"  # noqa: E731
    ask(over, "SELECT id FROM top")
    ask(over, "SELECT id FROM beside")
    ask(board, "SELECT mail FROM people")
    of_table = trail(world, what="statement", about=name("people"), limit=10)
    assert [line["product"].split(".")[-1] for line in of_table] == ["Board", "Over"], of_table
    assert of_table[0]["tables"] == [name("people")] and "beneath" not in of_table[0]
    assert of_table[1]["tables"] == [name("top")]
    id_of = lambda table: world.om.by_name("tables", name(table))["id"]  # noqa: E731
    beneath = [{"table": name(one), "id": id_of(one), "through": name("top")} for one in ("narrow", "people")]
    assert of_table[1]["beneath"] == beneath, "what lies between, too"
    assert len(trail(world, what="statement", about=name("beside"))) == 1
    page = world.browser("admin").visit(f"{READS}?about={name('people')}")
    assert f"Through the view {name('top')}: {name('narrow')}, {name('people')}" in page.text and "Board" in page.text
    table = world.browser("admin").visit(f"{READS}.csv?about={name('people')}").source
    assert "beneath" in table and name("narrow") in table
    # By its id the same, without others whose names hold its own, and under the name that it had.
    assert trail(world, what="statement", about=id_of("people"), limit=10) == of_table and of_table[0]["table_ids"] == [id_of("people")]
    assert "About people" in world.browser("admin").visit(f"{READS}?about={id_of('people')}").text
    # What people and programs say of lineage hides nothing, and makes nobody a reader.
    edge = lambda view, table: f"/lineage/table/{id_of(table)}/table/{id_of(view)}"  # noqa: E731
    invented = {"edge": {"fromEntity": {"id": id_of("people"), "type": "table"}, "toEntity": {"id": id_of("beside"), "type": "table"}, "lineageDetails": {"source": "ViewLineage"}}}
    world.om.call("PUT", "/lineage", invented, expect=200)
    world.om.call("DELETE", edge("top", "narrow"), expect=200)
    ask(over, "SELECT id FROM top")
    ask(over, "SELECT id FROM beside")
    newest_lines = trail(world, what="statement", limit=2)
    assert "beneath" not in newest_lines[0] and newest_lines[1]["beneath"] == beneath
    assert len(trail(world, what="statement", about=id_of("people"), limit=10)) == 3
    run_cli("ingest", "sqlite:over", "--service", "over", EMPORION_URL=world.server.url, EMPORION_TOKEN=world.server.admin.token)
    ask(over, "SELECT id FROM top")
    assert trail(world, what="statement", limit=1)[0]["beneath"] == beneath
    # The trail is for who administers the account; of another account it holds nothing.
    for who in ("viewer", "product_owner", "contributor"):
        assert world.browser(who).visit(f"{READS}?about={name('people')}", 403).status == 403
        trail(world, who, expect=403)
    assert not trail(world, "outsider", about=name("people")) and not trail(world, "outsider", what="statement")


def test_a_line_that_leaves_something_out_is_a_possible_hit_and_says_so(world):
    """A view that no crawl has read, in a product with a table that one has."""
    with sqlite3.connect(world.server.store.parent / "files" / "late") as database:
        database.executescript("CREATE TABLE wages (id INTEGER PRIMARY KEY); CREATE TABLE wages_old (id INTEGER PRIMARY KEY);")
    run_cli("ingest", "sqlite:late", "--service", "late", EMPORION_URL=world.server.url, EMPORION_TOKEN=world.server.admin.token)
    with sqlite3.connect(world.server.store.parent / "files" / "late") as database:
        database.execute("CREATE VIEW later AS SELECT id FROM wages")
    name = lambda table: f"late.late.main.{table}"  # noqa: E731
    columns = [{"name": "id", "dataType": "INT"}]
    world.om.post("/tables", {"name": "later", "tableType": "View", "databaseSchema": "late.late.main", "columns": columns})
    source = world.om.by_name("services/databaseServices", "late")["id"]
    assets = [{"tableName": one} for one in ("later", "wages_old")]
    body = {"name": "Late", "dataSourceId": source, "isDeployed": True, "dataAssets": assets}
    id = world.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
    for sql in ("SELECT id FROM later", "SELECT id FROM wages_old"):
        world.bob.post(f"/data-products/{id}/run-sql", {"sql": sql})
    wages = world.om.by_name("tables", name("wages"))["id"]
    [line] = trail(world, what="statement", about=wages, limit=10)
    assert (line["tables"], line["beneath_unknown"], line["possible"]) == ([name("later")], [name("later")], True)
    # By its full name as well, which is in that of another, too; a word alone finds what it is in.
    lines = trail(world, what="statement", about=name("wages"), limit=10)
    assert [(one["tables"], one.get("possible")) for one in lines] == [([name("wages_old")], None), ([name("later")], True)]
    assert [one["tables"] for one in trail(world, what="statement", about="main.wages", limit=10)] == [[name("wages_old")]]
    page = world.browser("admin").visit(f"{READS}?about={wages}&what=statement")
    assert f"What lies beneath these is not known: {name('later')}" in page.text and "A possible hit" in page.text
    assert "A possible hit" not in world.browser("admin").visit(f"{READS}?what=statement").text
    # A product is no table: nothing may be a hit.
    assert not [one for one in trail(world, what="statement", about=world.product, limit=1000) if one.get("possible")]


def test_pages_lead_to_who_read_for_those_who_may_see_it(world):
    admin, product, of_table = world.browser("admin"), world.at, world.om.by_name("tables", TABLE)["id"]
    person = world.people["filtered"].id
    at = {f"/tables/{TABLE}": f"{READS}?about={of_table}", product: f"{READS}?about={world.product}", "/people/filtered": f"{READS}?by={person}"}
    query(world, "filtered")
    # Whom somebody calls so is not he.
    world.om.patch(f"/users/{world.people['viewer'].id}", [{"op": "add", "path": "/displayName", "value": "filtered"}])
    query(world, "viewer")
    assert {line["by"]["name"] for line in trail(world, what="statement", by=person, limit=1000)} == {"filtered"}
    assert {line["by"]["name"] for line in trail(world, what="statement", by="filtered", limit=1000)} == {"filtered", "viewer"}
    world.om.patch(f"/users/{world.people['viewer'].id}", [{"op": "remove", "path": "/displayName"}])
    for page, trail_at in at.items():
        assert trail_at in admin.visit(page).links, page
        assert "Customers" in admin.visit(trail_at).text
        for who in ("viewer", "table_owner", "product_owner"):
            assert not any(READS in link for link in world.browser(who).visit(page).links), (page, who)


def test_names_in_quotes_are_no_values(world):
    sql = f"""SELECT "region" AS "where from" FROM "customer" WHERE "region" <> '{MAIL}'"""
    assert query(world, "viewer", sql).status_code == 200
    text = newest(world, "statement", "viewer")["text"]
    assert '"where from"' in text and '"customer"' in text and MAIL not in text
    # What is refused might be a text for all that is known.
    assert query(world, "viewer", f'SELECT region FROM customer WHERE region = "{MAIL}"').status_code == 422
    assert MAIL not in newest(world, "statement", "viewer")["text"]


def test_a_question_is_one_line_and_no_three_in_the_log(world):
    before = len(trail(world, what="question", limit=1000))
    world.door("viewer").post(f"{world.path}/chat", {"message": "number of customers by region"})
    line = newest(world, "question", "viewer")
    assert (line["door"], line["tables"], line["rows"]) == ("bobsled", [TABLE], 2)
    assert line["text"] == "number of customers by region"
    assert len(trail(world, what="question", limit=1000)) == before + 1
    log = world.browser("admin").visit("/admin/audit").source
    assert "number of customers" not in log and "chat" not in log.split("<tbody>", 1)[1].lower()


def test_a_statement_that_gives_nothing_says_why(world):
    assert query(world, "viewer", "SELECT amount FROM wages").status_code in (403, 422)
    line = newest(world, "statement", "viewer")
    assert line["rows"] == 0 and line["failed"] and line["tables"] == []


def test_refusals_are_noted_with_what_was_hidden(world):
    assert query(world, "stranger").status_code in (403, 404)
    line = newest(world, "refused", "stranger")
    assert line["door"] == "bobsled" and line["operation"]
    change, patch = [{"op": "add", "path": "/displayName", "value": "x"}], {"Content-Type": "application/json-patch+json"}
    world.metadata("stranger").call("PATCH", f"/tables/{world.table['id']}", change, headers=patch, expect=403)
    lines = trail(world, what="refused", by="stranger", door="openmetadata")
    assert lines and lines[0]["kind"] == "table", lines
    nothing = len(trail(world, what="refused", by="viewer"))
    assert world.metadata("viewer").call("GET", "/tables/name/nowhere.at.all.here").status_code == 404
    assert len(trail(world, what="refused", by="viewer")) == nothing, "what is not there is no refusal"


def test_sign_ins_are_noted_and_what_is_typed_in_vain_is_not(world):
    person = world.people["viewer"]
    Browser(world.server).sign_in(person)
    line = newest(world, "signed_in", person.name)
    assert (line["door"], line["by"]["name"]) == ("web", person.name)
    visitor = Browser(world.server)
    visitor.visit("/login")
    visitor.send("/login", expect=401, username=person.name, password="no-such-word")
    line = newest(world, "sign_in_failed", person.name)
    assert line["by"] is None and line["user"] == person.name and line["door"] == "web"
    visitor.send("/login", expect=401, username="My-Pass-Word-1", password="viewer")
    assert "user" not in trail(world, what="sign_in_failed", limit=1)[0]
    everything = json.dumps(trail(world, limit=1000))
    assert "My-Pass-Word-1" not in everything and "no-such-word" not in everything


def test_a_token_instead_of_a_password_is_a_sign_in(world):
    person = world.people["contributor"]
    assert shown(world, "contributor", "SELECT 1") == ["1"]
    line = newest(world, "signed_in", person.name)
    assert (line["door"], line["with"]) == ("pgwire", "token")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(world, "contributor", world.people["editor"].token)
    line = newest(world, "sign_in_failed", person.name)
    assert (line["door"], line["with"], line["by"]) == ("pgwire", "token", None)
    assert world.people["editor"].token not in json.dumps(trail(world, limit=1000))


def test_a_token_that_was_revoked_and_a_wrong_signature_are_noted(world):
    person = world.server.new_user("leaver")
    settings = {"EMPORION_URL": world.server.url, "EMPORION_TOKEN": world.server.admin.token}
    made = json.loads(run_cli("token", "create", "--user", person.name, "-o", "json", **settings).stdout)
    at, headers = f"{world.server.url}/api/v1/users/loggedInUser", {"Authorization": f"Bearer {made['token']}"}
    assert requests.get(at, headers=headers, timeout=30).status_code == 200
    gone = {"Authorization": f"Bearer {world.server.admin.token}"}
    assert requests.delete(f"{world.server.url}/emporion/v1/tokens/{made['id']}", headers=gone, timeout=30).status_code < 300
    assert [requests.get(at, headers=headers, timeout=30).status_code for _ in range(3)] == [401] * 3
    lines = trail(world, what="sign_in_failed", door="openmetadata")
    line = next(line for line in lines if line.get("with") == "token")
    assert line["by"] is None and line["times"] == 3 and made["token"] not in json.dumps(lines)
    page = world.browser("admin").visit(f"{READS}?what=sign_in_failed&door=openmetadata")
    assert re.search(r'href="/people/leaver"><bdi>leaver</bdi>', page.source), "a link says where it leads"
    # What was nobody's token tells nothing.
    count = len(lines)
    assert requests.get(at, headers={"Authorization": f"Bearer {made['token'][:-8]}AAAAAAAA"}, timeout=30).status_code == 401
    assert len(trail(world, what="sign_in_failed", door="openmetadata")) == count
    forged = requests.get(f"{world.server.url}/v2/domains", auth=SignedBy(person, secret="0" * 40), timeout=30)
    assert forged.status_code == 403, forged.text
    line = trail(world, what="sign_in_failed", door="datazone", limit=1)[0]
    assert line["with"] == "access key" and person.secret_access_key not in json.dumps(line)


def test_who_is_held_back_after_guessing_is_noted_as_that(world):
    person = world.server.new_user("guessed")
    answers = []
    for at in range(7):
        body = {"email": person.name, "password": base64.b64encode(f"guess-{at}".encode()).decode()}
        answers.append(requests.post(f"{world.server.url}/api/v1/users/login", json=body, timeout=30).text)
    assert [("Exceeded" in answer) for answer in answers] == [False] * 5 + [True] * 2, answers
    lines = trail(world, what="sign_in_failed", by=person.name, door="openmetadata")
    tries = lambda held_back: sum(line.get("times", 1) for line in lines if line.get("held_back", False) == held_back)  # noqa: E731
    assert (tries(False), tries(True)) == (5, 1), "that he is held back is said once"
    assert "Held back" in world.browser("admin").visit(f"{READS}?what=sign_in_failed&by={person.name}").text


def test_a_refused_statement_is_one_line_with_its_tables(world):
    count = lambda what: len(trail(world, what=what, by="viewer", limit=1000))  # noqa: E731
    before = count("refused"), count("statement")
    status = query(world, "viewer", "SELECT amount FROM wages").status_code
    assert status in (403, 422)
    assert (count("refused"), count("statement")) == (before[0], before[1] + 1)


def test_tokens_and_keys_are_noted_without_their_secrets(world):
    made = run_cli(
        "token", "create", "--user", "viewer", "-o", "json", EMPORION_URL=world.server.url, EMPORION_TOKEN=world.server.admin.token
    )
    line = newest(world, "credential_made", "admin")
    assert (line["class"], line["user"], line["door"]) == ("token", "viewer", "management")
    token = json.loads(made.stdout)["token"]
    assert token not in json.dumps(trail(world, limit=1000))


def test_what_is_ended_set_and_taken_away_by_an_administrator_is_noted(world):
    person = world.server.new_user("under-care")
    at = {"EMPORION_URL": world.server.url, "EMPORION_TOKEN": world.server.admin.token}
    run_cli("key", "revoke", person.access_key_id, **at)
    line = newest(world, "credential_revoked", "admin")
    assert (line["class"], line["user"], line["label"]) == ("access_key", "under-care", person.access_key_id)
    reset = json.loads(run_cli("user", "reset-password", "under-care", "-o", "json", **at).stdout)
    line = newest(world, "password_set", "admin")
    assert line["user"] == "under-care" and reset["password"] not in json.dumps(trail(world, limit=1000))
    admin = world.browser("admin")
    admin.visit(f"{READS}.csv")
    admin.visit("/admin/audit.jsonl")
    assert [line["trail"] for line in trail(world, what="exported", by="admin", limit=2)] == ["changes", "reads"]
    bearer = {"Authorization": f"Bearer {world.server.admin.token}"}
    asked = requests.post(f"{world.server.url}/emporion/v1/backups", json={"withKeys": True}, headers=bearer, timeout=30)
    assert newest(world, "backup_taken", "admin")["keys"] == "included", asked.text
    page = admin.visit(READS).text
    assert "Password set" in page and "Token, key or login revoked" in page and "Its keys are in it" in page


def test_only_administrators_read_it_and_of_their_own_account(world):
    for who in ("viewer", "editor", "product_owner", "table_owner", "contributor", "stranger"):
        trail(world, who, expect=403)
        for path in (READS, f"{READS}.csv", f"{READS}.jsonl"):
            assert world.browser(who).ask("GET", path).status == 403, (who, path)
    assert requests.get(f"{world.server.url}/emporion/v1/audit", timeout=30).status_code == 401
    theirs = trail(world, "outsider", limit=1000)
    assert all(line.get("about") != world.product and "Customers" not in json.dumps(line) for line in theirs)
    assert "Customers" not in world.browser("outsider").visit(READS).source


def test_the_page_shows_filters_and_gives_it_away(world):
    query(world, "filtered")
    admin = world.browser("admin")
    page = admin.visit(f"{READS}?what=statement&by=filtered&about=custom")
    assert "Statement" in page.text and "2 rows" in page.text and "main.customer" in page.text
    assert REGION not in page.source and MAIL not in page.source
    for nothing in ("by=nobody-like-that", "about=no-such-table", "until=2001-01-01", "door=none-such"):
        assert "No entries match" in admin.visit(f"{READS}?{nothing}").text, nothing
    assert admin.visit(f"{READS}?from=yesterday", expect=400).roles["alert"]
    table = list(csv.reader(io.StringIO(admin.visit(f"{READS}.csv?what=statement").source)))
    assert table[0][:3] == ["at", "what", "by"] and {row[1] for row in table[1:]} == {"statement"}
    lines = [json.loads(line) for line in admin.visit(f"{READS}.jsonl?what=statement").source.splitlines()]
    assert len(lines) == len(table) - 1 and lines[0]["what"] == "statement"
    shown = run_cli(
        "audit", "--what", "statement", "--format", "csv",
        EMPORION_URL=world.server.url, EMPORION_TOKEN=world.server.admin.token,
    )  # fmt: skip
    assert list(csv.reader(io.StringIO(shown.stdout)))[0] == table[0]


def lines_of(page) -> list[str]:
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", page.source, re.S)
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", " ", row)).split()) for row in rows]


def test_a_file_that_the_command_line_writes_is_an_export(world):
    settings = {"EMPORION_URL": world.server.url, "EMPORION_TOKEN": world.people["viewer"].token}
    before = len(trail(world, what="exported", by="viewer", limit=1000))
    run_cli("query", world.product, "SELECT region FROM customer", "--format", "csv", **settings)
    run_cli("ask", world.product, "number", "of", "customers", "--format", "csv", **settings)
    run_cli("query", world.product, "SELECT region FROM customer", **settings)
    found = trail(world, what="exported", by="viewer", limit=1000)
    assert len(found) == before + 2, "what stays on the screen is no file"
    assert [(line["door"], line["format"], line["rows"]) for line in found[:2]] == [("management", "csv", 1), ("management", "csv", 3)]
    admin = world.browser("admin")
    assert all(line["tables"] == [TABLE] and line["table_ids"] == [world.table["id"]] for line in found[:2]), found[:2]
    line = lines_of(admin.visit(f"{READS}?what=exported&by=viewer&door=management"))[0]
    assert line.startswith(f"Export D1.Customers 1 row {TABLE} As a file: CSV") and "the command line" in line, line
    # It is what its sender says of himself: nothing else is taken.
    answer = world.door("viewer").call("POST", f"{world.path}/run-sql", {"sql": "SELECT 1 FROM customer"}, headers={"emporion-file": "<b>"})
    assert answer.status_code == 200 and len(trail(world, what="exported", by="viewer", limit=1000)) == before + 2
    assert query(world, "stranger").status_code == 403
    world.door("stranger").call("POST", f"{world.path}/run-sql", SQL, headers={"emporion-file": "csv"})
    assert trail(world, what="exported", by="stranger") == []


def test_files_of_an_answer_are_lines_of_their_own_with_its_tables(world):
    browser = world.browser("viewer")
    browser.visit(f"{world.at}?tab=ask")
    browser.send(f"{world.at}/ask", question="number of customers by region")
    files = [link for link in browser.page.links if "/rows." in link]
    before = len(trail(world, by="viewer", limit=1000))
    for link in files:
        assert browser.ask("GET", link).status == 200
    found = trail(world, by="viewer", limit=1000)
    lines = found[: len(found) - before]
    assert [(line["what"], line["format"], line["door"]) for line in lines] == [("exported", "xlsx", "web"), ("exported", "csv", "web")]
    [question] = [line for line in found if line["what"] == "question"][:1]
    for line in lines:
        assert [line[name] for name in ("product", "about", "tables", "table_ids", "rows", "text")] == [
            question[name] for name in ("product", "about", "tables", "table_ids", "rows", "text")
        ], (line, question)
    assert trail(world, what="exported", about="customer", limit=2) == lines
    # Whose file is refused has exported nothing.
    assert world.browser("stranger").ask("GET", files[0]).status in (403, 404)
    assert trail(world, what="exported", by="stranger") == []


def test_who_read_what_bears_a_tag_is_found_by_the_tag(world):
    query(world, "filtered")
    lines = trail(world, what="statement", about="PII.Sensitive", limit=1000)
    certain = [line for line in lines if "possible" not in line]
    of_table = [line["id"] for line in trail(world, what="statement", about=TABLE, limit=1000) if "possible" not in line]
    assert of_table and set(of_table) <= {line["id"] for line in certain}
    # Its e-mail addresses bear the tag; columns of other tables do not.
    assert not [line for line in certain if any("wages" in name or ".t1" in name for name in line["tables"])], certain
    assert all("beneath_unknown" in line or "more_tables" in line for line in lines if "possible" in line)
    tag = world.om.by_name("tags", "PII.Sensitive")["id"]
    assert trail(world, what="statement", about=tag, limit=1000) == lines
    page = world.browser("admin").visit(f"{READS}?about=PII.Sensitive&what=statement")
    assert "Reads of tables that bear PII.Sensitive" in page.text and TABLE in page.text
    # Of a tag that nothing bears, nothing is found for certain.
    assert all("possible" in line for line in trail(world, about="PersonalData.SpecialCategory", limit=1000))
    assert "No entries match" in world.browser("outsider").visit(f"{READS}?about=PII.Sensitive&what=statement").text


def test_a_refused_statement_of_the_door_of_own_tools_is_a_refusal_of_its_product(world):
    with pytest.raises(psycopg.errors.UndefinedTable, match="does not exist") as refused, connect(world, "stranger") as tool:
        tool.execute("SELECT region FROM customers.customer")
    assert "ask for access" in refused.value.diag.message_hint
    line = newest(world, "refused", "stranger")
    assert (line["door"], line["about"]) == ("pgwire", world.product), line
    # What is not there is no refusal.
    with pytest.raises(psycopg.errors.UndefinedTable) as refused, connect(world, "filtered") as tool:
        tool.execute("SELECT region FROM customers.wages")
    assert not trail(world, what="refused", by="filtered", door="pgwire")


def test_the_page_says_in_words_what_was_refused_and_of_what(world):
    assert query(world, "stranger").status_code == 403
    change, patch = [{"op": "add", "path": "/displayName", "value": "x"}], {"Content-Type": "application/json-patch+json"}
    world.metadata("stranger").call("PATCH", f"/tables/{world.table['id']}", change, headers=patch, expect=403)
    query(world, "viewer", "SELECT amount FROM wages")
    admin = world.browser("admin")
    page = admin.visit(f"{READS}?by=stranger&what=refused")
    edited, asked = lines_of(page)[:2]
    assert "shop.shop.main.customer" in edited and "What it needs: edit" in edited and "Table" in edited, edited
    assert "D1.Customers" in asked and "What was tried: query rows of a data product" in asked and "What it needs: query rows" in asked, asked
    assert f'href="{world.at}"' in page.source, "what it was about is a step away"
    [line] = lines_of(admin.visit(f"{READS}?by=viewer&what=statement"))[:1]
    assert "Nothing was given: the statement is not allowed" in line, line
    said = " ".join(lines_of(admin.visit(f"{READS}?what=refused")))
    assert not re.findall(r"\b[a-z]+_[a-zA-Z]+\b|\b[A-Z]+_[A-Z_]+\b", said), said
    # Nobody is behind a sign-in that failed.
    nobody = admin.visit(f"{READS}?door=none")
    assert nobody.status == 200 and 'value="none" selected' in nobody.source


def test_a_product_that_an_assistant_only_looks_through_is_no_refusal(world):
    assistant = McpDoor(world.server, world.people["stranger"].token)
    refused = lambda: trail(world, what="refused", by="stranger", limit=1000)  # noqa: E731
    before = len(refused())
    listed = assistant.call("list_queryable_tables")
    assert not listed.is_error and world.product not in json.dumps(listed.data)
    assert len(refused()) == before
    assert assistant.call("list_queryable_tables", product=world.product).is_error
    assert len(refused()) == before + 1, "what was asked for is"
    said = lines_of(world.browser("admin").visit(f"{READS}?by=stranger&what=refused"))[0]
    assert "What was tried: list the tables of a data product that may be queried" in said, said


def test_a_refusal_by_a_rule_names_its_record(world):
    who = world.server.new_user("tagger")
    role = world.om.get("/roles/name/DataSteward")
    world.om.patch(f"/users/{who.id}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    form = f"/tables/{TABLE}"
    browser = Browser(world.server).sign_in(who)
    browser.visit(f"{form}?edit=column&column=email")
    browser.send(form, 403, keep="")
    columns = world.om.by_name("tables", TABLE, fields="columns,tags")["columns"]
    at = next(i for i, column in enumerate(columns) if column["name"] == "email")
    change, patch = [{"op": "replace", "path": f"/columns/{at}/tags", "value": []}], {"Content-Type": "application/json-patch+json"}
    OpenMetadataDoor(world.server, who.token).call("PATCH", f"/tables/{world.table['id']}", change, headers=patch, expect=403)
    for line in trail(world, what="refused", by="tagger", limit=2):
        assert (line["record"], line["about"]) == (TABLE, world.table["id"]), line
    page = world.browser("admin").visit(f"{READS}?by=tagger&what=refused")
    for said in lines_of(page)[:2]:
        assert TABLE in said and "What was tried: change: Table" in said, said
    assert f'href="/tables/{TABLE}"' in page.source


def test_an_answer_that_is_looked_at_again_is_one_line_with_its_question(world):
    browser = world.browser("viewer")
    before = len(lines_of(world.browser("admin").visit(f"{READS}?what=question&by=viewer&door=web")))
    browser.visit(f"{world.at}?tab=ask")
    browser.send(f"{world.at}/ask", question="number of customers by region")
    address = browser.page.url.removeprefix(world.server.url)
    for _ in range(2):
        browser.visit(address)
    found = trail(world, what="question", by="viewer", door="web", limit=1000)
    assert [line.get("again", False) for line in found[:3]] == [True, True, True] and "again" not in found[3]
    lines = lines_of(world.browser("admin").visit(f"{READS}?what=question&by=viewer&door=web"))
    assert len(lines) == before + 1 and "Shown 3 more times" in lines[0], lines[:2]


def test_requests_are_told_in_words_and_all_of_the_log_can_be_taken_away(world):
    stranger, admin = world.browser("stranger"), world.browser("admin")
    stranger.visit(f"{world.at}?tab=access")
    stranger.send(world.at, reason="the weekly report")
    task = run_cli("request", "list", "--waiting", "-o", "json", EMPORION_URL=world.server.url, EMPORION_TOKEN=world.server.admin.token)
    found = json.loads(task.stdout)
    id = (found["requests"] if isinstance(found, dict) else found)[0]["id"]
    run_cli("request", "reject", id, "--words", "ask for less", EMPORION_URL=world.server.url, EMPORION_TOKEN=world.server.admin.token)
    decided, asked = lines_of(admin.visit("/admin/audit?kind=access_request"))[:2]
    assert "rejected: stranger does not get access to query “ask for less”" in decided and "decided by" not in decided, decided
    assert "stranger asked for access to query “the weekly report”" in asked, asked
    # What is drafted is told where it is asked for.
    assert not any("Draft" in line for line in lines_of(admin.visit("/admin/audit")))
    assert any("Draft" in line for line in lines_of(admin.visit("/admin/audit?kind=draft")))
    page = admin.visit("/admin/audit?kind=data_product")
    [at] = [link for link in page.links if link.startswith("/admin/audit.csv")]
    table = list(csv.DictReader(io.StringIO(admin.visit(at).source)))
    assert {row["kind"] for row in table} == {"data_product"} and table[0]["by"] and table[0]["at"].endswith("Z")
    everything = list(csv.DictReader(io.StringIO(admin.visit("/admin/audit.csv").source)))
    numbers = [int(row["line"]) for row in everything]
    assert len(numbers) > 60 and numbers == sorted(set(numbers), reverse=True), "more than a page has"
    assert any("rejected: stranger" in row["changes"] for row in everything)
    for who in ("viewer", "stranger"):
        assert world.browser(who).ask("GET", "/admin/audit.csv").status == 403


def test_who_is_shut_out_is_told_in_words(world):
    world.server.new_user("shut-out")
    world.server.cli("user", "disable", "shut-out")
    admin = world.browser("admin")
    line = lines_of(admin.visit("/admin/audit?kind=user&what=updated"))[0]
    assert "shut-out" in line and "disabled this person, who can no longer sign in" in line, line
    role = world.om.get("/roles/name/Samples")
    world.om.patch(f"/roles/{role['id']}", [{"op": "add", "path": "/disabled", "value": True}])
    line = lines_of(admin.visit("/admin/audit?kind=role&what=updated"))[0]
    assert "Samples" in line and "switched it off" in line, line
    policy = world.om.get("/policies/name/SamplesPolicy")
    [rule] = policy["rules"]
    rules = [rule | {"operations": ["ViewSampleData"]}, {"name": "counts", "effect": "allow", "resources": ["table"], "operations": ["ViewDataProfile"]}]
    world.om.patch(f"/policies/{policy['id']}", [{"op": "add", "path": "/rules", "value": rules}])
    line = lines_of(admin.visit("/admin/audit?kind=policy&what=updated"))[0]
    assert "added the rule counts – may:" in line, line
    assert re.search(r"changed the rule see; before – may: .*; now – may: ", line) and "changed rules" not in line, line
    schema = world.om.schema("labelled")
    table = world.om.put("/tables", {"name": "t", "databaseSchema": schema, "columns": [{"name": "email", "dataType": "INT"}]})
    tag = {"tagFQN": "PII.Sensitive", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    world.om.patch(f"/tables/{table['id']}", [{"op": "add", "path": "/columns/0/tags", "value": [tag]}])
    fqn = table["fullyQualifiedName"]
    page = admin.visit(f"/admin/audit?kind=table&what=updated&about={fqn}")
    line = lines_of(page)[0]
    assert "Sensitive on email" in line and "stays for good" in page.text, line
    assert lines_of(admin.visit(f"/admin/audit?about={table['id']}")), "by its id"
    assert not lines_of(admin.visit("/admin/audit?about=nothing.called.so"))
    [at] = [link for link in page.links if link.startswith("/admin/audit.jsonl")]
    told = [json.loads(line) for line in admin.visit(at).source.splitlines()]
    assert told[0]["record"] == fqn and told[0]["door"] == "openmetadata" and any("Sensitive on email" in one for one in told[0]["changes"])
    table = list(csv.DictReader(io.StringIO(admin.visit(at.replace("jsonl", "csv")).source)))
    assert table[0]["door"] == "OpenMetadata"


def test_a_server_that_is_stopped_has_written_what_it_noted(world):
    query(world, "viewer")
    assert world.server.stop() == 0, world.server.log_tail()
    world.server.start()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", newest(world, "statement", "viewer")["at"])

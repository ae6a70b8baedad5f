"""Masked columns: what somebody sees instead of values, in every database and by every way on which rows leave."""

import hashlib
import html
import json
import re
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

import datazone_door
import real_databases
from bobsled_door import BobsledDoor, violations
from emporion_server import Server, free_port, run_cli
from listening_postgres import ListeningPostgres
from mcp_door import McpDoor
from openmetadata_door import OpenMetadataDoor, reference
from pages_door import Browser

#: Values that stand in rows of the table and nowhere else.
NAME, MAIL, BORN = "Nemo Atlantides", "nemo@deep.example", "1828-02-08"
SHOP = f"""
CREATE TABLE people (id INT PRIMARY KEY, name VARCHAR(40), mail VARCHAR(40), born DATE, country VARCHAR(2), age INT);
INSERT INTO people VALUES (1, '{NAME}', '{MAIL}', '{BORN}', 'FR', 197);
INSERT INTO people VALUES (2, 'Ada Byron', 'ada@x.example', '1815-12-10', 'GB', 210);
INSERT INTO people VALUES (3, 'Ada Byron', 'ada@y.example', '1828-07-01', 'GB', 197);
CREATE TABLE visits (id INT PRIMARY KEY, mail VARCHAR(40), pages INT);
INSERT INTO visits VALUES (1, '{MAIL}', 5);
INSERT INTO visits VALUES (2, 'ada@x.example', 7);
CREATE TABLE words (id INT PRIMARY KEY, mail VARCHAR(40));
INSERT INTO words VALUES (1, '{MAIL}');
"""
MASKS = {"people": {"name": "firstLetters", "mail": "hashed", "born": "year", "age": "hidden"}}


class World:
    """A product over a database, and people who read it under masks."""

    def __init__(self, folder, source):
        self.port = free_port()
        settings = {"EMPORION_PG_LISTEN": f"127.0.0.1:{self.port}"}
        if source.kind == "sqlite":
            settings["EMPORION_SOURCE_DIRS"] = json.dumps([source.server["folder"]])
        self.source, self.server = source, Server(folder, **settings)
        source.sql(SHOP)
        self.server.start()
        self.om = OpenMetadataDoor(self.server, self.server.admin.token)
        self.bob = BobsledDoor(self.server, self.server.admin.token)
        variables = {"EMPORION_URL": self.server.url, "EMPORION_TOKEN": self.server.admin.token}
        run_cli("ingest", source.url, "--service", "shop", EMPORION_SOURCE_PASSWORD=source.password, **variables)
        found = self.om.get("/tables", limit=50)["data"]
        self.tables = {one["name"]: one for one in found if one["name"] in ("people", "visits", "words")}
        self.product = self.make("People", ["people", "visits"])
        self.at = f"/data-products/{self.product}"
        self.people = {"admin": self.server.admin}
        roles = []
        for name, role, terms in [
            ("plain", "viewer", {}),
            ("masked", "viewer", {"columnMasks": MASKS | {"visits": {"mail": "hashed"}}}),
            ("both", "viewer", {"columnMasks": MASKS, "rowFilters": {"people": f"mail <> '{MAIL}'"}}),
            ("owner", "admin", {}),
        ]:
            self.people[name] = self.server.new_user(name)
            roles.append({"userId": self.people[name].id, "role": role} | terms)
        self.bob.patch(f"{self.at}/users", {"add": roles})

    def make(self, name: str, tables: list[str], **more) -> str:
        parts = [self.tables[table]["fullyQualifiedName"].split(".") for table in tables]
        source = self.bob.get("/data-sources")["dataSources"][0]["id"]
        assets = [{"tableName": part[-1], "schemaName": part[-2], "databaseName": part[-3]} for part in parts]
        body = {"name": name, "dataSourceId": source, "dataAssets": assets, "isDeployed": True} | more
        return self.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]

    def door(self, who: str) -> BobsledDoor:
        return BobsledDoor(self.server, self.people[who].token)

    def rows(self, who: str, sql: str, at: str | None = None) -> list[list]:
        return self.door(who).post(f"{at or self.at}/run-sql", {"sql": sql})["rows"]

    def address(self, who: str) -> str:
        return self.om.get(f"/users/name/{self.people[who].name}")["email"]


@pytest.fixture(scope="module", params=real_databases.KINDS.keys())
def world(request, tmp_path_factory):
    with real_databases.KINDS[request.param]() as source:
        made = World(tmp_path_factory.mktemp(f"masks-{request.param}"), source)
        yield made
        assert made.server.stop() == 0, made.server.log_tail()


def is_hash(value) -> bool:
    return re.fullmatch("[0-9a-f]{32}", value) is not None


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def day(value) -> str:
    return str(value)[:10]


def test_each_mask_shows_what_it_says(world):
    name, mail, born, age, country = world.rows("masked", "SELECT name, mail, born, age, country FROM people WHERE id = 1")[0]
    assert (name, day(born), age, country) == ("Nem***", "1828-01-01", None, "FR") and is_hash(mail)
    assert world.rows("plain", "SELECT name, mail, age FROM people WHERE id = 1") == [[NAME, MAIL, 197]]
    whole = json.dumps(world.rows("masked", "SELECT * FROM people"))
    assert NAME not in whole and MAIL not in whole and BORN not in whole
    assert not re.search(r"\b197\b", whole), whole


def test_conditions_groups_joins_and_orders_see_the_mask(world):
    asked = [
        f"SELECT COUNT(*) FROM people WHERE mail = '{MAIL}'",
        "SELECT COUNT(*) FROM people WHERE mail LIKE '%@%'",
        f"SELECT COUNT(*) FROM people WHERE name = '{NAME}' OR age = 197 OR age > 0",
        f"SELECT COUNT(*) FROM people AS mail WHERE mail.mail IN (SELECT '{MAIL}')",
        f"WITH p AS (SELECT * FROM people) SELECT COUNT(*) FROM p WHERE mail = '{MAIL}'",
        f"SELECT COUNT(*) FROM visits v JOIN people p ON p.id = v.id WHERE SUBSTR(p.mail, 1, 4) = 'nemo'",
        "SELECT COUNT(*) FROM people WHERE born = '1828-02-08'",
        f"SELECT SUM(CASE WHEN mail = '{MAIL}' THEN 1 ELSE 0 END) FROM people",
    ]
    for sql in asked:
        assert int(world.rows("masked", sql)[0][0]) == 0, sql
    # Where the values are the same, so is what is shown of them.
    grouped = world.rows("masked", "SELECT name, COUNT(*) FROM people GROUP BY name ORDER BY 2")
    assert grouped == [["Nem***", 1], ["Ada***", 2]]
    years = world.rows("masked", "SELECT born, COUNT(*) FROM people GROUP BY born ORDER BY born")
    assert [(day(born), n) for born, n in years] == [("1815-01-01", 1), ("1828-01-01", 2)]
    joined = "SELECT v.pages FROM visits v JOIN people p ON p.mail = v.mail ORDER BY v.pages"
    assert world.rows("masked", joined) == [[5], [7]]
    ordered = world.rows("masked", "SELECT id FROM people ORDER BY mail")
    hashes = {row[0]: row[1] for row in world.rows("masked", "SELECT id, mail FROM people")}
    assert [row[0] for row in ordered] == sorted(hashes, key=hashes.get)
    assert len(set(hashes.values())) == 3


def test_a_filter_reads_the_values_that_its_bearer_does_not_see(world):
    assert world.rows("both", "SELECT id, name FROM people ORDER BY id") == [[2, "Ada***"], [3, "Ada***"]]
    listed = world.door("both").get(f"{world.at}/queryable-tables")["tables"]
    people = next(one for one in listed if one["tableName"] == "people")
    assert people["columnMasks"] == MASKS["people"] and MAIL in people["rowFilter"]


def test_what_a_source_fails_at_repeats_no_value_that_is_kept_back(world):
    """A source says what it could not read as a number or a day: of rows behind a filter, or of a column behind a mask, that
    would be the value itself, wherever in the statement it is looked at first."""
    cut = world.people["cut"] = world.server.new_user("cut")
    world.bob.patch(f"{world.at}/users", {"add": [{"userId": cut.id, "role": "viewer", "rowFilters": {"people": "country = 'GB'"}}]})
    number = "SIGNED" if world.source.kind == "mariadb" else "INTEGER"
    looks = (f"CAST(name AS {number})", f"CAST(mail AS {number})", "CAST(mail AS DATE)", f"POWER(10, CAST(name AS {number}) + 99999)")
    hidden = {"cut": (NAME, MAIL), "masked": (NAME, MAIL, "ada@y.example"), "both": (NAME, MAIL, "Ada Byron", "ada@y.example")}
    failed = set()
    for look in looks:
        for rest in (f"id FROM people WHERE {look} IS NULL", f"id FROM people ORDER BY {look}", f"MAX({look}) FROM people",
                     f"p.id FROM visits v JOIN people p ON {look.replace('name', 'p.name').replace('mail', 'p.mail')} = v.id"):  # fmt: skip
            for who, values in hidden.items():
                answer = world.door(who).call("POST", f"{world.at}/run-sql", {"sql": f"SELECT {rest}"}, expect=(200, 403, 422, 429, 502))
                failed |= {answer.status_code}
                assert not [value for value in values if value in answer.text], (who, rest, answer.text)
    assert world.source.kind != "postgresql" or failed - {200}, "it did fail"
    world.bob.patch(f"{world.at}/users", {"remove": [cut.id]})


def test_nobody_makes_hashes_of_values_that_he_chose(world):
    """Who brings the same values in a table of his own, masked by himself, gets other hashes."""
    mine = world.make("Words", ["words"])
    world.bob.patch(f"/data-products/{mine}/users", {"add": [
        {"userId": world.people["masked"].id, "role": "viewer", "columnMasks": {"words": {"mail": "hashed"}}}]})
    hashed = world.rows("masked", "SELECT mail FROM people WHERE id = 1")[0][0]
    own = world.rows("masked", "SELECT mail FROM words", f"/data-products/{mine}")[0][0]
    assert is_hash(own) and own != hashed
    # No statement calls what hashes, and none shows a key.
    for function in ("emporion_hash('k', 'x')", "emporion_hash(mail, mail)"):
        world.door("masked").refuses("POST", f"{world.at}/run-sql", 422, None, {"sql": f"SELECT {function} FROM people"})
    broken = world.door("masked").call("POST", f"{world.at}/run-sql", {"sql": "SELECT mail / 0 + nothing FROM people"})
    assert broken.status_code in (422, 502) and not re.search("[0-9a-f]{64}", broken.text)


def test_hashes_are_of_the_place_where_a_source_lies(world):
    service = world.om.by_name("services/databaseServices", "shop")
    path, config = f"/services/databaseServices/{service['id']}", service["connection"]["config"]
    member, elsewhere = "databaseMode", "elsewhere"
    if world.source.kind == "sqlite":
        shutil.copy(world.source.server["file"], Path(world.source.server["folder"]) / elsewhere)
    else:
        member, elsewhere = "hostPort", config["hostPort"].replace("127.0.0.1", "localhost")

    def put(value: str, member=member, op="replace"):
        world.om.patch(path, [{"op": op, "path": f"/connection/config/{member}", "value": value}])

    def hashes() -> list:
        # Tables of a source go on being joined by what they hash.
        assert world.rows("masked", "SELECT v.pages FROM visits v JOIN people p ON p.mail = v.mail ORDER BY v.pages") == [[5], [7]]
        return world.rows("masked", "SELECT mail FROM people ORDER BY id")

    before = hashes()
    try:
        put(elsewhere)
        moved = hashes()
        assert all(is_hash(row[0]) for row in moved) and not {row[0] for row in moved} & {row[0] for row in before}
        if world.source.kind != "postgresql":
            return
        # How one gets there is no part of it.
        put("disable", "sslMode", "add")
        assert hashes() == moved
        with ListeningPostgres() as there:
            put(f"127.0.0.1:{there.port}")
            world.door("masked").call("POST", f"{world.at}/run-sql", {"sql": "SELECT mail FROM people"}, expect=(422, 502))
            keys = set(re.findall(r"'([0-9a-f]{64})'", there.heard))
        assert len(keys) == 1, there.heard
        tried = {sha256(key + sha256(key + MAIL))[:32] for key in keys}
        assert not tried & {row[0] for row in before + moved}, "the key that was sent there opens nothing"
    finally:
        put(config[member])
    assert hashes() == before


def test_every_door_shows_the_same(world):
    masked = world.people["masked"]
    sql = "SELECT name, mail FROM people WHERE id = 1"
    shown = world.rows("masked", sql)[0]
    told = McpDoor(world.server, masked.token).call("run_sql", product=world.product, sql=sql)
    assert told.data["rows"] == [shown]
    warned = "Something else is read in place of values that are masked from you: people.name (first letters only), people.mail (hashed)."
    assert told.data["warnings"] == [{"code": "COLUMNS_MASKED", "message": warned}]
    listed = McpDoor(world.server, masked.token).call("list_queryable_tables", product=world.product)
    assert '"hashed"' in json.dumps(listed.data)
    variables = {"EMPORION_URL": world.server.url, "EMPORION_TOKEN": masked.token}
    exported = run_cli("query", world.product, sql, "--format", "csv", **variables)
    assert warned in exported.stderr
    exported = exported.stdout
    assert shown[0] in exported and shown[1] in exported and MAIL not in exported and NAME not in exported
    where = {"host": "127.0.0.1", "port": world.port, "dbname": "emporion", "autocommit": True}
    with psycopg.connect(user=world.address("masked"), password=masked.token, **where) as client:
        assert list(client.execute("SELECT name, mail FROM people.people WHERE id = 1").fetchone()) == shown
        assert client.execute("SELECT count(*) FROM people.people WHERE mail = %s", (MAIL,)).fetchone() == (0,)
        types = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'people'"
        types = dict(client.execute(types).fetchall())
        assert types["mail"] == types["name"] == "text" and types["born"] == "date" and types["age"] in ("integer", "bigint")
    browser = Browser(world.server).sign_in(masked)
    at = urlsplit(browser.visit("/products/People").url).path
    page = browser.visit(f"{at}/rows/{world.tables['people']['id']}")
    assert "Nem***" in page.text and "hashed" in page.text
    assert NAME not in page.source and MAIL not in page.source and BORN not in page.source


def test_questions_find_no_masked_value(world):
    """Neither by its words nor by what a model keeps of it."""
    made = world.bob.call("POST", f"{world.at}/semantic-models/generate", {"name": "asked"})
    assert made.status_code in (200, 201, 202), made.text
    world.bob.post(f"{world.at}/deploy", {})
    ask = lambda who, text: world.door(who).call("POST", f"{world.at}/chat", {"message": text}, expect=(200, 422, 404)).text
    assert "Nemo Atlantides" in ask("plain", "list people with name Nemo Atlantides")
    for question in (
        "list people with name Nemo Atlantides", "how many people with mail nemo@deep.example", "people by name",
        "number of people by mail", "list people", "people born on 1828-02-08", "how many people are called Atlantides",
    ):
        answer = ask("masked", question)
        table = json.loads(answer).get("data", {}).get("table") or {}
        shown = json.dumps(table.get("rows", []))
        assert NAME not in shown and MAIL not in shown and BORN not in shown and "197" not in shown, (question, answer)
        # What he said himself may be said again; what he did not is not suggested.
        for said in (NAME, MAIL):
            assert said in question or said.lower() not in answer.lower(), (question, answer)
    model = world.door("masked").call("GET", f"{world.at}/semantic-models").text
    assert NAME not in model and MAIL not in model
    # A year is shown as one, wherever the answer goes, and the answer says what is masked.
    told = json.loads(ask("masked", "list people"))["data"]
    columns = {column["name"]: column for column in told["table"]["columns"]}
    assert columns["born"]["mask"] == "year" and columns["born"]["grain"] == "year" and columns["name"]["mask"] == "firstLetters"
    assert "mask" not in columns["id"]
    said = next(one["message"] for one in told["warnings"] if one["code"] == "COLUMNS_MASKED")
    assert "people.born (year only)" in said and "people.name (first letters only)" in said and "people.id" not in said, said
    assert "COLUMNS_MASKED" not in ask("plain", "list people")
    variables = {"EMPORION_URL": world.server.url, "EMPORION_TOKEN": world.people["masked"].token}
    exported = run_cli("ask", world.product, "list people", "--format", "csv", **variables).stdout
    assert ",1828\n" in exported and "1828-01-01" not in exported, exported
    browser = Browser(world.server).sign_in(world.people["masked"])
    browser.session.headers["Accept-Language"] = "de"
    at = urlsplit(browser.visit("/products/People?tab=ask").url).path
    page = browser.send(f"{at}/ask", question="list people")
    assert "1828" in page.text and "1828-01-01" not in page.source and "F\u00fcr Sie verdeckt: " in page.text, page.text
    assert "1828-01-01" not in browser.visit(f"{at}/rows/{world.tables['people']['id']}").source
    # So it does where somebody wrote the statement.
    kept = {"name": "births", "question": "When was everybody born?", "sql": "SELECT id, born FROM people ORDER BY id", "isDeployed": True}
    world.bob.post(f"{world.at}/verified-queries", kept, expect=201)
    told = json.loads(ask("masked", kept["question"]))["data"]
    assert told["table"]["columns"][1] | {"mask": "year", "grain": "year"} == told["table"]["columns"][1], told
    assert [one["code"] for one in told["warnings"]] == ["COLUMNS_MASKED"], told
    # What is computed of a masked column bears another name: it is said of what.
    counted = {"name": "mails", "question": "How many mails are there?", "sql": "SELECT COUNT(DISTINCT mail) AS n, 1 AS m FROM people", "isDeployed": True}
    world.bob.post(f"{world.at}/verified-queries", counted, expect=201)
    browser.visit(f"{at}?tab=ask")
    page = browser.send(f"{at}/ask", question=counted["question"])
    assert re.search(r"Berechnet aus dem, was vor Ihnen verdeckt ist: people\.mail: \w+", page.text), page.text
    # Values of other columns are looked up for one who has a filter, too: what is masked is as if it were not there.
    assert "[[2]]" in ask("both", "how many people are GB").replace('"', "").replace(" ", ""), ask("both", "how many people are GB")


def test_samples_and_profiles_show_no_more(world):
    """Who has a part by a policy sees the rest of the table, and of the masked columns nothing; who holds the rows sees all."""
    at = f"/tables/{world.tables['people']['id']}"
    world.om.put(f"{at}/sampleData", {"columns": ["id", "name", "country"], "rows": [[1, NAME, "FR"]]})
    when = 1_760_000_000_000
    profile = {"tableProfile": {"timestamp": when, "rowCount": 3}, "columnProfile": [
        {"name": "name", "timestamp": when, "distinctCount": 2, "min": NAME, "max": NAME},
        {"name": "country", "timestamp": when, "distinctCount": 2, "min": "FR", "max": "GB"}]}
    world.om.put(f"{at}/tableProfile", profile)
    rule = {"name": "see", "effect": "allow", "resources": ["table"], "operations": ["ViewSampleData", "ViewDataProfile"]}
    world.om.post("/policies", {"name": "Samples", "rules": [rule], "enabled": True})
    role = world.om.post("/roles", {"name": "Samples", "policies": ["Samples"]})
    value = [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}]
    for who in ("plain", "masked"):
        world.om.patch(f"/users/{world.people[who].id}", value)
    fqn = world.tables["people"]["fullyQualifiedName"]

    def seen(who: str) -> list[bool]:
        om = OpenMetadataDoor(world.server, world.people[who].token)
        browser = Browser(world.server).sign_in(world.people[who])
        span = {"startTs": 1, "endTs": 9_999_999_999_999}
        found = [
            om.call("GET", f"{at}/sampleData").text,
            om.call("GET", f"/tables/{fqn}.name/columnProfile", params=span).text,
            browser.visit(f"/tables/{fqn}?tab=sample").source,
            browser.visit(f"/tables/{fqn}").source,
        ]
        assert "FR" in found[0] and "FR" in om.call("GET", f"/tables/{fqn}.country/columnProfile", params=span).text
        assert '"rowCount": 3' in json.dumps(om.get(f"/tables/name/{fqn}", fields="profile"))
        return [NAME in text for text in found]

    assert seen("plain") == [True] * 4 and seen("admin") == [True] * 4
    assert seen("masked") == [False] * 4


def test_masks_hold_above_the_product_that_has_them(world):
    over = world.make("Over", [], isDeployed=False)
    path = f"/data-products/{over}"
    world.bob.post(f"{path}/compositions", {"sourceDataProductId": world.product, "alias": "below"})
    world.bob.post(f"{path}/deploy", {})
    world.bob.patch(f"{path}/users", {"add": [
        {"userId": world.people["masked"].id, "role": "admin"}, {"userId": world.people["plain"].id, "role": "viewer"}]})
    sql = "SELECT name, mail, age FROM people WHERE id = 1"
    assert world.rows("masked", sql, path) == world.rows("masked", sql)
    assert world.rows("plain", sql, path) == [[NAME, MAIL, 197]]
    # Where it has the table, too, its own masks come on top: the strictest of both.
    world.bob.patch(f"{path}/data-assets", {"add": [{"tableName": "people"}]})
    world.bob.post(f"{path}/deploy", {})
    assets = world.bob.get(f"{path}/data-assets")["dataAssets"]
    world.bob.patch(f"{path}/data-assets", {"update": [{"id": one["id"], "rows": "granted"} for one in assets]})
    stricter = {"people": {"name": "hidden", "mail": "firstLetters"}}
    world.bob.patch(f"{path}/users", {"roleMasks": {"viewer": stricter, "admin": {"people": {"name": "hidden"}}}})
    assert world.rows("plain", sql, path) == [[None, "nem***", 197]]
    assert world.rows("masked", sql, path) == [[None, world.rows("masked", sql)[0][1], None]]


def test_masks_of_a_role_hold_for_everybody_who_has_it(world):
    product = world.make("Roles", ["people"])
    path = f"/data-products/{product}"
    people = {name: world.server.new_user(f"role-{name}") for name in ("viewer", "editor")}
    world.people |= people
    sql = "SELECT mail FROM people WHERE id = 1"
    masks = {"people": {"mail": "hidden"}}
    roles = [{"userId": people[role].id, "role": role} for role in ("viewer", "editor")]
    roles.append({"userId": world.people["owner"].id, "role": "admin"})
    told = world.bob.patch(f"{path}/users", {"add": roles, "roleMasks": {"viewer": masks, "admin": masks}})
    assert told["roleMasks"] == {"viewer": masks, "admin": masks}
    shown = {who: world.rows(who, sql, path)[0][0] for who in ("viewer", "editor", "owner", "admin")}
    # The administrator of the account made the product, so he is one of its admins.
    assert shown == {"viewer": None, "editor": MAIL, "owner": None, "admin": None}
    assert "roleMasks" not in world.door("editor").get(f"{path}/users")
    assert world.door("viewer").get(f"{path}/users")["roleMasks"] == {"viewer": masks}
    # Nobody takes a mask off from himself, and who reads under one takes none off from others.
    for change in ({"admin": None}, {"viewer": None}, {"admin": {"people": {"mail": "year"}}}):
        world.door("owner").refuses("PATCH", f"{path}/users", 403, "FORBIDDEN", {"roleMasks": change})
    world.door("editor").refuses("PATCH", f"{path}/users", 403, "FORBIDDEN", {"roleMasks": {"viewer": None}})
    # A mask of his own is added to that of the role.
    own = {"people": {"name": "hidden"}}
    world.bob.patch(f"{path}/users", {"update": [{"userId": people["editor"].id, "columnMasks": own}]})
    assert world.rows("editor", "SELECT name, mail FROM people WHERE id = 1", path) == [[None, MAIL]]
    world.door("editor").refuses(
        "PATCH", f"{path}/users", 403, "FORBIDDEN", {"update": [{"userId": people["editor"].id, "columnMasks": None}]}
    )
    # Another role keeps it, and so does the product when he leaves and comes back.
    world.bob.patch(f"{path}/users", {"update": [{"userId": people["editor"].id, "role": "viewer"}]})
    assert world.rows("editor", "SELECT name, mail FROM people WHERE id = 1", path) == [[None, None]]
    world.bob.patch(f"{path}/users", {"roleMasks": {"viewer": None, "admin": {}}})
    assert world.rows("owner", sql, path) == [[MAIL]]
    assert "roleMasks" not in world.bob.get(f"{path}/users")
    world.door("editor").patch(f"{path}/users", {"remove": [people["editor"].id]})
    world.bob.patch(f"{path}/users", {"add": [{"userId": people["editor"].id, "role": "editor"}]})
    assert world.rows("editor", "SELECT name FROM people WHERE id = 1", path) == [[None]]


def test_a_team_that_owns_a_product_is_its_admin(world):
    product = world.make("Teams", ["people"])
    path = f"/data-products/{product}"
    team = world.om.post("/teams", {"name": "Owners", "teamType": "Group"})
    world.people["teammate"] = world.server.new_user("teammate")
    value = [{"op": "add", "path": "/teams", "value": [{"id": team["id"], "type": "team"}]}]
    world.om.patch(f"/users/{world.people['teammate'].id}", value)
    owners = [{"op": "add", "path": "/owners", "value": [reference(team, "team")]}]
    world.om.patch(f"/dataProducts/{product}", owners)
    sql = "SELECT mail FROM people WHERE id = 1"
    assert world.rows("teammate", sql, path) == [[MAIL]]
    world.bob.patch(f"{path}/users", {"roleMasks": {"admin": {"people": {"mail": "hidden"}}}})
    assert world.rows("teammate", sql, path) == [[None]]
    for change in ({"admin": None}, {"admin": {"people": {"mail": "hashed"}}}):
        world.door("teammate").refuses("PATCH", f"{path}/users", 403, "FORBIDDEN", {"roleMasks": change})
    assert world.rows("teammate", sql, path) == [[None]]


def test_a_role_beside_the_owning_project_sheds_no_mask(world):
    """Who comes by the project edits, whatever else he is; and he takes that mask off from nobody."""
    dz = datazone_door.client(world.server, world.server.admin)
    domain = dz.create_domain(name=f"Masks {world.source.kind}", domainExecutionRole="arn:aws:iam::123456789012:role/r")["id"]
    project = dz.create_project(domainIdentifier=domain, name="P")["id"]
    for name in ("member", "outside"):
        world.people[name] = world.server.new_user(f"project-{name}")
    dz.create_project_membership(
        domainIdentifier=domain, projectIdentifier=project, designation="PROJECT_CONTRIBUTOR",
        member={"userIdentifier": world.people["member"].id})
    item = {"identifier": world.tables["people"]["id"], "itemType": "ASSET"}
    product = dz.create_data_product(
        domainIdentifier=domain, owningProjectIdentifier=project, name="Of a project", items=[item])["id"]
    path, sql = f"/data-products/{product}", "SELECT mail FROM people WHERE id = 1"
    assert world.rows("member", sql, path) == [[MAIL]]
    masks = {"people": {"mail": "hidden"}}
    world.bob.patch(f"{path}/users", {"roleMasks": {"editor": masks}})
    assert world.rows("member", sql, path) == [[None]]
    assert world.door("member").get(f"{path}/users")["roleMasks"] == {"editor": masks}
    roles = [{"userId": world.people[name].id, "role": "viewer"} for name in ("member", "outside")]
    world.bob.patch(f"{path}/users", {"add": roles})
    assert world.rows("member", sql, path) == [[None]] and world.rows("outside", sql, path) == [[MAIL]]
    world.bob.patch(f"{path}/users", {"update": [{"userId": one["userId"], "role": "admin"} for one in roles]})
    assert world.rows("member", sql, path) == [[None]] and world.rows("outside", sql, path) == [[MAIL]]
    for change in (None, {"people": {"mail": "year"}}):
        world.door("member").refuses("PATCH", f"{path}/users", 403, "FORBIDDEN", {"roleMasks": {"editor": change}})
    # Who reads all of it does, for all.
    world.door("outside").patch(f"{path}/users", {"roleMasks": {"editor": None}})
    assert world.rows("member", sql, path) == [[MAIL]]


def test_nobody_asks_out_a_masked_column_by_filters(world):
    """A filter reads the values: who counts its rows would find one after the other."""
    product = world.make("Bisected", ["people"])
    path = f"/data-products/{product}"
    people = {name: world.server.new_user(f"bisected-{name}") for name in ("masked-owner", "plain-owner", "friend")}
    world.people |= people
    roles = [
        {"userId": people["masked-owner"].id, "role": "admin", "columnMasks": {"people": {"mail": "hashed", "age": "hidden"}}},
        {"userId": people["plain-owner"].id, "role": "admin"},
        {"userId": people["friend"].id, "role": "viewer", "columnMasks": {"people": {"mail": "hidden"}}},
    ]
    world.bob.patch(f"{path}/users", {"add": roles})

    def give(giver: str, to: str, condition: str, table: str = "people"):
        change = {"update": [{"userId": people[to].id, "rowFilters": {table: condition}}]}
        return world.door(giver).call("PATCH", f"{path}/users", change)

    schema = world.tables["people"]["fullyQualifiedName"].split(".")[-2]
    for to in people:
        for condition in (f"mail = '{MAIL}'", "LOWER(MAIL) LIKE 'n%'", "age > 200 OR country = 'GB'"):
            refused = give("masked-owner", to, condition)
            assert refused.status_code == 403, (to, condition, refused.text)
    assert give("masked-owner", "friend", f"mail = '{MAIL}'", f"{schema}.people").status_code == 403
    # As another role, or in the request that masks, it is the same.
    change = {"add": [{"userId": people["friend"].id, "role": "editor", "rowFilters": {"people": "age > 200"}}]}
    world.door("masked-owner").refuses("PATCH", f"{path}/users", 403, "FORBIDDEN", change)
    listed = world.bob.get(f"{path}/users")["users"]
    assert not any("rowFilters" in one for one in listed)
    # What he sees he gives filters on; and who reads all rows on every column.
    assert give("masked-owner", "friend", "country = 'GB'").status_code == 200
    assert world.rows("friend", "SELECT COUNT(*) FROM people", path) == [[2]]
    assert give("plain-owner", "friend", "mail LIKE 'ada@x%'").status_code == 200
    assert world.rows("friend", "SELECT id, mail FROM people", path) == [[2, None]]
    # Who has no rows himself gives nobody such a filter.
    rule = {"name": "users", "effect": "allow", "resources": ["all"], "operations": ["ViewAll", "EditAll", "EditUsers"]}
    steward = world.server.new_user("bisecting-steward")
    world.people["bisecting-steward"] = steward
    policy = f"Bisecting{world.source.kind}"
    made = world.om.call("POST", "/policies", {"name": policy, "rules": [rule], "enabled": True})
    assert made.status_code == 201, made.text
    role = world.om.post("/roles", {"name": policy, "policies": [policy]})
    value = [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}]
    world.om.patch(f"/users/{steward.id}", value)
    refused = give("bisecting-steward", "friend", "mail LIKE 'n%'")
    assert refused.status_code in (403, 404), refused.text


def test_a_filter_of_one_product_reads_no_column_that_another_masks(world):
    over = world.make("Filtered above", ["people"], isDeployed=False)
    path = f"/data-products/{over}"
    world.bob.post(f"{path}/compositions", {"sourceDataProductId": world.product, "alias": "below"})
    world.bob.post(f"{path}/deploy", {})
    who = world.people["masked"].id
    sql = {"sql": "SELECT COUNT(*) FROM people"}
    world.bob.patch(f"{path}/users", {"add": [{"userId": who, "role": "viewer", "rowFilters": {"people": "country = 'GB'"}}]})
    assert world.rows("masked", sql["sql"], path) == [[2]]
    world.bob.patch(f"{path}/users", {"update": [{"userId": who, "rowFilters": {"people": f"mail = '{MAIL}'"}}]})
    error = world.door("masked").refuses("POST", f"{path}/run-sql", 403, "FORBIDDEN", sql)
    assert "another product masks" in error["message"] and MAIL not in error["message"]


def test_nothing_is_computed_of_masked_values_or_compared_with_them(world):
    product = world.make("Reckoned", ["people"])
    path = f"/data-products/{product}"
    made = world.bob.call("POST", f"{path}/semantic-models/generate", {"name": "reckoned"})
    assert made.status_code in (200, 201, 202), made.text
    world.bob.post(f"{path}/deploy", {})
    world.people["reckoner"] = world.server.new_user("reckoner")
    masks = {"people": {"age": "hashed", "name": "firstLetters"}}
    world.bob.patch(f"{path}/users", {"add": [{"userId": world.people["reckoner"].id, "role": "viewer", "columnMasks": masks}]})

    def ask(who: str, message: str):
        return world.door(who).call("POST", f"{path}/chat", {"message": message})

    for question in (
        "average age of people", "sum of age of people", "highest age of people", "people with age above 200",
        "how many people have age 197", "number of people with age less than 200", "how many people with name Nemo",
    ):
        answer = ask("reckoner", question)
        told = json.loads(answer.text)
        rows = ((told.get("data") or {}).get("table") or {}).get("rows", [])
        assert rows == [], (question, answer.text)
    # What is shown of them is shown, and counted.
    listed = ask("reckoner", "how many people by name")
    assert "Nem***" in listed.text and NAME not in listed.text, listed.text


def test_figures_go_no_finer_than_what_a_mask_shows(world):
    product = world.make("Grained", ["people"])
    path = f"/data-products/{product}"
    assert world.bob.call("POST", f"{path}/semantic-models/generate", {"name": "grained"}).status_code in (200, 201, 202)
    world.bob.post(f"{path}/deploy", {})
    world.people["grained"] = world.server.new_user("grained")
    masks = {"people": {"born": "year", "name": "firstLetters", "mail": "hashed"}}
    world.bob.patch(f"{path}/users", {"add": [{"userId": world.people["grained"].id, "role": "viewer", "columnMasks": masks}]})

    def rows(who: str, message: str) -> list:
        told = json.loads(world.door(who).call("POST", f"{path}/chat", {"message": message}).text)
        return ((told.get("data") or {}).get("table") or {}).get("rows", [])

    for question in ("number of people by year", "how many people since 1828-01-01", "how many people"):
        assert rows("grained", question) == rows("admin", question) != [], question
    for question in ("how many people by month", "how many people after 1828-03-01", "how many different names"):
        assert rows("admin", question) != [], question
        assert rows("grained", question) == [], question


def test_what_fits_no_column_is_refused(world):
    users = f"{world.at}/users"
    who = world.people["plain"].id
    for masks, status, path in [
        ({"nothing": {"name": "hidden"}}, 422, "/update/0/columnMasks/nothing"),
        ({"people": {"nothing": "hidden"}}, 422, "/update/0/columnMasks/people/nothing"),
        ({"people": {"age": "year"}}, 400, "/update/0/columnMasks/people/age"),
        ({"people": {"name": "blurred"}}, 422, "/update/0/columnMasks/people/name"),
        ({"people": "hidden"}, 400, "/update/0/columnMasks/people"),
    ]:
        error = world.bob.refuses("PATCH", users, status, None, {"update": [{"userId": who, "columnMasks": masks}]})
        assert path in violations(error), error
    error = world.bob.refuses("PATCH", users, 422, None, {"roleMasks": {"viewer": {"people": {"nothing": "hidden"}}}})
    assert violations(error) == {"/roleMasks/viewer/people/nothing"}
    assert world.rows("plain", "SELECT name FROM people WHERE id = 1") == [[NAME]]
    # Names are kept as the table has them, and each part of the terms is changed by itself.
    change = {"userId": who, "columnMasks": {"people": {"NAME": "hidden"}}, "rowFilters": {"people": "id = 1"}}
    told = world.bob.patch(users, {"update": [change]})["users"]
    mine = next(one for one in told if one["userId"] == who)
    assert mine["columnMasks"] == {"people": {"name": "hidden"}} and list(mine["rowFilters"]) == ["people"]
    world.bob.patch(users, {"update": [{"userId": who, "rowFilters": None}]})
    assert world.rows("plain", "SELECT name FROM people ORDER BY id") == [[None]] * 3
    told = world.bob.patch(users, {"update": [{"userId": who, "columnMasks": {}}]})["users"]
    assert not {"columnMasks", "rowFilters"} & next(one for one in told if one["userId"] == who).keys()
    assert world.rows("plain", "SELECT name FROM people WHERE id = 1") == [[NAME]]


def test_a_mask_whose_column_has_gone_closes_its_table(world):
    """It may be meant for the column's new name."""
    product = world.make("Gone", ["visits"])
    path = f"/data-products/{product}"
    who = world.people["plain"]
    masks = {"visits": {"mail": "hidden"}}
    world.bob.patch(f"{path}/users", {"add": [{"userId": who.id, "role": "viewer", "columnMasks": masks}]})
    assert world.rows("plain", "SELECT mail FROM visits WHERE id = 1", path) == [[None]]
    at = f"/tables/{world.tables['visits']['id']}"
    columns = world.om.get(at, fields="columns")["columns"]
    index = next(i for i, one in enumerate(columns) if one["name"] == "mail")
    world.om.patch(at, [{"op": "remove", "path": f"/columns/{index}"}])
    error = world.door("plain").refuses("POST", f"{path}/run-sql", 403, "FORBIDDEN", {"sql": "SELECT * FROM visits"})
    assert "mail" in error["message"]
    world.om.patch(at, [{"op": "add", "path": f"/columns/{index}", "value": columns[index]}])
    assert world.rows("plain", "SELECT mail FROM visits WHERE id = 1", path) == [[None]]


def test_the_simulator_knows_rows_that_are_lent_through_products(world):
    browser = Browser(world.server).sign_in(world.server.admin)
    fqn = world.tables["visits"]["fullyQualifiedName"]

    def simulated(who: str) -> str:
        return browser.visit(f"/admin/policies?who={who}&kind=table&what={fqn}").text

    world.people["nobody"] = world.server.new_user("nobody")
    assert "Reads its rows, some columns masked, through the product People." in simulated("masked")
    assert "Reads its rows through the product People." in simulated("plain")
    assert "through the product" not in simulated("nobody")
    held = simulated("admin")
    assert "Reads its rows through the product People." in held


def test_masks_are_chosen_on_the_page_of_access(world):
    browser = Browser(world.server).sign_in(world.server.admin)
    who = world.people["plain"]
    at = f"/products/People?tab=access&filter={who.id}"
    page = browser.visit(at)
    offered = [json.loads(html.unescape(one)) for one in re.findall(r'<option value="(\[[^"]*)"', page.source)]
    wanted = ["people", "name", "firstLetters"]
    assert wanted in offered
    [action] = {form["action"] for form in page.forms if form["action"].endswith("/filters")}
    browser.send_previewed(action, table=["people"], condition=[""], mask=["", json.dumps(wanted)])
    assert world.rows("plain", "SELECT name FROM people WHERE id = 1") == [["Nem***"]]
    assert "first letters only" in browser.visit("/products/People?tab=access").text
    world.bob.patch(f"{world.at}/users", {"update": [{"userId": who.id, "columnMasks": None}]})


def test_a_preview_of_masks_shows_years_as_they_are_read_and_no_hash_that_is(world):
    """Who sees hashes and sets masks learns no value by a preview over one that he knows; what it cannot read it leaves out."""
    product = world.make("Previewing", ["people", "visits"])
    path, at = f"/data-products/{product}", "/products/Previewing"
    for name, role, masks in [("bob", "admin", {"people": {"mail": "hashed"}}), ("reads", "viewer", {"people": {"born": "year", "mail": "hashed"}})]:
        world.people[f"previewing-{name}"] = who = world.server.new_user(f"previewing-{name}")
        world.bob.patch(f"{path}/users", {"add": [{"userId": who.id, "role": role, "columnMasks": masks}]})
    reads = world.people["previewing-reads"]
    hashes = {row[0] for row in world.rows("previewing-reads", "SELECT mail FROM people", path)}

    def shown(browser, mask: list[str]) -> dict[str, str]:
        [action] = {form["action"] for form in browser.visit(f"{at}?tab=access&filter={reads.id}").forms if form["action"].endswith("/filters")}
        page = browser.send(action, table=["people", "visits"], condition=["", ""], reads="yes", mask=json.dumps(mask), do="preview")
        told = re.sub("<[^>]*>", "", page.source.split('role="status"')[1].split("</ul>")[0])
        assert f"{mask[0]}.{mask[1]}: " in told, told
        return dict(re.findall(r"(\S+)(?: [\d:]+)? → ([^\s,;)]+)", html.unescape(told)))

    browser = Browser(world.server).sign_in(world.people["previewing-bob"])
    first, second = (shown(browser, ["visits", "mail", "hashed"]) for _ in range(2))
    assert MAIL in str(first) and all(is_hash(hashed) for hashed in first.values()), first
    assert not hashes & {*first.values(), *second.values()} and first != second, "they are of a key that is thrown away"
    assert shown(browser, ["people", "mail", "hashed"]) == {}, "what is masked from himself has no values here"
    years = {str(row[0]) for row in world.rows("previewing-reads", "SELECT born FROM people", path)}
    assert set(shown(browser, ["people", "born", "year"]).values()) == years
    # A column that the source has no more is left out, and all else is told.
    world.source.sql("ALTER TABLE visits RENAME COLUMN pages TO leaves")
    try:
        [action] = {form["action"] for form in browser.visit(f"{at}?tab=access&filter={reads.id}").forms if form["action"].endswith("/filters")}
        sent = {"table": ["people", "visits"], "condition": ["", "id = 1"], "reads": "yes", "mask": json.dumps(["visits", "pages", "firstLetters"])}
        page = browser.send(action, do="preview", **sent)
        assert "values cannot be read now" in page.text and "visits: 1 of 2 rows" in page.text, page.text
    finally:
        world.source.sql("ALTER TABLE visits RENAME COLUMN leaves TO pages")


def test_nobody_learns_more_by_another_mask(world):
    path = f"/data-products/{world.make('Hashes', ['people', 'visits', 'words'])}"
    for name in ("masked-admin", "friend"):
        world.people[name] = world.server.new_user(name)
    own = {"people": {"mail": "hashed", "born": "year", "name": "firstLetters"}}
    world.bob.patch(f"{path}/users", {"add": [{"userId": world.people["masked-admin"].id, "role": "admin", "columnMasks": own}]})
    door, him = world.door("masked-admin"), world.people["masked-admin"].id

    def refuses(change: dict) -> None:
        door.refuses("PATCH", f"{path}/users", 403, "FORBIDDEN", change)

    # One that shows something else is no stricter.
    for column, mask in [("born", "hashed"), ("name", "hashed"), ("name", "year"), ("mail", "firstLetters")]:
        refuses({"update": [{"userId": him, "columnMasks": {"people": own["people"] | {column: mask}}}]})
    # Hashes of one product can be joined: who sees some gives no others, to himself, to others or to a role.
    refuses({"update": [{"userId": him, "columnMasks": own | {"visits": {"mail": "hashed"}}}]})
    refuses({"add": [{"userId": world.people["friend"].id, "role": "viewer", "columnMasks": {"visits": {"mail": "hashed"}}}]})
    refuses({"roleMasks": {"admin": {"words": {"mail": "hashed"}}}})
    refuses({"roleMasks": {"viewer": {"words": {"mail": "hashed"}}}})
    # Nor where somebody else bears another mask of the column, which both together hide.
    door.patch(f"{path}/users", {"add": [{"userId": world.people["friend"].id, "role": "viewer", "columnMasks": {"words": {"mail": "firstLetters"}}}]})
    refuses({"update": [{"userId": him, "columnMasks": own | {"words": {"mail": "hashed"}}}]})
    refuses({"roleMasks": {"viewer": {"words": {"mail": "hashed"}}}})
    assert world.rows("masked-admin", "SELECT mail FROM visits ORDER BY id", path) == [[MAIL], ["ada@x.example"]]
    # Nor by a friend who is brought in without rows, nor where others see the column hashed already.
    world.people["helper"] = world.server.new_user("masked-admins-helper")
    door.patch(f"{path}/users", {"add": [{"userId": world.people["helper"].id, "role": "admin"}]})
    helped = {"update": [{"userId": him, "columnMasks": own | {"visits": {"mail": "hashed"}}}]}
    world.door("helper").refuses("PATCH", f"{path}/users", 403, "FORBIDDEN", helped)
    world.bob.patch(f"{path}/users", {"roleMasks": {"viewer": {"visits": {"mail": "hashed"}}}})
    refuses({"update": [{"userId": him, "columnMasks": own | {"visits": {"mail": "hashed"}}}]})
    refuses({"add": [{"userId": him, "role": "viewer"}]})
    # What hides is stricter than all, and other masks he gives.
    stricter = {"people": own["people"] | {"born": "hidden"}, "visits": {"mail": "hidden"}}
    door.patch(f"{path}/users", {"update": [{"userId": him, "columnMasks": stricter}]})
    assert world.rows("masked-admin", "SELECT born FROM people WHERE id = 1", path) == [[None]]
    # Hashes that he has seen are no use to him later.
    hidden = {"people": {column: "hidden" for column in own["people"]}, "visits": {"mail": "hidden"}}
    door.patch(f"{path}/users", {"update": [{"userId": him, "columnMasks": hidden}]})
    refuses({"update": [{"userId": him, "columnMasks": hidden | {"words": {"mail": "hashed"}}}]})
    # Who reads all rows gives what he wants.
    world.bob.patch(f"{path}/users", {"roleMasks": {"viewer": {"words": {"mail": "hashed"}}}})


def test_masks_of_two_products_that_differ_hide_the_column(world):
    below = f"/data-products/{world.make('Below', ['people', 'words'])}"
    world.people["reader"] = world.server.new_user("two-products")
    him = world.people["reader"].id
    world.bob.patch(f"{below}/users", {"add": [{"userId": him, "role": "viewer", "columnMasks": {"people": {"born": "year"}}}]})
    above = f"/data-products/{world.make('Above', [], isDeployed=False)}"
    world.bob.patch(f"{above}/users", {"add": [{"userId": him, "role": "admin"}]})
    door = world.door("reader")
    door.post(f"{above}/compositions", {"sourceDataProductId": below.rsplit("/", 1)[1], "alias": "below"})
    door.patch(f"{above}/data-assets", {"add": [{"tableName": "people"}, {"tableName": "words"}]})
    door.post(f"{above}/deploy", {})
    sql = "SELECT born FROM people WHERE id = 1"
    assert day(world.rows("reader", sql, above)[0][0]) == "1828-01-01"
    door.patch(f"{above}/users", {"update": [{"userId": him, "columnMasks": {"people": {"born": "hashed"}, "words": {"mail": "hashed"}}}]})
    assert world.rows("reader", sql, above) == [[None]]

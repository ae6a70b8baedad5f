"""The ways on which rows leave (the core's `rows::Way`), each tried by somebody who keeps every byte that he is answered."""

import json
import re
import subprocess
import time

import psycopg
import requests
from botocore.exceptions import BotoCoreError, ClientError

import datazone_door
from emporion_server import BINARY, clean_environment
from marked_world import COLUMNS, TABLE, WORDS, MarkedWorld
from mcp_door import McpDoor, Refused

ALL = "SELECT * FROM pupil"
#: Statements that fail by what they read, which an error could repeat.
FAILING = [f"SELECT {column}, CAST({column} AS DATE) + nothing FROM pupil WHERE {column} > 0" for column in COLUMNS]
QUESTIONS = [
    "total pay", "total pay by seal", "list pupils", *(f"number of pupils by {name}" for name in ("veil", "knot", "stem", "born")),
    # Almost a value, which could be offered in full.
    *(f"number of pupils with {column} {word.replace('|', '')[:-1]}" for column, words in WORDS.items() for word in words[1:2]),
]  # fmt: skip


class Asker:
    """Somebody who tries; keeps every byte that he is answered."""

    def __init__(self, world: MarkedWorld, caller: str):
        self.world, self.caller, self.who = world, caller, world.people[caller]
        self.heard: list[bytes | str] = []

    def keep(self, answer: requests.Response) -> requests.Response:
        # A source that fails is said to.
        assert answer.status_code < 500 or answer.status_code in (502, 504), answer.text[:2000]
        self.heard += [answer.content, str(answer.headers)]
        return answer

    def bobsled(self, method: str, path: str, body=None, **more) -> requests.Response:
        return self.keep(self.world.door(self.caller).call(method, path, body, **more))

    def metadata(self, method: str, path: str, body=None, **params) -> requests.Response:
        return self.keep(self.world.metadata(self.caller).call(method, path, body, params=params))

    def own(self, method: str, path: str, body=None) -> requests.Response:
        return self.keep(self.world.own(self.caller, method, path, body))

    def page(self, path: str) -> requests.Response:
        return self.keep(self.world.browser(self.caller).session.get(self.world.server.url + path, timeout=30))

    def send(self, path: str, page: str, **fields) -> requests.Response:
        """A form, with what is hidden in it where he is shown it, and as forged where not."""
        browser = self.world.browser(self.caller)
        shown = browser.ask("GET", page)
        self.heard.append(shown.source)
        hidden = {"of": self.world.product, "seen": ""}
        for form in shown.forms:
            if form["action"].endswith("/logout") or form["action"].split("?")[0] == path:
                hidden |= form["fields"]
        here = {"Origin": self.world.server.url, "Sec-Fetch-Site": "same-origin", "Referer": browser.page.url}
        return self.keep(browser.session.post(self.world.server.url + path, data=hidden | fields, headers=here, timeout=30))

    def tool(self, name: str, **arguments) -> None:
        try:
            self.heard.append(McpDoor(self.world.server, self.who.token if self.who else None).call(name, **arguments).text)
        except Refused as refused:
            self.heard.append(str(refused))

    def cli(self, *arguments: str) -> None:
        to = {"EMPORION_URL": self.world.server.url, "EMPORION_TOKEN": self.who.token if self.who else ""}
        done = subprocess.run([str(BINARY), *arguments], capture_output=True, timeout=60, env=clean_environment(**to))
        self.heard += [done.stdout, done.stderr]

    def asks(self, question: str, whose: str | None = None, path: str | None = None) -> dict | None:
        """The answer, where there is one; that of somebody else is not told to who asks here."""
        door = self.world.door(whose or self.caller)
        answer = door.call("POST", f"{path or self.world.path}/chat", {"message": question})
        if whose is None:
            self.keep(answer)
        return answer.json()["data"] if answer.status_code == 200 else None


def query(asker: Asker) -> None:
    for path in (asker.world.path, asker.world.above):
        for body in ({"sql": ALL}, {"sql": ALL, "preview": True}, {"sql": "SELECT * FROM marked.main.pupil"}):
            asker.bobsled("POST", f"{path}/run-sql", body)


def failing_query(asker: Asker) -> None:
    for sql in (*FAILING, "SELECT * FROM exports.pupils", "EXPLAIN " + ALL, f"{ALL}; {ALL}"):
        asker.bobsled("POST", f"{asker.world.path}/run-sql", {"sql": sql})
    asker.tool("run_sql", product=asker.world.product, sql=FAILING[0])


def command_line(asker: Asker) -> None:
    for ending in ("csv", "xlsx", "json"):
        asker.cli("query", "Pupils", ALL, "--format", ending)


def estimate(asker: Asker) -> None:
    asker.bobsled("POST", f"{asker.world.path}/run-sql", {"sql": "SELECT COUNT(*) AS n FROM pupil"})
    asker.bobsled("GET", f"{asker.world.path}/queryable-tables")


def generated_samples(asker: Asker) -> None:
    asker.bobsled("POST", f"{asker.world.path}/semantic-models/generate", {"name": f"by_{asker.caller}"})


def model_samples(asker: Asker) -> None:
    at = f"{asker.world.path}/semantic-models"
    for path in (at, f"{at}/{asker.world.model}", f"{at}/{asker.world.model}/tables", f"{at}/{asker.world.model}/metrics"):
        asker.bobsled("GET", path)
    asker.tool("read_product", product=asker.world.product)
    asker.page(f"{asker.world.at}?tab=model")
    asker.page(f"{asker.world.at}?tab=model&model={asker.world.model}")


def sample_data(asker: Asker) -> None:
    asker.metadata("GET", f"/tables/{asker.world.table['id']}/sampleData")
    for path in (f"/tables/name/{TABLE}", f"/tables/{asker.world.table['id']}", "/tables"):
        asker.metadata("GET", path, fields="sampleData,columns,profile,tags", database="marked.marked")


def sample_page(asker: Asker) -> None:
    asker.page(f"/tables/{TABLE}?tab=sample")


def profile(asker: Asker) -> None:
    for column in COLUMNS:
        asker.metadata("GET", f"/tables/{TABLE}.{column}/columnProfile", startTs=1, endTs=9_999_999_999_999)
    asker.metadata("GET", f"/tables/{TABLE}/tableProfile/latest")
    asker.metadata("GET", f"/tables/{asker.world.table['id']}/tableProfile", startTs=1, endTs=9_999_999_999_999)


def profile_page(asker: Asker) -> None:
    for tab in ("columns", "overview", "profile"):
        asker.page(f"/tables/{TABLE}?tab={tab}")


def results_of_tests(asker: Asker) -> None:
    tests = "/dataQuality/testCases"
    of_table = {"entityLink": f"<#E::table::{TABLE}>", "includeAllTests": "true", "limit": 50, "fields": "testCaseResult"}
    for path in (tests, f"{tests}/search/list"):
        asker.metadata("GET", path, **of_table)
    for column in COLUMNS:
        fqn = f"{TABLE}.{column}.spread"
        asker.metadata("GET", f"{tests}/name/{fqn}", fields="*")
        asker.metadata("GET", f"{tests}/testCaseResults/{fqn}", startTs=1, endTs=9_999_999_999_999)
        asker.metadata("GET", f"{tests}/testCaseResults/search/latest", testCaseFQN=fqn)


def asset_form(asker: Asker) -> None:
    """The table as DataZone tells it."""
    if asker.who is None:
        return
    client = datazone_door.client(asker.world.server, asker.who, checked=False)
    try:
        for domain in client.list_domains()["items"]:
            found = client.search(domainIdentifier=domain["id"], searchScope="ASSET", searchText="pupil")
            asker.heard += [str(found), str(client.get_asset(domainIdentifier=domain["id"], identifier=asker.world.table["id"]))]
    except (ClientError, BotoCoreError) as refused:
        asker.heard.append(str(refused))


def row_count(asker: Asker) -> None:
    asker.metadata("GET", f"/tables/name/{TABLE}", fields="profile")
    asker.bobsled("GET", f"{asker.world.path}/data-assets")
    asker.bobsled("GET", f"/data-sources/{asker.world.source}/available-tables")


def versions(asker: Asker) -> None:
    path = f"/tables/{asker.world.table['id']}/versions"
    for version in re.findall(r'"version":\s*([0-9.]+)', asker.metadata("GET", path).text):
        asker.metadata("GET", f"{path}/{version}")
    asker.page(f"/tables/{TABLE}?tab=activity")


def events(asker: Asker) -> None:
    """What has changed, and who has read what."""
    asker.metadata("GET", "/events", entityCreated="*", entityUpdated="*", timestamp=1)
    asker.metadata("GET", "/feed")
    for path in ("/audit", "/audit?what=statement", "/audit?what=question"):
        asker.own("GET", path)
    for path in ("/admin/audit", "/admin/reads", "/requests"):
        asker.page(path)


def query_text(asker: Asker) -> None:
    asker.metadata("GET", f"/queries/{asker.world.ran['id']}")
    asker.metadata("GET", f"/queries/{asker.world.ran['id']}/versions")
    asker.metadata("GET", "/queries", service="marked", fields="*")
    asker.metadata("GET", "/search/query", q="*", index="query_search_index")


def query_page(asker: Asker) -> None:
    asker.page(f"/tables/{TABLE}?tab=queries")
    asker.page(f"/tables/{TABLE}?tab=queries&query={asker.world.ran['id']}")


def search(asker: Asker) -> None:
    """Hits, and what is offered to who types, for words of all rows, which are not typed to their ends."""
    for word in ("pupil", *(words[2].replace("|", "")[:-2] for words in WORDS.values())):
        for q in (word, f"sampleData.rows:{word}*", f"sample_data.rows:*{word}*", f"columns.profile.max:{word}*"):
            asker.metadata("GET", "/search/query", q=q, index="table_search_index")
        asker.metadata("GET", "/search/suggest", q=word)
        asker.page(f"/search?q={word}")
        asker.page(f"/search/suggest?q={word}")
        asker.bobsled("GET", f"{asker.world.path}/chat/fit", params={"question": f"number of pupils with seal {word}"})
    asker.bobsled("GET", f"{asker.world.path}/chat/guide")
    asker.tool("search_products", query=WORDS["seal"][2][:-2])
    asker.tool("list_queryable_tables", product=asker.world.product)


def chat(asker: Asker) -> None:
    for question in QUESTIONS:
        asker.asks(question)
        asker.asks(question, path=asker.world.above)


def chat_stream(asker: Asker) -> None:
    door = asker.world.door(asker.caller)
    for question in QUESTIONS:
        at = f"{door.base}{asker.world.path}/chat/stream"
        asker.keep(door.session.post(at, json={"message": question}, headers={"Accept": "text/event-stream"}, timeout=30))


def chat_page(asker: Asker) -> None:
    """Also by the link to a question, and to an answer of somebody else."""
    for question in QUESTIONS:
        asker.send(f"{asker.world.at}/ask", f"{asker.world.at}?tab=ask&question={question}", question=question)


def chat_command(asker: Asker) -> None:
    for question in QUESTIONS:
        asker.cli("ask", "Pupils", question, "--sql")
    asker.cli("ask", "Pupils", QUESTIONS[1], "--format", "xlsx")


def verified_query(asker: Asker) -> None:
    """A statement that an editor has vouched for, as the answer to a question."""
    world = asker.world
    asker.bobsled("GET", f"{world.path}/verified-queries")
    asker.bobsled("GET", f"{world.path}/verified-queries/{world.verified}")
    asker.asks("Who is there?")


def threads(asker: Asker) -> None:
    """A thread of the viewer's: also who may look into it is told nothing of his rows, as little as the answer again."""
    world = asker.world
    path = f"{world.path}/chat-threads"
    asked_by_viewer = set()
    for question in QUESTIONS[1:7]:
        asked = world.door("viewer").post(f"{world.path}/chat", {"message": question})
        asked_by_viewer.add(asked["threadId"])
        asker.bobsled("GET", f"{path}/{asked['threadId']}")
        asker.bobsled("GET", f"{path}/{asked['threadId']}/messages/{asked['messageId']}/answer")
        door = world.door(asker.caller)
        asker.keep(door.session.get(f"{door.base}{world.path}/chat/stream/{asked['messageId']}", timeout=30))
        asker.page(f"{world.at}?tab=ask&thread={asked['threadId']}")
        asker.page(f"{world.at}?tab=ask&thread={asked['threadId']}&at={asked['messageId']}")
    for more in ("chat-feedback", "unanswered-questions", "chat-choices"):
        asker.bobsled("GET", f"{world.path}/{more}")
    for more in ({}, {"search": WORDS["seal"][0]}):
        listed = world.door(asker.caller).call("GET", path, params={"scope": "all"} | more)
        # His own threads are his.
        found = listed.json()["data"]["threads"] if listed.status_code == 200 else []
        asker.heard.append(json.dumps([one for one in found if one["id"] in asked_by_viewer]))


def answer_file(asker: Asker) -> None:
    """The rows of his own answers, and those of the viewer's."""
    for question in QUESTIONS[1:7]:
        for whose in {asker.caller, "viewer"}:
            if asked := asker.asks(question, whose):
                for ending in ("csv", "xlsx"):
                    asker.page(f"{asker.world.at}/answers/{asked['messageId']}/rows.{ending}?thread={asked['threadId']}")


def tool_query(asker: Asker) -> None:
    asker.tool("run_sql", product=asker.world.product, sql=ALL)


def tool_chat(asker: Asker) -> None:
    for question in QUESTIONS:
        asker.tool("ask_product", product=asker.world.product, question=question)


def first_rows(asker: Asker) -> None:
    asker.page(f"{asker.world.at}/rows/{asker.world.table['id']}")


def model_preview(asker: Asker) -> None:
    """A part as it is, and as it would be."""
    form = f"{asker.world.at}/model"
    for column in COLUMNS:
        at = f"{asker.world.at}?tab=model&model={asker.world.model}&part=field%3Apupil.{column}"
        fields = {"model": asker.world.model, "part": f"field:pupil.{column}", "name": column}
        asker.send(form, at, do="try_part", expression=f"UPPER({column})", role="dimension", **fields)
        asker.send(form, at, do="try_part", expression=f"CAST({column} AS DATE) + nothing", role="dimension", **fields)


def terms_preview(asker: Asker) -> None:
    """Filters and masks that somebody would be given, before they are."""
    at = f"{asker.world.at}?tab=access&filter={asker.world.people['viewer'].id}"
    for column in COLUMNS:
        mask = json.dumps(["pupil", column, "firstLetters"])
        for condition in (f"{column} > 'a'", f"CAST({column} AS DATE) + nothing > 0", f"{column} = (SELECT MIN({column}) FROM pupil)"):
            asker.send(
                f"{asker.world.at}/filters", at, do="preview", user=asker.world.people["viewer"].id, table="pupil",
                condition=condition, mask=mask, reads="yes",
            )  # fmt: skip


def postgres(asker: Asker):
    name = "viewer" if asker.who is None else asker.who.name
    if asker.caller == "outsider":
        name = f"elsewhere/{name}"
    # Who says who he is without proof is nobody.
    return name, asker.who.token if asker.who else "no such secret"


def postgres_simple(asker: Asker) -> None:
    """As psql speaks."""
    name, secret = postgres(asker)
    statements = [ALL, *FAILING, "SELECT * FROM pg_stats WHERE tablename = 'pupil'"]
    at = {schema: [one.replace("FROM pupil", f"FROM {schema}.pupil") for one in statements] for schema in ("pupils", "above")}
    commands = [*at["pupils"], *at["above"]]
    arguments = ["psql", "-X", "-h", "127.0.0.1", "-p", str(asker.world.pg_port), "-U", name, "-d", "emporion"]
    arguments += [part for command in commands for part in ("-c", command)]
    done = subprocess.run(arguments, capture_output=True, timeout=60, env=clean_environment(PGPASSWORD=secret))
    asker.heard += [done.stdout, done.stderr]


def postgres_extended(asker: Asker) -> None:
    """As drivers do, with parameters, in text and in binary."""
    (name, secret), port = postgres(asker), asker.world.pg_port
    try:
        with psycopg.connect(host="127.0.0.1", port=port, dbname="emporion", user=name, password=secret, autocommit=True) as door:
            for sql in (ALL, *FAILING):
                behind = f"{sql.replace('FROM pupil', 'FROM pupils.pupil')} {'AND' if 'WHERE' in sql else 'WHERE'} id > %s"
                for binary in (False, True):
                    try:
                        rows = door.execute(behind, (0,), binary=binary, prepare=True).fetchall()
                        asker.heard += [str(value) for row in rows for value in row]
                    except psycopg.Error as refused:
                        asker.heard.append(str(refused))
    except psycopg.Error as refused:
        asker.heard.append(str(refused))


def postgres_copy(asker: Asker) -> None:
    """As psql and psycopg copy out, in each form."""
    name, secret = postgres(asker)
    of = [f"({one.replace('FROM pupil', 'FROM pupils.pupil')})" for one in (ALL, *FAILING)]
    commands = [f"\\copy {one} TO STDOUT WITH CSV HEADER" for one in (*of, "pupils.pupil", "above.pupil")]
    arguments = ["psql", "-X", "-h", "127.0.0.1", "-p", str(asker.world.pg_port), "-U", name, "-d", "emporion"]
    arguments += [part for command in commands for part in ("-c", command)]
    done = subprocess.run(arguments, capture_output=True, timeout=60, env=clean_environment(PGPASSWORD=secret))
    asker.heard += [done.stdout, done.stderr]
    settings = {"host": "127.0.0.1", "port": asker.world.pg_port, "dbname": "emporion", "autocommit": True}
    try:
        with psycopg.connect(user=name, password=secret, **settings) as door, door.cursor() as cursor:
            for form in ("text", "binary"):
                for one in of:
                    try:
                        with cursor.copy(f"COPY {one} TO STDOUT (FORMAT {form})") as copied:
                            asker.heard += [bytes(part) for part in copied]
                    except psycopg.Error as refused:
                        asker.heard.append(str(refused))
    except psycopg.Error as refused:
        asker.heard.append(str(refused))


def data_age(asker: Asker) -> None:
    asker.page(asker.world.at)
    asker.page(f"{asker.world.at}?tab=assets")
    asker.page("/")


def file_trial(asker: Asker) -> None:
    asker.page("/sources/exports?tab=files&file=pupils.csv")
    asker.page("/services/exports?tab=files&file=pupils.csv")
    for said in (None, {"dialect": {"header": True}}, {"dialect": {"header": False}}, {"types": {"seal": "INTEGER"}}):
        asker.own("POST", "/sources/exports/files/trial", {"file": "pupils.csv", "said": said})


def files(asker: Asker) -> None:
    folder = asker.world.folder / f"files-of-{asker.caller}"
    asker.cli("export", "-f", str(folder))
    asker.heard += [path.read_bytes() for path in sorted(folder.glob("**/*")) if path.is_file()]
    for kind, name in (("table", TABLE), ("semantic_model", asker.world.model), ("query", asker.world.ran["id"])):
        asker.cli("get", kind, name, "-o", "json")
    asker.cli("diff", "-f", str(folder))


def followed_question(asker: Asker) -> None:
    """What he is told of a question that he followed while he could: by mail, in his inbox."""
    who = asker.caller.replace("_", "-")
    deadline = time.monotonic() + 20
    readers = asker.world.followers - {"disabled", "expired"}
    while asker.caller in readers and not asker.world.mail.to(who):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.2)
    if asker.caller not in readers:
        time.sleep(0.5)
    asker.heard += [one.text for one in asker.world.mail.to(who)] + [str(one.message) for one in asker.world.mail.to(who)]
    for path in ("/following", "/requests", "/"):
        asker.page(path)


def backup(asker: Asker) -> None:
    """Keeps all that there is, and is administrators'."""
    asked = asker.own("POST", "/backups", {})
    assert (asked.status_code < 300) is (asker.caller == "admin"), (asker.caller, asked.text)
    asker.page("/admin/backups")

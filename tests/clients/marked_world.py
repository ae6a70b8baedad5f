"""A product over a table in which each row bears a word of its own in each column, and everybody who could try to read it.

An answer in which a word is found has shown that column of that row to whoever was answered."""

import io
import json
import re
import sqlite3
import time
import zipfile
from datetime import date, datetime, timedelta, timezone
from urllib.parse import quote

import openpyxl
import requests

from bobsled_door import BobsledDoor
from emporion_server import Principal, Server, free_port, run_cli
from openmetadata_door import OpenMetadataDoor, reference
from pages_door import Browser
from test_digests import settings as mailed

TABLE = "marked.marked.main.pupil"
#: The rows by their region, and what each column holds of them and nothing else does; before the bar what its mask shows.
REGIONS = {1: "EU", 2: "EU", 3: "US", 4: "US"}
WORDS = {
    "seal": ["quokkaseal", "ibexseal", "tapirseal", "okapiseal"],
    "mail": ["m1@marlin.example", "m2@tarpon.example", "m3@wahoo.example", "m4@bonito.example"],
    "veil": ["onyxveil", "jasperveil", "berylveil", "topazveil"],
    "knot": ["bowlineknot", "reefknot", "slipknot", "figureknot"],
    "stem": ["Aqu|ilegia", "Bri|onypha", "Cel|andinum", "Dah|liopsis"],
    "born": ["1911-03-17", "1912-04-18", "1913-05-19", "1914-06-20"],
    "pay": ["7310013", "7310029", "7310051", "7310087"],
}
COLUMNS = tuple(WORDS)
#: What `masked` and `both` see in place of the values of these columns.
MASKS = {"veil": "hidden", "knot": "hashed", "stem": "firstLetters", "born": "year"}
EU, US = {"rowFilters": {"pupil": "region = 'EU'"}}, {"rowFilters": {"pupil": "region = 'US'"}}
UNDER = {"columnMasks": {"pupil": MASKS}}
#: Who has a role of his own on the product, and what it says.
ROLES = {
    "owner": {"role": "admin"},
    "editor": {"role": "editor"},
    "viewer": {"role": "viewer"},
    "filtered": {"role": "viewer"} | EU,
    "masked": {"role": "viewer"} | UNDER,
    "both": {"role": "editor"} | EU | UNDER,
    # Policies give these samples and profiles as well.
    "filtered_part": {"role": "viewer"} | EU,
    "masked_part": {"role": "viewer"} | UNDER,
    "disabled": {"role": "editor"},
}
CALLERS = (
    "admin", *ROLES, "team", "in_name", "composer", "table_owner", "part", "stranger", "expired", "outsider", "anonymous",
)


def sums() -> dict[str, tuple[int, ...]]:
    """What is paid to some rows together tells of all of them."""
    return {str(sum(int(WORDS["pay"][row - 1]) for row in rows)): rows for rows in ((1, 2), (3, 4), (1, 2, 3, 4))}


def spellings(column: str, word: str) -> list[str]:
    if column == "born":
        day = date.fromisoformat(word)
        return [word, f"{day.day} {day:%B} {day.year}", f"{day.day} {day:%b} {day.year}", f"{day:%d.%m.%Y}", f"{day:%m/%d/%Y}"]
    return [word.split("|")[-1]]


def bytes_within(content: bytes) -> str:
    """All that can be read in an answer, packed or not."""
    text = content.decode(errors="replace")
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as workbook:
            text = "".join(workbook.read(name).decode(errors="replace") for name in workbook.namelist())
        book = openpyxl.load_workbook(io.BytesIO(content))
        text += "".join(str(cell) for row in book.active.iter_rows(values_only=True) for cell in row)
    return text


def found_in(*answers: bytes | str) -> set[tuple[str, int]]:
    """Of which columns of which rows somebody has been told."""
    read = "\n".join(bytes_within(one) if isinstance(one, bytes) else one for one in answers).lower()
    # As figures are written: grouped by thousands.
    read += re.sub(r"(?<=\d)[,.\u00a0\u202f' ](?=\d{3})", "", read)
    told = {
        (column, row)
        for column, words in WORDS.items()
        for row, word in enumerate(words, 1)
        if any(spelling.lower() in read for spelling in spellings(column, word))
    }
    return told | {("pay", row) for figure, rows in sums().items() if figure in read for row in rows}


class MarkedWorld:
    """`mail` is where a server of mail receives what people are sent."""

    def __init__(self, folder, mail):
        self.folder, self.files = folder, folder / "files"
        self.pg_port = free_port()
        self.fill()
        self.server = Server(
            folder, EMPORION_SOURCE_DIRS=json.dumps([str(self.files)]), EMPORION_PG_LISTEN=f"127.0.0.1:{self.pg_port}",
            EMPORION_BOBSLED__QUESTIONS_PER_MINUTE="1000", EMPORION_BOBSLED__REQUESTS_PER_MINUTE="100000",
            EMPORION_WEBHOOKS__ALLOWED_NETWORKS='["127.0.0.0/8"]', **mailed(mail, EMPORION_MAIL__EVERY_SECONDS="1"),
        )  # fmt: skip
        self.server.start()
        self.om = OpenMetadataDoor(self.server, self.server.admin.token)
        self.bob = BobsledDoor(self.server, self.server.admin.token)
        self.to_server = {"EMPORION_URL": self.server.url, "EMPORION_TOKEN": self.server.admin.token}
        self.people: dict[str, Principal | None] = {"anonymous": None, "admin": self.server.admin}
        self.browsers: dict[str, Browser] = {}
        for name in (*CALLERS, "steward"):
            if name not in self.people:
                make = self.server.new_account if name == "outsider" else self.server.new_user
                self.people[name] = make("elsewhere" if name == "outsider" else name.replace("_", "-"))
        for service, url in (("marked", "sqlite:marked"), ("exports", "csv:exports")):
            run_cli("ingest", url, "--service", service, **self.to_server)
        self.table = self.om.by_name("tables", TABLE)
        self.source = self.om.by_name("services/databaseServices", "marked")["id"]
        self.describe_table()
        self.give_part("part", "filtered_part", "masked_part")
        self.make_product()
        self.end_roles()

    def fill(self) -> None:
        (self.files / "exports").mkdir(parents=True)
        rows = [[row, REGIONS[row], *(WORDS[column][row - 1].replace("|", "") for column in COLUMNS)] for row in REGIONS]
        with sqlite3.connect(self.files / "marked") as database:
            database.execute(
                "CREATE TABLE pupil (id INTEGER PRIMARY KEY, region TEXT, seal TEXT, mail TEXT, veil TEXT, knot TEXT, stem TEXT,"
                " born DATE, pay INTEGER)"
            )
            database.executemany("INSERT INTO pupil VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        lines = [["id", "region", *COLUMNS], *rows]
        (self.files / "exports" / "pupils.csv").write_text("".join(",".join(map(str, line)) + "\n" for line in lines))

    def describe_table(self) -> None:
        """An owner, a query that was run on it, what a profiler leaves, and a column that is personal."""
        at, owner = f"/tables/{self.table['id']}", [reference(self.om.get("/users/name/table-owner"), "user")]
        self.om.patch(at, [{"op": "add", "path": "/owners", "value": owner}])
        literals = " OR ".join(f"{column} = '{word.replace('|', '')}'" for column, words in WORDS.items() for word in words)
        self.ran = self.om.post("/queries", {
            "query": f"SELECT 1 FROM pupil WHERE {literals}", "service": "marked", "owners": owner,
            "queryUsedIn": [reference(self.table, "table")],
        })  # fmt: skip
        self.observe()
        columns = self.om.by_name("tables", TABLE, fields="columns,tags")["columns"]
        place = next(at for at, column in enumerate(columns) if column["name"] == "mail")
        tag = {"tagFQN": "PII.Sensitive", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
        self.om.patch(at, [{"op": "add", "path": f"/columns/{place}/tags", "value": [tag]}])

    def observe(self) -> None:
        """What a profiler leaves."""
        at = f"/tables/{self.table['id']}"
        rows = [[WORDS[column][row - 1].replace("|", "") for column in COLUMNS] for row in REGIONS]
        self.om.put(f"{at}/sampleData", {"columns": list(COLUMNS), "rows": rows})
        when = 1_760_000_000_000
        measured = [
            {"name": column, "timestamp": when, "distinctCount": 4, "min": min(values), "max": max(values)}
            for column, values in zip(COLUMNS, map(list, zip(*rows)))
        ]
        profile = {"timestamp": when, "rowCount": 4, "columnCount": 9}
        self.om.put(f"{at}/tableProfile", {"tableProfile": profile, "columnProfile": measured})
        fqn = self.table["fullyQualifiedName"]
        for one in measured:
            link = f"<#E::table::{fqn}::columns::{one['name']}>"
            test = {"name": "spread", "testDefinition": "columnValuesToBeBetween", "entityLink": link}
            made = self.om.put("/dataQuality/testCases", test)
            values = [{"name": name, "value": one[name]} for name in ("min", "max")]
            found = {"timestamp": when, "testCaseStatus": "Failed", "result": f"Found min={one['min']}", "testResultValue": values}
            self.om.put(f"/dataQuality/testCases/testCaseResults/{quote(made['fullyQualifiedName'], safe='')}", found)

    def give_role(self, role: dict, *people: str) -> None:
        for name in people:
            change = [{"op": "add", "path": "/roles", "value": [reference(role, "role")]}]
            self.om.patch(f"/users/{self.people[name].id}", change)

    def give_part(self, *people: str) -> None:
        operations = ["ViewSampleData", "ViewDataProfile"]
        rule = {"name": "see", "effect": "allow", "resources": ["table"], "operations": operations}
        self.om.post("/policies", {"name": "SamplesPolicy", "rules": [rule], "enabled": True})
        self.give_role(self.om.post("/roles", {"name": "Samples", "policies": ["SamplesPolicy"]}), *people)

    def make_product(self) -> None:
        # Everybody of the account sees what the product is.
        home = self.om.by_name("domains", "default")["fullyQualifiedName"]
        made = self.om.post("/dataProducts", {"name": "Pupils", "description": "d", "domains": [home]})
        self.product, self.path = made["id"], f"/data-products/{made['id']}"
        self.om.put("/dataProducts/default.Pupils/assets/add", {"assets": [reference(self.table, "table")]})
        self.at = "/products/" + made["fullyQualifiedName"]
        roles = [{"userId": self.people[name].id} | terms for name, terms in ROLES.items()]
        self.bob.patch(f"{self.path}/users", {"add": roles})
        generated = self.bob.call("POST", f"{self.path}/semantic-models/generate", {"name": "sketch"})
        assert generated.status_code in (200, 201, 202), generated.text
        vouched = {"question": "Who is there?", "sql": "SELECT * FROM pupil ORDER BY id"}
        made = self.bob.post(f"{self.path}/verified-queries", vouched, expect=201)
        self.verified = made["verifiedQuery"]["id"]
        self.bob.post(f"{self.path}/deploy", {})
        self.model = self.bob.get(f"{self.path}/semantic-models")["semanticModels"][0]["id"]
        self.give_team()
        # Somebody without rows gives a role: it is one in name.
        self.give_role(self.om.get("/roles/name/DataSteward"), "steward")
        steward = self.metadata("steward")
        owners = [{"op": "add", "path": "/owners/-", "value": {"id": self.people["steward"].id, "type": "user"}}]
        steward.patch(f"/dataProducts/{self.product}", owners)
        role = {"userId": self.people["in_name"].id, "role": "editor"}
        self.door("steward").patch(f"{self.path}/users", {"add": [role]})
        above = {"name": "Above", "compositeOf": [self.product], "isDeployed": True, "dataSourceId": self.source}
        self.above = f"/data-products/{self.bob.post('/data-products', above, expect=201)['dataProduct']['id']}"
        self.bob.patch(f"{self.above}/users", {"add": [{"userId": self.people["composer"].id, "role": "editor"}]})

    def give_team(self) -> None:
        team = self.om.post("/teams", {"name": "readers", "teamType": "Group", "users": [self.people["team"].id]})
        admin = self.browser("admin")
        admin.visit(f"{self.at}?tab=access")
        admin.send(f"{self.at}/roles", who="readers", role="viewer")
        admin.visit(f"{self.at}?tab=access&filter={team['id']}")
        admin.send_previewed(f"{self.at}/filters", condition=US["rowFilters"]["pupil"], reads="yes")

    def own(self, caller: str, method: str, path: str, body: dict | None = None) -> requests.Response:
        """The server's own interface."""
        who = self.people[caller]
        headers = {"Authorization": f"Bearer {who.token}"} if who else {}
        at = f"{self.server.url}/emporion/v1{path}"
        return requests.request(method, at, json=body, headers=headers, timeout=60, stream=False)

    def end_roles(self) -> None:
        """All who may follow a question whose answer crosses a threshold later; until then one's role has ended, and one was
        disabled, who is signed in."""
        asked = self.own("expired", "POST", "/requests", {"product": self.product, "wants": "viewer", "reason": "to count"})
        assert asked.status_code < 300, asked.text
        until = (datetime.now(timezone.utc) + timedelta(seconds=9)).isoformat(timespec="milliseconds")
        approved = self.own("admin", "POST", f"/requests/{asked.json()['id']}/approve", {"until": until})
        assert approved.status_code < 300, approved.text
        self.set_pay("0")
        self.followers = {name for name in CALLERS if name != "outsider" and self.people[name] and self.follow(name)}
        assert {"expired", "disabled"} < self.followers, "they could, before"
        disabled = self.own("admin", "POST", "/users/disabled/disable", {})
        assert disabled.status_code == 200, disabled.text
        reads = lambda: self.door("expired").call("POST", f"{self.path}/run-sql", {"sql": "SELECT id FROM pupil"})  # noqa: E731
        deadline = time.monotonic() + 30
        while reads().status_code == 200:
            assert time.monotonic() < deadline, "it ends by itself"
            time.sleep(0.2)
        # Their questions are asked again, and cross it now.
        time.sleep(3)
        self.set_pay("CASE id " + " ".join(f"WHEN {row} THEN {WORDS['pay'][row - 1]}" for row in REGIONS) + " END")

    def set_pay(self, expression: str) -> None:
        with sqlite3.connect(self.files / "marked") as database:
            database.execute(f"UPDATE pupil SET pay = {expression}")

    def follow(self, who: str) -> bool:
        """Follows what all are paid together, by mail, where he is answered that."""
        browser = self.browser(who)
        browser.visit(f"{self.at}?tab=ask")
        if "/ask" not in str([form["action"] for form in browser.page.forms]):
            return False
        page = browser.send(f"{self.at}/ask", question="total pay")
        if "Follow this question" not in page.text:
            return False
        browser.send(f"{self.at}/answers", do="follow", tells="above", threshold="1000")
        browser.send("/following", here="products", mail="questions")
        return True

    def browser(self, who: str) -> Browser:
        """One for each person, signed in."""
        if who not in self.browsers:
            browser, person = Browser(self.server), self.people[who]
            # Administrators bear the same name in every account.
            signed = browser if person is None else browser.show_token(person) if who == "outsider" else browser.sign_in(person)
            self.browsers[who] = signed
        return self.browsers[who]

    def door(self, caller: str, account: str | None = None) -> BobsledDoor:
        who = self.people[caller]
        return BobsledDoor(self.server, who.token if who else None, account)

    def metadata(self, caller: str) -> OpenMetadataDoor:
        who = self.people[caller]
        return OpenMetadataDoor(self.server, who.token if who else None)

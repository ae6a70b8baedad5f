"""A server with one golden set as a product over one system, and what becomes of each question."""

import json
import pathlib
import re
import sys
from dataclasses import dataclass

CLIENTS = pathlib.Path(__file__).resolve().parents[1] / "clients"
if str(CLIENTS) not in sys.path:
    sys.path.insert(0, str(CLIENTS))

from bobsled_door import BobsledDoor  # noqa: E402
from compare import alike, among  # noqa: E402
from emporion_server import Server, run_cli  # noqa: E402
from sets import Golden  # noqa: E402

#: What has a system count the rows of tables that were just filled. It does so by itself some time later: until then its guess at
#: what a statement reads may be so far off that it is not let run.
COUNTED = {"sqlite": "", "postgresql": "ANALYZE {};", "mariadb": "ANALYZE TABLE {} PERSISTENT FOR ALL;"}
#: Rows of a list for which no number was asked.
LISTED = 100
#: A word that no model has, put in the place of each word that means something.
UNKNOWN = "blorvex"

#: Words that carry no meaning of their own wherever they stand: a question says the same without them. No pronoun, quantifier,
#: negation, comparative or superlative is among them.
FUNCTION_WORDS = set(
    "a an the of in on at to for from by with and or is are was were be been do does did we us our i me my you your what which "
    "who whom whose how show give tell list please can could would want need have has had get got see let know as into".split()
)


#: "clubs with United or City in their name": between these stand pieces of text that are looked for as they stand.
TEXT_INSIDE = (
    re.compile(r"\b(?:with|having|have|has|had) (?:\w+ or )?[\"“]?$", re.IGNORECASE),
    re.compile(r"[\"”]?(?: or \w+)? in (?:the|their|its)\b", re.IGNORECASE),
)
#: Before such a piece of text.
TEXT_WANTED = re.compile(
    r"\b(?:(?:starts?|begins?|ends?)(?:ing)? (?:with|in)|contains?|containing)\s+(?:the (?:word|text) )?[\"“]?$", re.IGNORECASE
)


@dataclass
class Outcome:
    """What one question came to: `right`, `wrong`, `asked_back`, `refused` or `failed`."""

    verdict: str
    answer: dict
    question: str = ""

    @property
    def confidence(self) -> str:
        return (self.answer.get("confidence") or {}).get("level", "")


class World:
    """One server; each set becomes a product over each system."""

    def __init__(self, folder: pathlib.Path):
        self.files = folder / "files"
        self.files.mkdir(parents=True)
        self.server = Server(
            folder, EMPORION_SOURCE_DIRS=json.dumps([str(self.files)]), EMPORION_BOBSLED__QUESTIONS_PER_MINUTE="1000000"
        )
        self.server.start()
        self.bob = BobsledDoor(self.server, self.server.admin.token)

    def product(self, golden: Golden, source) -> "Asked":
        """Fills the system, takes its tables in, and deploys the model."""
        letters = "ALTER DATABASE CHARACTER SET utf8mb4; SET NAMES utf8mb4;\n" if source.kind == "mariadb" else ""
        source.sql(letters + golden.script())
        source.sql(COUNTED[source.kind].format(", ".join(golden.table_names())))
        service = f"{golden.name}-{source.kind}"
        run_cli(
            "ingest", source.url, "--service", service,
            EMPORION_URL=self.server.url, EMPORION_TOKEN=self.server.admin.token, EMPORION_SOURCE_PASSWORD=source.password,
        )  # fmt: skip
        self.untag(service)
        listed = self.bob.get("/data-sources", limit=100)["dataSources"]
        source_id = next(one["id"] for one in listed if one["name"] == service)
        assets = [{"tableName": table} for table in golden.asset_names()]
        body = {"name": service, "dataSourceId": source_id, "isDeployed": True, "dataAssets": assets}
        path = f"/data-products/{self.bob.post('/data-products', body, expect=201)['dataProduct']['id']}"
        made = self.bob.post(f"{path}/semantic-models", {"name": golden.name, "format": "osi", "content": golden.model})
        assert made["validation"]["errors"] == [], made["validation"]
        self.bob.post(f"{path}/deploy", {})
        return Asked(self.bob, path, golden)


    def untag(self, service: str):
        """Names of persons are proposed as personal by the crawl, and then not to be asked about. These are made up."""
        session, base = self.bob.session, f"{self.server.url}/api/v1/tables"
        tables = session.get(base, params={"fields": "columns,tags", "limit": 500}, timeout=30).json()
        for table in tables["data"]:
            if not table["fullyQualifiedName"].startswith(f"{service}."):
                continue
            removed = [
                {"op": "remove", "path": f"/columns/{at}/tags/0"}
                for at, column in enumerate(table["columns"])
                if [tag["tagFQN"] for tag in column.get("tags", [])] == ["PII.Sensitive"]
            ]
            if removed:
                headers = {"Content-Type": "application/json-patch+json"}
                done = session.patch(f"{base}/{table['id']}", json=removed, headers=headers, timeout=30)
                assert done.status_code == 200, done.text


class Asked:
    """A product that is asked."""

    def __init__(self, bob: BobsledDoor, path: str, golden: Golden):
        self.bob, self.path, self.golden = bob, path, golden

    def ask(self, message: str, thread: str | None = None, choice: dict | None = None, execute: bool = True) -> dict:
        body = {"message": message, "options": {"today": self.golden.today, "maxRows": 10_000, "execute": execute}}
        if thread:
            body["threadId"] = thread
        if choice:
            body["clarification"] = choice
        answer = self.bob.session.post(f"{self.bob.base}{self.path}/chat", json=body, timeout=60)
        printed = answer.json()
        if answer.status_code >= 400:
            return {"status": "failed", "httpStatus": answer.status_code, "error": printed["error"]}
        return printed["data"]

    def judge(self, entry: dict, answer: dict) -> Outcome:
        status = answer["status"]
        if status == "needs_clarification":
            return Outcome("asked_back", answer, entry["ask"])
        if status in ("not_answerable", "refused", "needs_llm"):
            return Outcome("refused", answer, entry["ask"])
        if status == "failed":
            return Outcome("failed", answer, entry["ask"])
        rows = (answer.get("table") or {}).get("rows", [])
        golds = [entry["sql"], *entry.get("or", [])] if "sql" in entry else []
        fits = any(self.fits(rows, self.golden.gold(sql), entry.get("ordered", False)) for sql in golds)
        return Outcome("right" if fits else "wrong", answer, entry["ask"])

    @staticmethod
    def fits(rows: list, gold: list, ordered: bool) -> bool:
        """A list is cut after a hundred rows, and says so: these must be among the right ones."""
        if len(rows) == LISTED < len(gold) and not ordered:
            return among(rows, gold)
        return alike(rows, gold, ordered)

    def answerable(self, entry: dict) -> Outcome:
        return self.judge(entry, self.ask(entry["ask"]))

    def ambiguous(self, entry: dict) -> tuple[Outcome, bool | None]:
        """What became of the question, and whether picking the option that was meant answered it (`None` where none was)."""
        answer = self.ask(entry["ask"])
        outcome = self.judge({"ask": entry["ask"]}, answer)
        if outcome.verdict == "wrong" and "disputed" in entry:
            outcome = self.judge(entry, answer)
        if outcome.verdict != "asked_back":
            return outcome, None
        options = answer["clarification"]["options"]
        chosen = self.meant(entry.get("choices", []), options)
        if chosen is None:
            return outcome, None
        wanted, option = chosen
        choice = {"id": answer["clarification"]["id"], "choice": option["id"]}
        then = self.ask(option["label"], answer["threadId"], choice)
        judged = self.judge({"ask": f"{entry['ask']} → {option['label']}"} | wanted, then)
        if judged.verdict == "wrong":
            return judged, False
        return outcome, judged.verdict == "right"

    @staticmethod
    def meant(choices: list[dict], options: list[dict]) -> tuple[dict, dict] | None:
        """The first choice whose words all stand in one option only, with that option."""
        words = lambda text: set(re.findall(r"\w+", text.lower().replace("_", " ")))
        for choice in choices:
            fits = [one for one in options if words(choice["label"]) <= words(json.dumps(one, ensure_ascii=False))]
            if "sql" in choice and len(fits) == 1:
                return choice, fits[0]
        return None

    def dialogue(self, turns: list[dict]) -> list[Outcome]:
        """What became of each turn; it ends with the first that did not come to what was to come."""
        thread, outcomes = None, []
        for turn in turns:
            answer = self.ask(turn["ask"], thread)
            thread = answer.get("threadId", thread)
            outcome = self.judge(turn, answer)
            expected = turn.get("expect")
            if outcome.verdict == {"refuse": "refused", "ask_back": "asked_back"}.get(expected):
                outcome.verdict = "right"
            outcomes.append(outcome)
            if outcome.verdict != "right":
                break
        return outcomes

    def mutations(self, question: str) -> list[str]:
        """The question with one word that means something replaced by one that nobody knows."""
        changed = []
        for found in re.finditer(r"[^\W\d_][\w'-]*", question):
            before, after = question[: found.start()], question[found.end() :]
            is_text = TEXT_WANTED.search(before) or TEXT_INSIDE[0].search(before) and TEXT_INSIDE[1].match(after)
            if found[0].lower() not in FUNCTION_WORDS and not is_text:
                changed.append(before + UNKNOWN + after)
        return changed

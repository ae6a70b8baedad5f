"""`emporion ask`: questions on the command line, for people at a terminal and for programs."""

import fcntl
import json
import os
import pty
import re
import select
import sqlite3
import struct
import subprocess
import termios
import time
import unicodedata

import pytest
import yaml

from chat_world import Shop
from emporion_server import BINARY, clean_environment, run_cli

DAY = ("--today", "2026-11-20")
ANSWERED, FAILED, MISUSE, ASKED_BACK, NOT_ANSWERABLE = 0, 1, 2, 3, 4
#: What a terminal would obey: an escape, a control sequence in one character, a line turned around, a bell.
HOSTILE = "Ys\x1b[2J\x9b31m\u202e\a\nend"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ask")
    made = Shop(folder)
    with sqlite3.connect(folder / "files" / "towns") as database:
        database.execute("CREATE TABLE towns (id INTEGER PRIMARY KEY, name TEXT, said TEXT, people INTEGER)")
        named = [("東京", "x" * 300, 9), (HOSTILE, "y" * 300, 4), ("Rome", "z" * 300, 2)]
        database.executemany("INSERT INTO towns (name, said, people) VALUES (?, ?, ?)", named)
        database.executemany("INSERT INTO towns (name, said, people) VALUES (?, 'w', 1)", [(f"T{n}",) for n in range(40)])
    run_cli("ingest", "sqlite:towns", "--service", "towns", EMPORION_URL=made.server.url,
            EMPORION_TOKEN=made.server.admin.token)
    source = next(one["id"] for one in made.bob.get("/data-sources")["dataSources"] if one["name"] == "towns")
    body = {"name": "Town hall", "dataSourceId": source, "isDeployed": True, "dataAssets": [{"tableName": "towns"}]}
    path = f"/data-products/{made.bob.post('/data-products', body, expect=201)['dataProduct']['id']}"
    made.bob.post(f"{path}/semantic-models/generate", {})
    made.bob.post(f"{path}/deploy", {})
    made.hall = path
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def to(shop, token: str | None = None) -> dict:
    return {"EMPORION_URL": shop.server.url, "EMPORION_TOKEN": token or shop.server.admin.token}


def ask(shop, *arguments: str, code: int = ANSWERED, token: str | None = None):
    done = run_cli("ask", *arguments, check=False, **to(shop, token))
    assert done.returncode == code, done
    return done


def data(shop, *arguments: str, code: int = ANSWERED) -> dict:
    return json.loads(ask(shop, *arguments, *DAY, "-o", "json", code=code).stdout)


def width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


class Terminal:
    """A command with a person before it: keyboard and screen are one pseudo-terminal of so many columns."""

    def __init__(self, shop, *arguments: str, columns: int = 80):
        self.ours, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        environment = clean_environment(**to(shop)) | {"TERM": "xterm"}
        self.process = subprocess.Popen([str(BINARY), "ask", *arguments], stdin=its, stdout=its, stderr=its,
                                        env=environment, start_new_session=True)
        os.close(its)
        self.seen = ""

    def until(self, wanted: str) -> str:
        """What is on the screen once `wanted` is, since the last time."""
        deadline, held = time.monotonic() + 30, b""
        while wanted not in self.seen:
            assert time.monotonic() < deadline, f"{wanted!r} never came: {self.seen!r}"
            if select.select([self.ours], [], [], 1)[0]:
                try:
                    held += os.read(self.ours, 65536)
                except OSError:
                    raise AssertionError(f"it ended without {wanted!r}: {self.seen!r}") from None
                self.seen = held.decode(errors="replace")
        shown, self.seen = self.seen, ""
        return shown

    def types(self, text: str) -> None:
        os.write(self.ours, text.encode())

    def end(self) -> tuple[int, str]:
        shown = self.seen.encode()
        while True:
            try:
                piece = os.read(self.ours, 65536)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        os.close(self.ours)
        return self.process.wait(timeout=30), shown.decode(errors="replace")


def test_an_answer_is_a_sentence_a_table_and_bars(shop):
    text = ask(shop, "Retail", "turnover per area last quarter", *DAY).stdout
    assert text.startswith("net_sales by region in Q3 2026: 2 rows.")
    assert re.search(r"^region +net_sales\nEU +150\nUS +70$", text, re.M)
    assert re.search(r"^EU  █+ 150$", text, re.M) and "taken for granted: " in text
    assert "SELECT" not in text and re.search(r"^thread [0-9a-f-]{36}$", text, re.M)
    # The name in any case, or the id; the question in words of its own.
    again = ask(shop, shop.product, "turnover", "per", "area", "last", "quarter", *DAY).stdout
    lines = lambda text: [line for line in text.splitlines() if not line.startswith("thread")]
    assert lines(again) == lines(text) == lines(ask(shop, "rEtAiL", "turnover per area last quarter", *DAY).stdout)
    # One figure needs no table.
    assert ask(shop, "Retail", "number of orders").stdout.splitlines()[0] == "Number of orders: 7."
    assert "customers_count" not in ask(shop, "Retail", "number of customers").stdout


def test_the_statement_is_shown_on_demand_and_not_run_on_demand(shop):
    text = ask(shop, "Retail", "turnover per area last quarter", *DAY, "--sql").stdout
    assert "SELECT " in text and ':p1 = "2026-07-01"' in text and "150" in text
    text = ask(shop, "Retail", "turnover per area last quarter", *DAY, "--no-run").stdout
    # The id of the thread has all sorts of figures in it.
    text = "\n".join(line for line in text.splitlines() if not line.startswith("thread"))
    assert "SELECT " in text and ":p1" in text and "150" not in text


def test_programs_get_the_answer_as_data(shop):
    answer = data(shop, "Retail", "turnover per area last quarter")
    assert answer["status"] == "answered" and answer["table"]["rows"] == [["EU", 150], ["US", 70]]
    printed = ask(shop, "Retail", "turnover per area last quarter", *DAY, "-o", "yaml").stdout
    assert yaml.safe_load(printed)["table"] | {"executionTime": 0} == answer["table"] | {"executionTime": 0}
    cut = data(shop, "Town hall", "number of towns by name", "--rows", "5")
    assert len(cut["table"]["rows"]) == 5 and cut["table"]["truncated"] is True
    assert data(shop, "Retail", "turnover by region in 1999")["status"] == "executed_empty"


def test_each_end_has_its_code(shop):
    asked = data(shop, "Retail", "turnover for Georgia", code=ASKED_BACK)
    assert [set(option) for option in asked["clarification"]["options"]] == [{"id", "label"}] * 2
    assert data(shop, "Retail", "what is our churn rate?", code=NOT_ANSWERABLE)["unknownTerms"] == ["churn", "rate"]
    text = ask(shop, "Retail", "what is our churn rate?", code=NOT_ANSWERABLE).stdout
    assert "churn" in text
    for wrong in (("--today", "2026-13-01"), ("--rows", "0"), ("--thread", "no-id")):
        assert wrong[0] in ask(shop, "Retail", "number of orders", *wrong, code=MISUSE).stderr
    missing = "00000000-0000-7000-8000-000000000000"
    assert missing in ask(shop, "Retail", "number of orders", "--thread", missing, code=FAILED).stderr
    too_long = ask(shop, "Retail", "x" * 4_001, code=FAILED).stderr
    assert "message" in too_long and too_long.startswith("emporion: ")
    assert run_cli("ask", "Retail", "x", "--url", "127.0.0.1:1", "--token", "t", check=False).returncode == FAILED
    help = run_cli("ask", "--help").stdout
    assert all(f"{code} {meaning}" in help for code, meaning in enumerate(
        ("answered", "failed", "misuse", "asked back", "not answerable")))


def test_a_choice_answers_what_was_asked_back(shop):
    asked = data(shop, "Retail", "turnover for Georgia", code=ASKED_BACK)
    state = next(one["id"] for one in asked["clarification"]["options"] if "state" in one["label"])
    chosen = data(shop, "Retail", "--thread", asked["threadId"], "--choice", state)
    assert chosen["table"]["rows"] == [[130]]
    assert data(shop, "Retail", "turnover for Georgia", "--choice", state)["table"]["rows"] == [[130]]
    text = ask(shop, "Retail", "turnover for Georgia", *DAY, code=ASKED_BACK).stdout
    assert state in text and "--choice" in text


def test_a_thread_goes_on(shop):
    thread = data(shop, "Retail", "turnover by region in 2026")["threadId"]
    second = data(shop, "Retail", "only EU", "--thread", thread)
    assert second["table"]["rows"] == [["EU", 180]] and second["threadId"] == thread
    # Questions line by line are one thread; the code is the first that is not 0.
    questions = "turnover by region in 2026\n\nonly EU\nwhat is our churn?\nonly US\n"
    done = subprocess.run([str(BINARY), "ask", "Retail", *DAY, "-o", "json"], input=questions, text=True,
                          capture_output=True, timeout=60, env=clean_environment(**to(shop)))
    decoder, text, answers = json.JSONDecoder(), done.stdout.strip(), []
    while text:
        answer, end = decoder.raw_decode(text)
        answers.append(answer)
        text = text[end:].lstrip()
    assert done.returncode == NOT_ANSWERABLE and done.stderr == ""
    assert [answer["status"] for answer in answers] == ["answered", "answered", "not_answerable", "answered"]
    assert answers[3]["table"]["rows"] == [["US", 90]] and len({answer["threadId"] for answer in answers}) == 1


def test_a_product_is_meant_by_what_only_one_has(shop):
    assert ask(shop, "town", "number of towns").stdout.startswith("Number of towns: 43.")
    for name in ("Twin one", "Twin two"):
        shop.bob.post("/data-products", {"name": name}, expect=201)
    several = ask(shop, "twin", "number of orders", code=FAILED).stderr
    assert "2 products" in several and "Twin one" in several and len(re.findall(r"^  [0-9a-f-]{36}  ", several, re.M)) == 2
    assert "nowhere" in ask(shop, "nowhere", "number of orders", code=FAILED).stderr


def test_each_asks_as_far_as_he_may(shop):
    cut = shop.server.new_user("reader")
    role = {"userId": cut.id, "role": "viewer", "rowFilters": {"customers": "region = 'EU'"}}
    shop.bob.patch(f"{shop.path}/users", {"add": [role]})
    assert ask(shop, "Retail", "number of customers", token=cut.token).stdout.startswith("Number of customers: 2.")
    stranger = shop.server.new_user("passerby")
    for meant in ("Retail", shop.product):
        ask(shop, meant, "number of customers", token=stranger.token, code=FAILED)
    other = shop.server.new_account("next-door")
    for meant in ("Retail", shop.product):
        assert "Retail" not in ask(shop, meant, "number of customers", token=other.token, code=FAILED).stdout
    assert "token" in ask(shop, "Retail", "number of orders", token="nonsense", code=FAILED).stderr


def test_no_value_moves_the_cursor(shop):
    for format in ((), ("-o", "json"), ("-o", "yaml")):
        done = ask(shop, "Town hall", "total people by name", *format)
        raw = [c for c in done.stdout + done.stderr if c != "\n" and unicodedata.category(c) == "Cc"]
        assert raw == [] and "Ys" in done.stdout, format
    assert "\u202e" not in ask(shop, "Town hall", "total people by name").stdout
    assert data(shop, "Town hall", "total people by name")["table"]["rows"][1] == [HOSTILE, 4]


def test_a_table_fits_the_terminal(shop):
    terminal = Terminal(shop, "Town hall", "total people by said and name", columns=60)
    code, shown = terminal.end()
    # Progress draws over itself; what stays stands behind it.
    lines = [line.split("\r")[-1].split("\x1b[2K")[-1] for line in shown.replace("\r\n", "\n").split("\n")]
    start = next(at for at, line in enumerate(lines) if "…" in line and "東京" in line)
    table = lines[start - 1 : start + 20]
    assert code == ANSWERED and all(width(line) <= 60 for line in table), table
    assert "and 23 more rows" in shown
    # The columns stand below one another, whatever the letters are.
    assert len({width(line.rstrip()) for line in table[:20]}) == 1, table
    piped = ask(shop, "Town hall", "total people by said and name", "--rows", "2").stdout
    assert "x" * 300 in piped and "and 41 more rows" in piped


def test_progress_is_for_terminals(shop):
    assert ask(shop, "Retail", "number of orders").stderr == ""
    code, shown = Terminal(shop, "Retail", "number of orders").end()
    assert code == ANSWERED and "asking" in shown
    code, shown = Terminal(shop, "Retail", "number of orders", "--quiet").end()
    assert code == ANSWERED and "asking" not in shown


def test_a_person_is_asked_to_choose(shop):
    terminal = Terminal(shop, "Retail", "turnover for Georgia", *DAY)
    shown = terminal.until("leaves)? ")
    number = re.search(r"(\d)  [^\n]*state[^\n]*Georgia", shown).group(1)
    terminal.types(f"{number}\r")
    code, shown = terminal.end()
    assert code == ANSWERED and "130" in shown
    terminal = Terminal(shop, "Retail", "turnover for Georgia", *DAY)
    terminal.until("leaves)? ")
    terminal.types("\r")
    assert terminal.end()[0] == ASKED_BACK


def test_questions_are_typed_one_after_the_other(shop):
    terminal = Terminal(shop, "Retail", *DAY)
    assert "Questions to Retail" in terminal.until("> ")
    terminal.types("turnover by region in 2026\r")
    assert "180" in terminal.until("\n> ")
    terminal.types("only EU\r")
    shown = terminal.until("\n> ")
    assert re.search(r"^EU +180\r$", shown, re.M) and not re.search(r"^US ", shown, re.M)
    terminal.types(":sql\r")
    assert "SELECT" in terminal.until("\n> ")
    terminal.types(":new\r")
    terminal.until("> ")
    terminal.types("turnover for Georgia\r")
    shown = terminal.until("\n> ")
    terminal.types(re.search(r"(\d)  [^\n]*country", shown).group(1) + "\r")
    assert "30" in terminal.until("\n> ")
    terminal.types("x" * 4_001 + "\r")
    # A terminal holds no line of that length; what is too long ends as an error or a refusal, and the talk goes on.
    terminal.until("\n> ")
    terminal.types(":new\r")
    terminal.until("> ")
    terminal.types("\x04")
    assert terminal.end()[0] == ANSWERED


def test_a_model_that_is_drafted_once_more_says_the_same(shop):
    questions = ("number of towns by name", "towns by name")

    def tables() -> list:
        answered = [data(shop, "Town hall", question)["table"] for question in questions]
        # How long it took is told as well.
        return [table | {"executionTime": 0} for table in answered]

    before = tables()
    shop.bob.post(f"{shop.hall}/semantic-models/generate", {})
    shop.bob.post(f"{shop.hall}/deploy", {})
    assert tables() == before

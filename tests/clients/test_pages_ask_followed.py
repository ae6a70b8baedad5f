"""An answer that is shown while it is made: what comes when, to whom, and what becomes of it when its reader leaves."""

import contextlib
import html
import re
import sqlite3

import pytest
import requests
from playwright.sync_api import expect

from chat_world import Shop
from pages_browser import WIDE, findings, judged, pictured, sign_in
from pages_door import Browser, by_mail

QUESTION = "turnover per area in 2026"
SLOW = "wait a while"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("pages-followed"))
    with sqlite3.connect(made.file) as database:
        database.executescript(
            "CREATE TABLE pairs (n INTEGER PRIMARY KEY, body TEXT);"
            "WITH RECURSIVE up (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < 6500)"
            " INSERT INTO pairs SELECT n, 'row ' || n FROM up;"
            "CREATE TABLE many (n INTEGER PRIMARY KEY, body TEXT);"
            "INSERT INTO many SELECT n, body FROM pairs WHERE n <= 620;"
        )
    made.bob.patch(f"{made.path}/data-assets", {"add": [{"tableName": "pairs"}, {"tableName": "many"}], "isDeployed": True})
    for question, sql in (
        (SLOW, "SELECT COUNT(*) AS n FROM pairs AS a JOIN pairs AS b ON a.body || b.body LIKE '%7%8%9%'"),
        ("all of many", "SELECT n, body FROM many ORDER BY n"),
    ):
        made.bob.post(f"{made.path}/verified-queries", {"question": question, "sql": sql, "isDeployed": True}, expect=201)
    yield made.open_pages()
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace"), made.server.log_tail(200)


@contextlib.contextmanager
def slow_orders(shop):
    """Whoever reads orders waits for some time."""
    wait = "SELECT COUNT(*) FROM pairs AS a JOIN pairs AS b ON a.n < 500 AND a.body || b.body LIKE '%7%8%9%'"
    with sqlite3.connect(shop.file) as database:
        database.executescript(f"ALTER TABLE orders RENAME TO real_orders;"
                               f"CREATE VIEW orders AS SELECT * FROM real_orders WHERE ({wait}) >= 0;")
    try:
        yield
    finally:
        with sqlite3.connect(shop.file) as database:
            database.executescript("DROP VIEW orders; ALTER TABLE real_orders RENAME TO orders;")


class Followed:
    """The pieces that a question got, and in which block each came."""

    def __init__(self, browser: Browser, shop: Shop, question: str, enough: int = 100, **fields):
        token = browser.visit("/logout").form("/logout")["fields"]["token"]
        body = {"token": token, "of": shop.product, "question": question} | fields
        self.answer = browser.session.post(f"{browser.base}{shop.at}/ask", data=body, stream=True, timeout=30,
                                           headers={"Accept": "text/event-stream"}, allow_redirects=False)
        self.pieces, self.blocks = [], []
        for number, block in enumerate(self.answer.iter_content(None, decode_unicode=False)):
            for one in block.decode().split("\n\n"):
                lines = [line[6:] for line in one.split("\n") if line.startswith("data: ")]
                if lines:
                    self.pieces.append("\n".join(lines))
                    self.blocks.append(number)
            if len(self.pieces) >= enough:
                break
        self.answer.close()

    def is_of_pieces(self) -> bool:
        return self.answer.headers.get("Content-Type") == "text/event-stream"


def test_the_reading_comes_first_and_the_last_piece_is_the_page(shop):
    with slow_orders(shop):
        followed = Followed(shop.browser, shop, QUESTION)
    assert followed.answer.status_code == 200 and followed.is_of_pieces()
    headers = followed.answer.headers
    assert headers["Cache-Control"] == "no-store" and "default-src 'self'" in headers["Content-Security-Policy"]
    first, last = followed.pieces[0], followed.pieces[-1]
    assert "data-stop" in first and "turnover" in first and 'class="grid figures"' not in first
    read = next(n for n, piece in enumerate(followed.pieces) if '<mark title="' in piece)
    figures = next(n for n, piece in enumerate(followed.pieces) if 'class="grid figures"' in piece)
    assert any("Asking the database" in piece for piece in followed.pieces[read:figures])
    assert followed.blocks[read] < followed.blocks[figures], "what was read is sent before there are figures"
    assert "data-stop" not in last and 'value="helpful"' in last
    assert not any('value="helpful"' in piece for piece in followed.pieces[:-1]), "what is not there yet is not judged"
    at = html.unescape(re.search(r'data-at="([^"]+)', last).group(1))
    page = shop.browser.visit(at.split("#")[0])

    def turn(source: str) -> str:
        article = re.search(r"<article.*?</article>", source, re.S).group()
        return re.sub(r"<time.*?</time>|value=\"[^\"]*\"", "", article)

    assert turn(last) == turn(page.source)


def test_the_first_piece_does_not_wait_for_the_source(shop):
    followed = Followed(shop.browser, shop, SLOW, enough=1)
    assert followed.is_of_pieces() and "data-stop" in followed.pieces[0], "it can be ended, for it goes on"
    assert not any("data-at" in piece for piece in followed.pieces), "what was sent by then has no answer"


def test_each_gets_his_own_rows_and_strangers_nothing(shop):
    def person(name: str, role: dict | None) -> Browser:
        who = shop.server.new_user(name)
        if role is not None:
            shop.bob.patch(f"{shop.path}/users", {"add": [{"userId": who.id, "role": "viewer"} | role]})
        return Browser(shop.server).sign_in(who)

    cut = person("followed-cut", {"rowFilters": {"customers": "region = 'EU'"}})
    told = "".join(Followed(cut, shop, "number of customers per area").pieces)
    assert "EU" in told and "APAC" not in told and "Japan" not in told
    closed = Followed(person("followed-closed", {"allowSql": False}), shop, QUESTION)
    assert closed.is_of_pieces() and 'role="alert"' in closed.pieces[-1] and "180" not in "".join(closed.pieces)
    stranger = Browser(shop.server).sign_in(by_mail(shop.server.new_account("followed-elsewhere"), "followed-elsewhere"))
    for nobody in (person("followed-outsider", None), stranger):
        refused = Followed(nobody, shop, QUESTION)
        assert refused.answer.status_code == 404 and not refused.is_of_pieces()
    forged = shop.browser.session.post(f"{shop.server.url}{shop.at}/ask", data={"question": QUESTION}, timeout=10,
                                       headers={"Accept": "text/event-stream"})
    assert forged.status_code == 403
    anonymous = requests.post(f"{shop.server.url}{shop.at}/ask", data={"question": QUESTION}, timeout=10,
                              headers={"Accept": "text/event-stream"}, allow_redirects=False)
    assert anonymous.status_code == 303 and "/login" in anonymous.headers["Location"]
    thread = "0" * 8 + "-0000-4000-8000-" + "0" * 12
    assert Followed(shop.browser, shop, QUESTION, thread=thread).answer.status_code == 404
    empty = Followed(shop.browser, shop, "  ")
    assert empty.answer.status_code == 400 and 'role="alert"' in empty.pieces[-1]


def opened(chromium, shop, **more):
    context = chromium.new_context(**WIDE | more)
    page = context.new_page()
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(f"the script failed: {error}"))
    page.on("console", lambda said: page.wrong.append(said.text) if "Content Security" in said.text else None)
    sign_in(page, shop.server, shop.server.admin)
    page.goto(f"{shop.server.url}{shop.at}?tab=ask")
    return page


def ask(page, question: str) -> None:
    page.fill("#question", question)
    page.press("#question", "Enter")


def test_an_answer_is_read_while_it_is_made(chromium, shop):
    page = opened(chromium, shop)
    page.evaluate("window.isSame = true")
    ask(page, SLOW)
    expect(page.locator("#coming .turn")).to_contain_text(SLOW)
    expect(page.locator("#coming .doing")).to_contain_text("Asking the database")
    expect(page.locator("#told")).to_have_text("Asking the database …")
    assert page.locator("#told").get_attribute("aria-live") == "polite"
    assert page.evaluate("document.activeElement.id") == "question"
    pictured(page, "ask coming")
    page.wrong += findings(page)
    page.press("#question", "Enter")
    page.click("[data-stop]")
    expect(page.locator("#coming")).to_be_empty()
    assert page.input_value("#question") == SLOW and "thread=" not in page.url
    # The next one takes its place, with an address of its own.
    ask(page, QUESTION)
    page.wait_for_url(re.compile("thread="))
    first = page.url
    expect(page.locator(".figures td.num").first).to_have_text("180")
    assert page.input_value("#question") == "" and page.evaluate("document.activeElement.id") == "question"
    assert page.locator("#told").inner_text() and page.locator("#examples .picks").count() == 0
    expect(page.locator("#threads a[aria-current=page]")).to_have_text(QUESTION)
    ask(page, "only EU")
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.locator(".turn").nth(1).locator(".figures td.num")).to_have_text("180")
    assert page.url.split("#")[0] == first.split("#")[0] and page.evaluate("window.isSame"), "it is the same page still"
    # Reloaded, gone back from, and come back to, the address shows the same.
    page.reload()
    expect(page.locator(".turn")).to_have_count(2)
    page.go_back()
    expect(page.locator(".turn")).to_have_count(0)
    page.go_forward()
    expect(page.locator(".turn")).to_have_count(2)
    assert not page.wrong, page.wrong
    page.context.close()


def test_what_is_asked_back_is_picked_and_gone(chromium, shop):
    page = opened(chromium, shop)
    ask(page, "turnover for Georgia")
    page.locator(".asked-back button", has_text="state").click()
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.locator(".turn .said").last).to_contain_text("130")
    expect(page.locator(".asked-back")).to_have_count(0)
    assert page.evaluate("document.activeElement.id") == "question"
    ask(page, "all of many")
    expect(page.locator(".turn")).to_have_count(3)
    expect(page.locator(".turn").nth(2).locator(".figures tbody tr")).to_have_count(200)
    expect(page.locator(".turn").nth(2)).to_contain_text("and 420 more rows")
    page.locator(".turn").nth(2).locator("summary").last.click()
    expect(page.locator(".turn").nth(2).locator("pre.copy button")).to_have_count(1)
    assert not page.wrong, page.wrong
    page.context.close()


def test_who_leaves_has_asked_no_longer(chromium, shop):
    """Four slow questions would be all that one may ask at a time."""
    page = opened(chromium, shop)
    for _ in range(4):
        ask(page, SLOW)
        expect(page.locator("#coming .doing")).to_contain_text("Asking the database")
        page.goto(f"{shop.server.url}{shop.at}?tab=ask")
    page.wait_for_timeout(3_000)
    ask(page, "number of customers")
    page.wait_for_url(re.compile("thread="))
    assert not page.wrong, page.wrong
    page.context.close()


def test_a_source_that_fails_in_the_middle_is_told_of_in_the_page(chromium, shop):
    page = opened(chromium, shop)
    with sqlite3.connect(shop.file) as database:
        database.execute("ALTER TABLE customers RENAME TO gone")
    try:
        ask(page, "number of customers")
        expect(page.locator("#faults [role=alert]")).to_contain_text("The source of the data did not answer.")
        assert page.input_value("#question") == "number of customers" and "thread=" not in page.url
        assert page.evaluate("document.activeElement.id") == "question"
        page.wrong += judged(page, "ask failed")
    finally:
        with sqlite3.connect(shop.file) as database:
            database.execute("ALTER TABLE gone RENAME TO customers")
    page.press("#question", "Enter")
    page.wait_for_url(re.compile("thread="))
    expect(page.locator("#faults [role=alert]")).to_have_count(0)
    expect(page.locator(".turn")).to_have_count(1)
    assert not page.wrong, page.wrong
    page.context.close()


def test_what_cannot_come_in_pieces_is_answered_as_a_page(chromium, shop):
    page = opened(chromium, shop)
    page.context.clear_cookies()
    ask(page, QUESTION)
    page.wait_for_selector("input[name=password]")
    kept = page.eval_on_selector_all("input[type=hidden]", "fields => fields.map((field) => field.value)")
    assert QUESTION in kept, "what was asked is not lost"
    assert not page.wrong, page.wrong
    page.context.close()

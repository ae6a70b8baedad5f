"""What one user may ask at a time, how large an answer may be, and what a source that is slow, large or gone does to others."""

import concurrent.futures
import sqlite3
import time
from urllib.parse import urlsplit

import pytest
import requests

from bobsled_door import violations
from chat_world import Shop, events, follow, rows
from pages_door import Browser


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("limits")
    made = Shop(folder, EMPORION_BOBSLED__QUESTIONS_PER_MINUTE="1000")
    with sqlite3.connect(folder / "files" / "shop") as database:
        database.executescript(
            "CREATE TABLE big (n INTEGER PRIMARY KEY, body TEXT);"
            "WITH RECURSIVE up (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < 1000000)"
            " INSERT INTO big SELECT n, 'row ' || n FROM up;"
            "CREATE TABLE pairs (n INTEGER PRIMARY KEY, body TEXT);"
            "INSERT INTO pairs SELECT n, body FROM big WHERE n <= 6500;"
            "CREATE TABLE books (n INTEGER PRIMARY KEY, body TEXT);"
            "WITH RECURSIVE up (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < 20)"
            " INSERT INTO books SELECT n, hex(zeroblob(500000)) FROM up;"
        )
    made.bob.patch(f"{made.path}/data-assets", {
        "add": [{"tableName": "big"}, {"tableName": "books"}, {"tableName": "pairs"}], "isDeployed": True,
    })
    for question, sql in (
        ("wait a while", "SELECT COUNT(*) AS n FROM pairs AS a JOIN pairs AS b ON a.body || b.body LIKE '%7%8%9%'"),
        ("all the books", "SELECT body FROM books"),
        ("the first book", "SELECT n, body FROM books WHERE n = 1"),
        ("titles of the first book", "SELECT body FROM books WHERE n = 1"),
        ("absolute of {n}", "SELECT abs(:n) AS a FROM orders LIMIT 1"),
        ("all that is big", "SELECT n FROM big"),
    ):
        body = {"question": question, "sql": sql, "isDeployed": True}
        if "{n}" in question:
            body["parameters"] = [{"name": "n", "type": "number"}]
        made.bob.post(f"{made.path}/verified-queries", body, expect=201)
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace"), made.server.log_tail(200)


def slow(shop, ms: int = 3_000) -> dict:
    return {"message": "wait a while", "options": {"timeoutMs": ms}}


def test_four_statements_of_one_user_are_asked_at_a_time_and_others_wait(shop):
    eager, other = shop.person("busy", {}), shop.person("calm", {})
    long = {"sql": "SELECT COUNT(*) AS n FROM pairs AS a JOIN pairs AS b ON a.body || b.body LIKE '%7%8%9%'", "timeout": 3_000}
    quick = {"sql": "SELECT COUNT(*) AS n FROM orders"}
    with concurrent.futures.ThreadPoolExecutor(80) as pool:
        running = [pool.submit(eager.call, "POST", f"{shop.path}/run-sql", long, expect=(429, 504)) for _ in range(80)]
        time.sleep(1)
        began = time.monotonic()
        assert requests.get(f"{shop.server.url}/healthz", timeout=10).status_code == 200
        assert other.post(f"{shop.path}/run-sql", quick)["rowCount"] == 1
        assert time.monotonic() - began < 2.5, "others are not held up"
        answers = [one.result() for one in running]
    codes = [answer.status_code for answer in answers]
    assert set(codes) == {504, 429} and codes.count(504) <= 8, "four at a time, and as many in the place of those"
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.headers["Retry-After"] == "1" and "of one user 4 are asked at once" in refused.json()["error"]["message"]
    # What is over makes room: a dashboard that asks for a dozen figures at once gets them all.
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        assert all(one["rowCount"] == 1 for one in pool.map(lambda _: eager.post(f"{shop.path}/run-sql", quick), range(12)))


def test_four_questions_of_one_user_are_answered_at_a_time(shop):
    eager, other = shop.person("eager", {}), shop.person("other", {})
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        running = [pool.submit(eager.call, "POST", f"{shop.path}/chat", slow(shop), expect=504) for _ in range(4)]
        time.sleep(1)
        began = time.monotonic()
        refused = eager.call("POST", f"{shop.path}/chat", {"message": "number of orders"}, expect=429)
        assert refused.headers["Retry-After"] == "1" and refused.json()["error"]["code"] == "RATE_LIMITED"
        assert "4 questions" in refused.json()["error"]["message"]
        eager.refuses("POST", f"{shop.path}/chat/stream", 429, "RATE_LIMITED", {"message": "number of orders"})
        # Others are not held back by him.
        assert rows(shop.ask("number of orders", other)) == [[7]] and time.monotonic() - began < 1.5
        assert [one.result().json()["error"]["code"] for one in running] == ["QUERY_TIMEOUT"] * 4
    assert rows(shop.ask("number of orders", eager)) == [[7]]


def test_who_hangs_up_has_asked_no_longer(shop):
    """Answers that nobody waits for are given up, and do not count."""
    hasty = shop.person("hasty", {})
    for _ in range(6):
        with pytest.raises(Exception, match="timed out|Read timed out"):
            hasty.session.post(f"{hasty.base}{shop.path}/chat", json=slow(shop, 60_000), timeout=0.5)
        time.sleep(0.2)
    assert rows(shop.ask("number of orders", hasty)) == [[7]]


def test_a_hundred_questions_of_one_user_are_answered_or_refused(shop):
    door = shop.person("crowd", {})
    body = {"message": "turnover by region in 2026", "options": {"today": "2026-11-20"}}
    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _: door.call("POST", f"{shop.path}/chat", body, expect=(200, 429)), range(100)))
    codes = [answer.status_code for answer in answers]
    assert codes.count(200) >= 4, codes
    for answer in answers:
        if answer.status_code == 200:
            assert sorted(rows(answer.json()["data"])) == [["APAC", 10], ["EU", 180], ["US", 90]]
        else:
            assert answer.json()["error"]["code"] == "RATE_LIMITED" and answer.headers["Retry-After"]


def test_a_hundred_questions_of_many_users_are_answered(shop):
    doors = [shop.person(f"many{n}", {}) for n in range(25)]
    body = {"message": "turnover by region in 2026", "options": {"today": "2026-11-20"}}
    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda n: doors[n % 25].call("POST", f"{shop.path}/chat", body, expect=200), range(100)))
    assert all(sorted(rows(answer.json()["data"])) == [["APAC", 10], ["EU", 180], ["US", 90]] for answer in answers)


def test_an_answer_is_at_most_eight_megabytes(shop):
    body = {"message": "all the books"}
    error = shop.bob.refuses("POST", f"{shop.path}/chat", 429, "COST_LIMIT", body)
    assert "8388608 bytes" in error["message"]
    told = follow(shop, "all the books")
    assert [name for _, name, _ in told][-2:] == ["error", "done"] and told[-2][2]["code"] == "COST_LIMIT"


def test_the_page_tells_that_an_answer_is_too_large_and_not_that_much_was_asked(shop):
    browser = Browser(shop.server).sign_in(shop.server.admin)
    browser.visit(f"/products/{shop.product}")
    at = urlsplit(browser.page.url).path
    browser.visit(f"{at}?tab=ask")
    page = browser.send(f"{at}/ask", expect=429, question="all the books")
    told = " ".join(page.roles["alert"])
    assert "The answer is too large. Ask for less" in told and "8388608 bytes" in told and "Try again" not in told
    assert page.form(f"{at}/ask")["fields"]["question"] == "all the books"


def test_of_a_million_rows_some_are_answered(shop):
    answer = shop.ask("all that is big", options={"maxRows": 10_000})
    assert answer["table"]["rowCount"] == 10_000 and answer["table"]["truncated"] is True
    told = follow(shop, "all that is big")
    pieces = [payload for _, name, payload in told if name == "table"]
    assert sum(len(piece["rows"]) for piece in pieces) == 500 and all(piece["truncated"] for piece in pieces)


def test_no_line_of_a_stream_is_longer_than_64_kb(shop):
    """A row that does not fit is told with its long texts cut."""
    for question in ("the first book", "titles of the first book"):
        url, headers = f"{shop.bob.base}{shop.path}/chat/stream", {"Authorization": f"Bearer {shop.server.admin.token}"}
        text = requests.post(url, json={"message": question}, headers=headers, timeout=30).content.decode()
        assert max(len(line) for line in text.encode().split(b"\n")) < 64 << 10
        told = events(text)
        piece = next(payload for _, name, payload in told if name == "table")
        assert piece["cut"] is True and piece["rows"][0][-1].endswith("0…") and told[-1][2]["status"] == "answered"
        whole = shop.bob.post(f"{shop.path}/chat", {"message": question})
        assert len(whole["table"]["rows"][0][-1]) == 1_000_000
    short = [payload for _, name, payload in follow(shop, "number of orders") if name == "table"]
    assert short[0]["cut"] is False


def test_a_value_that_the_source_does_not_take_is_the_askers(shop):
    assert rows(shop.ask("absolute of -5")) == [[5]]
    error = shop.bob.refuses("POST", f"{shop.path}/chat", 422, "VALIDATION_FAILED", {"message": "absolute of -9223372036854775808"})
    assert violations(error) == {"/message"} and error["details"]["reason"] == "VALUE"


def test_a_source_that_is_gone_is_said_to_be(shop):
    file = shop.folder / "files" / "shop"
    away = file.with_name("away")
    file.rename(away)
    try:
        error = shop.bob.refuses("POST", f"{shop.path}/chat", 502, "DATA_SOURCE_ERROR", {"message": "number of orders"})
        assert error["details"]["reason"] == "FORBIDDEN" and str(shop.folder) not in str(error), "where files lie is not told"
        told = follow(shop, "number of orders")
        assert told[-1][2]["status"] == "failed" and told[-2][2]["code"] == "DATA_SOURCE_ERROR"
    finally:
        away.rename(file)
    assert rows(shop.ask("number of orders")) == [[7]]

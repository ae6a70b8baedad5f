"""An answer of a thread, read again: with its rows, as whoever asked may read them by then."""

import pytest

from bobsled_door import BobsledDoor
from chat_world import Shop, rows


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("again"), EMPORION_BOBSLED__QUESTIONS_PER_MINUTE="12")
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def place(shop: Shop, answer: dict) -> str:
    return f"{shop.path}/chat-threads/{answer['threadId']}/messages/{answer['messageId']}/answer"


def test_the_same_rows_and_chart_come_again_and_nothing_is_kept(shop):
    asker = shop.person("asker", {})
    first = shop.ask("turnover per area in 2026", asker)
    second = shop.ask("only EU", asker, threadId=first["threadId"])
    for answer in (first, second):
        again = asker.get(place(shop, answer))
        for member in ("threadId", "messageId", "status", "text", "chart", "sql", "interpretation"):
            assert again[member] == answer[member], member
        assert rows(again) == rows(answer)
    kept = asker.get(f"{shop.path}/chat-threads/{first['threadId']}")
    assert [one["role"] for one in kept["messages"]] == ["user", "assistant"] * 2
    question = kept["messages"][0]["id"]
    asker.refuses("GET", place(shop, first | {"messageId": question}), 404)
    asker.refuses("GET", place(shop, first | {"messageId": "0" * 8 + "-0000-4000-8000-" + "0" * 12}), 404)
    asker.refuses("GET", place(shop, first | {"threadId": shop.ask("number of customers", asker)["threadId"]}), 404)


def test_it_counts_as_no_question_of_the_minute(shop):
    reader = shop.person("often", {})
    answer = shop.ask("turnover per area in 2026", reader)
    for _ in range(20):
        reader.get(place(shop, answer))
    assert rows(shop.ask("number of customers", reader)) == [[4]]


def test_what_was_asked_back_comes_again_with_its_options(shop):
    asker = shop.person("unsure", {})
    asked = shop.ask("turnover for Georgia", asker)
    again = asker.get(place(shop, asked))
    assert again["status"] == "needs_clarification"
    assert again["clarification"]["options"] == asked["clarification"]["options"] and "table" not in again


def test_it_is_for_who_asked_alone_and_by_the_rights_that_he_has_now(shop):
    who = shop.server.new_user("narrowed")
    shop.bob.patch(f"{shop.path}/users", {"add": [{"userId": who.id, "role": "viewer"}]})
    narrow = BobsledDoor(shop.server, who.token)
    answer = shop.ask("number of customers", narrow)
    assert rows(answer) == [[4]]
    for other in (shop.bob, shop.person("curious", {}), shop.person("outside", None)):
        other.refuses("GET", place(shop, answer), 404)
    elsewhere = shop.server.new_account("elsewhere")
    BobsledDoor(shop.server, elsewhere.token, "me").refuses("GET", place(shop, answer), 404)
    BobsledDoor(shop.server, None).refuses("GET", place(shop, answer), 401)
    filtered = {"userId": who.id, "rowFilters": {"customers": "region = 'EU'"}}
    shop.bob.patch(f"{shop.path}/users", {"update": [filtered]})
    assert rows(narrow.get(place(shop, answer))) == [[2]]
    shop.bob.patch(f"{shop.path}/users", {"update": [{"userId": who.id, "allowSql": False}]})
    narrow.refuses("GET", place(shop, answer), 403, "FORBIDDEN")
    shop.bob.patch(f"{shop.path}/users", {"remove": [who.id]})
    narrow.refuses("GET", place(shop, answer), 404)

"""What others see of a conversation: that it was asked, and what became of it; never what rows have answered."""

import json
import sqlite3

import pytest

from chat_world import Shop
from emporion_server import run_cli

#: What is shown of an answer to whoever did not ask.
OUTLINE = {"threadId", "messageId", "status", "reason", "provenance"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("onlookers"), EMPORION_BOBSLED__QUESTIONS_PER_MINUTE="1000")
    made.ann, made.ben = made.person("ann", {}), made.person("ben", {})
    # He gives rights on the product, and sees a part of its rows.
    made.cut = made.person("cuthbert", {"role": "admin", "rowFilters": {"customers": "region = 'EU'", "orders": "order_id = 1"}})
    for question, sql in (
        ("mail of number two", "SELECT email FROM customers WHERE id = 2"),
        ("the long story", "SELECT state FROM customers WHERE id = 9"),
    ):
        made.bob.post(f"{made.path}/verified-queries", {"question": question, "sql": sql, "isDeployed": True}, expect=201)
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def thread_path(shop, answer: dict) -> str:
    return f"{shop.path}/chat-threads/{answer['threadId']}"


def walked(door, path: str) -> list[dict]:
    """The messages of a thread, one at a time."""
    messages, after = [], {}
    while True:
        page = door.get(path, limit=1, **after)
        messages += page["messages"]
        if not page["hasMore"]:
            return messages
        after = {"afterMessageId": messages[-1]["id"]}


def test_who_gives_rights_sees_what_was_asked_and_no_answers(shop):
    questions = ("turnover by country in 2026", "number of customers in Japan", "mail of number two", "what is our churn rate")
    for question in questions:
        answer = shop.ask(question, shop.ann)
        path = thread_path(shop, answer)
        for door in (shop.cut, shop.bob):
            messages = door.get(path)["messages"]
            assert messages == walked(door, path)
            asked, told = messages
            assert (asked["role"], asked["text"], told["role"], told["text"]) == ("user", question, "assistant", "")
            assert set(told["answer"]) <= OUTLINE and told["answer"]["status"] == answer["status"], told
            assert told["answer"].get("reason") == answer.get("reason")
            text = json.dumps(messages)
            for hidden in ("Germany", "(150)", "APAC", "b@x.example"):
                assert hidden not in text, (question, hidden)
        own = shop.ann.get(path)["messages"]
        assert own == walked(shop.ann, path) and own[1]["text"] == answer["text"]
        assert "reading" not in own[1]["answer"], "how it is read again is no part of the interface"


def test_a_search_in_threads_of_others_finds_questions_only(shop):
    shop.ask("turnover by country in 2026", shop.ann)
    shop.ask("mail of number two", shop.ann)
    for word in ("highest", "x.example", "germany (150)"):
        assert shop.ann.get(f"{shop.path}/chat-threads", search=word)["threads"], word
        for door in (shop.cut, shop.bob):
            assert door.get(f"{shop.path}/chat-threads", scope="all", search=word)["threads"] == [], word
    found = shop.cut.get(f"{shop.path}/chat-threads", scope="all", search="NUMBER two")["threads"]
    assert found and {one["snippet"] for one in found} == {"mail of number two"}
    # Of his own he finds what he was told.
    shop.ask("turnover by country in 2026", shop.cut)
    mine = shop.cut.get(f"{shop.path}/chat-threads", scope="all", search="germany")["threads"]
    assert len(mine) == 1 and "100" in mine[0]["snippet"], mine


def test_an_option_that_was_picked_is_not_shown_as_a_question(shop):
    """Its words were offered, and hold a value of rows."""
    asked = shop.ask("turnover for Georgia", shop.ben)
    option = next(one for one in asked["clarification"]["options"] if "state" in one["label"])
    by_id = {"id": asked["clarification"]["id"], "choice": option["id"]}
    shop.ask(option["label"], shop.ben, threadId=asked["threadId"], clarification=by_id)
    again = shop.ask("turnover for Georgia", shop.ben, threadId=asked["threadId"])
    if again["status"] == "needs_clarification":
        shop.ask(again["clarification"]["options"][0]["label"], shop.ben, threadId=asked["threadId"])
    path = thread_path(shop, asked)
    assert option["label"] in [one["text"] for one in shop.ben.get(path)["messages"]]
    for messages in (shop.cut.get(path)["messages"], walked(shop.cut, path)):
        assert {one["text"] for one in messages if one["role"] == "user"} == {"turnover for Georgia"}
        assert option["label"] not in json.dumps(messages) and "options" not in json.dumps(messages)
    assert shop.cut.get(f"{shop.path}/chat-threads", scope="all", search=option["label"])["threads"] == []


def test_nobody_changes_what_another_one_asked(shop):
    answer = shop.ask("number of orders", shop.ann)
    path = thread_path(shop, answer)
    for door in (shop.cut, shop.bob):
        door.refuses("PATCH", path, 403, "FORBIDDEN", {"title": "not mine"})
    shop.cut.refuses("DELETE", path, 403, "FORBIDDEN")
    shop.ben.refuses("DELETE", path, 404)
    assert shop.ann.patch(path, {"title": "orders"})["thread"]["title"] == "orders"
    # An administrator of the account takes away what has to go.
    shop.bob.delete(path)
    shop.ann.refuses("GET", path, 404)


def test_a_sentence_tells_the_beginning_of_a_long_value(shop):
    story = "once upon a time " * 6_000
    with sqlite3.connect(shop.file) as database:
        database.execute("INSERT INTO customers (id, state) VALUES (9, ?)", (story,))
    try:
        answer = shop.ask("the long story", shop.ann)
    finally:
        with sqlite3.connect(shop.file) as database:
            database.execute("DELETE FROM customers WHERE id = 9")
    assert answer["table"]["rows"] == [[story]] and answer["text"].startswith("state: once upon") and len(answer["text"]) < 300
    kept = shop.ann.call("GET", thread_path(shop, answer), expect=200)
    assert len(kept.content) < 10_000


def test_the_command_line_shows_no_more_of_a_message_than_the_doors(shop):
    answer = shop.ask("mail of number two", shop.ann)
    messages = shop.ann.get(thread_path(shop, answer))["messages"]
    feedback = {"rating": "wrong", "comment": "that is nemo's"}
    shop.ann.post(f"{thread_path(shop, answer)}/messages/{messages[1]['id']}/feedback", feedback)
    cut, ben = (door.session.headers["Authorization"].removeprefix("Bearer ") for door in (shop.cut, shop.ben))
    for token in (cut, shop.server.admin.token, ben):
        for kind, record in (("chat-thread", answer["threadId"]), *(("chat-message", told["id"]) for told in messages)):
            done = run_cli("get", kind, record, "-o", "json", check=False, EMPORION_URL=shop.server.url, EMPORION_TOKEN=token)
            for hidden in ("b@x.example", "number two", "nemo"):
                assert hidden not in done.stdout, done.stdout
            assert (done.returncode == 0) == (token != ben), done
        for kind in ("chat-threads", "chat-messages"):
            shown = json.dumps(shop.server.cli("list", kind, token=token))
            assert "number two" not in shown and "b@x.example" not in shown

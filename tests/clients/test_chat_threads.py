"""Threads that have become long: a question builds on what was said last, however much was said before it."""

import concurrent.futures
import uuid

import pytest

from chat_world import Shop, TODAY, rows


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("threads"), EMPORION_BOBSLED__QUESTIONS_PER_MINUTE="100000")
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def test_a_question_builds_on_the_newest_of_more_than_a_thousand_messages(shop):
    thread = shop.ask("turnover by region in 2025")["threadId"]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda at: shop.ask(f"blorvex {at}", threadId=thread)["status"], range(502)))
    assert set(said) == {"not_answerable"}
    key = str(uuid.uuid4())
    assert sorted(rows(shop.ask("turnover by region in 2026", threadId=thread))) == [["APAC", 10], ["EU", 180], ["US", 90]]
    body = {"message": "only EU", "threadId": thread, "options": {"today": TODAY}}
    ask = lambda: shop.bob.session.post(f"{shop.bob.base}{shop.path}/chat", json=body, headers={"Idempotency-Key": key}, timeout=30)
    first = ask().json()["data"]
    assert rows(first) == [["EU", 180]] and first["interpretation"]["isFollowUp"] is True
    # What is asked back about is asked about the message behind it, too.
    asked = shop.ask("turnover for Georgia", threadId=thread)
    assert asked["status"] == "needs_clarification", asked
    picked = shop.ask(asked["clarification"]["options"][0]["label"], threadId=thread)
    assert picked["status"] in ("answered", "needs_clarification"), picked
    # A question that is repeated is about what was said before it.
    again = ask()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert rows(again.json()["data"]) == [["EU", 180]] and again.json()["data"]["messageId"] == first["messageId"]

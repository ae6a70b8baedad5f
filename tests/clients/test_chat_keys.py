"""`Idempotency-Key` of questions: each is asked, and kept, once; rows are read anew, by who may read them now."""

import concurrent.futures
import sqlite3
import uuid

import pytest

from chat_world import Shop, TODAY, events, rows


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("keys"), EMPORION_BOBSLED__QUESTIONS_PER_MINUTE="1000")
    sql = "SELECT COUNT(*) AS n FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f, orders AS g, orders AS h"
    body = {"question": "take your time", "sql": f"{sql} WHERE a.status || h.status || b.status LIKE '%x%'", "isDeployed": True}
    made.bob.post(f"{made.path}/verified-queries", body, expect=201)
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def post(shop, body: dict, key: str, door=None, path: str = "chat", **kwargs):
    door = door or shop.bob
    body = {"options": {"today": TODAY}} | body
    return door.session.post(f"{door.base}{shop.path}/{path}", json=body, headers={"Idempotency-Key": key}, timeout=30, **kwargs)


def test_a_repeated_key_does_not_ask_twice(shop):
    key = str(uuid.uuid4())
    first = post(shop, {"message": "turnover by region in 2026"}, key)
    assert first.status_code == 200 and "Idempotency-Replayed" not in first.headers
    made = first.json()["data"]
    with sqlite3.connect(shop.folder / "files" / "shop") as database:
        database.execute("INSERT INTO orders VALUES (100, 4, '2026-06-01', 'paid', 5)")
    try:
        again = post(shop, {"message": "turnover by region in 2026"}, key)
        assert again.status_code == 200 and again.headers["Idempotency-Replayed"] == "true", again.text
        told = again.json()["data"]
        assert (told["threadId"], told["messageId"]) == (made["threadId"], made["messageId"])
        # No rows were kept: they are read again, and the sentence is of them.
        assert sorted(rows(told)) == [["APAC", 15], ["EU", 180], ["US", 90]] and "15" in told["text"]
    finally:
        with sqlite3.connect(shop.folder / "files" / "shop") as database:
            database.execute("DELETE FROM orders WHERE order_id = 100")
    assert shop.bob.get(f"{shop.path}/chat-threads/{made['threadId']}")["count"] == 2
    # The order of members is no other request; another question is.
    assert post(shop, {"message": "turnover by region in 2025"}, key).json()["error"]["code"] == "IDEMPOTENCY_CONFLICT"
    assert post(shop, {"message": "turnover by region in 2026"}, "bad\tkey").status_code == 400


def test_a_repeated_question_of_a_thread_is_what_it_was_then(shop):
    thread = shop.ask("turnover by region in 2026")["threadId"]
    key = str(uuid.uuid4())
    body = {"message": "only EU", "threadId": thread}
    first = post(shop, body, key).json()["data"]
    assert rows(first) == [["EU", 180]]
    # What was asked behind it does not change what it was about.
    assert rows(shop.ask("number of customers", threadId=thread)) == [[4]]
    again = post(shop, body, key).json()["data"]
    assert rows(again) == [["EU", 180]] and again["messageId"] == first["messageId"]
    assert shop.bob.get(f"{shop.path}/chat-threads/{thread}")["count"] == 6
    # A question back is the same question back.
    key = str(uuid.uuid4())
    asked = post(shop, {"message": "turnover for Georgia"}, key).json()["data"]
    again = post(shop, {"message": "turnover for Georgia"}, key).json()["data"]
    assert asked["clarification"] == again["clarification"]


def test_rows_of_a_repeated_question_are_those_that_he_may_read_now(shop):
    who = shop.server.new_user("demoted")
    shop.bob.patch(f"{shop.path}/users", {"add": [{"userId": who.id, "role": "viewer"}]})
    door = type(shop.bob)(shop.server, who.token)
    key = str(uuid.uuid4())
    body = {"message": "number of customers"}
    assert rows(post(shop, body, key, door).json()["data"]) == [[4]]
    change = {"userId": who.id, "rowFilters": {"customers": "region = 'EU'"}}
    shop.bob.patch(f"{shop.path}/users", {"update": [change]})
    assert rows(post(shop, body, key, door).json()["data"]) == [[2]]
    shop.bob.patch(f"{shop.path}/users", {"update": [{"userId": who.id, "allowSql": False}]})
    assert post(shop, body, key, door).status_code == 403
    shop.bob.patch(f"{shop.path}/users", {"remove": [who.id]})
    assert post(shop, body, key, door).status_code == 404


def test_keys_are_of_one_user(shop):
    key = str(uuid.uuid4())
    body = {"message": "number of orders"}
    mine = post(shop, body, key).json()["data"]
    door = shop.person("namesake", {})
    his = post(shop, body, key, door)
    assert "Idempotency-Replayed" not in his.headers and his.json()["data"]["threadId"] != mine["threadId"]


def test_who_asks_the_same_meanwhile_waits_for_the_answer(shop):
    key = str(uuid.uuid4())
    body = {"message": "take your time", "options": {"today": TODAY, "timeoutMs": 20_000}}
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        answers = [one.result() for one in [pool.submit(post, shop, body, key) for _ in range(3)]]
    assert [answer.status_code for answer in answers] == [200] * 3, answers[0].text
    assert len({answer.json()["data"]["messageId"] for answer in answers}) == 1
    assert sorted("Idempotency-Replayed" in answer.headers for answer in answers) == [False, True, True]
    thread = answers[0].json()["data"]["threadId"]
    assert shop.bob.get(f"{shop.path}/chat-threads/{thread}")["count"] == 2


def test_an_answer_that_could_not_be_made_may_be_asked_for_again(shop):
    key = str(uuid.uuid4())
    body = {"message": "take your time", "options": {"today": TODAY, "timeoutMs": 100}}
    for _ in range(2):
        answer = post(shop, body, key)
        assert answer.status_code == 504 and "Idempotency-Replayed" not in answer.headers


def test_a_repeated_key_follows_the_same_answer(shop):
    key = str(uuid.uuid4())
    body = {"message": "turnover per area last quarter"}
    first = post(shop, body, key, path="chat/stream")
    again = post(shop, body, key, path="chat/stream")
    assert first.status_code == again.status_code == 200 and again.headers["Idempotency-Replayed"] == "true"
    assert events(again.text) == events(first.text)
    other = post(shop, {"message": "turnover per area this quarter"}, key, path="chat/stream")
    assert other.status_code == 409 and other.json()["error"]["code"] == "IDEMPOTENCY_CONFLICT"
    # A running one is attached to.
    key = str(uuid.uuid4())
    body = {"message": "take your time", "options": {"today": TODAY, "timeoutMs": 20_000}}
    running = post(shop, body, key, path="chat/stream", stream=True)
    lines = running.iter_lines()
    begun = [next(lines) for _ in range(3)]
    attached = post(shop, body, key, path="chat/stream")
    rest = b"\n".join([*begun, *lines]).decode()
    assert events(attached.text) == events(rest) and events(rest)[-1][2]["status"] == "answered"
    thread = events(rest)[-1][2]["data"]["threadId"]
    assert shop.bob.get(f"{shop.path}/chat-threads/{thread}")["count"] == 2


def test_a_kept_key_outlives_the_server(shop):
    key, stream_key = str(uuid.uuid4()), str(uuid.uuid4())
    body = {"message": "turnover by region in 2026"}
    first = post(shop, body, key).json()["data"]
    followed = events(post(shop, body, stream_key, path="chat/stream").text)
    assert shop.server.stop() == 0
    shop.server.start()
    again = post(shop, body, key)
    assert again.headers["Idempotency-Replayed"] == "true" and again.json()["data"]["messageId"] == first["messageId"]
    assert again.json()["data"]["table"]["rows"] == first["table"]["rows"]
    again = post(shop, body, stream_key, path="chat/stream")
    told = events(again.text)
    assert again.headers["Idempotency-Replayed"] == "true" and told[0][2]["messageId"] == followed[0][2]["messageId"]
    assert told[-1][2]["data"]["text"] == followed[-1][2]["data"]["text"]

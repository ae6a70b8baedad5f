"""What askers say of answers, and what those who change a product learn of the questions that it could not answer."""

import json
import re
import uuid

import pytest

from bobsled_door import BobsledDoor, violations
from chat_world import Shop, rows


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("feedback"), EMPORION_BOBSLED__QUESTIONS_PER_MINUTE="1000")
    made.ann, made.ben = made.person("ann", {}), made.person("ben", {})
    made.editor = made.person("edith", {"role": "editor"})
    made.cut = made.person("cuthbert", {"rowFilters": {"customers": "region = 'EU'"}})
    made.outsider = made.server.new_account("elsewhere")
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def message_path(shop, answer: dict) -> str:
    return f"{shop.path}/chat-threads/{answer['threadId']}/messages/{answer['messageId']}/feedback"


def test_who_asked_says_what_the_answer_was_worth(shop):
    answer = shop.ask("turnover by region in 2026", shop.ann)
    path = message_path(shop, answer)
    given = shop.ann.post(path, {"rating": "wrong", "comment": "Returns are missing."})["message"]
    assert given["feedback"]["rating"] == "wrong" and given["feedback"]["comment"] == "Returns are missing."
    shown = shop.ann.get(f"{shop.path}/chat-threads/{answer['threadId']}")["messages"][1]
    assert shown["feedback"] == given["feedback"] and shown["id"] == answer["messageId"]
    # It may be changed, and taken back.
    changed = shop.ann.post(path, {"rating": "helpful"})["message"]["feedback"]
    assert changed["rating"] == "helpful" and changed["comment"] is None
    assert "feedback" not in shop.ann.delete(path)["message"]
    assert "feedback" not in shop.ann.get(f"{shop.path}/chat-threads/{answer['threadId']}")["messages"][1]
    assert "feedback" not in shop.ann.delete(path)["message"], "twice is once"


def test_feedback_is_checked(shop):
    answer = shop.ask("number of orders", shop.ann)
    path = message_path(shop, answer)
    assert violations(shop.ann.refuses("POST", path, 422, "VALIDATION_FAILED", {"rating": "meh"})) == {"/rating"}
    assert violations(shop.ann.refuses("POST", path, 422, None, {})) == {"/rating"}
    body = {"rating": "wrong", "comment": "x" * 2_001}
    assert violations(shop.ann.refuses("POST", path, 422, None, body)) == {"/comment"}
    shop.ann.refuses("POST", path, 400, None, {"rating": 1})
    thread = shop.ann.get(f"{shop.path}/chat-threads/{answer['threadId']}")
    question = thread["messages"][0]["id"]
    good = {"rating": "helpful"}
    shop.ann.refuses("POST", path.replace(answer["messageId"], question), 422, "VALIDATION_FAILED", good)
    shop.ann.refuses("POST", path.replace(answer["messageId"], str(uuid.uuid4())), 404, None, good)
    shop.ann.refuses("POST", path.replace(answer["messageId"], "none"), 404, None, good)
    other = shop.ask("number of orders", shop.ann)
    shop.ann.refuses("POST", path.replace(answer["messageId"], other["messageId"]), 404, None, good)
    # Nobody speaks for him: others do not find the thread, and who may read it may not.
    shop.ben.refuses("POST", path, 404, None, good)
    shop.editor.refuses("POST", path, 404, None, good)
    shop.bob.refuses("POST", path, 403, "FORBIDDEN", good)
    shop.bob.refuses("DELETE", path, 403, "FORBIDDEN")
    BobsledDoor(shop.server, shop.outsider.token, shop.outsider.account).refuses("POST", path, 404, None, good)
    BobsledDoor(shop.server, None).refuses("POST", path, 401, None, good)


def test_what_was_marked_wrong_is_listed_without_names_and_rows(shop):
    asked = [(shop.ann, "turnover for Germany"), (shop.ben, "turnover by region in 2026"), (shop.ben, "number of customers")]
    for door, question in asked:
        answer = shop.ask(question, door)
        rating = "helpful" if "customers" in question else "wrong"
        door.post(message_path(shop, answer), {"rating": rating, "comment": f"about {question}"})
    listed = shop.editor.get(f"{shop.path}/chat-feedback", includeTotal="true")
    assert [one["question"] for one in listed["feedback"]] == ["turnover by region in 2026", "turnover for Germany"]
    assert listed["totalCount"] == 2 and "SUM" in listed["feedback"][0]["sql"]
    assert listed["feedback"][1]["comment"] == "about turnover for Germany"
    # Ids and times have all sorts of figures in them.
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[\d:.]+Z", "", json.dumps(listed))
    for hidden in ("ann", "ben@", "180", "150", "EU"):
        assert hidden not in text, hidden
    first = shop.editor.call("GET", f"{shop.path}/chat-feedback", params={"limit": 1}).json()
    rest = shop.editor.get(f"{shop.path}/chat-feedback", limit=1, cursor=first["pagination"]["nextCursor"])
    assert [one["question"] for one in rest["feedback"]] == ["turnover for Germany"]
    assert [one["rating"] for one in shop.editor.get(f"{shop.path}/chat-feedback", rating="helpful")["feedback"]] == ["helpful"]


@pytest.mark.parametrize("path", ["chat-feedback", "unanswered-questions", "chat-choices"])
def test_what_was_asked_is_for_those_who_change_the_product(shop, path):
    path = f"{shop.path}/{path}"
    for door in (shop.editor, shop.bob):
        door.get(path)
    for door in (shop.ann, shop.cut):
        door.refuses("GET", path, 403, "FORBIDDEN")
    shop.person(f"stranger-{uuid.uuid4().hex[:6]}", None).refuses("GET", path, 404)
    BobsledDoor(shop.server, shop.outsider.token, shop.outsider.account).refuses("GET", path, 404)
    BobsledDoor(shop.server, shop.outsider.token).refuses("GET", path, 404)
    BobsledDoor(shop.server, None).refuses("GET", path, 401)
    shop.bob.refuses("GET", f"{path}?cursor=xyz", 400, "INVALID_CURSOR")


def test_what_nobody_could_answer_is_counted(shop):
    for door, question in (
        (shop.ann, "what is our churn rate?"), (shop.ben, "Churn rate by region"), (shop.ann, "what is our CHURN rate"),
        (shop.ben, "turnover by profitability"), (shop.cut, "why did sales drop?"), (shop.ann, "Turnover for Georgia"),
        (shop.ben, "turnover for georgia!"),
    ):
        assert shop.ask(question, door)["status"] in ("not_answerable", "needs_clarification")
    listed = shop.editor.get(f"{shop.path}/unanswered-questions", includeTotal="true")
    by_question = {one["question"].lower().strip("!"): one for one in listed["questions"]}
    georgia = by_question["turnover for georgia"]
    assert georgia["reason"] == "clarification" and georgia["count"] == 2 and georgia["examples"] == []
    assert by_question["why did sales drop?"]["reason"] == "open_ended"
    churn = next(one for one in listed["questions"] if "churn" in "".join(one["unknownTerms"]).lower())
    assert churn["count"] >= 2 and churn["reason"] == "unknown_terms" and churn["firstAskedAt"] < churn["lastAskedAt"]
    assert by_question["turnover by profitability"]["unknownTerms"] == ["profitability"]
    # The newest first, in pages.
    times = [one["lastAskedAt"] for one in listed["questions"]]
    assert times == sorted(times, reverse=True) and listed["totalCount"] == len(times)
    walked, cursor = [], None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = shop.editor.call("GET", f"{shop.path}/unanswered-questions", params=params, expect=200).json()
        walked += page["data"]["questions"]
        cursor = page["pagination"]["nextCursor"]
        if not cursor:
            break
    assert walked == listed["questions"]
    only = shop.editor.get(f"{shop.path}/unanswered-questions", reason="open_ended")["questions"]
    assert [one["question"] for one in only] == ["why did sales drop?"]
    # Neither who asked, nor what rows say.
    text = json.dumps(listed).lower()
    assert not any(word in text for word in ("ann", "ben", "cuthbert", "imereti", "bavaria", "options"))
    # What an asker deletes is gone.
    mine = shop.ask("list the unicorns", shop.ann)
    assert "unicorns" in json.dumps(shop.editor.get(f"{shop.path}/unanswered-questions"))
    shop.ann.delete(f"{shop.path}/chat-threads/{mine['threadId']}")
    assert "unicorns" not in json.dumps(shop.editor.get(f"{shop.path}/unanswered-questions"))


def test_choices_are_counted_without_values(shop):
    for door in (shop.ann, shop.ben, shop.ann):
        asked = shop.ask("turnover for Georgia", door)
        state = next(one for one in asked["clarification"]["options"] if "state" in one["label"].lower())
        chosen = {"id": asked["clarification"]["id"], "choice": state["id"]}
        assert rows(shop.ask(state["label"], door, threadId=asked["threadId"], clarification=chosen)) == [[130]]
    listed = shop.editor.get(f"{shop.path}/chat-choices")["choices"]
    assert [(one["words"], one["kind"], one["target"], one["count"]) for one in listed] == [
        ("georgia", "value", "customers.state", 3)
    ]


def find(shop, word: str) -> dict:
    listed = shop.editor.get(f"{shop.path}/unanswered-questions")["questions"]
    return next(one for one in listed if word in one["question"].lower())


def test_a_word_becomes_a_synonym_in_one_step(shop):
    assert shop.ask("takings by area", shop.ann)["unknownTerms"] == ["takings"]
    path = f"{shop.path}/unanswered-questions/{find(shop, 'takings')['id']}/synonym"
    for door, status in ((shop.ann, 403), (shop.cut, 403), (BobsledDoor(shop.server, None), 401)):
        door.refuses("POST", path, status, None, {"target": "net_sales"})
    BobsledDoor(shop.server, shop.outsider.token, shop.outsider.account).refuses("POST", path, 404, None, {"target": "net_sales"})
    assert violations(shop.editor.refuses("POST", path, 422, None, {"target": "gross_sales"})) == {"/target"}
    assert violations(shop.editor.refuses("POST", path, 422, None, {})) == {"/target"}
    assert violations(shop.editor.refuses("POST", path, 422, None, {"target": "net_sales", "term": " "})) == {"/term"}
    nowhere = path.replace(find(shop, "takings")["id"], str(uuid.uuid4()))
    shop.editor.refuses("POST", nowhere, 404, None, {"target": "net_sales"})
    added = shop.editor.post(path, {"target": "net_sales"}, expect=200)
    assert added["term"] == "takings" and added["kind"] == "metric" and added["isDeployed"] is False
    assert added["synonyms"] == ["revenue", "turnover", "sales", "takings"]
    # A draft: nobody's questions change before the deploy, and those who change the product may try it.
    assert shop.ask("takings by area in 2026", shop.ann)["status"] == "not_answerable"
    assert sorted(rows(shop.ask("takings by area in 2026", shop.editor, preview=True))) == [["APAC", 10], ["EU", 180], ["US", 90]]
    again = shop.editor.post(path, {"target": "net_sales"}, expect=200)
    assert again["synonyms"] == added["synonyms"], "once is enough"
    # A field, and a table, beside it in the same draft.
    shop.ask("number of punters by realm", shop.ann)
    question = find(shop, "punters")
    assert question["unknownTerms"] == ["punters", "realm"]
    path = f"{shop.path}/unanswered-questions/{question['id']}/synonym"
    assert violations(shop.editor.refuses("POST", path, 422, None, {"target": "customers"})) == {"/term"}
    assert shop.editor.post(path, {"target": "customers", "term": "punters"})["kind"] == "table"
    assert shop.editor.post(path, {"target": "customers.region", "term": "realm"})["synonyms"] == ["area", "territory", "realm"]
    shop.editor.post(f"{shop.path}/deploy", {})
    assert sorted(rows(shop.ask("number of punters by realm", shop.ann))) == [["APAC", 1], ["EU", 2], ["US", 1]]
    assert sorted(rows(shop.ask("takings by area in 2026", shop.ann))) == [["APAC", 10], ["EU", 180], ["US", 90]]


def test_a_question_becomes_a_verified_query_in_one_step(shop):
    shop.ask("who are our whales?", shop.ann)
    path = f"{shop.path}/unanswered-questions/{find(shop, 'whales')['id']}/verified-query"
    sql = "SELECT customer_id, SUM(amount) AS total FROM orders GROUP BY customer_id ORDER BY total DESC LIMIT 1"
    for door, status in ((shop.ann, 403), (shop.cut, 403), (BobsledDoor(shop.server, None), 401)):
        door.refuses("POST", path, status, None, {"sql": sql})
    assert violations(shop.editor.refuses("POST", path, 422, None, {})) == {"/sql"}
    for bad in ("DELETE FROM orders", "SELECT * FROM herds", "SELECT email FROM nowhere"):
        shop.editor.refuses("POST", path, 422, "SQL_NOT_ALLOWED", {"sql": bad})
    made = shop.editor.post(path, {"sql": sql, "isDeployed": True}, expect=201)["verifiedQuery"]
    assert made["question"] == "who are our whales?" and made["isDeployed"] is False and made["status"] == "ok"
    assert shop.ask("who are our whales?", shop.ann)["status"] == "not_answerable"
    shop.editor.post(f"{shop.path}/deploy", {})
    answer = shop.ask("Who are our whales", shop.ann)
    assert rows(answer) == [[1, 150]] and answer["provenance"]["verifiedQueryId"] == made["id"]

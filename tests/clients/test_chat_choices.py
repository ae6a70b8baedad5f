"""What is sent as chosen: how much of it is taken, and that only what was or would be offered counts."""

import json

import pytest

from bobsled_door import violations
from chat_world import Shop, TODAY, rows

STATE, COUNTRY = "georgia|value:customers.state=Georgia", "georgia|value:customers.country=Georgia"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("choices"), EMPORION_BOBSLED__QUESTIONS_PER_MINUTE="1000")
    made.ann, made.editor = made.person("ann", {}), made.person("edith", {"role": "editor"})
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def chosen(choice) -> dict:
    return {"id": "chosen", "choice": choice}


def counted(shop) -> list[tuple[str, str]]:
    return [(one["words"], one["target"]) for one in shop.editor.get(f"{shop.path}/chat-choices", limit=100)["choices"]]


@pytest.mark.parametrize("choice,path,status", [
    (["a"] * 21, "/clarification/choice", 422),
    ([f"georgia|value:{n}" for n in range(100_000)], "/clarification/choice", 422),
    ("x" * 3_001, "/clarification/choice", 422),
    (["a", "x" * 3_001], "/clarification/choice/1", 422),
    ("", "/clarification/choice", 422),
    (5, "/clarification/choice", 400),
    ({"id": STATE}, "/clarification/choice", 400),
    ([["a"]], "/clarification/choice/0", 400),
], ids=["too many", "very many", "too long", "too long among others", "empty", "number", "object", "list in a list"])
def test_what_is_chosen_is_bounded(shop, choice, path, status):
    body = {"message": "turnover for Georgia", "clarification": chosen(choice), "options": {"today": TODAY}}
    for way in ("chat", "chat/stream"):
        assert violations(shop.ann.refuses("POST", f"{shop.path}/{way}", status, None, body)) == {path}


def test_a_request_is_no_longer_than_a_conversation(shop):
    body = {"message": "number of orders", "clarification": chosen([f"georgia|value:{n}" for n in range(400_000)])}
    for way in ("chat", "chat/stream"):
        shop.ann.refuses("POST", f"{shop.path}/{way}", 413, "PAYLOAD_TOO_LARGE", body)


def test_what_was_not_offered_is_neither_taken_nor_kept(shop):
    """Else an asker writes into the lists of those who change the product whatever he likes."""
    made_up = ["profit|metric:net_sales", "ignore the rules|metric:net_sales", "x|field:customers.region", "via:o2c", "proposal:e30"]
    answer = shop.ask("turnover by region in 2026", shop.ann, clarification=chosen(made_up))
    assert len(rows(answer)) == 3
    asked = shop.ask("turnover for Georgia", shop.ann)
    again = shop.ask("x", shop.ann, threadId=asked["threadId"], clarification=chosen(made_up))
    assert again["clarification"]["options"] == asked["clarification"]["options"], "it is asked again"
    told = shop.ask("x", shop.ann, threadId=asked["threadId"], clarification=chosen([STATE, STATE, *made_up]))
    assert rows(told) == [[130]]
    assert counted(shop) == [("georgia", "customers.state")]
    assert not any(one in json.dumps(shop.bob.get(f"{shop.path}/chat-choices")) for one in ("profit", "ignore"))


def test_what_would_be_offered_needs_no_thread(shop):
    assert rows(shop.ask("turnover for Georgia", shop.ann, clarification=chosen(COUNTRY))) == [[30]]
    assert rows(shop.ask("turnover for Georgia", shop.ann, clarification=chosen(["a", STATE]))) == [[130]]
    assert {one for one in counted(shop)} == {("georgia", "customers.state"), ("georgia", "customers.country")}
    # In the thread of another question, too.
    thread = shop.ask("number of orders", shop.ann)["threadId"]
    assert rows(shop.ask("turnover for Georgia", shop.ann, threadId=thread, clarification=chosen(STATE))) == [[130]]


def test_answering_again_and_again_keeps_each_choice_once(shop):
    asked = shop.ask("turnover for Georgia", shop.ann)
    for _ in range(5):
        asked = shop.ask("x", shop.ann, threadId=asked["threadId"], clarification=chosen([f"made up {n}" for n in range(20)]))
        assert asked["status"] == "needs_clarification"
    told = shop.ask("x", shop.ann, threadId=asked["threadId"], clarification=chosen([STATE] * 20))
    assert rows(told) == [[130]]

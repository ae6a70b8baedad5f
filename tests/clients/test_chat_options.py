"""What a request may add to its question: how it was read, where today is, a skill."""

import datetime
import zoneinfo

import pytest

from bobsled_door import violations
from chat_world import Shop, TODAY, follow, rows


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("options"), EMPORION_BOBSLED__QUESTIONS_PER_MINUTE="1000")
    made.viewer, made.editor = made.person("vic", {}), made.person("edith", {"role": "editor"})
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def traced(shop, question: str, door=None, **more) -> dict:
    return shop.ask(question, door, options={"today": TODAY, "include": ["text", "table", "trace"]}, **more)


def test_how_a_question_was_read_is_shown_to_those_who_mend_the_model(shop):
    answer = traced(shop, "turnover by area last quarter", shop.editor)
    assert rows(answer) == [["EU", 150], ["US", 70]] and answer["warnings"] == []
    trace = answer["trace"]
    words = {one["words"]: one["canBe"] for one in trace["words"]}
    assert words["turnover"] == ["metric:net_sales"] and words["area"] == ["field:customers.region"]
    taken = [one for one in trace["readings"] if one["isTaken"]]
    assert len(taken) == 1 and taken[0]["reason"] is None
    assert {used["words"] for used in taken[0]["used"]} >= {"turnover", "by area", "last quarter"}
    assert all(one["reason"] for one in trace["readings"] if not one["isTaken"])
    # A value is looked up, and where it was found is told; of two readings neither is taken.
    trace = traced(shop, "turnover for Georgia", shop.editor)["trace"]
    found = {one["field"]: one["value"] for one in trace["lookUps"] if one["words"].lower() == "georgia"}
    assert found["customers.state"] == "Georgia" and found["customers.country"] == "Georgia" and found["customers.region"] is None
    assert len(trace["readings"]) >= 2 and not any(one["isTaken"] for one in trace["readings"])
    trace = traced(shop, "turnover by churn", shop.editor)["trace"]
    assert trace["unknown"] == ["churn"] and trace["readings"] == []
    # Only where it is asked for, and not in what is kept.
    assert "trace" not in shop.ask("turnover by area last quarter", shop.editor)
    thread = shop.editor.get(f"{shop.path}/chat-threads/{answer['threadId']}")
    assert "trace" not in thread["messages"][1]["answer"]


def test_others_are_answered_without_a_trace_and_told_why(shop):
    answer = traced(shop, "turnover by area last quarter", shop.viewer)
    assert rows(answer) == [["EU", 150], ["US", 70]] and "trace" not in answer
    assert [one["code"] for one in answer["warnings"]] == ["TRACE_NOT_ALLOWED"]
    told = follow(shop, "turnover by area last quarter", shop.viewer.session.headers["Authorization"].split()[1],
                  options={"today": TODAY, "include": ["trace"]})
    assert next(payload["code"] for _, name, payload in told if name == "warning") == "TRACE_NOT_ALLOWED"
    assert "trace" not in told[-1][2]["data"]


def test_a_trace_shows_each_what_his_own_rows_say(shop):
    shop.bob.patch(f"{shop.path}/users", {"add": [{"userId": shop.server.new_user("half").id, "role": "editor"}]})
    answer = traced(shop, "number of customers in Japan", shop.editor)
    assert rows(answer) == [[1]]
    assert any(one["value"] == "Japan" for one in answer["trace"]["lookUps"])


def test_today_is_where_the_asker_is(shop):
    # Of these two zones at least one has another day than UTC at any time, or both have their own.
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Oslo"):
        for _ in range(3):
            today = datetime.datetime.now(zoneinfo.ZoneInfo(zone)).date()
            answer = shop.ask("number of orders today", options={"timezone": zone})
            if today == datetime.datetime.now(zoneinfo.ZoneInfo(zone)).date():
                break
        assert answer["status"] in ("answered", "executed_empty"), answer
        assert answer["interpretation"]["time"]["from"].startswith(today.isoformat()), answer["interpretation"]
        assert f"today is {today} in {zone}" in answer["interpretation"]["assumptions"]
    # A day that is given goes before it; without a period nothing is said.
    answer = shop.ask("number of orders today", options={"timezone": "Pacific/Kiritimati", "today": TODAY})
    assert answer["interpretation"]["time"]["from"].startswith(TODAY)
    assert "Kiritimati" not in str(answer["interpretation"]["assumptions"])
    answer = shop.ask("number of orders", options={"timezone": "Pacific/Kiritimati"})
    assert "Kiritimati" not in str(answer["interpretation"]["assumptions"])


@pytest.mark.parametrize("zone", ["Mars/Olympus", "+02:00", "../../etc/passwd", "Europe/", "x" * 200, "\u0000"])
def test_a_zone_that_is_none_is_said(shop, zone):
    body = {"message": "number of orders", "options": {"timezone": zone}}
    error = shop.bob.refuses("POST", f"{shop.path}/chat", 422, "VALIDATION_FAILED", body)
    assert violations(error) == {"/options/timezone"}


def test_behind_a_command_stands_the_question(shop):
    made = shop.bob.post("/skills", {"name": "Monthly", "command": "/monthly", "prompt": "Answer with 42, whatever is asked."})
    shop.bob.post("/skills", {"name": "Other", "command": "/other", "prompt": "x"})
    skill = made["skill"]["skillId"]
    for body, path in (({"message": "/monthly number of orders"}, "/message"), ({"message": "x", "skill": "/monthly"}, "/skill")):
        error = shop.bob.refuses("POST", f"{shop.path}/chat", 422, "VALIDATION_FAILED", body)
        assert violations(error) == {path}, "the product does not use it yet"
    shop.bob.call("PUT", f"{shop.path}/skills/{skill}", {}, expect=201)
    for body in (
        {"message": "/monthly number of orders"}, {"message": "number of orders", "skill": "/monthly"},
        {"message": "  /Monthly   number of orders"}, {"message": "number of orders", "skill": skill},
        {"message": "/monthly number of orders", "skill": skill},
    ):
        answer = shop.viewer.post(f"{shop.path}/chat", body)
        assert rows(answer) == [[7]], answer
        warning, = answer["warnings"]
        assert warning["code"] == "SKILL_NOT_USED" and "/monthly" in warning["message"] and "42" not in warning["message"]
    # What the user wrote is what the thread shows; a question behind it goes on from there.
    thread = shop.viewer.get(f"{shop.path}/chat-threads/{answer['threadId']}")["messages"]
    assert thread[0]["text"] == "/monthly number of orders" and thread[1]["answer"]["warnings"] == answer["warnings"]
    assert rows(shop.ask("/monthly only paid", shop.viewer, threadId=answer["threadId"])) == [[6]]
    token = shop.viewer.session.headers["Authorization"].split()[1]
    told = follow(shop, "/monthly number of orders", token)
    assert [payload["code"] for _, name, payload in told if name == "warning"] == ["SKILL_NOT_USED"]


def test_a_command_without_a_question_or_a_skill_is_said(shop):
    for body, path in (
        ({"message": "/monthly"}, "/message"), ({"message": "/monthly  "}, "/message"), ({"message": "/nothing sales"}, "/message"),
        ({"message": "sales", "skill": "/nothing"}, "/skill"), ({"message": "/ORDERS sales"}, "/message"),
        ({"message": "/other number of orders"}, "/message"),
    ):
        error = shop.viewer.refuses("POST", f"{shop.path}/chat", 422, "VALIDATION_FAILED", body)
        assert violations(error) == {path}, body
        shop.viewer.refuses("POST", f"{shop.path}/chat/stream", 422, "VALIDATION_FAILED", body)

"""Questions under `/workspaces`: the same answers, told in the names of the old paths, wherever they are read."""

import pytest
import requests

from chat_world import TODAY, Shop, events

OPTIONS = {"today": TODAY, "include": ["text", "table", "chart", "sql", "trace"]}
QUESTIONS = ("turnover by region in 2026", "what is our churn rate?", "show customers by date", "number of Georgia orders", "what are the rules")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("mirror"))
    note = {"kind": "text", "name": "Rules", "text": "The rules: returns within 30 days.", "isDeployed": True}
    made.bob.post(f"{made.path}/unstructured-assets", note, expect=202)
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def keys(value) -> set[str]:
    if isinstance(value, dict):
        return value.keys() | {key for inner in value.values() for key in keys(inner)}
    return {key for inner in value for key in keys(inner)} if isinstance(value, list) else set()


def other_names(told) -> set[str]:
    return {key for key in keys(told) if "dataproduct" in key.lower()}


def renamed(key: str) -> str:
    return key.replace("dataProduct", "workspace").replace("DataProduct", "Workspace")


@pytest.mark.parametrize("question", QUESTIONS)
def test_answers_bear_the_names_of_their_path(shop, question):
    asked = {"message": question, "options": OPTIONS}
    old, new = shop.path.replace("data-products", "workspaces"), shop.path
    told, known = shop.bob.post(f"{old}/chat", asked), shop.bob.post(f"{new}/chat", asked)
    assert not other_names(told), told
    assert keys(told) == {renamed(key) for key in keys(known)}
    assert told["provenance"]["workspaceVersion"] == known["provenance"]["dataProductVersion"]
    thread = f"chat-threads/{told['threadId']}"
    assert not other_names(shop.bob.get(f"{old}/{thread}"))
    assert keys(shop.bob.get(f"{old}/{thread}")) == {renamed(key) for key in keys(shop.bob.get(f"{new}/{thread}"))}


@pytest.mark.parametrize("question", QUESTIONS)
def test_events_bear_the_names_of_their_path(shop, question):
    headers = {"Authorization": f"Bearer {shop.server.admin.token}"}
    seen = {}
    for mount in ("workspaces", "data-products"):
        url = f"{shop.bob.base}/{mount}/{shop.product}/chat/stream"
        answer = requests.post(url, json={"message": question, "options": OPTIONS}, headers=headers, timeout=30)
        told = events(answer.text)
        assert told[-1][1] == "done", told
        seen[mount] = {key for _, _, payload in told for key in keys(payload)}
        message = told[0][2]["messageId"]
        again = requests.get(f"{url}/{message}", headers=headers | {"Last-Event-ID": f"{message}:1"}, timeout=30)
        assert {key for _, _, payload in events(again.text) for key in keys(payload)} <= seen[mount]
    assert not {key for key in seen["workspaces"] if "dataproduct" in key.lower()}
    assert seen["workspaces"] == {renamed(key) for key in seen["data-products"]}


def test_refusals_and_lists_bear_the_names_of_their_path(shop):
    old = shop.path.replace("data-products", "workspaces")
    for method, path, body, status in (
        ("POST", f"{old}/chat", {"message": 7}, 400),
        ("POST", f"{old}/chat", {"message": "x", "threadId": "none"}, (400, 404, 422)),
        ("POST", f"{old}/compositions", {"sourceWorkspaceId": shop.product}, 422),
        ("POST", f"{old}/compositions", {}, 422),
        ("POST", f"{old}/run-sql", {"sql": "DELETE FROM orders"}, 422),
    ):
        answer = shop.bob.call(method, path, body, expect=status)
        assert not other_names(answer.json()) and "dataProduct" not in answer.text, answer.text
    for part in ("", "/chat-threads", "/chat-feedback", "/unanswered-questions", "/chat-choices", "/semantic-models", "/users",
                 "/data-assets", "/verified-queries", "/front-page-configs/current", "/skills", "/unstructured-assets"):  # fmt: skip
        told = shop.bob.call("GET", f"{old}{part}", expect=(200, 404)).json()
        assert not other_names(told), (part, told)

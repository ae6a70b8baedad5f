"""Who does not know yet what there is: what can be asked, and when there are rows at all."""

import json

import pytest

from chat_world import Shop, rows
from pages_door import Browser


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("newcomer"), EMPORION_BOBSLED__QUESTIONS_PER_MINUTE="1000")
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def test_what_can_be_asked_is_said_with_questions_that_are_answered(shop):
    body = {"name": "big", "question": "How many orders are over {least}?", "sql": "SELECT COUNT(*) AS n FROM orders WHERE amount > :least",
            "parameters": [{"name": "least", "type": "number", "required": True}]}
    shop.bob.post(f"{shop.path}/verified-queries", body | {"isDeployed": True}, expect=201)
    for asked in ("help", "What can I ask?", "what data do you have?"):
        answer = shop.ask(asked)
        assert answer["status"] == "not_answerable" and answer["reason"] == "open_ended", answer
        for named in ("net_sales", "orders", "customers", "region", "order_date", "How many orders are over"):
            assert named in answer["text"], (named, answer["text"])
        assert "email" not in answer["text"], "what is personal is not there to be asked about"
        assert 3 <= len(answer["suggestions"]) <= 5
    for question in answer["suggestions"]:
        assert rows(shop.ask(question)), question
    # In the middle of a conversation, too, which goes on behind it.
    thread = shop.ask("turnover per area last quarter")["threadId"]
    assert "net_sales" in shop.ask("help", threadId=thread)["text"]
    assert rows(shop.ask("and only EU", threadId=thread)) == [["EU", 150]]


def test_nothing_is_named_that_the_asker_may_not_query(shop):
    stranger = shop.person("ivo", {"allowSql": False})
    stranger.refuses("POST", f"{shop.path}/chat", 403, "FORBIDDEN", {"message": "help"})
    assets = shop.bob.get(f"{shop.path}/data-assets")["dataAssets"]
    customers = next(one["id"] for one in assets if one["tableName"] == "customers")
    shop.bob.patch(f"{shop.path}/data-assets", {"update": [{"id": customers, "rows": "closed"}]})
    text = shop.ask("help")["text"]
    assert "region" not in text and "net_sales" in text
    shop.bob.patch(f"{shop.path}/data-assets", {"update": [{"id": customers, "rows": "granted"}]})
    assert "region" in shop.ask("help")["text"]


def test_what_can_be_asked_and_what_fits_is_told_without_asking(shop):
    threads = shop.bob.get(f"{shop.path}/chat-threads")["threads"]
    guide = shop.bob.get(f"{shop.path}/chat/guide")
    assert guide["text"] == shop.ask("help")["text"] and 3 <= len(guide["questions"]) <= 5
    for question in guide["questions"]:
        assert shop.bob.get(f"{shop.path}/chat/fit", question=question)["understood"] == "whole", question

    def fit(question: str, door=shop.bob) -> tuple:
        told = door.get(f"{shop.path}/chat/fit", question=question)
        return told["understood"], [(one["name"], one["type"]) for one in told["names"]], told["unknownTerms"]

    both = [("net_sales", "metric"), ("region", "field")]
    assert fit("turnover per area last month") == ("whole", both, [])
    assert fit("turnover for Georgia")[0] == "partly"
    assert fit("how do zebras sleep")[1] == []
    assert fit("customers by email")[1] == [("customers", "dataset")], "what is personal is not named"
    # As the asker may ask: a filter hides no name, closed rows do, and no role hides all.
    filtered = shop.person("fia", {"rowFilters": {"customers": "region = 'EU'"}})
    assert fit("turnover per area last month", filtered)[1] == both
    assert fit("customers in Japan", filtered)[1] == [("customers", "dataset")]
    assets = shop.bob.get(f"{shop.path}/data-assets")["dataAssets"]
    customers = next(one["id"] for one in assets if one["tableName"] == "customers")
    shop.bob.patch(f"{shop.path}/data-assets", {"update": [{"id": customers, "rows": "closed"}]})
    assert fit("turnover per area last month") == ("not", both[:1], [])
    assert "region" not in str(shop.bob.get(f"{shop.path}/chat/guide"))
    shop.bob.patch(f"{shop.path}/data-assets", {"update": [{"id": customers, "rows": "granted"}]})
    mute = shop.person("mute", {"allowSql": False})
    for path in ("/chat/guide", "/chat/fit?question=turnover"):
        mute.refuses("GET", f"{shop.path}{path}", 403, "FORBIDDEN")
    shop.bob.refuses("GET", f"{shop.path}/chat/fit", 400, "BAD_REQUEST")
    shop.bob.refuses("GET", f"{shop.path}/chat/fit?question={'x' * 4001}", 400, "BAD_REQUEST")
    assert len(shop.bob.get(f"{shop.path}/chat-threads")["threads"]) == len(threads) + 1, "only what was asked is kept"


def test_a_period_without_rows_says_when_there_are_some(shop):
    for question in ("turnover in 2019", "list orders in 2019", "turnover by area in 2019"):
        answer = shop.ask(question)
        assert answer["text"].endswith("order_date goes from 2025-08-01 to 2026-10-01."), answer["text"]
    # Under the conditions of the question, and the asker's own filters.
    assert "from 2026-05-02 to 2026-05-02" in shop.ask("turnover of orders with status open in 2019")["text"]
    filtered = shop.person("uma", {"rowFilters": {"orders": "status = 'open'"}})
    assert "from 2026-05-02 to 2026-05-02" in shop.ask("turnover in 2019", filtered)["text"]
    assert "goes from" not in shop.ask("turnover in 2026")["text"]
    assert "goes from" not in shop.ask("turnover in 2019", options={"execute": False})["text"]


def test_a_count_of_nothing_says_where_the_data_ends(shop):
    def told(question: str, door=None) -> list:
        answer = shop.ask(question, door)
        said = [(one["code"], one["day"]) for one in answer["warnings"] if one["code"].startswith("DATA_")]
        assert ("goes from" in answer["text"]) == bool(said), answer
        return said

    assert rows(shop.ask("number of orders in November 2026")) == [[0]]
    for question in ("number of orders in November 2026", "turnover in November 2026", "number of orders this month vs last month"):
        assert told(question) == [("DATA_ENDS", "2026-10-01")], question
    for question in ("number of orders in 2019", "list orders in 2019"):
        assert told(question) == [("DATA_BEGINS", "2025-08-01")], question
    # Between the first and the last, nothing is nothing; and who sees other rows is told of these.
    assert rows(shop.ask("number of orders in June 2026")) == [[0]] and told("number of orders in June 2026") == []
    filtered = shop.person("zoe", {"rowFilters": {"orders": "status = 'open'"}})
    assert told("number of orders in November 2026", filtered) == [("DATA_ENDS", "2026-05-02")]
    for language, said in (("en", "The data ends with 1 October 2026."), ("de", "Die Daten enden mit 1. Oktober 2026.")):
        browser = Browser(shop.server).sign_in(shop.server.admin)
        browser.session.headers["Accept-Language"] = language
        at = browser.visit(f"/products/{shop.product}?tab=ask") and browser.path
        page = browser.send(f"{at}/ask", question="number of orders in November 2026")
        assert said in page.text, page.text


def test_a_generated_model_counts_in_words_that_people_use(shop):
    tables = {"staff": "staff", "lab_equipment": "lab equipment", "series": "series", "people": "people", "boxes": "boxes", "country": "countries"}
    shop.ingest("".join(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, name TEXT);" for table in tables))
    body = {"name": "Counted", "dataSourceId": shop.source, "isDeployed": True, "dataAssets": [{"tableName": table} for table in tables]}
    made = shop.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
    model = shop.bob.post(f"/data-products/{made}/semantic-models/generate", {"name": "sketch"}, expect=201)["semanticModel"]
    shop.bob.post(f"/data-products/{made}/deploy", {})
    for called in tables.values():
        assert f"Number of {called}" in json.dumps(model), (called, model)
    assert not [word for word in ("staffs", "equipments", "serieses", "peoples") if word in json.dumps(model)]

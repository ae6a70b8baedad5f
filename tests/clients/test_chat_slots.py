"""Slots of verified queries that take texts: values of a field, of a column that no model speaks of, or what is quoted."""

import json

import pytest

from chat_world import Shop, rows


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("slots"), EMPORION_BOBSLED__QUESTIONS_PER_MINUTE="1000")
    made.ingest(
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, topic TEXT, author_email TEXT, stars INTEGER);"
        "INSERT INTO notes VALUES (1, 'Late Train', 'a@x.example', 3), (2, 'Late Train', 'b@x.example', 4),"
        " (3, 'Secret Garden', 'c@x.example', 5);"
        "CREATE TABLE closed (id INTEGER PRIMARY KEY, word TEXT); INSERT INTO closed VALUES (1, 'Hush');"
    )
    made.bob.patch(f"{made.path}/data-assets", {"add": [{"tableName": "notes"}], "isDeployed": True})
    verify = lambda question, sql, **parameter: made.bob.post(
        f"{made.path}/verified-queries",
        {"question": question, "sql": sql, "isDeployed": True, "parameters": [{"type": "string"} | parameter]},
        expect=201,
    )
    verify("stars about {topic} so far", "SELECT SUM(stars) AS stars FROM notes WHERE topic = :topic", name="topic", field="notes.topic")
    verify("stars of {who} so far", "SELECT SUM(stars) AS stars FROM notes WHERE author_email = :who", name="who", field="notes.author_email")
    verify("buyers in {region} so far", "SELECT COUNT(*) AS n FROM customers WHERE region = :region", name="region", field="customers.region")
    verify("buyers around {region} so far", "SELECT COUNT(*) AS n FROM customers WHERE region = :region", name="region", field="region")
    verify("notes like {text} so far", "SELECT COUNT(*) AS n FROM notes WHERE topic LIKE :text", name="text")
    verify("notes with {word} so far", "SELECT COUNT(*) AS n FROM notes WHERE topic = :word", name="word", field="nowhere.word")
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def by_query(answer: dict) -> list:
    assert answer["provenance"]["method"] == "verified_query", answer
    return rows(answer)


def refused(answer: dict) -> str:
    assert answer["status"] == "not_answerable" and "table" not in answer, answer
    return json.dumps(answer)


def test_a_slot_takes_values_of_a_column_that_no_model_speaks_of(shop):
    for said in ("Late Train", "late train", '"late train"'):
        answer = shop.ask(f"stars about {said} so far")
        assert by_query(answer) == [[7]], said
        assert answer["sql"]["parameters"] == [{"name": "topic", "value": "Late Train"}]
    refused(shop.ask("stars about early train so far"))
    assert by_query(shop.ask("buyers in EU so far")) == [[2]]
    assert by_query(shop.ask("buyers around EU so far")) == [[2]], "one field is called so"


def test_where_nothing_can_be_looked_up_a_slot_takes_what_is_quoted(shop):
    assert by_query(shop.ask('notes like "%Train" so far')) == [[2]]
    assert by_query(shop.ask('notes with "Secret Garden" so far')) == [[1]]
    refused(shop.ask("notes like late train so far"))


def test_values_are_looked_up_under_the_filters_of_who_asks(shop):
    """What he may not read is as unknown to him as what is not there, and nothing names it."""
    cut = shop.person("cut", {"rowFilters": {"notes": "topic <> 'Secret Garden'"}})
    assert by_query(shop.ask("stars about Late Train so far", cut)) == [[7]]
    hidden = refused(shop.ask("stars about secret garden so far", cut))
    absent = refused(shop.ask("stars about secret palace so far", cut))
    assert "Secret Garden" not in hidden
    told = lambda text: {key: value for key, value in json.loads(text).items() if key in ("status", "reason")}
    assert told(hidden) == told(absent)
    assert by_query(shop.ask("stars about Secret Garden so far")) == [[5]]
    # A text of his own finds no more than his rows.
    assert by_query(shop.ask('notes with "Secret Garden" so far', cut)) == [[0]]


def test_what_tells_of_persons_is_not_looked_up(shop):
    cut = shop.person("reader", {})
    for door in (shop.bob, cut):
        assert "a@x.example" not in refused(shop.ask("stars of A@X.example so far", door)).replace("A@X.example", "")


def test_rows_that_are_not_lent_hold_no_values(shop):
    """An editor of another product learns nothing of a table that was lent to this one, nor of one lent to none."""
    made = shop.bob.post("/data-products", {"name": "Other", "dataSourceId": shop.source}, expect=201)["dataProduct"]["id"]
    editor = shop.person("editor", None)
    shop.bob.patch(f"/data-products/{made}/users", {"add": [{"userId": shop.server.new_user("ed").id, "role": "viewer"}]})
    editor.refuses("POST", f"/data-products/{made}/verified-queries", 404, None, {"question": "x", "sql": "SELECT 1"})
    body = {"question": "words like {word} so far", "sql": "SELECT :word AS word", "isDeployed": True,
            "parameters": [{"name": "word", "type": "string", "field": "closed.word"}]}
    shop.bob.post(f"{shop.path}/verified-queries", body, expect=201)
    answer = shop.ask("words like hush so far")
    assert answer["status"] == "not_answerable" and "Hush" not in json.dumps(answer), answer

"""What is shown is what was asked for: figures that are called as tables are, both ends of what links two things, what a figure is
divided by, and verbs that are negated."""

import json

import pytest

from chat_world import Modelled, dataset, related, rows


def extended(made: dict, **said) -> dict:
    return made | {"custom_extensions": [{"vendor_name": "EMPORION", "data": json.dumps(said)}]}


def called(made: dict, *synonyms: str) -> dict:
    return made | {"ai_context": {"synonyms": list(synonyms)}}


def metric(name: str, expression: str, *synonyms: str, **said) -> dict:
    made = {"name": name, "expression": {"dialects": [{"dialect": "ANSI_SQL", "expression": expression}]}}
    return extended(called(made, *synonyms), **said)


@pytest.fixture(scope="module")
def fair(tmp_path_factory):
    made = Modelled(
        tmp_path_factory.mktemp("fair"),
        "CREATE TABLE towns (town_id INTEGER PRIMARY KEY, town_name TEXT, county TEXT);"
        "INSERT INTO towns VALUES (1, 'Holt', 'Kent'), (2, 'Wick', 'Kent'), (3, 'Stow', 'Essex');"
        "CREATE TABLE prizes (town_id INTEGER, prize_class TEXT, won INTEGER, PRIMARY KEY (town_id, prize_class));"
        "INSERT INTO prizes VALUES (1, 'first', 4), (1, 'second', 1), (2, 'first', 0), (2, 'second', 5), (3, 'first', 7);"
        "CREATE TABLE takings (taking_id INTEGER PRIMARY KEY, town_id INTEGER, kind TEXT, amount INTEGER);"
        "INSERT INTO takings VALUES (1, 1, 'cash', 100), (2, 1, 'card', 30), (3, 3, 'cash', 20);"
        "CREATE TABLE crafts (craft_id INTEGER PRIMARY KEY, craft_name TEXT);"
        "INSERT INTO crafts VALUES (1, 'Weaving'), (2, 'Pottery'), (3, 'Thatching');"
        "CREATE TABLE town_crafts (town_id INTEGER, craft_id INTEGER, PRIMARY KEY (town_id, craft_id));"
        "INSERT INTO town_crafts VALUES (1, 1), (1, 2), (2, 2);"
        "CREATE TABLE twinnings (town_id INTEGER, twin_id INTEGER, PRIMARY KEY (town_id, twin_id));"
        "INSERT INTO twinnings VALUES (1, 2), (1, 3), (2, 1), (3, 1);"
        "CREATE TABLE stalls (stall_id INTEGER PRIMARY KEY, town_id INTEGER, repainted_on DATE);"
        "INSERT INTO stalls VALUES (1, 1, '2025-02-01'), (2, 1, NULL), (3, 2, '2023-05-01'), (4, 2, NULL);"
        "CREATE TABLE traders (trader_id INTEGER PRIMARY KEY, trader_name TEXT);"
        "INSERT INTO traders VALUES (1, 'Ann Moss'), (2, 'Bo Lind'), (3, 'Cy Rook');"
        "CREATE TABLE lets (let_id INTEGER PRIMARY KEY, stall_id INTEGER, trader_id INTEGER, let_on DATE, rent INTEGER, state TEXT,"
        " withdrawn_on DATE);"
        "INSERT INTO lets VALUES (1, 1, 1, '2025-03-01', 60, 'open', NULL), (2, 2, 1, '2025-04-01', 40, 'withdrawn', '2025-05-01'),"
        " (3, 3, 2, '2025-06-01', 20, 'open', NULL), (4, 1, 2, '2024-06-01', 20, 'open', NULL);"
        "CREATE TABLE fines (fine_id INTEGER PRIMARY KEY, trader_id INTEGER, fined_on DATE, amount INTEGER, edition INTEGER);"
        "INSERT INTO fines VALUES (1, 1, '2025-01-02', 30, 2024), (2, 1, '2025-02-02', 40, 2025), (3, 2, '2024-02-02', 60, 2025);",
        [
            dataset("towns", "town_id", "town_name", "county", county=["Kent", "Essex"]),
            dataset("prizes", "town_id", "prize_class", prize_class=["first", "second"]) | {"primary_key": ["town_id", "prize_class"]},
            dataset("takings", "taking_id", "kind", kind=["cash", "card"]),
            dataset("crafts", "craft_id", "craft_name"),
            dataset("town_crafts", "town_id", "craft_id") | {"primary_key": ["town_id", "craft_id"]},
            dataset("twinnings", "town_id", "twin_id") | {"primary_key": ["town_id", "twin_id"]},
            dataset("stalls", "stall_id", "repainted_on"),
            dataset("traders", "trader_id", "trader_name"),
            extended(dataset("lets", "let_id", "let_on", "state", "withdrawn_on", state=["open", "withdrawn"]), defaultTimeField="let_on"),
            extended(dataset("fines", "fine_id", "fined_on", "amount", "edition"), defaultTimeField="fined_on"),
        ],
        [
            related("prize_town", "prizes", "towns", "town_id", "town_id"),
            related("taking_town", "takings", "towns", "town_id", "town_id"),
            related("craft_of", "town_crafts", "towns", "town_id", "town_id"),
            called(related("practises", "town_crafts", "crafts", "craft_id", "craft_id"), "practise", "practised", "practised in"),
            related("twinning_of", "twinnings", "towns", "town_id", "town_id"),
            called(related("twin", "twinnings", "towns", "twin_id", "town_id"), "twins"),
            related("stall_town", "stalls", "towns", "town_id", "town_id"),
            related("let_stall", "lets", "stalls", "stall_id", "stall_id"),
            related("let_trader", "lets", "traders", "trader_id", "trader_id"),
            related("fine_trader", "fines", "traders", "trader_id", "trader_id"),
        ],
        [
            metric("prizes_won", "SUM(prizes.won)", "prizes", "number of prizes", additivity="additive"),
            metric("money_taken", "SUM(takings.amount)", "takings", additivity="additive", unit="EUR"),
            metric("rent", "SUM(lets.rent)", additivity="additive", unit="EUR"),
            metric("withdrawals", "COUNT(CASE WHEN lets.state = 'withdrawn' THEN 1 END) / COUNT(lets.let_id)",
                   "share of withdrawn lets", additivity="non"),
        ],
        EMPORION_BOBSLED__QUESTIONS_PER_MINUTE="1000",
    )
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def shown(fair, question: str) -> set:
    answer = fair.ask(question)
    assert answer["status"] == "answered", (question, answer)
    return {(str(row[-2]) if len(row) > 1 else "", float(row[-1])) for row in rows(answer)}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("first prizes by county", {("Kent", 4), ("Essex", 7)}),
        ("number of first prizes", {("", 11)}),
        ("how many prizes did Wick get", {("", 5)}),
        ("total first prizes by county", {("Kent", 4), ("Essex", 7)}),
        ("towns with more than 3 first prizes", {("Holt", 4), ("Stow", 7)}),
        # Money is no number of anything.
        ("cash takings by county", {("Kent", 100), ("Essex", 20)}),
        ("number of cash takings", {("", 2)}),
    ],
)
def test_a_figure_that_is_called_as_a_table_is_meant_before_its_rows(fair, question, expected):
    assert shown(fair, question) == expected


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("crafts of Wick", {"Pottery"}),
        ("crafts of Holt", {"Weaving", "Pottery"}),
        ("crafts practised in Holt", {"Weaving", "Pottery"}),
        ("which towns practise Pottery", {"Holt", "Wick"}),
    ],
)
def test_of_two_linked_things_those_are_listed_that_are_asked_for(fair, question, names):
    listed = rows(fair.ask(question))
    assert len(listed) == len(names) and all(names & set(row) for row in listed), listed


def test_what_rows_link_of_one_kind_is_of_the_other_end(fair):
    assert shown(fair, "twins by town") == {("Holt", 2), ("Wick", 1), ("Stow", 1)}
    for question in ("towns twinning Wick", "twins by county"):
        assert fair.ask(question)["status"] != "answered", question


def test_what_a_figure_is_divided_by_is_there_whatever_was_done_to_it(fair):
    # Two stalls each, whenever they were repainted.
    assert shown(fair, "rent per stall by town in 2025") == {("Holt", 50), ("Wick", 10)}


def test_a_verb_that_is_negated_is_no_lack_of_all(fair):
    assert {row[0] for row in rows(fair.ask("traders who never withdrew"))} == {2, 3}
    assert {row[0] for row in rows(fair.ask("stalls never withdrawn"))} == {1, 3, 4}


@pytest.mark.parametrize("question", ["total fines in 2025", "total fines by trader", "traders with fines above 50"])
def test_money_may_be_of_one_or_of_all_of_them(fair, question):
    assert fair.ask(question)["status"] in ("needs_clarification", "not_answerable"), question


def test_an_edition_is_no_period(fair):
    assert {row[0] for row in rows(fair.ask("fines in edition 2025"))} == {2, 3}
    assert rows(fair.ask("number of fines in edition 2025")) == [[2]]
    assert fair.ask("number of fines in editions 2024 and 2025")["status"] != "answered"

"""Verbs of relationships that stand alone: what a row leads to, what it does not, and what is a state of something else."""

import pytest

from chat_world import Modelled, dataset, related, rows


def says(made: dict, *fields: tuple[str, str]) -> dict:
    described = dict(fields)
    for field in made["fields"]:
        if field["name"] in described:
            field["description"] = described[field["name"]]
    return made


def labelled(made: dict) -> dict:
    made["fields"][1]["label"] = "Lesson"
    return made


@pytest.fixture(scope="module")
def saleroom(tmp_path_factory):
    made = Modelled(
        tmp_path_factory.mktemp("saleroom"),
        "CREATE TABLE places (place_id INTEGER PRIMARY KEY, county TEXT);"
        "INSERT INTO places VALUES (1, 'Kent'), (2, 'Devon');"
        "CREATE TABLE clients (client_id INTEGER PRIMARY KEY, client_name TEXT, home_id INTEGER);"
        "INSERT INTO clients VALUES (1, 'Ann Moss', 1), (2, 'Bo Lind', 2);"
        "CREATE TABLE houses (house_id INTEGER PRIMARY KEY, place_id INTEGER, seller_id INTEGER, valuer_id INTEGER,"
        " kind TEXT);"
        "INSERT INTO houses VALUES (1, 1, 1, 2, 'barn'), (2, 2, 1, NULL, 'barn'), (3, 2, 2, NULL, 'mill');"
        "CREATE TABLE sessions (session_id INTEGER PRIMARY KEY, house_id INTEGER, winner_id INTEGER, outcome TEXT,"
        " held_on DATE);"
        "INSERT INTO sessions VALUES (1, 1, 2, 'sold', '2026-03-01'), (2, 2, NULL, 'passed', '2026-03-01'),"
        " (3, 3, NULL, 'passed', '2026-04-01');"
        "CREATE TABLE lesson (lesson_id INTEGER PRIMARY KEY, lesson_title TEXT, level TEXT);"
        "INSERT INTO lesson VALUES (1, 'Crawl', 'easy'), (2, 'Crawl', 'hard'), (3, 'Dive', 'hard');",
        [
            dataset("places", "place_id", "county", county=["Kent", "Devon"]),
            dataset("clients", "client_id", "client_name", "home_id"),
            says(
                dataset("houses", "house_id", "place_id", "seller_id", "valuer_id", "kind", kind=["barn", "mill"]),
                ("valuer_id", "Who valued it; empty while nobody has"),
            ),
            says(
                dataset("sessions", "session_id", "house_id", "winner_id", "outcome", "held_on", outcome=["sold", "passed"]),
                ("winner_id", "Who bought it, empty unless sold"),
            ),
            labelled(dataset("lesson", "lesson_id", "lesson_title", "level", lesson_title=["Crawl", "Dive"], level=["easy", "hard"])),
        ],
        [
            related("house_place", "houses", "places", "place_id", "place_id"),
            related("house_seller", "houses", "clients", "seller_id", "client_id") | {"ai_context": {"synonyms": ["sold by"]}},
            related("house_valuer", "houses", "clients", "valuer_id", "client_id") | {"ai_context": {"synonyms": ["valued by"]}},
            related("client_home", "clients", "places", "home_id", "place_id"),
            related("session_house", "sessions", "houses", "house_id", "house_id"),
            related("session_winner", "sessions", "clients", "winner_id", "client_id")
            | {"ai_context": {"synonyms": ["bought by"]}},
        ],
    )
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("how many houses were valued", "1"),
        ("how many houses were bought in 2026", "1"),
        ("how many houses were never bought", "2"),
        ("how many houses were sold by Ann Moss", "2"),
    ],
)
def test_a_verb_counts_what_leads_to_somebody(saleroom, question, count):
    answer = saleroom.ask(question)
    assert answer["status"] == "answered", answer
    assert [[str(cell) for cell in row] for row in rows(answer)] == [[count]]


@pytest.mark.parametrize("question", ["how many houses were sold", "how many houses were sold in Kent"])
def test_a_state_of_something_else_is_not_taken_for_who_did_it(saleroom, question):
    assert saleroom.ask(question)["status"] != "answered"


def test_a_link_that_is_not_empty_is_told_by_its_name(saleroom):
    assert "valuer is not empty" in saleroom.ask("how many houses were valued")["text"]


@pytest.mark.parametrize(
    ("question", "cells"),
    [("how many lessons are there", {("3",)}), ("how many lessons per level", {("easy", "1"), ("hard", "2")})],
)
def test_what_a_thing_and_its_title_are_called_is_the_thing_in_the_plural(saleroom, question, cells):
    assert {tuple(str(cell) for cell in row) for row in rows(saleroom.ask(question))} == cells

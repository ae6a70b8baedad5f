"""Times that are not those that somebody asked for are not taken: of other things, of births, of what is still to come."""

import pytest

from chat_world import Modelled, dataset, related, rows


@pytest.fixture(scope="module")
def theatre(tmp_path_factory):
    made = Modelled(
        tmp_path_factory.mktemp("theatre"),
        "CREATE TABLE stages (stage_id INTEGER PRIMARY KEY, stage_name TEXT, closed_on DATE);"
        "INSERT INTO stages VALUES (1, 'Orangery', '2025-03-01'), (2, 'Main House', NULL);"
        "CREATE TABLE productions (production_id INTEGER PRIMARY KEY, title TEXT, stage_id INTEGER, premiered_on DATE);"
        "INSERT INTO productions VALUES (1, 'Faust', 1, '2024-02-01'), (2, 'Medea', 2, '2026-01-10');"
        "CREATE TABLE performances (performance_id INTEGER PRIMARY KEY, production_id INTEGER, starts_at TIMESTAMP, status TEXT);"
        "INSERT INTO performances VALUES (1, 1, '2026-11-01 20:00:00', 'played'), (2, 1, '2026-11-18 20:00:00', 'played'),"
        " (3, 2, '2026-12-24 20:00:00', 'scheduled');"
        "CREATE TABLE employees (employee_id INTEGER PRIMARY KEY, employee_name TEXT, born_on DATE, hired_on DATE, left_on DATE);"
        "INSERT INTO employees VALUES (1, 'Ann', '1999-05-02', '2019-01-01', NULL), (2, 'Ben', '1970-05-09', '2026-02-01', NULL),"
        " (3, 'Cid', '1980-07-01', '2010-01-01', '2020-06-30');",
        [
            dataset("stages", "stage_id", "stage_name", "closed_on"),
            dataset("productions", "production_id", "title", "stage_id", "premiered_on"),
            dataset("performances", "performance_id", "production_id", "starts_at", "status", status=["played", "scheduled"]),
            dataset("employees", "employee_id", "employee_name", "born_on", "hired_on", "left_on"),
        ],
        [
            related("production_stage", "productions", "stages", "stage_id", "stage_id"),
            related("performance_production", "performances", "productions", "production_id", "production_id"),
        ],
    )
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def keys(answer: dict) -> list:
    return [row[0] for row in rows(answer)]


def test_a_time_of_something_else_is_asked_back_about(theatre):
    asked = theatre.ask("productions closed in 2025")
    # A production is not closed when its stage was.
    assert asked["status"] == "not_answerable" and "closed" in asked["text"], asked
    assert keys(theatre.ask("stages closed in 2025")) == [1]


def test_what_is_planned_is_not_the_most_recent(theatre):
    assert keys(theatre.ask("most recent performance")) == [2]
    assert keys(theatre.ask("performances in December 2026")) == [3], "what is asked for by its time is there"


def test_the_newest_is_not_the_youngest(theatre):
    answer = theatre.ask("newest employee")
    assert answer["status"] == "needs_clarification" or keys(answer) == [2], answer
    assert keys(theatre.ask("youngest employee")) == [1]
    assert keys(theatre.ask("which employee was hired most recently")) == [2]


@pytest.mark.parametrize("question", ["employees born in May", "how many employees were born in May"])
def test_days_of_birth_without_a_year_are_of_no_year(theatre, question):
    assert theatre.ask(question)["status"] == "not_answerable"
    assert keys(theatre.ask("employees born in 1999")) == [1]


def test_who_has_left_is_no_current_employee(theatre):
    assert rows(theatre.ask("number of current employees")) == [[2]]
    assert rows(theatre.ask("number of former employees")) == [[1]]

"""What says nothing of the things that are asked for is not taken for it: the day on which they are gone, the unit of a figure,
prepositions, verbs with an object of their own, and names that others have as well."""

import json

import pytest

from chat_world import Modelled, dataset, related, rows


def port_of(vessels: dict) -> dict:
    for field in vessels["fields"]:
        if field["name"] == "scrapped_on":
            field["description"] = "Empty for vessels in service"
    return vessels


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    made = Modelled(
        tmp_path_factory.mktemp("port"),
        "CREATE TABLE owners (owner_id INTEGER PRIMARY KEY, owner_name TEXT, country TEXT);"
        "INSERT INTO owners VALUES (1, 'Hellas Maritime', 'Greece'), (2, 'Fjord Lines', 'Norway'), (3, 'Idle', 'Norway');"
        "CREATE TABLE vessels (vessel_id INTEGER PRIMARY KEY, vessel_name TEXT, vessel_type TEXT, flag TEXT,"
        " owner_id INTEGER, scrapped_on DATE);"
        "INSERT INTO vessels VALUES (1, 'Hellas Maritime', 'tanker', 'Norway', 1, NULL),"
        " (2, 'Amber Star', 'tanker', 'Greece', 2, '2024-05-01'), (3, 'Polar Queen', 'ferry', 'Norway', 2, NULL);"
        "CREATE TABLE moves (move_id INTEGER PRIMARY KEY, vessel_id INTEGER, direction TEXT, move_tonnes REAL, moved_on DATE);"
        "INSERT INTO moves VALUES (1, 1, 'in', 10.5, '2024-02-01'), (2, 1, 'out', 20, '2024-03-01'), (3, 3, 'in', 30, '2025-03-01');"
        "CREATE TABLE berths (berth_code TEXT PRIMARY KEY, in_use TEXT);"
        "INSERT INTO berths VALUES ('A1', 'yes'), ('B2', 'yes'), ('C3', 'no');",
        [
            dataset("owners", "owner_id", "owner_name", "country", country=["Greece", "Norway"]),
            port_of(
                dataset("vessels", "vessel_id", "vessel_name", "vessel_type", "flag", "owner_id", "scrapped_on",
                        vessel_type=["tanker", "ferry"], flag=["Greece", "Norway"])
            ),
            dataset("moves", "move_id", "vessel_id", "direction", "move_tonnes", "moved_on", direction=["in", "out"]),
            dataset("berths", "berth_code", "in_use", in_use=["yes", "no"]),
        ],
        [
            related("owner", "vessels", "owners", "owner_id", "owner_id"),
            related("moved_vessel", "moves", "vessels", "vessel_id", "vessel_id"),
        ],
    )
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


@pytest.mark.parametrize("question", ["how many vessels are scrapped", "scrapped tankers", "vessels that were scrapped"])
def test_those_that_are_gone_are_not_all(port, question):
    answer = port.ask(question)
    assert answer["status"] != "answered" or rows(answer) == [[1]] or [row[0] for row in rows(answer)] == [2], answer


@pytest.mark.parametrize(
    "question", ["how many vessels in 2024", "how many tankers came in 2024", "number of vessels by year"]
)
def test_the_day_on_which_things_are_gone_is_no_time_of_theirs(port, question):
    assert port.ask(question)["status"] != "answered"


def test_a_verb_says_that_the_end_is_meant(port):
    assert rows(port.ask("how many vessels were scrapped in 2024")) == [[1]]


def test_in_every_is_another_question_than_by(port):
    assert port.ask("vessels with moves in every year")["status"] == "not_answerable"


@pytest.mark.parametrize("question", ["how many moves in 2024", "number of moves in 2024"])
def test_a_count_is_of_rows_and_a_preposition_no_value(port, question):
    assert rows(port.ask(question)) == [[2]]


def test_an_object_of_a_verb_is_no_condition_beside_it(port):
    for question in ("vessels moving the flag of Norway", "tankers flying the flag of Norway"):
        assert port.ask(question)["status"] != "answered", question


def test_what_follows_somebody_is_said_of_them(port):
    answer = port.ask("vessels of owners from Greece")
    assert answer["status"] != "answered" or [row[0] for row in rows(answer)] == [1], answer


def test_a_name_that_others_have_as_well_is_asked_back_about(port):
    assert port.ask("vessels of Hellas Maritime")["status"] == "needs_clarification"


def test_those_without_any_are_there_or_said_to_be_missing(port):
    assert sorted(row[-1] for row in rows(port.ask("each owner and number of vessels"))) == [0, 1, 2]
    answer = port.ask("number of vessels of each owner")
    assert "has none at all" in json.dumps(answer["interpretation"]), answer


def test_a_list_of_all_is_not_taken_for_those_before_unasked(port):
    first = port.ask("how many vessels does Fjord Lines own?")
    body = {"message": "list the tankers", "threadId": first["threadId"], "options": {"today": "2026-11-20"}}
    answer = port.bob.post(f"{port.path}/chat", body)
    assert answer["status"] != "answered" or [row[0] for row in rows(answer)] == [2], answer
    again = port.bob.post(f"{port.path}/chat", {**body, "message": "list all tankers"})
    assert sorted(row[0] for row in rows(again)) == [1, 2]


def test_a_flag_behind_things_is_no_list_of_its_values(port):
    assert rows(port.ask("how many berths are in use")) == [[2]]
    assert rows(port.ask("how many berths are not in use")) == [[1]]
    answer = port.ask("berths in use")
    assert answer["status"] != "answered" or [row[0] for row in rows(answer)] == ["A1", "B2"], answer

"""What words are taken for that are no names of it: the answer says so and is less sure of it, or asks, where it would be something
else than what was said."""

import pytest

from chat_world import Modelled, dataset, related, rows


def described(made: dict, **descriptions: str) -> dict:
    for field in made["fields"]:
        if field["name"] in descriptions:
            field["description"] = descriptions[field["name"]]
    return made


@pytest.fixture(scope="module")
def park(tmp_path_factory):
    made = Modelled(
        tmp_path_factory.mktemp("park"),
        "CREATE TABLE lodges (lodge_id INTEGER PRIMARY KEY, lodge_name TEXT, area_code INTEGER, parking_space INTEGER);"
        "INSERT INTO lodges VALUES (1, 'Pine', 40, 9), (2, 'Oak', 31, 12);"
        "CREATE TABLE lakes (lake_id INTEGER PRIMARY KEY, lake_name TEXT, area INTEGER, town TEXT);"
        "INSERT INTO lakes VALUES (1, 'Long Mere', 7, 'Pine'), (2, 'Blue Tarn', 3, 'Ulm');"
        "CREATE TABLE trails (trail_id INTEGER PRIMARY KEY, trail_name TEXT, length_km REAL, climb INTEGER);"
        "INSERT INTO trails VALUES (1, 'Ridge', 0.3, 900), (2, 'Shore', 5, 20), (3, 'Loop', 0.5, 10);"
        "CREATE TABLE workers (worker_id INTEGER PRIMARY KEY, worker_name TEXT, previous_employer TEXT, contract_hours INTEGER,"
        " hired_on DATE);"
        "INSERT INTO workers VALUES (1, 'Ann Berg', 'Acme', 40, '2020-01-01'), (2, 'Ben Cole', 'Bolt', 20, '2021-01-01');"
        "CREATE TABLE stays (stay_id INTEGER PRIMARY KEY, lodge_id INTEGER, start_worker INTEGER, end_worker INTEGER,"
        " cost_per_night INTEGER, cancel_reason TEXT, stayed_on DATE, closed_on DATE);"
        "INSERT INTO stays VALUES (1, 1, 1, 2, 50, 'rain', '2026-01-02', '2026-02-01'),"
        " (2, 2, 2, 1, 70, 'ill', '2026-01-05', '2027-02-01');"
        "CREATE TABLE readings (reading_id INTEGER PRIMARY KEY, temperature INTEGER, wind_direction INTEGER, read_on DATE);"
        "INSERT INTO readings VALUES (1, 3, 350, '2026-01-02'), (2, 19, 10, '2026-06-02');"
        "CREATE TABLE repairs (repair_id INTEGER PRIMARY KEY, cost INTEGER, repaired_on DATE, finished_on DATE);"
        "INSERT INTO repairs VALUES (1, 30, '2026-01-02', NULL), (2, 190, '2026-06-02', '2026-06-03');",
        [
            dataset("lodges", "lodge_id", "lodge_name", "area_code", "parking_space"),
            dataset("lakes", "lake_id", "lake_name", "area", "town", town=["Pine", "Ulm"]),
            described(dataset("trails", "trail_id", "trail_name", "length_km", "climb"), climb="metres of climb"),
            dataset("workers", "worker_id", "worker_name", "previous_employer", "contract_hours", "hired_on",
                    worker_name=["Ann Berg", "Ben Cole"]),
            dataset("stays", "stay_id", "lodge_id", "start_worker", "end_worker", "cost_per_night", "cancel_reason", "stayed_on",
                    "closed_on", cancel_reason=["rain", "ill"]),
            dataset("readings", "reading_id", "temperature", "wind_direction", "read_on"),
            described(dataset("repairs", "repair_id", "cost", "repaired_on", "finished_on"), finished_on="Empty until it is done"),
        ],
        [
            related("in_lodge", "stays", "lodges", "lodge_id", "lodge_id"),
            related("begun_with", "stays", "workers", "start_worker", "worker_id"),
            related("ended_with", "stays", "workers", "end_worker", "worker_id"),
        ],
    )
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


@pytest.mark.parametrize(
    "question",
    [
        "total cost of stays by lodge",
        "what was our most expensive day",
        "windiest day",
        "largest lodge",
        "highest trails",
        "how many workers by employer",
        "how many stays are open",
        "stays from Ann Berg",
        "popular lodges by cost",
    ],
)
def test_what_is_only_called_alike_is_not_taken(park, question):
    assert park.ask(question)["status"] in ("not_answerable", "needs_clarification"), question


@pytest.mark.parametrize(
    ("question", "figures", "taken"),
    [
        ("number of stays by reason", {1}, "cancel_reason"),
        ("hottest day", {19}, "temperature"),
        ("how many repairs are open", {1}, "finished_on"),
    ],
)
def test_what_a_word_is_taken_for_is_said_and_is_less_sure(park, question, figures, taken):
    answer = park.ask(question)
    assert {row[-1] for row in rows(answer)} == figures, question
    notes = [note for note in answer["interpretation"]["assumptions"] if note.startswith("Took ")]
    assert any(taken in note for note in notes) and answer["confidence"]["level"] == "medium", answer


def test_the_largest_is_by_what_is_called_so_as_a_whole(park):
    answer = park.ask("largest lake")
    assert "Long Mere" in str(rows(answer)) and answer["confidence"]["level"] == "medium"


def test_longer_is_said_of_lengths_in_whatever_unit(park):
    answer = park.ask("how many trails longer than 400 metres")
    assert [row[-1] for row in rows(answer)] == [2], answer

"""Tables that hang together in several ways: where these lead to the same rows nothing is asked back, else it is."""

import sqlite3

import pytest

from bobsled_door import BobsledDoor
from chat_world import Modelled, dataset, related, rows


def sailing(folder, **named) -> Modelled:
    """Faults of ships, of voyages or in port. Each names its ship, and so does its voyage."""
    return Modelled(
        folder,
        "CREATE TABLE ships (ship_id INTEGER PRIMARY KEY, ship_name TEXT);"
        "INSERT INTO ships VALUES (1, 'Heron'), (2, 'Osprey');"
        "CREATE TABLE voyages (voyage_id INTEGER PRIMARY KEY, ship_id INTEGER);"
        "INSERT INTO voyages VALUES (10, 1), (11, 2);"
        "CREATE TABLE faults (fault_id INTEGER PRIMARY KEY, ship_id INTEGER, voyage_id INTEGER, cost INTEGER);"
        "INSERT INTO faults VALUES (1, 1, 10, 5), (2, 2, 11, 7), (3, 1, NULL, 11), (4, 1, 10, 13);",
        [
            dataset("ships", "ship_id", "ship_name"),
            dataset("voyages", "voyage_id", "ship_id"),
            dataset("faults", "fault_id", "ship_id", "voyage_id", "cost"),
        ],
        [
            related("fault_ship", "faults", "ships", "ship_id", "ship_id") | named,
            related("fault_voyage", "faults", "voyages", "voyage_id", "voyage_id"),
            related("voyage_ship", "voyages", "ships", "ship_id", "ship_id"),
        ],
    )


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    """What leads from a fault to its ship has a word of its own, so that "ship" says neither way."""
    made = sailing(tmp_path_factory.mktemp("fleet"), ai_context={"synonyms": ["stricken vessel"]})
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


@pytest.fixture
def another_ship(fleet):
    """A fault of one ship on a voyage of the other."""
    with sqlite3.connect(fleet.file) as database:
        database.execute("INSERT INTO faults VALUES (5, 2, 10, 17)")
    yield
    with sqlite3.connect(fleet.file) as database:
        database.execute("DELETE FROM faults WHERE fault_id = 5")


def test_ways_that_lead_to_the_same_are_not_asked_about(fleet):
    answer = fleet.ask("number of faults by ship")
    assert sorted(row[-2:] for row in rows(answer)) == [["Heron", 3], ["Osprey", 1]], "also those in port"
    assumptions = answer["interpretation"]["assumptions"]
    assert any("lead to the same" in said for said in assumptions), assumptions
    assert rows(fleet.ask("total cost of faults of Heron"))[0][-1] == 29


def test_ways_that_lead_apart_are_asked_about(fleet, another_ship):
    asked = fleet.ask("number of faults by ship")
    assert asked["status"] == "needs_clarification" and len(asked["clarification"]["options"]) == 2, asked
    assert "table" not in asked


def test_what_is_only_planned_asks_no_source(fleet):
    assert fleet.ask("number of faults by ship", execute=False)["status"] == "needs_clarification"


def test_a_viewer_with_a_filter_is_told_of_no_row_beyond_it(fleet, another_ship):
    who = fleet.server.new_user("watch")
    filters = {"faults": "fault_id < 5"}
    fleet.bob.patch(f"{fleet.path}/users", {"add": [{"userId": who.id, "role": "viewer", "rowFilters": filters}]})
    answer = fleet.ask("number of faults by ship", BobsledDoor(fleet.server, who.token))
    assert sorted(row[-2:] for row in rows(answer)) == [["Heron", 3], ["Osprey", 1]], "all that he reads leads to the same"


def test_what_a_row_says_itself_is_meant_where_it_has_no_word_of_its_own(tmp_path):
    made = sailing(tmp_path)
    with sqlite3.connect(made.file) as database:
        database.execute("INSERT INTO faults VALUES (5, 2, 10, 17)")
    answer = made.ask("number of faults by ship")
    assert sorted(row[-2:] for row in rows(answer)) == [["Heron", 3], ["Osprey", 2]], "by its own ship, not that of the voyage"
    assert made.server.stop() == 0, made.server.log_tail()

"""What is so or not, of yes and no; and rows are named by the reference that they have."""

import pytest

from chat_world import Modelled, dataset, related, rows


@pytest.fixture(scope="module")
def lettings(tmp_path_factory):
    made = Modelled(
        tmp_path_factory.mktemp("lettings"),
        "CREATE TABLE properties (property_id INTEGER PRIMARY KEY, reference TEXT, rent INTEGER, has_parking TEXT);"
        "INSERT INTO properties VALUES (1, 'YH-1', 900, 'yes'), (2, 'YH-2', 1200, 'no'), (3, 'YH-3', 700, 'no');"
        "CREATE TABLE repairs (repair_id INTEGER PRIMARY KEY, property_id INTEGER);"
        "INSERT INTO repairs VALUES (1, 1), (2, 1), (3, 2), (4, 3);",
        [
            dataset("properties", "property_id", "reference", "rent", "has_parking", has_parking=["yes", "no"]),
            dataset("repairs", "repair_id", "property_id"),
        ],
        [related("repair_property", "repairs", "properties", "property_id", "property_id")],
    )
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


@pytest.mark.parametrize(
    ("question", "keys"),
    [
        ("properties with parking", [1]),
        ("which properties have parking", [1]),
        ("properties without parking", [2, 3]),
        ("properties that have no parking", [2, 3]),
    ],
)
def test_of_yes_and_no_a_thing_has_it_or_is_without(lettings, question, keys):
    answer = lettings.ask(question)
    assert sorted(row[0] for row in rows(answer)) == keys, answer


def test_a_condition_is_not_shown_instead_of_kept(lettings):
    answer = lettings.ask("rent of properties with parking")
    assert answer["status"] != "answered" or [row[0] for row in rows(answer)] in ([1], [900]), answer


def test_rows_are_named_by_their_reference(lettings):
    assert "YH-2" in rows(lettings.ask("the most expensive property"))[0]
    assert "YH-1" in rows(lettings.ask("number of repairs by property"))[0]

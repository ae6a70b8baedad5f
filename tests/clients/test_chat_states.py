"""What is so or not, of yes and no and by a day; and rows are named by the reference that they have."""

import pytest

from chat_world import TODAY, Modelled, dataset, related, rows


@pytest.fixture(scope="module")
def lettings(tmp_path_factory):
    repairs = dataset("repairs", "repair_id", "property_id", "cost", "reported_on", "completed_on")
    repairs["fields"][-1]["description"] = "Empty while the repair is open"
    made = Modelled(
        tmp_path_factory.mktemp("lettings"),
        "CREATE TABLE properties (property_id INTEGER PRIMARY KEY, reference TEXT, rent INTEGER, has_parking TEXT);"
        "INSERT INTO properties VALUES (1, 'YH-1', 900, 'yes'), (2, 'YH-2', 1200, 'no'), (3, 'YH-3', 700, 'no');"
        "CREATE TABLE repairs (repair_id INTEGER PRIMARY KEY, property_id INTEGER, cost INTEGER, reported_on DATE, completed_on DATE);"
        f"INSERT INTO repairs VALUES (1, 1, 80, '2025-01-01', '{TODAY}'), (2, 1, 20, '2025-02-01', NULL),"
        " (3, 2, 300, '2025-03-01', NULL), (4, 3, 10, '2025-04-01', '2025-05-01');",
        [
            dataset("properties", "property_id", "reference", "rent", "has_parking", has_parking=["yes", "no"]),
            repairs,
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


def test_what_was_done_today_is_done(lettings):
    answer = lettings.ask("how many repairs are still open?")
    assert rows(answer) == [[2]], answer

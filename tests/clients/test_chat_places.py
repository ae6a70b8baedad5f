"""Who shares a place, what stays while others happen to it, and what the name of a month means."""

import pytest

from chat_world import TODAY, Modelled, dataset, related, rows


@pytest.fixture(scope="module")
def lifts(tmp_path_factory):
    made = Modelled(
        tmp_path_factory.mktemp("lifts"),
        "CREATE TABLE houses (house_id INTEGER PRIMARY KEY, district TEXT);"
        "INSERT INTO houses VALUES (1, 'North'), (2, 'South');"
        "CREATE TABLE lifts (lift_id INTEGER PRIMARY KEY, site INTEGER, stops INTEGER, installed_on DATE);"
        "INSERT INTO lifts VALUES (1, 1, 9, '2019-05-01'), (2, 1, 9, '2020-02-01'), (3, 2, 4, '2021-07-01'),"
        " (4, 2, NULL, '2022-01-01');"
        "CREATE TABLE faults (fault_id INTEGER PRIMARY KEY, lift_id INTEGER, severity TEXT, reported_on DATE);"
        "INSERT INTO faults VALUES (1, 1, 'urgent', '2025-01-10'), (2, 1, 'minor', '2025-02-10'),"
        " (3, 1, 'minor', '2025-02-11'), (4, 3, 'minor', '2025-03-01');",
        [
            dataset("houses", "house_id", "district", district=["North", "South"]),
            dataset("lifts", "lift_id", "site", "stops", "installed_on"),
            dataset("faults", "fault_id", "lift_id", "severity", "reported_on", severity=["urgent", "minor"]),
        ],
        [
            related("lift_house", "lifts", "houses", "site", "house_id"),
            related("fault_lift", "faults", "lifts", "lift_id", "lift_id"),
        ],
    )
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def test_all_that_share_the_first_place_are_shown_and_said(lifts):
    answer = lifts.ask("which lift has the most stops")
    assert [row[0] for row in rows(answer)] == [1, 2]
    assert "2 rows of lifts share the place: stops 9." in answer["text"]


def test_those_that_tie_with_the_last_one_are_said(lifts):
    answer = lifts.ask("top 1 lifts by stops")
    assert [row[0] for row in rows(answer)] == [1, 2]
    # What has no number has no place.
    assert [row[0] for row in rows(lifts.ask("top 4 lifts by stops"))] == [1, 2, 3]


def test_what_stays_is_divided_by_whenever_it_came(lifts):
    answer = lifts.ask("faults per lift in 2025, by district")
    assert rows(answer) == [["North", 1.5], ["South", 0.5]]
    assert "also of those without any, whatever the period" in answer["text"]


def test_a_value_that_one_field_alone_holds_narrows_the_answer(lifts):
    first = lifts.ask("faults by severity")
    body = {"message": "only North", "threadId": first["threadId"], "options": {"today": TODAY}}
    answer = lifts.bob.post(f"{lifts.path}/chat", body)
    assert {tuple(row) for row in rows(answer)} == {("minor", 2), ("urgent", 1)}

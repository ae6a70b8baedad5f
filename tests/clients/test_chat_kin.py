"""Things that stand so to others of their kind, as columns and counted; who is there on a day; names of which each reading gives the
same; and words that say a figure, or what something is worth."""

import json

import pytest

from chat_world import Modelled, dataset, related, rows


def plain(made: dict, **said: str) -> dict:
    """Names of persons that may be shown, and what is said of fields."""
    for field in made["fields"]:
        if field["name"].endswith("_name"):
            field["custom_extensions"] = [{"vendor_name": "EMPORION", "data": json.dumps({"pii": False})}]
        if field["name"] in said:
            field["description"] = said[field["name"]]
    return made


@pytest.fixture(scope="module")
def choir(tmp_path_factory):
    made = Modelled(
        tmp_path_factory.mktemp("choir"),
        "CREATE TABLE halls (hall_id INTEGER PRIMARY KEY, hall_name TEXT, town TEXT, owner_id INTEGER);"
        "INSERT INTO halls VALUES (1, 'Corn Hall', 'Diss', 1), (2, 'Old Mill', 'Ely', 2), (3, 'Pier', 'Ely', 2);"
        "CREATE TABLE owners (owner_id INTEGER PRIMARY KEY, owner_name TEXT, town TEXT);"
        "INSERT INTO owners VALUES (1, 'Harbour Trust', 'Ely'), (2, 'Mill Board', 'Diss');"
        "CREATE TABLE singers (singer_id INTEGER PRIMARY KEY, singer_name TEXT, voice TEXT, tutor_id INTEGER,"
        " joined_on DATE, left_on DATE);"
        "INSERT INTO singers VALUES (1, 'Ada Moor', 'alto', NULL, '2019-02-01', NULL),"
        " (2, 'Ben Falk', 'bass', 1, '2020-03-01', '2023-05-01'), (3, 'Cleo Roth', 'alto', 1, '2024-01-10', NULL),"
        " (4, 'Dirk Sand', 'bass', 3, '2021-09-01', NULL);"
        "CREATE TABLE scores (score_id INTEGER PRIMARY KEY, score_title TEXT, value_eur INTEGER, hall_id INTEGER);"
        "INSERT INTO scores VALUES (1, 'Requiem', 900, 1), (2, 'Gloria', 2500, 1), (3, 'Elijah', 400, 2);"
        "CREATE TABLE rehearsals (rehearsal_id INTEGER PRIMARY KEY, hall_id INTEGER, singer_id INTEGER,"
        " begun_at TIMESTAMP, ended_at TIMESTAMP);"
        "INSERT INTO rehearsals VALUES (1, 1, 1, '2025-03-01 10:00', '2025-03-01 12:00'),"
        " (2, 1, 2, '2025-03-08 10:00', '2025-03-08 15:00'), (3, 2, 3, '2025-04-01 10:00', '2025-04-01 11:00');"
        "CREATE TABLE inspections (inspection_id INTEGER PRIMARY KEY, hall_id INTEGER, inspected_on DATE, next_due_on DATE);"
        "INSERT INTO inspections VALUES (1, 1, '2024-02-01', '2025-02-01'), (2, 3, '2025-02-01', '2026-02-01');",
        [
            dataset("halls", "hall_id", "hall_name", "town", "owner_id", town=["Diss", "Ely"]),
            plain(dataset("owners", "owner_id", "owner_name", "town", town=["Diss", "Ely"])),
            plain(
                dataset("singers", "singer_id", "singer_name", "voice", "tutor_id", "joined_on", "left_on",
                        voice=["alto", "bass"]),
                left_on="Empty while the singer sings here",
            ),
            dataset("scores", "score_id", "score_title", "value_eur", "hall_id"),
            dataset("rehearsals", "rehearsal_id", "hall_id", "singer_id", "begun_at", "ended_at"),
            dataset("inspections", "inspection_id", "hall_id", "inspected_on", "next_due_on"),
        ],
        [
            related("tutor", "singers", "singers", "tutor_id", "singer_id"),
            related("owner", "halls", "owners", "owner_id", "owner_id"),
            related("score_hall", "scores", "halls", "hall_id", "hall_id"),
            related("rehearsed_in", "rehearsals", "halls", "hall_id", "hall_id"),
            related("sung_by", "rehearsals", "singers", "singer_id", "singer_id"),
            related("inspected_hall", "inspections", "halls", "hall_id", "hall_id"),
        ],
    )
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def test_whom_things_of_their_own_kind_lead_to_is_a_column(choir):
    named = {row[0]: row for row in rows(choir.ask("singers with their tutor"))}
    assert "Ada Moor" in named[2] and "Cleo Roth" in named[4] and None in named[1], named
    answer = choir.ask("singers with their tutor")
    assert any(column["label"] == "Tutor" for column in answer["table"]["columns"]), answer


@pytest.mark.parametrize("question", ["number of tutees per tutor", "how many tutees does each tutor have", "tutors with their number of tutees"])
def test_those_who_lead_to_each_are_counted(choir, question):
    assert sorted((row[-2], row[-1]) for row in rows(choir.ask(question))) == [("Ada Moor", 2), ("Cleo Roth", 1)]


@pytest.mark.parametrize(("question", "keys"), [("singers without tutees", [2, 4]), ("singers with tutees", [1, 3])])
def test_whether_any_lead_to_them(choir, question, keys):
    assert sorted(row[0] for row in rows(choir.ask(question))) == keys


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("how many basses are still here", 1),
        ("how many singers as of 1 January 2020", 1),
    ],
)
def test_who_is_there_on_a_day(choir, question, count):
    assert rows(choir.ask(question))[0][-1] == count


def test_a_place_behind_somebody_is_theirs(choir):
    assert sorted(row[0] for row in rows(choir.ask("halls of owners in Ely"))) == [1]
    assert sorted(row[0] for row in rows(choir.ask("halls in Ely"))) == [2, 3]


def test_what_something_is_worth_is_its_value(choir):
    assert "Gloria" in rows(choir.ask("most valuable score"))[0]
    assert sorted(row[0] for row in rows(choir.ask("scores worth more than 800"))) == [1, 2]


def test_how_long_things_lasted(choir):
    assert [row[0] for row in rows(choir.ask("rehearsals that lasted more than 3 hours"))] == [2]


def test_things_that_nothing_was_done_to(choir):
    assert [row[0] for row in rows(choir.ask("halls never inspected"))] == [2]


def test_what_is_due_next_is_no_time_of_what_was_done(choir):
    assert rows(choir.ask("how many inspections in 2025"))[0][-1] == 1


@pytest.fixture(scope="module")
def club(tmp_path_factory):
    made = Modelled(
        tmp_path_factory.mktemp("club"),
        "CREATE TABLE clubs (club_id INTEGER PRIMARY KEY, club_name TEXT);"
        "INSERT INTO clubs VALUES (1, 'River Rovers'), (2, 'Hill United'), (3, 'Old Town');"
        "CREATE TABLE squads (squad_id INTEGER PRIMARY KEY, squad_name TEXT, club_id INTEGER);"
        "INSERT INTO squads VALUES (10, 'River Rovers', 1), (20, 'Hill United', 2), (30, 'Hill Juniors', 2), (40, 'Old Town', 3);"
        "CREATE TABLE tickets (ticket_id INTEGER PRIMARY KEY, squad_id INTEGER, seller_id INTEGER, kind TEXT, price REAL);"
        "INSERT INTO tickets VALUES (1, 10, 1, 'day', 5), (2, 10, 1, 'season', 7), (3, 20, 2, 'day', 4), (4, 30, 2, 'day', 3);"
        "CREATE TABLE sellers (seller_id INTEGER PRIMARY KEY, stand TEXT);"
        "INSERT INTO sellers VALUES (1, 'North'), (2, 'South');",
        [
            dataset("clubs", "club_id", "club_name"),
            dataset("squads", "squad_id", "squad_name", "club_id"),
            dataset("tickets", "ticket_id", "squad_id", "seller_id", "kind", "price", kind=["day", "season"]),
            dataset("sellers", "seller_id", "stand", stand=["North", "South"]),
        ],
        [
            related("squad_club", "squads", "clubs", "club_id", "club_id"),
            related("squad", "tickets", "squads", "squad_id", "squad_id"),
            related("seller", "tickets", "sellers", "seller_id", "seller_id"),
        ],
    )
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def test_nothing_is_asked_back_where_each_reading_gives_the_same(club):
    answer = club.ask("total price of tickets of River Rovers")
    assert rows(answer)[0][-1] == 12, answer
    assert any("the same for all that is meant" in said for said in answer["interpretation"]["assumptions"]), answer


def test_where_they_differ_it_is_asked(club):
    answer = club.ask("total price of tickets of Hill United")
    assert answer["status"] == "needs_clarification" and len(answer["clarification"]["options"]) == 2, answer


def test_nothing_but_zeros_is_no_reason_not_to_ask(club):
    assert club.ask("number of tickets of Old Town")["status"] == "needs_clarification"

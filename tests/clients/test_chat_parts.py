"""Questions in two parts, columns that are named behind what is listed, and the most popular of some sort."""

import pytest

from chat_world import Modelled, dataset, related, rows


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    made = Modelled(
        tmp_path_factory.mktemp("records"),
        "CREATE TABLE artists (artist_id INTEGER PRIMARY KEY, artist TEXT);"
        "INSERT INTO artists VALUES (1, 'Ada'), (2, 'Bo'), (3, 'Cy'), (4, 'Di');"
        "CREATE TABLE albums (album_id INTEGER PRIMARY KEY, title TEXT, artist_id INTEGER, genre TEXT, released_on DATE);"
        "INSERT INTO albums VALUES (1, 'One', 1, 'Red', '2020-01-01'), (2, 'Two', 1, 'Red', '2021-01-01'),"
        " (3, 'Three', 1, 'Blue', '2022-01-01'), (4, 'Four', 2, 'Blue', '2022-02-01'), (5, 'Five', 2, 'Blue', '2023-01-01'),"
        " (6, 'Six', 3, 'Red', '2023-02-01');"
        "CREATE TABLE players (player_id INTEGER PRIMARY KEY, make TEXT);"
        "INSERT INTO players VALUES (1, 'Hum'), (2, 'Hum'), (3, 'Zap');"
        "CREATE TABLE plays (play_id INTEGER PRIMARY KEY, player_id INTEGER, played_on DATE);"
        "INSERT INTO plays VALUES (1, 1, '2024-01-01'), (2, 2, '2024-01-02'), (3, 2, '2024-01-03'), (4, 3, '2024-01-04'),"
        " (5, 3, '2024-01-05');",
        [
            dataset("artists", "artist_id", "artist"),
            dataset("albums", "album_id", "title", "artist_id", "genre", "released_on"),
            dataset("players", "player_id", "make"),
            dataset("plays", "play_id", "player_id", "played_on"),
        ],
        [
            related("album_artist", "albums", "artists", "artist_id", "artist_id"),
            related("player_used", "plays", "players", "player_id", "player_id"),
        ],
    )
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


@pytest.mark.parametrize(
    "question",
    [
        "number of albums per artist, top 2",
        "number of albums per artist, only artists with more than 1 album",
        "number of albums by artist, the 2 artists with most albums",
    ],
)
def test_what_stands_behind_a_comma_says_which_rows_are_shown(records, question):
    assert [row[-2:] for row in rows(records.ask(question))] == [["Ada", 3], ["Bo", 2]]


@pytest.mark.parametrize(
    "question",
    ["number of albums per artist, only players with more than 1 album", "number of albums per artist, only Red"],
)
def test_what_says_something_else_is_no_second_part(records, question):
    answer = records.ask(question)
    assert answer["status"] != "answered" or rows(answer) != [["Ada", 3], ["Bo", 2]], answer


def test_columns_are_named_without_a_word_for_lists(records):
    listed = rows(records.ask("albums with artist, genre and date"))
    assert len(listed) == 6 and any({"One", "Ada", "Red", "2020-01-01"} <= set(row) for row in listed), listed


def test_the_most_popular_sort_of_things_is_no_thing(records):
    assert rows(records.ask("most popular player make")) == [["Hum", 3]]

"""What links two things is said by its verb, names that stand in two columns, and words that say no more than what they are of."""

import pytest

from chat_world import Modelled, dataset, related, rows


def flagged(made: dict, field: str, unit: str | None = None) -> dict:
    for one in made["fields"]:
        if one["name"] == field and unit:
            one["custom_extensions"] = [{"vendor_name": "EMPORION", "data": f'{{"unit": "{unit}"}}'}]
    return made


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    made = Modelled(
        tmp_path_factory.mktemp("school"),
        "CREATE TABLE riders (rider_id INTEGER PRIMARY KEY, given_nm TEXT, family_nm TEXT, town TEXT);"
        "INSERT INTO riders VALUES (1, 'Ann', 'Moss', 'Hove'), (2, 'Bo', 'Lind', 'Deal'), (3, 'Ann', 'Lind', 'Deal');"
        "CREATE TABLE teachers (teacher_id INTEGER PRIMARY KEY, teacher_name TEXT, salary INTEGER);"
        "INSERT INTO teachers VALUES (1, 'Dr. Una Holt', 3000), (2, 'Prof. Ed Rix', 5000);"
        "CREATE TABLE trips (trip_id INTEGER PRIMARY KEY, trip_name TEXT, teacher_id INTEGER, level TEXT, outdoor TEXT);"
        "INSERT INTO trips VALUES (1, 'Heath', 1, 'easy', 'Y'), (2, 'Ridge', 1, 'hard', 'Y'), (3, 'Hall', 2, 'hard', 'N');"
        "CREATE TABLE bookings (booking_id INTEGER PRIMARY KEY, rider_id INTEGER, trip_id INTEGER, booked_on DATE, paid TEXT);"
        "INSERT INTO bookings VALUES (1, 1, 1, '2026-01-02', 'Y'), (2, 1, 2, '2026-02-02', 'Y'), (3, 1, 2, '2026-03-02', 'N'),"
        " (4, 2, 3, '2026-03-04', 'N');"
        "CREATE TABLE complaints (complaint_id INTEGER PRIMARY KEY, rider_id INTEGER, filed_on DATE, severity TEXT);"
        "INSERT INTO complaints VALUES (1, 1, '2026-03-01', 'high'), (2, 1, '2026-04-01', 'low'), (3, 2, '2026-04-02', 'high');"
        "CREATE TABLE checks (check_id INTEGER PRIMARY KEY, trip_id INTEGER, checked_on DATE, passed TEXT, speed REAL);"
        "INSERT INTO checks VALUES (1, 1, '2026-01-05', 'Y', 10), (2, 1, '2026-02-05', 'N', 20), (3, 3, '2026-03-05', 'N', 30);",
        [
            dataset("riders", "rider_id", "given_nm", "family_nm", "town", town=["Hove", "Deal"]),
            dataset("teachers", "teacher_id", "teacher_name", "salary"),
            dataset("trips", "trip_id", "trip_name", "teacher_id", "level", "outdoor", level=["easy", "hard"], outdoor=["Y", "N"]),
            dataset("bookings", "booking_id", "rider_id", "trip_id", "booked_on", "paid", paid=["Y", "N"]),
            dataset("complaints", "complaint_id", "rider_id", "filed_on", "severity", severity=["high", "low"]),
            flagged(dataset("checks", "check_id", "trip_id", "checked_on", "passed", "speed", passed=["Y", "N"]), "speed", "km/h"),
        ],
        [
            related("booking_rider", "bookings", "riders", "rider_id", "rider_id"),
            related("booking_trip", "bookings", "trips", "trip_id", "trip_id"),
            related("trip_teacher", "trips", "teachers", "teacher_id", "teacher_id"),
            related("complaint_rider", "complaints", "riders", "rider_id", "rider_id"),
            related("check_trip", "checks", "trips", "trip_id", "trip_id"),
        ],
    )
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def answered(school, question: str) -> list[list[str]]:
    answer = school.ask(question)
    assert answer["status"] == "answered", (question, answer)
    return [[str(cell) for cell in row] for row in rows(answer)]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        # Ann booked the ridge twice: two trips.
        ("how many trips has each rider booked", {"1": "2", "2": "1"}),
        ("number of trips by rider", {"1": "2", "2": "1"}),
    ],
)
def test_what_links_two_things_is_counted_once_for_each(school, question, expected):
    assert {row[0]: row[-1] for row in answered(school, question)} == expected


@pytest.mark.parametrize(
    ("question", "keys"),
    [
        ("which rider booked the most trips", {"1"}),
        ("riders who never booked a trip", {"3"}),
        ("riders who booked a trip", {"1", "2"}),
        ("riders who never booked a hard trip", {"3"}),
        ("riders who never complained", {"3"}),
        ("which rider has the most low complaints", {"1"}),
        ("indoor trips", {"3"}),
        ("bookings of Ann Lind", set()),
        ("bookings of Ann Moss", {"1", "2", "3"}),
        ("complaints of Bo Lind", {"3"}),
        ("who earns more than 4000", {"2"}),
        ("trips with teacher Dr. Una Holt", {"1", "2"}),
    ],
)
def test_the_things_that_are_meant(school, question, keys):
    answer = school.ask(question)
    assert answer["status"] in ("answered", "executed_empty"), (question, answer)
    assert {str(row[0]) for row in answer["table"]["rows"]} == keys, answer


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("how many high severity complaints", "2"),
        ("number of high severity complaints in April 2026", "1"),
        ("how many failed checks", "2"),
        ("how many complaints did Ann Moss make", "2"),
        ("how much is the salary of Dr. Una Holt", "3000"),
    ],
)
def test_one_figure(school, question, figure):
    assert figure in [cell for row in answered(school, question) for cell in row], question


def test_the_mean_of_a_rate_is_one_for_each(school):
    assert {row[0]: float(row[-1]) for row in answered(school, "average speed per trip")} == {"1": 15.0, "3": 30.0}

"""What words say of things beside their names: where something comes from and goes to, since when it is there, and which of a
table and its column of one name is meant."""

import pytest

from chat_world import Modelled, dataset, related, rows


@pytest.fixture(scope="module")
def depot(tmp_path_factory):
    made = Modelled(
        tmp_path_factory.mktemp("depot"),
        "CREATE TABLE stores (code TEXT PRIMARY KEY, store_name TEXT);"
        "INSERT INTO stores VALUES ('BN', 'Bonn Mitte'), ('UL', 'Ulm Ost'), ('KI', 'Kiel Hafen');"
        "CREATE TABLE clients (client_id INTEGER PRIMARY KEY, client_name TEXT, since DATE);"
        "INSERT INTO clients VALUES (1, 'Acme', '2025-01-03'), (2, 'Bolt', '2026-03-01'), (3, 'Cara', '2026-06-05');"
        "CREATE TABLE parcels (parcel_id INTEGER PRIMARY KEY, client_id INTEGER, from_store TEXT, to_store TEXT, state TEXT,"
        " weight INTEGER, sent_on DATE);"
        "INSERT INTO parcels VALUES (1, 1, 'BN', 'UL', 'lost', 5, '2026-01-02'), (2, 1, 'BN', 'KI', 'there', 7, '2026-01-02'),"
        " (3, 2, 'UL', 'BN', 'there', 2, '2026-02-09'), (4, 2, 'BN', 'UL', 'there', 4, '2026-05-12');"
        "CREATE TABLE turnover (turnover_id INTEGER PRIMARY KEY, region TEXT, turnover INTEGER, booked_on DATE);"
        "INSERT INTO turnover VALUES (1, 'north', 100, '2026-01-31'), (2, 'south', 40, '2026-02-28'), (3, 'north', 10, '2026-02-28');",
        [
            dataset("stores", "code", "store_name"),
            dataset("clients", "client_id", "client_name", "since", client_name=["Acme", "Bolt", "Cara"]),
            dataset("parcels", "parcel_id", "client_id", "from_store", "to_store", "state", "weight", "sent_on", state=["lost", "there"]),
            dataset("turnover", "turnover_id", "region", "turnover", "booked_on", region=["north", "south"]),
        ],
        [
            related("parcel_client", "parcels", "clients", "client_id", "client_id"),
            related("sent_from", "parcels", "stores", "from_store", "code"),
            related("sent_to", "parcels", "stores", "to_store", "code"),
        ],
    )
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("how many parcels from BN to UL", 2),
        ("how many parcels from Bonn Mitte", 3),
        ("total turnover", 150),
        ("average turnover", 50),
        ("average number of parcels per month", 4 / 3),
        ("average parcels per month in 2026", 4 / 3),
        ("How many clients have exactly two parcels", 2),
        ("how many parcels between 1 and 3 January 2026", 2),
    ],
)
def test_the_figure_is_of_what_the_words_say(depot, question, figure):
    assert [row[-1] for row in rows(depot.ask(question))] == [pytest.approx(figure)], question


def test_a_table_and_its_column_of_one_name_count_nothing_for_a_total(depot):
    assert {row[-1] for row in rows(depot.ask("total turnover by region"))} == {110, 40}
    assert depot.ask("turnover by region")["status"] == "needs_clarification", "its total or its average"


def test_a_column_called_since_is_no_condition_on_other_things(depot):
    told = rows(depot.ask("number of parcels by month since February 2026"))
    assert [row[-1] for row in told] == [1, 1]


def test_a_share_of_what_meets_a_condition_is_that_within_each_group_and_says_so(depot):
    answer = depot.ask("percentage of lost parcels by client")
    assert {row[-1] for row in rows(answer)} == {0.5, 0}
    assert answer["confidence"]["level"] == "medium" and any("within each" in it for it in answer["interpretation"]["assumptions"])


def test_what_is_asked_on_keeps_its_year_and_changes_its_figure(depot):
    first = depot.ask("total weight by month in 2026")
    thread = {"threadId": first["threadId"]}
    body = {"message": "since February", "options": {"today": "2026-11-20"}} | thread
    assert [row[-1] for row in rows(depot.bob.post(f"{depot.path}/chat", body))] == [2, 4]
    body = {"message": "average instead of total", "options": {"today": "2026-11-20"}} | thread
    answer = depot.bob.post(f"{depot.path}/chat", body)
    assert "Average of weight" in answer["text"] and [row[-1] for row in rows(answer)] == [2, 4]


@pytest.fixture(scope="module")
def works(tmp_path_factory):
    made = Modelled(
        tmp_path_factory.mktemp("works"),
        "CREATE TABLE halls (hall_id INTEGER PRIMARY KEY, hall_name TEXT, parent_id INTEGER);"
        "INSERT INTO halls VALUES (1, 'Whole', NULL), (2, 'East', 1), (3, 'Dock', 2);"
        "CREATE TABLE fitters (fitter_id INTEGER PRIMARY KEY, fitter_name TEXT, team TEXT, has_children TEXT, hired_on DATE, salary INTEGER);"
        "INSERT INTO fitters VALUES (1, 'Ann Moss', 'red', 'yes', '2024-03-01', 100), (2, 'Bo Lind', 'blue', 'no', '2024-05-01', 90);"
        "CREATE TABLE wares (ware_id INTEGER PRIMARY KEY, ware_name TEXT, unit_cost INTEGER);"
        "INSERT INTO wares VALUES (1, 'Lamp', 22), (2, 'Sofa', 80);"
        "CREATE TABLE complaints (complaint_id INTEGER PRIMARY KEY, ware_id INTEGER, received_on DATE);"
        "INSERT INTO complaints VALUES (1, 1, '2026-01-05');"
        "CREATE TABLE jobs (job_id INTEGER PRIMARY KEY, seller_id INTEGER, channel TEXT, mileage INTEGER, started_on DATE, finished_on DATE);"
        "INSERT INTO jobs VALUES (1, 1, 'web', 5, '2025-12-01', '2026-01-02'), (2, 1, 'phone', 7, '2026-01-02', '2026-01-09');",
        [
            dataset("halls", "hall_id", "hall_name", hall_name=["Whole", "East", "Dock"]),
            dataset("fitters", "fitter_id", "fitter_name", "team", "has_children", "hired_on", "salary", team=["red", "blue"],
                    has_children=["yes", "no"], fitter_name=["Ann Moss", "Bo Lind"]),
            dataset("wares", "ware_id", "ware_name", "unit_cost", ware_name=["Lamp", "Sofa"]),
            dataset("complaints", "complaint_id", "ware_id", "received_on"),
            dataset("jobs", "job_id", "channel", "mileage", "started_on", "finished_on", channel=["web", "phone"])
            | {"custom_extensions": [{"vendor_name": "EMPORION", "data": '{"defaultTimeField": "started_on"}'}]},
        ],
        [
            related("hall_parent", "halls", "halls", "parent_id", "hall_id"),
            related("complaint_ware", "complaints", "wares", "ware_id", "ware_id"),
            related("seller", "jobs", "fitters", "seller_id", "fitter_id"),
        ],
    )
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


@pytest.mark.parametrize(
    "question",
    [
        "average number of fitters per month",
        "average number of jobs per month by channel",
        "compare red and blue by salary",
        "did Ann Moss or Bo Lind load more jobs",
        "which fitters loaded no jobs",
        "most popular ware",
        "how much is the Sofa",
        "mileage by channel",
        "how many children",
        "jobs started in 2025 and finished",
    ],
)
def test_what_only_resembles_a_known_form_is_not_answered(works, question):
    assert works.ask(question)["status"] != "answered", question


def test_things_under_another_are_those_right_below_it_and_the_answer_says_so(works):
    answer = works.ask("halls under Whole")
    assert {"East"} == {cell for row in rows(answer) for cell in row if isinstance(cell, str)}
    assert any("right below" in it for it in answer["interpretation"]["assumptions"]), answer


def test_a_period_behind_two_things_that_happened_is_that_of_both(works):
    assert [row[-1] for row in rows(works.ask("how many jobs were started and finished in January 2026"))] == [1]


def test_a_month_before_the_last_period_wants_its_year(works):
    first = works.ask("number of jobs in December 2025")
    body = {"message": "and in January?", "threadId": first["threadId"], "options": {"today": "2026-11-20"}}
    answer = works.bob.post(f"{works.path}/chat", body)
    assert answer["status"] == "not_answerable" and "year" in answer["text"], answer

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
    assert rows(answer) == [[1]] or [row[0] for row in rows(answer)] == [2], answer


@pytest.mark.parametrize(
    "question", ["how many vessels in 2024", "how many tankers came in 2024", "number of vessels by year"]
)
def test_the_day_on_which_things_are_gone_is_no_time_of_theirs(port, question):
    assert port.ask(question)["status"] == "not_answerable"


def test_a_verb_says_that_the_end_is_meant(port):
    assert rows(port.ask("how many vessels were scrapped in 2024")) == [[1]]


def test_in_every_is_another_question_than_by(port):
    assert port.ask("vessels with moves in every year")["status"] == "not_answerable"


@pytest.mark.parametrize("question", ["how many moves in 2024", "number of moves in 2024"])
def test_a_count_is_of_rows_and_a_preposition_no_value(port, question):
    assert rows(port.ask(question)) == [[2]]


def test_an_object_of_a_verb_is_no_condition_beside_it(port):
    for question in ("vessels moving the flag of Norway", "tankers flying the flag of Norway"):
        assert port.ask(question)["status"] == "not_answerable", question


def test_what_follows_somebody_is_said_of_them(port):
    assert [row[0] for row in rows(port.ask("vessels of owners from Greece"))] == [1]


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
    assert port.ask("berths in use")["status"] == "needs_clarification"


@pytest.mark.parametrize("question", ["how many moves are in", "how many moves in"])
def test_at_the_end_of_a_clause_a_small_word_is_a_value(port, question):
    assert rows(port.ask(question)) == [[2]]


def test_groups_of_a_period_are_groups(port):
    for question in ("each vessel and number of moves in 2024", "for each vessel number of moves in 2024"):
        assert [row[-2:] for row in rows(port.ask(question))] == [["Hellas Maritime", 2]], question


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    made = Modelled(
        tmp_path_factory.mktemp("clinic"),
        "CREATE TABLE hospitals (hospital_id INTEGER PRIMARY KEY, hospital_name TEXT, opened_on DATE);"
        "INSERT INTO hospitals VALUES (1, 'North', '2024-01-01'), (2, 'South', '2020-01-01');"
        "CREATE TABLE hospital_wards (hospital_ward_id INTEGER PRIMARY KEY, hospital_id INTEGER, ward_name TEXT, decommissioned_on DATE);"
        "INSERT INTO hospital_wards VALUES (1, 1, 'Red', '2021-01-01'), (2, 1, 'Blue', NULL), (3, 2, 'Green', NULL);"
        "CREATE TABLE beds (bed_id INTEGER PRIMARY KEY, hospital_id INTEGER, city TEXT);"
        "INSERT INTO beds VALUES (1, 1, 'Kiel'), (2, 1, 'Kiel'), (3, 1, 'Bonn'), (4, 2, 'Bonn');"
        "CREATE TABLE doctors (doctor_id INTEGER PRIMARY KEY, doctor_name TEXT, hired_on DATE);"
        "INSERT INTO doctors VALUES (1, 'Ada', '2010-01-01'), (2, 'Bo', '2011-01-01');"
        "CREATE TABLE patients (patient_id INTEGER PRIMARY KEY, patient_name TEXT, room TEXT, insured TEXT);"
        "INSERT INTO patients VALUES (1, 'Cy', '1', 'yes'), (2, 'Di', NULL, 'no');"
        "CREATE TABLE drugs (drug_id INTEGER PRIMARY KEY, drug_name TEXT, form TEXT);"
        "INSERT INTO drugs VALUES (1, 'Aspirin', 'pill'), (2, 'Bismuth', 'salve');"
        "CREATE TABLE doses (dose_id INTEGER PRIMARY KEY, drug_id INTEGER, given_on DATE);"
        "INSERT INTO doses VALUES (1, 1, '2024-01-01'), (2, 2, '2024-01-02'), (3, 2, '2024-01-03');"
        "CREATE TABLE visits (visit_id INTEGER PRIMARY KEY, patient_id INTEGER, doctor_id INTEGER, visited_on DATE);"
        "INSERT INTO visits VALUES (1, 1, 1, '2024-05-01'), (2, 1, 2, '2024-06-01'), (3, 2, 1, '2025-06-01');"
        "CREATE TABLE leavers (leaver_id INTEGER PRIMARY KEY, reason TEXT, resigned_on DATE);"
        "INSERT INTO leavers VALUES (1, 'pay', '2024-01-01'), (2, 'pay', '2024-02-01'), (3, 'age', '2025-01-01');"
        "CREATE TABLE pumps (pump_id INTEGER PRIMARY KEY, power TEXT, bought_on DATE);"
        "INSERT INTO pumps VALUES (1, 'on', '2024-01-01'), (2, 'on', '2024-01-01'), (3, 'off', '2024-01-01'), (4, 'off', '2025-01-01'),"
        " (5, 'off', '2025-01-01');",
        [
            dataset("hospitals", "hospital_id", "hospital_name", "opened_on"),
            dataset("hospital_wards", "hospital_ward_id", "hospital_id", "ward_name", "decommissioned_on"),
            dataset("beds", "bed_id", "hospital_id", "city", city=["Kiel", "Bonn"]),
            dataset("doctors", "doctor_id", "doctor_name", "hired_on"),
            dataset("patients", "patient_id", "patient_name", "room", "insured", insured=["yes", "no"]),
            dataset("drugs", "drug_id", "drug_name", "form", form=["pill", "salve"]),
            dataset("doses", "dose_id", "drug_id", "given_on"),
            dataset("visits", "visit_id", "patient_id", "doctor_id", "visited_on"),
            dataset("leavers", "leaver_id", "reason", "resigned_on", reason=["pay", "age"]),
            dataset("pumps", "pump_id", "power", "bought_on", power=["on", "off"]),
        ],
        [
            related("ward_hospital", "hospital_wards", "hospitals", "hospital_id", "hospital_id"),
            related("bed_hospital", "beds", "hospitals", "hospital_id", "hospital_id"),
            related("dose_drug", "doses", "drugs", "drug_id", "drug_id"),
            related("visit_patient", "visits", "patients", "patient_id", "patient_id"),
            related("visit_doctor", "visits", "doctors", "doctor_id", "doctor_id"),
        ],
    )
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def test_on_is_a_value_where_nothing_follows(clinic):
    assert rows(clinic.ask("how many pumps are on")) == [[2]]
    assert sorted(row[0] for row in rows(clinic.ask("pumps that are on"))) == [1, 2]
    assert rows(clinic.ask("how many pumps in 2024")) == [[3]]


def test_the_date_behind_several_things_is_not_that_of_the_last_one(clinic):
    answer = clinic.ask("visits with patient, doctor and date")
    assert answer["status"] == "needs_clarification" or "2010-01-01" not in json.dumps(rows(answer)), answer


def test_when_wards_are_gone_is_not_when_their_hospital_opened(clinic):
    assert clinic.ask("how many hospital wards in 2024")["status"] == "not_answerable"


def test_what_has_no_name_happened_then(clinic):
    assert rows(clinic.ask("how many leavers in 2024")) == [[2]]


def test_a_figure_for_every_place_is_one_of_each(clinic):
    assert rows(clinic.ask("how many beds do we have in every city")) == [["Bonn", 2], ["Kiel", 2]]


def test_the_name_of_what_is_most_popular_is_its_name(clinic):
    assert rows(clinic.ask("most popular drug name"))[0][-2:] == ["Bismuth", 2]


def test_a_flag_behind_what_has_it_makes_groups(clinic):
    assert sorted(row[-1] for row in rows(clinic.ask("number of visits by patient insured"))) == [1, 2]
    assert len(rows(clinic.ask("number of visits by patient insured"))) == 2

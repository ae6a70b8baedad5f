"""Times that are not those that somebody asked for are not taken: of other things, of births, of what is still to come; and
those that stand in texts are taken for what they tell, and for nothing finer."""

import json

import pytest

import real_databases
from bobsled_door import BobsledDoor
from chat_world import TODAY, Modelled, dataset, related, rows
from emporion_server import Server, run_cli


@pytest.fixture(scope="module")
def theatre(tmp_path_factory):
    made = Modelled(
        tmp_path_factory.mktemp("theatre"),
        "CREATE TABLE stages (stage_id INTEGER PRIMARY KEY, stage_name TEXT, closed_on DATE);"
        "INSERT INTO stages VALUES (1, 'Orangery', '2025-03-01'), (2, 'Main House', NULL);"
        "CREATE TABLE productions (production_id INTEGER PRIMARY KEY, title TEXT, stage_id INTEGER, premiered_on DATE);"
        "INSERT INTO productions VALUES (1, 'Faust', 1, '2024-02-01'), (2, 'Medea', 2, '2026-01-10');"
        "CREATE TABLE performances (performance_id INTEGER PRIMARY KEY, production_id INTEGER, starts_at TIMESTAMP, status TEXT);"
        "INSERT INTO performances VALUES (1, 1, '2026-11-01 20:00:00', 'played'), (2, 1, '2026-11-18 20:00:00', 'played'),"
        " (3, 2, '2026-12-24 20:00:00', 'scheduled');"
        "CREATE TABLE employees (employee_id INTEGER PRIMARY KEY, employee_name TEXT, born_on DATE, hired_on DATE, left_on DATE);"
        "INSERT INTO employees VALUES (1, 'Ann', '1999-05-02', '2019-01-01', NULL), (2, 'Ben', '1970-05-09', '2026-02-01', NULL),"
        " (3, 'Cid', '1980-07-01', '2010-01-01', '2020-06-30');",
        [
            dataset("stages", "stage_id", "stage_name", "closed_on"),
            dataset("productions", "production_id", "title", "stage_id", "premiered_on"),
            dataset("performances", "performance_id", "production_id", "starts_at", "status", status=["played", "scheduled"]),
            dataset("employees", "employee_id", "employee_name", "born_on", "hired_on", "left_on"),
        ],
        [
            related("production_stage", "productions", "stages", "stage_id", "stage_id"),
            related("performance_production", "performances", "productions", "production_id", "production_id"),
        ],
    )
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def keys(answer: dict) -> list:
    return [row[0] for row in rows(answer)]


def test_a_time_of_something_else_is_asked_back_about(theatre):
    asked = theatre.ask("productions closed in 2025")
    # A production is not closed when its stage was.
    assert asked["status"] == "not_answerable" and "closed" in asked["text"], asked
    assert keys(theatre.ask("stages closed in 2025")) == [1]


def test_what_is_planned_is_not_the_most_recent(theatre):
    assert keys(theatre.ask("most recent performance")) == [2]
    assert keys(theatre.ask("performances in December 2026")) == [3], "what is asked for by its time is there"


def test_the_newest_is_not_the_youngest(theatre):
    answer = theatre.ask("newest employee")
    assert answer["status"] == "needs_clarification" or keys(answer) == [2], answer
    assert keys(theatre.ask("youngest employee")) == [1]
    assert keys(theatre.ask("which employee was hired most recently")) == [2]


@pytest.mark.parametrize("question", ["employees born in May", "how many employees were born in May"])
def test_days_of_birth_without_a_year_are_of_no_year(theatre, question):
    assert theatre.ask(question)["status"] == "not_answerable"
    assert keys(theatre.ask("employees born in 1999")) == [1]


def test_who_has_left_is_no_current_employee(theatre):
    assert rows(theatre.ask("number of current employees")) == [[2]]
    assert rows(theatre.ask("number of former employees")) == [[1]]


#: Periods as texts and as digits, each table in a way of its own; the last one in no one way.
WRITTEN = {
    "takings": ("VARCHAR(7)", ["'2023-11'", "'2023-12'", "'2024-01'", "'2024-02'", "'2024-04'"]),
    "slashed": ("VARCHAR(7)", ["'11/2023'", "'12/2023'", "'01/2024'", "'02/2024'", "'04/2024'"]),
    "named": ("VARCHAR(20)", ["'Nov 2023'", "'Dez 2023'", "'Jan 2024'", "'M\u00e4rz 2024'", "'Apr 2024'"]),
    "digits": ("INTEGER", ["202311", "202312", "202401", "202402", "202404"]),
    "parts": ("VARCHAR(7)", ["'2023-Q3'", "'2023-Q4'", "'2024-Q1'", "'2024-Q1'", "'2024-Q2'"]),
    "grants": ("VARCHAR(4)", ["'2023'", "'2023'", "'2024'", "'2024'", "'2024'"]),
    "settled": ("VARCHAR(10)", ["'30.11.2023'", "'31.12.2023'", "'29.02.2024'", "'31.02.2024'", "'30.04.2024'"]),
    "mixed": ("VARCHAR(10)", ["'2023-11'", "'later'", "'2024-Q1'", "'2024-02'", "'2024-04'"]),
}
AMOUNTS = [5, 7, 10, 20, 40]


class Written:
    """Products over tables whose months, quarters and years are no dates, each with a generated model."""

    def __init__(self, folder, source):
        settings = {"EMPORION_BOBSLED__QUESTIONS_PER_MINUTE": "200"}
        if source.kind == "sqlite":
            settings["EMPORION_SOURCE_DIRS"] = json.dumps([source.server["folder"]])
        for table, (kind, periods) in WRITTEN.items():
            column = "period" if table == "named" else "month"
            source.sql(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, {column} {kind}, amount INTEGER);")
            for at, (period, amount) in enumerate(zip(periods, AMOUNTS, strict=True)):
                source.sql(f"INSERT INTO {table} VALUES ({at}, {period}, {amount});")
        self.server = Server(folder, **settings).start()
        self.bob = BobsledDoor(self.server, self.server.admin.token)
        to = {"EMPORION_URL": self.server.url, "EMPORION_TOKEN": self.server.admin.token}
        run_cli("ingest", source.url, "--service", "written", EMPORION_SOURCE_PASSWORD=source.password, **to)
        self.source = self.bob.get("/data-sources")["dataSources"][0]["id"]
        self.schema = {"sqlite": "main", "postgresql": "public", "mariadb": None}[source.kind]
        self.made = {}
        for table in WRITTEN:
            body = {"name": table.title(), "dataSourceId": self.source, "isDeployed": True, "dataAssets": [{"tableName": table}]}
            path = f"/data-products/{self.bob.post('/data-products', body, expect=201)['dataProduct']['id']}"
            self.made[table] = path, self.bob.call("POST", f"{path}/semantic-models/generate", {"name": table}, expect=201).json()
            self.bob.post(f"{path}/deploy", {})

    def ask(self, table: str, message: str) -> dict:
        return self.bob.post(f"{self.made[table][0]}/chat", {"message": message, "options": {"today": TODAY}})

    def by_hand(self, table: str, more=None, **extension) -> dict:
        """The answer to a model that calls its month a time."""
        field = {"name": "month", "expression": "month", "dimension": {"is_time": True}} | (more or {})
        if extension:
            field["custom_extensions"] = [{"vendor_name": "EMPORION", "data": json.dumps(extension)}]
        source = ".".join(part for part in (self.schema, table) if part)
        fields = [{"name": "id", "expression": "id"}, field, {"name": "amount", "expression": "amount"}]
        told = json.dumps({"defaultTimeField": "month"})
        dataset = {"name": "booked", "source": source, "primary_key": ["id"], "fields": fields,
                   "custom_extensions": [{"vendor_name": "EMPORION", "data": told}]}
        metrics = [{"name": "intake", "expression": "SUM(booked.amount)"}]
        content = json.dumps({"version": "0.2.0.dev0", "semantic_model": [{"name": "hand", "datasets": [dataset], "metrics": metrics}]})
        body = {"name": "hand", "format": "osi", "content": content}
        return self.bob.call("POST", f"{self.made[table][0]}/semantic-models", body, expect=(201, 422)).json()

    def drop(self, table: str, made: dict) -> None:
        self.bob.patch(f"{self.made[table][0]}/semantic-models/{made['data']['semanticModel']['id']}", {"remove": True})
        self.bob.post(f"{self.made[table][0]}/deploy", {})

    def figures(self, table: str, message: str) -> list:
        return [[day(cell) for cell in row] for row in rows(self.ask(table, message))]

    def said(self, table: str) -> dict:
        """What the generated model says of the field of the periods."""
        document = self.made[table][1]["data"]["semanticModel"]["document"]
        fields = document["semantic_model"][0]["datasets"][0]["fields"]
        field = next(field for field in fields if field["name"] in ("month", "period"))
        data = next((one["data"] for one in field.get("custom_extensions", [])), "{}")
        return json.loads(data) | {"is_time": field.get("dimension", {}).get("is_time")}


def day(cell):
    return cell[:10] if isinstance(cell, str) else int(cell)


@pytest.fixture(scope="module", params=real_databases.KINDS.keys())
def written(request, tmp_path_factory):
    with real_databases.KINDS[request.param]() as source:
        made = Written(tmp_path_factory.mktemp(f"written-{request.param}"), source)
        yield made
        assert made.server.stop() == 0, made.server.log_tail()


def test_months_that_are_texts_or_digits_are_months(written):
    for table in ("takings", "slashed", "named", "digits"):
        third = "2024-03-01" if table == "named" else "2024-02-01"
        months = ["2023-11-01", "2023-12-01", "2024-01-01", third, "2024-04-01"]
        assert written.figures(table, "total amount by month") == [list(row) for row in zip(months, AMOUNTS)], table
        assert written.figures(table, "total amount by quarter") == [["2023-10-01", 12], ["2024-01-01", 30], ["2024-04-01", 40]], table
        assert written.figures(table, "total amount by year") == [["2023-01-01", 12], ["2024-01-01", 70]], table
        assert written.figures(table, "total amount in 2024") == [[70]], table
        assert written.figures(table, "total amount in December 2023") == [[7]], table
        listed = written.ask(table, f"list {table} in 2024")
        shown = next(column for column in listed["table"]["columns"] if column["name"] in ("month", "period"))
        assert shown["grain"] == "month" and len(rows(listed)) == 3, listed
        # A month is told, and no day of it.
        for question in ("total amount by day", "total amount by week", "total amount from 2024-01-10 to 2024-02-20"):
            answer = written.ask(table, question)
            assert answer["status"] == "not_answerable" and "tells the month only" in answer["text"], answer
        # What is not over is compared with the whole of what is known of the other.
        body = {"message": "total amount this year vs last year", "options": {"today": "2024-12-05"}}
        compared = rows(written.bob.post(f"{written.made[table][0]}/chat", body))
        assert [day(cell) for cell in compared[0][:2]] == [70, 12], compared
        beyond = written.ask(table, "total amount in 2026")
        assert "goes from 2023-11 to 2024-04." in beyond["text"], beyond["text"]
    assert written.said("takings")["timeFormat"] == "yyyy-MM" and written.said("slashed")["timeFormat"] == "MM/yyyy"
    assert written.said("takings")["grains"] == ["month", "quarter", "year"] and "sampleValues" not in written.said("takings")


def test_days_that_are_texts_are_days_of_their_months(written):
    assert written.figures("settled", "total amount in 2024") == [[50]], "no month has the 31st of February"
    assert written.figures("settled", "total amount in February 2024") == [[10]]
    assert written.figures("settled", "total amount in 2023") == [[12]]


def test_quarters_and_years_that_are_texts_are_no_finer_than_they_are(written):
    assert written.figures("parts", "total amount by quarter") == [["2023-07-01", 5], ["2023-10-01", 7], ["2024-01-01", 30], ["2024-04-01", 40]]
    assert written.figures("parts", "total amount in 2024") == [[70]]
    assert "tells the quarter only" in written.ask("parts", "total amount by month")["text"]
    assert written.figures("grants", "total amount by year") == [["2023-01-01", 12], ["2024-01-01", 70]]
    assert "tells the year only" in written.ask("grants", "total amount in January 2024")["text"]
    guided = [written.bob.get(f"{written.made[table][0]}/chat/guide")["questions"] for table in ("grants", "takings")]
    assert [any("by month" in question for question in questions) for questions in guided] == [False, True], guided


def test_what_is_written_in_no_one_way_is_no_time_and_the_model_says_so(written):
    _, made = written.made["mixed"]
    assert [one["code"] for one in made.get("warnings", []) if "month" in one["message"]] == ["TIME_NOT_READ"], made
    assert not written.said("mixed")["is_time"] and "later" in written.said("mixed")["sampleValues"]
    assert not [one for one in written.made["takings"][1].get("warnings", []) if one["code"] == "TIME_NOT_READ"]


def test_a_text_that_a_model_calls_a_time_is_warned_about(written):
    """Where nothing says how it is written, it is read as a day; said by the model, or seen in its samples, it is read."""
    def warned(answer: dict) -> list:
        return [one["message"] for one in answer["data"]["validation"]["warnings"] if one["code"] == "TIME_AS_TEXT"]

    refused = written.by_hand("takings", timeFormat="yyyy-ww")
    assert "timeFormat" in json.dumps(refused["error"]), refused
    made = written.by_hand("takings")
    [said] = warned(made)
    assert said.startswith("booked.month is called a time, and is a text") and "timeFormat" in said, said
    deployed = written.bob.call("POST", f"{written.made['takings'][0]}/deploy", {}, expect=200).json()
    assert [one["message"] for one in deployed["warnings"] if one["code"] == "TIME_AS_TEXT"] == [said], deployed
    written.drop("takings", made)
    made = written.by_hand("takings", sampleValues=["2023-11", "2024-01"])
    assert not warned(made)
    written.drop("takings", made)
    made = written.by_hand("takings", timeFormat="yyyy-MM")
    assert not warned(made)
    written.bob.post(f"{written.made['takings'][0]}/deploy", {})
    assert written.figures("takings", "intake by quarter") == [["2023-10-01", 12], ["2024-01-01", 30], ["2024-04-01", 40]]
    written.drop("takings", made)


def test_what_is_no_day_is_said_beside_what_was_not_found(written):
    """SQLite and MariaDB take a text that is no day for none; PostgreSQL fails. Grouped as texts they are all there."""
    made = written.by_hand("mixed", {"datatype": "Date"})
    written.bob.post(f"{written.made['mixed'][0]}/deploy", {})
    for question in ("intake in 2024", "intake by month"):
        answer = written.bob.call("POST", f"{written.made['mixed'][0]}/chat", {"message": question, "options": {"today": TODAY}}, expect=(200, 422, 502))
        assert answer.status_code != 200 or "no day" in answer.json()["data"]["text"] or "2024-Q1" in answer.text, answer.text
    written.drop("mixed", made)

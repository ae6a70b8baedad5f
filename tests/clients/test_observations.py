"""What profilers, schedulers and voters leave behind: how much room it takes, and that all of it can be read again."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from emporion_server import Server, run_cli
from openmetadata_door import OpenMetadataDoor

COLUMNS, RUNS, VOTES = 100, 60, 20
FIRST_RUN, HOUR = 1_700_000_000_000, 3_600_000


def room(server: Server) -> int:
    """Bytes of the pages that the store of a stopped server uses."""
    with closing(server.open_store()) as store:
        number = lambda pragma: store.execute(f"PRAGMA {pragma}").fetchone()[0]  # noqa: E731
        return (number("page_count") - number("freelist_count")) * number("page_size")


class Measured:
    """A server that is stopped to see what some work has left in its store."""

    def __init__(self, folder):
        self.server = Server(folder)

    def during(self, work):
        self.server.start()
        try:
            made = work(OpenMetadataDoor(self.server, self.server.admin.token))
        finally:
            assert self.server.stop() == 0
        return made, room(self.server)


def column_profile(column: int, run: int, chance: random.Random) -> dict:
    """As the profiler measures a column of numbers."""
    rows = 10_000.0 + run
    nulls, distinct = float(chance.randrange(100)), float(chance.randrange(1, 10_000))
    low, high = chance.randrange(1_000), chance.randrange(1_000, 1_000_000)
    return {
        "name": f"c{column:03}",
        "timestamp": FIRST_RUN + run * HOUR,
        "valuesCount": rows - nulls,
        "nullCount": nulls,
        "nullProportion": nulls / rows,
        "uniqueCount": distinct / 2,
        "uniqueProportion": distinct / 2 / rows,
        "distinctCount": distinct,
        "distinctProportion": distinct / rows,
        "min": low,
        "max": high,
        "mean": (low + high) / 2,
        "sum": (low + high) / 2 * rows,
        "stddev": chance.random() * 1_000,
        "median": float((low + high) // 2),
    }


def profile(run: int) -> dict:
    chance = random.Random(run)
    return {
        "tableProfile": {
            "timestamp": FIRST_RUN + run * HOUR,
            "rowCount": 10_000.0 + run,
            "columnCount": float(COLUMNS),
            "sizeInByte": 1_000_000.0,
            "profileSampleType": "PERCENTAGE",
        },
        "columnProfile": [column_profile(column, run, chance) for column in range(COLUMNS)],
        "systemProfile": [{"timestamp": FIRST_RUN + run * HOUR, "operation": "INSERT", "rowsAffected": run}],
    }


def wide_table(om) -> dict:
    om.put("/services/databaseServices", {"name": "house", "serviceType": "Postgres"})
    om.put("/databases", {"name": "d", "service": "house"})
    om.put("/databaseSchemas", {"name": "s", "database": "house.d"})
    columns = [{"name": f"c{column:03}", "dataType": "DOUBLE"} for column in range(COLUMNS)]
    return om.put("/tables", {"name": "wide", "databaseSchema": "house.d.s", "columns": columns})


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    return Measured(tmp_path_factory.mktemp("observed"))


def test_sixty_runs_of_a_wide_table_take_two_megabytes_and_can_all_be_read(measured):
    table, before = measured.during(wide_table)

    def runs(om):
        for run in range(RUNS):
            om.put(f"/tables/{table['id']}/tableProfile", profile(run))
        everything = {"startTs": 0, "endTs": FIRST_RUN + RUNS * HOUR, "limit": 1_000}
        at = "/tables/house.d.s.wide"
        tables = om.get(f"{at}/tableProfile", **everything)
        assert [row["rowCount"] for row in tables["data"]] == [10_000.0 + run for run in reversed(range(RUNS))]
        assert len(om.get(f"{at}/systemProfile", **everything)["data"]) == RUNS
        columns = {}
        for column in range(COLUMNS):
            columns[column] = om.get(f"{at}.c{column:03}/columnProfile", **everything)
            assert columns[column]["paging"]["total"] == RUNS
        for run in range(RUNS):
            for column, wanted in enumerate(profile(run)["columnProfile"]):
                found = columns[column]["data"][RUNS - 1 - run]
                assert list(found) == list(wanted) and found.pop("name") == wanted.pop("name")
                assert found == pytest.approx(wanted, rel=1e-12)

    _, after = measured.during(runs)
    assert after - before <= 2_000_000, f"{after - before} bytes"


def test_twenty_votes_leave_next_to_nothing(measured):
    def voters(om):
        return [measured.server.new_user(f"voter{at}") for at in range(VOTES)]

    people, before = measured.during(voters)

    def votes(om):
        table = om.get("/tables/name/house.d.s.wide")
        for person in people:
            om.speaking(person.token).put(f"/tables/{table['id']}/vote", {"updatedVoteType": "votedUp"})
        seen = om.get("/tables/name/house.d.s.wide", fields="votes")["votes"]
        assert (seen["upVotes"], len(seen["upVoters"])) == (VOTES, VOTES)
        assert len(om.get(f"/tables/{table['id']}/versions")["versions"]) == 1

    _, after = measured.during(votes)
    # The store grows by whole pages, one for each of its tables at worst.
    assert after - before <= 20_000, f"{after - before} bytes"
    with closing(measured.server.open_store()) as store:
        bodies = "SELECT total(length(body) + length(coalesce(change, ''))) FROM revisions JOIN records USING (id) WHERE records.name = 'wide'"
        assert store.execute(bodies.replace("body", "revisions.body").replace("change", "revisions.change")).fetchone() == (0,)


@pytest.fixture
def table(om, sales_tables, fresh_name) -> dict:
    columns = [{"name": "id", "dataType": "INT"}, {"name": "x.y", "dataType": "INT"}]
    body = {"name": fresh_name("observed"), "databaseSchema": "warehouse.sales.sales", "columns": columns}
    return om.put("/tables", body)


def measured_at(run: int, **columns) -> dict:
    at = FIRST_RUN + run * HOUR
    rows = [{"name": name, "timestamp": at, "nullCount": count} for name, count in columns.items()]
    return {"tableProfile": {"timestamp": at, "rowCount": float(run)}, "columnProfile": rows}


def test_what_is_kept_of_answers_ends_with_a_new_run(om, table):
    one, named = f"/tables/{table['id']}", f"/tables/{table['fullyQualifiedName']}"
    asked = {
        "one": lambda: om.get(one, fields="profile").get("profile", {}).get("rowCount"),
        "list": lambda: {row["id"]: row for row in om.everything("tables", fields="profile")}[table["id"]]
        .get("profile", {})
        .get("rowCount"),
        "latest": lambda: om.get(f"{named}/tableProfile/latest").get("profile", {}).get("rowCount"),
        "span": lambda: next(
            (row["rowCount"] for row in om.get(f"{named}/tableProfile", startTs=0, endTs=FIRST_RUN * 2)["data"]), None
        ),
    }
    for run in [None, 1, 5, 3]:
        if run is not None:
            om.put(f"{one}/tableProfile", measured_at(run))
        newest = {None: None, 1: 1.0, 5: 5.0, 3: 5.0}[run]
        for _ in range(3):
            assert {name: ask() for name, ask in asked.items()} == dict.fromkeys(asked, newest)
    kept = om.get(one)
    assert (kept["version"], kept["updatedAt"]) == (table["version"], table["updatedAt"])


def test_a_column_is_named_as_profilers_name_it(om, table):
    named = f"/tables/{table['fullyQualifiedName']}"
    om.put(f"/tables/{table['id']}/tableProfile", measured_at(1, **{"id": 1.0, "x.y": 2.0}))
    om.put(f"/tables/{table['id']}/tableProfile", measured_at(2, **{"id": 3.0, '"x.y"': 4.0}))
    everything = {"startTs": 0, "endTs": FIRST_RUN * 2}
    dotted = om.get(f'{named}."x.y"/columnProfile', **everything)
    assert [row["nullCount"] for row in dotted["data"]] == [4.0, 2.0] and dotted["paging"]["total"] == 2
    newest = om.get(f'{named}."x.y"/columnProfile', **everything, limit=1)
    assert [row["nullCount"] for row in newest["data"]] == [4.0] and newest["paging"]["total"] == 2
    assert om.get(f"{named}.id/columnProfile", startTs=0, endTs=FIRST_RUN + HOUR)["data"][0]["nullCount"] == 1.0
    columns = om.get(f"{named}/tableProfile/latest")["columns"]
    assert [column["profile"]["nullCount"] for column in columns] == [3.0, 4.0]


def test_counts_that_are_added_at_once_are_all_counted(om, table):
    path = f"/usage/table/{table['id']}"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: om.call("POST", path, {"date": "2026-02-03", "count": 2}, expect=(200, 201)), range(24)))
    newest = om.get(path)["usage"]
    assert newest == [{"date": "2026-02-03", "dailyStats": {"count": 48}}]
    om.put(path, {"date": "2026-02-01", "count": 7})
    assert om.get(path)["usage"] == newest, "an older day is not the newest"


def test_all_runs_of_a_pipeline_can_be_listed(om, fresh_name):
    service = om.put("/services/pipelineServices", {"name": fresh_name("airflow"), "serviceType": "Airflow"})
    pipeline = om.put("/pipelines", {"name": "nightly", "service": service["fullyQualifiedName"]})
    path = f"/pipelines/{pipeline['fullyQualifiedName']}/status"
    runs = [{"timestamp": FIRST_RUN + run * HOUR, "executionStatus": "Successful"} for run in range(150)]
    shown = om.put(f"{path}/bulk", runs)
    assert shown["pipelineStatus"]["timestamp"] == runs[-1]["timestamp"]
    listed = om.get(path, startTs=0, endTs=FIRST_RUN * 2, limit=1_000)
    assert listed["data"] == runs[::-1] and listed["paging"]["total"] == 150
    assert om.delete(f"{path}/{runs[-1]['timestamp']}")["pipelineStatus"]["timestamp"] == runs[-2]["timestamp"]
    om.delete(f"{path}/{runs[-1]['timestamp']}", expect=404)


def test_what_was_observed_goes_with_its_table_and_stays_within_its_account(om, server, other_account, stranger, table):
    body = measured_at(1, id=1.0)
    one, named = f"/tables/{table['id']}", f"/tables/{table['fullyQualifiedName']}"
    om.put(f"{one}/tableProfile", body)
    om.put(f"{one}/sampleData", {"columns": ["id"], "rows": [[7]]})
    outsider = om.speaking(other_account.token)
    outsider.get(f"{named}/tableProfile", expect=404, startTs=0, endTs=FIRST_RUN * 2)
    outsider.get(f"{named}.id/columnProfile", expect=404, startTs=0, endTs=FIRST_RUN * 2)
    outsider.put(f"{one}/tableProfile", body, expect=404)
    onlooker = om.speaking(stranger.token)
    for path, wanted in [(f"{one}/tableProfile", body), (f"{one}/sampleData", {"columns": ["id"], "rows": [[8]]})]:
        onlooker.put(path, wanted, expect=403)
    onlooker.put(f"/usage/table/{table['id']}", {"date": "2026-01-01", "count": 1}, expect=403)
    assert "sampleData" not in onlooker.get(one, fields="sampleData")
    assert om.get(one, fields="sampleData")["sampleData"]["rows"] == [[7]]
    with closing(server.open_store()) as store:
        kept = "SELECT count(*) FROM observation_series WHERE hex(record) = ?", [table["id"].replace("-", "").upper()]
        assert store.execute(*kept).fetchone() == (3,), "of the table, of its column, and rows"
        om.delete(one, hardDelete="true")
        assert store.execute(*kept).fetchone() == (0,)
    assert '"faults":[]' in run_cli("verify", "--store", str(server.store), "-o", "json").stdout.replace(" ", "")

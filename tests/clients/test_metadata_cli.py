"""OpenMetadata's own command `metadata` reads a real PostgreSQL: metadata, usage, lineage and profiles, each of them twice."""

import json
import re

import pytest
import yaml

import real_databases
from metadata_command import MetadataCommand

SEED = """
CREATE EXTENSION pg_stat_statements;
CREATE SCHEMA shop;
CREATE TABLE shop.customers (id int PRIMARY KEY, name text NOT NULL, email varchar(200));
CREATE TABLE shop.orders (id int PRIMARY KEY, customer int REFERENCES shop.customers (id), amount numeric(12, 2));
CREATE TABLE shop.totals (customer int, total numeric);
CREATE VIEW shop.big AS SELECT o.id, c.name, o.amount FROM shop.orders o JOIN shop.customers c ON c.id = o.customer;
CREATE PROCEDURE shop.fill_totals() LANGUAGE sql AS $$
  INSERT INTO shop.totals SELECT customer, sum(amount) FROM shop.orders GROUP BY customer $$;
COMMENT ON PROCEDURE shop.fill_totals() IS 'Adds up what each has bought';
CREATE FUNCTION shop.vat(amount numeric) RETURNS numeric LANGUAGE sql AS $$ SELECT amount * 0.2 $$;
INSERT INTO shop.customers SELECT i, 'name ' || i, 'c' || i || '@example.com' FROM generate_series(1, 50) i;
INSERT INTO shop.orders SELECT i, 1 + i % 50, i * 3.5 FROM generate_series(1, 500) i;
"""
USED = """
SELECT c.name, sum(o.amount) FROM shop.orders o JOIN shop.customers c ON c.id = o.customer GROUP BY c.name;
INSERT INTO shop.totals SELECT customer, sum(amount) FROM shop.orders WHERE amount > 10 GROUP BY customer;
CREATE TABLE shop.copied AS SELECT id, name FROM shop.customers;
CALL shop.fill_totals();
"""
#: Command, source and what a workflow is configured with, each as its documentation begins.
WORKFLOWS = {
    "metadata": ("ingest", "postgres", {"type": "DatabaseMetadata"}),
    "usage": ("usage", "postgres-usage", {"type": "DatabaseUsage"}),
    "lineage": ("ingest", "postgres-lineage", {"type": "DatabaseLineage"}),
    "profiler": ("profile", "postgres", {"type": "Profiler"}),
    "tests": ("test", "TestSuite", {"type": "TestSuite"}),
}
#: Of a column that is filled, of one that is not what it is said to be, and of the whole table.
TESTS = [
    {"name": "named", "testDefinitionName": "columnValuesToBeNotNull", "columnName": "name", "computePassedFailedRowCount": True},
    {"name": "short", "testDefinitionName": "columnValueLengthsToBeBetween", "columnName": "email",
     "parameterValues": [{"name": "maxLength", "value": "3"}]},
    {"name": "fifty", "testDefinitionName": "tableRowCountToEqual", "parameterValues": [{"name": "value", "value": "50"}]},
]  # fmt: skip


@pytest.fixture(scope="module")
def shop():
    with real_databases.postgresql(shared_preload_libraries="pg_stat_statements") as source:
        source.sql(SEED)
        source.sql(USED)
        yield source


@pytest.fixture(scope="module")
def service(fresh_name) -> str:
    return fresh_name("shop")


@pytest.fixture(scope="module")
def run(server, bot_token, shop, service, tmp_path_factory):
    """Runs one workflow to its end and answers what it printed."""
    folder = tmp_path_factory.mktemp("workflows")
    metadata = MetadataCommand(folder)

    def run(name: str) -> str:
        command, source, config = WORKFLOWS[name]
        connection = {
            "type": "Postgres",
            "username": shop.server["user"],
            "authType": {"password": shop.password},
            "hostPort": f"{shop.server['host']}:{shop.server['port']}",
            "database": shop.server["database"],
        }
        target = {
            "hostPort": f"{server.url}/api",
            "authProvider": "openmetadata",
            "securityConfig": {"jwtToken": bot_token},
        }
        workflow = {
            "source": {
                "type": source,
                "serviceName": service,
                "serviceConnection": {"config": connection},
                "sourceConfig": {"config": config},
            },
            "ingestionPipelineFQN": f"{service}.{name}_run",
            "workflowConfig": {"openMetadataServerConfig": target},
        }
        if name == "usage":
            staged = str(folder / "staged")
            workflow |= {
                "processor": {"type": "query-parser", "config": {}},
                "stage": {"type": "table-usage", "config": {"filename": staged}},
                "bulkSink": {"type": "metadata-usage", "config": {"filename": staged}},
            }
        else:
            workflow["sink"] = {"type": "metadata-rest", "config": {}}
        if name == "tests":
            # The connection is the one that the server keeps.
            workflow["source"].pop("serviceConnection")
            workflow.pop("ingestionPipelineFQN")
            config = config | {"entityFullyQualifiedName": f"{service}.{shop.server['database']}.shop.customers"}
            workflow["source"]["sourceConfig"]["config"] = config
            workflow["processor"] = {"type": "orm-test-runner", "config": {"forceUpdate": True, "testCases": TESTS}}
        if name == "profiler":
            workflow["processor"] = {"type": "orm-profiler", "config": {}}
        file = folder / f"{name}.yaml"
        file.write_text(yaml.safe_dump(workflow))
        code, said = metadata.run(command, "-c", str(file))
        assert code == 0, said[-6000:]
        return said

    yield run
    assert metadata.stop() == 0


@pytest.fixture(scope="module")
def ingested(run):
    return [run("metadata"), run("metadata")]


@pytest.fixture(scope="module")
def used(ingested, run):
    return [run("usage"), run("usage")]


@pytest.fixture(scope="module")
def traced(used, run):
    return [run("lineage"), run("lineage")]


def clean(said: str) -> None:
    assert re.search(r"Workflow Success %: 100\.0", said), said[-4000:]
    errors = re.findall(r"Errors: (\d+)", said)
    assert errors and set(errors) == {"0"}, said[-4000:]
    assert not re.findall(r"\] ERROR .*", said), re.findall(r"\] ERROR .*", said)


def test_metadata_is_read_twice_with_stored_procedures(ingested, om, service):
    for said in ingested:
        clean(said)
    schema = f"{service}.postgres.shop"
    procedures = om.get("/storedProcedures", databaseSchema=schema)["data"]
    assert {p["name"]: p["storedProcedureType"] for p in procedures} == {"fill_totals": "StoredProcedure", "vat": "Function"}
    fill = next(p for p in procedures if p["name"] == "fill_totals")
    assert "INSERT INTO shop.totals" in fill["storedProcedureCode"]["code"]
    assert fill["description"] == "Adds up what each has bought" and fill["version"] == 0.1
    assert fill["serviceType"] == "Postgres" and fill["databaseSchema"]["fullyQualifiedName"] == schema


def test_the_runs_are_kept_with_their_pipeline(ingested, om, service):
    pipeline = om.get(f"/services/ingestionPipelines/name/{service}.metadata_run", fields="pipelineStatuses")
    assert (pipeline["pipelineType"], pipeline["service"]["name"]) == ("metadata", service)
    runs = om.get(f"/services/ingestionPipelines/{service}.metadata_run/pipelineStatus", startTs=0)
    assert [run["pipelineState"] for run in runs["data"]] == ["success"] * runs["paging"]["total"] != []
    assert pipeline["pipelineStatuses"] == runs["data"][:1]
    assert all(step["errors"] == 0 for step in runs["data"][0]["status"])


def test_usage_is_read_twice_with_its_queries(used, om, service):
    for said in used:
        clean(said)
        assert "Failed to publish" not in said
    table = om.get(f"/tables/name/{service}.postgres.shop.orders", fields="usageSummary")
    assert table["usageSummary"]["dailyStats"]["count"] > 0
    assert table["usageSummary"]["dailyStats"]["percentileRank"] > 0, "most others were used less"
    queries = om.get("/queries", entityId=table["id"], fields="queryUsedIn")["data"]
    texts = [query["query"] for query in queries]
    assert any("JOIN shop.customers" in text for text in texts), texts
    assert all(table["id"] in [used["id"] for used in query["queryUsedIn"]] for query in queries)
    assert len(texts) == len(set(texts)), "the second run finds those of the first"


def test_lineage_is_read_twice(traced, om, service):
    for said in traced:
        clean(said)
    schema = f"{service}.postgres.shop"
    graph = om.get(f"/lineage/table/name/{schema}.totals", upstreamDepth=1, downstreamDepth=0)
    assert f"{schema}.orders" in [node["fullyQualifiedName"] for node in graph["nodes"]]
    assert om.get(f"/tables/name/{schema}.big")["processedLineage"] is True


def test_profiles_are_read_twice(ingested, run, om, service):
    for _ in range(2):
        clean(run("profiler"))
    profile = om.get(f"/tables/name/{service}.postgres.shop.orders", fields="profile")["profile"]
    assert profile["rowCount"] == 500


def test_no_password_is_kept_in_the_open(ingested, om, service, shop):
    shown = json.dumps(om.get(f"/services/ingestionPipelines/name/{service}.metadata_run", fields="*"))
    assert shop.password not in shown


def test_its_tests_of_data_run_by_the_definitions_that_are_here(ingested, run, om, service, shop):
    for _ in range(2):
        run("tests")
    table = f"{service}.{shop.server['database']}.shop.customers"
    listed = om.get("/dataQuality/testCases", entityLink=f"<#E::table::{table}>", includeAllTests="true", fields="testCaseResult", limit=50)
    found = {case["fullyQualifiedName"].removeprefix(table + "."): case for case in listed["data"]}
    states = {name: case["testCaseStatus"] for name, case in found.items()}
    assert states == {"name.named": "Success", "email.short": "Failed", "fifty": "Success"}
    named = found["name.named"]["testCaseResult"]
    assert (named["passedRows"], named["failedRows"]) == (50, 0)
    assert {value["name"] for value in found["email.short"]["testCaseResult"]["testResultValue"]} == {"minValueLength", "maxValueLength"}
    kept = om.get(f"/dataQuality/testCases/testCaseResults/{table}.fifty")["data"]
    assert len(kept) == 2, "each run is kept"
    suite = om.get(f"/dataQuality/testSuites/name/{table}.testSuite", fields="tests,summary")
    assert (suite["summary"]["success"], suite["summary"]["failed"], len(suite["tests"])) == (2, 1, 3)

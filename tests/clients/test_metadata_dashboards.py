"""OpenMetadata's own command `metadata` reads dashboards out of a real PostgreSQL in which Superset keeps them, twice.

Superset itself does not run: the tables are those that it keeps its dashboards in, as far as the command reads them.
"""

import json
import re

import pytest
import yaml

import real_databases
from metadata_command import MetadataCommand
from pages_door import Browser

SEED = """
CREATE TABLE ab_user (id int PRIMARY KEY, email text);
CREATE TABLE dbs (id int PRIMARY KEY, database_name text, sqlalchemy_uri text);
CREATE TABLE tables (id int PRIMARY KEY, table_name text, schema text, sql text, database_id int REFERENCES dbs (id));
CREATE TABLE table_columns (id int PRIMARY KEY, column_name text, type text, description text, table_id int REFERENCES tables (id));
CREATE TABLE slices (id int PRIMARY KEY, slice_name text, description text, datasource_id int, datasource_type text, viz_type text);
CREATE TABLE dashboards (id int PRIMARY KEY, dashboard_title text, position_json text, published bool, created_by_fk int);
CREATE SCHEMA shop;
CREATE TABLE shop.orders (id int PRIMARY KEY, region text, amount numeric(12, 2));
CREATE TABLE shop.returns (id int PRIMARY KEY, reason text);
INSERT INTO dbs VALUES (1, 'warehouse', 'postgresql://u@h/postgres');
INSERT INTO tables VALUES (1, 'orders', 'shop', NULL, 1), (2, 'reasons', 'shop', 'SELECT reason FROM shop.returns', 1);
INSERT INTO table_columns VALUES (1, 'id', 'INTEGER', 'key', 1), (2, 'region', 'TEXT', NULL, 1), (3, 'reason', 'TEXT', NULL, 2);
INSERT INTO slices VALUES (11, 'Orders by region', 'of the year', 1, 'table', 'bar'), (12, 'Why things come back', NULL, 2, 'table', 'pie');
"""


@pytest.fixture(scope="module")
def superset(server, om, fresh_name):
    owner = server.new_user(fresh_name("shows"))
    mail = om.get(f"/users/{owner.id}")["email"]
    with real_databases.postgresql() as source:
        source.sql(SEED)
        shown = {f"CHART-{chart}": {"meta": {"chartId": chart}} for chart in (11, 12)} | {"ROOT_ID": {"type": "ROOT"}}
        source.sql(f"INSERT INTO ab_user VALUES (1, '{mail}');"
                   f"INSERT INTO dashboards VALUES (1, 'Sales', '{json.dumps(shown)}', true, 1), (2, 'Draft', '{{}}', false, 1);")  # fmt: skip
        yield source, owner


@pytest.fixture(scope="module")
def read(server, bot_token, superset, fresh_name, tmp_path_factory):
    """Services of the database and of Superset, the first read before the second, this twice; and what was printed."""
    source, _ = superset
    folder = tmp_path_factory.mktemp("dashboards")
    metadata = MetadataCommand(folder)
    at = {
        "type": "Postgres",
        "username": source.server["user"],
        "authType": {"password": source.password},
        "hostPort": f"{source.server['host']}:{source.server['port']}",
        "database": source.server["database"],
    }
    tables, dashboards = fresh_name("warehouse"), fresh_name("superset")
    lineage = {"lineageInformation": {"dbServicePrefixes": [tables]}}
    workflows = {
        "tables": ("postgres", tables, at, {"type": "DatabaseMetadata"}),
        "dashboards": (
            "superset",
            dashboards,
            {"type": "Superset", "hostPort": "http://superset.example.com:8088", "connection": at},
            {"type": "DashboardMetadata", "includeOwners": True, "includeDraftDashboard": False} | lineage,
        ),
    }
    target = {"hostPort": f"{server.url}/api", "authProvider": "openmetadata", "securityConfig": {"jwtToken": bot_token}}
    said = []
    for name in ("tables", "dashboards", "dashboards"):
        kind, service, connection, config = workflows[name]
        workflow = {
            "source": {"type": kind, "serviceName": service, "serviceConnection": {"config": connection}, "sourceConfig": {"config": config}},
            "sink": {"type": "metadata-rest", "config": {}},
            "ingestionPipelineFQN": f"{service}.{name}_run",
            "workflowConfig": {"openMetadataServerConfig": target},
        }
        file = folder / f"{name}.yaml"
        file.write_text(yaml.safe_dump(workflow))
        code, printed = metadata.run("ingest", "-c", str(file))
        assert code == 0, printed[-6000:]
        said.append(printed)
    assert metadata.stop() == 0
    return tables, dashboards, said


def test_the_command_finds_nothing_wrong(read):
    for printed in read[2]:
        assert re.search(r"Workflow Success %: 100\.0", printed), printed[-4000:]
        assert set(re.findall(r"Errors: (\d+)", printed)) == {"0"}, printed[-4000:]
        assert not re.findall(r"\] ERROR .*", printed), re.findall(r"\] ERROR .*", printed)


def test_a_dashboard_has_its_charts_models_and_owner(read, om, superset):
    _, service, _ = read
    (dashboard,) = om.get("/dashboards", service=service, fields="charts,owners")["data"]
    assert (dashboard["displayName"], dashboard["version"], dashboard["serviceType"]) == ("Sales", 0.1, "Superset")
    assert sorted(chart["displayName"] for chart in dashboard["charts"]) == ["Orders by region", "Why things come back"]
    # Out of its tables the command names them in lineage alone, and no dashboard is said to use them.
    assert sorted(model["fullyQualifiedName"] for model in om.get("/dashboard/datamodels", service=service)["data"]) == [f"{service}.model.1", f"{service}.model.2"]
    assert [owner["name"] for owner in dashboard["owners"]] == [superset[1].name]
    assert {chart["chartType"] for chart in om.get("/charts", service=service)["data"]} == {"Bar", "Pie"}
    model = om.get(f"/dashboard/datamodels/name/{service}.model.1")
    assert [column["name"] for column in model["columns"]] == ["id", "region"] and model["columns"][0]["description"] == "key"


def test_what_it_reads_is_known_and_can_be_put_into_a_product(server, read, om, superset, fresh_name):
    tables, service, _ = read
    graph = om.get(f"/lineage/dashboard/name/{service}.1", upstreamDepth=3, downstreamDepth=0)
    known = {node["fullyQualifiedName"] for node in graph["nodes"]}
    assert {f"{service}.model.1", f"{tables}.postgres.shop.orders", f"{tables}.postgres.shop.returns"} <= known, known
    domain = om.post("/domains", {"name": fresh_name("Read"), "domainType": "Aggregate", "description": "d"})
    body = {"name": fresh_name("Read"), "description": "d", "domains": [domain["name"]]}
    product = om.post("/dataProducts", body | {"owners": [{"id": superset[1].id, "type": "user"}]})
    at = f"/products/{product['fullyQualifiedName']}"
    owner = Browser(server).sign_in(superset[1])
    page = owner.visit(next(link for link in owner.visit(f"/dashboards/{service}.1").links if "edit=assets" in link and product["name"] in link))
    ticked = [given["value"] for tag, given in page.tags if tag == "input" and given.get("name") == "tick"]
    owner.send(at, tick=ticked)
    assert {asset["name"] for asset in om.get(f"/dataProducts/{product['id']}/assets")["data"]} == {"orders", "returns"}


def test_the_runs_are_kept_with_their_pipeline_and_no_password_in_the_open(read, om, superset):
    _, service, _ = read
    crawl = om.get(f"/services/ingestionPipelines/name/{service}.dashboards_run", fields="*")
    assert (crawl["service"]["type"], crawl["pipelineStatuses"][0]["pipelineState"]) == ("dashboardService", "success")
    shown = json.dumps([crawl, om.get(f"/services/dashboardServices/name/{service}", fields="*")])
    assert superset[0].password not in shown

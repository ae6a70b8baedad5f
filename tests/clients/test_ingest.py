"""`emporion ingest` of real databases, into a stopped store and through a running server."""

import json
import re
import signal
import socket
import subprocess
import time

import pytest

import datazone_door
import real_databases
from bobsled_door import BobsledDoor
from emporion_server import BINARY, Server, clean_environment, run_cli
from openmetadata_door import OpenMetadataDoor
from openmetadata_kinds import connect

SHOP = """
    CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL, email VARCHAR(80) UNIQUE);
    CREATE TABLE orders (id BIGINT PRIMARY KEY, customer_id INT NOT NULL, amount DECIMAL(12,2), note TEXT,
        FOREIGN KEY (customer_id) REFERENCES customers (id));
    CREATE TABLE order_lines (order_id BIGINT, line INT, amount DECIMAL(12,2), PRIMARY KEY (order_id, line),
        FOREIGN KEY (order_id) REFERENCES orders (id));
    CREATE TABLE wages (id INT, amount DECIMAL(12,2));
    CREATE VIEW totals AS SELECT c.name, SUM(o.amount) AS total FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY c.name;
    INSERT INTO customers VALUES (1, 'Ann', 'ann@example.com'), (2, 'Bob', 'bob@example.com');
    INSERT INTO orders VALUES (1, 1, 12.50, NULL), (2, 2, 7.50, 'x'), (3, 1, 5, NULL);
"""
COMMENTS = {
    "sqlite": "",
    "postgresql": "COMMENT ON TABLE customers IS 'who buys'; COMMENT ON COLUMN customers.name IS 'as on the invoice';"
    " CREATE SCHEMA empty; COMMENT ON SCHEMA empty IS 'nothing yet'; ANALYZE;",
    "mariadb": "ALTER TABLE customers COMMENT 'who buys';"
    " ALTER TABLE customers MODIFY name VARCHAR(40) NOT NULL COMMENT 'as on the invoice'; ANALYZE TABLE customers, orders;",
}
DATABASE = {"sqlite": "shop", "postgresql": "postgres", "mariadb": "default"}
SCHEMA = {"sqlite": "main", "postgresql": "public", "mariadb": "shop"}
TYPES = {"sqlite": ("SQLite", "sqlite"), "postgresql": ("Postgres", "postgres"), "mariadb": ("Mysql", "mysql")}
TALLIES = ("created", "updated", "observed", "restored", "removed", "failed")


@pytest.fixture(scope="module", params=real_databases.KINDS.keys())
def source(request):
    with real_databases.KINDS[request.param]() as running:
        running.sql(SHOP + COMMENTS[request.param])
        yield running


@pytest.fixture(scope="module")
def shop(source, tmp_path_factory):
    """A server that may open the source, where it is a file."""
    folders = [source.server["folder"]] if source.kind == "sqlite" else []
    server = Server(tmp_path_factory.mktemp("ingest"), EMPORION_SOURCE_DIRS=json.dumps(folders))
    server.start()
    yield server
    assert server.stop() == 0, server.log_tail()


def ingest(server: Server, source, *flags: str, service="warehouse", check=True, **environment):
    """Through the running server, with the password where nobody sees it."""
    variables = {"EMPORION_URL": server.url, "EMPORION_TOKEN": server.admin.token}
    variables |= {"EMPORION_SOURCE_PASSWORD": source.password}
    arguments = ["ingest", source.url, "--service", service, "-o", "json", *flags]
    return run_cli(*arguments, check=check, **(variables | environment))


def report(server: Server, source, *flags: str, **more) -> dict:
    return json.loads(ingest(server, source, *flags, **more).stdout)


def changed(told: dict) -> dict[str, int]:
    return {f"{level}.{what}": told[level][what] for level in ("schemas", "tables") for what in TALLIES if told[level][what]}


def fqn(source, table: str) -> str:
    return f"warehouse.{DATABASE[source.kind]}.{SCHEMA[source.kind]}.{table}"


@pytest.fixture(scope="module")
def first(shop, source) -> dict:
    return report(shop, source)


def test_the_counts_are_the_sources_own_and_a_second_run_changes_nothing(shop, source, first):
    counts = source.counts()
    assert first["tables"]["created"] == counts["tables"]
    assert first["schemas"]["created"] == counts["schemas"]
    assert first["columns"] == counts["columns"]
    assert not first["failed"] and not first["skipped"] and not first["notes"]
    om = OpenMetadataDoor(shop, shop.admin.token)
    tables = om.get("/tables", service="warehouse", limit=1000)["data"]
    before = {table["fullyQualifiedName"]: (table["id"], table["version"]) for table in tables}
    assert len(tables) == counts["tables"] and sum(len(table["columns"]) for table in tables) == counts["columns"]
    again = report(shop, source)
    assert changed(again) == {} and again["tables"]["unchanged"] == counts["tables"]
    tables = om.get("/tables", service="warehouse", limit=1000)["data"]
    assert {table["fullyQualifiedName"]: (table["id"], table["version"]) for table in tables} == before
    assert om.by_name("services/databaseServices", "warehouse")["version"] == 0.1


PARTED = {
    "sqlite": "CREATE TABLE parted (theday date, id int); CREATE TABLE scattered (id int, note text);",
    "postgresql": "CREATE TABLE parted (theday date, id int, note text) PARTITION BY RANGE (theday, id);"
    "CREATE TABLE scattered (id int, note text) PARTITION BY HASH (id, (note || 'x'));",
    "mariadb": "CREATE TABLE parted (theday date, id int) PARTITION BY HASH (id) PARTITIONS 2;"
    "CREATE TABLE scattered (id int, note text) PARTITION BY KEY (id) PARTITIONS 2;",
}


def test_a_partitioned_table_says_what_it_is_split_by(shop, source, first):
    """Only PostgreSQL tells, to us as to OpenMetadata's own crawler."""
    from metadata.generated.schema.entity.data.table import PartitionIntervalTypes, Table

    source.sql(PARTED[source.kind])
    place = f"{DATABASE[source.kind]}.{SCHEMA[source.kind]}"
    only = ("--include", f"{SCHEMA[source.kind]}.parted", "--include", f"{SCHEMA[source.kind]}.scattered")
    try:
        told = report(shop, source, *only, service="parts")
        assert told["tables"]["created"] == 2 and not told["failed"]
        sdk = connect(shop, shop.admin.token)

        def split(table: str) -> list | None:
            found = sdk.get_by_name(Table, f"parts.{place}.{table}", fields=["tablePartition"])
            assert (found.tableType.value == "Partitioned") == (source.kind != "sqlite")
            if found.tablePartition is None:
                return None
            columns = found.tablePartition.columns
            return [(column.columnName, column.intervalType, column.interval) for column in columns]

        if source.kind == "postgresql":
            unit, value = PartitionIntervalTypes.TIME_UNIT, PartitionIntervalTypes.COLUMN_VALUE
            assert split("parted") == [("theday", unit, None), ("id", unit, None)]
            assert split("scattered") == [("id", value, None)]
        else:
            assert (split("parted"), split("scattered")) == (None, None)
        assert changed(report(shop, source, *only, service="parts")) == {}
        # One that is split no longer has lost it.
        source.sql("DROP TABLE scattered; CREATE TABLE scattered (id int, note text);")
        assert changed(report(shop, source, *only, service="parts")).get("tables.updated", 0) == (source.kind != "sqlite")
        scattered = OpenMetadataDoor(shop, shop.admin.token).get(f"/tables/name/parts.{place}.scattered")
        assert scattered["tableType"] == "Regular" and "tablePartition" not in scattered
    finally:
        source.sql("DROP TABLE parted; DROP TABLE scattered;")


def test_a_view_is_made_from_what_the_database_says(shop, source, first):
    from metadata.generated.schema.entity.data.table import Table
    from metadata.generated.schema.type.entityLineage import EntityLineage, Source

    assert first["lineage"]["updated"] == 1
    sdk = connect(shop, shop.admin.token)
    graph = sdk.get_lineage_by_name(Table, fqn(source, "totals"))
    read = EntityLineage.model_validate(graph)
    expected = {fqn(source, table) for table in source.reads("totals")}
    assert expected == {fqn(source, "orders"), fqn(source, "customers")}
    assert {node["fullyQualifiedName"] for node in graph["nodes"]} == expected
    assert not read.downstreamEdges and len(read.upstreamEdges) == 2
    for edge in read.upstreamEdges:
        assert str(edge.toEntity.root) == graph["entity"]["id"]
        assert edge.lineageDetails.source == Source.ViewLineage
        assert "amount" in edge.lineageDetails.sqlQuery.root
    again = report(shop, source)
    assert changed(again) == {} and again["lineage"]["updated"] == 0 and again["lineage"]["unchanged"] == 1
    assert sdk.get_lineage_by_name(Table, fqn(source, "totals")) == graph
    # An edge that somebody has made stays; one whose table is read no more goes.
    om = OpenMetadataDoor(shop, shop.admin.token)
    by_hand = f"/lineage/table/name/{fqn(source, 'wages')}/table/name/{fqn(source, 'totals')}"
    om.call("PUT", by_hand, {"source": "Manual"}, expect=200)
    source.sql("CREATE VIEW latest AS SELECT o.id, c.name FROM orders o, customers c")
    report(shop, source)
    assert upstream(om, source, "latest") == {"orders", "customers"}
    source.sql("DROP VIEW latest; CREATE VIEW latest AS SELECT id FROM orders")
    assert report(shop, source)["lineage"]["updated"] == 1
    assert upstream(om, source, "latest") == {"orders"} == source.reads("latest")
    assert upstream(om, source, "totals") == {"orders", "customers", "wages"}
    source.sql("DROP VIEW latest")
    report(shop, source)
    om.call("DELETE", by_hand, expect=200)


def upstream(om: OpenMetadataDoor, source, table: str) -> set[str]:
    return {node["name"] for node in om.get(f"/lineage/table/name/{fqn(source, table)}", downstreamDepth=0)["nodes"]}


def test_the_stock_client_reads_what_was_found(shop, source, first):
    from metadata.generated.schema.entity.data.table import Constraint, ConstraintType, Table
    from metadata.generated.schema.entity.services.databaseService import DatabaseService

    sdk = connect(shop, shop.admin.token)
    service = sdk.get_by_name(DatabaseService, "warehouse")
    assert service.serviceType.value == TYPES[source.kind][0]
    assert type(service.connection.config).__name__ == f"{TYPES[source.kind][0]}Connection"
    lines = sdk.get_by_name(Table, fqn(source, "order_lines"), fields=["tableConstraints", "columns"])
    keys = {key.constraintType: key for key in lines.tableConstraints}
    assert keys[ConstraintType.PRIMARY_KEY].columns == ["order_id", "line"]
    referred = keys[ConstraintType.FOREIGN_KEY].referredColumns
    assert [column.root for column in referred] == [fqn(source, "orders.id")]
    customers = sdk.get_by_name(Table, fqn(source, "customers"), fields=["profile", "columns"])
    constraints = [column.constraint for column in customers.columns]
    assert constraints == [Constraint.PRIMARY_KEY, Constraint.NOT_NULL, Constraint.UNIQUE]
    assert customers.profile.rowCount == 2
    if source.kind != "sqlite":
        assert customers.description.root == "who buys"
        assert customers.columns[1].description.root == "as on the invoice"
    totals = sdk.get_by_name(Table, fqn(source, "totals"))
    assert totals.tableType.value == "View" and "amount" in totals.schemaDefinition.root


def test_one_service_is_one_data_source(shop, source, first):
    """Tested, listed and asked through Bobsled, with the connection that the ingestion kept."""
    door = BobsledDoor(shop, shop.admin.token)
    (found,) = [row for row in door.get("/data-sources")["dataSources"] if row["name"] == "warehouse"]
    assert found["type"] == TYPES[source.kind][1]
    assert door.post(f"/data-sources/{found['id']}/test-connection", {})["connected"] is True
    offered = {row["name"] for row in door.get(f"/data-sources/{found['id']}/available-tables")["tables"]}
    assert {"customers", "orders", "order_lines", "wages", "totals"} <= offered
    assets = [{"tableName": "orders"}, {"tableName": "customers"}]
    body = {"name": f"Sales of {source.kind}", "dataSourceId": found["id"], "dataAssets": assets, "isDeployed": True}
    product = door.post("/data-products", body, expect=201)["dataProduct"]["id"]
    sql = "SELECT c.name, SUM(o.amount) AS total FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY c.name ORDER BY 1"
    answer = door.post(f"/data-products/{product}/run-sql", {"sql": sql})
    assert [[name, float(total)] for name, total in answer["rows"]] == [["Ann", 17.5], ["Bob", 7.5]]
    door.refuses("POST", f"/data-products/{product}/run-sql", 422, "SQL_NOT_ALLOWED", {"sql": "SELECT * FROM wages"})


def test_a_data_source_made_elsewhere_is_ingested_by_its_name(shop, source, first):
    """The reverse: made through Bobsled or the stock client, crawled with the connection that it keeps."""
    door, om = BobsledDoor(shop, shop.admin.token), OpenMetadataDoor(shop, shop.admin.token)
    kind = TYPES[source.kind][1]
    with_password = source.url.replace("@", f":{source.password}@")
    config = {"path": "shop"} if kind == "sqlite" else {"connectionString": with_password, "isEncoded": False}
    made = door.post("/data-sources", {"name": "from-bobsled", "type": kind, "connectionConfig": config}, expect=201)
    config = om.by_name("services/databaseServices", "warehouse")["connection"]["config"]
    if source.password:
        config["authType"] = {"password": source.password}
    body = {"name": "from-openmetadata", "serviceType": TYPES[source.kind][0], "connection": {"config": config}}
    service = om.put("/services/databaseServices", body)
    variables = {"EMPORION_URL": shop.url, "EMPORION_TOKEN": shop.admin.token}
    for name, id in (("from-bobsled", made["dataSource"]["id"]), ("from-openmetadata", service["id"])):
        told = json.loads(run_cli("ingest", "--service", name, "-o", "json", **variables).stdout)
        assert told["tables"]["created"] == first["tables"]["created"], told
        assert om.by_name("services/databaseServices", name)["id"] == id
        assert door.post(f"/data-sources/{id}/test-connection", {})["connected"] is True
        assert len(door.get(f"/data-sources/{id}/available-tables")["tables"]) == first["tables"]["created"]
        again = json.loads(run_cli("ingest", "--service", name, "-o", "json", **variables).stdout)
        assert changed(again) == {}


def test_what_people_wrote_stays(shop, source, first):
    om = OpenMetadataDoor(shop, shop.admin.token)
    name = fqn(source, "customers")
    table = om.by_name("tables", name, fields="columns,owners,tags")
    user = om.get("/users/name/admin")
    om.patch(
        f"/tables/{table['id']}",
        [
            {"op": "add", "path": "/description", "value": "by a person"},
            {"op": "add", "path": "/columns/1/description", "value": "by a person, too"},
            {"op": "add", "path": "/owners", "value": [{"id": user["id"], "type": "user"}]},
            {"op": "add", "path": "/tags/0", "value": {"tagFQN": "PII.Sensitive", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}},
        ],
    )
    assert changed(report(shop, source)) == {}
    source.sql("ALTER TABLE customers ADD COLUMN since DATE")
    assert changed(report(shop, source)) == {"tables.updated": 1}
    after = om.by_name("tables", name, fields="columns,owners,tags")
    assert after["description"] == "by a person" and after["columns"][1]["description"] == "by a person, too"
    assert [owner["id"] for owner in after["owners"]] == [user["id"]]
    assert [tag["tagFQN"] for tag in after["tags"]] == ["PII.Sensitive"]
    assert [column["name"] for column in after["columns"]] == ["id", "name", "email", "since"]


def test_a_table_that_another_door_has_deleted_comes_back_with_the_next_run(shop, source, first):
    om = OpenMetadataDoor(shop, shop.admin.token)
    dz = datazone_door.client(shop, shop.admin)
    domain = dz.create_domain(name="Wages")["id"]
    service, wages = om.by_name("services/databaseServices", "warehouse"), om.by_name("tables", fqn(source, "wages"))
    place = {"id": datazone_door.plain_id(domain), "type": "domain"}
    om.patch(f"/services/databaseServices/{service['id']}", [{"op": "add", "path": "/domains", "value": [place]}])
    assert dz.get_asset(domainIdentifier=domain, identifier=wages["id"])["name"] == "wages"
    dz.delete_asset(domainIdentifier=domain, identifier=wages["id"])
    om.by_name("tables", fqn(source, "wages"), expect=404)
    assert changed(report(shop, source)) == {"tables.restored": 1}
    assert om.by_name("tables", fqn(source, "wages"))["id"] == wages["id"]
    assert dz.get_asset(domainIdentifier=domain, identifier=wages["id"])["name"] == "wages"
    om.patch(f"/services/databaseServices/{service['id']}", [{"op": "remove", "path": "/domains"}])


def test_what_is_dropped_renamed_and_made_again_follows(shop, source, first):
    om = OpenMetadataDoor(shop, shop.admin.token)
    wages = om.by_name("tables", fqn(source, "wages"))
    source.sql("DROP TABLE wages; ALTER TABLE order_lines RENAME TO order_parts")
    assert changed(report(shop, source)) == {"tables.created": 1, "tables.removed": 2}
    om.by_name("tables", fqn(source, "wages"), expect=404)
    source.sql("CREATE TABLE wages (id INT, amount DECIMAL(12,2)); ALTER TABLE order_parts RENAME TO order_lines")
    assert changed(report(shop, source)) == {"tables.restored": 2, "tables.removed": 1}
    assert om.by_name("tables", fqn(source, "wages"))["id"] == wages["id"]
    assert changed(report(shop, source)) == {}


def test_a_view_of_what_is_no_longer_there_is_told_and_stops_nothing(shop, source, first):
    om = OpenMetadataDoor(shop, shop.admin.token)
    source.sql("CREATE TABLE passing (id INT PRIMARY KEY, amount INT); CREATE VIEW passing_by AS SELECT amount FROM passing")
    assert changed(report(shop, source)) == {"tables.created": 2}
    if source.kind == "postgresql":
        # It keeps a table that a view reads: both go, or none.
        source.sql("DROP TABLE passing CASCADE")
        assert changed(report(shop, source)) == {"tables.removed": 2}
        return
    source.sql("DROP TABLE passing; CREATE TABLE passing_later (id INT PRIMARY KEY)")
    told = report(shop, source)
    assert changed(told) == {"tables.created": 1, "tables.removed": 1}
    assert [fault["name"] for fault in told["skipped"]] == [fqn(source, "passing_by")]
    assert "it cannot be read" in told["skipped"][0]["reason"]
    om.by_name("tables", fqn(source, "passing"), expect=404)
    om.by_name("tables", fqn(source, "passing_by"))
    source.sql("DROP VIEW passing_by; DROP TABLE passing_later")
    told = report(shop, source)
    assert changed(told) == {"tables.removed": 2} and not told["skipped"]


def test_the_brake_refuses_and_force_takes_it_off(shop, source, first):
    source.sql("".join(f"CREATE TABLE extra_{n} (id INT PRIMARY KEY);" for n in range(10)))
    assert changed(report(shop, source)) == {"tables.created": 10}
    source.sql("".join(f"DROP TABLE extra_{n};" for n in range(10)))
    refused = ingest(shop, source, check=False)
    assert refused.returncode == 1 and json.loads(refused.stdout)["reason"] == "BRAKE"
    assert re.search(r"10 of \d+ tables are no longer in the source.*--force", refused.stderr), refused.stderr
    dry = report(shop, source, "--force", "--dry-run")
    assert dry["dryRun"] is True and changed(dry) == {"tables.removed": 10}
    assert changed(report(shop, source, "--keep-removed")) == {}
    assert changed(report(shop, source, "--exclude", "*.extra_*")) == {}
    assert changed(report(shop, source, "--force")) == {"tables.removed": 10}
    assert changed(report(shop, source)) == {}


def test_a_source_that_does_not_answer_leaves_nothing_behind(shop, source, first):
    om = OpenMetadataDoor(shop, shop.admin.token)
    silent = socket.socket()
    silent.bind(("127.0.0.1", 0))
    silent.listen()
    slow = f"127.0.0.1:{silent.getsockname()[1]}"
    attempts = {
        "postgres://u@127.0.0.1:1/d": "no PostgreSQL server answers",
        "mysql://u@127.0.0.1:1/d": "no MySQL or MariaDB server answers",
        f"postgres://u@{slow}/d": "did not answer in time",
        f"mysql://u@{slow}/d": "did not answer in time",
        "postgres://u@169.254.169.254/d": "not allowed",
        "sqlite:../secret": "no such file|no directory",
        "sqlite:/etc/passwd": "no such file|no directory",
        "nonsense": "is refused",
    }
    if source.password:
        attempts[source.url] = "refused the credentials"
    variables = {"EMPORION_URL": shop.url, "EMPORION_TOKEN": shop.admin.token, "EMPORION_SOURCE_PASSWORD": "hunter2"}
    for url, reason in attempts.items():
        failed = run_cli("ingest", url, "--service", "nowhere", "--timeout", "1", check=False, **variables)
        assert failed.returncode == 1 and not failed.stdout, failed
        assert re.search(reason, failed.stderr) and "hunter2" not in failed.stderr, (url, failed.stderr)
    om.by_name("services/databaseServices", "nowhere", expect=404)
    assert "hunter2" not in shop.log.read_text(errors="replace")


def test_no_secret_is_in_the_log_of_events_or_the_answers(shop, source, first):
    secret = source.password or "a file has none"
    om = OpenMetadataDoor(shop, shop.admin.token)
    shown = om.call("GET", "/services/databaseServices/name/warehouse").text
    events = om.call("GET", "/events", params={"entityCreated": "databaseService", "entityUpdated": "databaseService", "timestamp": 0}).text
    assert secret not in shown + events + shop.log.read_text(errors="replace")


def test_who_may_not_make_services_may_not_ingest(shop, source, first):
    stranger = shop.new_user("stranger-of-sources")
    for service in ("warehouse", "fresh"):
        refused = ingest(shop, source, service=service, check=False, EMPORION_TOKEN=stranger.token)
        assert refused.returncode == 1 and re.search("may not (make|change) database services", refused.stderr), refused.stderr
        assert json.loads(refused.stdout)["reason"] == "NOT_PERMITTED"
    missing = run_cli("ingest", "--service", "x", check=False, EMPORION_URL=shop.url)
    assert missing.returncode == 2 and "--token" in missing.stderr


class Stopped:
    """A store that nobody serves yet."""

    def __init__(self, folder, source):
        self.server, self.source = Server(folder), source
        self.path = str(self.server.store)
        self.environment = clean_environment(EMPORION_SOURCE_PASSWORD=source.password)

    def command(self, *flags: str) -> list[str]:
        files = ["--source-dir", self.source.server["folder"]] if self.source.kind == "sqlite" else []
        arguments = ["ingest", self.source.url, "--service", "warehouse", "-o", "json", "--store", self.path]
        return [str(BINARY), *arguments, *files, *flags]

    def ingest(self, *flags: str) -> dict:
        command = self.command(*flags)
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=self.environment)
        assert done.returncode == 0, done.stderr
        # Nobody watches: no bar.
        assert done.stderr == "", done.stderr
        return json.loads(done.stdout)


#: MariaDB needs most of a minute for a thousand.
MANY = {"sqlite": 3_000, "postgresql": 3_000, "mariadb": 600}


def test_a_run_that_is_killed_is_finished_by_the_next_one(source, tmp_path):
    """kill -9 at moments spread over the run: the store is whole, and what was written is not written again."""
    many = MANY[source.kind]
    separator = "" if source.kind != "sqlite" else "BEGIN;"
    end = "" if source.kind != "sqlite" else "COMMIT;"
    tables = "".join(f"CREATE TABLE many_{n} (id INT PRIMARY KEY, name VARCHAR(20), amount DECIMAL(10,2));" for n in range(many))
    source.sql(separator + tables + end)
    try:
        (tmp_path / "whole").mkdir()
        whole = Stopped(tmp_path / "whole", source)
        began = time.monotonic()
        whole.ingest()
        length = time.monotonic() - began
        store = Stopped(tmp_path, source)
        killed, found = 0, 0
        for share in (0.3, 0.5, 0.6, 0.7, 0.8, 0.9):
            nowhere = subprocess.DEVNULL
            process = subprocess.Popen(store.command(), stdout=nowhere, stderr=nowhere, env=store.environment)
            time.sleep(share * length)
            killed += process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.wait()
            run_cli("verify", "--store", store.path)
            known = store.ingest("--dry-run")["tables"]
            assert known["unchanged"] >= found, "nothing that was written is lost"
            found = known["unchanged"]
            assert not known["updated"] and not known["removed"] and not known["failed"]
        assert killed > 0, "every run was over before it was killed"
        told, counts = store.ingest(), source.counts()
        assert told["tables"]["unchanged"] >= found and told["columns"] == counts["columns"]
        assert told["tables"]["unchanged"] + told["tables"]["created"] == counts["tables"]
        assert changed(store.ingest()) == {}
        server = store.server.start()
        try:
            tables = OpenMetadataDoor(server, server.admin.token).get("/tables", service="warehouse", limit=1000)
            assert tables["paging"]["total"] == counts["tables"]
            assert {table["version"] for table in tables["data"]} == {0.1}
            busy = subprocess.run(store.command(), capture_output=True, text=True, env=store.environment, timeout=60)
            assert busy.returncode == 1 and "--url" in busy.stderr, busy.stderr
        finally:
            assert server.stop() == 0
    finally:
        source.sql(separator + "".join(f"DROP TABLE many_{n};" for n in range(many)) + end)


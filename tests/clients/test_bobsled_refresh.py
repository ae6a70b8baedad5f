"""Sources that change after the catalogue has read them: refresh and generate bring in what is there by now."""

import json
import re
import socket
import sqlite3
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from bobsled_door import BobsledDoor
from emporion_server import Server
from openmetadata_door import OpenMetadataDoor


@pytest.fixture(scope="module")
def doors(tmp_path_factory):
    folder = tmp_path_factory.mktemp("refreshing")
    files = folder / "files"
    files.mkdir()
    server = Server(folder, EMPORION_SOURCE_DIRS=json.dumps([str(files)]))
    server.start()
    yield server, BobsledDoor(server, server.admin.token), OpenMetadataDoor(server, server.admin.token), files
    assert server.stop() == 0, server.log_tail()


@pytest.fixture
def shop(doors, fresh):
    """A SQLite file as a data source of its own: its path, its id and its name."""
    _, door, _, files = doors
    name = fresh("shop")

    def make(sql: str):
        run(files / f"{name}.db", sql)
        body = {"name": name, "type": "sqlite", "connectionConfig": {"path": f"{name}.db"}}
        return files / f"{name}.db", door.post("/data-sources", body, expect=201)["dataSource"]["id"], name

    return make


@pytest.fixture
def fresh():
    return lambda word: f"{word}_{uuid.uuid4().hex[:8]}"


def run(path, sql: str) -> None:
    with sqlite3.connect(path) as database:
        database.executescript(sql)


def product(door, name, source, *tables, **more) -> str:
    body = {"name": name, "dataSourceId": source, "dataAssets": [{"tableName": table} for table in tables]} | more
    return f"/data-products/{door.post('/data-products', body, expect=201)['dataProduct']['id']}"


def columns(door, path) -> dict:
    assets = door.get(f"{path}/data-assets")["dataAssets"]
    return {asset["tableName"]: [column["name"] for column in asset["columns"]] for asset in assets}


TAG = {"tagFQN": "PII.Sensitive", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
ORDERS = "CREATE TABLE orders (id INTEGER PRIMARY KEY, note VARCHAR(20), amount DECIMAL(10,2));"


def test_an_altered_table_arrives_and_what_people_wrote_stays(doors, shop, fresh):
    _, door, om, _ = doors
    path, source, name = shop(ORDERS + "CREATE TABLE other (id INTEGER PRIMARY KEY);")
    sold = product(door, fresh("Sales"), source, "orders", isDeployed=True)
    table = next(found for found in om.get(f"/tables?limit=100&service={name}&fields=columns")["data"])
    om.patch(
        f"/tables/{table['id']}",
        [
            {"op": "add", "path": "/description", "value": "what was sold"},
            {"op": "add", "path": "/columns/1/description", "value": "said by a person"},
            {"op": "add", "path": "/columns/1/tags", "value": [TAG]},
        ],
    )
    refresh = f"/data-sources/{source}/refresh"
    still = door.post(refresh, {})
    assert still == {
        "dataSourceId": source,
        "dryRun": False,
        "tableCount": 1,
        "unchanged": 1,
        "changed": [],
        "missing": [],
        "failed": [],
    }
    run(path, "ALTER TABLE orders ADD COLUMN placed DATE; ALTER TABLE orders DROP COLUMN amount;")
    changed = [
        {"schema": "main", "name": "orders", "columnsAdded": ["placed"], "columnsRemoved": ["amount"], "columnsChanged": []}
    ]
    rehearsed = door.post(refresh, {"dryRun": True})
    assert rehearsed["changed"] == changed and rehearsed["dryRun"] is True
    assert columns(door, sold) == {"orders": ["id", "note", "amount"]}
    done = door.post(refresh, {})
    assert done["changed"] == changed and done["unchanged"] == 0
    assert columns(door, sold) == {"orders": ["id", "note", "placed"]}
    after = om.get(f"/tables/{table['id']}?fields=columns,tags")
    note = next(column for column in after["columns"] if column["name"] == "note")
    assert after["description"] == "what was sold" and note["description"] == "said by a person"
    assert [tag["tagFQN"] for tag in note["tags"]] == ["PII.Sensitive"]
    again = door.post(refresh, {})
    assert (again["changed"], again["unchanged"]) == ([], 1)
    assert om.get(f"/tables/{table['id']}")["version"] == after["version"], "a refresh of nothing writes nothing"
    assert {found["name"] for found in om.get(f"/tables?limit=100&service={name}")["data"]} == {"orders"}
    answer = door.post(f"{sold}/run-sql", {"sql": "SELECT placed FROM orders"})
    assert answer["columns"] == [{"name": "placed", "type": "DATE"}]


def test_types_are_compared_and_what_is_gone_is_named_and_kept(doors, shop, fresh):
    _, door, om, _ = doors
    path, source, name = shop(ORDERS + "CREATE TABLE trips (id INTEGER PRIMARY KEY);")
    product(door, fresh("Sales"), source, "orders", "trips", isDeployed=True)
    run(path, "DROP TABLE trips; DROP TABLE orders; CREATE TABLE orders (note VARCHAR(40) NOT NULL, id INTEGER PRIMARY KEY, amount DECIMAL(10,2));")
    answer = door.call("POST", f"/data-sources/{source}/refresh", {}, expect=200).json()
    [changed] = answer["data"]["changed"]
    assert changed["columnsChanged"] == [{"name": "note", "from": "varchar(20)", "to": "varchar(40) not null"}]
    assert answer["data"]["missing"] == [{"schema": "main", "name": "trips"}]
    assert [warning["code"] for warning in answer["warnings"]] == ["TABLES_MISSING"]
    assert {found["name"] for found in om.get(f"/tables?limit=100&service={name}")["data"]} == {"orders", "trips"}


def test_only_who_may_change_the_source_refreshes_it(doors, shop, fresh):
    server, door, _, _ = doors
    _, source, _ = shop(ORDERS)
    product_path = product(door, fresh("Sales"), source, "orders", isDeployed=True)
    someone = server.new_user(fresh("editor"))
    door.patch(f"{product_path}/users", {"add": [{"userId": someone.id, "role": "editor"}]})
    theirs = BobsledDoor(server, someone.token)
    theirs.refuses("POST", f"/data-sources/{source}/refresh", 403, "FORBIDDEN", {})
    stranger = BobsledDoor(server, None)
    stranger.refuses("POST", f"/data-sources/{source}/refresh", 401, None, {})
    door.refuses("POST", f"/data-sources/{server.account}/refresh", 404, "NOT_FOUND", {})
    door.refuses("POST", f"/data-sources/{source}/refresh", 400, None, {"dryRun": "yes"})
    answer = door.call("POST", f"/data-sources/{source}/refresh", {"all": True}, expect=200).json()
    assert [warning["code"] for warning in answer["warnings"]] == ["UNKNOWN_FIELD"]


def test_sources_that_do_not_answer_say_so(doors, fresh):
    _, door, _, files = doors
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    url = f"postgres://reader:s3cret-word@127.0.0.1:{port}/shop"
    body = {"name": fresh("gone"), "type": "postgres", "connectionConfig": {"connectionString": url, "isEncoded": False}}
    source = door.post("/data-sources", body, expect=201)["dataSource"]["id"]
    answer = door.call("POST", f"/data-sources/{source}/refresh", {}, expect=502)
    error = answer.json()["error"]
    assert error["code"] == "DATA_SOURCE_ERROR" and error["details"]["reason"] == "UNREACHABLE"
    assert "s3cret-word" not in answer.text
    body = {"name": fresh("lost"), "type": "sqlite", "connectionConfig": {"path": "nowhere.db"}}
    source = door.post("/data-sources", body, expect=201)["dataSource"]["id"]
    refused = door.call("POST", f"/data-sources/{source}/refresh", {}, expect=(422, 502)).json()["error"]
    assert refused["message"] and str(files) not in json.dumps(refused)
    body = {"name": fresh("far"), "type": "snowflake", "connectionConfig": {"account": "a", "username": "u", "warehouse": "w"}}
    source = door.post("/data-sources", body, expect=201)["dataSource"]["id"]
    door.refuses("POST", f"/data-sources/{source}/refresh", 422, "DATA_SOURCE_TYPE_UNSUPPORTED", {})


def test_refreshes_and_ingestions_take_turns(doors, shop, fresh):
    server, door, _, _ = doors
    _, lively, lively_name = shop(ORDERS)
    ingestions, headers = f"{server.url}/emporion/v1/ingestions", {"Authorization": f"Bearer {server.admin.token}"}

    def start(**order) -> requests.Response:
        return requests.post(ingestions, json=order, headers=headers, timeout=30)

    def running() -> float:
        figures = requests.get(f"{server.url}/metrics", timeout=5).text
        return float(re.search(r"^emporion_ingests_running (.*)$", figures, re.M).group(1))

    with ThreadPoolExecutor() as pool, socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(16)
        url = f"postgres://reader:word@127.0.0.1:{silent.getsockname()[1]}/shop?sslmode=disable"
        name, config = fresh("slow"), {"connectionString": url, "isEncoded": False, "sslMode": "disable"}
        body = {"name": name, "type": "postgres", "connectionConfig": config}
        slow = door.post("/data-sources", body, expect=201)["dataSource"]["id"]
        before = running()
        assert before == 0
        refreshing = pool.submit(door.call, "POST", f"/data-sources/{slow}/refresh", {}, expect=(502, 504))
        while running() == 0:
            assert not refreshing.done()
            time.sleep(0.01)
        # One of a service, whoever asks for it.
        refused = door.refuses("POST", f"/data-sources/{slow}/refresh", 409, "CONFLICT", {})
        assert refused["message"] == f'"{name}" is being ingested already', refused
        refused = start(service=name)
        assert refused.status_code == 409 and "is being ingested already" in refused.json()["error"]
        # Four of all.
        runs = [start(service=fresh("slow"), source=url, timeoutSeconds=60) for _ in range(3)]
        assert [run.status_code for run in runs] == [200] * 3 and running() == 4
        refused = door.refuses("POST", f"/data-sources/{lively}/refresh", 409, "CONFLICT", {})
        assert refused["message"].startswith("4 ingestions are running"), refused
        assert start(service=fresh("fifth"), source=url).status_code == 409
        # A turn is free as soon as the end of a run is answered.
        for left, run in zip((3, 2, 1), runs):
            ended = requests.delete(f"{ingestions}/{run.json()['id']}", headers=headers, timeout=30)
            assert ended.status_code == 200 and running() == left
        assert door.post(f"/data-sources/{lively}/refresh", {})["dryRun"] is False
        assert start(service=lively_name, dryRun=True).status_code == 200
        silent.close()
        refreshing.result()


def test_a_source_that_says_nothing_is_not_waited_for_for_ever(doors, fresh):
    _, door, _, _ = doors
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        url = f"postgres://reader:s3cret-word@127.0.0.1:{silent.getsockname()[1]}/shop?sslmode=disable"
        config = {"connectionString": url, "isEncoded": False, "sslMode": "disable"}
        body = {"name": fresh("silent"), "type": "postgres", "connectionConfig": config}
        source = door.post("/data-sources", body, expect=201)["dataSource"]["id"]
        door.refuses("POST", f"/data-sources/{source}/refresh", 504, "QUERY_TIMEOUT", {})


def test_a_model_is_generated_before_the_first_deploy(doors, shop, fresh):
    _, door, _, _ = doors
    path, source, _ = shop(ORDERS + "CREATE TABLE trips (id INTEGER PRIMARY KEY); INSERT INTO orders VALUES (1, 'late', 2.5);")
    drafted = product(door, fresh("Sales"), source, "orders", "trips", "dragons")
    made = door.call("POST", f"{drafted}/semantic-models/generate", {"name": "sketch"}, expect=201).json()
    model = made["data"]["semanticModel"]["document"]["semantic_model"][0]
    assert [dataset["name"] for dataset in model["datasets"]] == ["orders", "trips"]
    assert [field["name"] for field in model["datasets"][0]["fields"]] == ["id", "note", "amount"]
    assert [metric["name"] for metric in model["metrics"]] == ["orders_amount", "orders_count", "trips_count"]
    [left_out] = [warning for warning in made["warnings"] if warning["code"] == "TABLE_LEFT_OUT"]
    assert "dragons" in left_out["message"] and "has no such table" in left_out["message"]
    dreamt = product(door, fresh("Dreams"), source, "dragons")
    refused = door.refuses("POST", f"{dreamt}/semantic-models/generate", 422, "VALIDATION_FAILED", {})
    assert "dragons" in refused["details"]["violations"][0]["message"]
    door.refuses("POST", f"{product(door, fresh('Empty'), source)}/semantic-models/generate", 422, "VALIDATION_FAILED", {})
    path.unlink()
    lost = product(door, fresh("Lost"), source, "wages")
    refused = door.refuses("POST", f"{lost}/semantic-models/generate", 422, "VALIDATION_FAILED", {})
    assert "could not be asked" in refused["details"]["violations"][0]["message"]


def test_a_deploy_reads_columns_that_nobody_knows(doors, shop, fresh):
    """A client may have made the table without them; what could not be asked is asked for."""
    _, door, om, _ = doors
    _, source, name = shop(ORDERS)
    om.put("/databases", {"name": f"{name}.db", "service": name})
    om.put("/databaseSchemas", {"name": "main", "database": f'{name}."{name}.db"'})
    schema = f'{name}."{name}.db".main'
    om.put("/tables", {"name": "orders", "databaseSchema": schema, "columns": []})
    path = product(door, fresh("Sales"), source, "orders")
    door.post(f"{path}/deploy", {})
    assert columns(door, path) == {"orders": ["id", "note", "amount"]}
    assert door.post(f"{path}/run-sql", {"sql": "SELECT COUNT(*) AS n FROM orders"})["rows"] == [[0]]

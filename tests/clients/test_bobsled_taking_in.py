"""Tables that a product names, the source has, and nobody has ingested: they are looked up and taken in."""

import json
import sqlite3

import pytest

from bobsled_door import BobsledDoor
from emporion_server import Server
from openmetadata_door import OpenMetadataDoor


@pytest.fixture(scope="module")
def doors(tmp_path_factory):
    folder = tmp_path_factory.mktemp("taking")
    files = folder / "files"
    files.mkdir()
    with sqlite3.connect(files / "shop.db") as database:
        tables = ("orders", "wages", "people", "trips", "secrets")
        database.executescript("".join(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, note TEXT);" for name in tables))
        database.execute("INSERT INTO orders (note) VALUES ('first')")
    server = Server(folder, EMPORION_SOURCE_DIRS=json.dumps([str(files)]))
    server.start()
    yield server, BobsledDoor(server, server.admin.token), OpenMetadataDoor(server, server.admin.token)
    assert server.stop() == 0, server.log_tail()


@pytest.fixture(scope="module")
def source(doors) -> str:
    body = {"name": "shop", "type": "sqlite", "connectionConfig": {"path": "shop.db"}}
    return doors[1].post("/data-sources", body, expect=201)["dataSource"]["id"]


def tables(om) -> set[str]:
    return {table["name"] for table in om.get("/tables?limit=100")["data"]}


def drafted(door, source, name, *assets) -> str:
    body = {"name": name, "dataSourceId": source, "dataAssets": [{"tableName": asset} for asset in assets]}
    return door.post("/data-products", body, expect=201)["dataProduct"]["id"]


def test_a_deploy_takes_in_what_the_source_has(doors, source):
    _, door, om = doors
    product = drafted(door, source, "Sales", "orders")
    before = tables(om)
    rehearsed = door.post(f"/data-products/{product}/deploy", {"dryRun": True})
    assert rehearsed["validation"]["errors"] == [] and tables(om) == before
    deployed = door.post(f"/data-products/{product}/deploy", {})
    assert deployed["results"]["dataAssets"]["promoted"] == 1
    assert tables(om) == before | {"orders"}
    rows = door.post(f"/data-products/{product}/run-sql", {"sql": "SELECT note FROM orders"})["rows"]
    assert rows == [["first"]]
    columns = door.get(f"/data-products/{product}/data-assets")["dataAssets"][0]["columns"]
    assert [column["name"] for column in columns] == ["id", "note"]


def test_live_changes_and_live_products_take_in_too(doors, source):
    _, door, om = doors
    product = drafted(door, source, "Staff")
    change = {"add": [{"tableName": "WAGES"}], "isDeployed": True}
    assert door.patch(f"/data-products/{product}/data-assets", change)["added"] == 1
    body = {"name": "People", "dataSourceId": source, "dataAssets": [{"tableName": "people"}], "isDeployed": True}
    made = door.post("/data-products", body, expect=201)
    assert made["dataAssets"][0]["isDeployed"] is True
    assert {"wages", "people"} <= tables(om)


def test_what_the_source_does_not_have_is_named(doors, source):
    _, door, om = doors
    product = drafted(door, source, "Dreams", "unicorns", "trips")
    before = tables(om)
    told = door.refuses("POST", f"/data-products/{product}/deploy", 422, "DEPLOY_VALIDATION_FAILED", {})
    assert "unicorns" in json.dumps(told) and "trips" not in json.dumps(told), "the source has that one"
    body = {"name": "Dreams at once", "dataSourceId": source, "isDeployed": True}
    body["dataAssets"] = [{"tableName": "trips"}, {"tableName": "unicorns"}]
    told = door.refuses("POST", "/data-products", 422, "DEPLOY_VALIDATION_FAILED", body)
    assert [broken["path"] for broken in told["details"]["violations"]] == ["/dataAssets/1"]
    change = {"add": body["dataAssets"], "isDeployed": True}
    empty = drafted(door, source, "Visions")
    told = door.refuses("PATCH", f"/data-products/{empty}/data-assets", 422, "DEPLOY_VALIDATION_FAILED", change)
    assert "unicorns" in json.dumps(told) and "trips" not in json.dumps(told)
    assert tables(om) == before, "a refused deploy takes nothing in"
    rehearsed = door.post(f"/data-products/{product}/deploy", {"dryRun": True})
    errors = json.dumps(rehearsed["validation"]["errors"])
    assert "unicorns" in errors and "trips" not in errors


def test_nobody_takes_in_more_than_he_may_make(doors, source):
    server, door, om = doors
    product = drafted(door, source, "Hidden")
    editor = server.new_user("editor-without-tables")
    users = {"add": [{"userId": editor.id, "role": "editor"}]}
    door.patch(f"/data-products/{product}/users", users)
    theirs = BobsledDoor(server, editor.token)
    theirs.patch(f"/data-products/{product}/data-assets", {"add": [{"tableName": "secrets"}]})
    theirs.refuses("POST", f"/data-products/{product}/deploy", 422, "DEPLOY_VALIDATION_FAILED", {})
    assert "secrets" not in tables(om)
    generate = f"/data-products/{product}/semantic-models/generate"
    told = theirs.refuses("POST", generate, 422, "VALIDATION_FAILED", {})["details"]["violations"][0]["message"]
    theirs.patch(f"/data-products/{product}/data-assets", {"dataAssets": [{"tableName": "unicorns"}]})
    other = theirs.refuses("POST", generate, 422, "VALIDATION_FAILED", {})["details"]["violations"][0]["message"]
    assert told.replace("secrets", "unicorns") == other, "what there is in the source is not his to find out"
    assert "secrets" not in tables(om)

"""Samples of a model belong to the table that they were read of, whatever its name means later."""

import json
import sqlite3

import pytest

from emporion_server import run_cli
from openmetadata_door import reference
from rows_world import REGION, RowsWorld


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("origins")
    made = RowsWorld(folder)
    with sqlite3.connect(folder / "files" / "staging") as database:
        database.executescript("CREATE TABLE customer (id INTEGER PRIMARY KEY, region TEXT, email TEXT, password_hash TEXT);")
        database.execute("INSERT INTO customer (region) VALUES ('Mars')")
    admin = made.server.admin
    run_cli("ingest", "sqlite:staging", "--service", "staging", EMPORION_URL=made.server.url, EMPORION_TOKEN=admin.token)
    made.own = made.om.by_name("tables", "staging.staging.main.customer")
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def give(world, who: str) -> None:
    owner = [reference(world.om.get(f"/users/name/{world.people[who].name}"), "user")]
    world.om.patch(f"/tables/{world.own['id']}", [{"op": "add", "path": "/owners", "value": owner}])


def test_a_namesake_among_the_assets_shows_no_samples(world):
    """An editor whose rows were taken back brings a table of his own under the name of the one that he may not read."""
    give(world, "editor")
    editor, om = world.door("editor"), world.metadata("editor")
    asset = editor.get(f"{world.path}/data-assets")["dataAssets"][0]["id"]
    world.door("table_owner").patch(f"{world.path}/data-assets", {"update": [{"id": asset, "rows": "closed"}]})
    name = om.get(f"/dataProducts/{world.product}")["fullyQualifiedName"]

    def seen(door) -> list[bool]:
        model = door.call("GET", f"{world.path}/semantic-models/{world.model}").text
        return [REGION in model, "rowCountHint" in model]

    assert seen(editor) == [False, True] or seen(editor) == [False, False]
    om.call("PUT", f"/dataProducts/{name}/assets/add", {"assets": [{"id": world.own["id"], "type": "table"}]}, expect=200)
    om.call("PUT", f"/dataProducts/{name}/assets/remove", {"assets": [{"id": world.table["id"], "type": "table"}]}, expect=200)
    assert seen(editor) == [False, False]
    said = editor.call("POST", f"{world.path}/chat", {"message": "how many customers in Atlantsi"}).text
    assert REGION not in said, said
    # An edit of something else makes them no samples of the namesake.
    editor.patch(f"{world.path}/semantic-models/{world.model}", {"description": "Changed"})
    editor.post(f"{world.path}/deploy", {})
    assert seen(editor) == [False, False]
    assert REGION not in editor.call("POST", f"{world.path}/chat", {"message": "how many customers in Atlantsi"}).text
    # They are there again with the table.
    world.om.call("PUT", f"/dataProducts/{name}/assets/add", {"assets": [{"id": world.table["id"], "type": "table"}]}, expect=200)
    world.om.call("PUT", f"/dataProducts/{name}/assets/remove", {"assets": [{"id": world.own["id"], "type": "table"}]}, expect=200)
    assert seen(world.bob)[0]


def test_an_alias_that_stands_for_another_product_shows_no_samples(world):
    who = "stranger"
    give(world, who)
    stranger = world.door(who)
    body = {"name": "Over", "dataSourceId": world.source, "isDeployed": False, "dataAssets": []}
    above = f"/data-products/{world.bob.post('/data-products', body, expect=201)['dataProduct']['id']}"
    world.bob.post(f"{above}/compositions", {"sourceDataProductId": world.product, "alias": "theirs"})
    world.bob.post(f"{above}/deploy", {})

    def field(name: str, **more) -> dict:
        expression = {"dialects": [{"dialect": "ANSI_SQL", "expression": name}]}
        return {"name": name, "expression": expression, "dimension": {}} | more

    sampled = [{"vendor_name": "EMPORION", "data": json.dumps({"sampleValues": [REGION, "EU"], "enumerated": True})}]
    fields = [field("id"), field("region", custom_extensions=sampled)]
    dataset = {"name": "customer", "source": "$ref(theirs.customer)", "primary_key": ["id"], "fields": fields}
    content = json.dumps({"version": "0.2.0.dev0", "semantic_model": [{"name": "over", "datasets": [dataset]}]})
    made = world.bob.post(f"{above}/semantic-models", {"name": "over", "format": "osi", "content": content}, expect=201)
    world.bob.post(f"{above}/deploy", {})
    model = f"{above}/semantic-models/{made['semanticModel']['id']}"
    world.bob.patch(f"{above}/users", {"add": [{"userId": world.people[who].id, "role": "editor"}]})
    assert REGION in world.bob.call("GET", model).text and REGION not in stranger.call("GET", model).text
    service = world.om.by_name("services/databaseServices", "staging")["id"]
    assets = [{"tableName": "customer", "schemaName": "main", "databaseName": "staging"}]
    body = {"name": "Mine", "dataSourceId": service, "isDeployed": True, "dataAssets": assets}
    own = world.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
    world.bob.patch(f"/data-products/{own}/users", {"add": [{"userId": world.people[who].id, "role": "admin"}]})
    old = stranger.get(f"{above}/compositions")["compositions"][0]["id"]
    stranger.call("DELETE", f"{above}/compositions/{old}", expect=200)
    stranger.post(f"{above}/compositions", {"sourceDataProductId": own, "alias": "theirs"})
    assert REGION not in stranger.call("GET", model).text
    stranger.post(f"{above}/deploy", {})
    assert REGION not in stranger.call("GET", model).text
    assert REGION not in stranger.call("POST", f"{above}/chat", {"message": "how many customers in Atlantsi"}).text

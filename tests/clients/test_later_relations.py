"""Relations that models come to name after a row filter was given are kept with it, in the commit that makes them live:
nobody who edits the model, or what the product holds, takes them off again."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from bobsled_door import BobsledDoor
from openmetadata_door import OpenMetadataDoor
from test_following_filters import ALL, EU, OF_EU, TABLES
from test_kept_filters import BOTH, FOLLOWED, opened


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("later")) as made:
        yield made


def seen(world, who, path: str) -> tuple[int, int]:
    return world.total(who, path), world.items(who, path)


def test_an_editor_adds_relations_and_takes_none_off(world):
    """Whoever bears the filter: another, or the editor himself; a viewer, an editor or an owner."""
    path = world.shop([])
    editor, plain = world.person(path, role="editor", **FOLLOWED), world.person(path, role="editor")
    bearers = [editor, world.person(path, **FOLLOWED), world.person(path, role="admin", **FOLLOWED)]
    whole = world.person(path, rowFilters=EU)
    assert [seen(world, who, path) for who in bearers] == [(ALL, 3)] * 3
    world.relate(path, *BOTH, by=plain)
    assert [seen(world, who, path) for who in bearers] == [(OF_EU, 1)] * 3
    world.relate(path, by=editor)
    assert [seen(world, who, path) for who in bearers] == [(OF_EU, 1)] * 3
    assert seen(world, whole, path) == (ALL, 3), "what is not followed stays what it was"
    # Who may share rows lifts it, and who comes later follows what there is.
    world.change(path, {"update": [{"userId": bearers[1].id, "rowFiltersFollow": False}]})
    assert seen(world, bearers[1], path) == (ALL, 3)
    assert seen(world, world.person(path, **FOLLOWED), path) == (ALL, 3)


def test_a_model_that_is_live_at_once_and_one_that_is_deleted(world):
    path = world.shop([])
    editor = world.person(path, role="editor", **FOLLOWED)
    door = BobsledDoor(world.server, editor.token)
    model = {"name": "second", "format": "osi", "content": world.content(BOTH).replace("net_sales", "other_sales"), "isDeployed": True}
    made = door.post(f"{path}/semantic-models", model, expect=201)
    made = made.get("semanticModel", made)["id"]
    assert seen(world, editor, path) == (OF_EU, 1)
    door.patch(f"{path}/semantic-models/{made}", {"remove": True})
    door.post(f"{path}/deploy", {})
    assert seen(world, editor, path) == (OF_EU, 1)
    # A change that is live at once.
    other = world.shop(BOTH)
    who = world.person(other)
    world.change(other, {"update": [{"userId": who.id, **FOLLOWED}]})
    sent = {"format": "osi", "content": world.content([]), "isDeployed": True}
    world.bob.call("PATCH", f"{other}/semantic-models/{world.models[other]}", sent, expect=200)
    assert seen(world, who, other) == (OF_EU, 1)


def test_datasets_that_are_named_otherwise_and_columns_that_are_others(world):
    path = world.shop([])
    who, editor = world.person(path, **FOLLOWED), world.person(path, role="editor")
    world.relate(path, *BOTH, by=editor)
    said = json.loads(world.content(BOTH))
    model = said["semantic_model"][0]
    for one in model["datasets"]:
        one["name"] = f"new_{one['name']}"
    model["metrics"] = []
    for one in model["relationships"]:
        one["from"], one["to"] = f"new_{one['from']}", f"new_{one['to']}"
    model["relationships"][0]["from_columns"] = ["id"]
    world.put(path, json.dumps(said), editor)
    # Both hold: 100 is of a customer in the EU by the one and the other.
    total = world.total(who, path)
    assert total in range(1, OF_EU + 1), total
    world.relate(path, by=editor)
    assert world.total(who, path) == total


def test_a_table_that_leaves_the_product_and_returns(world):
    path = world.shop(tables=TABLES, relations=[])
    editor = world.person(path, role="editor", **FOLLOWED)
    world.relate(path, *BOTH, by=editor)
    asset = next(one for one in world.bob.get(f"{path}/data-assets", limit=100)["dataAssets"] if one["tableName"] == "items")
    world.relate(path, "o2c", tables=("customers", "orders"))
    world.bob.patch(f"{path}/data-assets", {"remove": [asset["id"]]})
    world.bob.post(f"{path}/deploy", {})
    assert world.total(editor, path) == OF_EU
    named = {"tableName": "items", "schemaName": world.tables["items"]["fullyQualifiedName"].split(".")[-2]}
    world.bob.patch(f"{path}/data-assets", {"add": [named]})
    world.bob.post(f"{path}/deploy", {})
    assert seen(world, editor, path) == (OF_EU, 1)


def test_a_table_that_comes_by_another_door_is_kept_when_the_relation_goes(world):
    """The model names it before it is there."""
    path = world.shop(relations=BOTH)
    product = world.om.get("/dataProducts/" + path.rsplit("/", 1)[1])["fullyQualifiedName"]
    items = {"assets": [{"id": world.tables["items"]["id"], "type": "table"}]}
    put = lambda way: world.om.session.put(f"{world.server.url}/api/v1/dataProducts/{product}/assets/{way}", json=items).status_code
    assert put("remove") == 200
    editor = world.person(path, role="editor", **FOLLOWED)
    assert put("add") == 200
    world.relate(path, by=editor)
    assert seen(world, editor, path) == (OF_EU, 1)


def test_samples_of_what_comes_to_follow_are_closed_at_once(world):
    path = world.shop([])
    who = world.person(path, **FOLLOWED)
    columns = [one["name"] for one in world.om.get(f"/tables/{world.tables['orders']['id']}")["columns"]]
    world.om.put(f"/tables/{world.tables['orders']['id']}/sampleData", {"columns": columns, "rows": [["1"] * len(columns)]})
    policy = [{"name": "samples", "effect": "allow", "resources": ["table"], "operations": ["ViewSampleData"]}]
    made = world.om.post("/policies", {"name": "later-samples", "rules": policy})
    role = world.om.post("/roles", {"name": "later-samples", "policies": [made["fullyQualifiedName"]]})
    world.om.patch(f"/users/{who.id}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])

    def sampled() -> bool:
        answer = OpenMetadataDoor(world.server, who.token).call("GET", f"/tables/{world.tables['orders']['id']}/sampleData")
        return answer.status_code == 200 and bool(answer.json().get("sampleData"))

    assert sampled()
    world.relate(path, "o2c")
    assert not sampled()
    world.relate(path)
    assert not sampled()


def test_a_bearer_through_a_team(world):
    path = world.shop([])
    world.count += 1
    who, editor = world.server.new_user(f"reader{world.count}"), world.person(path, role="editor")
    team = world.om.post("/teams", {"name": f"Later{world.count}", "teamType": "Group", "users": [who.id]})
    at, owner = f"/products/{world.om.get('/dataProducts/' + path.rsplit('/', 1)[1])['fullyQualifiedName']}", world.owner()
    owner.visit(f"{at}?tab=access")
    owner.send(f"{at}/roles", who=team["name"], role="viewer")
    tables = owner.visit(f"{at}?tab=access&filter={team['id']}").form(f"{at}/filters")["fields"]["table"]
    conditions = [EU["customers"] if table.split(".")[-1] == "customers" else "" for table in tables]
    # The form's box is ticked: the filter is followed, by relations that are yet to come.
    owner.send_previewed(f"{at}/filters", condition=conditions, reads="yes")
    assert seen(world, who, path) == (ALL, 3)
    world.relate(path, *BOTH, by=editor)
    world.relate(path, by=editor)
    assert seen(world, who, path) == (OF_EU, 1)
    # Its member has a role of his own besides.
    world.change(path, {"add": [{"userId": who.id, "role": "editor"}]})
    world.relate(path, "o2c", by=who)
    world.relate(path, by=who)
    assert seen(world, who, path) == (OF_EU, 1)


def test_a_role_that_was_given_up_and_given_anew(world):
    path = world.shop([])
    who, editor = world.person(path, **FOLLOWED), world.person(path, role="editor")
    BobsledDoor(world.server, who.token).call("PATCH", f"{path}/users", {"remove": [who.id]}, expect=200)
    world.relate(path, *BOTH, by=editor)
    world.relate(path, by=editor)
    world.change(path, {"add": [{"userId": who.id, "role": "viewer"}]})
    assert seen(world, who, path) == (OF_EU, 1)


def test_relations_that_cannot_be_followed_stay_closed(world):
    """One over a masked column, which an editor draws and takes off again."""
    path = world.shop([])
    masks = {"columnMasks": {"orders": {"customer_id": "hidden"}}}
    who, editor = world.person(path, **FOLLOWED, **masks), world.person(path, role="editor")
    sql = {"sql": "SELECT SUM(amount) AS n FROM orders"}
    ask = lambda: BobsledDoor(world.server, who.token).call("POST", f"{path}/run-sql", sql).status_code
    assert ask() == 200
    world.relate(path, "o2c", by=editor)
    assert ask() == 403
    world.relate(path, by=editor)
    assert ask() == 403
    assert world.rows(who, path, "SELECT COUNT(*) AS n FROM customers") == [[2]], "others stay as they are"
    # Who reads all rows says it anew, by the relation that there is then.
    world.relate(path, "o2c")
    world.change(path, {"update": [{"userId": who.id, "rowFilters": EU}]})
    assert world.total(who, path) == OF_EU


def test_a_composed_product_reads_as_the_one_below(world):
    below, above = world.shop([]), None
    who, editor = world.person(below, **FOLLOWED), world.person(below, role="editor")
    world.count += 1
    source = world.bob.get("/data-sources")["dataSources"][0]["id"]
    body = {"name": f"Over{world.count}", "compositeOf": [below.rsplit("/", 1)[1]], "isDeployed": True, "dataSourceId": source}
    above = f"/data-products/{world.bob.post('/data-products', body, expect=201)['dataProduct']['id']}"
    world.change(above, {"add": [{"userId": who.id, "role": "viewer"}]})
    world.relate(below, *BOTH, by=editor)
    world.relate(below, by=editor)
    assert (world.total(who, above), world.total(who, below)) == (OF_EU, OF_EU)


def test_filters_and_relations_that_come_at_the_same_time(world):
    """Whichever is first, the filter bears the relation."""
    for _ in range(8):
        path = world.shop([])
        who, editor = world.person(path), world.person(path, role="editor")
        change = {"update": [{"userId": who.id, **FOLLOWED}]}
        with ThreadPoolExecutor(2) as both:
            done = [both.submit(world.relate, path, *BOTH, by=editor), both.submit(world.change, path, change)]
            [one.result() for one in done]
        world.relate(path, by=editor)
        assert seen(world, who, path) == (OF_EU, 1)


def test_no_request_says_what_relations_there_are(world):
    """What the product bears of its models follows from them alone, and is told by no door."""
    path = world.shop(BOTH)
    who = world.person(path, **FOLLOWED)
    editor = world.person(path, role="editor")
    at = f"/dataProducts/{path.rsplit('/', 1)[1]}"
    theirs = OpenMetadataDoor(world.server, editor.token)
    for member in ("model_links", "modelLinks"):
        theirs.call("PATCH", at, json.dumps([{"op": "add", "path": f"/{member}", "value": {"now": {}}}]))
        BobsledDoor(world.server, editor.token).call("PATCH", path, {member: {"now": {}}})
    for text in (json.dumps(theirs.get(at)), json.dumps(BobsledDoor(world.server, editor.token).get(path))):
        assert "toColumns" not in text and "model_links" not in text
    world.relate(path, by=editor)
    assert seen(world, who, path) == (OF_EU, 1)


def draw(world, path: str, by, *drawn: tuple[str, str, list[str]], relations=()) -> None:
    """Relations between two tables by columns of the first, beside those that the model knows."""
    said = json.loads(world.content(relations))
    said["semantic_model"][0]["relationships"] += [
        {"name": f"drawn{count}", "from": one, "to": to, "from_columns": columns, "to_columns": ["id"] * len(columns)}
        for count, (one, to, columns) in enumerate(drawn)
    ]
    world.put(path, json.dumps(said), by)


@pytest.mark.parametrize("is_bearer", [True, False])
def test_a_short_cut_takes_off_nothing_that_was_given(world, is_bearer):
    path = world.shop(BOTH)
    plain = world.person(path, role="editor")
    who = world.person(path, role="editor", **FOLLOWED)
    by = who if is_bearer else plain
    assert seen(world, who, path) == (OF_EU, 1)
    draw(world, path, by, ("items", "customers", ["id"]))
    world.relate(path, by=by)
    before = seen(world, who, path)
    assert before[0] == OF_EU and before[1] <= 1
    world.change(path, {"update": [{"userId": who.id, "rowFilters": EU}]})
    assert seen(world, who, path) == before, "saving the same again opens nothing"


def test_what_leads_to_a_relation_that_is_only_kept_is_taken_along(world):
    """Else who edits the model takes the nearer one out before the farther one comes."""
    path = world.shop(["o2c"])
    who = world.person(path, role="editor", **FOLLOWED)
    assert seen(world, who, path) == (OF_EU, 3)
    world.relate(path, by=who)
    world.relate(path, "l2o")
    assert seen(world, who, path) == (OF_EU, 1)
    world.relate(path, by=who)
    assert seen(world, who, path) == (OF_EU, 1)


def test_many_relations_of_one_table_close_it_and_the_product_stays_small(world):
    path = world.shop(["o2c"])
    who = world.person(path, **FOLLOWED)
    editor = world.person(path, role="editor")
    ask = lambda: BobsledDoor(world.server, who.token).call("POST", f"{path}/run-sql", {"sql": "SELECT COUNT(*) AS n FROM orders"}).status_code
    assert ask() == 200
    draw(world, path, editor, *many("customers"))
    assert ask() == 403
    world.relate(path, by=editor)
    assert ask() == 403, "those that are kept close it as well"
    shown = world.bob.call("GET", f"{path}/users")
    assert len(shown.content) < 1_000_000


def many(to: str) -> list[tuple[str, str, list[str]]]:
    columns = [["id", "customer_id"][place % 2] for place in range(400)]
    return [("orders", to, columns[:count]) for count in range(1, 400)]


def test_relations_to_one_table_push_out_none_to_another(world):
    path = world.shop([])
    who = world.person(path, role="editor", **FOLLOWED)
    draw(world, path, who, *many("items"))
    draw(world, path, None, *many("items"), ("orders", "customers", ["customer_id"]))
    assert world.total(who, path) == OF_EU
    world.relate(path, by=who)
    assert world.total(who, path) == OF_EU

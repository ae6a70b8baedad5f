"""Who changes a product reads what was asked of it, and learns no name or value that his own questions could not bring up."""

import json

import pytest

from bobsled_door import BobsledDoor
from chat_world import Ingested
from openmetadata_door import OpenMetadataDoor
from test_chat_compositions import World


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("reviewers"))
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def path(world, name: str) -> str:
    return f"/data-products/{world.ids[name]}"


def user(world, name: str, role: str, *products: str) -> BobsledDoor:
    """With the role on the first of the products, a viewer of the others."""
    who = world.server.new_user(name)
    for at, product in enumerate(products):
        entry = {"userId": who.id, "role": role if at == 0 else "viewer"}
        world.bob.patch(f"{path(world, product)}/users", {"add": [entry]})
    return BobsledDoor(world.server, who.token)


def test_names_of_products_that_are_hidden_from_him_are_left_out(world):
    below = ("Board", "Both", "Orders", "People", "Returns")
    ann, sees = user(world, "rev-ann", "viewer", "Top", *below), user(world, "rev-sees", "editor", "Top", *below)
    blind, owner = user(world, "rev-blind", "editor", "Top"), user(world, "rev-owner", "admin", "Top")
    blind.refuses("GET", path(world, "Orders"), 404)
    top = path(world, "Top")
    answer = ann.post(f"{top}/chat", {"message": "number of orders by status"})
    ann.post(f"{top}/chat-threads/{answer['threadId']}/messages/{answer['messageId']}/feedback", {"rating": "wrong"})
    asked = ann.post(f"{top}/chat", {"message": "net sales"})
    option = asked["clarification"]["options"][0]
    choice = {"id": asked["clarification"]["id"], "choice": option["id"]}
    ann.post(f"{top}/chat", {"message": option["label"], "threadId": asked["threadId"], "clarification": choice})
    told = sees.get(f"{top}/chat-feedback")["feedback"]
    assert len(told) == 1 and "orders" in told[0]["sql"]
    targets = {one["target"] for one in sees.get(f"{top}/chat-choices")["choices"]}
    assert len(targets) == 1 and "net_sales" in targets.pop()
    for door in (blind, owner):
        told = door.get(f"{top}/chat-feedback", includeTotal="true")
        assert told["totalCount"] == 1 and told["feedback"][0]["sql"] is None
        assert told["feedback"][0]["question"] == "number of orders by status"
        listed = door.get(f"{top}/chat-choices", includeTotal="true")
        assert listed["choices"] == [] and listed["totalCount"] == 0
        thread = door.call("GET", f"{top}/chat-threads/{asked['threadId']}")
        assert "board.both" not in thread.text


def test_a_value_that_was_misspelt_is_told_as_it_was_written(tmp_path):
    """Which value it was read as is said by rows, of which the editor sees a part."""
    spies = Ingested(
        tmp_path,
        "CREATE TABLE spies (id INTEGER PRIMARY KEY, alias TEXT, cover TEXT);"
        "INSERT INTO spies VALUES (1, 'Nightingale', 'Nightingale'), (2, 'Kingfisher', 'Baker'), (3, 'Goldfinch', 'Kingfisher');",
    )
    body = {"name": "Spies", "dataSourceId": spies.source, "isDeployed": True, "dataAssets": [{"tableName": "spies"}]}
    product = f"/data-products/{spies.bob.post('/data-products', body, expect=201)['dataProduct']['id']}"
    om = OpenMetadataDoor(spies.server, spies.server.admin.token)
    sample = [["1", "Nightingale", "Nightingale"], ["2", "Kingfisher", "Baker"], ["3", "Goldfinch", "Kingfisher"]]
    table = om.by_name("tables", "shop.shop.main.spies")["id"]
    om.put(f"/tables/{table}/sampleData", {"columns": ["id", "alias", "cover"], "rows": sample})
    spies.bob.call("POST", f"{product}/semantic-models/generate", {"name": "spies"})
    spies.bob.post(f"{product}/deploy", {})

    def person(name: str, **role) -> BobsledDoor:
        who = spies.server.new_user(name)
        spies.bob.patch(f"{product}/users", {"add": [{"userId": who.id} | role]})
        return BobsledDoor(spies.server, who.token)

    ann, editor = person("ann", role="viewer"), person("edith", role="editor", rowFilters={"spies": "alias = 'Goldfinch'"})
    for word in ("kingfishr", "Kingfisher"):
        asked = ann.post(f"{product}/chat", {"message": f"number of spies for {word}"})
        option = asked["clarification"]["options"][0]
        choice = {"id": asked["clarification"]["id"], "choice": option["id"]}
        told = ann.post(f"{product}/chat", {"message": option["label"], "threadId": asked["threadId"], "clarification": choice})
        assert told["status"] == "answered" and "Kingfisher" in told["text"]
        if word == "kingfishr":
            text = json.dumps([editor.get(f"{product}/{part}") for part in ("chat-choices", "unanswered-questions", "chat-feedback")])
            assert "kingfishr" in text and "kingfisher" not in text.lower(), text
    # Where the asker wrote the value himself, it is his word.
    words = {one["words"] for one in editor.get(f"{product}/chat-choices")["choices"]}
    assert "kingfisher" in words and any("kingfishr" in one for one in words), words
    assert spies.server.stop() == 0, spies.server.log_tail()

"""Rows that were lent and taken back: their values are as unknown as any other word."""

import pytest

from bobsled_door import BobsledDoor
from chat_world import Ingested, rows
from openmetadata_door import OpenMetadataDoor

VALUES = ["Nightingale", "Kingfisher", "Goldfinch"]


@pytest.fixture(scope="module")
def spies(tmp_path_factory):
    """A product over one table, with a model that was generated from its sample rows."""
    made = Ingested(
        tmp_path_factory.mktemp("closed"),
        "CREATE TABLE spies (id INTEGER PRIMARY KEY, alias TEXT, cover TEXT);"
        "INSERT INTO spies VALUES (1, 'Nightingale', 'Nightingale'), (2, 'Kingfisher', 'Baker'), (3, 'Goldfinch', 'Kingfisher');",
        EMPORION_BOBSLED__QUESTIONS_PER_MINUTE="1000",
    )
    body = {"name": "Spies", "dataSourceId": made.source, "isDeployed": True, "dataAssets": [{"tableName": "spies"}]}
    product = made.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
    made.path = f"/data-products/{product}"
    metadata = OpenMetadataDoor(made.server, made.server.admin.token)
    table = metadata.by_name("tables", "shop.shop.main.spies")
    sample = [["1", "Nightingale", "Nightingale"], ["2", "Kingfisher", "Baker"], ["3", "Goldfinch", "Kingfisher"]]
    metadata.put(f"/tables/{table['id']}/sampleData", {"columns": ["id", "alias", "cover"], "rows": sample})
    made.bob.post(f"{made.path}/semantic-models/generate", {"name": "generated"}, expect=201)
    made.bob.post(f"{made.path}/deploy", {})
    yield made
    assert made.server.stop() == 0


def lend(spies, how: str) -> None:
    asset = spies.bob.get(f"{spies.path}/data-assets")["dataAssets"][0]["id"]
    spies.bob.patch(f"{spies.path}/data-assets", {"update": [{"id": asset, "rows": how}]})


def test_values_of_closed_rows_are_unknown_words(spies):
    who = spies.server.new_user("vic")
    spies.bob.patch(f"{spies.path}/users", {"add": [{"userId": who.id, "role": "viewer"}]})
    vic = BobsledDoor(spies.server, who.token)
    ask = lambda message, door=vic: door.post(f"{spies.path}/chat", {"message": message})
    # What the test is about: while they are lent, values are known, with repairs and questions back.
    assert rows(ask("number of spies for Goldfinch")) == [[1]]
    assert ask("number of spies for kingfishr")["status"] == "needs_clarification"
    lend(spies, "closed")
    patterns = ["number of spies for {}", "spies for {}", "number of spies with alias {}", "number of spies by alias for {}",
                "number of spies not for {}"]
    for door in (vic, spies.bob):
        for pattern in patterns:
            for word in ("Goldfinch", "goldfinhc", "Kingfisher", "kingfishr", "Nightingalle", "Zorblaxian"):
                told = ask(pattern.format(word), door)
                # The same is said of a value, of one that is misspelt, and of a word that is none.
                assert (told["status"], told.get("unknownTerms")) == ("not_answerable", [word]), (pattern, word, told)
                assert not any(value in str(told).replace(word, "") for value in VALUES), told
    # That there are rows, and that they were not lent, he may know.
    vic.refuses("POST", f"{spies.path}/chat", 403, "ROWS_NOT_GRANTED", {"message": "number of spies by alias"})
    lend(spies, "granted")
    assert rows(ask("number of spies for Goldfinch")) == [[1]]

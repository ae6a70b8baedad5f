"""Each door's document is true: what is really served has the members, types, enumerations and patterns it states.

An operation that never succeeded in its door's story fails the test: what is declared is shown to work.
"""

import pytest
import requests

from contract import Contract
from emporion_server import Server
from openmetadata_door import OpenMetadataDoor
from openmetadata_story import Story
from rights_world import World


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    """A server of its own: a story names people, and deletes what it likes."""
    made = Server(tmp_path_factory.mktemp("contract"))
    made.start()
    yield World(made)
    assert made.stop() == 0, made.log_tail()


def openmetadata(world: World, contract: Contract) -> None:
    contract.prefix = "/api"
    om = OpenMetadataDoor(world.server, world.server.admin.token)
    contract.attach(om.session)
    Story(world, om).tell(contract.declares)


DOCUMENT = {
    "paths": {
        "/v1/things/{id}": {
            "get": {
                "operationId": "getThing",
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                    "404": {"$ref": "#/components/responses/Error"},
                },
            }
        },
        "/v1/things/first": {"get": {"operationId": "getFirst", "responses": {"204": {"description": "none"}}}},
    },
    "components": {
        "schemas": {
            "Thing": {
                "type": "object",
                "required": ["id"],
                "properties": {"id": {"type": "string", "format": "uuid"}, "state": {"enum": ["on", "off"]}},
                "additionalProperties": False,
            }
        },
        "responses": {"Error": {"content": {"application/json": {"schema": {"required": ["code"]}}}}},
    },
}
ID = "0d7c8e5b-b2b6-4eb8-86bc-5bc5f1d3a111"


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (200, f'{{"id": "{ID}", "state": "on"}}', None),
        (200, '{"state": "on"}', "'id' is a required property"),
        (200, '{"id": 7}', "is not of type 'string'"),
        (200, '{"id": "seven"}', "is not a 'uuid'"),
        (200, f'{{"id": "{ID}", "state": "ajar"}}', "is not one of"),
        (200, f'{{"id": "{ID}", "colour": "red"}}', "Additional properties"),
        (200, "<html>", "is no JSON"),
        (404, "{}", "'code' is a required property"),
        (409, "{}", "does not know the status"),
    ],
)
def test_the_contract_notices_what_breaks_it(status, body, fault):
    contract = Contract(DOCUMENT)
    contract.hear(contract.operation("GET", f"/v1/things/{ID}"), status, "application/json", body.encode())
    assert [fault in found for found in contract.distinct_faults()] == ([True] if fault else [])
    assert "getFirst" in contract.unanswered() and ("getThing" in contract.succeeded) == (status == 200)
    assert contract.operation("GET", "/v1/things/first").id == "getFirst"


#: The story of each door: it makes calls that the contract hears.
STORIES = {"openmetadata": openmetadata}


@pytest.mark.parametrize("door", STORIES)
def test_what_is_served_is_what_the_document_says(world, door):
    document = requests.get(f"{world.server.url}/openapi/{door}.json", timeout=30).json()
    contract = Contract(document)
    STORIES[door](world, contract)
    assert not contract.distinct_faults(), "\n".join(contract.distinct_faults())
    assert not contract.unanswered(), f"operations without a successful answer: {contract.unanswered()}"

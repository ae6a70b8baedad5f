"""Each door's document is true: what is really served has the members, types, enumerations and patterns it states.

An operation that never succeeded in its door's story fails the test: what is declared is shown to work.
"""

import pytest
import requests

from contract import Contract
from openmetadata_door import OpenMetadataDoor
from openmetadata_story import Story
from rights_world import World


@pytest.fixture(scope="module")
def world(server) -> World:
    return World(server)


def openmetadata(world: World, contract: Contract) -> None:
    contract.prefix = "/api"
    om = OpenMetadataDoor(world.server, world.server.admin.token)
    contract.attach(om.session)
    Story(world, om).tell(contract.declares)


#: The story of each door: it makes calls that the contract hears.
STORIES = {"openmetadata": openmetadata}


@pytest.mark.parametrize("door", STORIES)
def test_what_is_served_is_what_the_document_says(world, door):
    document = requests.get(f"{world.server.url}/openapi/{door}.json", timeout=30).json()
    contract = Contract(document)
    STORIES[door](world, contract)
    assert not contract.distinct_faults(), "\n".join(contract.distinct_faults())
    assert not contract.unanswered(), f"operations without a successful answer: {contract.unanswered()}"

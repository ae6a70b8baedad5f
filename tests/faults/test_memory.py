"""What a caller can make the server hold, at its highest: one who proves nothing, and one who is known."""

import pytest
import requests

import flood
from fault_server import FaultServer

#: Before bodies were read after authentication, these took from 1,090 to 1,650 MiB.
REFUSED = {
    flood.big_bodies: "401",
    flood.forged_token: "401",
    flood.forged_signature: "403",
    flood.nowhere: "401",
    flood.long_logins: "413",
}


@pytest.mark.parametrize("attack", flood.FLOODS, ids=lambda attack: attack.__name__)
def test_a_flood_of_nobody_does_not_fill_the_memory(tmp_path, say, attack):
    server = FaultServer(tmp_path).start()
    try:
        cost = attack(server)
        say(f"{attack.__name__}: {cost}")
        assert cost.peak_mib < cost.before_mib + flood.MOST_GROWTH_MIB, cost
        assert sum(cost.answers.values()) == 60, cost
        assert all(f" {REFUSED[attack]} " in answer for answer in cost.answers), cost
        assert server.answers("/readyz")
    finally:
        assert server.stop() == 0
    server.check_no_panic()


#: What all bodies may take together with what they are read into, and what answering them takes beside. What translates a
#: noun of OpenMetadata holds more at a time than what is counted.
MOST_OF_CALLER_MIB = {"openmetadata": 256 + 192}
MOST_OF_CALLER_ELSEWHERE_MIB = 256 + 128


@pytest.mark.parametrize("shape", flood.SHAPES, ids=lambda shape: shape.__name__)
@pytest.mark.parametrize("door", flood.DOORS)
def test_a_flood_of_one_caller_has_his_share_of_the_memory(tmp_path, say, door, shape):
    server = FaultServer(tmp_path).start()
    try:
        path, size = flood.DOORS[door]
        cost = flood.of_caller(server, path, shape(size))
        say(f"{door}, {shape.__name__}: {cost}")
        assert cost.peak_mib < cost.before_mib + MOST_OF_CALLER_MIB.get(door, MOST_OF_CALLER_ELSEWHERE_MIB), cost
        assert sum(cost.answers.values()) == 64, cost
        over = "503" if door == "openmetadata" else "429"
        assert {answer.split()[1] for answer in cost.answers} <= {over, "400", "404", "406", "413", "415", "422"}, cost
        assert server.answers("/readyz")
    finally:
        assert server.stop() == 0
    server.check_no_panic()


#: As of bodies: what a text is read into takes room with them.
MOST_OF_TEXTS_MIB = 256 + 128
PRODUCTS = "/api/v1/accounts/me/data-products"
AGGREGATE = "/api/v1/search/aggregate"


def model_of_a_product(server) -> str:
    """Where models of a new product are sent."""
    headers = {"Authorization": f"Bearer {server.admin.token}"}
    for path, body in (
        ("/api/v1/services/databaseServices", {"name": "flooded", "serviceType": "Postgres"}),
        (PRODUCTS, {"name": "flooded"}),
    ):
        made = requests.post(server.url + path, json=body, headers=headers, timeout=30)
        assert made.status_code == 201, made.text
    return f"{PRODUCTS}/{made.json()['data']['dataProduct']['id']}/semantic-models"


def judging_of_a_product(server) -> str:
    """Where they are only looked at."""
    return f"{model_of_a_product(server)}/validate"


#: Where a text of JSON is sent, beside what, in which member, how long, and made how.
SEARCH, MODEL = {"fieldName": "name"}, {"name": "m", "format": "osi"}
TEXTS = {
    "a search": (lambda _: AGGREGATE, SEARCH | {"index": "table"}, "query", 15 * flood.MIB, flood.within),
    "words of a search": (lambda _: AGGREGATE, SEARCH, "queryText", 15 * flood.MIB, flood.within),
    "values that are no model": (model_of_a_product, MODEL, "content", 1_990_000, flood.within),
    "as many as there may be": (model_of_a_product, MODEL, "content", 390_000, flood.within),
    "a model": (model_of_a_product, MODEL, "content", 1_950_000, flood.model),
    "a model to be judged": (judging_of_a_product, MODEL, "content", 1_950_000, flood.model),
}


@pytest.mark.parametrize("name", TEXTS)
def test_what_a_text_is_read_into_has_a_bound(tmp_path, say, name):
    server = FaultServer(tmp_path).start()
    try:
        place, beside, member, size, shape = TEXTS[name]
        cost = flood.of_caller(server, place(server), shape(beside, member, size))
        say(f"{name}: {cost}")
        assert cost.peak_mib < cost.before_mib + MOST_OF_TEXTS_MIB, cost
        taken = {"200", "201"} if shape is flood.model else set()
        answers = {answer.split()[1] for answer in cost.answers}
        assert answers <= {"400", "422", "429", "503"} | taken, cost
        assert taken & answers or not taken, cost
        assert server.answers("/readyz")
    finally:
        assert server.stop() == 0
    server.check_no_panic()

"""What a caller can make the server hold, at its highest: one who proves nothing, and one who is known."""

import json
import threading

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
#: The same of what the server holds. The allocator keeps what was freed for a second, which comes to some 150 MiB more; told
#: so, it gives back at once what the server no longer holds.
MOST_HELD_MIB = {"openmetadata": 256 + 128}
MOST_HELD_ELSEWHERE_MIB = 256
GIVING_BACK = {"MIMALLOC_PURGE_DELAY": "10"}
#: Takes 359 to 395 MiB with what the allocator keeps, in eight runs of three builds.
OVER_ITS_BOUND = pytest.mark.xfail(reason="what the allocator keeps brings it to its bound and over", strict=False)
FLOODS_OF_CALLER = [
    pytest.param(
        door, shape, id=f"{door}-{shape.__name__}",
        marks=OVER_ITS_BOUND if (door, shape) == ("bobsled", flood.heaviest_values) else (),
    )
    for door in flood.DOORS
    for shape in flood.SHAPES
]  # fmt: skip


def cost_of_a_caller(server: FaultServer, say, door: str, shape) -> flood.Cost:
    """What a flood of one caller takes, which is answered as it may be and ends neither the server nor its answers."""
    server.start()
    try:
        path, size = flood.DOORS[door]
        cost = flood.of_caller(server, path, shape(size))
        say(f"{door}, {shape.__name__}: {cost}")
        assert sum(cost.answers.values()) == 64, cost
        over = "503" if door == "openmetadata" else "429"
        assert {answer.split()[1] for answer in cost.answers} <= {over, "400", "404", "406", "413", "415", "422"}, cost
        assert server.answers("/readyz")
    finally:
        assert server.stop() == 0
    server.check_no_panic()
    return cost


@pytest.mark.parametrize(("door", "shape"), FLOODS_OF_CALLER)
def test_a_flood_of_one_caller_has_his_share_of_the_memory(tmp_path, say, door, shape):
    cost = cost_of_a_caller(FaultServer(tmp_path), say, door, shape)
    assert cost.peak_mib < cost.before_mib + MOST_OF_CALLER_MIB.get(door, MOST_OF_CALLER_ELSEWHERE_MIB), cost


@pytest.mark.parametrize("shape", [flood.heaviest_values, flood.heaviest_members], ids=lambda shape: shape.__name__)
@pytest.mark.parametrize("door", flood.DOORS)
def test_of_a_flood_of_one_caller_no_more_is_held_than_counts(tmp_path, say, door, shape):
    cost = cost_of_a_caller(FaultServer(tmp_path, environment=GIVING_BACK), say, door, shape)
    assert cost.peak_mib < cost.before_mib + MOST_HELD_MIB.get(door, MOST_HELD_ELSEWHERE_MIB), cost


#: What the texts of searches may be read into.
MOST_OF_SEARCHES_MIB = 128
#: What models may take that are sent all at once: the bodies that wait, and one model of a user at a time, whatever it looks
#: like. A large one that changes takes some 250 MiB.
MOST_OF_MODELS_MIB = 480
AGGREGATE = "/api/v1/search/aggregate"
PRODUCTS = "/api/v1/accounts/me/data-products"


@pytest.mark.parametrize("member", ["query", "queryText"])
def test_what_a_search_is_read_into_has_a_bound(tmp_path, say, member):
    server = FaultServer(tmp_path).start()
    try:
        body = flood.within({"fieldName": "name", "index": "table"}, member, 15 * flood.MIB)
        cost = flood.of_caller(server, AGGREGATE, body)
        say(f"{member} of a search: {cost}")
        assert cost.peak_mib < cost.before_mib + MOST_OF_SEARCHES_MIB, cost
        assert {answer.split()[1] for answer in cost.answers} <= {"400", "503"}, cost
        assert server.answers("/readyz")
    finally:
        assert server.stop() == 0
    server.check_no_panic()


def made(server, path: str, body: dict, token: str) -> dict:
    answer = requests.post(server.url + path, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=60)
    assert answer.status_code == 201, answer.text
    return answer.json()


def models_of_a_product(server, name: str) -> str:
    """Where models of a new product are sent."""
    token = server.admin.token
    made(server, "/api/v1/services/databaseServices", {"name": f"of-{name}", "serviceType": "Postgres"}, token)
    product = made(server, PRODUCTS, {"name": name}, token)["data"]["dataProduct"]
    return f"{PRODUCTS}/{product['id']}/semantic-models"


class Bystander(threading.Thread):
    """Somebody else, who has a small model looked at again and again."""

    def __init__(self, server):
        super().__init__(daemon=True)
        another = server.new_user("bystander", "--admin")
        self.url = f"{server.url}{models_of_a_product(server, 'beside')}/validate"
        self.headers = {"Authorization": f"Bearer {another.token}", "Content-Type": "application/json"}
        self.body = flood.model({"name": "small", "format": "osi"}, "content", 1_000)
        self.answers: list[int] = []
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            answer = requests.post(self.url, data=self.body, headers=self.headers, timeout=60)
            self.answers.append(answer.status_code)


#: How a model is written, how long it is, and whether it is one.
MODELS = {
    "values that are no model": (flood.within, 1_990_000, False),
    "as many values as there may be": (flood.within, 390_000, False),
    "a model": (flood.model, 1_950_000, True),
    "a model that is escaped": (flood.escaped_model, 600_000, True),
    "a model that is kept in more words": (flood.terse_model, 1_900_000, False),
    "a model that repeats itself": (flood.repeated_model, 150_000, True),
}


@pytest.mark.parametrize("asked", ["POST", "PATCH", "validate"])
@pytest.mark.parametrize("name", MODELS)
def test_what_models_are_read_into_has_a_bound(tmp_path, say, name, asked):
    shape, size, is_model = MODELS[name]
    server = FaultServer(tmp_path).start()
    try:
        path, method = models_of_a_product(server, "flooded"), "POST"
        described = {"name": "m", "format": "osi"}
        if asked == "PATCH":
            small = json.loads(flood.model(described, "content", 1_000))
            path = f"{path}/{made(server, path, small, server.admin.token)['data']['semanticModel']['id']}"
            described, method = {"format": "osi"}, "PATCH"
        elif asked == "validate":
            path = f"{path}/validate"
        bystander = Bystander(server)
        bystander.start()
        cost = flood.of_caller(server, path, shape(described, "content", size), method=method)
        bystander.over.set()
        bystander.join()
        say(f"{asked} of {name}: {cost}; {len(bystander.answers)} beside it")
        assert cost.peak_mib < cost.before_mib + MOST_OF_MODELS_MIB, cost
        answers = {answer.split()[1]: count for answer, count in cost.answers.items()}
        taken = {"POST": {"201"}, "PATCH": {"200"}, "validate": {"200"}}[asked]
        assert sum(answers.values()) == 64, cost
        assert answers.keys() <= taken | {"422", "429"}, cost
        # What is no model is refused, or judged as none.
        assert answers.keys() & (taken if is_model or asked == "validate" else {"422"}), cost
        assert set(bystander.answers) == {200}, "a model of another is looked at meanwhile"
        assert server.answers("/readyz")
    finally:
        assert server.stop() == 0
    server.check_no_panic()

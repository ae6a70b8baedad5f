"""How many questions each operation puts to the store, for an administrator, for the member of a project and for somebody
under a policy that looks at each record. `questions.tsv` says how many it may be, and what the answers are: a refusal asks
less than what it refuses.
"""

import json

import pytest

from bobsled_door import BobsledDoor
from emporion_server import Server
from every_operation import COLLECTIONS, DOORS, operations
from openmetadata_door import OpenMetadataDoor, label, reference
from questions_told import Ceilings, catch_up, request_id, told
from questions_world import CALLERS, Crowd, question, variants

#: What is not answered from what was asked, but by how long it waits or by what else goes on.
UNCOUNTED = ("/v1/system/health",)
#: Hits of one weight come in the order of their ids, which are made by chance, and so which kinds a batch of them has: of
#: whoever has to look at each, the most that was counted in a number of runs is kept.
BY_CHANCE = "/v1/search/"
CEILINGS = Ceilings("questions.tsv", ["door", "method", "path"], CALLERS, lambda row: row[2].startswith(BY_CHANCE))
#: What an administrator is refused, and why it cannot be otherwise here.
REFUSED: dict[tuple[str, str, str], str] = {}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("questions")
    (files := folder / "files").mkdir()
    settings = {"EMPORION_SOURCE_DIRS": json.dumps([str(files)]), "EMPORION_BOBSLED__QUESTIONS_PER_MINUTE": "1000"}
    server = Server(folder, EMPORION_LOG__JSON="true", **settings).start()
    yield Crowd(server, files)
    assert server.stop() == 0


class Asked:
    """Requests by the id under which the log tells what they asked."""

    def __init__(self, world: Crowd):
        self.world = world
        self.asked: dict[str, tuple[tuple[str, str, str], str]] = {}
        self.answers: dict[tuple[str, str, str], dict[str, int]] = {}

    def ask(self, row, caller, method, target, body, *, signed, media_type):
        request = request_id()
        self.asked[request] = (row, caller)
        answer = self.world.call(caller, method, target, body, signed=signed, media_type=media_type, request_id=request)
        assert answer.status_code < 500 or answer.status_code == 501, (method, target, answer.text[:500])
        self.answers.setdefault(row, {})[caller] = answer.status_code
        if caller == "admin" and answer.status_code >= 400:
            print(*row, answer.status_code, answer.text[:300])
        return answer

    def told(self) -> dict[tuple[str, str, str], dict[str, int]]:
        """The numbers of questions by row and caller."""
        found: dict[tuple[str, str, str], dict[str, int]] = {}
        for request, number in told(self.world.server, self.asked).items():
            row, caller = self.asked[request]
            found.setdefault(row, {})[caller] = number
        return found


def warm_up(world: Crowd, asked: Asked, caller: str, signed: bool):
    """Whoever has just been given or denied rights is put together anew by his next request, whichever it is."""
    target = f"/v2/domains/{world.domain}" if signed else "/v1/users/loggedInUser"
    row = ("warm", "GET", target)
    asked.ask(row, caller, "GET", target, None, signed=signed, media_type="application/json")


def counted(world: Crowd) -> tuple[dict, dict]:
    """The numbers of questions by row and caller, and the statuses of the answers by row."""
    asked = Asked(world)
    for door, plain, signed in DOORS:
        for method, path, operation in operations(door):
            if path in UNCOUNTED:
                continue
            for caller in CALLERS:
                target, body, media_type = question(world, door, plain, method, path, operation)
                warm_up(world, asked, caller, signed)
                if "search" in path.lower():
                    catch_up(world.server)
                for spelled, address, sent in variants(world, door, method, path, target, body):
                    row = (door, method, spelled)
                    asked.ask(row, caller, method, address, sent, signed=signed, media_type=media_type)
    found = asked.told()
    answers = {row: " ".join(str(told[caller]) for caller in CALLERS) for row, told in asked.answers.items()}
    return {row: numbers for row, numbers in found.items() if row[0] != "warm"}, answers


def test_no_operation_asks_more_than_it_may(world):
    wrong = CEILINGS.judge(lambda: counted(world))
    assert not wrong, "\n".join(wrong)


def test_what_is_counted_is_what_succeeds():
    _, answers = CEILINGS.kept()
    refused = {row for row, told in answers.items() if int(told.split()[0]) >= 400}
    assert refused == set(REFUSED), refused ^ set(REFUSED)


#: What a table with ten tagged columns may ask, whoever makes it and whatever policies turn on: whether he sees what the
#: answer names, too.
MOST_OF_A_TABLE = 13


def test_a_table_of_tagged_columns_asks_few_whoever_makes_it(tmp_path):
    """Owners' teams, too, are read where a policy of a team asks for them: which none of the `questions` above does."""
    server = Server(tmp_path, EMPORION_LOG__JSON="true").start()
    world = Crowd(server, tmp_path, crowd=1)
    rule = {"name": "ours", "effect": "allow", "resources": ["all"], "operations": ["All"], "condition": "matchTeam()"}
    policy = reference(world.om.post("/policies", {"name": "ours", "rules": [rule], "description": "d"}), "policy")
    attached = [{"op": "add", "path": "/policies", "value": [policy]}]
    world.om.patch(f"/teams/{world.crew['id']}", attached)
    # The schema is owned by somebody of the crew, and the domain by another team.
    world.om.patch(f"/teams/{world.crew['id']}", [{"op": "add", "path": "/users", "value": [world.owner]}])
    landlords = reference(world.om.post("/teams", {"name": "landlords", "teamType": "Group", "description": "d"}), "team")
    domain = world.om.get(f"/domains/name/{world.home}")
    world.om.patch(f"/domains/{domain['id']}", [{"op": "add", "path": "/owners", "value": [landlords]}])
    asked = Asked(world)
    for number, caller in enumerate(("admin", "reader", "reader")):
        warm_up(world, asked, caller, False)
        row = ("openmetadata", "POST", f"/v1/tables {number}")
        body = world.body("tables")
        answer = asked.ask(row, caller, "POST", "/v1/tables", body, signed=False, media_type="application/json")
        assert answer.status_code == 201, answer.text
    told = {row: numbers for row, numbers in asked.told().items() if row[0] != "warm"}
    assert server.stop() == 0
    assert max(number for numbers in told.values() for number in numbers.values()) <= MOST_OF_A_TABLE, told


#: Records of these can be hidden from the reader by a tag.
HIDEABLE = ("databases", "databaseSchemas", "pipelines", "storedProcedures", "glossaryTerms")


def test_a_page_shows_what_reads_one_by_one_show(world):
    """Lists decide for many records at once, and a read for one: they say the same."""
    reader = OpenMetadataDoor(world.server, world.people["reader"].token)
    hidden = 0
    for collection in COLLECTIONS:
        sample = [record["id"] for record in world.om.get(f"/{collection}", limit=100)["data"]]
        if collection in HIDEABLE:
            tag = [{"op": "add", "path": "/tags/-", "value": label(world.tags[-1]["tagFQN"])}]
            for record in sample[::5]:
                world.om.patch(f"/{collection}/{record}", tag)
        page = reader.get(f"/{collection}", limit=100_000)
        listed = {record["id"] for record in page["data"]}
        assert page["paging"]["total"] == len(listed), collection
        for record in sample:
            status = reader.call("GET", f"/{collection}/{record}").status_code
            assert status == (200 if record in listed else 404), (collection, record, status)
            hidden += status == 404
    assert hidden >= 20, "there is something to tell apart"


def test_a_deploy_asks_no_more_for_many_drafts_than_for_a_few(world):
    """Their changes are looked ahead for together, and what goes goes at once."""
    door = BobsledDoor(world.server, world.server.admin.token)

    def deploying(queries: int) -> int:
        product = door.post("/data-products", {"name": f"{queries} drafts", "dataAssets": []})["dataProduct"]["id"]
        for number in range(queries):
            door.post(f"/data-products/{product}/verified-queries", {"question": f"Question {number}?", "sql": "SELECT 1"})
        request = request_id()
        headers = {"X-Request-Id": request}
        done = door.call("POST", f"/data-products/{product}/deploy", {}, expect=200, headers=headers).json()["data"]
        assert done["results"]["verifiedQueries"]["promoted"] == queries
        return told(world.server, [request])[request]

    few, many = deploying(5), deploying(40)
    assert many <= few + 2, (few, many)

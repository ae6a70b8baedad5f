"""How many questions each page puts to the store, for an administrator and for an ordinary reader: with nothing kept, and again.
`questions_pages.tsv` says how many it may be, and what the answers are."""

import json

import pytest

from bobsled_door import BobsledDoor
from emporion_server import Server
from every_page import world  # noqa: F401
from openmetadata_door import WAREHOUSE, OpenMetadataDoor, sales_of
from pages_door import Browser
from questions_told import TWICE, Ceilings, Walk

CEILINGS = Ceilings("questions_pages.tsv", ["page"], TWICE)


# A server of its own, that logs so and holds nothing else; what `world` asks for hangs on it.
@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Server:
    folder = tmp_path_factory.mktemp("questions")
    (folder / "files").mkdir()
    made = Server(folder, EMPORION_SOURCE_DIRS=json.dumps([str(folder / "files")]), EMPORION_LOG__JSON="true").start()
    yield made
    assert made.stop() == 0, made.log_tail()


@pytest.fixture(scope="module")
def admin(server):
    return server.admin


@pytest.fixture(scope="module")
def om(server, admin) -> OpenMetadataDoor:
    return OpenMetadataDoor(server, admin.token)


@pytest.fixture(scope="module")
def sales_tables(om) -> dict[str, dict]:
    om.put("/services/databaseServices", WAREHOUSE)
    return sales_of(om)


@pytest.fixture(scope="module")
def people(server, admin, world):  # noqa: F811
    """Who looks at the pages: the reader reads some rows of the product that has some."""
    reader = server.new_user("ordinary")
    product = world["composing"].split("source=")[1]
    role = {"userId": reader.id, "role": "viewer", "rowFilters": {"visits": "id > 1"}}
    BobsledDoor(server, admin.token).patch(f"/data-products/{product}/users", {"add": [role]})
    return {"admin": admin, "reader": reader}


def test_no_page_asks_more_than_it_may(server, world, people):  # noqa: F811
    browsers = {caller: Browser(server).sign_in(who) for caller, who in people.items()}
    walk = Walk(server, {caller: who.token for caller, who in people.items()})

    def visiting(caller: str, page: str):
        def visit(request: str) -> str:
            answer = browsers[caller].session.get(
                server.url + world[page], headers={"X-Request-Id": request}, timeout=30, allow_redirects=False)
            assert answer.status_code < 500, (page, answer.text[:500])
            return str(answer.status_code)

        return visit

    wrong = CEILINGS.judge(lambda: walk.counted(world, visiting))
    assert not wrong, "\n".join(wrong)

"""One server for all that one process runs, and the people who call it."""

import itertools
import json
import signal
import uuid

import pytest

for module in (
    "openmetadata_door", "bobsled_door", "datazone_door", "openmetadata_kinds", "products", "error_forms",
    "terraform_provider", "chat_world", "llm_world", "mcp_door",
):  # fmt: skip
    pytest.register_assert_rewrite(module)

import datazone_door  # noqa: E402
from bobsled_door import BobsledDoor  # noqa: E402
from emporion_server import Principal, Server  # noqa: E402
from openmetadata_door import WAREHOUSE, OpenMetadataDoor, sales_of  # noqa: E402
from pages_door import Browser  # noqa: E402

#: What is a fixture to more than one module.
pytest_plugins = ["pages_browser", "tables_world"]

if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    # Where the tests themselves were told to ignore it (`nohup`), their servers heed it all the same.
    signal.signal(signal.SIGHUP, lambda *_: None)

#: What takes the longest, the longest first: a file is run by one process, and none is to be waited for in the end.
LONGEST = (
    "test_pages_browser.py", "test_pg_superset.py", "test_pages_keys.py", "test_lighthouse.py", "test_openapi.py", "test_pages_keys_rows.py",
    "test_metadata_cli.py", "test_pages_states.py", "test_golden_elsewhere.py", "test_golden.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {name: at for at, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(LONGEST)))


_RUN = uuid.uuid4().hex[:4]
_COUNTER = itertools.count(1)


def unique(stem: str) -> str:
    """A name that nothing else in this run has."""
    return f"{stem}-{_RUN}{next(_COUNTER):04d}"


@pytest.fixture(scope="session")
def fresh_name():
    return unique


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Server:
    folder = tmp_path_factory.mktemp("emporion")
    (folder / "files").mkdir()
    made = Server(folder, EMPORION_SOURCE_DIRS=json.dumps([str(folder / "files")]))
    made.start()
    OpenMetadataDoor(made, made.admin.token).put("/services/databaseServices", WAREHOUSE)
    yield made
    assert made.stop() == 0, f"SIGTERM must end the server cleanly:\n{made.log_tail()}"
    assert "panicked" not in made.log.read_text(errors="replace"), made.log_tail(200)


@pytest.fixture(scope="session")
def admin(server) -> Principal:
    return server.admin


@pytest.fixture(scope="session")
def stranger(server) -> Principal:
    """An active user of the account without any role."""
    return server.new_user("stranger")


@pytest.fixture(scope="module")
def member(server) -> Principal:
    """A second plain user, for lists of owners, experts and members. Each module has its own: some take his tokens away."""
    return server.new_user(unique("member"))


@pytest.fixture(scope="session")
def other_account(server) -> Principal:
    """The administrator of another account."""
    return server.new_account("elsewhere")


@pytest.fixture(scope="module")
def browser(server, admin) -> Browser:
    """The pages, as the administrator sees them without a script."""
    return Browser(server).sign_in(admin)


@pytest.fixture(scope="session")
def om(server, admin) -> OpenMetadataDoor:
    return OpenMetadataDoor(server, admin.token)


@pytest.fixture(scope="session")
def bot_token(om) -> str:
    """The token of the seeded ingestion bot, fetched the way scripts fetch it."""
    user = om.get("/bots/name/ingestion-bot")["botUser"]["id"]
    return om.get(f"/users/auth-mechanism/{user}")["config"]["JWTToken"]


@pytest.fixture(scope="session")
def om_bot(server, bot_token) -> OpenMetadataDoor:
    return OpenMetadataDoor(server, bot_token)


@pytest.fixture(scope="session")
def om_stranger(server, stranger) -> OpenMetadataDoor:
    return OpenMetadataDoor(server, stranger.token)


@pytest.fixture(scope="session")
def om_anonymous(server) -> OpenMetadataDoor:
    return OpenMetadataDoor(server, None)


@pytest.fixture(scope="session")
def dz(server, admin):
    return datazone_door.client(server, admin)


@pytest.fixture(scope="session")
def dz_lenient(server, admin):
    """boto3 without its own parameter checks, so that the server's are seen."""
    return datazone_door.client(server, admin, local_validation=False)


@pytest.fixture(scope="session")
def workshop(dz) -> datazone_door.Workshop:
    """One DataZone domain with a project, shared by tests that do not change either."""
    return datazone_door.Workshop(dz, unique("workshop"))


@pytest.fixture(scope="session")
def data_source(om) -> dict:
    """The account's default data source. Nothing deletes it."""
    return om.get(f"/services/databaseServices/name/{WAREHOUSE['name']}")


@pytest.fixture(scope="session")
def sales_tables(om, data_source) -> dict[str, dict]:
    """Tables of the schema `sales.sales` in the default data source, by name."""
    return sales_of(om)


@pytest.fixture(scope="session")
def bobsled(server, admin, data_source) -> BobsledDoor:
    return BobsledDoor(server, admin.token)


@pytest.fixture(scope="session")
def bobsled_stranger(server, stranger, data_source) -> BobsledDoor:
    return BobsledDoor(server, stranger.token)


@pytest.fixture(scope="session")
def om_domain(om) -> dict:
    """A top domain made through OpenMetadata, shared by tests that only put things into it."""
    return om.post("/domains", {"name": unique("Marketing"), "domainType": "Aggregate", "description": "Marketing"})


@pytest.fixture(scope="module")
def om_user(om, member) -> dict:
    return om.get(f"/users/name/{member.name}")

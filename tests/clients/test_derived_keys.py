"""What the server hands out for later and takes back as its own: page tokens, cursors, and ways back from a provider.
All of it is signed with keys that come from its key ring: nobody else makes it, and a restart ends none of it."""

import base64
import hashlib
import hmac
import json
import secrets

import pytest

from bobsled_door import BobsledDoor
from datazone_door import client, fails
from emporion_server import Server
from openmetadata_door import OpenMetadataDoor


@pytest.fixture
def own_server(tmp_path):
    server = Server(tmp_path).start()
    yield server
    if server.process.poll() is None:
        server.stop()


def bobsled_of(server: Server) -> BobsledDoor:
    """A catalogue without a data source takes no products."""
    OpenMetadataDoor(server, server.admin.token).post(
        "/services/databaseServices", {"name": "source", "serviceType": "Postgres"}
    )
    return BobsledDoor(server, server.admin.token)


def tags_and_bodies(token: str) -> tuple[bytes, bytes]:
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    return raw[:16], raw[16:]


def test_a_page_token_of_an_empty_key_is_refused(own_server):
    dz = client(own_server, own_server.admin)
    domain = dz.create_domain(name="walked", domainExecutionRole="arn:aws:iam::123456789012:role/x")["id"]
    for number in range(3):
        dz.create_project(domainIdentifier=domain, name=f"p{number}")
    token = dz.list_projects(domainIdentifier=domain, maxResults=1)["nextToken"]
    assert dz.list_projects(domainIdentifier=domain, maxResults=1, nextToken=token)["items"]
    tag, body = tags_and_bodies(token)
    for key in (b"", b"\0", bytes(32), b"0123456789abcdef", secrets.token_bytes(32)):
        # Whatever the purpose is: the tag over the same body with a key that is known.
        other = hmac.new(key, body, hashlib.sha256).digest()[:16]
        bad = base64.urlsafe_b64encode(other + body).rstrip(b"=").decode()
        with fails("ValidationException", 400, "nextToken"):
            dz.list_projects(domainIdentifier=domain, maxResults=1, nextToken=bad)
    assert tag not in {hmac.new(key, body, hashlib.sha256).digest()[:16] for key in (b"", bytes(32))}


def walk(page, first):
    """All names of a list from its first page on."""
    names, token = first
    while token:
        more, token = page(token)
        names += more
    return names


def test_walks_go_on_after_a_restart_and_mean_the_same_list(own_server):
    dz = client(own_server, own_server.admin)
    domain = dz.create_domain(name="walked", domainExecutionRole="arn:aws:iam::123456789012:role/x")["id"]
    for number in range(5):
        dz.create_project(domainIdentifier=domain, name=f"p{number}")
    bobsled = bobsled_of(own_server)
    for number in range(5):
        bobsled.create(f"walked {number}")

    def projects(token=None, **more):
        token = {"nextToken": token} if token else {}
        shown = dz.list_projects(domainIdentifier=domain, maxResults=2, **token, **more)
        return [item["name"] for item in shown["items"]], shown.get("nextToken")

    def products(cursor=None, door=None, **more):
        cursor = {"cursor": cursor} if cursor else {}
        shown = (door or bobsled).call("GET", "/data-products", params={"limit": 2} | cursor | more, expect=200).json()
        return [item["name"] for item in shown["data"]["dataProducts"]], shown["pagination"]["nextCursor"]

    whole = walk(projects, projects()), walk(products, products())
    first_projects, first_products = projects(), products()
    assert own_server.stop() == 0
    own_server.start()
    assert (walk(projects, first_projects), walk(products, first_products)) == whole
    assert len(set(whole[0])) == len(whole[0]) >= 5 and len(set(whole[1])) == len(whole[1]) == 5
    # They are still of this list, this filter and this account.
    with fails("ValidationException", 400, "nextToken"):
        projects(projects()[1], name="p1")
    cursor = products()[1]
    bobsled.refuses("GET", "/data-products", 400, "INVALID_CURSOR", params={"cursor": cursor, "limit": 2, "name": "x"})
    other = own_server.new_account("elsewhere")
    elsewhere = BobsledDoor(own_server, other.token, other.account)
    elsewhere.refuses("GET", "/data-products", 400, "INVALID_CURSOR", params={"cursor": cursor, "limit": 2})


def test_an_exchanged_key_ends_walks_once_it_is_forgotten_and_not_before(tmp_path):
    """The ring of the environment holds both keys for as long as its operator says."""
    old, new = (base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2))
    server = Server(tmp_path)
    key_file = server.store / "seal.key"
    held = [line for line in key_file.read_text().splitlines() if not line.startswith("#")][0]
    server.start()
    bobsled = bobsled_of(server)
    for number in range(3):
        bobsled.create(f"walked {number}")

    def page(**more):
        return bobsled.call("GET", "/data-products", params={"limit": 1} | more).json()

    cursor = page()["pagination"]["nextCursor"]
    assert server.stop() == 0
    server.settings["EMPORION_SEAL_KEY"] = f"{new},{held}"
    server.start()
    shown = page(cursor=cursor)
    assert shown["ok"] is True, shown
    later = shown["pagination"]["nextCursor"]
    assert server.stop() == 0
    # The newest signs.
    server.settings["EMPORION_SEAL_KEY"] = f"{old},{new},{held}"
    server.start()
    assert page(cursor=later)["ok"] is True
    assert server.stop() == 0
    server.settings["EMPORION_SEAL_KEY"] = f"{old},{held}"
    server.start()
    assert page(cursor=later)["error"]["code"] == "INVALID_CURSOR"
    assert page(cursor=cursor)["ok"] is True
    assert server.stop() == 0

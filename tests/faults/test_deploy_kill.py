"""kill -9 while a product with drafts of every kind is deployed: all of them are live afterwards, or none."""

import random
import threading
import time

from place import furnish
from wire import Disconnected, Wire

QUERIES = 60
#: Folders whose live items are counted, with how many drafts each gets.
DRAFTS = {"data-assets": 3, "verified-queries": QUERIES, "unstructured-assets": 2, "front-page-configs": 1}


def test_a_killed_deploy_is_done_or_not_done(server, rounds, seed, say):
    place = furnish(server.port, server.admin, server.account)
    moment = random.Random(seed)
    #: How long a deploy takes here, so that kills fall before, into and after it.
    took = timed(place, server)
    done = []
    for number in range(rounds):
        product = drafted(place, server, f"round {number}")
        deploying = threading.Thread(target=deploy, args=(place, server, product))
        deploying.start()
        time.sleep(moment.uniform(0, 1.5 * took))
        server.kill()
        deploying.join(timeout=60)
        server.start()
        wire = Wire(server.port, server.admin)
        live = {folder: count(wire, product, folder, "?isDeployed=true") for folder in DRAFTS}
        drafts = {folder: count(wire, product, folder, "?isDeployed=false") for folder in DRAFTS}
        is_done = live == DRAFTS
        assert is_done or not any(live.values()), f"half deployed: {live}"
        assert (not any(drafts.values())) if is_done else drafts == DRAFTS, f"{live} live, and drafts {drafts}"
        shown = wire.call("GET", product).json()["data"]
        assert (shown["deployedAt"] is not None, shown["hasDrafts"]) == (is_done, not is_done)
        again = wire.call("POST", f"{product}/deploy", {})
        assert again.status == 200, str(again)
        results = again.json()["data"]["results"]
        assert results["verifiedQueries"]["promoted"] == (0 if is_done else QUERIES)
        assert {folder: count(wire, product, folder, "?isDeployed=true") for folder in DRAFTS} == DRAFTS
        wire.close()
        done.append(is_done)
    server.kill()
    server.verify()
    say(f"  {sum(done)} of {rounds} deploys were done when the server was killed; one takes {took * 1000:.0f} ms")


def drafted(place, server, name: str) -> str:
    """A product with drafts; answers its path."""
    wire = Wire(server.port, server.admin)
    assets = [{"tableName": f"table{i}", "schemaName": "sales", "databaseName": "sales"} for i in range(3)]
    made = wire.call("POST", f"{place.bobsled}/data-products", {"name": name, "dataAssets": assets})
    assert made.status == 201, str(made)
    product = f"{place.bobsled}/data-products/{made.json()['data']['dataProduct']['id']}"
    for i in range(QUERIES):
        query = {"question": f"Question {i}?", "sql": "SELECT 1"}
        assert wire.call("POST", f"{product}/verified-queries", query).status == 201
    for i in range(DRAFTS["unstructured-assets"]):
        text = {"kind": "text", "name": f"Rules {i}", "text": "Returns within 30 days. " * 50}
        assert wire.call("POST", f"{product}/unstructured-assets", text).status == 202
    assert wire.call("POST", f"{product}/front-page-configs", {"title": "Welcome"}).status == 201
    wire.close()
    return product


def deploy(place, server, product: str) -> None:
    wire = Wire(server.port, server.admin)
    try:
        wire.call("POST", f"{product}/deploy", {})
    except Disconnected:
        pass
    finally:
        wire.close()


def timed(place, server) -> float:
    product = drafted(place, server, "timed")
    began = time.monotonic()
    deploy(place, server, product)
    return time.monotonic() - began


def count(wire: Wire, product: str, folder: str, query: str) -> int:
    answer = wire.call("GET", f"{product}/{folder}{query}")
    assert answer.status == 200, str(answer)
    return answer.json()["data"]["count"]

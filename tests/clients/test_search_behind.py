"""A search that cannot know what was acknowledged is refused, in the words of each dialect, after five seconds."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

import datazone_door
from bobsled_door import BobsledDoor, check_envelope
from emporion_server import Server
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser

#: How long a door waits, and not much longer.
LEAST_S, MOST_S = 4.5, 10
#: Until a follower that failed tries again.
MENDED_S = 60
#: How long a page takes that does not wait.
SOON_S = 3


@pytest.fixture
def own(tmp_path) -> Server:
    """A server of its own: its index is taken away."""
    made = Server(tmp_path)
    made.start()
    yield made
    made.kill()


def test_a_door_that_is_behind_says_so_in_its_words(own, fresh_name):
    om = OpenMetadataDoor(own, own.admin.token)
    bobsled = BobsledDoor(own, own.admin.token, own.admin.account)
    dz, name = datazone_door.client(own, own.admin), fresh_name("tardy").replace("-", "")
    workshop = datazone_door.Workshop(dz, f"{name}shop")

    def make(name: str) -> None:
        om.post("/domains", {"name": name, "domainType": "Aggregate", "description": ""})

    def find(name: str) -> requests.Response:
        return om.session.get(f"{om.base}/search/query", params={"q": f"name.keyword:{name}"}, timeout=30)

    make(name)
    om.post("/dataProducts", {"name": f"{name}0", "description": "d", "domains": ["default"]})
    assert find(name).json()["hits"]["total"]["value"] == 1
    # From now on nothing can be written where the index lies.
    (index,) = [place for place in own.store.rglob("search/*") if place.is_dir()]
    aside = index.rename(index.with_name("aside"))
    index.write_text("no folder")
    make(f"{name}2")

    def openmetadata(path: str, **params) -> None:
        answer = om.session.get(f"{om.base}/search/{path}", params=params, timeout=30)
        assert answer.status_code == 503, answer.text
        assert (answer.json()["code"], answer.json()["errorType"]) == (503, "SERVICE_UNAVAILABLE")

    def datazone() -> None:
        with datazone_door.fails("InternalServerException", 500):
            dz.search(domainIdentifier=workshop.domain, searchScope="DATA_PRODUCT", searchText=name)

    def products() -> None:
        path = f"{own.url}/api/v1/accounts/{own.admin.account}/data-products"
        answer = bobsled.session.get(path, params={"search": name}, timeout=30)
        assert answer.status_code == 503 and answer.json()["error"]["code"] == "UNAVAILABLE", answer.text
        check_envelope(answer)

    def timed(call, *arguments, **params) -> float:
        begun = time.monotonic()
        call(*arguments, **params)
        return time.monotonic() - begun

    with ThreadPoolExecutor() as pool:
        asked = [
            pool.submit(timed, openmetadata, "query", q=name),
            pool.submit(timed, openmetadata, "aggregate", field="name", q=name),
            pool.submit(timed, openmetadata, "suggest", q=name),
            pool.submit(timed, datazone),
            pool.submit(timed, products),
        ]
        waited = [answer.result() for answer in asked]
    assert all(LEAST_S < time_s < MOST_S for time_s in waited), waited
    # What asks no index is answered as ever.
    assert om.by_name("domains", f"{name}2")["name"] == f"{name}2"
    # People do not wait for it long: a list and what is typed are answered with what there is.
    browser = Browser(own).sign_in(own.admin)
    om.post("/dataProducts", {"name": f"{name}3", "description": "d", "domains": ["default"]})

    def page(path: str) -> str:
        begun = time.monotonic()
        text = browser.visit(path).text
        assert time.monotonic() - begun < SOON_S, path
        return text

    listed = page(f"/products?q={name}")
    assert f"{name}0" in listed and f"{name}3" not in listed, "what others have written is not waited for"
    assert f"{name}3" in page("/products") and "may be missing" not in listed
    assert "may be missing" not in page(f"/search/suggest?q={name}"), "he has changed nothing yet"
    browser.visit(f"/products/default.{name}3?edit=description")
    browser.send(f"/products/default.{name}3", description="changed")
    assert "Your latest changes may be missing." in page(f"/search/suggest?q={name}")
    for path in ("/products", "/people", "/admin/users", "/admin/tokens"):
        assert "Your latest changes may be missing." in page(f"{path}?q={name}"), path
        assert "may be missing" not in page(path), path
    assert f"{name}0" in page(f"/products?q={name}")
    page("/")
    index.unlink()
    aside.rename(index)
    deadline = time.monotonic() + MENDED_S
    while (answer := find(f"{name}2")).status_code == 503:
        assert time.monotonic() < deadline, own.log_tail()
    assert answer.json()["hits"]["total"]["value"] == 1, "it goes on by itself"

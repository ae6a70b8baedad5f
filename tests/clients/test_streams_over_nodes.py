"""An answer that is made by one node is followed through another: from its thread, by who may read it, as he may read it now."""

import time
import uuid

import pytest
import requests

from bobsled_door import BobsledDoor
from chat_world import TODAY, Shop, events
from emporion_server import Server

QUESTION = "net sales by region"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("streams")
    made = Shop(folder, engine="postgres")
    made.other = Server.beside(made.server, folder / "other").start()
    yield made
    for node in (made.server, made.other):
        if node.process.poll() is None:
            assert node.stop() == 0, node.log_tail()
        assert "panicked" not in node.log.read_text(errors="replace"), node.log_tail(200)


def told(shop, door: BobsledDoor) -> list:
    """The events of an answer, as the first node tells them."""
    headers = {"Authorization": door.session.headers["Authorization"]}
    body = {"message": QUESTION, "options": {"today": TODAY}}
    answer = requests.post(f"{door.base}{shop.path}/chat/stream", json=body, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    return events(answer.text)


def followed(shop, door: BobsledDoor, message: str, last: str | None = None, node: Server | None = None) -> requests.Response:
    headers = {"Authorization": door.session.headers["Authorization"]} | ({"Last-Event-ID": last} if last else {})
    url = f"{door.base.replace(shop.server.url, (node or shop.other).url)}{shop.path}/chat/stream/{message}"
    return requests.get(url, headers=headers, timeout=60)


def rows(all_events: list) -> list:
    return [row for _, name, data in all_events if name == "table" for row in data["rows"]]


def test_an_answer_of_one_node_is_told_by_the_other_in_numbers_that_go_on(shop):
    viewer = shop.person("follower", {})
    first = told(shop, viewer)
    message = first[0][2]["messageId"]
    answer = followed(shop, viewer, message, first[2][0])
    assert answer.status_code == 200, answer.text
    again = events(answer.text)
    ids = [tuple(number.split(":")) for number, _, _ in again]
    assert [int(number) for _, number, _ in ids] == list(range(4, 4 + len(again)))
    assert {of for of, _, _ in ids} == {message} and len({telling for _, _, telling in ids}) == 1
    assert again[0][1] == "message_start" and again[-1][1] == "done" and again[-1][2]["status"] == "answered"
    assert rows(again) == rows(first) != []
    # And on from there, and from nothing.
    rest = events(followed(shop, viewer, message, again[1][0]).text)
    assert rest == again[2:]
    # Back at the first node, what was told anew is not mixed with what was told there.
    back = events(followed(shop, viewer, message, again[1][0], shop.server).text)
    assert back[0][1] == "message_start" and int(back[0][0].split(":")[1]) == 6 and rows(back) == rows(first)
    assert events(followed(shop, viewer, message, first[2][0], shop.server).text)[-1][1] == "done"
    assert rows(events(followed(shop, viewer, message).text)) == rows(first)


def test_nobody_elses_answer_is_told_and_no_rows_that_are_his_no_more(shop):
    viewer, other = shop.person("loser", {}), shop.person("stranger", {})
    first = told(shop, viewer)
    message = first[0][2]["messageId"]
    began = time.monotonic()
    assert followed(shop, other, message).status_code == 410
    # What is nowhere is waited for for half a minute.
    assert time.monotonic() - began < 20, "it is there, and not his"
    who = next(one["userId"] for one in shop.bob.get(f"{shop.path}/users")["users"] if one["name"].startswith("loser"))
    shop.bob.patch(f"{shop.path}/users", {"remove": [who]})
    refused = followed(shop, viewer, message)
    assert refused.status_code in (403, 404), refused.text
    assert "EU" not in refused.text


def test_what_no_node_makes_is_waited_for_no_longer_than_it_could_be_made(shop):
    viewer = shop.person("waiter", {})
    began = time.monotonic()
    for ago_s in (700, 31):
        assert followed(shop, viewer, made_before(ago_s)).status_code == 410
    assert followed(shop, viewer, str(uuid.uuid4())).status_code == 410
    assert time.monotonic() - began < 20, "none of them was waited for"
    began = time.monotonic()
    assert followed(shop, viewer, made_before(26)).status_code == 410
    assert time.monotonic() - began > 2


def made_before(seconds: int) -> str:
    """An id of so long ago."""
    return str(uuid.UUID(int=((int(time.time()) - seconds) * 1000 << 80) | (7 << 76) | (2 << 62) | uuid.uuid4().int >> 67))

"""A body of more values than there is room for is told so by every door in the same way, however short it is."""

import pytest
import requests

import datazone_door
from emporion_server import Server

#: Values that would take more than three quarters of the room, in a text that is a hundredth of it.
MANY = b'{"name":"n","items":[' + b"0," * 340_000 + b"0]}"
FEW = b'{"name":"n","items":[0,0]}'


@pytest.fixture(scope="module")
def narrow(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("narrow"), EMPORION_LIMITS__ALL_BODIES_BYTES=str(64 << 20))
    yield made.start()
    assert made.stop() == 0, made.log_tail()


@pytest.mark.parametrize(
    "path", ["/api/v1/tables", "/api/v1/accounts/me/data-products", "/mcp", "/emporion/v1/ingestions", "/emporion/v1/users"]
)
def test_who_shows_a_token_is_told_413(narrow, path):
    headers = {
        "Authorization": f"Bearer {narrow.admin.token}", "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
    }  # fmt: skip
    answer = requests.post(narrow.url + path, data=MANY, headers=headers, timeout=30)
    assert answer.status_code == 413 and "more values" in answer.text, (answer.status_code, answer.text[:300])
    few = requests.post(narrow.url + path, data=FEW, headers=headers, timeout=30)
    assert few.status_code != 413, few.text[:300]


def test_who_signs_is_told_413(narrow):
    answer = datazone_door.raw(narrow, narrow.admin, "POST", "/v2/domains", MANY)
    assert answer.status_code == 413 and "more values" in answer.text, (answer.status_code, answer.text[:300])

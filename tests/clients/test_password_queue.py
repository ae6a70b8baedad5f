"""A flood of logins makes nobody wait long who comes into it, from where it comes or from elsewhere."""

import base64
import http.client
import json
import threading
import time

import pytest

from emporion_server import Server

#: As many as wait at most of one address, so that none is sent away.
FLOOD = 100


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("flood"))
    made.start()
    yield made
    assert made.stop() == 0, made.log_tail()


def log_in(server, name: str, password: str, address: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120, source_address=(address, 0))
    body = json.dumps({"email": name, "password": base64.b64encode(password.encode()).decode()})
    connection.request("POST", "/api/v1/users/login", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


@pytest.mark.parametrize("place", ["127.0.0.1", "127.0.0.2"])
def test_somebody_logs_in_while_many_try(server, place):
    who, answered = server.new_user(f"calm-{place.replace('.', '-')}"), []
    together = threading.Barrier(FLOOD)

    def guess(number: int) -> None:
        together.wait()
        answered.append(log_in(server, f"nobody-{number}-{place}@x.example", "wrong", "127.0.0.2"))

    guessing = [threading.Thread(target=guess, args=(number,)) for number in range(FLOOD)]
    for one in guessing:
        one.start()
    while len(answered) < 10:
        time.sleep(0.01)
    before = len(answered)
    assert log_in(server, who.name, who.password, place) == 200
    meanwhile, left = len(answered) - before, FLOOD - len(answered)
    for one in guessing:
        one.join()
    assert left > FLOOD / 3, "the flood was under way"
    assert meanwhile < FLOOD / 5, f"{meanwhile} of {FLOOD} were compared before him"
    assert set(answered) == {401}

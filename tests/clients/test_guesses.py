"""Guessed passwords are counted by who is meant, however he is spelled, and a code of a provider is no password."""

import base64
import statistics
import time

import pytest

from emporion_server import Server
from openid_world import alert, is_signed_in, leave, sent_back, sign_in_by, way_back, world  # noqa: F401
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser

FREE = 5


@pytest.fixture(scope="module")
def own_server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("guesses")).start()
    yield server
    server.stop()


@pytest.fixture
def user(own_server, fresh_name):
    name = fresh_name("guessed")
    own_server.cli("user", "create", name, "--email", f"{fresh_name('post')}@example.com")
    om = OpenMetadataDoor(own_server, own_server.admin.token)
    shown = om.get(f"/users/name/{name}")
    password = own_server.cli("user", "reset-password", name)["password"]
    return name, shown["email"], password


def log_in(server, name: str, password: str) -> tuple[int, str]:
    body = {"email": name, "password": base64.b64encode(password.encode()).decode()}
    answer = OpenMetadataDoor(server, None).call("POST", "/users/login", body)
    return answer.status_code, answer.json().get("message", "")


def page_log_in(server, name: str, password: str) -> int:
    browser = Browser(server)
    browser.visit("/login")
    return browser.ask("POST", "/login", data={"username": name, "password": password}, headers={"Origin": server.url}).status


def spellings(name: str) -> list[str]:
    return [name, name.upper(), name.title(), f"default/{name}", f"Default/{name.upper()}", f"{name}@elsewhere.example", f" {name}"]


def test_the_spellings_of_one_name_share_its_guesses(own_server, user, fresh_name):
    name, _, password = user
    nobody = fresh_name("nobody")
    for guessed in (name, nobody):
        said = [log_in(own_server, spelled, "wrong") for spelled in spellings(guessed)[:FREE]]
        assert len(set(said)) == 1, said
        held = [log_in(own_server, spelled, "wrong") for spelled in spellings(guessed)]
        assert len(set(held)) == 1 and held[0] != said[0], "whoever it is, he waits, and is told the same"
    assert log_in(own_server, name, password)[0] != 200


def test_name_and_address_of_one_user_share_his_guesses_and_tell_nothing(own_server, user, fresh_name):
    name, email, password = user
    nobody, nowhere = fresh_name("nobody"), f"{fresh_name('nowhere')}@example.com"
    order = [0, 1, 0, 1, 0, 1, 0]
    real = [log_in(own_server, (name, email)[which], "wrong") for which in order]
    none = [log_in(own_server, (nobody, nowhere)[which], "wrong") for which in order]
    assert real == none, "nobody learns that the two belong together"
    assert log_in(own_server, email, password)[0] != 200, "the guesses of the user are used up"


def test_pages_and_programs_count_together(own_server, user):
    name, email, password = user
    assert [page_log_in(own_server, name, "wrong") for _ in range(3)] == [401] * 3
    assert [log_in(own_server, f"default/{name}", "wrong")[0] for _ in range(2)] == [401] * 2
    assert page_log_in(own_server, name.upper(), password) == 429


def test_a_refusal_takes_as_long_whoever_is_meant(own_server, user, fresh_name):
    name, email, _ = user
    for _ in range(3):
        log_in(own_server, name, "wrong"), log_in(own_server, email, "wrong")

    def took(login: str) -> float:
        started = time.monotonic()
        assert log_in(own_server, login, "wrong")[0] != 200
        return time.monotonic() - started

    # The address waits for nothing by itself: it is refused because of the user behind it.
    unheard = statistics.median(took(email) for _ in range(2))
    compared = statistics.median(took(f"{fresh_name('nobody')}@example.com") for _ in range(5))
    assert unheard > compared / 4, (unheard, compared)


def test_codes_that_are_none_lock_nobody_out(world):  # noqa: F811
    first = world.first.behave()
    first.person = {"sub": "behind-the-same-wall", "preferred_username": "walled"}
    # Without a way that was begun here, and with one.
    for _ in range(8):
        stranger = world.browser()
        location = sent_back(leave(world.browser(), "first"))
        assert way_back(stranger, location.split("?")[0] + "?code=made-up&state=made-up").status == 400
    for _ in range(8):
        stranger = world.browser()
        location = sent_back(leave(stranger, "first"))
        state = location.split("state=")[1].split("&")[0]
        page = way_back(stranger, location.split("?")[0] + f"?code=made-up&state={state}")
        assert page.status == 401 and alert(page), (page.status, page.text)
    browser = world.browser()
    assert sign_in_by(browser, "first").status == 200 and is_signed_in(browser)

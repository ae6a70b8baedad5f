"""No token and no key outlives what it was made with, through whichever door it was made and ended."""

import base64

import pytest
import requests

import datazone_door
from emporion_server import Principal, run_cli
from openmetadata_door import OpenMetadataDoor


def counts(server, token: str) -> bool:
    answer = requests.get(server.url + "/api/v1/users/loggedInUser", headers={"Authorization": f"Bearer {token}"}, timeout=30)
    assert answer.status_code in (200, 401), answer.text
    return answer.status_code == 200


def signs(server, key: dict) -> bool:
    who = Principal(name="", account="", token="", access_key_id=key["accessKeyId"], secret_access_key=key["secretAccessKey"])
    answer = datazone_door.raw(server, who, "GET", "/v2/domains")
    assert answer.status_code in (200, 403), answer.text
    return answer.status_code == 200


@pytest.fixture
def maker(server, fresh_name):
    """An administrator, and a token of his that is about to be ended."""
    name = fresh_name("maker")
    user = server.new_user(name, "--admin")
    return user, server.cli("token", "create", "--user", name)


def test_what_the_command_line_made(server, maker, fresh_name):
    user, own = maker
    other = fresh_name("other")
    server.cli("user", "create", other)
    # One with the other, for himself and for another.
    second = server.cli("token", "create", "--user", other, token=own["token"])
    third = server.cli("token", "create", "--user", other, token=second["token"])
    keys = [
        server.cli("key", "create", "--user", user.name, token=own["token"]),
        server.cli("key", "create", "--user", other, token=third["token"]),
    ]
    beside = server.cli("token", "create", "--user", other)
    for _ in range(2):
        assert counts(server, second["token"]) and counts(server, third["token"])
        assert all(signs(server, key) for key in keys)
    server.cli("token", "revoke", own["id"])
    assert not counts(server, second["token"]) and not counts(server, third["token"])
    assert not any(signs(server, key) for key in keys)
    assert counts(server, beside["token"]) and counts(server, user.token)
    listed = server.cli("token", "list", "--user", other) + server.cli("key", "list", "--user", other)
    assert {item["id"] for item in listed} == {beside["id"]}


def test_what_openmetadata_made_and_ended(server, om, maker, fresh_name):
    user, _ = maker
    own = OpenMetadataDoor(server, user.token)
    first = own.put("/users/security/token", {"tokenName": "first", "JWTTokenExpiry": "7"})
    by_first = OpenMetadataDoor(server, first["jwtToken"])
    second = by_first.put("/users/security/token", {"tokenName": "second", "JWTTokenExpiry": "1"})
    bot = by_first.post(
        "/users",
        {
            "name": fresh_name("botty"), "email": f"{fresh_name('botty')}@example.com", "isBot": True,
            "authenticationMechanism": {"authType": "JWT", "config": {"JWTTokenExpiry": "1"}},
        },
    )  # fmt: skip
    jwt = by_first.put(f"/users/generateToken/{bot['id']}", {"JWTTokenExpiry": "1"})["JWTToken"]
    key = server.cli("key", "create", "--user", user.name, token=second["jwtToken"])
    assert counts(server, second["jwtToken"]) and counts(server, jwt) and signs(server, key)
    # A bot that takes another one for itself does not leave its maker.
    again = OpenMetadataDoor(server, jwt).put(f"/users/generateToken/{bot['id']}", {"JWTTokenExpiry": "OneHour"})["JWTToken"]
    assert counts(server, again) and not counts(server, jwt)
    own.put("/users/security/token/revoke", {"tokenIds": [first["token"]]})
    for gone in (first["jwtToken"], second["jwtToken"], again):
        assert not counts(server, gone)
    assert not signs(server, key)
    assert counts(server, user.token)


def test_a_replaced_token_of_a_bot_ends_what_it_made(server, om, fresh_name):
    name = fresh_name("botty")
    given = {"authType": "JWT", "config": {"JWTTokenExpiry": "Unlimited"}}
    order = {"name": name, "email": f"{name}@example.com", "isBot": True, "authenticationMechanism": given}
    bot = om.post("/users", order)["id"]
    token = om.put(f"/users/generateToken/{bot}", {"JWTTokenExpiry": "Unlimited"})["JWTToken"]
    key = server.cli("key", "create", "--user", name, token=token)
    assert signs(server, key)
    om.put(f"/users/generateToken/{bot}", {"JWTTokenExpiry": "Unlimited"})
    assert not counts(server, token) and not signs(server, key)


def test_a_login_makes_what_outlives_it_and_a_new_password_ends_the_login_alone(server, maker):
    user, _ = maker
    anonymous = OpenMetadataDoor(server, None)
    login = {"email": user.name, "password": base64.b64encode(user.password.encode()).decode()}
    session = anonymous.post("/users/login", login, 200)
    made = OpenMetadataDoor(server, session["accessToken"]).put(
        "/users/security/token", {"tokenName": "kept", "JWTTokenExpiry": "7"}
    )
    assert counts(server, session["accessToken"]) and counts(server, made["jwtToken"])
    server.cli("user", "reset-password", user.name)
    assert not counts(server, session["accessToken"])
    assert counts(server, made["jwtToken"])


def test_who_is_disabled_gives_nobody_anything(server, maker, fresh_name):
    user, own = maker
    other = fresh_name("other")
    server.cli("user", "create", other)
    made = server.cli("token", "create", "--user", other, token=own["token"])
    key = server.cli("key", "create", "--user", other, token=own["token"])
    assert counts(server, made["token"]) and signs(server, key)
    server.cli("user", "disable", user.name)
    assert not counts(server, made["token"]) and not signs(server, key)


def test_nobody_else_ends_it(server, maker, stranger, other_account):
    user, own = maker
    made = server.cli("token", "create", "--user", user.name, token=own["token"])
    for by in (stranger, other_account):
        done = run_cli("token", "revoke", own["id"], check=False, EMPORION_URL=server.url, EMPORION_TOKEN=by.token)
        assert done.returncode == 1
    assert counts(server, own["token"]) and counts(server, made["token"])


def test_an_administrator_of_another_account_ends_with_the_token_that_made_it(server, maker, fresh_name):
    _, own = maker
    made = server.cli("account", "create", fresh_name("tenant"), token=own["token"])
    assert counts(server, made["adminToken"])
    server.cli("token", "revoke", own["id"])
    assert not counts(server, made["adminToken"])

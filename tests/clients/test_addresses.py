"""One e-mail address in several accounts: nobody learns of the others, and a login finds the one whose password it has."""

import base64
import statistics
import time

import pytest
import requests

from emporion_server import run_cli


def log_in(server, name: str, password: str) -> requests.Response:
    body = {"email": name, "password": base64.b64encode(password.encode()).decode()}
    return requests.post(f"{server.url}/api/v1/users/login", json=body, timeout=30)


def account_of(server, answer: requests.Response) -> str:
    """The account that a login opened, as the Bobsled door knows it."""
    token = answer.json()["accessToken"]
    for account in server.accounts:
        url = f"{server.url}/api/v1/accounts/{account}/data-products"
        if requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10).status_code == 200:
            return account
    raise AssertionError("the session opens no account")


@pytest.fixture(scope="module")
def shared(server):
    """`(address, {account: password})` of two users in two accounts."""
    other = server.new_account("addresses")
    server.accounts = [server.account, other.account]
    server.other = other
    address = "Shared@Example.com"
    passwords = {}
    for by in (server.admin, other):
        made = server.cli("user", "create", "shared", "--email", address, token=by.token)
        passwords[by.account] = made["password"]
    return address, passwords


def test_an_address_of_another_account_is_as_free_as_any(server, shared):
    address, passwords = shared
    assert len(passwords) == 2
    again = run_cli(
        "user", "create", "again", "--email", address.lower(), check=False,
        EMPORION_URL=server.url, EMPORION_TOKEN=server.other.token,
    )
    assert again.returncode == 1 and "shared@example.com" in again.stderr and "\n\n" not in again.stderr, again


def test_the_password_says_which_account_is_meant(server, shared):
    address, passwords = shared
    for account, password in passwords.items():
        opened = log_in(server, address, password)
        assert opened.status_code == 200, opened.text
        assert account_of(server, opened) == account
    wrong, unknown = log_in(server, address, "wrong"), log_in(server, "nobody@example.com", "wrong")
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json()) and wrong.status_code == 401


def test_an_account_can_be_named(server, shared):
    address, passwords = shared
    password = passwords[server.other.account]
    for name in (f"addresses/{address}", "addresses/shared", "ADDRESSES/SHARED"):
        assert account_of(server, log_in(server, name, password)) == server.other.account
    assert log_in(server, f"default/{address}", password).status_code == 401
    assert log_in(server, "shared", password).status_code == 401, "a name alone is one of the default account"


def test_where_both_have_one_password_the_oldest_is_meant_and_a_disabled_one_never(server, shared, fresh_name):
    address = f"{fresh_name('twice')}@example.com"
    users = {}
    for by in (server.admin, server.other):
        headers = {"Authorization": f"Bearer {by.token}"}
        body = {"name": "twice", "email": address, "createPasswordType": "ADMIN_CREATE", "password": "Same-pass-7", "confirmPassword": "Same-pass-7"}
        made = requests.put(f"{server.url}/api/v1/users", json=body, headers=headers, timeout=10)
        assert made.status_code == 201, made.text
        users[by.account] = "twice"
    assert account_of(server, log_in(server, address, "Same-pass-7")) == server.account
    assert account_of(server, log_in(server, f"addresses/{address}", "Same-pass-7")) == server.other.account
    server.cli("user", "disable", "twice")
    assert account_of(server, log_in(server, address, "Same-pass-7")) == server.other.account


def test_the_time_of_a_login_does_not_tell_how_many_know_the_address(server, shared, fresh_name):
    address, passwords = shared
    alone = server.cli("user", "create", fresh_name("alone"), "--email", "alone@example.com", token=server.other.token)

    def took(name: str, password: str) -> float:
        began = time.perf_counter()
        assert log_in(server, name, password).status_code == 200
        return time.perf_counter() - began

    logins = {"shared": (address, passwords[server.other.account]), "alone": ("alone@example.com", alone["password"])}
    times = {which: [] for which in logins}
    for _ in range(15):
        for which, (name, password) in logins.items():
            times[which].append(took(name, password))
    shared_s, alone_s = (statistics.median(times[which]) for which in ("shared", "alone"))
    # A second hash would double it.
    assert shared_s < 1.5 * alone_s, (shared_s, alone_s)


def test_who_manages_an_account_finds_its_own_user_by_address(server, shared):
    address, _ = shared
    for by in (server.admin, server.other):
        made = server.cli("token", "create", "--user", address, token=by.token)
        who = requests.get(f"{server.url}/api/v1/users/loggedInUser", headers={"Authorization": f"Bearer {made['token']}"}, timeout=10)
        assert who.json()["name"] == "shared", who.text
        token = {"Authorization": f"Bearer {made['token']}"}
        url = f"{server.url}/api/v1/accounts/{by.account}/data-products"
        assert requests.get(url, headers=token, timeout=10).status_code == 200

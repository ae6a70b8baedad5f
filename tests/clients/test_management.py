"""The management interface that the command line uses: what its requests may say."""

import pytest
import requests


def call(server, method: str, path: str, body) -> requests.Response:
    headers = {"Authorization": f"Bearer {server.admin.token}"}
    return requests.request(method, f"{server.url}/emporion/v1{path}", json=body, headers=headers, timeout=30)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/accounts"),
        ("POST", "/users"),
        ("POST", "/users/{name}/reset-password"),
        ("POST", "/users/{name}/disable"),
        ("POST", "/users/{name}/tokens"),
        ("POST", "/users/{name}/keys"),
        ("POST", "/keys/seal/rotate"),
        ("POST", "/keys/signing/rotate"),
        ("POST", "/ingestions"),
        ("POST", "/backups"),
        ("DELETE", "/tokens/x"),
        ("GET", "/users/{name}/tokens"),
    ],
)
def test_a_member_that_is_not_known_is_refused_by_name(server, member, method, path):
    path = path.format(name=member.name)
    refused = call(server, method, path, {"name": "never", "expries": "7d", "isadmin": True})
    assert refused.status_code == 400, refused.text
    error = refused.json()["error"]
    assert "expries is not a known field" in error and "isadmin is not a known field" in error, error
    for body in ([], "text", 7):
        refused = call(server, method, path, body)
        assert refused.status_code == 400 and "body must be an object" in refused.json()["error"], refused.text


def test_a_member_of_another_type_is_refused_by_name(server):
    for path, body, rule in (
        ("/users", {"name": 7}, "name must be a text"),
        ("/users", {"name": "never", "email": ["a@b"]}, "email must be a text"),
        ("/users", {"name": "never", "isAdmin": "yes"}, "isAdmin must be true or false"),
        ("/accounts", {"name": None}, "name must not be null"),
        ("/backups", {"withKeys": "no"}, "withKeys must be true or false"),
    ):
        refused = call(server, "POST", path, body)
        assert refused.status_code == 400 and rule in refused.json()["error"], refused.text

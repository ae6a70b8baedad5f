"""Plain HTTP to the Bobsled-style door, with its envelope checked on every answer."""

import re

import requests

from emporion_server import Server


class BobsledDoor:
    def __init__(self, server: Server, token: str | None, account: str | None = None):
        self.base = f"{server.url}/api/v1/accounts/{account or server.account}"
        self.session = requests.Session()
        if token:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, body=None, *, expect: int | tuple[int, ...] | None = None, **kwargs):
        if body is not None:
            kwargs["json"] = body
        answer = self.session.request(method, self.base + path, timeout=30, allow_redirects=False, **kwargs)
        expected = (expect,) if isinstance(expect, int) else expect or ()
        # A source that fails is said to (502, 504); the server itself does not fail.
        fits = answer.status_code < 500 or answer.status_code == 501 or answer.status_code in expected
        assert fits, f"{answer.status_code} {answer.text[:2000]}"
        if expected:
            assert answer.status_code in expected, f"{method} {path}: {answer.status_code} {answer.text[:2000]}"
        if answer.status_code != 304:
            check_envelope(answer)
        return answer

    def get(self, path: str, expect=200, **params):
        return self.call("GET", path, params=params, expect=expect).json()["data"]

    def post(self, path: str, body, expect=(200, 201)):
        return self.call("POST", path, body, expect=expect).json()["data"]

    def patch(self, path: str, body, expect=200):
        return self.call("PATCH", path, body, expect=expect).json()["data"]

    def delete(self, path: str, expect=200, **params):
        return self.call("DELETE", path, params=params, expect=expect).json()["data"]

    def refuses(self, method: str, path: str, status: int, code: str | None = None, body=None, **kwargs) -> dict:
        """The call must fail with `status` and `code`; answers the error object."""
        error = self.call(method, path, body, expect=status, **kwargs).json()["error"]
        assert code is None or error["code"] == code, error
        return error

    def create(self, name: str, **fields) -> dict:
        return self.post("/data-products", {"name": name} | fields, expect=201)["dataProduct"]


def check_envelope(answer: requests.Response) -> None:
    assert answer.headers["Content-Type"].startswith("application/json"), answer.headers
    assert answer.headers.get("X-Request-Id"), "every answer names its request"
    body = answer.json()
    assert not body.keys() - {"ok", "data", "error", "pagination", "warnings", "requestId"}, body
    if answer.status_code < 400:
        assert body["ok"] is True and "data" in body and "error" not in body, body
    else:
        assert body["ok"] is False and "data" not in body, body
        error = body["error"]
        assert re.fullmatch(r"[A-Z][A-Z0-9_]+", error["code"]), error
        assert isinstance(error["message"], str) and error["message"], error
        assert isinstance(error.get("details", {}), dict), error
        assert not error.keys() - {"code", "message", "details"}, error


def violations(error: dict) -> set[str]:
    """The paths that a validation error complains about."""
    return {violation["path"] for violation in error["details"]["violations"]}

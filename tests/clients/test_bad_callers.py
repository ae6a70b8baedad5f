"""Forged, broken and stale proofs of identity: refused in each door's own words."""

import base64
import datetime
import json

import botocore.auth
import pytest
import requests

import datazone_door
import raw_http
from bobsled_door import BobsledDoor
from datazone_door import SignedBy
from emporion_server import Principal
from error_forms import check_error_form
from openmetadata_door import OpenMetadataDoor

BAD_AUTHORIZATION = ["Bearer", "Bearer ", "bearer x", "Basic YTpi", "Bearer x y", "Bearer a.b.c", "Token x", "x" * 9000]


@pytest.mark.parametrize("value", BAD_AUTHORIZATION, ids=lambda v: v[:20])
def test_a_useless_authorization_is_401(server, value):
    for name, target in (("openmetadata", "/api/v1/domains"), ("bobsled", "/api/v1/accounts/me/data-products")):
        answer = raw_http.send(server, "GET", target, Authorization=value)
        assert answer.status in (401, 431), answer
        if answer.status == 401:
            check_error_form(name, answer)


def forged(token: str, **changes) -> list[str]:
    """Tokens that look like the real one and are not."""
    header, payload, signature = token.split(".")

    def encode(document: dict) -> str:
        return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()

    def decode(part: str) -> dict:
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))

    claims = decode(payload)
    return [
        f"{header}.{encode(claims | changes)}.{signature}",
        f"{encode(decode(header) | {'alg': 'none'})}.{payload}.",
        f"{encode(decode(header) | {'alg': 'HS256'})}.{payload}.{signature}",
        f"{encode(decode(header) | {'kid': 'other'})}.{payload}.{signature}",
        f"{header}.{payload}.{signature[:-6]}AAAAAA",
        f"{header}.{payload}",
    ]


def test_tampered_tokens_are_401(server, stranger):
    for token in forged(stranger.token, sub="admin", isAdmin=True, exp=9_999_999_999):
        OpenMetadataDoor(server, token).get("/domains", expect=401)
        BobsledDoor(server, token).refuses("GET", "/data-products", 401, "UNAUTHENTICATED")


def test_a_signature_that_does_not_fit_is_refused(server, admin, workshop):
    path = f"/v2/domains/{workshop.domain}/projects"

    def code(**kwargs) -> tuple[int, str]:
        answer = datazone_door.raw(server, admin, "GET", path, **kwargs)
        check_error_form("datazone", answer)
        return answer.status_code, answer.headers["x-amzn-ErrorType"]

    assert code(secret="x" * 40) == (403, "InvalidSignatureException")
    assert code(region="MARS NORTH") == (403, "InvalidSignatureException")
    assert code(service="s3") == (403, "InvalidSignatureException")
    bare = requests.get(server.url + path, timeout=30)
    assert (bare.status_code, bare.headers["x-amzn-ErrorType"]) == (403, "MissingAuthenticationTokenException")
    bearer = requests.get(server.url + path, headers={"Authorization": f"Bearer {admin.token}"}, timeout=30)
    assert bearer.status_code in (400, 403)
    check_error_form("datazone", bearer)
    nobody = Principal("x", "x", "", "AKIAIOSFODNN7EXAMPLE", "s" * 40)
    answer = datazone_door.raw(server, nobody, "GET", path)
    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (403, "UnrecognizedClientException")


def tampered(server, admin, path, change) -> requests.Response:
    request = requests.Request("GET", server.url + path).prepare()
    SignedBy(admin)(request)
    change(request)
    with requests.Session() as session:
        return session.send(request, timeout=30)


def test_what_was_signed_cannot_be_changed(server, admin, workshop):
    path = f"/v2/domains/{workshop.domain}/projects"

    def later(request):
        request.headers["X-Amz-Date"] = "20200101T000000Z"

    def other_path(request):
        request.url = server.url + "/v2/domains"

    def query(request):
        request.url += "?maxResults=1"

    def unsigned_header(request):
        request.headers["X-Amz-Target"] = "x"

    def no_host(request):
        value = request.headers["Authorization"]
        request.headers["Authorization"] = value.replace("SignedHeaders=host;", "SignedHeaders=")

    def session_token(request):
        request.headers["X-Amz-Security-Token"] = "made-up"

    for change in (later, other_path, query, unsigned_header, no_host, session_token):
        answer = tampered(server, admin, path, change)
        assert answer.status_code in (400, 403), (change.__name__, answer.status_code, answer.text)
        check_error_form("datazone", answer)


UNUSABLE = [
    "AWS4-HMAC-SHA256",
    "AWS4-HMAC-SHA256 Credential=a",
    "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=, Signature=",
    "AWS4-ECDSA-P256-SHA256 Credential=a/b/c/d/e",
    "=,=,=",
]


@pytest.mark.parametrize("value", UNUSABLE)
def test_an_unusable_signature_is_refused(server, workshop, value):
    answer = requests.get(f"{server.url}/v2/domains", headers={"Authorization": value}, timeout=30)
    assert answer.status_code in (400, 403)
    check_error_form("datazone", answer)


@pytest.mark.parametrize("minutes", [-60, -16, 16, 60])
def test_a_signature_of_another_time_is_refused(server, admin, workshop, monkeypatch, minutes):
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=minutes)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda **_: moment)
    answer = datazone_door.raw(server, admin, "GET", f"/v2/domains/{workshop.domain}/projects")
    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (403, "InvalidSignatureException")


@pytest.mark.parametrize("minutes", [-4, 4])
def test_a_clock_that_is_a_little_off_is_forgiven(server, admin, workshop, monkeypatch, minutes):
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=minutes)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda **_: moment)
    assert datazone_door.raw(server, admin, "GET", f"/v2/domains/{workshop.domain}/projects").status_code == 200


def test_a_changed_body_does_not_fit_the_signature(server, admin, workshop):
    url = f"{server.url}/v2/domains/{workshop.domain}/projects"
    request = requests.Request(
        "POST", url, data=b'{"name":"a"}', headers={"Content-Type": "application/json"}
    ).prepare()
    SignedBy(admin)(request)
    request.body = b'{"name":"b"}'
    with requests.Session() as session:
        answer = session.send(request, timeout=30)
    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (403, "InvalidSignatureException")


LONG_HEADS = {
    "openmetadata": "/api/v1/domains",
    "datazone": "/v2/domains",
    "bobsled": "/api/v1/accounts/me/data-products",
}


@pytest.mark.parametrize("name", LONG_HEADS)
def test_a_head_that_is_too_long_is_refused_in_the_words_of_its_door(server, name):
    # Far more than is read: the answer is not lost with what is still on its way.
    answer = raw_http.send(server, "GET", LONG_HEADS[name], X_Long="x" * 2_000_000)
    assert (answer.status, answer.headers["connection"]) == (431, "close")
    assert "too long" in check_error_form(name, answer)

"""What a provider, or somebody between, can do wrong on the way back: nobody comes in, and nothing is made."""

import base64
import json
import time

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization

from emporion_server import Server
from hostile_provider import ACCESS, SECRET, HostileProvider, new_key
from openid_world import alert, is_signed_in, leave, sent_back, sign_in_by, way_back, world  # noqa: F401

NOW = time.time


@pytest.fixture
def first(world) -> HostileProvider:
    return world.first.behave()


def refused(world, browser, page, name: str, status: int = 401) -> None:
    assert page.status == status and alert(page), (page.status, page.text)
    assert not is_signed_in(browser)
    assert "emporion_session" not in browser.session.cookies
    world.user(name, expect=404)


def unsigned(claims: dict) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."


def mac(key: bytes, claims: dict) -> str:
    """Signed with a secret; the library would not take a public key for one, so it is done by hand."""
    return jwt.api_jws.PyJWS().encode(json.dumps(claims).encode(), key, "HS256", headers={"kid": "first"})


def with_public_key(provider: HostileProvider, claims: dict) -> str:
    import hashlib
    import hmac

    pem = provider.key[1].public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    encoded = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in ({"alg": "HS256", "kid": "first", "typ": "JWT"}, claims)
    ]
    signature = hmac.new(pem, ".".join(encoded).encode(), hashlib.sha256).digest()
    return ".".join([*encoded, base64.urlsafe_b64encode(signature).rstrip(b"=").decode()])


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "https://elsewhere.example"}, "another issuer"),
        ({"iss": None}, "does not say all"),
        ({"aud": "another client"}, "another client"),
        ({"aud": ["emporion", "another client"]}, "another client"),
        ({"azp": "another client"}, "another client"),
        ({"aud": None}, "does not say all"),
        ({"nonce": "another"}, "another request"),
        ({"nonce": None}, "another request"),
        ({"exp": int(NOW()) - 120}, "expired"),
        ({"exp": None}, "does not say all"),
        ({"nbf": int(NOW()) + 3600}, "does not hold yet"),
        ({"sub": None}, "does not say"),
        ({"sub": ""}, "does not say who"),
        ({"sub": "x" * 300}, "does not say who"),
        ({"sub": 7}, "does not say"),
    ],
)
def test_a_token_for_somebody_or_something_else(world, first, claims, why):
    first.person = {"sub": "victim", "preferred_username": "victim"}
    first.claims = claims
    browser, before = world.browser(), len(world.log())
    refused(world, browser, sign_in_by(browser, "first"), "victim")
    (said,) = [line for line in world.log()[before:].splitlines() if "nobody has signed in" in line]
    assert why in said, said


def test_lists_of_issuers_are_none(world, first):
    first.person = {"sub": "victim", "preferred_username": "victim"}
    kid, key = first.key
    # The library of the test refuses to write such a one; what it signs is bytes.
    first.claims = {"iss": [first.issuer, "https://elsewhere.example"]}
    first.sign = lambda claims: jwt.api_jws.PyJWS().encode(json.dumps(claims).encode(), key, "RS256", headers={"kid": kid})
    browser = world.browser()
    refused(world, browser, sign_in_by(browser, "first"), "victim")


@pytest.mark.parametrize(
    "forge",
    [
        lambda provider, claims: unsigned(claims),
        lambda provider, claims: mac(SECRET.encode(), claims),
        with_public_key,
        lambda provider, claims: jwt.encode(claims, new_key("first")[1], "RS256", headers={"kid": "first"}),
        lambda provider, claims: provider.signed(claims)[:-8] + "AAAAAAAA",
        lambda provider, claims: provider.signed(claims, crit=["b64"], b64=False),
        lambda provider, claims: "no token",
        lambda provider, claims: "..",
    ],
    ids=["unsigned", "mac-of-secret", "mac-of-public-key", "other-key", "broken", "critical", "no-token", "dots"],
)
def test_a_token_that_is_not_signed_by_the_provider(world, first, forge):
    first.person = {"sub": "victim", "preferred_username": "victim"}
    first.sign = lambda claims: forge(first, claims)
    browser = world.browser()
    refused(world, browser, sign_in_by(browser, "first"), "victim")


def test_a_state_that_is_forged_and_a_way_back_that_is_not_ones_own(world, first):
    first.person = {"sub": "mallory", "preferred_username": "mallory"}
    mallory, victim = world.browser(), world.browser()
    location = sent_back(leave(mallory, "first"))
    # The code of one in the browser of another: with no way begun there, and with one.
    refused(world, victim, way_back(victim, location), "mallory", 400)
    own = sent_back(leave(victim, "first"))
    refused(world, victim, way_back(victim, location), "mallory", 400)
    for forged in ("", "state=", "state=guessed"):
        path = own.split("?")[0] + "?code=x&" + forged
        refused(world, victim, way_back(victim, path), "mallory", 400)
    assert first.asked.count("/token") == 0, "no code was shown to the provider"
    # None of that has taken his own way back from him.
    assert way_back(victim, own).status == 200 and is_signed_in(victim)


def test_a_way_back_serves_once(world, first):
    first.person = {"sub": "once", "preferred_username": "once"}
    browser = world.browser()
    url = leave(browser, "first")
    kept = browser.session.cookies.copy()
    location = sent_back(url)
    assert way_back(browser, location).status == 200 and is_signed_in(browser)
    thief = world.browser()
    thief.session.cookies.update(kept)
    asked = first.asked.count("/token")
    assert way_back(thief, location).status == 400 and not is_signed_in(thief)
    assert first.asked.count("/token") == asked
    # Also one that came to nothing.
    first.claims = {"nonce": "another"}
    thief = world.browser()
    url = leave(thief, "first")
    kept = thief.session.cookies.copy()
    location = sent_back(url)
    assert way_back(thief, location).status == 401
    thief.session.cookies.update(kept)
    assert way_back(thief, location).status == 400


def test_two_providers_are_not_mixed_up(world, first):
    world.second.behave()
    first.person = {"sub": "mixed", "preferred_username": "mixed"}
    browser = world.browser()
    location = sent_back(leave(browser, "first"))
    # At the other's way back the browser shows nothing.
    refused(world, browser, way_back(browser, location.replace("/login/first/", "/login/second/")), "mixed", 400)
    # Where it says that another has sent it, no code is shown to anybody.
    for issuer in (world.second.issuer, first.issuer + "/", None):
        first.back = {"iss": issuer}
        refused(world, browser, sign_in_by(browser, "first"), "mixed")
    assert first.asked.count("/token") == 0 and world.second.asked.count("/token") == 0
    # The token of one provider is no proof by the other, though both know the subject and the client.
    first.back = {}
    first.sign = lambda claims: world.second.signed(claims | {"iss": world.second.issuer})
    refused(world, browser, sign_in_by(browser, "first"), "mixed")


def test_who_is_not_let_in_there_is_not_let_in_here(world, first):
    first.person = {"sub": "denied", "preferred_username": "denied"}
    browser = world.browser()
    for back in ({"code": None, "error": "access_denied"}, {"error": "<script>"}, {"code": None}, {"code": "x" * 5_000}):
        first.back = back
        page = sign_in_by(browser, "first")
        refused(world, browser, page, "denied")
        assert "did not sign you in, or you cancelled there" in alert(page) and "<script>" not in page.source
    assert first.asked.count("/token") == 0


@pytest.mark.parametrize("next", ["https://evil.example", "//evil.example", "/\\evil.example", "/logout"])
def test_the_way_leads_nowhere_else(world, first, next):
    first.person = {"sub": "next", "preferred_username": "next"}
    browser = world.browser()
    browser.visit("/login")
    here = {"Origin": browser.base, "Sec-Fetch-Site": "same-origin"}
    leaving = browser.ask("POST", "/login/first", data={"next": next}, headers=here)
    page = way_back(browser, sent_back(leaving.links[-1]), follow=False)
    assert page.status == 303 and page.answer.headers["Location"] == "/"


@pytest.mark.parametrize(
    "more", [{"sub": "somebody else", "preferred_username": "borrowed"}, {"preferred_username": "borrowed"}]
)
def test_what_is_said_beside_the_token_is_said_of_the_same_person(world, first, more):
    first.person, first.more = {"sub": "borrower"}, more
    browser = world.browser()
    refused(world, browser, sign_in_by(browser, "first"), "borrowed")
    first.more = {"sub": "borrower", "preferred_username": "borrower-by-more"}
    assert sign_in_by(browser, "first").status == 200
    assert world.user("borrower-by-more")


def test_answers_that_are_huge_or_lead_away_or_make_no_sense(world, first):
    first.person = {"sub": "huge", "preferred_username": "huge"}
    browser = world.browser()
    json_type = {"Content-Type": "application/json"}
    for status, headers, body in [
        (200, json_type, b'{"id_token": "' + b"a" * (3 << 20) + b'"}'),
        (302, {"Location": world.second.issuer + "/token"}, b""),
        (200, json_type, b"[]"),
        (200, json_type, b"\xff\xfe"),
        (200, {"Content-Type": "text/html"}, b"<html>"),
    ]:
        first.instead = {"/token": (status, headers, body)}
        refused(world, browser, sign_in_by(browser, "first"), "huge")
    assert "/token" not in world.second.behave().asked
    first.instead = {"/token": (500, {}, b"")}
    assert sign_back(browser, sent_back(leave(browser, "first"))).status_code == 503 and not is_signed_in(browser)


def test_an_access_token_that_no_header_can_hold(world, first):
    first.person, first.access = {"sub": "header"}, "a\r\nX-Injected: b"
    browser = world.browser()
    refused(world, browser, sign_in_by(browser, "first"), "header")
    assert "/user" not in first.asked


def test_one_who_is_slow_is_waited_for_a_while(world, first):
    first.person = {"sub": "slow", "preferred_username": "slow"}
    first.slow = {"/token": 20}
    browser = world.browser()
    began = NOW()
    page = sign_back(browser, sent_back(leave(browser, "first")))
    assert page.status_code == 503 and "cannot be reached" in page.text
    assert NOW() - began < 15
    world.user("slow", expect=404)


def sign_back(browser, location) -> requests.Response:
    """As `way_back`, where the answer may be that the provider has failed."""
    return browser.session.get(location, timeout=30, allow_redirects=False)


def test_one_who_is_not_there_keeps_nobody_else_out(world):
    browser = world.browser()
    browser.visit("/login")
    here = {"Origin": browser.base, "Sec-Fetch-Site": "same-origin"}
    answer = browser.session.post(world.server.url + "/login/down", headers=here, timeout=30)
    assert answer.status_code == 503 and "cannot be reached. Try again in a moment, or sign in with a password" in answer.text
    assert 'name="password"' in answer.text, "a password does"
    browser.sign_in(world.server.admin)


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "http://elsewhere.example/token"},
        {"jwks_uri": "ftp://127.0.0.1/keys"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"code_challenge_methods_supported": ["plain"]},
        {"token_endpoint": None},
    ],
    ids=lambda document: next(iter(document)),
)
def test_a_provider_that_says_of_itself_what_cannot_be(tmp_path, document):
    hostile = HostileProvider()
    hostile.document = document
    (tmp_path / "emporion.toml").write_text(
        f'[[oidc]]\nname = "h"\nissuer = "{hostile.issuer}"\nclient_id = "emporion"\ncreate_users = true\n'
    )
    server = Server(tmp_path).start()
    try:
        answer = requests.post(server.url + "/login/h", headers={"Accept": "text/html"}, timeout=30)
        assert answer.status_code == 401 and "does not prove" in answer.text and "Set-Cookie" not in answer.headers
    finally:
        assert server.stop() == 0
        hostile.close()


def test_a_new_key_is_asked_for_and_not_again_and_again(tmp_path):
    hostile = HostileProvider()
    hostile.person = {"sub": "k", "preferred_username": "keyed"}
    (tmp_path / "emporion.toml").write_text(
        f'[[oidc]]\nname = "h"\nissuer = "{hostile.issuer}"\nclient_id = "emporion"\ncreate_users = true\n'
    )
    server = Server(tmp_path, EMPORION_OIDC_SECRET_H=SECRET).start()
    try:
        from pages_door import Browser

        browser = Browser(server)
        assert sign_in_by(browser, "h").status == 200 and is_signed_in(browser)
        hostile.key = new_key("second")
        for _ in range(2):
            browser = Browser(server)
            assert sign_in_by(browser, "h").status == 200 and is_signed_in(browser)
        assert hostile.asked.count("/keys") == 2
        hostile.key = new_key("third")
        for _ in range(3):
            assert sign_in_by(Browser(server), "h").status == 401
        assert hostile.asked.count("/keys") == 2, "asked for again at once"
        assert hostile.asked.count("/.well-known/openid-configuration") == 1
    finally:
        assert server.stop() == 0
        hostile.close()


def test_no_proof_stands_in_the_log(world, first):
    first.person = {"sub": "logged", "preferred_username": "logged", "email": "logged@corp.example"}
    browser = world.browser()
    url = leave(browser, "first")
    location = sent_back(url)
    way_back(browser, location)
    first.claims = {"nonce": "another"}
    sign_in_by(world.browser(), "first")
    log = world.log()
    for secret in (SECRET, "own/secret", ACCESS, *first.tokens, location.split("code=")[1].split("&")[0]):
        assert secret not in log
    for name in ("state=", "nonce=", "code_verifier", browser.session.cookies["emporion_session"]):
        assert name not in log

"""Signing in by OpenID Connect: at a real provider, with and without a script, and what its word gives and takes."""

from pathlib import Path

import pytest
import requests

from emporion_server import run_cli
from openid_world import alert, is_signed_in, leave, provider_block, sent_back, sign_in_by, way_back, world  # noqa: F401
from openmetadata_door import OpenMetadataDoor
from pages_browser import AXE
from pages_door import BROWSER


def test_who_is_new_becomes_a_user_and_is_known_again(world):
    world.person("0001", preferred_username="anna", name="Anna A.", email="anna@corp.example", email_verified=True)
    browser = world.browser()
    page = sign_in_by(browser, "corp", next="/products?q=a", sub="0001")
    assert browser.path == "/products" and page.status == 200, page.text
    made = world.user("anna")
    assert made["email"] == "anna@corp.example" and made["displayName"] == "Anna A.", made
    assert not made.get("isAdmin") and made["teams"] == [] or made["teams"][0]["name"] == "Organization", made
    # Everything but the subject may change: he stays who he is, and nothing is made anew.
    world.person("0001", preferred_username="admin", name="Somebody", email="other@corp.example", email_verified=True)
    again = world.browser()
    sign_in_by(again, "corp", sub="0001")
    assert is_signed_in(again) and world.user("anna")["version"] == made["version"]
    # No password opens what was never given one.
    other = world.browser()
    other.visit("/login")
    other.send("/login", expect=401, username="anna", password="")
    # The session is one like all others: it ends with a click, and this one alone.
    browser.visit("/logout")
    browser.send("/logout")
    assert not is_signed_in(browser) and is_signed_in(again)


def test_what_a_disabled_or_deleted_user_gets(world):
    world.person("0002", preferred_username="dora", email="dora@corp.example", email_verified=True)
    browser = world.browser()
    sign_in_by(browser, "corp", sub="0002")
    assert is_signed_in(browser)
    world.server.cli("user", "disable", "dora")
    assert not is_signed_in(browser)
    assert "disabled or deleted" in alert(sign_in_by(browser, "corp", sub="0002"))
    assert browser.page.status == 403 and not is_signed_in(browser)
    world.om.delete(f"/users/{world.user('dora')['id']}")
    assert "disabled or deleted" in alert(sign_in_by(browser, "corp", sub="0002"))


def test_an_administrator_sees_and_takes_back_the_word(world):
    world.person("0003", preferred_username="emil", email="emil@corp.example", email_verified=True)
    sign_in_by(world.browser(), "corp", sub="0003")
    held = world.server.cli("token", "list", "--user", "emil")
    (link,) = [one for one in held if one["type"] == "provider"]
    assert link["label"] == world.real
    world.server.cli("token", "revoke", link["id"])
    browser = world.browser()
    # He is nobody now, and his name is taken: by the user that he was.
    assert "Your name here would be emil" in alert(sign_in_by(browser, "corp", sub="0003"))
    assert not is_signed_in(browser)


def test_who_turns_back_there_is_told_so(world):
    browser = world.browser()
    page = way_back(browser, sent_back(leave(browser, "corp", next="/products"), action="deny"))
    # A provider that says nothing of the state sends back nobody in particular.
    assert page.status in (400, 401) and alert(page), page.text
    assert not is_signed_in(browser)


def test_a_secret_that_is_wrong_lets_nobody_in_and_stands_in_no_log(world):
    world.person("0004", preferred_username="fritz")
    browser = world.browser()
    page = sign_in_by(browser, "wrong", sub="0004")
    assert page.status == 401 and "does not prove" in alert(page), page.text
    world.user("fritz", expect=404)
    log = world.log()
    assert "the provider refuses" in log and "wrong" in log
    assert "own/secret" not in log and world.registered["client_secret"] not in log


def test_pages_of_a_provider_that_is_not_there(world):
    browser = world.browser()
    browser.visit("/login/corp")
    assert browser.path == "/login"
    browser.visit("/login/nowhere", expect=404)
    browser.visit("/login/nowhere/callback?code=a&state=b", expect=404)
    page = browser.visit("/login")
    assert "Sign in with The Company" in page.text and "Sign in with first" in page.text
    assert "form-action 'self'" in page.answer.headers["Content-Security-Policy"]


def test_no_other_site_begins_a_login(world):
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = requests.post(world.server.url + "/login/corp", headers=BROWSER | headers, timeout=10)
        assert answer.status_code == 403 and "Set-Cookie" not in answer.headers


def test_what_was_typed_waits_for_a_login_in_another_tab(world):
    world.person("0005", preferred_username="gerda", email="gerda@corp.example", email_verified=True)
    browser = world.browser()
    sign_in_by(browser, "corp", sub="0005")
    # Who may make none is shown no form.
    om = OpenMetadataDoor(world.server, world.server.admin.token)
    om.patch(f"/users/{om.by_name('users', 'gerda')['id']}", [{"op": "add", "path": "/isAdmin", "value": True}])
    browser.visit("/products?edit=product")
    form = browser.page.form("/products")
    ended = browser.session.cookies.get("emporion_session")
    browser.visit("/logout")
    browser.send("/logout")
    browser.session.cookies.set("emporion_session", ended)
    here = {"Origin": browser.base, "Sec-Fetch-Site": "same-origin"}
    kept = browser.ask("POST", form["action"], data=form["fields"] | {"name": "Typed"}, headers=here)
    assert kept.status == 401 and ("target", "_blank") in {
        pair for tag, given in kept.tags if tag == "form" for pair in given.items()
    }
    fields = kept.form("/login")["fields"]
    tab = world.browser()
    sign_in_by(tab, "corp", sub="0005")
    browser.session.cookies.clear()
    browser.session.cookies.set("emporion_session", tab.session.cookies.get("emporion_session"))
    page = browser.ask("POST", "/login", data=fields | {"again": "1"}, headers=here)
    assert page.status == 200 and page.form(form["action"])["fields"]["name"] == "Typed", page.text


@pytest.mark.parametrize(
    "look",
    [
        {"viewport": {"width": 1280, "height": 900}},
        {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
        {"viewport": {"width": 1280, "height": 900}, "java_script_enabled": False},
    ],
    ids=["light", "dark-phone", "no-script"],
)
def test_a_real_browser_goes_and_comes_back(chromium, world, look, request):
    name = request.node.callspec.id
    world.person(f"browser-{name}", preferred_username=f"b-{name}", email=f"{name}@corp.example", email_verified=True)
    context = chromium.new_context(**look)
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
    page.goto(world.server.url + "/login?next=/products")
    if look.get("java_script_enabled", True):
        page.evaluate(AXE.read_text())
        assert page.evaluate("axe.run({resultTypes: ['violations']})")["violations"] == []
    page.click("text=Sign in with The Company")
    page.wait_for_url(world.real + "/**")
    page.fill("input[name=sub]", f"browser-{name}")
    page.press("input[name=sub]", "Enter")
    page.wait_for_url(world.server.url + "/products")
    assert page.locator("h1").count() == 1 and refused == []
    cookies = {cookie["name"]: cookie for cookie in context.cookies()}
    assert cookies["emporion_session"]["httpOnly"] and cookies["emporion_session"]["sameSite"] == "Lax"
    assert "emporion_sign_in" not in cookies, "it has served"
    context.close()


@pytest.mark.parametrize(
    ("block", "says"),
    [
        (provider_block("a", "http://id.example.com", None), "oidc[0].issuer"),
        (provider_block("A b", "https://id.example.com", None), "oidc[0].name"),
        (provider_block("a", "https://id.example.com", None, client_secret="x"), "client_secret"),
        (provider_block("a", "https://id.example.com", Path("/nowhere")), "oidc[0].client_secret_file"),
    ],
)
def test_what_cannot_be_used_is_said_at_the_start(tmp_path, block, says):
    (tmp_path / "c.toml").write_text(block)
    done = run_cli("serve", "--config", str(tmp_path / "c.toml"), "--store", str(tmp_path / "s"), check=False)
    assert done.returncode == 2 and says in done.stderr, (done.returncode, done.stderr)
    assert not (tmp_path / "s").exists()

"""A server that people enter by the word of providers, and the ways of a browser between them."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from oidc_provider_mock import run_server_in_thread

from emporion_server import Server
from hostile_provider import CLIENT, SECRET, HostileProvider
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser, Page

GROUPS = """
groups_claim = "groups"
[[oidc.groups]]
group = "analysts"
teams = ["Analysts"]
roles = ["DataConsumer"]
[[oidc.groups]]
group = "stewards"
teams = ["Analysts"]
roles = ["DataSteward"]
[[oidc.groups]]
group = "rulers"
administrators = true
"""


def provider_block(name: str, issuer: str, secret_file: Path | None, client: str = CLIENT, **more) -> str:
    lines = ["[[oidc]]", f'name = "{name}"', f'issuer = "{issuer}"', f'client_id = "{client}"']
    if secret_file:
        lines.append(f'client_secret_file = "{secret_file}"')
    for key, value in more.items():
        lines.append(f"{key} = {str(value).lower()}" if isinstance(value, bool) else f'{key} = "{value}"')
    return "\n".join(lines) + "\n"


class World:
    """The server and its providers: `corp` is a real one, the others do what tests tell them."""

    def __init__(self, folder: Path, real_port: int):
        self.server = Server(folder)
        self.real = f"http://localhost:{real_port}"
        self.first, self.second = HostileProvider(), HostileProvider()
        secret = folder / "client-secret"
        secret.write_text(SECRET + "\n")
        self.registered = self.register("corp")
        real_secret = folder / "registered-secret"
        real_secret.write_text(self.registered["client_secret"])
        blocks = [
            provider_block(
                "corp", self.real, real_secret, self.registered["client_id"], label="The Company", create_users=True
            ),
            provider_block("wrong", self.real, secret, self.register("wrong")["client_id"], create_users=True),
            provider_block("first", self.first.issuer, secret, create_users=True) + GROUPS,
            provider_block("second", self.second.issuer, secret, link_by_verified_email=True),
            provider_block("other", self.first.issuer, secret, account="elsewhere", create_users=True),
            provider_block("down", "http://127.0.0.1:9", secret, create_users=True),
        ]
        (folder / "emporion.toml").write_text("\n".join(blocks))
        self.server.start()
        self.om = OpenMetadataDoor(self.server, self.server.admin.token)
        self.om.post("/teams", {"name": "Analysts", "teamType": "Group"})
        self.om.post("/teams", {"name": "By hand", "teamType": "Group"})
        self.elsewhere = self.server.new_account("elsewhere")

    def register(self, name: str) -> dict:
        wanted = {"redirect_uris": [f"{self.server.url}/login/{name}/callback"]}
        answer = requests.post(f"{self.real}/oauth2/clients", json=wanted, timeout=10)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def browser(self) -> Browser:
        return Browser(self.server)

    def person(self, subject: str, **claims) -> None:
        """Somebody whom the real provider knows."""
        answer = requests.put(f"{self.real}/users/{subject}", json=claims, timeout=10)
        assert answer.status_code == 204, answer.text

    def user(self, name: str, fields: str = "teams,roles", expect=200) -> dict:
        return self.om.by_name("users", name, fields=fields, expect=expect)

    def log(self) -> str:
        return self.server.log.read_text(errors="replace")

    def stop(self) -> None:
        for hostile in (self.first, self.second):
            hostile.close()
        assert self.server.stop() == 0, self.server.log_tail()
        assert "panicked" not in self.log(), self.server.log_tail(200)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # the real provider stands on this machine, without TLS
    with run_server_in_thread(require_client_registration=True, require_nonce=True) as real:
        made = World(tmp_path_factory.mktemp("openid"), real.server_port)
        yield made
        made.stop()


def leave(browser: Browser, name: str, next: str = "/") -> str:
    """Chooses a provider; answers the address that the browser is sent to."""
    browser.visit("/login" if next == "/" else f"/login?next={next}")
    leaving = browser.send(f"/login/{name}")
    (moved,) = [given["content"] for tag, given in leaving.tags if tag == "meta" and given.get("http-equiv") == "refresh"]
    url = moved.removeprefix("0;url=")
    assert url in leaving.links, "without a refresh there is a link"
    return url


def sent_back(url: str, **form) -> str:
    """Signs in at a provider; answers where it sends the browser back to."""
    ask = requests.post if form else requests.get
    answer = ask(url, data=form or None, timeout=30, allow_redirects=False)
    assert answer.status_code == 302, answer.text[:500]
    return answer.headers["Location"]


def way_back(browser: Browser, location: str, follow: bool = True) -> Page:
    """What the browser is answered on its way back, as another site sends it."""
    url = urlsplit(location)
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    return browser.ask("GET", f"{url.path}?{url.query}", follow=follow, headers=headers)


def sign_in_by(browser: Browser, name: str, next: str = "/", **form) -> Page:
    return way_back(browser, sent_back(leave(browser, name, next), **form))


def is_signed_in(browser: Browser) -> bool:
    return browser.ask("GET", "/products", follow=False).status == 200


def alert(page: Page) -> str:
    return " ".join(page.roles.get("alert", []))

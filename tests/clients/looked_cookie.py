"""The cookie in which a browser keeps how somebody looks around, opened and made with the server's own key: so a test is as
old as it says, and forges as only who holds that key could."""

import base64
import hashlib
import hmac
import json
import secrets
import struct
import time
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from emporion_server import Server
from pages_door import Browser

NAME = "emporion_looked"
CONSTANTS = b"expand 32-byte k"


def unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def hchacha(key: bytes, nonce: bytes) -> bytes:
    """HChaCha20: what the rounds of a block leave before its input is added."""
    block = Cipher(algorithms.ChaCha20(key, nonce), None).encryptor().update(bytes(64))
    given = struct.unpack("<16I", CONSTANTS + key + nonce)
    words = [(word - own) % 2**32 for word, own in zip(struct.unpack("<16I", block), given, strict=True)]
    return struct.pack("<8I", *words[:4], *words[12:])


class Looked:
    """What the browser of somebody keeps."""

    def __init__(self, server: Server, user: str, browser: Browser):
        lines = (server.store / "seal.key").read_text().splitlines()
        master = base64.b64decode(next(line for line in lines if not line.startswith("#")))
        derived = lambda purpose: hmac.digest(master, b"emporion seal v1 " + purpose, hashlib.sha256)  # noqa: E731
        self.id, self.key = derived(b"id")[:4], derived(b"cipher")
        self.bound = b"\x01" + self.id + f"entrusted {user} {NAME}".encode()
        self.browser = browser

    @property
    def value(self) -> str | None:
        return self.browser.session.cookies.get(NAME)

    def read(self) -> dict:
        sealed = unpadded(self.value)
        assert sealed[:5] == b"\x01" + self.id
        nonce, text = sealed[5:29], sealed[29:]
        cipher = ChaCha20Poly1305(hchacha(self.key, nonce[:16]))
        return json.loads(cipher.decrypt(bytes(4) + nonce[16:], text, self.bound))

    def write(self, **members) -> None:
        nonce = secrets.token_bytes(24)
        cipher = ChaCha20Poly1305(hchacha(self.key, nonce[:16]))
        sealed = cipher.encrypt(bytes(4) + nonce[16:], json.dumps(members).encode(), self.bound)
        text = base64.urlsafe_b64encode(b"\x01" + self.id + nonce + sealed).decode().rstrip("=")
        put(self.browser, text)

    def age(self, minutes: int) -> None:
        """As if he had looked so long ago."""
        kept = self.read()
        kept["last"]["at"] = int(time.time() * 1000) - minutes * 60_000
        self.write(**kept)


def put(browser: Browser, value: str) -> None:
    """The browser comes with this instead."""
    browser.session.cookies.set(NAME, value, domain=urlsplit(browser.base).hostname, path="/")

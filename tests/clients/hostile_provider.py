"""An OpenID provider that says what its test wants: right as it is made, and wrong in whatever a test sets."""

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, unquote_plus, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

SECRET = "the client's own/secret"
CLIENT = "emporion"
ACCESS = "opens-what-is-said-beside-the-token"


def new_key(kid: str) -> tuple[str, rsa.RSAPrivateKey]:
    return kid, rsa.generate_private_key(public_exponent=65537, key_size=2048)


class HostileProvider:
    """`person` is who signs in; `claims` go over those of a good token; `sign` makes the token of them."""

    def __init__(self):
        self.key = new_key("first")
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.server.daemon_threads = True
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        self.codes: dict[str, dict] = {}
        self.asked: list[str] = []
        self.tokens: list[str] = []
        self.behave()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def behave(self) -> "HostileProvider":
        """As a good provider again."""
        self.person: dict = {}
        self.claims: dict = {}
        self.more: dict | None = None
        self.back: dict = {}
        self.access = ACCESS
        self.document: dict = {}
        self.sign = self.signed
        #: By path: seconds before the answer, and answers in the place of the right ones (status, headers, body).
        self.slow: dict[str, float] = {}
        self.instead: dict[str, tuple[int, dict, bytes]] = {}
        self.asked.clear()
        return self

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def signed(self, claims: dict, **header) -> str:
        kid, key = self.key
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": kid} | header)

    def keys(self) -> dict:
        kid, key = self.key
        public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        return {"keys": [{"kty": "unheard of"}, {"kid": kid, "use": "sig", "alg": "RS256"} | public]}

    def discovery(self) -> dict:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize?kept=1",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/user",
            "authorization_response_iss_parameter_supported": True,
            "code_challenge_methods_supported": ["S256"],
        } | self.document  # fmt: skip

    def good_claims(self, asked: dict) -> dict:
        now = int(time.time())
        return {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "somebody",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
        } | self.person  # fmt: skip

    def authorize(self, asked: dict) -> str:
        """Where somebody who has signed in here is sent."""
        assert asked["response_type"] == "code" and asked["client_id"] == CLIENT and asked["kept"] == "1", asked
        assert "openid" in asked["scope"].split() and asked["code_challenge_method"] == "S256", asked
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.issuer} | self.back
        return f"{asked['redirect_uri']}?{urlencode({name: value for name, value in back.items() if value is not None})}"

    def token(self, form: dict, authorization: str) -> tuple[int, dict]:
        asked = self.codes.pop(form["code"], None)
        name, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        if (unquote_plus(name), unquote_plus(secret)) != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if asked is None or proof != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        claims = {key: value for key, value in (self.good_claims(asked) | self.claims).items() if value is not None}
        token = self.sign(claims)
        self.tokens.append(token)
        return 200, {"access_token": self.access, "token_type": "Bearer", "id_token": token}

    def handler(provider):
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def answer(self, status: int, headers: dict, body: bytes):
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def say(self, document: dict, status: int = 200):
                self.answer(status, {"Content-Type": "application/json"}, json.dumps(document).encode())

            def handle_one(self, body: bytes):
                url = urlsplit(self.path)
                provider.asked.append(url.path)
                time.sleep(provider.slow.get(url.path, 0))
                if instead := provider.instead.get(url.path):
                    return self.answer(*instead)
                if url.path == "/.well-known/openid-configuration":
                    return self.say(provider.discovery())
                if url.path == "/keys":
                    return self.say(provider.keys())
                if url.path == "/authorize":
                    return self.answer(302, {"Location": provider.authorize(dict(parse_qsl(url.query)))}, b"")
                if url.path == "/token":
                    form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
                    status, said = provider.token(form, self.headers.get("Authorization", ""))
                    return self.say(said, status)
                if url.path == "/user" and provider.more is not None:
                    assert self.headers["Authorization"] == f"Bearer {ACCESS}"
                    return self.say(provider.more)
                if url.path == "/user":
                    return self.say({"sub": (provider.person | provider.claims).get("sub", "somebody")})
                return self.answer(404, {}, b"")

            def do_GET(self):
                self.handle_one(b"")

            def do_POST(self):
                self.handle_one(self.rfile.read(int(self.headers.get("Content-Length", 0))))

        return Handler

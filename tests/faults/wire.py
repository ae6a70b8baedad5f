"""One kept-alive connection of one caller: requests go out as fast as Python can write them."""

import http.client
import json
import socket
from dataclasses import dataclass

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from emporion_server import Principal

REGION = "us-east-1"
#: A server that neither answers nor ends the connection has failed.
PATIENCE_S = 30.0


class Disconnected(Exception):
    """The connection ended before the answer had arrived: nobody knows whether the request was carried out."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self):
        return json.loads(self.body)

    def __str__(self) -> str:
        return f"{self.status} {self.body[:600]!r}"


class Wire:
    def __init__(self, port: int, who: Principal, *, signed: bool = False):
        self.port = port
        self.token = who.token
        self.signer = None
        if signed:
            credentials = botocore.credentials.Credentials(who.access_key_id, who.secret_access_key)
            self.signer = botocore.auth.SigV4Auth(credentials, "datazone", REGION)
        self.connection: http.client.HTTPConnection | None = None

    def call(self, method: str, target: str, body=None, **headers: str) -> Answer:
        """Header names are written with `_` for `-`."""
        data = None if body is None else json.dumps(body).encode()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        if self.signer:
            sent |= self._signature(method, target, data, sent)
        else:
            sent["Authorization"] = f"Bearer {self.token}"
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
                self.connection.connect()
                self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connection.request(method, target, data, sent)
            answer = self.connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        except TimeoutError:
            raise
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Disconnected(f"{method} {target}: {error!r}") from error

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _signature(self, method: str, target: str, data: bytes | None, headers: dict[str, str]) -> dict[str, str]:
        url = f"http://127.0.0.1:{self.port}{target}"
        request = botocore.awsrequest.AWSRequest(method=method, url=url, data=data or b"", headers=dict(headers))
        self.signer.add_auth(request)
        return dict(request.headers)

"""Requests that no well-behaved library sends: the target goes out exactly as written."""

import contextlib
import http.client
import json
from dataclasses import dataclass

from emporion_server import Server


@dataclass(frozen=True)
class RawAnswer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self):
        return json.loads(self.body)


def send(server: Server, method: str, target: str, body: bytes | None = None, **headers: str) -> RawAnswer:
    """Header names are written with `_` for `-`. No part of `target` is normalised."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        if body is not None and "Content_Length" not in headers:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        if body is not None:
            # A server may answer an oversize body before it has read all of it.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.send(body)
        answer = connection.getresponse()
        return RawAnswer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    finally:
        connection.close()

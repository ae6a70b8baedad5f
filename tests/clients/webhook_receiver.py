"""An HTTP server that takes messages, and answers as it is told."""

import base64
import hashlib
import hmac
import json
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Message:
    """One request that came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict:
        return json.loads(self.body)

    def is_signed_with(self, secret: str) -> bool:
        digest = hmac.new(secret.encode(), self.body, hashlib.sha256).digest()
        return hmac.compare_digest(self.headers.get("x-om-signature", ""), f"sha256={base64.b64encode(digest).decode()}")


class Receiver:
    """Listens on a port of 127.0.0.1. `answer` makes the status of a request; what was answered 200 is in `taken`."""

    def __init__(self):
        self.seen: list[Message] = []
        self.taken: list[Message] = []
        self.answer = lambda message: 200
        self._changed = threading.Condition()
        self.port = 0
        self._server = None
        self.open()

    def open(self) -> None:
        """Listens; after `close`, on the same port again."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def _take(self):
                length = int(self.headers.get("content-length", 0))
                body = self.rfile.read(length)
                headers = {name.lower(): value for name, value in self.headers.items()}
                message = Message(self.command, self.path, headers, body)
                status = receiver._take(message)
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("location", "/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            do_POST = do_PUT = do_GET = _take

            def log_message(self, *_):
                pass

        ThreadingHTTPServer.allow_reuse_address = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _take(self, message: Message) -> int:
        status = self.answer(message)
        with self._changed:
            self.seen.append(message)
            if 200 <= status < 300:
                self.taken.append(message)
            self._changed.notify_all()
        return status

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def events(self, path: str = "/hook") -> list[dict]:
        with self._changed:
            return [message.event for message in self.taken if message.path.split("?")[0] == path]

    def waits_for(self, condition, seconds: float = 20.0):
        """Waits until `condition()` holds."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not condition():
                left = deadline - time.monotonic()
                assert left > 0, f"it did not come: {[m.event.get('entityFullyQualifiedName') for m in self.seen][-20:]}"
                self._changed.wait(min(left, 0.1))

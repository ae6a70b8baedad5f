"""Somebody who has nothing to do with what others ask, and is answered all the same."""

import threading
import time

import requests

from emporion_server import Server

#: How long somebody waits for an answer that costs nothing. The machine may be busy with other things; a worker that is stuck in
#: a text keeps him waiting for minutes.
PATIENCE_S = 5.0
PAUSE_S = 0.03


class Bystander:
    """Asks whether the server lives, over and over, while the block runs; after it no answer may have been late."""

    def __init__(self, server: Server):
        self.server = server
        self.longest, self.answers, self.failures = 0.0, 0, []
        self._over = threading.Event()

    def __enter__(self) -> "Bystander":
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind, *_):
        self._over.set()
        self._thread.join(timeout=4 * PATIENCE_S)
        if kind is None:
            assert not self._thread.is_alive() and not self.failures, (self.failures, self.server.log_tail())
            assert self.answers, "nobody was asked"
            assert self.longest < PATIENCE_S, f"an answer took {self.longest:.1f} s"

    def _ask(self):
        with requests.Session() as session:
            while not self._over.is_set():
                began = time.monotonic()
                try:
                    answer = session.get(f"{self.server.url}/healthz", timeout=PATIENCE_S)
                    if answer.status_code != 200:
                        self.failures.append(answer.status_code)
                except requests.RequestException as error:
                    self.failures.append(f"{type(error).__name__} after {time.monotonic() - began:.1f} s")
                    return
                self.longest = max(self.longest, time.monotonic() - began)
                self.answers += 1
                self._over.wait(PAUSE_S)


def leave(session: requests.Session, url: str, times: int = 4, after_s: float = 0.05, **kwargs) -> None:
    """Asks for something and hangs up before it is there, several times."""
    for _ in range(times):
        try:
            session.get(url, timeout=(PATIENCE_S, after_s), **kwargs).close()
        except requests.RequestException:
            pass

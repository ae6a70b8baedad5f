"""A real HAProxy before several nodes, with the configuration that is offered to everybody."""

import csv
import re
import socket
import subprocess
import time
from pathlib import Path

from emporion_server import REPOSITORY, Server, free_port
from real_databases import database_servers

CONFIGURATION = REPOSITORY / "deploy" / "haproxy.cfg"
#: A node that is up again, or down, is so for the balancer within this time.
NOTICED_S = 20.0


class Balancer:
    """Its `url` is called like that of a server."""

    def __init__(self, folder: Path, nodes: list[Server]):
        program = database_servers.need("haproxy", "haproxy", "/usr/sbin", "/usr/local/sbin")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.control = folder / "haproxy"
        text, found = re.subn(r"^    bind :8585$", f"    bind 127.0.0.1:{self.port}", CONFIGURATION.read_text(), flags=re.M)
        assert found == 1
        for number, node in enumerate(nodes, 1):
            assert text.count(f"node{number}:8585") == 1
            text = text.replace(f"node{number}:8585", f"127.0.0.1:{node.port}")
        (folder / "haproxy.cfg").write_text(text)
        # Where the test asks it who is up.
        (folder / "asked.cfg").write_text(f"global\n    stats socket {self.control} level admin\n")
        self.log = folder / "haproxy.log"
        command = [program, "-db", "-f", folder / "haproxy.cfg", "-f", folder / "asked.cfg"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def say(self, command: str) -> str:
        with socket.socket(socket.AF_UNIX) as asked:
            asked.connect(str(self.control))
            asked.sendall(f"{command}\n".encode())
            return asked.makefile().read()

    def told(self) -> list[dict[str, str]]:
        """What it tells of the nodes, in their order."""
        rows = csv.DictReader(self.say("show stat").removeprefix("# ").splitlines())
        return [row for row in rows if row["pxname"] == "nodes" and row["svname"].startswith("node")]

    def up(self) -> list[bool]:
        return [row["status"].startswith(("UP", "no check")) for row in self.told()]

    def drain(self, number: int) -> None:
        """Sends a node nothing more, and waits until what it was sent is answered."""
        assert not self.say(f"set server nodes/node{number + 1} state drain").strip()
        deadline = time.monotonic() + NOTICED_S
        while int(self.told()[number]["scur"]):
            assert time.monotonic() < deadline, self.told()[number]
            time.sleep(0.02)

    def ready(self, number: int) -> None:
        assert not self.say(f"set server nodes/node{number + 1} state ready").strip()

    def until(self, *up: bool) -> float:
        """Waits until the nodes are up or down as said; answers the seconds that took."""
        began = time.monotonic()
        while True:
            assert self.process.poll() is None, self.log.read_text()
            try:
                found = self.up()
            except OSError:
                found = []
            if found == list(up):
                return time.monotonic() - began
            assert time.monotonic() < began + NOTICED_S, f"{found}: {self.log.read_text()[-3000:]}"
            time.sleep(0.02)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)

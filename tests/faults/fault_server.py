"""A server that is killed, starved and started again over one store, with its start measured."""

import json
import subprocess
import time
from pathlib import Path

from disk import Disk
from emporion_server import Principal, Server, free_port, run_cli
from wire import Disconnected, Wire

#: What keeps a store.
ENGINES = ("directory", "database")
#: A start over a store that was killed takes longer than this only where it hangs; how fast it is, the bench measures.
START_LIMIT_S = 10.0
#: A start that takes this long has failed altogether.
GIVE_UP_S = 30.0


class FaultServer(Server):
    """`disk` makes the store lie on a disk that can fail, from its making on; `environment` goes to each process beside it.
    With the address of a `database` it is a node over that."""

    def __init__(
        self,
        folder: Path,
        disk: Disk | None = None,
        environment: dict[str, str] | None = None,
        database: str = "",
    ):
        self.disk = disk
        self.settings = (disk.environment() if disk else {}) | (environment or {})
        self.store = disk.store if disk else folder / "store"
        self.keep_in(database, folder)
        self.log = folder / "server.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen | None = None
        #: Seconds from the start of each process until it was ready.
        self.starts: list[float] = []
        self.init = json.loads(self.command("init").stdout)
        self.account = self.init["account"]
        self.admin = Principal(
            name=self.init["adminUser"],
            account=self.init["account"],
            token=self.init["adminToken"],
            access_key_id=self.init["accessKeyId"],
            secret_access_key=self.init["secretAccessKey"],
        )

    def beside_it(self, folder: Path, database: str) -> "FaultServer":
        """Another node over the same database, which it reaches by another address."""
        made = FaultServer.beside(self, folder)
        made.starts, made.database, made.secrets = [], database, {"EMPORION_STORE": database}
        return made

    def command(self, verb: str, check: bool = True) -> subprocess.CompletedProcess:
        """Runs a verb that opens the store itself, on the same disk."""
        return run_cli(verb, *self.place, "-o", "json", check=check, **self.settings, **self.secrets)

    def start(self, sign: str = "/readyz") -> "FaultServer":
        """Starts the server and waits until `sign` answers 200; `starts` gets the seconds that took."""
        began = time.monotonic()
        self.spawn()
        while (took := time.monotonic() - began) < GIVE_UP_S:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log_tail()}")
            if self.answers(sign):
                self.starts.append(time.monotonic() - began)
                return self
            time.sleep(0.001)
        raise AssertionError(f"the server was not ready after {took:.1f} s:\n{self.log_tail()}")

    def answers(self, sign: str) -> bool:
        wire = Wire(self.port, self.admin)
        try:
            return wire.call("GET", sign).status == 200
        except Disconnected:
            return False
        finally:
            wire.close()

    def wait_for_end(self, seconds: float) -> int:
        """Waits until the process has ended by itself; answers its exit code."""
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the server is still running after {seconds} s:\n{self.log_tail()}") from None

    def verify(self) -> dict:
        """`emporion verify` with the server down: no fault may be found."""
        done = self.command("verify", check=False)
        assert done.returncode == 0, f"verify found faults: {done.stdout}\n{done.stderr}"
        report = json.loads(done.stdout)
        assert report["faults"] == [], report
        return report

    def check_no_panic(self) -> None:
        assert "panicked" not in self.log.read_text(errors="replace"), self.log_tail(200)

"""Starts the binary on an empty store and talks to its command line."""

import json
import os
import select
import signal
import socket
import sqlite3
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import requests

REPOSITORY = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("EMPORION_BIN", REPOSITORY / "target" / "debug" / "emporion"))
#: What serves the kit of components.
WEB_KIT = Path(os.environ.get("EMPORION_WEB_KIT_BIN", REPOSITORY / "target" / "debug" / "emporion-web-kit"))
#: Which engine keeps the stores of servers: `sqlite` in a directory of each, `postgres` in a database of each.
ENGINE = os.environ.get("EMPORION_TEST_ENGINE") or "sqlite"
assert ENGINE in ("sqlite", "postgres"), f"EMPORION_TEST_ENGINE: there is no engine {ENGINE}"
#: Key generation at the first start takes up to half a second on a busy machine; anything near this limit is a failure.
START_LIMIT_S = 30.0


@dataclass(frozen=True)
class Principal:
    """Somebody who may call: a name, an account, and what proves it."""

    name: str
    account: str
    token: str
    access_key_id: str
    secret_access_key: str
    password: str = ""
    id: str = ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment(**extra: str) -> dict[str, str]:
    """The environment without settings of the machine that would reach the binary or the AWS clients."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("EMPORION_", "AWS_"))}
    return kept | {"NO_COLOR": "1"} | extra


def run_cli(*arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess:
    """Runs `emporion …` to its end; with `check` an exit code other than 0 fails with what it printed."""
    if not BINARY.exists():
        raise FileNotFoundError(f"{BINARY} does not exist; run `cargo xtask test build` first")
    done = subprocess.run(
        [str(BINARY), *arguments], capture_output=True, text=True, timeout=60, env=clean_environment(**environment)
    )
    if check and done.returncode != 0:
        raise AssertionError(
            f"emporion {' '.join(arguments)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
    return done


class Server:
    """One running server over one store of its own; `settings` are `EMPORION_…` variables of its configuration."""

    def __init__(self, folder: Path, engine: str = ENGINE, database: str = "", **settings: str):
        self.settings = settings
        #: Where the store lies, and over a database what the node keeps for itself.
        self.store = folder / "store"
        if engine == "postgres" and not database:
            # Only where it is asked for: it brings the clients of databases along.
            import postgres_engine

            database = postgres_engine.fresh_database()
        self.keep_in(database, folder)
        self.log = folder / "server.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen | None = None
        made = json.loads(run_cli("init", *self.place, "-o", "json", **self.secrets).stdout)
        self.init = made
        self.account = made["account"]
        self.admin = Principal(
            name=made["adminUser"],
            account=made["account"],
            token=made["adminToken"],
            access_key_id=made["accessKeyId"],
            secret_access_key=made["secretAccessKey"],
            password=made["adminPassword"],
        )

    def keep_in(self, database: str, folder: Path) -> None:
        """Where the store is, in a database or else in its directory, and how commands are told so: by arguments and by
        variables, which hide a password."""
        self.database = database
        if database:
            self.place, self.secrets = ["--master-key", str(folder / "master.key")], {"EMPORION_STORE": database}
        else:
            self.place, self.secrets = ["--store", str(self.store)], {}

    @classmethod
    def over(cls, store: Path, other: "Server") -> "Server":
        """A server over a store that holds what the other one's does: its people are the same."""
        made = cls.__new__(cls)
        made.__dict__ |= other.__dict__
        made.store, made.log, made.process = store, store.with_suffix(".log"), None
        made.database, made.place, made.secrets = "", ["--store", str(store)], {}
        made.port = free_port()
        made.url = f"http://127.0.0.1:{made.port}"
        return made

    @classmethod
    def beside(cls, other: "Server", folder: Path) -> "Server":
        """Another node over the same database."""
        made = cls.__new__(cls)
        made.__dict__ |= other.__dict__
        made.store, made.log, made.process = folder / "node", folder / "node.log", None
        folder.mkdir(parents=True, exist_ok=True)
        made.port = free_port()
        made.url = f"http://127.0.0.1:{made.port}"
        return made

    def open_store(self) -> sqlite3.Connection:
        """The store's own file, to look into."""
        return sqlite3.connect(f"file:{self.store / 'catalogue.db'}?mode=ro", uri=True)

    def spawn(self) -> None:
        """Starts the process and returns at once."""
        own = ["--data", str(self.store)] if self.database else []
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(BINARY), "serve", *self.place, *own, "--listen", f"127.0.0.1:{self.port}"],
                stdout=log,
                stderr=log,
                cwd=self.log.parent,
                env=clean_environment(**self.settings, **self.secrets),
            )

    def start(self) -> "Server":
        self.spawn()
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log_tail()}")
            try:
                if requests.get(f"{self.url}/readyz", timeout=1).status_code == 200:
                    return self
            except (requests.ConnectionError, requests.Timeout):
                pass
            time.sleep(0.02)
        raise AssertionError(f"the server was not ready after {START_LIMIT_S} s:\n{self.log_tail()}")

    def stop(self) -> int:
        """Asks for a graceful end and answers the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"the server did not stop on SIGTERM:\n{self.log_tail()}") from None

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=30)

    def log_tail(self, lines: int = 40) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    def cli(self, *arguments: str, token: str | None = None) -> dict:
        """Runs a command that talks to this server and answers the JSON that it printed."""
        done = run_cli(*arguments, "-o", "json", EMPORION_URL=self.url, EMPORION_TOKEN=token or self.admin.token)
        return json.loads(done.stdout)

    def new_user(self, name: str, *flags: str, by: Principal | None = None) -> Principal:
        """Creates a user with a token and an access key, in the account of `by` (the first administrator)."""
        by = by or self.admin
        user = self.cli("user", "create", name, *flags, token=by.token)
        token = self.cli("token", "create", "--user", name, token=by.token)
        key = self.cli("key", "create", "--user", name, token=by.token)
        return Principal(
            name=name,
            account=by.account,
            token=token["token"],
            access_key_id=key["accessKeyId"],
            secret_access_key=key["secretAccessKey"],
            password=user["password"],
            id=user["id"],
        )

    def new_account(self, name: str) -> Principal:
        """Creates another account and answers its administrator."""
        made = self.cli("account", "create", name)
        key = self.cli("key", "create", "--user", made["adminUser"], token=made["adminToken"])
        return Principal(
            name=made["adminUser"],
            account=made["account"],
            token=made["adminToken"],
            access_key_id=key["accessKeyId"],
            secret_access_key=key["secretAccessKey"],
            password=made["adminPassword"],
        )


class WebKit:
    """The kit of components: a running server that shows what pages are made of, over a catalogue in memory."""

    def __init__(self, folder: Path):
        self.log = folder / "web_kit.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(WEB_KIT)], stdout=subprocess.PIPE, stderr=log, text=True, env=clean_environment()
            )
        # It says so when it serves; where it ended instead, there is no line.
        ready, _, _ = select.select([self.process.stdout], [], [], START_LIMIT_S)
        assert ready, f"the kit was not ready after {START_LIMIT_S} s:\n{self.log_tail()}"
        said = self.process.stdout.readline()
        assert said, f"the kit ended with {self.process.wait()}:\n{self.log_tail()}"
        made = json.loads(said)
        self.url = made["url"]
        self.admin = Principal(
            name=made["adminUser"],
            account="",
            token="",
            access_key_id="",
            secret_access_key="",
            password=made["adminPassword"],
        )

    stop = Server.stop
    log_tail = Server.log_tail

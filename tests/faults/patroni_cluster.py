"""PostgreSQL with a synchronous standby, which Patroni over etcd makes the primary when the other is gone: on loopback."""

import json
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import requests

from emporion_server import free_port
from real_databases import BELOW, database_servers

#: Until a server has become a standby, or the primary.
PATIENCE_S = 120.0


@dataclass
class Member:
    """One server with what watches it: they are one machine, and fall together."""

    name: str
    folder: Path
    port: int = field(default_factory=free_port)
    rest: int = field(default_factory=free_port)
    process: subprocess.Popen | None = None

    @property
    def servers(self) -> list[int]:
        """The processes of the server, its own first."""
        try:
            first = int((self.folder / "data/postmaster.pid").read_text().split()[0])
        except (OSError, IndexError):
            return []
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(first)], capture_output=True, text=True, check=False)
        return [first, *map(int, children.stdout.split())]

    def kill(self) -> None:
        """The machine is gone: nobody takes leave."""
        self.process.kill()
        self.process.wait()
        for number in self.servers:
            try:
                os.kill(number, signal.SIGKILL)
            except ProcessLookupError:
                pass


class PatroniCluster:
    def __init__(self, members: int = 2):
        bin = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")
        self.bin = os.path.dirname(database_servers.need("initdb", "postgresql", *bin))
        self.patroni = database_servers.need("patroni", "patroni")
        etcd = database_servers.need("etcd", "etcd-server")
        entry = database_servers.account("postgres", "nobody")
        self.folder = database_servers.folder_of(entry, BELOW, "patroni")
        self.runs = {"cwd": self.folder} | database_servers.as_account(entry)
        self.etcd_port = free_port()
        client, peer = f"http://127.0.0.1:{self.etcd_port}", f"http://127.0.0.1:{free_port()}"
        self.etcd = self._start(
            "etcd",
            [etcd, "--data-dir", self.folder / "etcd", "--name", "one", "--initial-cluster", f"one={peer}"]
            + ["--listen-client-urls", client, "--advertise-client-urls", client]
            + ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer],
        )
        self.members = [Member(f"m{number}", self.folder / f"m{number}") for number in range(members)]
        try:
            for member in self.members:
                self.start(member)
                self.wait_for(member, "leader" if member is self.members[0] else "sync_standby")
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{member.port}" for member in self.members)
        return f"postgres://tester@{hosts}/postgres?target_session_attrs=read-write"

    def _start(self, name: str, command: list) -> subprocess.Popen:
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **self.runs)

    def start(self, member: Member) -> None:
        settings = self.folder / f"{member.name}.json"
        # What is JSON is YAML, too.
        settings.write_text(json.dumps(self._settings(member)))
        member.process = self._start(member.name, [self.patroni, settings])

    def _settings(self, member: Member) -> dict:
        here = f"127.0.0.1:{member.port}"
        return {
            "scope": "emporion",
            "name": member.name,
            "restapi": {"listen": f"127.0.0.1:{member.rest}", "connect_address": f"127.0.0.1:{member.rest}"},
            "etcd3": {"host": f"127.0.0.1:{self.etcd_port}"},
            "bootstrap": {
                "dcs": {
                    # The shortest that Patroni takes: whoever is gone is missed so soon.
                    "ttl": 20,
                    "loop_wait": 1,
                    "retry_timeout": 3,
                    # Only who has all that was acknowledged takes over.
                    "synchronous_mode": True,
                    "postgresql": {"use_pg_rewind": True, "parameters": {"wal_log_hints": "on", "max_connections": 100}},
                },
                "initdb": [{"encoding": "UTF8"}, {"locale": "C"}, "no-sync"],
                "pg_hba": [f"host {of} all 127.0.0.1/32 trust" for of in ("all", "replication")],
            },
            "postgresql": {
                "listen": here,
                "connect_address": here,
                "data_dir": str(member.folder / "data"),
                "bin_dir": self.bin,
                "pgpass": str(member.folder.parent / f"{member.name}.pgpass"),
                "authentication": {"superuser": {"username": "tester"}, "replication": {"username": "replicator"}},
                "parameters": {"unix_socket_directories": ""},
            },
        }

    def roles(self) -> dict[str, str]:
        """What the members are that take part, as one that lives tells."""
        for member in self.members:
            try:
                told = requests.get(f"http://127.0.0.1:{member.rest}/cluster", timeout=2).json()["members"]
            except (requests.RequestException, ValueError, KeyError):
                continue
            return {one["name"]: one["role"] for one in told if one["state"] in ("running", "streaming")}
        return {}

    def wait_for(self, member: Member, role: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while self.roles().get(member.name) != role:
            log = self.folder / f"{member.name}.log"
            assert time.monotonic() < deadline, f"{member.name} is no {role}: {self.roles()}\n{log.read_text()[-3000:]}"
            time.sleep(0.1)

    def primary(self) -> Member:
        roles = self.roles()
        return next(member for member in self.members if roles.get(member.name) == "leader")

    def close(self) -> None:
        for member in self.members:
            if member.process:
                member.kill()
        self.etcd.kill()
        self.etcd.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

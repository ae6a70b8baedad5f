"""`emporion demo --nodes 3`: three nodes over a database of their own that agree, which nobody else reaches, and of which nothing
is left."""

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
import requests

from emporion_server import BINARY, clean_environment, free_port

#: For a search on another node to find what was written.
FOUND_S = 0.2

#: What is said of other databases and servers is not about these.
OF_OTHERS = {
    "PGPORT": "1", "PGHOST": "nowhere", "PGUSER": "nobody", "PGDATA": "/nowhere", "PGPASSWORD": "wrong",
    "EMPORION_PG_LISTEN": f"127.0.0.1:{free_port()}",
}  # fmt: skip


class Nodes:
    def __init__(self, *arguments: str):
        # A folder like that for temporary files, of its own: it shows what is left.
        self.folder = Path(tempfile.mkdtemp(prefix="d"))
        self.folder.chmod(0o1777)
        self.process = subprocess.Popen(
            [str(BINARY), "demo", "--nodes", "3", "--listen", f"127.0.0.1:{free_port()}", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=clean_environment(TMPDIR=str(self.folder), **OF_OTHERS),
        )
        self.text = ""
        for line in self.process.stdout:
            self.text += line
            if line.startswith("Ctrl-C"):
                break
        assert "Ctrl-C" in self.text, self.process.stderr.read()
        self.urls = re.search(r'^export EMPORION_NODES="(.*)"$', self.text, re.M).group(1).split()
        self.token = re.search(r"EMPORION_TOKEN=(\S+)", self.text).group(1)

    def ask(self, node: int, method: str, path: str, token: str | None = None, **options) -> requests.Response:
        headers = {"Authorization": f"Bearer {token or self.token}", "Accept": "application/json"}
        return requests.request(method, self.urls[node] + path, headers=headers, timeout=30, **options)

    def processes(self) -> list[str]:
        """Of the server and of the nodes: whatever is told of the folder, or has been started in it."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                told = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(self.folder) in told and int(entry.name) != self.process.pid:
                found.append(f"{entry.name} {told}")
        return found

    def is_gone(self) -> bool:
        return not self.processes() and not list(self.folder.glob("emporion-demo-pg-*"))


@pytest.fixture(scope="module")
def demo():
    running = Nodes()
    yield running
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(timeout=60) == 0, running.process.stderr.read()
    assert running.processes() == [] and list(running.folder.iterdir()) == [], "nothing is left"
    running.folder.rmdir()


def test_three_nodes_agree_at_once(demo):
    assert len(set(demo.urls)) == 3
    for writer in range(3):
        name = f"Agreed{writer}"
        body = {"name": name, "domainType": "Aggregate", "description": "d"}
        assert demo.ask(writer, "POST", "/api/v1/domains", json=body).status_code == 201
        for reader in range(3):
            listed = demo.ask(reader, "GET", "/api/v1/domains?limit=100").json()["data"]
            assert name in [domain["name"] for domain in listed], "in a list"
            assert demo.ask(reader, "GET", f"/api/v1/domains/name/{name}").json()["name"] == name
        at_once = demo.ask((writer + 1) % 3, "GET", f"/search?q={name}&at_least=head").json()["hits"]
        assert [hit["name"] for hit in at_once if hit["name"] == name] == [name]


def found_after(demo, writer: int, reader: int, name: str) -> float:
    """How long after its acknowledgement a search began that has found it."""
    body = {"name": name, "domainType": "Aggregate", "description": "d"}
    assert demo.ask(writer, "POST", "/api/v1/domains", json=body).status_code == 201
    written = time.monotonic()
    while time.monotonic() < written + 30:
        began = time.monotonic()
        hits = demo.ask(reader, "GET", f"/search?q={name}").json()["hits"]
        if name in [hit["name"] for hit in hits]:
            return began - written
    raise AssertionError(f"{name} is not found")


def test_what_one_writes_is_found_by_search_on_the_others(demo):
    for writer in range(3):
        for reader in {0, 1, 2} - {writer}:
            # The quickest of some: the machine may be busy with something else.
            quickest = min(found_after(demo, writer, reader, f"Found{writer}{reader}{turn}") for turn in range(5))
            assert quickest < FOUND_S, f"node {reader} needs {quickest:.2f} s"


def test_a_token_that_one_revokes_is_refused_by_all(demo):
    told = re.search(r"^log in +(\S+) / (\S+)", demo.text, re.M)
    environment = clean_environment(EMPORION_URL=demo.urls[0], EMPORION_TOKEN=demo.token)
    assert told

    def cli(*arguments: str):
        done = subprocess.run([str(BINARY), *arguments, "-o", "json"], capture_output=True, text=True, env=environment, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    made = cli("token", "create", "--user", "maria")
    for node in range(3):
        assert demo.ask(node, "GET", "/api/v1/users/loggedInUser", made["token"]).status_code == 200
    for token in cli("token", "list", "--user", "maria"):
        cli("token", "revoke", token["id"])
    for node in range(3):
        assert demo.ask(node, "GET", "/api/v1/users/loggedInUser", made["token"]).status_code == 401


def test_the_printed_lines_show_that_they_agree(demo):
    lines = re.findall(r"^(?:export EMPORION|curl -s -X PUT|for node in).*$", demo.text, re.M)
    done = subprocess.run(["bash", "-c", "\n".join(lines)], capture_output=True, text=True, env=clean_environment(), timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('"name":"Agreed"') == 4, "written once, and read from each"
    heads = re.findall(r"^emporion_log_head (\d+)", done.stdout, re.M)
    assert len(heads) == 3, done.stdout


def test_nobody_else_reaches_the_database(demo):
    [folder] = demo.folder.glob("emporion-demo-pg-*")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    [socket] = folder.glob(".s.PGSQL.*[0-9]")
    assert stat.S_IMODE(socket.stat().st_mode) & 0o077 == 0
    rules = [line for line in (folder / "data" / "pg_hba.conf").read_text().splitlines() if line and not line.startswith("#")]
    assert rules and all(rule.split()[-1] == "scram-sha-256" for rule in rules), rules
    server = (folder / "data" / "postmaster.pid").read_text().splitlines()[0]
    inodes = {entry.readlink().name for entry in Path(f"/proc/{server}/fd").iterdir() if "socket:" in str(entry.readlink())}
    listening = [line.split() for file in ("tcp", "tcp6") for line in Path(f"/proc/net/{file}").read_text().splitlines()[1:]]
    assert not [line for line in listening if line[3] == "0A" and f"socket:[{line[9]}]" in inodes], "it has no port"
    assert not list(folder.glob("word")), "its password lies nowhere"
    shown = "\n".join(demo.processes())
    assert "postgres -D" in shown and "postgres://" not in shown, "nor on a command line"
    logs = "".join(log.read_text() for log in demo.folder.glob("emporion-demo-store-*/node-*.log"))
    assert "postgres://emporion:" not in logs + demo.text


def test_one_that_is_ended_leaves_the_others_at_work(demo):
    last = re.search(r"^kill (\d+)$", demo.text, re.M).group(1)
    os.kill(int(last), signal.SIGKILL)
    body = {"name": "After", "domainType": "Aggregate", "description": "d"}
    assert demo.ask(0, "POST", "/api/v1/domains", json=body).status_code == 201
    assert demo.ask(1, "GET", "/api/v1/domains/name/After").status_code == 200
    with pytest.raises(requests.ConnectionError):
        requests.get(demo.urls[2], timeout=5)


def test_killed_it_takes_its_nodes_and_its_database_along():
    running = Nodes()
    assert len(running.processes()) >= 3
    running.process.kill()
    running.process.wait()
    deadline = time.monotonic() + 60
    while not running.is_gone() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert running.is_gone(), running.processes()
    shutil.rmtree(running.folder)


def test_fewer_than_two_are_no_several():
    done = subprocess.run([str(BINARY), "demo", "--nodes", "1"], capture_output=True, text=True, env=clean_environment(), timeout=30)
    assert done.returncode == 2 and "--nodes" in done.stderr

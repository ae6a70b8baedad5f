"""The page "From one laptop to three nodes" of docs/operations.md, followed to the letter: each block is run, in its order, where
its first line says. Five machines are five directories; their hosts are ports on loopback, and what only root of a machine of
its own can do (accounts, units, packages, copies to another machine) is done by the words below."""

import contextlib
import os
import re
import signal
import subprocess
import time

import pytest
import requests

import postgres_engine
from balancer import CONFIGURATION
from emporion_server import BINARY, REPOSITORY, clean_environment, free_port
from real_databases import database_servers

PAGE = (REPOSITORY / "docs" / "operations.md").read_text()
SECTION = re.search(r"^## From one laptop to three nodes\n(.*?)^## ", PAGE, re.M | re.S).group(1)
BLOCKS = re.findall(r"^```sh\n# on (.*?)\n(.*?)^```$", SECTION, re.M | re.S)
NODES = ("node1", "node2", "node3")
MACHINES = ("laptop", "db", "balancer", *NODES)
#: What stands for the commands of a machine of its own.
WORDS = """
sudo() { if [ "$1" = -u ]; then shift 2; fi; "$@"; }
useradd() { :; }
chown() { :; }
apt-get() { :; }
install() {
  local kept=()
  while [ $# -gt 0 ]; do case "$1" in -o|-g) shift 2;; *) kept+=("$1"); shift;; esac; done
  mkdir -p "$MACHINE"/usr/local/bin "$MACHINE"/etc/systemd/system "$MACHINE"/etc/haproxy "$MACHINE"/var/lib
  if [ "${kept[2]}" = target/release/emporion ]; then ln -sf "$BINARY" "${kept[3]}"; else command install "${kept[@]}"; fi
}
scp() {
  local to="${@: -1}" from=("${@:1:$#-1}")
  local host="${to%%:*}" path="${to#*:}"
  host="${host#root@}"
  host="${host%%.*}"
  if [ -z "$path" ]; then path="$MACHINE/"; fi
  command cp "${from[@]}" "$MACHINES/$host${path#"$MACHINE"}"
}
"""


class Machines:
    def __init__(self, folder, engine):
        self.folder, self.engine = folder, engine
        self.ports = {name: free_port() for name in ("laptop", "balancer", *NODES)}
        self.processes: dict[tuple[str, str], subprocess.Popen] = {}
        self.token = ""
        for name in MACHINES:
            (folder / name / "target/release").mkdir(parents=True)
            (folder / name / "target/release/emporion").symlink_to(BINARY)
            (folder / name / "deploy").symlink_to(REPOSITORY / "deploy")

    def here(self, text: str, name: str) -> str:
        """The text of the page, or of a file, as it is for one machine of the test."""
        for path in ("/etc/emporion", "/etc/systemd", "/etc/haproxy", "/var/lib/emporion", "/usr/local/bin"):
            text = re.sub(rf"(?<![\w}}]){path}", f"{self.folder}/{name}{path}", text)
        for node in NODES:
            text = text.replace(f"{node}.example.com:8585", f"127.0.0.1:{self.ports[node]}")
        text = text.replace("catalogue.example.com:8585", f"127.0.0.1:{self.ports['balancer']}")
        text = text.replace("db.example.com:5432", f"127.0.0.1:{self.engine.port}")
        text = text.replace("db.example.com", f"127.0.0.1:{self.engine.port}")
        text = text.replace("bind :8585", f"bind 127.0.0.1:{self.ports['balancer']}").replace("10.0.0.5", "127.0.0.1")
        # A machine's own door; what is named above has its port already.
        return re.sub(r"\b(?:127\.0\.0\.1|0\.0\.0\.0):8585\b", f"127.0.0.1:{self.ports.get(name, 0)}", text)

    def environment(self, name: str) -> dict[str, str]:
        home = f"{self.folder}/{name}"
        own = {"PATH": f"{home}/usr/local/bin:{os.environ['PATH']}:/usr/sbin", "HOME": home}
        stand_ins = {"MACHINE": home, "MACHINES": str(self.folder), "BINARY": str(BINARY)}
        server = {"PGHOST": "127.0.0.1", "PGPORT": str(self.engine.port), "PGUSER": "tester", "PGDATABASE": "postgres"}
        return clean_environment(**own, **stand_ins, **(server if name == "db" else {}))

    def run(self, name: str, block: str) -> str:
        """Runs a block on a machine; what it prints. A unit is started by the test itself."""
        printed = ""
        for part in re.split(r"^(sudo systemctl .*\n)", self.here(block, name), flags=re.M):
            if part.startswith("sudo systemctl "):
                self.systemctl(name, part.split()[2:])
            elif part.strip():
                part = part.replace("EMPORION_TOKEN=…", f"EMPORION_TOKEN={self.token}")
                kept = f"{self.folder}/{name}/exported"
                script = f"{WORDS}\n[ ! -e {kept} ] || . {kept}\n{part}\nexport -p | grep -E ' (EMPORION_|PATH=)' > {kept} || true"
                done = subprocess.run(
                    ["bash", "-euo", "pipefail", "-c", script], cwd=self.folder / name, env=self.environment(name),
                    input="PASSWORD\nPASSWORD\n", capture_output=True, text=True, timeout=120, start_new_session=True,
                )  # fmt: skip
                assert done.returncode == 0, f"on {name}:\n{part}\n{done.stdout}\n{done.stderr}"
                printed += done.stdout
        return printed

    def begin(self, name: str, unit: str, command: list[str], **options) -> None:
        log = (self.folder / name / f"{unit}.log").open("ab")
        made = subprocess.Popen(command, stdout=log, stderr=log, env=self.environment(name) | options.pop("env", {}), **options)
        self.processes[name, unit] = made

    def systemctl(self, name: str, arguments: list[str]) -> None:
        verb, unit = arguments[0], arguments[-1]
        if verb == "daemon-reload":
            return
        if verb in ("stop", "restart") and (running := self.processes.pop((name, unit), None)):
            running.send_signal(signal.SIGTERM)
            assert running.wait(timeout=30) == 0
        if verb == "stop":
            return
        if unit == "haproxy":
            file = self.folder / name / "etc/haproxy/haproxy.cfg"
            file.write_text(self.here(file.read_text(), name))
            self.begin(name, unit, [database_servers.need("haproxy", "haproxy", "/usr/sbin"), "-db", "-f", str(file)])
            # systemd is told when it listens.
            self.wait_for(f"http://127.0.0.1:{self.ports[name]}")
            return
        text = self.here((self.folder / name / f"etc/systemd/system/{unit}.service").read_text(), name)
        said = re.findall(r"^(\w+)=(.*)$", text, re.M)
        conditions = [value.lstrip("|") for key, value in said if key == "ConditionPathExists"]
        assert any(os.path.exists(path) for path in conditions), conditions
        one = dict(said)
        env = dict(pair.split("=", 1) for key, pair in said if key == "Environment")
        self.begin(name, unit, one["ExecStart"].split(), cwd=one["WorkingDirectory"], env=env)

    def wait_for(self, url: str) -> None:
        deadline = time.monotonic() + 30
        while True:
            with contextlib.suppress(requests.ConnectionError):
                if requests.get(f"{url}/readyz", timeout=5).status_code == 200:
                    return
            assert time.monotonic() < deadline, url
            time.sleep(0.05)

    def close(self) -> None:
        for running in self.processes.values():
            running.terminate()
        for running in self.processes.values():
            running.wait(timeout=30)


@pytest.fixture
def machines(tmp_path):
    engine = postgres_engine.OwnCluster()
    made = Machines(tmp_path, engine)
    yield made
    made.close()
    engine.close()


def test_the_page_is_followed_from_one_laptop_to_three_nodes(machines):
    assert len(BLOCKS) >= 14 and CONFIGURATION.exists()
    shown = []
    for where, block in BLOCKS:
        for name in re.findall(r"node\d|laptop|db|balancer", where):
            if where.endswith("in a terminal of its own"):
                # It listens where every server does, which here is another port.
                env = {"EMPORION_LISTEN": f"127.0.0.1:{machines.ports[name]}"}
                command = ["bash", "-c", f"PATH=$PWD/target/release:$PATH; exec {block}"]
                machines.begin(name, "terminal", command, cwd=machines.folder / name, env=env)
                machines.wait_for(f"http://127.0.0.1:{machines.ports[name]}")
                continue
            said = machines.run(name, block)
            if found := re.search(r"\badminToken\W+(\S+)", said):
                machines.token = found.group(1)
            if "get domain Sales" in block:
                shown.append(said)
    assert len(shown) == 2 and all("What is sold" in said for said in shown), shown
    headers = {"Authorization": f"Bearer {machines.token}"}
    for name in NODES:
        url = f"http://127.0.0.1:{machines.ports[name]}"
        machines.wait_for(url)
        answer = requests.get(f"{url}/api/v1/domains/name/Sales", headers=headers, timeout=30)
        assert answer.json()["description"] == "What is sold", answer.text
    told = (machines.folder / "node1" / "emporion.log").read_text()
    assert machines.token not in told and "PASSWORD" not in told, "the journal holds no secret"


def test_the_figures_to_watch_are_told(server):
    watched = set(re.findall(r"`(emporion_\w+)`", SECTION))
    told = requests.get(f"{server.url}/metrics", timeout=30).text
    names = set(re.findall(r"^(emporion_\w+)[ {]", told, re.M)) | set(re.findall(r"^# \w+ (emporion_\w+)", told, re.M))
    assert len(watched) > 10 and watched <= names, watched - names

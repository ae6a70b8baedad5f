"""What an operator sees of `emporion serve`: its address, its signals, its certificate, proxies before it, its figures."""

import json
import re
import signal
import socket
import stat
import subprocess
import time
from contextlib import contextmanager

import boto3
import pytest
import requests
from botocore.config import Config

from emporion_server import BINARY, START_LIMIT_S, clean_environment, run_cli


class Serving:
    """A server that was started on any free port, and says itself where it is."""

    def __init__(self, folder, *flags: str, before: tuple[str, ...] = (), **settings: str):
        self.log = folder / "log"
        self.made = json.loads(run_cli("init", "--store", str(folder / "s"), "-o", "json").stdout)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*before, str(BINARY), "serve", "--store", str(folder / "s"), "--listen", "127.0.0.1:0", *flags],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=folder,
                env=clean_environment(**settings),
            )
        self.line = self.process.stdout.readline()
        found = re.search(r"https?://127\.0\.0\.1:(\d+)", self.line)
        assert found, f"{self.line!r}\n{self.log.read_text()}"
        self.url, self.port = found.group(0), int(found.group(1))

    @property
    def token(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.made['adminToken']}"}

    def requests_logged(self) -> list[str]:
        time.sleep(0.3)
        return [line for line in self.log.read_text().splitlines() if " access: " in line or '"access"' in line]


@contextmanager
def serving(folder, *flags: str, **more):
    server = Serving(folder, *flags, **more)
    try:
        yield server
    finally:
        server.process.terminate()
        assert server.process.wait(timeout=30) == 0, server.log.read_text()


def test_it_prints_one_line_with_the_port_that_it_got(tmp_path):
    with serving(tmp_path) as server:
        assert server.line == f"serving at {server.url}\n" and server.port != 0
        assert requests.get(f"{server.url}/healthz", timeout=5).status_code == 200
        server.process.terminate()
        assert server.process.stdout.read() == "", "nothing else belongs on standard output"


def test_scripts_read_it_as_json(tmp_path):
    with serving(tmp_path, "-o", "json") as server:
        assert json.loads(server.line) == {"url": server.url, "address": f"127.0.0.1:{server.port}"}


def test_the_first_start_prints_credentials_in_the_format_that_was_asked_for(tmp_path):
    process = subprocess.Popen(
        [str(BINARY), "serve", "--store", str(tmp_path / "s"), "--listen", "127.0.0.1:0", "-o", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=clean_environment(),
    )
    printed = ""
    for line in process.stdout:
        printed += line
        if line.startswith('{"url"'):
            break
    process.terminate()
    assert process.wait(timeout=30) == 0
    made, end = json.JSONDecoder().raw_decode(printed)
    assert made["adminToken"] and json.loads(printed[end:])["url"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize("sign", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT], ids=lambda sign: sign.name)
def test_every_signal_to_stop_lets_requests_end(tmp_path, sign):
    server = Serving(tmp_path)
    # A request whose body is still on its way.
    body = json.dumps({"name": "late", "domainType": "Aggregate", "description": "late"}).encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as stream:
        head = f"POST /api/v1/domains HTTP/1.1\r\nHost: x\r\nAuthorization: {server.token['Authorization']}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        stream.sendall(head.encode() + body[:10])
        time.sleep(0.2)
        server.process.send_signal(sign)
        time.sleep(0.2)
        stream.sendall(body[10:])
        assert stream.recv(65536).startswith(b"HTTP/1.1 201 "), server.log.read_text()
    assert server.process.wait(timeout=30) == 0
    assert "stopped" in server.log.read_text()


def test_who_is_started_to_outlive_the_terminal_does(tmp_path):
    with serving(tmp_path, before=("nohup",)) as server:
        server.process.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        assert requests.get(f"{server.url}/healthz", timeout=5).status_code == 200


@pytest.fixture
def certificate(tmp_path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run([*make.split(), *names, "-keyout", key, "-out", cert], check=True, capture_output=True)
    return str(cert), str(key)


def test_it_speaks_https_with_a_certificate(tmp_path, certificate):
    cert, key = certificate
    with serving(tmp_path, "--tls-cert", cert, "--tls-key", key) as server:
        assert server.url.startswith("https://")
        listed = requests.get(f"{server.url}/api/v1/users?limit=1", headers=server.token, verify=cert, timeout=5).json()
        assert listed["data"][0]["href"].startswith(f"{server.url}/api/v1/users/"), listed
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(f"{server.url}/healthz", timeout=5)
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{server.port}/healthz", timeout=5)
        domains = datazone(server, server.url, verify=cert).list_domains()["items"]
        assert [domain["name"] for domain in domains] == ["default"]
        # A client that connects and says nothing keeps nobody out.
        with socket.create_connection(("127.0.0.1", server.port)):
            assert requests.get(f"{server.url}/readyz", verify=cert, timeout=5).status_code == 200


def test_who_never_begins_tls_is_not_waited_for(tmp_path, certificate):
    cert, key = certificate
    with serving(tmp_path, "--tls-cert", cert, "--tls-key", key, EMPORION_LIMITS__HEAD_SECONDS="1") as server:
        for beginning in (b"", b"\x16\x03\x01"):
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as silent:
                silent.sendall(beginning)
                began = time.monotonic()
                assert silent.recv(100) == b"" and time.monotonic() - began < 5


@pytest.fixture
def signed_certificate(tmp_path):
    """An authority of one's own, and a server's certificate that it has signed."""
    ca, ca_key, cert, key = (tmp_path / name for name in ("ca.pem", "ca.key", "signed.pem", "signed.key"))
    ec = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes".split()
    make = ["openssl", "req", "-x509", *ec, "-days", "2", "-subj", "/CN=Authority", "-keyout", ca_key, "-out", ca]
    subprocess.run(make, check=True, capture_output=True)
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=CA:FALSE"]
    make = ["openssl", "req", "-x509", *ec, "-days", "2", "-subj", "/CN=server", *names, "-CA", ca, "-CAkey", ca_key]
    subprocess.run([*make, "-keyout", key, "-out", cert], check=True, capture_output=True)
    return str(cert), str(key), str(ca)


def test_the_command_line_trusts_whom_it_is_told_to(tmp_path, signed_certificate):
    cert, key, ca = signed_certificate
    with serving(tmp_path, "--tls-cert", cert, "--tls-key", key) as server:
        to = {"EMPORION_URL": server.url, "EMPORION_TOKEN": server.made["adminToken"]}
        backup = ("backup", "--to", str(tmp_path / "b.tar"))
        for command in (("list", "users"), backup):
            refused = run_cli(*command, check=False, **to)
            assert refused.returncode == 1 and "--cacert" in refused.stderr, refused
            assert "EMPORION_CACERT" in refused.stderr, refused
        assert "admin" in run_cli("list", "users", "--cacert", ca, **to).stdout
        assert "admin" in run_cli("list", "users", **to, EMPORION_CACERT=ca).stdout
        run_cli(*backup, "--cacert", ca, **to)
        run_cli("rotate", "seal", **to, EMPORION_CACERT=ca)
        # One that it has signed for another name proves nothing.
        elsewhere = to | {"EMPORION_URL": f"https://127.0.0.2:{server.port}"}
        refused = run_cli("list", "users", "--cacert", ca, check=False, **elsewhere)
        assert refused.returncode == 1 and "--cacert" not in refused.stderr, refused
        for file in (key, str(tmp_path / "nowhere"), server.made["account"]):
            refused = run_cli("list", "users", "--cacert", file, check=False, **to)
            assert refused.returncode == 2 and f"--cacert: {file}" in refused.stderr, refused


def test_the_demo_speaks_https_where_it_is_told_to(tmp_path, certificate):
    cert, key = certificate
    process = subprocess.Popen(
        [str(BINARY), "demo", "--listen", "127.0.0.1:0", "-o", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=clean_environment(EMPORION_TLS__CERT=cert, EMPORION_TLS__KEY=key),
    )
    text, line = "", ""
    while line != "}\n":
        line = process.stdout.readline()
        assert line, f"it ended with {process.wait()}"
        text += line
    url = json.loads(text)["url"]
    assert url.startswith("https://127.0.0.1:")
    assert requests.get(f"{url}/healthz", verify=cert, timeout=5).status_code == 200
    process.terminate()
    assert process.wait(timeout=30) == 0
    broken = run_cli("demo", check=False, EMPORION_TLS__CERT="/nowhere", EMPORION_TLS__KEY="/nowhere")
    assert broken.returncode == 2 and "tls.cert" in broken.stderr, broken


def test_what_it_makes_is_its_owners_alone(tmp_path):
    store = tmp_path / "above" / "s"
    run_cli("init", "--store", str(store))
    run_cli("backup", "--store", str(store), "--to", str(tmp_path / "b.tar"), "--with-keys")
    run_cli("restore", "--from", str(tmp_path / "b.tar"), "--store", str(tmp_path / "again"))
    run_cli("verify", "--store", str(tmp_path / "again"))
    for made in (store, tmp_path / "again"):
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in made.iterdir()}
        assert {"catalogue.db", "catalogue.db.lock", "seal.key"} <= modes.keys()
        assert set(modes.values()) == {0o600}, modes
        assert stat.S_IMODE(made.stat().st_mode) == 0o700
    # What was there before is left as it was.
    ours = tmp_path / "ours"
    ours.mkdir(mode=0o755)
    ours.chmod(0o755)
    run_cli("init", "--store", str(ours))
    assert stat.S_IMODE(ours.stat().st_mode) == 0o755


def datazone(server: Serving, url: str, verify=None):
    return boto3.client(
        "datazone",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=server.made["accessKeyId"],
        aws_secret_access_key=server.made["secretAccessKey"],
        verify=verify,
        config=Config(retries={"total_max_attempts": 1}),
    )


def through_proxy(server: Serving, client) -> None:
    """Sends the client's requests to the server as a proxy would that calls it by a name of its own."""

    def forward(request, **_):
        called = re.match(r"(https?)://([^/]+)(.*)", request.url)
        request.headers["X-Forwarded-Proto"] = called.group(1)
        request.headers["X-Forwarded-Host"] = called.group(2)
        request.headers["X-Forwarded-For"] = "198.51.100.9"
        request.url = f"{server.url}{called.group(3)}"

    client.meta.events.register("before-send.datazone.*", forward)


def test_a_trusted_proxy_says_who_calls_and_by_which_name(tmp_path):
    with serving(tmp_path, EMPORION_PROXY__TRUSTED='["127.0.0.0/8"]', EMPORION_LOG__JSON="true") as server:
        forwarded = {
            "X-Forwarded-For": "6.6.6.6, 198.51.100.7",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": "catalogue.example",
        }
        asked = requests.get(f"{server.url}/api/v1/users?limit=1", headers=server.token | forwarded, timeout=5)
        assert asked.json()["data"][0]["href"].startswith("https://catalogue.example/api/v1/users/")
        client = datazone(server, "https://catalogue.example:8443")
        through_proxy(server, client)
        assert client.list_domains()["items"][0]["name"] == "default"
        lines = [json.loads(line)["fields"] for line in server.requests_logged()]
        seen = [(line["operation"], line["client"], line["user"], line["account"]) for line in lines]
        account = server.made["account"]
        assert ("listUsers", "198.51.100.7", "admin", account) in seen, seen
        assert ("ListDomains", "198.51.100.9", "admin", account) in seen, seen


def test_two_proxies_in_a_row_tell_of_the_clients_call(tmp_path):
    with serving(tmp_path, EMPORION_PROXY__TRUSTED='["127.0.0.0/8", "10.0.0.0/8"]') as server:
        forwarded = {
            "X-Forwarded-For": "198.51.100.7, 10.2.2.2",
            "X-Forwarded-Proto": "https, http",
            "X-Forwarded-Host": "catalogue.example, inner.example",
            "X-Forwarded-Port": "8443, 8080",
        }
        asked = requests.get(f"{server.url}/api/v1/users?limit=1", headers=server.token | forwarded, timeout=5)
        assert asked.json()["data"][0]["href"].startswith("https://catalogue.example:8443/api/v1/users/")


def test_what_has_no_route_is_logged_with_its_path(tmp_path):
    for number, style in enumerate(("false", "true")):
        folder = tmp_path / str(number)
        folder.mkdir()
        with serving(folder, EMPORION_LOG__JSON=style) as server:
            for path in ("/nothing.ico?secret=1", "/api/v1/gadgets/7", "/emporion/v1/nothing", "/v2/domains/x/y/z"):
                assert requests.get(f"{server.url}{path}", headers=server.token, timeout=5).status_code >= 400
            requests.put(f"{server.url}/api/v1/system/version", headers=server.token, timeout=5)
            requests.get(f"{server.url}/api/v1/users", headers=server.token, timeout=5)
            *lost, found = server.requests_logged()[-6:]
            if style == "true":
                lost, found = [json.loads(line)["fields"] for line in lost], json.loads(found)["fields"]
                paths = [line["path"] for line in lost]
                assert "path" not in found and found["route"]
            else:
                paths = [re.search(r' path="([^"]*)"', line).group(1) for line in lost]
                assert " path=" not in found
            assert paths[:4] == ["/nothing.ico", "/api/v1/gadgets/7", "/emporion/v1/nothing", "/v2/domains/x/y/z"]
            assert paths[4] == "/api/v1/system/version", "of a method that it does not have"


def test_nobody_else_does(tmp_path):
    with serving(tmp_path) as server:
        forwarded = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
        asked = requests.get(f"{server.url}/api/v1/users?limit=1", headers=server.token | forwarded, timeout=5)
        assert asked.json()["data"][0]["href"].startswith(f"{server.url}/api/v1/users/")
        client = datazone(server, "https://catalogue.example:8443")
        through_proxy(server, client)
        with pytest.raises(client.exceptions.ClientError, match="signature"):
            client.list_domains()
        requests.get(f"{server.url}/api/v1/users", timeout=5)
        first, signed, anonymous = server.requests_logged()[-3:]
        assert "client=127.0.0.1 user=\"admin\" account=" in first and "6.6.6.6" not in first
        assert "user=" not in signed and anonymous.endswith("client=127.0.0.1")


def test_guesses_are_counted_by_the_client_behind_the_proxy(tmp_path):
    with serving(tmp_path, EMPORION_PROXY__TRUSTED='["127.0.0.1"]') as server:

        def is_held_back(client: str) -> bool:
            body = {"email": "admin@open-metadata.org", "password": "d3Jvbmc="}
            headers = {"X-Forwarded-For": client}
            refused = requests.post(f"{server.url}/api/v1/users/login", json=body, headers=headers, timeout=10)
            assert refused.status_code == 401, refused.text
            return "Exceeded" in refused.json()["message"]

        assert [is_held_back("198.51.100.1") for _ in range(6)] == [False] * 5 + [True]
        assert not is_held_back("198.51.100.2")
        figures = requests.get(f"{server.url}/metrics", timeout=5).text
        assert "emporion_logins_failed_total 6.0" in figures and "emporion_logins_held_back_total 1.0" in figures
        assert "emporion_logins_remembered 4.0" in figures


def test_a_long_login_name_is_refused_by_name_and_rule(tmp_path):
    with serving(tmp_path) as server:
        body = {"email": "x" * 600, "password": "d3Jvbmc="}
        refused = requests.post(f"{server.url}/api/v1/users/login", json=body, timeout=10)
        assert (refused.status_code, refused.json()["message"]) == (400, "[email size must be between 1 and 512]")


def test_figures_of_every_part_are_published(tmp_path):
    with serving(tmp_path) as server:
        domain = {"name": "counted", "domainType": "Aggregate", "description": "counted"}
        before = figures(server)
        made = requests.post(f"{server.url}/api/v1/domains", json=domain, headers=server.token, timeout=10)
        assert made.status_code == 201, made.text
        after = figures(server)
        for name in ("store_commits_total", "store_change_sets_total", "log_head", "store_commit_seconds_total"):
            assert after[f"emporion_{name}"] > before[f"emporion_{name}"], name
        for name in ("store_file_bytes", "process_resident_memory_bytes", "process_open_fds", "http_connections_most"):
            assert after[f"emporion_{name}"] > 0, name
        for name in (
            "store_queue",
            "store_lost_expectations_total",
            "store_failures_total",
            "ingests_running",
            "ingests_finished_total",
            "ingests_failed_total",
            "http_bodies_bytes",
            "http_bodies_refused_total",
            "http_connections_refused_total",
        ):
            assert after[f"emporion_{name}"] == 0, name
        assert any(name.startswith("emporion_build_info{version=") for name in after)


def figures(server: Serving) -> dict[str, float]:
    lines = requests.get(f"{server.url}/metrics", timeout=5).text.splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"EMPORION_LISTEN": "nowhere"}, "listen"),
        ({"EMPORION_PUBLIC_URL": "catalogue"}, "public_url"),
        ({"EMPORION_LIMITS__CONNECTIONS": "0"}, "limits.connections"),
        ({"EMPORION_PROXY__TRUSTED": '["proxy.example"]'}, "proxy.trusted[0]"),
        ({"EMPORION_BOBSLED__SUNSET": "soon"}, "bobsled.sunset"),
        ({"EMPORION_SOURCE_DIRS": '["/nowhere"]'}, "source_dirs[0]"),
        ({"EMPORION_TLS__CERT": "/nowhere", "EMPORION_TLS__KEY": "/nowhere"}, "tls.cert"),
        ({"EMPORION_LIMITS__CONECTIONS": "7"}, "conections"),
    ],
)
def test_a_value_that_cannot_be_used_ends_the_start(tmp_path, settings, key):
    done = run_cli("serve", "--store", str(tmp_path / "s"), check=False, **settings)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done
    assert key in done.stderr and not (tmp_path / "s").exists(), done.stderr


def test_a_flag_is_checked_like_a_setting(tmp_path):
    done = run_cli("serve", "--store", str(tmp_path / "s"), "--listen", "8585", check=False)
    assert done.returncode == 2 and "listen must be an address and a port" in done.stderr, done
    done = run_cli("serve", "--store", str(tmp_path / "s"), "--tls-cert", "x", check=False)
    assert done.returncode == 2 and "--tls-key" in done.stderr, done


def test_the_demo_leaves_nothing_behind(tmp_path):
    for sign in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        for waits_for in ("", "Ctrl-C"):
            process = subprocess.Popen(
                [str(BINARY), "demo", "--listen", "127.0.0.1:0"],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=clean_environment(TMPDIR=str(tmp_path)),
            )
            deadline = time.monotonic() + START_LIMIT_S
            if waits_for:
                assert any(line.startswith(waits_for) for line in process.stdout)
            else:
                # As soon as there is something to clean up.
                while not list(tmp_path.iterdir()) and time.monotonic() < deadline:
                    time.sleep(0.001)
            process.send_signal(sign)
            assert process.wait(timeout=30) == 0, (sign, waits_for)
            assert list(tmp_path.iterdir()) == [], (sign, waits_for)

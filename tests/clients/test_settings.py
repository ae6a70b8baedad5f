"""What only a configured server does: quotas, throttling, closed publishing, another reported version, named hosts."""

import base64
import contextlib
import socket
import threading

import pytest

import datazone_door
from bobsled_door import BobsledDoor
from datazone_door import Workshop, fails
from emporion_server import Principal, Server, run_cli
from openmetadata_door import OpenMetadataDoor
from openmetadata_kinds import connect
from pages_door import Browser, by_mail


@pytest.fixture
def configured(tmp_path):
    """Starts servers with settings of their own and stops them again."""
    started = []

    def start(**settings: str) -> Server:
        folder = tmp_path / str(len(started))
        folder.mkdir()
        server = Server(folder, **settings)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        assert server.stop() == 0


def test_a_quota_that_is_full_is_402(configured):
    server = configured(EMPORION_DATAZONE__MAX_DATA_PRODUCTS="1")
    shop = Workshop(datazone_door.client(server, server.admin), "Small")
    shop.product("first")
    with fails("ServiceQuotaExceededException", 402):
        shop.product("second")


def test_too_many_requests_a_second_are_429(configured):
    server = configured(EMPORION_DATAZONE__REQUESTS_PER_SECOND="5")
    dz = datazone_door.client(server, server.admin)
    with fails("ThrottlingException", 429):
        for _ in range(50):
            dz.list_domains()


def test_where_publishing_is_closed_no_product_is_made(configured):
    server = configured(EMPORION_DATAZONE__PUBLISHING_ENABLED="false")
    shop = Workshop(datazone_door.client(server, server.admin), "Closed")
    with fails("AccessDeniedException", 403, "CreateDataProduct"):
        shop.product("nothing")


def test_the_client_of_another_version_says_what_to_install(configured):
    server = configured(EMPORION_OPENMETADATA__REPORTED_VERSION="1.12.0")
    with pytest.raises(Exception, match=r"1\.12"):
        connect(server, server.admin.token)


class Listening:
    """A port of one address of this machine that closes whatever comes to it, and says whether something has."""

    def __init__(self, address: str):
        self.socket = socket.create_server((address, 0))
        self.at = f"{address}:{self.socket.getsockname()[1]}"
        self.has_come = threading.Event()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                self.has_come.set()
                connection.close()

    def came(self) -> bool:
        return self.has_come.is_set()


@pytest.fixture
def hosts():
    made = [Listening("127.0.0.1"), Listening("127.0.0.2")]
    yield made
    for one in made:
        one.socket.close()


def test_sources_are_at_the_hosts_alone_that_the_operator_names(configured, hosts):
    """By every door, for the administrators of every account; what is refused is not connected to."""
    other, named = hosts
    server = configured(EMPORION_SOURCE_HOSTS='["127.0.0.2", ".corp.example"]')
    elsewhere = server.new_account("elsewhere")

    def string(host: str) -> dict:
        return {"connectionConfig": {"connectionString": base64.b64encode(f"postgres://u:pw@{host}/d".encode()).decode()}}

    def tried(who: Principal, host: str) -> dict:
        return BobsledDoor(server, who.token, who.account).post("/data-sources/test-connection", string(host) | {"type": "postgres"})

    for who, browser in ((server.admin, Browser(server).sign_in(server.admin)), (elsewhere, Browser(server).sign_in(by_mail(elsewhere, "elsewhere")))):
        port = other.at.split(":")[1]
        for host in (other.at, f"localhost:{port}", f"[::ffff:127.0.0.1]:{port}"):
            answer = tried(who, host)
            assert answer["success"] is False and "source_hosts" in answer["message"], (host, answer)
        body = {"name": "kept", "type": "postgres"} | string(other.at)
        refused = BobsledDoor(server, who.token, who.account).call("POST", "/data-sources", body)
        assert refused.status_code == 422 and refused.json()["error"]["details"]["reason"] == "FORBIDDEN"
        browser.visit("/sources?add=postgres")
        page = browser.send("/sources", 400, service="near", host="127.0.0.1", port=port, database="d", user="u", password="pw")
        assert "whoever runs the server has named (source_hosts)" in " ".join(page.roles["alert"])
        assert browser.send("/sources", service="near", host="db.corp.example", port="5432", database="d", user="u", password="pw").url.endswith("done=created")
        # What is described by OpenMetadata's clients is kept, and not connected to.
        om = OpenMetadataDoor(server, who.token)
        config = {"type": "Postgres", "username": "u", "authType": {"password": "pw"}, "hostPort": other.at, "database": "d"}
        om.post("/services/databaseServices", {"name": "described", "serviceType": "Postgres", "connection": {"config": config}})
        for source in ([], [f"postgres://u@{other.at}/d"]):
            done = run_cli("ingest", *source, "--service", "described", check=False, EMPORION_URL=server.url, EMPORION_TOKEN=who.token)
            assert done.returncode == 1 and "source_hosts" in done.stderr, done
        # Nobody changes it by a page, or by the settings of OpenMetadata's interface.
        assert "source_hosts" not in browser.visit("/admin/settings").source
        assert not other.came()
        assert tried(who, named.at)["success"] is False and named.came(), "it is no database, and was connected to"


def test_without_that_setting_sources_are_anywhere_as_ever(configured, hosts):
    server = configured()
    host = base64.b64encode(f"postgres://u:pw@{hosts[0].at}/d".encode()).decode()
    body = {"type": "postgres", "connectionConfig": {"connectionString": host}}
    answer = BobsledDoor(server, server.admin.token).post("/data-sources/test-connection", body)
    assert answer["success"] is False and hosts[0].came() and "source_hosts" not in answer["message"]


def test_messages_of_subscriptions_go_to_the_hosts_alone_that_the_operator_names(configured, hosts):
    other, named = hosts
    networks = '["127.0.0.0/8"]'
    server = configured(EMPORION_WEBHOOKS__ALLOWED_NETWORKS=networks, EMPORION_WEBHOOKS__HOSTS='["127.0.0.2"]')
    for who in (server.admin, server.new_account("elsewhere")):
        om = OpenMetadataDoor(server, who.token)
        of = lambda address: {"type": "Webhook", "category": "External", "config": {"endpoint": f"http://{address}/x"}}  # noqa: E731
        for kept in (False, True):
            body = {"destinations": [of(other.at)]}
            if kept:
                body |= {"name": "hook", "alertType": "Notification", "resources": ["domain"]}
            answer = om.call("POST", "/events/subscriptions" + ("" if kept else "/testDestination"), body, expect=400).json()
            assert "destinations[0].config.endpoint" in answer["message"] and "network" in answer["message"]
        assert not other.came()
        om.call("POST", "/events/subscriptions/testDestination", {"destinations": [of(named.at)]}, expect=200)
        assert named.came()


def test_a_host_that_is_none_stops_the_start(tmp_path):
    for key in ("EMPORION_SOURCE_HOSTS", "EMPORION_WEBHOOKS__HOSTS"):
        done = run_cli("init", "--store", str(tmp_path / "s"), check=False, **{key: '["db", "http://x"]'})
        assert done.returncode == 2 and "hosts[1]" in done.stderr and "http://x" in done.stderr, done.stderr


def test_an_unknown_setting_stops_the_start(tmp_path):
    done = run_cli("init", "--store", str(tmp_path / "s"), check=False, EMPORION_DATAZONE__REGOIN="x")
    assert done.returncode == 2 and "regoin" in done.stderr


def test_a_wrong_setting_says_where_it_stands_on_one_line(tmp_path):
    done = run_cli("init", "--store", str(tmp_path / "s"), check=False, EMPORION_DATAZONE__MAX_DATA_PRODUCTS="many")
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
    assert "EMPORION_DATAZONE__MAX_DATA_PRODUCTS" in done.stderr and "max_data_products" in done.stderr
    file = tmp_path / "emporion.toml"
    for text in ("[datazone]\nmax_data_products = 'many'", "listen 7"):
        file.write_text(text)
        done = run_cli("--config", str(file), "init", "--store", str(tmp_path / "s"), check=False)
        assert done.returncode == 2 and str(file) in done.stderr and "\n\n" not in done.stderr, done.stderr


def test_a_second_init_fails_and_changes_nothing(tmp_path):
    store = str(tmp_path / "s")
    run_cli("init", "--store", store, "-o", "json")
    again = run_cli("init", "--store", store, "-o", "json", check=False)
    assert again.returncode == 1 and again.stdout == "" and "initialised" in again.stderr

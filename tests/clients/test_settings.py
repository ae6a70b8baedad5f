"""What only a configured server does: quotas, throttling, closed publishing, another reported version."""

import pytest

import datazone_door
from datazone_door import Workshop, fails
from emporion_server import Server, run_cli
from openmetadata_kinds import connect


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

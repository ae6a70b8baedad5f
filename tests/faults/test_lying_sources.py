"""What sources that never come to an end can make the server hold, and what becomes of those who call meanwhile."""

import time

import pytest
import requests

import lying_database
from fault_server import FaultServer
from flood import MIB, Watch, resident_mib

#: What may come in of one source in these tests, and what it may cost beside: what is made of it, and what is on its way.
BOUND = 32 * MIB
MOST_GROWTH_MIB = 160
#: How long a bystander waits, whatever else the machine is busy with.
PATIENCE_S = 5.0

LIES = [("postgres", lie) for lie in lying_database.POSTGRES_LIES] + [("mysql", lie) for lie in lying_database.MYSQL_LIES]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = FaultServer(tmp_path_factory.mktemp("lying"))
    server.settings |= {"EMPORION_LIMITS__SOURCE_BYTES": str(BOUND), "EMPORION_LIMITS__SOURCE_SECONDS": "30"}
    server.start()
    yield server
    assert server.stop() == 0
    server.check_no_panic()


def asks(server, method: str, path: str, **more) -> requests.Response:
    headers = {"Authorization": f"Bearer {server.admin.token}"}
    return requests.request(method, server.url + path, headers=headers, timeout=60, **more)


@pytest.mark.parametrize(("scheme", "lie"), LIES, ids=lambda word: word.replace(" ", "_"))
def test_a_source_without_an_end_does_not_fill_the_memory(server, say, scheme, lie):
    database = lying_database.LyingDatabase(scheme, lie)
    before = resident_mib(server.process.pid)
    watch = Watch(server.process.pid)
    watch.start()
    try:
        order = {"service": f"{scheme} {lie}", "source": database.url, "timeoutSeconds": 30}
        started = asks(server, "POST", "/emporion/v1/ingestions", json=order)
        assert started.status_code == 200, started.text
        slowest, deadline = 0.0, time.monotonic() + 60
        while True:
            assert time.monotonic() < deadline, "the run does not end"
            run = asks(server, "GET", f"/emporion/v1/ingestions/{started.json()['id']}").json()
            if run["state"] != "running":
                break
            began = time.monotonic()
            assert requests.get(f"{server.url}/healthz", timeout=10).status_code == 200
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.05)
    finally:
        watch.over.set()
        watch.join()
        database.close()
    say(f"{scheme}, {lie}: {before:.0f} MiB at rest, {watch.peak:.0f} at most, bystander waited {slowest:.3f} s: {run}")
    assert watch.peak < before + MOST_GROWTH_MIB
    assert run["state"] == "failed" and "more than" in run["error"], run
    assert slowest < PATIENCE_S
    assert server.process.poll() is None


def test_nobody_waits_longer_for_a_source_than_the_server_allows(server):
    refused = asks(server, "POST", "/emporion/v1/ingestions", json={"service": "slow", "timeoutSeconds": 31})
    assert refused.status_code == 400, refused.text
    assert refused.json()["faults"][0]["field"] == "timeoutSeconds", refused.text

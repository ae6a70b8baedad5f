"""A full disk: writes are refused in each door's own words, reads go on, and room is all it takes to recover."""

import subprocess
import time

import pytest

from campaign import Campaign
from disk import Disk
from fault_server import FaultServer
from wire import Answer
from writer import Writer

#: After there is room again, writes must be taken within this time.
RECOVERY_LIMIT_S = 2.0
FULL_S = 0.6


@pytest.fixture
def server(tmp_path):
    made = FaultServer(tmp_path, Disk(tmp_path.resolve() / "store", tmp_path.resolve()))
    made.start()
    yield made
    made.kill()
    made.check_no_panic()


@pytest.mark.parametrize("trigger", ["full", "full-extending"])
def test_a_full_disk_refuses_writes_and_recovers_without_a_restart(server, seed, say, trigger):
    campaign = Campaign(server, seed)
    refused = set()
    for _ in range(3):
        writers = campaign.writers(may_be_refused=True)
        for writer in writers:
            writer.start()
        time.sleep(0.15)
        with server.disk.suffering(trigger):
            full_at = time.monotonic()
            time.sleep(FULL_S / 2)
            assert server.answers("/healthz"), "the process is well, only its disk is not"
            if trigger == "full":
                assert not server.answers("/readyz"), "a server that cannot write is not ready"
            time.sleep(FULL_S / 2)
            campaign.join(writers)
            doors = check_refusals(writers)
            refused |= doors
            if trigger == "full":
                assert doors == DOORS
                late = [writer.newest_answer for writer in writers if writer.newest_acknowledged > full_at]
                assert not late, f"acknowledged without room: {late}"
            # Reads go on, and nothing refused has done anything.
            campaign.check(everything=True, send_again=False)
        took = recovery(server)
        writers = campaign.writers()
        for writer in writers:
            writer.start()
        time.sleep(0.15)
        campaign.join(writers)
        assert all(writer.newest_acknowledged > 0 for writer in writers), "every door writes again"
        campaign.check()
    # A log that was begun anew is written without growing for a while, but it grew before.
    assert refused == DOORS
    assert server.disk.events("no-room")
    assert server.stop() == 0
    campaign.check_store()
    server.start()
    campaign.check(everything=True)
    say(f"  {trigger}: ready {took * 1000:.0f} ms after there was room; {campaign.summary()}")


def test_a_store_on_a_full_disk_opens_and_reads(server, seed):
    campaign = Campaign(server, seed)
    writers = campaign.writers()
    for writer in writers:
        writer.start()
    time.sleep(0.3)
    server.kill()
    campaign.join(writers)
    with server.disk.suffering("full-extending"):
        server.start("/healthz")
        campaign.check(everything=True, send_again=False)
    recovery(server)
    campaign.check(everything=True)


def test_a_real_file_system_that_fills_up(tmp_path, seed, say):
    """The same on a small memory disk; needs the right to mount one."""
    mount = tmp_path.resolve() / "small"
    mount.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "faults", str(mount)], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"no right to mount a memory disk ({mounted.stderr.strip()}); the preload suites cover it")
    server = None
    try:
        server = FaultServer(mount)
        # The log of the process must not share the fate of the store.
        server.log = tmp_path / "server.log"
        server.start()
        campaign = Campaign(server, seed, writers_per_door=3)
        writers = campaign.writers(may_be_refused=True)
        for writer in writers:
            writer.start()
        deadline = time.monotonic() + 60
        while not all(writer.refused for writer in writers) and time.monotonic() < deadline:
            assert not any(writer.failure for writer in writers), [writer.failure for writer in writers]
            time.sleep(0.05)
        campaign.join(writers)
        assert check_refusals(writers) == DOORS
        campaign.check(everything=True, send_again=False)
        subprocess.run(["mount", "-o", "remount,size=256m", str(mount)], check=True)
        took = recovery(server)
        writers = campaign.writers()
        for writer in writers:
            writer.start()
        time.sleep(0.3)
        campaign.join(writers)
        assert all(writer.newest_acknowledged > 0 for writer in writers), "every door writes again"
        campaign.check()
        server.kill()
        campaign.check_store()
        server.start()
        campaign.check(everything=True)
        say(f"  12 MB memory disk: ready {took * 1000:.0f} ms after there was room; {campaign.summary()}")
    finally:
        if server:
            server.kill()
        subprocess.run(["umount", str(mount)], check=True)
    server.check_no_panic()


def recovery(server: FaultServer) -> float:
    """Seconds until the server is ready; there is room again."""
    began = time.monotonic()
    while not server.answers("/readyz"):
        assert time.monotonic() - began < RECOVERY_LIMIT_S, f"still not ready:\n{server.log_tail()}"
        time.sleep(0.005)
    return time.monotonic() - began


def check_refusals(writers: list[Writer]) -> set[str]:
    """Each refusal has its door's own form. Answers the doors that refused."""
    for writer in writers:
        for answer in writer.refused:
            CHECKS[writer.door](answer)
    return {writer.door for writer in writers if writer.refused}


def check_openmetadata(answer: Answer) -> None:
    body = answer.json()
    if answer.status == 200:  # a call for many rows says it of each
        assert body["failedRequest"] and all(row["message"] for row in body["failedRequest"]), answer
    else:
        assert body["code"] == answer.status and body["message"], answer


def check_datazone(answer: Answer) -> None:
    assert answer.headers["x-amzn-errortype"].split(":")[0] == "InternalServerException", (answer.headers, answer)
    assert answer.headers["x-amzn-requestid"], answer.headers
    assert "at the moment" in answer.json()["message"], f"this reads like a fault of the server: {answer}"


def check_bobsled(answer: Answer) -> None:
    body = answer.json()
    assert body["ok"] is False and "data" not in body and body["error"]["message"], answer
    assert body["error"]["code"] in ("INSUFFICIENT_STORAGE", "UNAVAILABLE", "SERVICE_UNAVAILABLE"), answer


CHECKS = {"openmetadata": check_openmetadata, "datazone": check_datazone, "bobsled": check_bobsled}
DOORS = set(CHECKS)

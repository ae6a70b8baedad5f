"""Syncs that fail: one of the log stops the process, one of a checkpoint costs nothing but time."""

import random
import time

import pytest

from campaign import Campaign
from disk import Disk
from fault_server import FaultServer

#: A process whose log is in doubt must be gone within this time.
STOP_LIMIT_S = 5.0


@pytest.fixture(params=[False, True], ids=["", "then-power-loss"])
def loses_power(request) -> bool:
    return request.param


@pytest.fixture
def server(tmp_path):
    made = FaultServer(tmp_path, Disk(tmp_path.resolve() / "store", tmp_path.resolve(), power=True))
    made.start()
    yield made
    made.kill()
    made.check_no_panic()


def write_for(campaign: Campaign, seconds: float) -> None:
    writers = campaign.writers()
    for writer in writers:
        writer.start()
    time.sleep(seconds)
    campaign.join(writers)


@pytest.mark.parametrize("trigger", ["fail-log-sync", "fail-log-sync-once"])
def test_a_failed_sync_of_the_log_stops_the_process_without_a_further_acknowledgement(
    server, seed, say, trigger, loses_power
):
    campaign = Campaign(server, seed)
    for number in range(3):
        writers = campaign.writers()
        for writer in writers:
            writer.start()
        time.sleep(random.Random(seed + number).uniform(0.05, 0.3))
        code, failed_at = fail_until_it_ends(server, trigger)
        server.disk.unset(trigger)
        campaign.join(writers)
        assert code != 0, "a process that gave up says so"
        late = [writer.newest_answer for writer in writers if writer.newest_acknowledged > failed_at]
        assert not late, f"acknowledged after the log could not be synced: {late}"

        # What the failed sync left is readable and yet not on disk; nothing may be built on it.
        server.start("/healthz")
        campaign.check(everything=True)
        write_for(campaign, 0.1)
        server.kill()
        if loses_power:
            server.disk.lose_power()
        campaign.check_store()
        server.start()
        campaign.check(everything=True)
    say(f"  {trigger}: {campaign.summary()}")


def fail_until_it_ends(server: FaultServer, trigger: str) -> tuple[int, float]:
    """Sets the trigger until a commit has met it; answers the exit code and when it was set last.

    A checkpoint syncs the log too, when nothing of it waits for a sync; its failure may pass.
    """
    for _ in range(5):
        server.disk.set(trigger)
        failed_at = time.monotonic()
        deadline = failed_at + STOP_LIMIT_S
        while server.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        if server.process.poll() is not None:
            assert any(name.endswith("-wal") for name in server.disk.events("sync-failed")), server.log_tail()
            return server.process.returncode, failed_at
        assert trigger.endswith("-once") and not (server.disk.control / trigger).exists(), (
            f"the log cannot be synced and the server goes on:\n{server.log_tail()}"
        )
    raise AssertionError(f"the server outlives failed syncs of its log:\n{server.log_tail()}")


def test_a_failed_sync_of_a_checkpoint_costs_nothing_acknowledged(server, seed, say, loses_power):
    campaign = Campaign(server, seed, writers_per_door=3)
    writers = campaign.writers()
    server.disk.set("fail-file-sync")
    for writer in writers:
        writer.start()
    deadline = time.monotonic() + 60
    while not server.disk.events("sync-failed") and time.monotonic() < deadline:
        time.sleep(0.05)
    failed_at = time.monotonic()
    assert server.disk.events("sync-failed"), "no checkpoint came within a minute of writes"
    time.sleep(0.5)
    campaign.join(writers)
    assert server.process.poll() is None, f"a checkpoint may fail:\n{server.log_tail()}"
    assert any(writer.newest_acknowledged > failed_at for writer in writers), "writes go on"
    assert all(name.endswith(".db") for name in server.disk.events("sync-failed"))
    campaign.check(everything=True)
    server.kill()
    if loses_power:
        server.disk.lose_power()
    server.disk.unset("fail-file-sync")
    campaign.check_store()
    server.start()
    campaign.check(everything=True)
    say(f"  checkpoint: {campaign.summary()}")


def test_a_start_that_cannot_sync_what_is_left_of_the_log_is_refused(server, seed):
    """The next start finds the same pages readable, and must not take them for synced."""
    campaign = Campaign(server, seed)
    for _ in range(3):
        writers = campaign.writers()
        for writer in writers:
            writer.start()
        time.sleep(0.2)
        server.kill()
        campaign.join(writers)

        server.disk.set("fail-log-sync-once")
        server.spawn()
        assert server.wait_for_end(STOP_LIMIT_S) == 1, server.log_tail()
        assert "Input/output error" in server.log_tail(5), server.log_tail()

        server.start("/healthz")
        campaign.check()
        write_for(campaign, 0.1)
        server.kill()
        server.disk.lose_power()
        server.start()
        campaign.check(everything=True)

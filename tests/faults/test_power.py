"""Power losses: writes that were not synced vanish, all of them or some, and nothing acknowledged goes with them."""

import random
import time

import pytest

from campaign import Campaign
from disk import Disk
from fault_server import FaultServer
from wire import Wire


@pytest.fixture
def server(tmp_path):
    folder = tmp_path.resolve()
    made = FaultServer(folder, Disk(folder / "store", folder, power=True))
    yield made
    if made.process:
        made.kill()
    made.check_no_panic()


def test_what_init_has_printed_outlives_a_power_loss(server):
    server.disk.lose_power()
    assert server.store.exists(), "the directory of a new store must be synced into its parent"
    server.start()
    answer = Wire(server.port, server.admin).call("GET", "/api/v1/users/loggedInUser")
    assert answer.status == 200, answer


def test_nothing_acknowledged_goes_with_the_power(server, rounds, seed, say):
    """Rounds differ in how the process ended and in what of the unsynced sectors reached the disk by itself."""
    server.start()
    campaign = Campaign(server, seed)
    chance = random.Random(seed)
    vanished = arrived = 0
    for number in range(1, rounds + 1):
        writers = campaign.writers()
        for writer in writers:
            writer.start()
        time.sleep(chance.uniform(0.02, 0.4))
        if number % 5 == 0:
            campaign.join(writers)
            assert server.stop() == 0
        else:
            server.kill()
            campaign.join(writers)
        if number % 4 == 0:
            server.spawn()
            time.sleep(chance.uniform(0, 0.06))
            server.kill()
        loss = server.disk.lose_power(None if number % 2 else chance)
        vanished, arrived = vanished + loss.vanished, arrived + loss.arrived
        if number % 3 == 0 or number == rounds:
            campaign.check_store()
        server.start()
        campaign.check(everything=number % 5 == 0 or number == rounds)
    assert vanished, "the rounds must have caught writes before their sync"
    say(f"  {rounds} power losses took {vanished} sectors, {arrived} arrived unsynced; {campaign.summary()}")


def test_what_was_read_after_a_kill_outlives_a_power_loss(server, rounds, seed, say):
    """A commit that was killed before its sync can come back at the next start. Once somebody has seen it, or has got
    it as the answer to a repeated request, it must be on disk."""
    server.start()
    campaign = Campaign(server, seed)
    chance = random.Random(seed)
    for _ in range(max(5, rounds // 2)):
        writers = campaign.writers()
        for writer in writers:
            writer.start()
        time.sleep(chance.uniform(0.02, 0.2))
        server.kill()
        campaign.join(writers)
        # Not /readyz: that writes, and so syncs.
        server.start("/healthz")
        campaign.look_at_doubts()
        server.kill()
        server.disk.lose_power()
        server.start()
        campaign.check()
    say(f"  seen, then power lost: {campaign.summary()}")


def test_a_log_that_is_not_synced_is_noticed(server, seed):
    """The harness itself: with a disk that only claims to sync, it must find acknowledged writes missing."""
    server.start()
    campaign = Campaign(server, seed)
    server.disk.set("ignore-log-sync")
    writers = campaign.writers()
    for writer in writers:
        writer.start()
    time.sleep(0.3)
    server.kill()
    campaign.join(writers)
    assert server.disk.events("sync-ignored")
    server.disk.unset("ignore-log-sync")
    server.disk.lose_power()
    try:
        server.start()
    except AssertionError as refused:
        # A store that tore in two is noticed by the server itself.
        assert "malformed" in str(refused), refused
        return
    with pytest.raises(AssertionError, match="not as it was acknowledged|neither before nor after"):
        campaign.check()

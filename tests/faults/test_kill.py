"""kill -9 under mixed writes through the three doors, over one store that lives through all rounds."""

import random
import time

import pytest

from campaign import Campaign
from emporion_server import run_cli
from fault_server import START_LIMIT_S, FaultServer

#: How long the writers write before the kill.
SHORTEST_S, LONGEST_S = 0.005, 0.300
#: Rounds between two checks of everything.
EVERYTHING_EVERY = 10


@pytest.fixture
def server(tmp_path):
    made = FaultServer(tmp_path)
    made.start()
    yield made
    made.kill()
    made.check_no_panic()


def test_nothing_acknowledged_is_lost_and_nothing_is_half_written(server, rounds, seed, say):
    campaign = Campaign(server, seed)
    moment = random.Random(seed)
    for number in range(1, rounds + 1):
        writers = campaign.writers()
        for writer in writers:
            writer.start()
        time.sleep(moment.uniform(SHORTEST_S, LONGEST_S))
        server.kill()
        campaign.join(writers)

        is_full = number % EVERYTHING_EVERY == 0 or number == rounds
        if is_full:
            campaign.check_store()
        if number % 3 == 0:
            kill_while_starting(server, moment)
        server.start()
        assert server.starts[-1] < START_LIMIT_S, f"round {number}: ready after {server.starts[-1]:.3f} s"
        campaign.check(everything=is_full)
        if is_full or number % 5 == 0:
            say(f"  round {number} of {rounds}: {campaign.summary()}")
    assert campaign.ledger.carried_out and campaign.ledger.not_carried_out, "kills must fall before and after commits"


def kill_while_starting(server: FaultServer, moment: random.Random) -> None:
    """What repairs a store can itself be killed."""
    server.spawn()
    time.sleep(moment.uniform(0, 0.06))
    server.kill()


def test_init_can_be_killed_at_any_moment_and_run_again(tmp_path, rounds, seed, say):
    """Either the store is not made yet and is made now, or it is made and says so; it never refuses both."""
    import subprocess

    from emporion_server import BINARY, clean_environment

    moment = random.Random(seed)
    outcomes = {"made": 0, "was made": 0}
    for number in range(max(10, rounds)):
        store = tmp_path / f"store{number}"
        process = subprocess.Popen(
            [str(BINARY), "init", "--store", str(store), "-o", "json"],
            env=clean_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(moment.uniform(0.001, 0.4))
        process.kill()
        process.wait()
        again = run_cli("init", "--store", str(store), "-o", "json", check=False)
        if again.returncode == 0:
            outcomes["made"] += 1
        else:
            assert "initialised already" in again.stderr, again.stderr
            outcomes["was made"] += 1
        done = run_cli("verify", "--store", str(store), "-o", "json", check=False)
        assert done.returncode == 0, done.stderr
    say(f"  init killed and run again: {outcomes}")

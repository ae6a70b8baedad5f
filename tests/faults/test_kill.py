"""kill -9 under mixed writes through the three doors, over one store that lives through all rounds."""

import random
import subprocess
import time
from pathlib import Path

import pytest

from campaign import Campaign
from emporion_server import BINARY, clean_environment, run_cli
from fault_server import ENGINES, START_LIMIT_S, FaultServer
from postgres_engine import fresh_database

#: How long the writers write before the kill.
SHORTEST_S, LONGEST_S = 0.005, 0.300
#: Rounds between two checks of everything.
EVERYTHING_EVERY = 10
#: As many times the rounds, until kills have fallen on either side of a commit.
MOST = 5
#: What a store directory holds.
STORE_FILE, SEAL_KEY = "catalogue.db", "seal.key"


def test_nothing_acknowledged_is_lost_and_nothing_is_half_written(server, rounds, seed, say):
    campaign = Campaign(server, seed)
    moment = random.Random(seed)
    number, ledger = 0, campaign.ledger
    # A kill seldom falls between a commit and its answer, least of all where a database has the one.
    while number < rounds or not (ledger.carried_out and ledger.not_carried_out):
        number += 1
        assert number <= MOST * rounds, "kills must fall before and after commits"
        writers = campaign.writers()
        for writer in writers:
            writer.start()
        time.sleep(moment.uniform(SHORTEST_S, LONGEST_S))
        server.kill()
        campaign.join(writers)

        is_full = number % EVERYTHING_EVERY == 0 or number >= rounds
        if is_full:
            campaign.check_store()
        if number % 3 == 0:
            kill_while_starting(server, moment)
        server.start()
        assert server.starts[-1] < START_LIMIT_S, f"round {number}: ready after {server.starts[-1]:.3f} s"
        campaign.check(everything=is_full)
        if is_full or number % 5 == 0:
            say(f"  round {number} of {rounds}: {campaign.summary()}")
    server.kill()
    campaign.check_store()


def kill_while_starting(server: FaultServer, moment: random.Random) -> None:
    """What repairs a store can itself be killed."""
    server.spawn()
    time.sleep(moment.uniform(0, 0.06))
    server.kill()


class Unmade:
    """A store that is about to be made, in a directory or in a database."""

    def __init__(self, folder: Path, engine: str):
        folder.mkdir()
        self.store, self.environment, self.place = folder / "store", {}, ["--store", str(folder / "store")]
        if engine == "database":
            self.environment = {"EMPORION_STORE": fresh_database()}
            self.place = ["--master-key", str(folder / "master.key")]

    def begin_init(self) -> subprocess.Popen:
        return subprocess.Popen(
            [str(BINARY), "init", *self.place, "-o", "json"],
            env=clean_environment(**self.environment),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def init_again(self) -> bool:
        """Either the store is not made yet and is made now, or it says that it is made: answers whether it was."""
        again = run_cli("init", *self.place, "-o", "json", check=False, **self.environment)
        assert again.returncode == 0 or "initialised already" in again.stderr, again.stderr
        done = run_cli("verify", *self.place, "-o", "json", check=False, **self.environment)
        assert done.returncode == 0, done.stderr
        return again.returncode != 0


@pytest.mark.parametrize("engine", ENGINES)
def test_init_can_be_killed_and_run_again(tmp_path, seed, engine, say):
    moment = random.Random(seed)
    outcomes = []
    for number in range(12):
        unmade = Unmade(tmp_path / f"store{number}", engine)
        process = unmade.begin_init()
        # Between a store's file and its keys is the next test's matter; over a database either may come first.
        while engine == "directory" and process.poll() is None and not (unmade.store / SEAL_KEY).exists():
            time.sleep(0.0005)
        time.sleep(moment.uniform(0, 0.3 if engine == "directory" else 1.0))
        process.kill()
        process.wait()
        outcomes.append(unmade.init_again())
    say(f"  init was killed {len(outcomes)} times, {sum(outcomes)} of them after its work was done")


def test_init_can_be_killed_between_the_file_and_its_keys(tmp_path):
    unmade = Unmade(tmp_path / "fresh", "directory")
    process = unmade.begin_init()
    while not (unmade.store / STORE_FILE).exists() and process.poll() is None:
        time.sleep(0.0001)
    process.kill()
    process.wait()
    unmade.init_again()

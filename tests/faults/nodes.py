"""Two nodes over one database while something fails: what writes through both, and the checks afterwards."""

import contextlib
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import postgres_engine
from campaign import Campaign
from fault_server import FaultServer
from writer import Writer

#: How long the writers write in one round.
WRITING_S = 1.0
#: A node answers again so soon after the database does.
BACK_S = 10.0
#: What a node says of a commit of which nobody knows whether it was stored.
UNCERTAIN = "nobody knows what became of a commit"
#: And of one that was stored while its answer could not be read.
UNTOLD = "what was stored could not be told to who stored it"
#: The refusals of the three doors; the DataZone API declares none but 500 for it, and has its own words for what broke down.
UNAVAILABLE = {"openmetadata": (503, b"not available"), "datazone": (500, b"cannot complete the request at the moment"), "bobsled": (503, b"")}


class Nodes:
    """Two nodes over one database, which they reach by the `addresses`, and what was written through them."""

    def __init__(self, folder: Path, seed: int, addresses: Sequence[str], url: str):
        self.random = random.Random(seed)
        self.url = url
        a = FaultServer(folder, database=addresses[0])
        self.nodes = [a, a.beside_it(folder / "b", addresses[1])]
        try:
            for node in self.nodes:
                node.start()
            self.campaign = Campaign(a, seed, others=(self.nodes[1],))
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        for node in self.nodes:
            if node.process is not None:
                node.kill()

    def sql(self, text: str) -> str:
        return postgres_engine.sql(self.url, text).strip()

    def write(self, fail: Callable[[float], None], seconds: float = WRITING_S) -> list[Writer]:
        """Writers write while `fail` does its worst, and until it has."""
        writers = self.campaign.writers(is_refusal_doubtful=True)
        for writer in writers:
            writer.start()
        ends = time.monotonic() + seconds
        fail(ends)
        time.sleep(max(0.0, ends - time.monotonic()))
        self.campaign.join(writers)
        for writer in writers:
            status, words = UNAVAILABLE[writer.door]
            for answer in writer.refused:
                # Row by row the call itself is answered.
                assert answer.status == 200 or (answer.status == status and words in answer.body), f"{writer.name}: {answer}"
        return writers

    def check(self, everything: bool = False) -> None:
        """The nodes are back by themselves, and all is as it was acknowledged."""
        deadline = time.monotonic() + BACK_S
        for node in self.nodes:
            assert node.process.poll() is None, node.log_tail()
            while not node.answers("/readyz"):
                assert time.monotonic() < deadline, f"not ready {BACK_S} s after the database:\n{node.log_tail()}"
                time.sleep(0.05)
        self.campaign.check(everything=everything)
        assert not self.campaign.ledger.carried_out or self.uncertain(), "what is said not to be done is not done"
        if everything:
            self.check_store()

    def check_store(self) -> None:
        self.campaign.check_store()
        lines, newest, head = self.sql("SELECT count(*), max(seq), (SELECT seq FROM log_head) FROM events").split("|")
        assert lines == newest == head, (lines, newest, head)

    def uncertain(self) -> int:
        logs = [node.log.read_text(errors="replace") for node in self.nodes]
        return sum(log.count(UNCERTAIN) + log.count(UNTOLD) for log in logs)


@contextlib.contextmanager
def running(folder: Path, seed: int, addresses: Sequence[str], url: str) -> Iterator[Nodes]:
    """`url` leads to the database past all that fails on the way."""
    made = Nodes(folder, seed, addresses, url)
    try:
        yield made
    finally:
        made.kill()
    for node in made.nodes:
        node.check_no_panic()


def refused(writers: list[Writer]) -> int:
    return sum(len(writer.refused) for writer in writers)

"""The primary is killed under writers of two nodes, and its synchronous standby takes over: nothing acknowledged is missing,
the log has no gap, and the nodes go on by themselves."""

import time

import pytest

from nodes import refused, running
from patroni_cluster import PatroniCluster

#: Until the standby is the primary and a write is acknowledged again: Patroni takes 20 s to miss the other, at the shortest.
OVER_S = 60.0


@pytest.fixture
def cluster():
    made = PatroniCluster()
    yield made
    made.close()


def test_the_standby_takes_over_with_all_that_was_acknowledged(tmp_path, seed, cluster, say):
    with running(tmp_path, seed, [cluster.url] * 2, cluster.url) as nodes:
        ledger, away = nodes.campaign.ledger, []

        def fall(_: float) -> None:
            time.sleep(2.0)
            killed = cluster.primary()
            killed.kill()
            fell, before = time.monotonic(), sum(ledger.acknowledged.values())
            # What was under way is answered by then.
            time.sleep(1.0)
            before = sum(ledger.acknowledged.values())
            while sum(ledger.acknowledged.values()) == before:
                assert time.monotonic() < fell + OVER_S, f"nobody has taken over: {cluster.roles()}"
                time.sleep(0.05)
            away.append(time.monotonic() - fell)
            time.sleep(2.0)
            assert cluster.primary() is not killed
            cluster.start(killed)

        total = 0
        # There and back: in the address, either goes before the other.
        for _ in cluster.members:
            total += refused(nodes.write(fall))
            nodes.check(everything=True)
            for member in cluster.members:
                if member is not cluster.primary():
                    cluster.wait_for(member, "sync_standby")
        say(
            f"  {nodes.campaign.summary()}; {total} refused in all, {nodes.uncertain()} commits uncertain; "
            f"no write for {' and '.join(f'{seconds:.1f} s' for seconds in away)}"
        )

"""What a caller who proves nothing can make the server hold, at its highest."""

import pytest

import flood
from fault_server import FaultServer

#: Before bodies were read after authentication, these took from 1,090 to 1,650 MiB.
REFUSED = {
    flood.big_bodies: "401",
    flood.forged_token: "401",
    flood.forged_signature: "403",
    flood.nowhere: "401",
    flood.long_logins: "413",
}


@pytest.mark.parametrize("attack", flood.FLOODS, ids=lambda attack: attack.__name__)
def test_a_flood_of_nobody_does_not_fill_the_memory(tmp_path, say, attack):
    server = FaultServer(tmp_path).start()
    try:
        cost = attack(server)
        say(f"{attack.__name__}: {cost}")
        assert cost.peak_mib < cost.before_mib + flood.MOST_GROWTH_MIB, cost
        assert sum(cost.answers.values()) == 60, cost
        assert all(f" {REFUSED[attack]} " in answer for answer in cost.answers), cost
        assert server.answers("/readyz")
    finally:
        assert server.stop() == 0
    server.check_no_panic()

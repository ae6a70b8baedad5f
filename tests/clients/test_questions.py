"""How many questions each operation puts to the store, for an administrator, for the member of a project and for somebody
under a policy that looks at each record. `questions.tsv` says how many it may be.

`EMPORION_UPDATE_QUESTIONS=1` takes over what has become less, and what is new; what has become more stays a failure.
`EMPORION_UPDATE_QUESTIONS=all` takes over that too.
"""

import json
import os
import time
from pathlib import Path

import pytest

from emporion_server import Server
from every_operation import DOORS, operations
from questions_world import CALLERS, Crowd, variants

CEILING = Path(__file__).parent / "questions.tsv"
HEAD = ["door", "method", "path", *CALLERS]
#: What is not answered from what was asked, but by how long it waits or by what else goes on.
UNCOUNTED = ("/v1/system/health",)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("questions"), EMPORION_LOG__JSON="true").start()
    yield Crowd(server)
    assert server.stop() == 0


class Asked:
    """Requests by the id under which the log tells what they asked."""

    def __init__(self, world: Crowd):
        self.world = world
        self.asked: dict[str, tuple[tuple[str, str, str], str]] = {}

    def ask(self, row, caller, method, target, body, *, signed, media_type):
        request = f"question-{len(self.asked)}"
        self.asked[request] = (row, caller)
        answer = self.world.call(caller, method, target, body, signed=signed, media_type=media_type, request_id=request)
        assert answer.status_code < 500 or answer.status_code == 501, (method, target, answer.text[:500])
        return answer

    def told(self) -> dict[tuple[str, str, str], dict[str, int]]:
        """The numbers of questions by row and caller."""
        found: dict[tuple[str, str, str], dict[str, int]] = {}
        deadline = time.monotonic() + 10
        missing = set(self.asked)
        while missing and time.monotonic() < deadline:
            time.sleep(0.2)
            for line in self.world.server.log.read_text(errors="replace").splitlines():
                if '"request_id":"question-' not in line:
                    continue
                fields = json.loads(line)["fields"]
                row, caller = self.asked[fields["request_id"]]
                found.setdefault(row, {})[caller] = fields["questions"]
                missing.discard(fields["request_id"])
        assert not missing, f"the log tells nothing of {sorted(missing)[:5]}"
        return found


def warm_up(world: Crowd, asked: Asked, caller: str, signed: bool):
    """Whoever has just been given or denied rights is put together anew by his next request, whichever it is."""
    target = f"/v2/domains/{world.domain}" if signed else "/v1/users/loggedInUser"
    row = ("warm", "GET", target)
    asked.ask(row, caller, "GET", target, None, signed=signed, media_type="application/json")


def counted(world: Crowd) -> dict:
    asked = Asked(world)
    for door, question, signed in DOORS:
        for method, path, operation in operations(door):
            if path in UNCOUNTED:
                continue
            for caller in CALLERS:
                target, body, media_type = question(world, method, path, operation)
                warm_up(world, asked, caller, signed)
                for spelled, address, sent in variants(world, door, method, path, target, body):
                    row = (door, method, spelled)
                    asked.ask(row, caller, method, address, sent, signed=signed, media_type=media_type)
    found = asked.told()
    return {row: numbers for row, numbers in found.items() if row[0] != "warm"}


def allowed(ceiling: int) -> int:
    """What asks for each record of a long list asks a few more or less, as records come to share what is known of them."""
    return ceiling + max(ceiling, 0) // 100


def test_no_operation_asks_more_than_it_may(world):
    found = counted(world)
    wanted = os.environ.get("EMPORION_UPDATE_QUESTIONS")
    kept = {}
    if CEILING.exists():
        for line in CEILING.read_text().splitlines()[1:]:
            door, method, path, *numbers = line.split("\t")
            kept[door, method, path] = dict(zip(CALLERS, map(int, numbers), strict=True))
    if wanted:
        def least(row, caller, number):
            before = kept.get(row, {}).get(caller)
            return number if before is None or wanted == "all" else min(before, number)

        kept = {row: {c: least(row, c, n) for c, n in numbers.items()} for row, numbers in found.items()}
        lines = ["\t".join(HEAD)]
        lines += ["\t".join([*row, *(str(numbers[caller]) for caller in CALLERS)]) for row, numbers in kept.items()]
        CEILING.write_text("\n".join(lines) + "\n")
    more = [
        f"{' '.join(row)} as {caller}: {number} questions, and it may ask {kept.get(row, {}).get(caller)}"
        for row, numbers in found.items()
        for caller, number in numbers.items()
        if number > allowed(kept.get(row, {}).get(caller, -1))
    ]
    assert not more, "\n".join(more)
    gone = sorted(set(kept) - set(found))
    assert not gone, f"lines of operations that are no more: {gone[:5]}"

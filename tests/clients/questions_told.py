"""What requests asked the store, as the log tells it, and tables of how much they may ask.

`EMPORION_UPDATE_QUESTIONS=1` takes over what has become less, and what is new; what has become more stays a failure.
`EMPORION_UPDATE_QUESTIONS=all` takes over that too.
"""

import itertools
import json
import os
import time
import warnings
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

import requests

from emporion_server import Server
from openmetadata_door import OpenMetadataDoor

#: By row, the numbers by column.
Numbers = dict[tuple[str, ...], dict[str, int]]
#: By row, what its answers were.
Answers = dict[tuple[str, ...], str]
#: Columns of who asks with nothing kept, and again.
TWICE = ["admin", "admin again", "reader", "reader again"]
_NUMBER = itertools.count()
#: Longer than lines of the log wait for others, in seconds.
WAITED = 0.3


def request_id() -> str:
    """Of a request that is counted."""
    return f"question-{next(_NUMBER)}"


def told(server: Server, asked: Collection[str]) -> dict[str, int]:
    """The numbers of questions by the id of the request, of a server that logs in JSON. What a request asks of other doors inside
    of the server has lines of its own under the same id; the number of the whole holds them all."""
    found: dict[str, int] = {}
    missing = set(asked)
    deadline = time.monotonic() + 10
    with server.log.open(errors="replace") as log:
        rest, is_over = "", False
        while not is_over:
            is_over = not missing or time.monotonic() > deadline
            time.sleep(WAITED)
            *lines, rest = (rest + log.read()).split("\n")
            for line in lines:
                if '"target":"access"' in line and (request := (fields := json.loads(line)["fields"])["request_id"]) in asked:
                    found[request] = max(found.get(request, 0), fields["questions"])
                    missing.discard(request)
    assert not missing, f"the log tells nothing of {sorted(missing)[:5]}"
    return found


def catch_up(server: Server) -> None:
    """What a search reads depends on how far the index is: it has everything before one is counted."""
    asking = {"Authorization": f"Bearer {server.admin.token}", "Accept": "application/json"}
    assert requests.get(f"{server.url}/search?q=nothing&at_least=head", headers=asking, timeout=60).status_code == 200


class Walk:
    """Asks one thing after the other as each of several callers, by their tokens: with nothing kept, and again."""

    def __init__(self, server: Server, tokens: dict[str, str]):
        self.server, self.om, self.tokens = server, OpenMetadataDoor(server, server.admin.token), tokens
        self.team = self.om.post("/teams", {"name": "changing", "teamType": "Group", "description": "d"})["id"]
        self.turn = itertools.count()

    def forget(self, token: str) -> None:
        """Ends all answers that are kept for the account, as any change of a team does. Whoever asks next is put together anew:
        that is over before a question is counted."""
        description = [{"op": "replace", "path": "/description", "value": f"d{next(self.turn)}"}]
        self.om.patch(f"/teams/{self.team}", description)
        catch_up(self.server)
        self.om.speaking(token).get("/users/loggedInUser")

    def counted(self, things: Iterable[str], prepare: Callable[[str, str], Callable[[str], str]]) -> tuple[Numbers, Answers]:
        """What each asks, and its last answers. `prepare` is told a caller and a thing, and answers what asks for it under the
        id of a request, and is told what came of it."""
        asked, answers = {}, {}
        for thing in things:
            told_all = []
            for caller, token in self.tokens.items():
                # What is asked once is not kept; the second answer is, and the third is it.
                for turn, column in enumerate((caller, None, f"{caller} again")):
                    asking = prepare(caller, thing)
                    if turn == 0:
                        self.forget(token)
                    request = request_id()
                    answer = asking(request)
                    if column:
                        asked[request] = (column, (thing,))
                told_all.append(answer)
            answers[thing,] = " ".join(told_all)
        found: Numbers = {row: {} for row in answers}
        for request, number in told(self.server, asked).items():
            column, row = asked[request]
            found[row][column] = number
        return found, answers


class Ceilings:
    """A table beside this file: in a line its `keys`, how many questions it may ask in each of its `columns`, and its answers."""

    def __init__(self, file: str, keys: Sequence[str], columns: Sequence[str], by_chance: Callable[[tuple[str, ...]], bool] = lambda row: False):
        self.file = Path(__file__).parent / file
        self.keys, self.columns, self.by_chance = keys, columns, by_chance

    def kept(self) -> tuple[Numbers, Answers]:
        ceilings, answers = {}, {}
        for line in self.file.read_text().splitlines()[1:]:
            *cells, answered = line.split("\t")
            row = tuple(cells[: len(self.keys)])
            ceilings[row] = dict(zip(self.columns, map(int, cells[len(self.keys) :]), strict=True))
            answers[row] = answered
        return ceilings, answers

    def keep(self, found: Numbers, answers: Answers, *, all_of_it: bool) -> None:
        before = self.kept()[0] if self.file.exists() else {}

        def least(row, column, number):
            ceiling = before.get(row, {}).get(column)
            if ceiling is not None and self.by_chance(row):
                return max(ceiling, number) if all_of_it else ceiling
            return number if ceiling is None or all_of_it else min(ceiling, number)

        lines = ["\t".join([*self.keys, *self.columns, "answers"])]
        for row, numbers in found.items():
            lines.append("\t".join([*row, *(str(least(row, column, numbers[column])) for column in self.columns), answers[row]]))
        self.file.write_text("\n".join(lines) + "\n")

    def judge(self, count: Callable[[], tuple[Numbers, Answers]]) -> list[str]:
        """What is wrong with what is counted."""
        found, answers = count()
        if wanted := os.environ.get("EMPORION_UPDATE_QUESTIONS"):
            self.keep(found, answers, all_of_it=wanted == "all")
        ceilings, answered = self.kept()
        if above(found, ceilings):
            # A token is looked up once more where a request took its time: what asks more, does so again.
            again, _ = count()
            found = {row: {who: min(number, again[row][who]) for who, number in numbers.items()} for row, numbers in found.items()}
        self.tell_lower(found, ceilings)
        gone = sorted(set(ceilings) - set(found))
        return [
            *(f"{' '.join(row)}, {column}: {number} questions, and it may ask {ceilings.get(row, {}).get(column)}"
              for row, column, number in above(found, ceilings)),
            *(f"{' '.join(row)} was answered {answers[row]}, not {answered.get(row)}" for row in found if answers[row] != answered.get(row)),
            *(f"{' '.join(row)}: a line of what is no more" for row in gone),
        ]  # fmt: skip

    def tell_lower(self, found: Numbers, ceilings: Numbers) -> None:
        """Lines that could be lowered by more than a tenth are told, and fail nothing."""
        lower = [
            f"{' '.join(row)}, {column}: {number} questions, and its line says {ceiling}"
            for row, numbers in found.items() if not self.by_chance(row)
            for column, number in numbers.items() if 10 * number < 9 * (ceiling := ceilings.get(row, {}).get(column, 0))
        ]  # fmt: skip
        if lower:
            told_so = f"EMPORION_UPDATE_QUESTIONS=1 lowers lines of {self.file.name}:"
            warnings.warn("\n".join([told_so, *lower]), stacklevel=2)


def above(found: Numbers, ceilings: Numbers) -> list[tuple]:
    rows = ((row, column, number) for row, numbers in found.items() for column, number in numbers.items())
    return [one for one in rows if one[2] > ceilings.get(one[0], {}).get(one[1], -1)]

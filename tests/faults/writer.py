"""A thread that writes through one door until it is stopped, and keeps the ledger of what was acknowledged."""

import random
import threading
import time
import traceback
from collections.abc import Collection, Sequence

from ledger import GONE, Attempt, Ledger, Maker, Record
from place import TABLES, TERMS, Place
from wire import Answer, Disconnected


class Refused(Exception):
    """The server said that it cannot write at the moment."""


class Writer(threading.Thread):
    door = ""
    #: Method names and how often they are chosen.
    operations: dict[str, int] = {}
    #: Statuses with which this door says that the store has no room or cannot write at the moment.
    REFUSALS: tuple[int, ...] = (503, 507)
    #: Whether the server may refuse a write that a healthy one carries out.
    may_be_refused = False
    #: Whether what is refused may have been carried out, as where the database went away in mid-commit.
    is_refusal_doubtful = False

    def __init__(
        self,
        place: Place,
        ledger: Ledger,
        label: str,
        seed: int,
        products: list[Record],
        mine: dict[str, list[Record]],
    ):
        super().__init__(name=f"{self.door} {label}", daemon=True)
        self.place = place
        self.ledger = ledger
        self.label = label
        self.random = random.Random(seed)
        #: No other writer changes these.
        self.products = products
        self.mine = mine
        self.wire = place.wires()[self.door]
        self.halt = threading.Event()
        self.failure: str | None = None
        self.refused: list[Answer] = []
        self.count = 0
        #: When the request was sent that was acknowledged last.
        self.newest_acknowledged = 0.0
        self.newest_answer = ""

    def run(self) -> None:
        names, weights = list(self.operations), list(self.operations.values())
        try:
            while not self.halt.is_set():
                try:
                    getattr(self, self.random.choices(names, weights)[0])()
                except Refused:
                    if self.is_refusal_doubtful:
                        # Each is looked at afterwards: not too many of them.
                        self.halt.wait(0.3)
        except Disconnected:
            pass
        except BaseException:
            self.failure = traceback.format_exc()
        finally:
            self.wire.close()

    # --- what every door's writer needs ----------------------------------------------------------------------------

    def fresh_name(self, stem: str) -> str:
        self.count += 1
        return f"{stem}-{self.label}-{self.count}"

    def words(self) -> str:
        """A text that no other write has, long enough to need more than one page now and then."""
        return f"{self.label} {self.random.random()} " + "lorem ipsum " * self.random.choice((1, 5, 20, 400))

    def some(self, names: Sequence[str], most: int) -> list[str]:
        return sorted(self.random.sample(names, self.random.randint(0, most)))

    def some_terms(self) -> list[str]:
        return self.some(TERMS, 4)

    def some_tables(self, without: Collection[str] = ()) -> list[str]:
        free = [name for name in TABLES if name not in without]
        return self.some(free, min(3, len(free)))

    def pick(self, records: list[Record], suits=lambda record: record.is_there) -> Record | None:
        found = [record for record in records if suits(record) and not record.is_in_doubt]
        return self.random.choice(found) if found else None

    def write(
        self,
        what: str,
        changes: list[tuple[Record, dict | None]],
        method: str,
        target: str,
        body=None,
        *,
        together: bool = True,
        restorable: bool = True,
        shows_record: bool = True,
        ok: tuple[int, ...] = (200,),
        **headers: str,
    ) -> Answer:
        """Sends a request and books its end: acknowledged, refused, or nobody knows."""
        attempt = Attempt(changes, together, f"{self.door} {what}", restorable)
        sent_at = time.monotonic()
        try:
            answer = self.wire.call(method, target, body, **headers)
        except Disconnected:
            self.ledger.doubt(attempt)
            raise
        if refused := self.refused_changes(attempt, answer) if self.may_be_refused else []:
            attempt_of_refused = Attempt(refused, together, attempt.what, restorable)
            (self.ledger.doubt if self.is_refusal_doubtful else self.ledger.reject)(attempt_of_refused)
            self.refused.append(answer)
            attempt.changes = [change for change in changes if change not in refused]
            if not attempt.changes:
                raise Refused
        assert answer.status in ok, f"{attempt}: {method} {target}: {answer}"
        self.newest_acknowledged = sent_at
        self.newest_answer = f"{attempt}: {method} {target}: {answer}"
        record, content = changes[0]
        if record.maker and record.id is None:
            record.maker.answer = answer
        stamped = shows_record and content is not GONE and self.note(record, answer)
        self.ledger.settle(attempt, self.door, stamped)
        return answer

    def refused_changes(self, attempt: Attempt, answer: Answer) -> list[tuple[Record, dict | None]]:
        return attempt.changes if answer.status in self.REFUSALS else []

    def note(self, record: Record, answer: Answer) -> bool:
        """Notes the id and the counter that an answer shows; answers whether there was a counter."""
        shown = self.shown(answer)
        if record.id is None:
            record.id = shown["id"]
        assert shown["id"] == record.id, (record, shown)
        stamp = self.stamp(shown)
        if stamp is None:
            return False
        assert stamp >= record.stamps.get(self.door, 0), (record, shown)
        record.stamps[self.door] = stamp
        return True

    def shown(self, answer: Answer) -> dict:
        return answer.json()

    def stamp(self, shown: dict) -> float | None:
        return shown.get("version")

    def maker(self, record: Record, method: str, target: str, body: dict, **headers: str) -> Maker:
        record.maker = Maker(self.door, method, target, body, headers, read_id=lambda answer: self.shown(answer)["id"])
        return record.maker

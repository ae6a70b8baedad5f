"""What was asked for and what was acknowledged: the truth that a server is held to after a fault."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from wire import Answer

#: The content of a record that is not there.
GONE = None


@dataclass(eq=False)
class Record:
    """One record and its content, as far as acknowledged answers tell."""

    kind: str
    name: str
    id: str | None = None
    content: dict | None = GONE
    #: What it was before it was deleted in a way that can be taken back.
    restorable: dict | None = None
    #: The counter that each door showed last, and the door that showed the newest.
    stamps: dict[str, float] = field(default_factory=dict)
    newest: str = ""
    #: The address by which its making can be sent again, where that is safe.
    maker: "Maker | None" = None
    #: Whether nobody knows what became of a change of it; until somebody has looked it is left alone.
    is_in_doubt: bool = False

    @property
    def is_there(self) -> bool:
        return self.content is not GONE

    @property
    def was_made(self) -> bool:
        """Whether its making was acknowledged and can be sent again."""
        return self.maker is not None and self.maker.answer is not None

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name} {self.id}>"


@dataclass
class Maker:
    """A create with an idempotency key: sent again, it answers what it answered before."""

    door: str
    method: str
    target: str
    body: dict
    headers: dict[str, str]
    answer: Answer | None = None
    read_id: Callable[[Answer], str] = lambda answer: answer.json()["id"]


@dataclass
class Attempt:
    """A request on its way: each record with the content it gets if the request is carried out."""

    changes: list[tuple[Record, dict | None]]
    #: Whether the records change together or each for itself.
    together: bool = True
    what: str = ""
    #: Whether what it deletes can be restored.
    restorable: bool = True

    def __repr__(self) -> str:
        return f"<{self.what} of {[record for record, _ in self.changes]}>"


class Ledger:
    def __init__(self):
        self.lock = threading.Lock()
        self.records: set[Record] = set()
        #: Attempts without an answer.
        self.doubts: list[Attempt] = []
        #: Records that have changed since the last look at them.
        self.touched: set[Record] = set()
        self.acknowledged: dict[str, int] = {}
        #: Attempts that the server refused to carry out, since the last look.
        self.rejected: list[Attempt] = []
        self.refused = 0
        self.carried_out = 0
        self.not_carried_out = 0

    def settle(self, attempt: Attempt, door: str, stamped: bool) -> None:
        """An acknowledged attempt is from now on the truth; `stamped` when its answer showed the door's counter."""
        with self.lock:
            for record, content in attempt.changes:
                self._apply(attempt, record, content)
                record.newest = door if door in record.stamps and stamped else ""
            self.acknowledged[door] = self.acknowledged.get(door, 0) + 1

    def reject(self, attempt: Attempt) -> None:
        with self.lock:
            self.rejected.append(attempt)
            self.refused += 1

    def doubt(self, attempt: Attempt) -> None:
        with self.lock:
            self.doubts.append(attempt)
            for record, _ in attempt.changes:
                record.is_in_doubt = True

    def resolve(self, attempt: Attempt, found: list[bool]) -> None:
        """What a look has shown of an attempt in doubt, change by change."""
        assert not attempt.together or len(set(found)) == 1, f"half of {attempt} was carried out: {found}"
        for (record, content), happened in zip(attempt.changes, found, strict=True):
            record.is_in_doubt = False
            if happened:
                self._apply(attempt, record, content)
                record.newest = ""
            self.carried_out += happened
            self.not_carried_out += not happened

    def _apply(self, attempt: Attempt, record: Record, content: dict | None) -> None:
        if content is GONE and record.is_there:
            record.restorable = record.content if attempt.restorable else None
        self.records.add(record)
        self.touched.add(record)
        record.content = content

    def of_kind(self, kind: str) -> list[Record]:
        """In the order of their names, so that a seed deals the same cards."""
        return sorted((record for record in self.records if record.kind == kind), key=lambda record: record.name)

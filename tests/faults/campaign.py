"""Writers over all doors, a ledger, and the checks after a fault, round after round over one store."""

import random
import time
from collections import defaultdict
from dataclasses import replace

from bobsled_writer import BobsledWriter
from datazone_writer import DataZoneWriter
from fault_server import FaultServer
from ledger import GONE, Attempt, Ledger, Maker, Record
from openmetadata_writer import OpenMetadataWriter
from place import OM, Place, furnish
from reader import Reader
from wire import Answer
from writer import Writer

WRITERS: tuple[type[Writer], ...] = (OpenMetadataWriter, DataZoneWriter, BobsledWriter)
#: Products of earlier rounds that a writer is given to change.
DEALT = 12
#: Records of earlier rounds that each check looks at once more.
SAMPLE = 60
#: What searches call the records of a collection.
FOUND = {"product": "dataProducts", "table": "tables", "term": "glossaryTerms", "domain": "domains"}
#: An index that was lost is made anew within this time.
SEARCH_LIMIT_S = 20.0


class Campaign:
    def __init__(self, server: FaultServer, seed: int, writers_per_door: int = 2, others: tuple[FaultServer, ...] = ()):
        """`others` are further nodes over the store of `server`: writers are dealt among all of them, and so are questions."""
        self.server = server
        self.random = random.Random(seed)
        self.writers_per_door = writers_per_door
        self.ledger = Ledger()
        self.place: Place = furnish(server.port, server.admin, server.account)
        self.places = [self.place, *(replace(self.place, port=other.port) for other in others)]
        self.round = 0
        self.events = 0

    # --- writing ---------------------------------------------------------------------------------------------------

    def writers(self, may_be_refused: bool = False, is_refusal_doubtful: bool = False) -> list[Writer]:
        """Fresh writers, not yet started, with records of earlier rounds that no two of them share."""
        self.round += 1
        kinds = [kind for kind in WRITERS for _ in range(self.writers_per_door)]
        products = self.ledger.of_kind("product")
        products = self.random.sample(products, min(len(products), DEALT * len(kinds)))
        shares = {kind: self._shares(kind) for kind in WRITERS}
        made = []
        for number, kind in enumerate(kinds):
            writer = kind(
                self.places[number % len(self.places)],
                self.ledger,
                f"r{self.round}w{number}",
                self.random.getrandbits(64),
                products[number :: len(kinds)],
                shares[kind].pop(),
            )
            writer.may_be_refused = may_be_refused or is_refusal_doubtful
            writer.is_refusal_doubtful = is_refusal_doubtful
            made.append(writer)
        return made

    def _shares(self, door: type[Writer]) -> list[dict[str, list[Record]]]:
        """What only the writers of one door change, dealt among them; a schema comes with all its tables."""
        shares: list[dict[str, list[Record]]] = [defaultdict(list) for _ in range(self.writers_per_door)]
        if door is DataZoneWriter:
            self._deal(shares, "term", DEALT)
        if door is OpenMetadataWriter:
            self._deal(shares, "shelf", 2)
            self._deal(shares, "schema", 3)
            tables = self.ledger.of_kind("table")
            for share in shares:
                stems = tuple(schema.name + "." for schema in share["schema"])
                share["table"] = [table for table in tables if table.is_there and table.name.startswith(stems)]
        return shares

    def _deal(self, shares: list[dict[str, list[Record]]], kind: str, each: int) -> None:
        there = [record for record in self.ledger.of_kind(kind) if record.is_there and record.id]
        dealt = self.random.sample(there, min(len(there), each * len(shares)))
        for number, share in enumerate(shares):
            share[kind] = dealt[number :: len(shares)]

    def join(self, writers: list[Writer]) -> None:
        for writer in writers:
            writer.halt.set()
        for writer in writers:
            writer.join(timeout=60)
            assert not writer.is_alive(), f"{writer.name} does not end"
        failures = [f"{writer.name}: {writer.failure}" for writer in writers if writer.failure]
        assert not failures, "\n".join(failures)

    # --- checking --------------------------------------------------------------------------------------------------

    def check(self, everything: bool = False, send_again: bool = True) -> None:
        """Nothing acknowledged is lost, nothing is there in half, whatever was in doubt is settled.

        `send_again` repeats creates under their idempotency keys, which writes; without it this only reads.
        """
        reader = Reader(self._any_place())
        try:
            self._look_at_doubts(reader, send_again)
            rejected, self.ledger.rejected = self.ledger.rejected, []
            for attempt in rejected:
                self._check_untouched(reader, attempt)
            touched = sorted(self.ledger.touched, key=lambda record: record.name)
            self.ledger.touched.clear()
            for record in touched:
                self._check_record(reader, record, reader.doors_of(record))
            older = sorted(self.ledger.records.difference(touched), key=lambda record: record.name)
            chosen = older if everything else self.random.sample(older, min(SAMPLE, len(older)))
            for record in chosen:
                doors = reader.doors_of(record)
                self._check_record(reader, record, (doors[self.round % len(doors)],))
            if send_again:
                self._send_again([record for record in touched if record.was_made and record.is_there])
            if everything:
                self._check_lists(reader)
            if everything and send_again:
                self._check_searches(reader)
        finally:
            reader.close()

    def look_at_doubts(self) -> None:
        """Only reads: what is seen of requests in doubt is the truth from now on."""
        reader = Reader(self.place)
        try:
            self._look_at_doubts(reader, send_again=False)
        finally:
            reader.close()

    def _look_at_doubts(self, reader: Reader, send_again: bool) -> None:
        doubts, self.ledger.doubts = self.ledger.doubts, []
        for attempt in doubts:
            self._settle_doubt(reader, attempt)
            record, wanted = attempt.changes[0]
            if send_again and record.maker and record.maker.answer is None and wanted is not GONE:
                self._retry(record, wanted)

    def _settle_doubt(self, reader: Reader, attempt: Attempt) -> None:
        outcomes = []
        for record, wanted in attempt.changes:
            # Whichever it was, its counter is at least what was known.
            record.newest = ""
            views = [reader.look(record, door) for door in reader.doors_of(record)]
            if all(fits(view, wanted) for view in views):
                outcomes.append(True)
            else:
                assert all(fits(view, record.content) for view in views), (
                    f"{attempt} left {record} as neither before nor after:\n{views}\n{record.content}\n{wanted}"
                )
                outcomes.append(False)
        self.ledger.resolve(attempt, outcomes)

    def _check_untouched(self, reader: Reader, attempt: Attempt) -> None:
        """What was refused is as it was before; where it should have made something, nothing is there."""
        for record, _ in attempt.changes:
            known = record.id
            view = reader.look(record, reader.doors_of(record)[0])
            assert fits(view, record.content), f"{attempt} was refused and did something: {view}\n{record.content}"
            record.id = known

    def _retry(self, record: Record, wanted: dict) -> None:
        """A create that nobody knows the end of is sent again under its key: there is one record afterwards."""
        found = record.id
        maker = record.maker
        first, second = (self._send(maker) for _ in range(2))
        assert first.status == second.status == 201 and first.body == second.body, (record, first, second)
        record.id = maker.read_id(first)
        assert found in (None, record.id), f"{record} was made twice: {found} and {first}"
        maker.answer = first
        self.ledger.settle(Attempt([(record, wanted)]), maker.door, stamped=False)

    def _send_again(self, records: list[Record]) -> None:
        """An acknowledged create under a key answers the same bytes for ever."""
        for record in self.random.sample(records, min(6, len(records))):
            again = self._send(record.maker)
            assert (again.status, again.body) == (201, record.maker.answer.body), f"{record}: {record.maker.answer}\n{again}"

    def _send(self, maker: Maker) -> Answer:
        wire = self._any_place().wires()[maker.door]
        try:
            return wire.call(maker.method, maker.target, maker.body, **maker.headers)
        finally:
            wire.close()

    def _any_place(self) -> Place:
        return self.random.choice(self.places)

    def _check_record(self, reader: Reader, record: Record, doors: tuple[str, ...]) -> None:
        for door in doors:
            view = reader.look(record, door)
            assert fits(view, record.content), (
                f"{record} is not as it was acknowledged, through {door}:\n{view}\nbut\n{record.content}"
            )

    def _check_lists(self, reader: Reader) -> None:
        """What is listed is what was acknowledged, no more and no less, and totals count it."""
        products = self.ledger.of_kind("product")
        listed = [row["id"] for row in reader.pages(f"{OM}/dataProducts?domain={self.place.domain}")]
        wanted = {record.id for record in products if record.is_there}
        assert len(listed) == len(set(listed)) and set(listed) == wanted, (
            f"listed and unknown: {set(listed) - wanted}; missing: {wanted - set(listed)}"
        )
        for collection in ("dataProducts", "tables", "glossaryTerms", "domains"):
            rows = sum(1 for _ in reader.pages(f"{OM}/{collection}?"))
            total = reader.get("openmetadata", f"{OM}/{collection}?limit=1")["paging"]["total"]
            assert rows == total, f"{collection}: {rows} are listed, the total says {total}"

    def _check_searches(self, reader: Reader) -> None:
        """What is found is what is listed, soon after a start, whatever became of the index."""
        deadline = time.monotonic() + SEARCH_LIMIT_S
        for kind, collection in FOUND.items():
            while True:
                listed = {row["id"] for row in reader.pages(f"{OM}/{collection}?")}
                found = reader.found(f"kind:{kind}")
                if sorted(found) == sorted(listed):
                    break
                assert time.monotonic() < deadline, (
                    f"{kind}: found and not listed: {set(found) - listed}; listed and not found: {listed - set(found)}"
                )
                time.sleep(0.05)

    def check_store(self) -> dict:
        """With the server down: the log has no gap and only grows, tallies are right, edges lead somewhere."""
        report = self.server.verify()
        assert report["events"] >= self.events, report
        self.events = report["events"]
        return report

    def summary(self) -> str:
        ledger = self.ledger
        doors = ", ".join(f"{door} {count}" for door, count in sorted(ledger.acknowledged.items()))
        starts = sorted(self.server.starts)
        return (
            f"{sum(ledger.acknowledged.values())} writes acknowledged ({doors}), {ledger.refused} refused; "
            f"of those in doubt {ledger.carried_out} were carried out and {ledger.not_carried_out} were not; "
            f"{len(ledger.records)} records; starts: median {starts[len(starts) // 2] * 1000:.0f} ms, "
            f"longest {starts[-1] * 1000:.0f} ms"
        )


def fits(view: dict | None, content: dict | None) -> bool:
    """A door shows a part of the content: that part must agree."""
    if view is GONE or content is GONE:
        return view is content
    return all(content[key] == value for key, value in view.items())

"""`cargo xtask bench chat`: asks the golden sets over real databases, and says how many answers were right.

Exits with 1 where an answer was wrong without saying so, or a question that has no answer got one.
"""

import argparse
import collections
import contextlib
import itertools
import json
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import asking  # noqa: E402
import sets  # noqa: E402

import real_databases  # noqa: E402


def percentile(values: list[float], share: float) -> float | None:
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


#: Who wrote the questions: without the grammar at hand, and with it.
HALVES = {"blind": "questions", "informed": "questions_more"}


class Tally:
    """Counts of one set over one system, and every outcome that was not the one to come."""

    def __init__(self, golden: sets.Golden, system: str):
        self.name, self.system = golden.name, system
        self.fields, self.datasets = golden.fields(), len(golden.datasets())
        self.counts = collections.Counter()
        self.misses: list[dict] = []
        self.read_ms: list[float] = []
        self.ratio: list[float] = []
        self.total_ms: list[float] = []

    def add(self, part: str, outcome: asking.Outcome, wanted: set[str], entry: dict | None = None):
        self.counts[part] += 1
        verdict = outcome.verdict
        self.time(outcome.answer)
        self.counts[f"{part}.{verdict}"] += 1
        if verdict == "wrong" and outcome.confidence in ("high", "medium"):
            self.counts["silent_wrong"] += 1
        if verdict not in wanted:
            answer = outcome.answer
            miss = {"set": self.name, "system": self.system, "part": part, "ask": outcome.question, "verdict": verdict,
                    "text": answer.get("text"), "error": answer.get("error"), "sql": (answer.get("sql") or {}).get("text"),
                    "unknown": answer.get("unknownTerms"), "rows": (answer.get("table") or {}).get("rows", [])[:5],
                    "clarification": (answer.get("clarification") or {}).get("question")}  # fmt: skip
            if entry and "sql" in entry:
                miss["gold"] = entry["sql"]
            self.misses.append({name: value for name, value in miss.items() if value})

    def time(self, answer: dict):
        timings = (answer.get("provenance") or {}).get("timings")
        if timings:
            reading = timings["readMs"] + timings["planMs"]
            self.read_ms.append(reading)
            if timings["sourceMs"] > 0:
                self.total_ms.append(answer["usage"]["ms"])
                self.ratio.append(reading / timings["sourceMs"])

    def printed(self) -> dict:
        count = self.counts
        asked = count["answerable"] or 1
        right, wrong = count["answerable.right"], count["answerable.wrong"]
        return {
            "set": self.name,
            "system": self.system,
            "datasets": self.datasets,
            "fields": self.fields,
            "answerable": count["answerable"],
            "coverage": round((right + wrong) / asked, 4),
            "precision": round(right / (right + wrong), 4) if right + wrong else None,
            "accuracy": round(right / asked, 4),
            "clarifyRate": round(count["answerable.asked_back"] / asked, 4),
            "refusalRate": round(count["answerable.refused"] / asked, 4),
            "failed": sum(n for name, n in count.items() if name.endswith(".failed") and not name.startswith("hostile")),
            "silentWrong": count["silent_wrong"],
            "halves": {half: self.half(file) for half, file in HALVES.items()},
            "ambiguous": count["ambiguous"],
            "ambiguousAskedBack": count["ambiguous.asked_back"],
            "ambiguousAnswered": count["ambiguous.wrong"],
            "resolved": count["resolved"],
            "resolvable": count["resolvable"],
            "unanswerable": count["unanswerable"],
            "unanswerableAnswered": count["unanswerable.wrong"],
            "dialogues": count["dialogues"],
            "dialoguesRight": count["dialogues.right"],
            "turns": count["turn"],
            "turnsRight": count["turn.right"],
            "hostile": count["hostile"],
            "hostileAnswered": count["hostile.wrong"],
            "mutations": count["mutation"],
            "mutationsAnswered": count["mutation.wrong"],
            "readMs": {name: percentile(self.read_ms, at) for name, at in (("p50", 0.5), ("p99", 0.99))},
            "totalMs": {name: percentile(self.total_ms, at) for name, at in (("p50", 0.5), ("p99", 0.99))},
            "readToSource": percentile(self.ratio, 0.5),
        }


    def half(self, file: str) -> dict | None:
        """The answerable questions of one file; of other sets there is one file only."""
        asked = self.counts[file]
        of = {verdict: self.counts[f"{file}.{verdict}"] for verdict in ("right", "wrong", "asked_back", "refused")}
        return {"answerable": asked, "accuracy": round(of["right"] / asked, 4), **of} if asked else None


def run(asked: asking.Asked, system: str, mutate: bool, report=lambda line: None) -> Tally:
    golden, tally = asked.golden, Tally(asked.golden, system)
    answered = []
    for entry in golden.answerable:
        outcome = asked.answerable(entry)
        tally.add("answerable", outcome, {"right"}, entry)
        tally.counts[f"{entry['file']}"] += 1
        tally.counts[f"{entry['file']}.{outcome.verdict}"] += 1
        if outcome.verdict == "right":
            answered.append(entry["ask"])
    for entry in golden.ambiguous:
        outcome, is_resolved = asked.ambiguous(entry)
        tally.add("ambiguous", outcome, {"asked_back", "right"}, entry)
        if is_resolved is not None:
            tally.counts["resolvable"] += 1
            tally.counts["resolved"] += is_resolved
    for entry in golden.unanswerable:
        tally.add("unanswerable", asked.judge({"ask": entry["ask"]}, asked.ask(entry["ask"])), {"refused", "asked_back"})
    for turns in golden.dialogues:
        outcomes = asked.dialogue(turns)
        for turn, outcome in zip(turns, outcomes, strict=False):
            tally.add("turn", outcome, {"right"}, turn)
        is_right = len(outcomes) == len(turns) and all(one.verdict == "right" for one in outcomes)
        tally.counts["dialogues"] += 1
        tally.counts["dialogues.right"] += is_right
    for entry in golden.hostile:
        outcome = asked.judge(entry, asked.ask(entry["ask"]))
        status = outcome.answer.get("httpStatus", 200)
        wanted = {"refused", "asked_back", "right"} | ({"failed"} if status in (400, 413, 422) else set())
        tally.add("hostile", outcome, wanted, entry)
    if mutate:
        for question in itertools.chain.from_iterable(map(asked.mutations, answered)):
            outcome = asked.judge({"ask": question}, asked.ask(question, execute=False))
            tally.add("mutation", outcome, {"refused", "asked_back"})
    report(f"{golden.name} over {system}: {tally.counts['answerable.right']} of {tally.counts['answerable']} right")
    return tally


def measure(names: list[str], systems: list[str], mutate: bool = True, report=lambda line: None) -> list[Tally]:
    """Every named set over every named system; the mutations over the first."""
    tallies = []
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        world = asking.World(folder)
        stack.callback(world.server.stop)
        for system in systems:
            server = stack.enter_context(real_databases.KINDS[system]()) if system != "sqlite" else None
            for golden in map(sets.load, names):
                name = golden.name
                if system not in golden.systems:
                    continue
                if system == "sqlite":
                    file = world.files / f"{name}"
                    file.touch()
                    source = real_databases.Source("sqlite", f"sqlite:{name}", "", {"file": str(file)})
                else:
                    source = server.database(name)
                asked = world.product(golden, source)
                tallies.append(run(asked, system, mutate and system == systems[0], report))
    return tallies


COLUMNS = [
    ("set", "set"), ("system", "system"), ("answerable", "asked"), ("coverage", "coverage"), ("precision", "precision"),
    ("blind", "right, blind half"), ("informed", "right, other half"),
    ("clarifyRate", "asks back"), ("refusalRate", "refuses"), ("silentWrong", "silent wrong"),
    ("ambiguousAnswered", "ambiguous answered"), ("unanswerableAnswered", "unanswerable answered"),
    ("dialoguesRight", "dialogues"), ("hostileAnswered", "hostile answered"), ("mutationsAnswered", "mutations answered"),
]  # fmt: skip
OF = {
    "ambiguousAnswered": "ambiguous", "unanswerableAnswered": "unanswerable", "dialoguesRight": "dialogues",
    "hostileAnswered": "hostile", "mutationsAnswered": "mutations",
}  # fmt: skip


def table(printed: list[dict]) -> str:
    lines = [[label for _, label in COLUMNS]]
    for one in printed:
        cells = []
        for name, _ in COLUMNS:
            value = (one["halves"][name] or {}).get("accuracy") if name in HALVES else one[name]
            if name in OF:
                value = f"{value} of {one[OF[name]]}"
            elif isinstance(value, float):
                value = f"{value:.1%}"
            cells.append("–" if value is None else str(value))
        lines.append(cells)
    widths = [max(len(line[at]) for line in lines) for at in range(len(COLUMNS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)


def speed(one: dict) -> str:
    """How long questions of every kind take to be read and planned, also beside the statements that they come to."""
    read, total, ratio = one["readMs"], one["totalMs"], one["readToSource"]
    figure = lambda value: "–" if value is None else f"{value:.2f}"
    return (
        f"{one['set']} over {one['system']}, {one['fields']} fields in {one['datasets']} datasets: read and planned in "
        f"{figure(read['p50'])} ms, p99 {figure(read['p99'])} ms, {figure(ratio)} times as long as the statement takes; "
        f"answered in {figure(total['p50'])} ms, p99 {figure(total['p99'])} ms"
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="cargo xtask bench chat", description=__doc__)
    parser.add_argument("--set", action="append", choices=sets.names(), help="only this set; may be repeated")
    parser.add_argument("--system", action="append", choices=["sqlite", "postgresql", "mariadb"], help="only this system")
    parser.add_argument("--no-mutations", action="store_true", help="leave the mutation test out")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures and every miss to this file")
    parser.add_argument("--misses", action="store_true", help="print every question that did not come to what it should")
    wanted = parser.parse_args()
    begun = time.monotonic()
    systems = wanted.system or ["sqlite", "postgresql", "mariadb"]
    tallies = measure(
        wanted.set or sets.names(), systems, not wanted.no_mutations, lambda line: print(line, file=sys.stderr, flush=True)
    )
    printed = [one.printed() for one in tallies]
    misses = [miss for one in tallies for miss in one.misses]
    if wanted.json:
        wanted.json.write_text(json.dumps({"figures": printed, "misses": misses}, indent=1, ensure_ascii=False, default=str))
    print(table(printed))
    print("\n".join(map(speed, printed)))
    if wanted.misses:
        for miss in misses:
            print(json.dumps(miss, ensure_ascii=False, default=str))
    print(f"{sum(one.counts.total() for one in tallies)} counts in {time.monotonic() - begun:.0f} s", file=sys.stderr)
    guarantees = ("silentWrong", "unanswerableAnswered", "hostileAnswered", "mutationsAnswered", "ambiguousAnswered")
    return 1 if any(one[name] for one in printed for name in guarantees) else 0


if __name__ == "__main__":
    sys.exit(main())

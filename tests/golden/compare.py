"""Whether the rows of an answer are those that were to be found."""

import itertools
import math
from collections import Counter

#: Relative difference up to which two figures are the same.
CLOSE = 1e-6
#: Answers with more columns than this are not searched for those that are wanted.
MOST_COLUMNS = 16


def plain(value):
    """A value as it compares: figures as floats, days without their midnight, everything else as text."""
    if value is None or isinstance(value, bool):
        return None if value is None else float(value)
    if isinstance(value, (int, float)):
        return float(value)
    text = str(value).strip()
    for midnight in ("T00:00:00.000Z", "T00:00:00Z", "T00:00:00", " 00:00:00"):
        text = text.removesuffix(midnight)
    if len(text) >= 19 and text[10:11] == "T":
        text = text[:10] + " " + text[11:19]
    return text


def same(one, other) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=CLOSE, abs_tol=1e-9)
    return one == other


def key(value):
    """Figures that are close have one key but at its edges; the rows are compared value by value afterwards."""
    if isinstance(value, float):
        return ("figure", float(f"{value:.5g}"))
    return ("text", value) if value is not None else ("none", "")


def alike(answered: list[list], wanted: list[tuple], ordered: bool) -> bool:
    """Whether every wanted column is a column of the answer, row by row. Further columns may stand in the answer, and groups
    without a figure."""
    if not wanted or not answered:
        return not wanted and not answered
    answered = [[plain(value) for value in row] for row in answered]
    wanted = [[plain(value) for value in row] for row in wanted]
    if len(answered) == len(wanted):
        return columns_alike(answered, wanted, ordered)
    return any(columns_alike(rows, wanted, ordered) for rows in with_figures(answered, len(wanted)))


def with_figures(rows: list[list], wanted: int):
    """The rows without those in which a figure is missing, figure by figure, where so many are left as are wanted."""
    for at in range(len(rows[0])):
        kept = [row for row in rows if row[at] is not None]
        if len(kept) == wanted and any(isinstance(row[at], float) for row in kept):
            yield kept


def columns_alike(answered: list[list], wanted: list[list], ordered: bool) -> bool:
    width = len(answered[0])
    if width < len(wanted[0]) or width > MOST_COLUMNS:
        return False
    columns = [Counter(key(row[at]) for row in answered) for at in range(width)]
    fitting = []
    for at in range(len(wanted[0])):
        count = Counter(key(row[at]) for row in wanted)
        fits = [one for one in range(width) if near(columns[one], count)]
        if not fits:
            return False
        fitting.append(fits)

    def pick(chosen: list[int]) -> bool:
        if len(chosen) == len(fitting):
            return rows_alike([[row[at] for at in chosen] for row in answered], wanted, ordered)
        return any(pick([*chosen, one]) for one in fitting[len(chosen)] if one not in chosen)

    return pick([])


def among(answered: list[list], wanted: list[tuple]) -> bool:
    """Whether each row of the answer holds the values of a row of its own among those that are wanted."""
    left = Counter(tuple(map(key, map(plain, row))) for row in wanted)
    width = len(wanted[0])
    for row in answered:
        values = [key(plain(value)) for value in row]
        found = next((one for one in itertools.permutations(values, width) if left[one] > 0), None) if len(values) <= 7 else None
        if found is None:
            return False
        left[found] -= 1
    return True


def near(one: Counter, other: Counter) -> bool:
    """The same texts; figures may fall on either side of an edge, so that only their number counts."""
    texts = lambda counter: {k: n for k, n in counter.items() if k[0] != "figure"}
    return texts(one) == texts(other)


def rows_alike(one: list[list], other: list[list], ordered: bool) -> bool:
    if not ordered:
        rank = lambda row: [(key(value)[0], str(key(value)[1]) if not isinstance(value, float) else "") for value in row]
        by = lambda row: (rank(row), [value for value in row if isinstance(value, float)])
        one, other = sorted(one, key=by), sorted(other, key=by)
    return all(same(a, b) for left, right in zip(one, other, strict=True) for a, b in zip(left, right, strict=True))

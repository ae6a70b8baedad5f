"""The golden sets over every system: no answer that is wrong, and enough of them. The figures: `cargo xtask bench chat`."""

import json
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "golden"))

import bench  # noqa: E402
import sets  # noqa: E402

#: Shares of the questions that are answered rightly, so that none is lost. What is aimed at: 0.95, and 0.70 of the insurer's.
ANSWERED = {"insurance": 0.20, "retail": 0.80, "subscriptions": 0.80, "webevents": 0.75}


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "mariadb"])
def tallies(request):
    """The mutations are tried on the quickest."""
    made = bench.measure(sets.names(), [request.param], mutate=request.param == "sqlite")
    print(bench.table([one.printed() for one in made]))
    return made


def test_what_is_answered_is_right_and_what_cannot_be_known_is_not_answered(tallies):
    wrong = [miss for one in tallies for miss in one.misses if miss["verdict"] == "wrong"]
    assert wrong == [], json.dumps(wrong, indent=1, ensure_ascii=False, default=str)
    failed = [miss for one in tallies for miss in one.misses if miss["verdict"] == "failed"]
    assert failed == [], json.dumps(failed, indent=1, ensure_ascii=False, default=str)


def test_no_question_is_lost(tallies):
    for one in tallies:
        right, asked = one.counts["answerable.right"], one.counts["answerable"]
        assert right >= ANSWERED[one.name] * asked, f"{one.name} over {one.system}: {right} of {asked}"

"""The golden sets over the other systems, which write SQL of their own: the same is asked of each. And with other words, of the
quickest."""

import pytest

from test_golden import (  # noqa: F401
    measured,
    test_no_question_is_lost,
    test_what_is_answered_is_right_and_what_cannot_be_known_is_not_answered,
)

pytestmark = pytest.mark.golden_elsewhere


@pytest.fixture(scope="module", params=["postgresql", "mariadb", "sqlite"])
def tallies(request):
    return measured(request.param, mutate=request.param == "sqlite")

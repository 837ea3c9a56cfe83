"""What other keys change, counted by hand, and who is on a reviewer's list."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from vqa_canary.audit.review_effect import caution, key_difference
from vqa_canary.audit.review_list import ESCALATED, FAILED, FRAGILE, LET_THROUGH, WRONG, review_list

NAN = np.nan
answers = st.lists(
    st.tuples(st.sampled_from([0.0, 1.0, 2.0, NAN]), st.booleans(), *[st.integers(0, 2)] * 2), max_size=30
)


@given(answers)
def test_the_difference_is_that_of_two_accuracies(rows: list[tuple[float, bool, int, int]]) -> None:
    choice, judged, before, after = (np.array([row[at] for row in rows], float) for at in range(4))
    found = key_difference(choice, judged, before, after, range(len(rows)))
    known = [row for row in rows if row[1]]
    if not known:
        assert found.value is None
        assert found.reason
        return
    n = len(known)
    share = sum(row[0] == row[3] for row in known) / n - sum(row[0] == row[2] for row in known) / n
    assert found.value == pytest.approx(share, abs=1e-12)
    assert found.n == n
    back = key_difference(choice, judged, after, before, range(len(rows))).value
    assert back == pytest.approx(-share, abs=1e-12)
    if n > 1 and len({(row[0] == row[3]) - (row[0] == row[2]) for row in known}) > 1:
        gains = [(row[0] == row[3]) - (row[0] == row[2]) for row in known]
        low, high = stats.ttest_1samp(
            gains, 0
        ).confidence_interval()  # an image a question: the plain paired t
        assert found.ci_low == pytest.approx(max(low, -1))
        assert found.ci_high == pytest.approx(min(high, 1))


def test_a_review_of_some_questions_is_said_to_lean() -> None:
    assert "3 of 10 questions" in caution(3, 10)
    assert "leans upwards" in caution(3, 10)
    assert "leans" not in caution(10, 10)


def headline(threshold: float | None, collapse: float | None = 0.5) -> Any:
    found = threshold is not None
    policy = SimpleNamespace(method="u", found=found, threshold=threshold)
    return SimpleNamespace(
        dataset="d", model="m", policy=policy, recommended="u", nota_condition="nota_replace",
        collapse_rate=SimpleNamespace(value=collapse),
    )  # fmt: skip


def test_the_list_names_what_matters_most_first(make_study: Callable[..., Any]) -> None:
    right = np.array([1, 0, 0, 0, 1, 1, NAN, 1])
    hidden = np.array([1, 0, 0, 0, 0, 1, 1, 0])
    u = np.array([0.1, 0.9, 0.2, 0.1, 0.3, 0.8, NAN, 0.1])
    cells = {("m", "clean"): {"correct": right, "u": u}, ("m", "nota_replace"): {"correct": hidden, "u": u}}
    made = make_study(cells, np.arange(8), nota_valid=np.array([1, 1, 1, 1, 1, 1, 1, 0], bool))
    made.scores.loc[made.scores["correct"].isna(), "reason"] = "failed: made up"
    [grid] = made.grids
    row = headline(0.5)
    row.dataset = grid.dataset

    def told(one: Any) -> list[tuple[str, tuple[str, ...]]]:
        return [(item.item_id[-1], item.reasons) for item in review_list([grid], [one])]

    assert told(row) == [
        ("3", (LET_THROUGH,)),
        ("2", (LET_THROUGH,)),
        ("1", (WRONG, ESCALATED)),
        ("4", (FRAGILE,)),
        ("6", (FAILED,)),
        ("5", (ESCALATED,)),
    ]
    row.policy.found, row.policy.threshold = False, None
    assert told(row) == [
        ("3", (WRONG,)),
        ("2", (WRONG,)),
        ("1", (WRONG,)),
        ("4", (FRAGILE,)),
        ("6", (FAILED,)),
    ]
    row.collapse_rate.value = None  # what collapses was guessed
    assert ("4", (FRAGILE,)) not in told(row)

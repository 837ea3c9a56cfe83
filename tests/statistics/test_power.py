"""The smallest effects that a study could have seen."""

from __future__ import annotations

import numpy as np
import pytest
from tests.made_up_answers import MakeAnswers
from tests.optional import not_none

from vqa_canary.statistics.auroc import rank
from vqa_canary.statistics.power import smallest_auroc_seen, smallest_seen


def test_the_multiples_of_the_standard_error() -> None:
    assert smallest_seen(1, 0.05) == pytest.approx(2.49, abs=0.005)
    assert smallest_seen(1, 0.025) == pytest.approx(2.80, abs=0.005)
    assert smallest_seen(1, 0.025 / 28) == pytest.approx(3.96, abs=0.01)


def test_smallest_auroc(answers: MakeAnswers) -> None:
    data = answers(np.random.default_rng(0), 60)
    found = rank(data.uncertainty, data.wrong, data.images)
    smallest = smallest_auroc_seen(found)
    assert smallest.value == pytest.approx(0.5 + 2.486 * found.se, abs=1e-3)
    assert (smallest.n, smallest.n_clusters) == (len(data.wrong), 60)


def test_without_a_standard_error_there_is_none() -> None:
    wrong, images = np.arange(20) < 10, np.arange(20)
    for u in (wrong.astype(float), np.zeros(20)):
        assert not_none(smallest_auroc_seen(rank(u, wrong, images)).reason).startswith("no standard error")


def test_a_study_too_small_for_any_auroc_says_so() -> None:
    wrong = np.arange(10) < 5
    u = np.array([9, 0, 8, 1, 5, 3, 6, 4, 2, 7.0])
    found = smallest_auroc_seen(rank(u, wrong, np.arange(10)))
    assert found.value is None
    assert not_none(found.reason).startswith("not even 1 would be found: standard error 0.2")

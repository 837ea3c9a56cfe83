"""AUPRC against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.special import expit, logit
from sklearn.metrics import average_precision_score
from tests.made_up_answers import MakeAnswers
from tests.optional import not_none

from vqa_canary.statistics.jackknife import by_level
from vqa_canary.statistics.precision_recall import auprc


@given(st.integers(0, 10_000), st.integers(2, 30))
def test_it_is_scikit_learns_average_precision(seed: int, levels: int) -> None:
    rng = np.random.default_rng(seed)
    u, wrong = rng.integers(0, levels, 60).astype(float), rng.permutation(60) < rng.integers(5, 55)
    found = auprc(by_level(u, wrong, np.arange(60)))
    assert found.value == pytest.approx(average_precision_score(wrong, u))
    assert auprc(by_level(u**3, wrong, np.arange(60))) == found


def test_the_interval_is_the_jackknife_over_images(answers: MakeAnswers) -> None:
    data = answers(np.random.default_rng(7), 50)
    u, wrong, images = data.uncertainty, data.wrong, data.images
    found = auprc(by_level(u, wrong, images))
    values = logit([average_precision_score(wrong[images != g], u[images != g]) for g in range(50)])
    df = min(len(set(images[wrong])), len(set(images[~wrong]))) - 1
    reach = stats.t.ppf(0.975, df) * np.sqrt(49 / 50 * ((values - values.mean()) ** 2).sum())
    expected = expit(logit(not_none(found.value)) + np.array([-reach, reach]))
    assert (found.ci_low, found.ci_high) == pytest.approx(tuple(expected))


def test_perfect_order_has_no_interval_and_few_errors_no_value() -> None:
    wrong = np.arange(40) >= 30
    best = auprc(by_level(np.arange(40), wrong, np.arange(40)))
    assert (best.value, best.ci_low) == (1.0, None)
    few = auprc(by_level(np.arange(40), np.arange(40) >= 37, np.arange(40)))
    assert few.value is None
    assert not_none(few.reason).startswith("too few: 3 images")

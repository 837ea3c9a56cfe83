"""Holm and the partial conjunction against their definitions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from vqa_canary.statistics.multiplicity import holm, partial_conjunction, reached_by

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=8)


@given(p_values, st.floats(0.001, 0.999))
def test_holm_rejects_as_the_step_down_procedure(p: list[float], alpha: float) -> None:
    rejected = set()
    for step, i in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        if p[i] * (len(p) - step) > alpha:
            break
        rejected.add(i)
    assert {i for i, q in enumerate(holm(p)) if q <= alpha} == rejected


def test_holm_passes_over_what_was_not_tested() -> None:
    assert holm([0.01, np.nan, 0.04])[[0, 2]].tolist() == pytest.approx([0.02, 0.04])
    assert np.isnan(holm([0.01, np.nan])[1])
    assert holm([]).shape == (0,)


@given(p_values, st.data())
def test_partial_conjunction_is_the_worst_bonferroni(p: list[float], data: st.DataObject) -> None:
    """ "At least u" is refused unless every set of M - u + 1 has a Bonferroni rejection in it."""
    least = data.draw(st.integers(1, len(p)))
    size = len(p) - least + 1
    worst = max(min(1.0, size * min(some)) for some in combinations(p, size))
    assert partial_conjunction(p, least) == pytest.approx(worst)


def limits(mean: float) -> tuple[float, Callable[[float], float], Callable[[float], float]]:
    return mean, lambda alpha: mean - norm.isf(alpha), lambda alpha: mean + norm.isf(alpha)


def reached(means: Iterable[float]) -> tuple[float, float, float]:
    """What at least four of the models reach, with its limits."""
    values, lower, upper = zip(*map(limits, means), strict=True)
    return reached_by(values, lower, upper, 4, 0.05)


def test_what_models_reach_agrees_with_the_partial_conjunction() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        means = rng.normal(1.5, 1, 6)
        value, low, high = reached(means)
        assert value == np.sort(means)[2]
        assert low < value < high
        assert (low > 0) == (partial_conjunction(list(norm.sf(means)), 4) < 0.05)


@pytest.mark.slow
@pytest.mark.parametrize("truths", [[0, 0, 0, 9, 9, 9], [0] * 6, [9, 9, 0, 0, -9, -9]])
def test_limits_of_what_models_reach_miss_seldom(truths: list[float]) -> None:
    rng = np.random.default_rng(1)
    truth = sorted(truths)[-4]
    found = [reached(truths + rng.standard_normal(6)) for _ in range(2000)]
    low, high = (np.array(side) for side in list(zip(*found, strict=True))[1:])
    assert (low > truth).mean() <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 2000)
    assert (high < truth).mean() <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 2000)
    if truths == [0, 0, 0, 9, 9, 9]:  # three models fall short: the worst case of the lower limit
        assert (low > truth).mean() > 0.02
    if truths == [9, 9, 0, 0, -9, -9]:  # two alone hold the fourth place
        assert (high < truth).mean() > 0.005

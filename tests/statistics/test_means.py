"""The clustered mean against its formula, summed by hand, and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from vqa_canary.estimate import Undefined
from vqa_canary.statistics.means import image_mean_estimate, mean, mean_estimate

rows = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 8)), min_size=1, max_size=30)


@given(rows)
def test_value_and_error_follow_the_ratio_formula(rows: list[tuple[int, int]]) -> None:
    values, images = np.array([v for v, _ in rows], float), [g for _, g in rows]
    found = mean(values, images)
    names = sorted(set(images))
    assert found.value == pytest.approx(values.mean())
    assert found.n_clusters == len(names)
    if len(names) < 2:
        assert np.isnan(found.lower(0.025))
        assert found.estimate().reason == "no interval: one image"
        return
    gaps = [sum(v - values.mean() for v, g in rows if g == name) for name in names]
    variance = len(names) / (len(names) - 1) * sum(gap**2 for gap in gaps) / len(rows) ** 2
    assert found.se**2 == pytest.approx(variance, rel=1e-9, abs=1e-20)


def test_one_item_an_image_is_the_t_interval() -> None:
    values = np.random.default_rng(0).normal(size=20)
    expected = stats.t.interval(0.95, 19, values.mean(), stats.sem(values))
    found = mean_estimate(values, range(20), -np.inf, np.inf)
    assert (found.ci_low, found.ci_high) == pytest.approx(expected)
    one = mean(values, range(20))
    test = stats.ttest_1samp(values, 0.3, alternative="greater")
    assert one.p_above(0.3) == pytest.approx(test.pvalue)
    assert one.p_below(0.3) == pytest.approx(1 - test.pvalue)


def test_the_degrees_of_freedom_are_those_of_images() -> None:
    values, images = np.random.default_rng(2).normal(size=40), np.arange(40) // 5
    found = mean(values, images)
    reach = stats.t.ppf(0.975, 7) * found.se
    assert found.upper(0.025) == pytest.approx(found.value + reach)
    assert found.p_above(found.value - reach) == pytest.approx(0.025)


def test_images_count_not_items() -> None:
    values = np.random.default_rng(1).normal(size=20)
    once, tenfold = mean(values, range(20)), mean(np.repeat(values, 10), np.repeat(range(20), 10))
    assert tenfold.se == pytest.approx(once.se)


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_without_variation_the_bound_is_that_of_unseen_images(value: float) -> None:
    found = mean(np.full(50, value), np.arange(50) // 5, -1.0, 1.0)
    q = 1 - 0.025 ** (1 / 10)  # a share of images that stays unseen among 10 with probability .025
    assert found.lower(0.025) == pytest.approx(value - q * (value + 1))
    assert found.upper(0.025) == pytest.approx(value + q * (1 - value))
    assert found.p_above(found.lower(0.05)) == pytest.approx(0.05)
    assert found.p_above(value) == 1


def test_without_variation_and_bounds_there_is_no_interval() -> None:
    found = mean_estimate(np.full(9, 0.1), range(9), 0.0, np.inf)
    assert found.value == pytest.approx(0.1)
    assert (found.ci_low, found.reason) == (None, "no interval: all images are alike")


def test_limits_stay_inside_the_bounds() -> None:
    found = mean_estimate([0.0, 0.0, 0.0, 1.0], range(4), 0.0, 1.0)
    assert found.ci_low == 0.0
    assert found.ci_high == pytest.approx(1.0, abs=0.1)


def test_nothing_and_nan() -> None:
    with pytest.raises(Undefined, match="no items"):
        mean([], [])
    assert mean_estimate([], [], 0.0, 1.0).reason == "no items"
    with pytest.raises(ValueError, match="NaN"):
        mean([np.nan], [0])


@given(rows)
def test_a_random_value_of_a_random_image_is_the_mean_of_the_images_means(
    rows: list[tuple[int, int]],
) -> None:
    values, images = np.array([v for v, _ in rows], float), [g for _, g in rows]
    means = [np.mean([v for v, g in rows if g == name]) for name in sorted(set(images))]
    found = image_mean_estimate(values, images, 0.0, 9.0)
    assert found.value == pytest.approx(np.mean(means))
    assert found.n == found.n_clusters == len(means)
    if len(means) > 1 and np.std(means) > 1e-9:
        reach = stats.t.ppf(0.975, len(means) - 1) * stats.sem(means)
        assert found.ci_high == pytest.approx(min(9.0, np.mean(means) + reach))

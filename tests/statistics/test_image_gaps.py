"""Gaps between groups of images against scipy and against all exchanges there are."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from vqa_canary.estimate import Undefined
from vqa_canary.statistics import image_gaps
from vqa_canary.statistics.image_gaps import below_levels, gap, image_means, p_value

values = st.lists(st.integers(0, 6).map(float), min_size=1, max_size=30)


@given(values, values)
def test_the_largest_gap_is_that_of_kolmogorov_and_smirnov(a: list[float], b: list[float]) -> None:
    """Where each image has one question."""
    first, second = below_levels(a, b)
    assert gap(first, second, "largest") == pytest.approx(stats.ks_2samp(a, b, method="asymp").statistic)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 5)), min_size=1, max_size=30), st.randoms())
def test_each_image_counts_once_in_any_order(rows: list[tuple[float, int]], random: object) -> None:
    names, means = image_means([x for x, _ in rows], [f"g{g}" for _, g in rows])
    for name, mean in zip(names, means[:, 0], strict=True):
        assert mean == pytest.approx(np.mean([x for x, g in rows if f"g{g}" == name]))
    mixed = list(rows)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    again = image_means([x for x, _ in mixed], [f"g{g}" for _, g in mixed])
    assert (again[0] == names).all()
    assert again[1] == pytest.approx(means)


def test_a_question_without_a_value_is_left_out() -> None:
    names, means = image_means([1.0, np.nan, np.nan], ["a", "a", "b"])
    assert names.tolist() == ["a"]
    assert means.tolist() == [[1.0]]
    (below,) = below_levels([1.0, np.nan, 3.0])
    assert np.isnan(below[1]).all()
    assert below[[0, 2], 0].tolist() == [1, 0]


@pytest.mark.parametrize("kind", ["largest", "half of all"])
def test_the_p_value_is_the_share_of_exchanges_that_reach_the_gap(kind: image_gaps.Gap) -> None:
    """Against all 252 ways of choosing 5 of 10 images."""
    rng = np.random.default_rng(3)
    shares = rng.dirichlet([1, 2, 3], 10)
    shares[5:] = (shares[5:] + np.array([0.5, 0.0, 0.0])) / 1.5
    observed = gap(shares[:5], shares[5:], kind)
    every = [
        gap(shares[list(chosen)], np.delete(shares, list(chosen), axis=0), kind)
        for chosen in combinations(range(10), 5)
    ]
    exact = np.mean([one >= observed - 1e-12 for one in every])
    found = p_value(shares[:5], shares[5:], kind, np.random.default_rng(0))
    assert found == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / image_gaps.N_EXCHANGES))


def test_bounds_of_gap_and_p_value() -> None:
    rng = np.random.default_rng(1)
    same = np.full((6, 3), 1 / 3)
    assert gap(same, same, "half of all") == 0
    assert p_value(same, same, "half of all", rng) == 1
    apart = gap(np.tile([1.0, 0.0], (6, 1)), np.tile([0.0, 1.0], (6, 1)), "half of all")
    assert apart == 1
    p = p_value(np.ones((30, 1)), np.zeros((30, 1)), "largest", rng)
    assert p == 1 / (1 + image_gaps.N_EXCHANGES)


def test_too_few_images_are_said() -> None:
    with pytest.raises(Undefined, match="4 and 9"):
        p_value(np.zeros((4, 1)), np.zeros((9, 1)), "largest", np.random.default_rng(0))


def test_without_drift_p_values_are_even(monkeypatch: pytest.MonkeyPatch) -> None:
    """Although questions of one image are alike: a test that takes questions for independent would be wrong here."""
    monkeypatch.setattr(image_gaps, "N_EXCHANGES", 199)
    rng, small = np.random.default_rng(11), 0
    for _ in range(300):
        images = np.repeat(np.arange(60), 6)
        u = rng.standard_normal(60)[images] + 0.3 * rng.standard_normal(360)
        first, second = below_levels(u[:180], u[180:])
        a, b = image_means(first, images[:180])[1], image_means(second, images[180:])[1]
        small += p_value(a, b, "largest", rng) <= 0.05
    assert small / 300 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)
    assert small > 0

"""Widths that are foretold, against those of drawn answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from tests.audit.planning.drawn import alike, several_sizes

from vqa_canary.audit.planning.widths import (
    design_effect,
    interval_of_share,
    smallest_paired_difference,
)
from vqa_canary.estimate import Estimate
from vqa_canary.statistics.means import image_mean_estimate
from vqa_canary.statistics.proportions import proportion

sizes_of_images = st.lists(st.integers(1, 9), min_size=2, max_size=40)


def half(low: float | None, high: float | None) -> float:
    assert low is not None
    assert high is not None
    return (high - low) / 2


@pytest.mark.parametrize("likeness", [0.0, 0.3, 0.7])
@pytest.mark.parametrize(("share", "n_images"), [(0.5, 40), (0.7, 150), (0.85, 100)])
def test_the_width_is_that_of_drawn_answers(share: float, n_images: int, likeness: float) -> None:
    rng = np.random.default_rng(n_images)
    sizes = several_sizes(rng, n_images)
    images = np.repeat(np.arange(n_images), sizes)
    found: list[Estimate] = [proportion(alike(rng, sizes, share, likeness), images) for _ in range(200)]
    seen = np.mean([half(one.ci_low, one.ci_high) for one in found])
    told = interval_of_share(share, sizes, likeness)
    assert told is not None
    assert half(*told) == pytest.approx(seen, rel=0.06)


@settings(max_examples=50, deadline=None)
@given(sizes_of_images, st.floats(0.05, 0.95), st.floats(0, 1))
def test_an_interval_holds_its_share_and_likeness_widens_it(
    sizes: list[int], share: float, likeness: float
) -> None:
    free, tied = interval_of_share(share, sizes, 0.0), interval_of_share(share, sizes, likeness)
    assert free is not None
    assert tied is not None
    assert 0 <= tied[0] <= free[0] + 1e-12 <= share + 1e-9
    assert share <= free[1] + 1e-9 <= tied[1] + 2e-9 <= 1 + 3e-9
    assert interval_of_share(share, [*sizes[::-1], 0], likeness) == pytest.approx(tied)


def test_with_many_images_of_one_question_it_is_clopper_and_pearsons() -> None:
    told = interval_of_share(0.6, np.ones(5000), 0.9)
    exact = binomtest(3000, 5000).proportion_ci(method="exact")
    assert told == pytest.approx((exact.low, exact.high), abs=2e-4)


@given(sizes_of_images)
def test_the_design_effect_lies_between_one_and_the_largest_image(sizes: list[int]) -> None:
    assert design_effect(sizes, 0.0) == 1
    assert 1 <= design_effect(sizes, 0.4) <= design_effect(sizes, 1.0) <= max(sizes) + 1e-9
    assert design_effect([1] * 5, 1.0) == 1


@pytest.mark.parametrize("power", [0.8, 0.9])
def test_a_difference_of_that_size_is_seen_with_that_power(power: float) -> None:
    """1,000 pairs of audits, judged by a t interval over images; three standard errors of the share are .04."""
    rng, n_images, changed = np.random.default_rng(5), 300, 0.2
    sizes = np.ones(n_images, np.int64)
    smallest = smallest_paired_difference(changed, sizes, 0.0, power)
    assert smallest is not None
    better, seen = (changed + smallest) / 2, 0
    for _ in range(1000):
        place = rng.random(n_images)
        gained, lost = place < better, (place >= better) & (place < changed)
        told = image_mean_estimate(gained.astype(float) - lost, np.arange(n_images), -1.0, 1.0)
        seen += told.ci_low is not None and told.ci_low > 0
    assert seen / 1000 == pytest.approx(power, abs=0.04)


@settings(max_examples=50, deadline=None)
@given(sizes_of_images, st.floats(0.01, 1), st.floats(0, 1))
def test_a_difference_is_never_larger_than_what_changed(
    sizes: list[int], changed: float, likeness: float
) -> None:
    smallest = smallest_paired_difference(changed, sizes, likeness, 0.8)
    twice = smallest_paired_difference(changed, sizes * 2, likeness, 0.8)
    assert smallest is None or (0 < smallest <= changed and twice is not None and twice <= smallest)


@pytest.mark.parametrize("sizes", [[], [7], [0, 3]])
def test_one_image_tells_nothing(sizes: list[int]) -> None:
    assert interval_of_share(0.5, sizes, 0.3) is None
    assert smallest_paired_difference(0.2, sizes, 0.3, 0.8) is None

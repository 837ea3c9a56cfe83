"""The standardised shift with its jackknife and its equivalence test."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from vqa_canary.estimate import Undefined
from vqa_canary.statistics.standardised_shift import shift, shift_estimate


def made_up(seed: int = 0, moved: float = 0.3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    clean = rng.gamma(2, 0.1, 200)
    return clean, clean + moved * 0.14 + rng.normal(0, 0.05, 200), np.arange(200) // 4


def test_shift_is_the_jackknife_of_the_ratio() -> None:
    clean, shown, images = made_up()
    found = shift(clean, shown, images)

    def ratio(kept: np.ndarray) -> float:
        return float((shown - clean)[kept].mean() / clean[kept].std(ddof=1))

    without = np.array([ratio(images != g) for g in range(50)])
    assert found.value == pytest.approx(ratio(images >= 0))
    assert found.sd == pytest.approx(clean.std(ddof=1))
    assert found.se == pytest.approx(np.sqrt(49 / 50 * ((without - without.mean()) ** 2).sum()))
    assert found.upper(0.05) == pytest.approx(found.value + stats.t.ppf(0.95, 49) * found.se)


def test_units_and_row_order_do_not_count() -> None:
    clean, shown, images = made_up(1)
    one = shift(clean, shown, images)
    other = shift(7 * clean + 3, 7 * shown + 3, images)
    assert (other.value, other.se) == pytest.approx((one.value, one.se))
    order = np.random.default_rng(0).permutation(200)
    again = shift(clean[order], shown[order], images[order])
    assert (again.value, again.se) == pytest.approx((one.value, one.se))


def test_equivalence_is_the_90_percent_interval_inside_the_margin() -> None:
    for moved in np.linspace(-0.4, 0.4, 41):
        found = shift(*made_up(2, moved))
        inside = found.lower(0.05) > -0.2 and found.upper(0.05) < 0.2
        assert inside == (found.p_equivalent(0.2) < 0.05)
        assert found.p_above(0.2) + found.p_below(0.2) == pytest.approx(1)


def test_nothing_moves_at_all() -> None:
    clean, _, images = made_up(3)
    found = shift(clean, clean, images)
    assert (found.value, found.lower(0.05), found.p_equivalent(0.2)) == (0, 0, 0)


@pytest.mark.parametrize("clean", [np.full(60, 0.3), np.where(np.arange(60) < 2, 0.5, 0.3)])
def test_an_uncertainty_that_does_not_vary_cannot_move(clean: np.ndarray) -> None:
    with pytest.raises(Undefined, match="cannot move"):
        shift(clean, clean + 0.1, np.arange(60) // 2)  # the second varies in one image only
    assert shift_estimate(clean, clean, np.arange(60) // 2).value is None


def test_too_few_images() -> None:
    assert shift_estimate([0.1, 0.2], [0.1, 0.3], [0, 1]).reason == "too few: 2 images, 3 are needed"
    assert shift_estimate([], [], []).value is None

"""Claim 1 inside models: the mean correlation, the permutation of subgroups, and who is left out."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest
from scipy import stats

from vqa_canary.estimate import Undefined
from vqa_canary.evaluation.claims.tracking_accuracy import fisher_limits
from vqa_canary.evaluation.claims.tracking_within import WithinCorrelation, track_within, verdict

rng = np.random.default_rng(0)


def spearman(x: np.ndarray, y: np.ndarray) -> float:
    return float(stats.spearmanr(x, y).statistic)


def test_rho_is_scipys_averaged_over_models() -> None:
    x, y = rng.random((4, 8)), rng.integers(0, 5, (4, 8)).astype(float)  # with ties
    found = track_within(x, y, rng)
    each = [spearman(a, b) for a, b in zip(x, y, strict=True)]
    assert found.of_model == pytest.approx(each)
    assert found.rho == pytest.approx(np.mean(each))
    assert (found.ci_low, found.ci_high) == pytest.approx(fisher_limits(found.rho, 8, 0.95))
    assert found.n_subgroups == 8


def test_p_counts_every_exchange_of_subgroups_for_all_models_together() -> None:
    x, y = rng.random((3, 5)), rng.random((3, 5))
    means = [
        np.mean([spearman(a, b[list(order)]) for a, b in zip(x, y, strict=True)])
        for order in permutations(range(5))
    ]
    found = track_within(x, y, rng)
    assert found.p_value == pytest.approx(np.mean([one >= found.rho - 1e-9 for one in means]))


def test_p_with_missing_cells_by_brute_force() -> None:
    """Each model's own subgroups are exchanged as the common order says, passing over those that it lacks."""
    x, y = rng.random((3, 5)), rng.random((3, 5))
    y[0, 1] = y[1, 4] = np.nan

    def under(order: tuple[int, ...]) -> float:
        rhos = []
        for a, b in zip(x, y, strict=True):
            places = [place for place in range(5) if not np.isnan(b[place])]
            got = []
            for place in places:
                unit = order[place]
                while np.isnan(b[unit]):
                    unit = order[unit]
                got.append(b[unit])
            rhos.append(spearman(a[places], np.array(got)))
        return float(np.mean(rhos))

    found = track_within(x, y, rng)
    assert found.rho == pytest.approx(under(tuple(range(5))))
    expected = np.mean([under(order) >= found.rho - 1e-9 for order in permutations(range(5))])
    assert found.p_value == pytest.approx(expected)
    hidden = x.copy()
    hidden[0, 1] = np.nan  # the accuracy of a cell without an AUROC is not looked at
    assert track_within(hidden, y, rng).p_value == found.p_value


def test_random_orders_agree_with_all_of_them() -> None:
    x, y = rng.random((6, 8)), rng.random((6, 8))
    drawn = track_within(x, y, np.random.default_rng(1))
    again = track_within(x, y, np.random.default_rng(2))
    assert drawn.p_value == pytest.approx(again.p_value, abs=0.03)
    rising = np.tile(np.arange(8.0), (6, 1))
    assert track_within(rising, rising, rng).p_value <= 2 / 10_000


def test_neither_the_order_of_models_nor_that_of_subgroups_matters() -> None:
    x, y = rng.random((4, 6)), rng.random((4, 6))
    y[2, 3] = np.nan
    one = track_within(x, y, rng)
    models, subgroups = rng.permutation(4), rng.permutation(6)
    other = track_within(x[models][:, subgroups], y[models][:, subgroups], rng)
    assert (other.rho, other.p_value) == pytest.approx((one.rho, one.p_value))
    assert other.of_model == pytest.approx(one.of_model[models])
    monotone = track_within(x**3, np.exp(y), rng)  # only ranks count
    assert (monotone.rho, monotone.p_value) == pytest.approx((one.rho, one.p_value))


def test_models_are_not_pooled() -> None:
    """Better models have higher AUROCs, and inside each AUROC falls: pooled cells would call that tracking."""
    level = np.linspace(0, 0.4, 5)[:, None]
    inside = np.linspace(0, 0.05, 6)
    accuracy, auroc = 0.4 + level + inside, 0.5 + level - inside
    assert spearman(accuracy.ravel(), auroc.ravel()) > 0.5
    found = track_within(accuracy, auroc, rng)
    assert found.rho == pytest.approx(-1)
    assert found.p_value == 1


def test_who_is_left_out() -> None:
    x, y = np.tile(np.arange(6.0), (5, 1)), np.tile(np.arange(6.0), (5, 1))
    y[0, 2:] = np.nan  # two subgroups
    y[1] = 0.7  # all alike
    x[2] = 0.5
    y[3:, 5] = np.nan
    found = track_within(x, y, rng)
    assert np.isnan(found.of_model).tolist() == [True, True, True, False, False]
    assert found.rho == pytest.approx(1)
    assert found.n_subgroups == 5  # four models of five have the first five but for one; two have the last
    assert (found.ci_low, found.ci_high) == pytest.approx(fisher_limits(1, 5, 0.95))


@pytest.mark.parametrize(
    "auroc",
    [np.full((3, 6), np.nan), np.empty((0, 6)), np.empty((3, 0)), np.full((3, 6), 0.5), rng.random((3, 2))],
)
def test_undefined_has_a_reason(auroc: np.ndarray) -> None:
    with pytest.raises(Undefined, match="no model has an AUROC in 3 subgroups or more"):
        track_within(np.random.default_rng(0).random(auroc.shape), auroc, rng)


def tracked(**changes: Any) -> WithinCorrelation:
    known: dict[str, Any] = {
        "rho": 0.3, "ci_low": -0.2, "ci_high": 0.7, "upper": 0.7, "p_value": 0.2, "of_model": np.zeros(3),
        "n_subgroups": 8,
    }  # fmt: skip
    return WithinCorrelation(**{**known, **changes})


@pytest.mark.parametrize(
    ("changes", "p", "expected", "reason"),
    [
        ({}, 0.05, "supported", None),
        ({}, 0.051, "inconclusive",
         "neither shown (p 0.051) nor ruled out (one-sided upper limit 0.70, not below 0.5)"),
        ({"upper": 0.49}, 0.2, "not supported", None),
        ({"upper": 0.49}, 0.01, "supported", None),
        ({"n_subgroups": 5}, 0.01, "supported", None),
        ({"n_subgroups": 4}, 0.01, "inconclusive", "fewer than 5 subgroups with an AUROC in most models (4)"),
    ],
)  # fmt: skip
def test_verdicts_follow_the_rule(
    changes: dict[str, Any], p: float, expected: str, reason: str | None
) -> None:
    assert verdict(tracked(**changes), p, "p") == (expected, reason)

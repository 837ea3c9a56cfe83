"""Claim 1: the rank correlation, its permutation test, its limits and its verdicts."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest
from scipy import stats

from vqa_canary.estimate import Undefined
from vqa_canary.evaluation.claims.tracking_accuracy import RankCorrelation, fisher_limits, track, verdict

rng = np.random.default_rng(0)


def alone(n: int) -> list[str]:
    return [str(i) for i in range(n)]


def test_rho_is_scipys_averaged_over_datasets() -> None:
    x, y = rng.random((2, 9)), rng.integers(0, 5, (2, 9)).astype(float)  # with ties
    expected = np.mean([stats.spearmanr(a, b).statistic for a, b in zip(x, y, strict=True)])
    assert track(x, y, alone(9), rng).rho == pytest.approx(expected)


def test_p_counts_all_permutations_when_they_are_few() -> None:
    x, y = rng.random((1, 5)), rng.random((1, 5))
    rhos = [stats.spearmanr(x[0], y[0][list(order)]).statistic for order in permutations(range(5))]
    observed = stats.spearmanr(x[0], y[0]).statistic
    expected = np.mean([rho >= observed - 1e-9 for rho in rhos])
    assert track(x, y, alone(5), rng).p_value == pytest.approx(expected)


def test_p_is_drawn_when_they_are_many() -> None:
    x, y = rng.random((1, 10)), rng.random((1, 10))
    found = track(x, y, alone(10), rng)
    expected = stats.permutation_test(
        (x[0],), lambda a: stats.spearmanr(a, y[0]).statistic, permutation_type="pairings",
        alternative="greater", n_resamples=5000, rng=np.random.default_rng(1), vectorized=False,
    ).pvalue  # fmt: skip
    assert found.p_value == pytest.approx(expected, abs=0.03)
    best = track(np.arange(10.0)[None], np.arange(10.0)[None], alone(10), rng)
    assert best.p_value <= 2 / 10_000  # never below 1 / 10,000
    assert best.p_value >= 1 / 10_000


def test_families_are_permuted_inside() -> None:
    """Two families of three: 36 orders. Between families AUROC follows accuracy; inside, it falls."""
    accuracy = np.array([[0.3, 0.35, 0.4, 0.7, 0.75, 0.8]])
    auroc = np.array([[0.62, 0.61, 0.60, 0.82, 0.81, 0.80]])
    families = ["a", "a", "a", "b", "b", "b"]
    found = track(accuracy, auroc, families, rng)
    assert found.rho > 0.5
    assert found.p_value == 1  # inside families it is as low as it can be
    assert track(accuracy, auroc, alone(6), rng).p_value < 0.2
    rising = track(accuracy, np.sort(auroc), families, rng)
    assert rising.p_value == pytest.approx(1 / 36)


def test_models_move_with_all_their_datasets() -> None:
    x = np.array([[1.0, 2, 3, 4], [1.0, 2, 3, 4]])
    together = track(x, x, alone(4), rng)
    assert together.p_value == pytest.approx(1 / 24)  # not 1 / 24^2
    apart = track(x, x[:, [0, 1, 2, 3]] * [[1], [-1]], alone(4), rng)
    assert apart.rho == pytest.approx(0)


def test_permuting_the_models_together_changes_nothing() -> None:
    x, y, order = rng.random((2, 6)), rng.random((2, 6)), rng.permutation(6)
    families = np.array(["a", "a", "a", "b", "b", "c"])
    one = track(x, y, list(families), np.random.default_rng(0))
    other = track(x[:, order], y[:, order], list(families[order]), np.random.default_rng(0))
    assert (other.rho, other.p_value) == pytest.approx((one.rho, one.p_value))


@pytest.mark.parametrize("n_models", [4, 5, 8, 12])
def test_fisher_limits(n_models: int) -> None:
    reach = 1.959964 * np.sqrt((1 + 0.3**2 / 2) / (n_models - 3))
    expected = np.tanh(np.arctanh(0.3) + np.array([-reach, reach]))
    assert fisher_limits(0.3, n_models, 0.95) == pytest.approx(tuple(expected))
    low, high = fisher_limits(1.0, n_models, 0.95)
    assert -1 < low < 1 == high
    assert fisher_limits(-1.0, n_models, 0.95) == pytest.approx((-1.0, -low))


@pytest.mark.parametrize(
    ("accuracy", "auroc", "reason"),
    [
        (np.ones((1, 2)), np.ones((1, 2)), "fewer than 3 models (2)"),
        (np.empty((0,)), np.empty((0,)), "fewer than 3 models (0)"),
        (np.ones((1, 4)), np.arange(4.0)[None], "all accuracies are alike"),
        (np.arange(4.0)[None], np.ones((1, 4)), "all AUROCs are alike"),
    ],
)
def test_undefined_has_a_reason(accuracy: np.ndarray, auroc: np.ndarray, reason: str) -> None:
    with pytest.raises(Undefined) as caught:
        track(accuracy, auroc, alone(accuracy.shape[-1]), rng)
    assert str(caught.value) == reason


def tracked(**changes: Any) -> RankCorrelation:
    known = {
        "rho": 0.5,
        "ci_low": 0,
        "ci_high": 0.8,
        "upper": 0.7,
        "p_value": 0.2,
        "n_models": 12,
        "accuracy_range": 0.4,
    }
    return RankCorrelation(**{**known, **changes})


@pytest.mark.parametrize(
    ("changes", "p", "expected", "reason"),
    [
        ({}, 0.05, "supported", None),
        (
            {},
            0.051,
            "inconclusive",
            "neither shown (adjusted p 0.051) nor ruled out (one-sided upper limit 0.70, not below 0.5)",
        ),
        ({"upper": 0.49}, 0.2, "not supported", None),
        ({"upper": 0.49}, 0.01, "supported", None),
        ({"n_models": 7}, 0.01, "supported", "few models (7)"),
        ({"n_models": 4}, 0.01, "inconclusive", "fewer than 5 models (4)"),
        ({"accuracy_range": 0.14}, 0.01, "inconclusive", "accuracies differ by 0.14, less than 0.15"),
    ],
)
def test_verdicts_follow_the_rule(
    changes: dict[str, Any], p: float, expected: str, reason: str | None
) -> None:
    assert verdict(tracked(**changes), p) == (expected, reason)

"""The AUROC of a calibrated model: the weighted definition, and that temperature does not matter."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.metrics import roc_auc_score

from vqa_canary.estimate import Undefined
from vqa_canary.statistics.calibrated_auroc import calibrated_auroc


def logits(seed: int, n: int = 800, spread: float = 2.0) -> np.ndarray:
    return log_softmax(np.random.default_rng(seed).normal(0, spread, (n, 4)), axis=1)


def test_it_is_the_weighted_share_of_pairs() -> None:
    logs = logits(0, 40)
    q = np.exp(logs).max(axis=1)  # already calibrated, if accuracy is their mean
    above = (1 - q)[:, None] > 1 - q
    tied = (1 - q)[:, None] == 1 - q
    weights = (1 - q)[:, None] * q
    np.fill_diagonal(weights, 0)  # an item makes no pair with itself
    expected = (weights * (above + tied / 2)).sum() / weights.sum()
    assert calibrated_auroc(logs, float(q.mean())) == pytest.approx(expected, abs=1e-6)


def test_it_is_what_a_calibrated_model_shows() -> None:
    logs = logits(1, 200_000)
    q = np.exp(logs).max(axis=1)
    wrong = np.random.default_rng(2).random(len(q)) > q
    expected = roc_auc_score(wrong, 1 - q)
    assert calibrated_auroc(logs, float(1 - wrong.mean())) == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize("factor", [0.4, 3.0])
def test_the_models_own_temperature_does_not_matter(factor: float) -> None:
    logs = logits(3)
    assert calibrated_auroc(factor * logs, 0.7) == pytest.approx(calibrated_auroc(logs, 0.7), abs=1e-4)


def test_items_with_fewer_options_are_padded() -> None:
    logs = logits(4)
    padded = np.concatenate([logs, np.full((len(logs), 2), -np.inf)], axis=1)
    assert calibrated_auroc(padded, 0.7) == pytest.approx(calibrated_auroc(logs, 0.7))


@pytest.mark.parametrize("accuracy", [0.2, 0.25, 1.0])
def test_at_chance_or_without_error_it_is_undefined(accuracy: float) -> None:
    with pytest.raises(Undefined):
        calibrated_auroc(logits(5), accuracy)


def test_without_items_it_is_undefined() -> None:
    with pytest.raises(Undefined, match="two items"):
        calibrated_auroc(np.empty((0, 2)), 0.7)

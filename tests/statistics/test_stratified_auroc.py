"""AUROC within strata, counted pair by pair."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from tests.made_up_answers import MakeAnswers

from vqa_canary.statistics.stratified_auroc import stratified_auroc


def test_stratified_auroc_is_counted_over_pairs_of_one_stratum(answers: MakeAnswers) -> None:
    items = answers(np.random.default_rng(0), 80)
    one = np.zeros(len(items.images))
    raw = roc_auc_score(items.wrong, items.uncertainty)
    assert stratified_auroc(items.uncertainty, items.wrong, one) == pytest.approx(raw)
    two = np.where(np.arange(len(items.images)) % 2 == 0, 0.2, 0.8)
    in_order = pairs = 0.0
    for value in (0.2, 0.8):
        u, bad = items.uncertainty[two == value], items.wrong[two == value]
        in_order += (u[bad][:, None] > u[~bad]).sum()
        pairs += bad.sum() * (~bad).sum()
    assert stratified_auroc(items.uncertainty, items.wrong, two) == pytest.approx(in_order / pairs)
    assert stratified_auroc(items.uncertainty, items.wrong, items.wrong.astype(float)) is None

"""Which answers collapse, and how much accuracy is lost."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from vqa_canary.evaluation.collapse import accuracy_drop, collapsed


def test_collapse_is_right_when_clean_and_wrong_when_shown() -> None:
    clean = np.array([1.0, 1, 0, 0, 1, np.nan])
    shown = np.array([0.0, 1, 0, 1, np.nan, 0])
    at_risk, collapse = collapsed(clean, shown)
    assert at_risk.tolist() == [True, True, False, False, False, False]
    assert collapse.tolist() == [True, False, False, False, False, False]


def test_accuracy_drop_is_paired() -> None:
    clean, shown = np.array([1.0, 1, 1, 0] * 10), np.array([0.0, 0, 1, 1] * 10)
    found = accuracy_drop(clean, shown, np.arange(40))
    assert found.value == pytest.approx(0.25)
    test = stats.ttest_1samp(clean - shown, 0.1, alternative="greater")
    assert found.p_above(0.1) == pytest.approx(test.pvalue)

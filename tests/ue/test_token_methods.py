"""`sequence_nll` and `mean_token_entropy` against their definitions."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.ue.mean_token_entropy import mean_token_entropy
from vqa_canary.ue.sequence_nll import sequence_nll


@given(st.lists(st.floats(0, 50), min_size=1, max_size=12))
def test_both_are_means_over_tokens(values: list[float]) -> None:
    assert sequence_nll(-np.array(values)) == pytest.approx(statistics.fmean(values))
    assert mean_token_entropy(np.array(values)) == pytest.approx(statistics.fmean(values))


def test_sequence_nll_is_the_log_of_the_geometric_mean_probability() -> None:
    p = np.array([0.5, 0.25, 0.9])
    assert np.exp(-sequence_nll(np.log(p))) == pytest.approx(statistics.geometric_mean(p))

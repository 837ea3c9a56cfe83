"""`anll`, `max_nll` and `mean_token_entropy` against their definitions."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.ue.anll import anll
from vqa_canary.ue.max_nll import max_nll
from vqa_canary.ue.mean_token_entropy import mean_token_entropy


@given(st.lists(st.floats(0, 50), min_size=1, max_size=12))
def test_both_are_means_over_tokens(values: list[float]) -> None:
    assert anll(-np.array(values)) == pytest.approx(statistics.fmean(values))
    assert mean_token_entropy(np.array(values)) == pytest.approx(statistics.fmean(values))


@given(st.lists(st.floats(0, 50), min_size=1, max_size=12), st.floats(0, 50))
def test_max_nll_is_the_least_likely_token(values: list[float], more: float) -> None:
    found = max_nll(-np.array(values))
    assert found == max(values)
    assert found >= anll(-np.array(values)) - 1e-12
    assert max_nll(-np.array(values[::-1])) == found  # wherever it stands
    assert max_nll(-np.array([*values, more])) == max(found, more)  # a likelier token changes nothing


def test_one_token_has_one_log_probability() -> None:
    assert max_nll(np.array([[-0.25], [-2.0]])).tolist() == anll(np.array([[-0.25], [-2.0]])).tolist()


def test_anll_is_the_log_of_the_geometric_mean_probability() -> None:
    p = np.array([0.5, 0.25, 0.9])
    assert np.exp(-anll(np.log(p))) == pytest.approx(statistics.geometric_mean(p))

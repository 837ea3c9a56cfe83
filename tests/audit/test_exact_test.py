"""The size of the exact test against counting, another library, and the search that uses it."""

from __future__ import annotations

from itertools import pairwise
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from vqa_canary.audit.exact_test import (
    errors_allowed,
    images_for_errors,
    images_for_lasting_power,
    images_for_power,
    images_to_begin_with,
    power,
)
from vqa_canary.audit.policy import images_needed

shares = st.floats(0.01, 0.6)
levels = st.floats(0.001, 0.4)


def sum_by_hand(k: int, m: int, share: float) -> float:
    return sum(comb(m, j) * share**j * (1 - share) ** (m - j) for j in range(k + 1))


@pytest.mark.parametrize(
    ("alpha", "n_methods", "expected"),
    [(0.05, 1, [59, 124, 234]), (0.05, 8, [99, 210, 442]), (0.1, 1, [29, 46, 61])],
)
def test_images_for_eighty_percent(alpha: float, n_methods: int, expected: list[int]) -> None:
    """Found by trying one number after the other with sums of binomial probabilities."""
    delta = 0.05 / n_methods
    for error, images in zip((0.0, 0.01, 0.02), expected, strict=True):
        assert images_for_power(error, alpha, delta, 0.8) == images
        for m in (images - 1, images):
            k = max((k for k in range(20) if sum_by_hand(k, m, alpha) <= delta), default=-1)
            assert (k >= 0 and sum_by_hand(k, m, error) >= 0.8) == (m == images)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 80), shares, levels)
def test_errors_allowed_are_the_most_with_which_the_test_passes(m: int, alpha: float, delta: float) -> None:
    """Every number of errors is tried, with the p-values of another library."""
    allowed = int(errors_allowed(m, alpha, delta))
    if m == 0:
        assert allowed == -1
        return
    p_values = [binomtest(k, m, alpha, alternative="less").pvalue for k in range(m + 1)]
    passing = [k for k, p in enumerate(p_values) if p <= delta]
    near = any(abs(p - delta) < 1e-12 for p in p_values)
    assert near or allowed == max(passing, default=-1)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 400), shares, levels, st.floats(0, 1))
def test_power_is_the_share_of_draws_that_pass(m: int, alpha: float, delta: float, error: float) -> None:
    allowed = int(errors_allowed(m, alpha, delta))
    assert power(m, error, alpha, delta) == pytest.approx(binom.cdf(allowed, m, error), abs=1e-12)
    assert 0 <= power(m, error, alpha, delta) <= 1


@settings(max_examples=30, deadline=None)
@given(shares, levels, st.lists(st.floats(0, 1), min_size=2, max_size=5))
def test_power_falls_with_the_error_and_rises_with_what_is_tolerated(
    alpha: float, delta: float, errors: list[float]
) -> None:
    m = np.arange(300)
    ordered = [power(m, error, alpha, delta) for error in sorted(errors)]
    assert all((more <= less + 1e-12).all() for less, more in pairwise(ordered))
    laxer = power(m, min(errors), min(alpha * 1.5, 0.9), delta)
    assert (power(m, min(errors), alpha, delta) <= laxer + 1e-12).all()


@pytest.mark.parametrize("error", [0.0, 0.01, 0.03])
def test_lasting_power_is_never_lost_again(error: float) -> None:
    first, lasting = (find(error, 0.05, 0.05, 0.8) for find in (images_for_power, images_for_lasting_power))
    assert first is not None
    assert lasting is not None
    later = power(np.arange(lasting, lasting + 5_000), error, 0.05, 0.05)
    assert first <= lasting
    assert (later >= 0.8).all()
    assert lasting == 1 or power(lasting - 1, error, 0.05, 0.05) < 0.8


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.1, 0.3])
@pytest.mark.parametrize("delta", [0.1, 0.05, 0.05 / 11])
def test_without_errors_it_is_what_the_search_says_it_needs(alpha: float, delta: float) -> None:
    needed = images_needed(alpha, delta)
    assert images_for_power(0.0, alpha, delta, 0.8) == needed
    assert images_for_power(0.0, alpha, delta, 1.0) == needed


@pytest.mark.parametrize("alpha", [0.02, 0.05, 0.1, 0.3])
@pytest.mark.parametrize("delta", [0.05, 0.05 / 11])
def test_a_search_begins_with_as_many_images_as_a_fifth_of_the_error_takes(
    alpha: float, delta: float
) -> None:
    assert images_to_begin_with(alpha, delta) == images_for_power(alpha / 5, alpha, delta, 0.8)
    fewest = images_for_errors(alpha, delta, 5)
    assert errors_allowed(fewest, alpha, delta).tolist() == [0, 1, 2, 3, 4]
    assert errors_allowed(fewest - 1, alpha, delta).tolist() == [-1, 0, 1, 2, 3]
    assert images_to_begin_with(1e-6, delta) is None


def test_no_number_of_images_shows_what_is_not_so() -> None:
    for find in (images_for_power, images_for_lasting_power):
        assert find(0.05, 0.05, 0.05, 0.8) is None
        assert find(0.2, 0.05, 0.05, 0.8) is None
        assert find(0.0499, 0.05, 0.05, 0.8) is None  # more than are looked at

"""`label_nll`, `max_probability`, `predictive_entropy` and `margin` against their definitions."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

from vqa_canary.ue.label_nll import label_nll
from vqa_canary.ue.margin import margin
from vqa_canary.ue.max_probability import max_probability
from vqa_canary.ue.predictive_entropy import predictive_entropy
from vqa_canary.ue.registration import Undefined

logprobs = st.lists(st.floats(-30, 0), min_size=2, max_size=6)
Method = Callable[[np.ndarray], np.ndarray]
ALL: list[Method] = [max_probability, predictive_entropy, margin]


def probabilities(logs: list[float]) -> list[float]:
    """The definition in plain Python: exponentiate, then renormalise over the valid letters."""
    raw = [math.exp(x) for x in logs]
    return sorted((x / math.fsum(raw) for x in raw), reverse=True)


@given(logprobs)
def test_methods_follow_their_formulas(logs: list[float]) -> None:
    p, x = probabilities(logs), np.array(logs)
    assert max_probability(x) == pytest.approx(1 - p[0], abs=1e-12)
    assert margin(x) == pytest.approx(1 - (p[0] - p[1]), abs=1e-12)
    assert predictive_entropy(x) == pytest.approx(entropy(p) / math.log(len(p)), abs=1e-12)


@given(logprobs, st.randoms(use_true_random=False), st.floats(-20, 0))
def test_label_nll_is_the_log_of_the_largest_probability_as_it_is(
    logs: list[float], random: Random, shift: float
) -> None:
    """Not renormalised: what the model would rather say than a letter counts."""
    largest = max(math.exp(x) for x in logs)
    found = label_nll(np.array(logs))
    assert math.exp(-found) == pytest.approx(largest)
    assert label_nll(np.array(random.sample(logs, len(logs)))) == found
    assert label_nll(np.array(logs) + shift) == pytest.approx(found - shift)
    assert found >= -math.log(math.fsum(map(math.exp, logs))) - 1e-12  # at least that of any letter


def test_label_nll_needs_no_second_option() -> None:
    assert label_nll(np.array([[-0.3], [-2.0]])).tolist() == [0.3, 2.0]
    assert label_nll(np.array([0.0, -np.inf])) == 0


@given(logprobs, st.randoms(use_true_random=False), st.floats(-20, 0))
def test_only_the_renormalised_distribution_counts(logs: list[float], random: Random, shift: float) -> None:
    shuffled = random.sample(logs, len(logs))
    for method in ALL:
        assert method(np.array(shuffled)) == method(np.array(logs))  # to the last digit: ties stay ties
        assert method(np.array(logs) + shift) == pytest.approx(method(np.array(logs)), abs=1e-12)


@pytest.mark.parametrize("method", ALL)
def test_extremes(method: Method) -> None:
    assert method(np.array([0.0, -np.inf, -np.inf])) == 0  # an impossible option is no NaN
    uniform = method(np.log(np.full(4, 0.2)))
    assert uniform == pytest.approx(0.75 if method is max_probability else 1)


@pytest.mark.parametrize("method", ALL)
def test_very_sure_answers_keep_their_order(method: Method) -> None:
    gaps = np.array([[0.0, -gap] for gap in (20, 40, 60, 80)])
    assert (np.diff(method(gaps)) < 0).all()  # 1 - max p would be 0 for the last three


@pytest.mark.parametrize("method", ALL)
def test_one_option_says_nothing(method: Method) -> None:
    with pytest.raises(Undefined, match="one option"):
        method(np.array([[-0.3], [-2.0]]))

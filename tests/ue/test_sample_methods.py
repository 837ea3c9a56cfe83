"""`self_consistency` and `semantic_entropy` against counting by hand."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.ue.registration import Undefined
from vqa_canary.ue.samples import NO_OPTION, choices, modal_choice
from vqa_canary.ue.self_consistency import self_consistency
from vqa_canary.ue.semantic_entropy import semantic_entropy

OPTIONS = ("lung", "Heart", "heart ", "liver")
chosen = st.lists(st.sampled_from([None, 0, 1, 2, 3]), min_size=2, max_size=12)


def structs(named: Sequence[float | None]) -> np.ndarray:
    return np.array([{"text": "?", "choice": choice, "token_logprobs": [-0.1]} for choice in named], object)


@given(chosen)
def test_self_consistency_counts_votes_for_answers(named: list[int | None]) -> None:
    """Naming no option is one more answer."""
    expected = 1 - max(Counter(named).values()) / len(named)
    found = self_consistency(structs(named))
    assert found == pytest.approx(expected)
    assert 0 <= found <= 1 - 1 / min(len(named), len(OPTIONS) + 1) + 1e-12


@given(chosen)
def test_both_methods_are_certain_where_all_samples_answer_alike(named: list[int | None]) -> None:
    """And about nothing else, where the options differ; so naming none is read in one way by both."""
    options = np.array(["lung", "heart", "liver", "spleen"], object)
    certain = len(set(named)) == 1
    assert (self_consistency(structs(named)) == 0) == certain
    assert (semantic_entropy(structs(named), options) == 0) == certain


@pytest.mark.parametrize("swapped", [(0, 1, 2, None), (None, 0, 1, 2), (2, None, 0, 1)])
@given(named=st.lists(st.integers(0, 3), min_size=2, max_size=12))
def test_naming_none_counts_as_any_option_does(swapped: tuple[int | None, ...], named: list[int]) -> None:
    """Which of the four answers is "none named" changes no value."""
    options = np.array(["lung", "heart", "liver", "spleen"], object)
    other = [swapped[choice] for choice in named]
    assert self_consistency(structs(named)) == self_consistency(structs(other))
    assert semantic_entropy(structs(named), options) == semantic_entropy(structs(other), options)


@given(chosen)
def test_semantic_entropy_is_the_entropy_of_contents(named: list[int | None]) -> None:
    contents = Counter(None if c is None else OPTIONS[c].strip().lower() for c in named)
    shares = [n / len(named) for n in contents.values()]
    expected = -math.fsum(p * math.log(p) for p in shares) / math.log(len(named))
    assert semantic_entropy(structs(named), np.array(OPTIONS, object)) == pytest.approx(expected, abs=1e-12)


@given(chosen, st.randoms(use_true_random=False))
def test_the_order_of_samples_does_not_count(named: list[int | None], random: Random) -> None:
    again = random.sample(named, len(named))
    options = np.array(OPTIONS, object)
    assert semantic_entropy(structs(named), options) == semantic_entropy(structs(again), options)
    assert self_consistency(structs(named)) == self_consistency(structs(again))


def test_known_values() -> None:
    options = np.array(OPTIONS, object)
    assert semantic_entropy(structs([1, 2, 1, 2]), options) == 0  # "Heart" and "heart " mean the same
    assert self_consistency(structs([1, 2, 1, 2])) == 0.5  # but are two options
    assert semantic_entropy(structs([None, None]), options) == 0
    assert self_consistency(structs([None] * 10)) == 0  # they agree in naming none
    assert semantic_entropy(structs([None] * 10), options) == 0
    assert self_consistency(structs([None, None, None, 0])) == 0.25
    assert semantic_entropy(structs([0, 1]), options) == pytest.approx(1)


@given(chosen)
def test_modal_choice_is_the_lowest_of_the_leaders(named: list[int | None]) -> None:
    """Naming none stands behind all options, so it is modal only where it leads alone."""
    votes = Counter(named)
    leaders = [c for c, n in votes.items() if n == max(votes.values())]
    expected = min((c for c in leaders if c is not None), default=NO_OPTION)
    assert modal_choice(choices(structs(named))) == expected


def test_choices_read_what_parquet_returns() -> None:
    assert choices(structs([2, 1.0, None, float("nan")])).tolist() == [2, 1, NO_OPTION, NO_OPTION]


@pytest.mark.parametrize("method", [self_consistency, lambda s: semantic_entropy(s, np.array(["a", "b"]))])
def test_one_sample_cannot_disagree(method: Callable[[np.ndarray], float]) -> None:
    with pytest.raises(Undefined, match="two samples"):
        method(structs([0]))

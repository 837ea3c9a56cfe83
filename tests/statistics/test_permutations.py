"""Orders of exchangeable units: all there are or random ones, inside sets, and passing over what is missing."""

from __future__ import annotations

from collections import Counter
from itertools import permutations
from math import factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from vqa_canary.statistics.permutations import N_PERMUTATIONS, Orders, first_return, orders_inside

rng = np.random.default_rng(0)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=6))
def test_all_orders_inside_sets_each_once(sets: list[str]) -> None:
    """Those among all permutations that send each unit to a place of its own set; units alone share one."""
    found = orders_inside(sets, rng)
    sizes = Counter(sets)
    of = [name if sizes[name] > 1 else "alone" for name in sets]
    wanted = {p for p in permutations(range(len(sets))) if all(of[i] == of[j] for i, j in enumerate(p))}
    assert found.exact
    assert len(found.places) == len(wanted)
    assert set(map(tuple, found.places.tolist())) == wanted


def test_many_orders_are_drawn_alike() -> None:
    found = orders_inside(["a"] * 8, np.random.default_rng(1))
    assert (len(found.places), found.exact) == (N_PERMUTATIONS, False)
    assert (np.sort(found.places, axis=1) == np.arange(8)).all()
    for place in range(8):
        counts = np.bincount(found.places[:, place], minlength=8)
        assert stats.chisquare(counts).pvalue > 1e-4


def test_p_counts_the_orders_that_reach_it() -> None:
    every = Orders(np.zeros((4, 2), np.int64), exact=True)
    drawn = Orders(np.zeros((4, 2), np.int64), exact=False)
    permuted = np.array([0.1, 0.5, 0.5 + 1e-15, 0.9])
    assert every.p_value(0.5, permuted) == 3 / 4  # equal up to rounding is equal
    assert drawn.p_value(0.5, permuted) == 4 / 5
    assert drawn.p_value(2.0, permuted) == 1 / 5  # never 0


@given(
    st.integers(1, 6).flatmap(
        lambda n: st.tuples(st.permutations(range(n)), st.lists(st.booleans(), min_size=n, max_size=n))
    )
)
def test_first_return_passes_over_what_is_missing(given_: tuple[list[int], list[bool]]) -> None:
    """The definition, step by step; and it is an order of the kept units."""
    order, has = given_
    (found,) = first_return(np.array([order]), np.array(has))
    kept = [place for place, there in enumerate(has) if there]
    for place, got in zip(kept, found, strict=True):
        unit = order[place]
        while not has[unit]:
            unit = order[unit]
        assert got == unit
    assert sorted(found) == kept
    if all(has):
        assert found.tolist() == order


@pytest.mark.parametrize("has", [[True, False, True, True, True], [True, True, False, False, True]])
def test_of_all_orders_first_return_makes_every_order_equally_often(has: list[bool]) -> None:
    every = np.array(list(permutations(range(5))))
    counts = Counter(map(tuple, first_return(every, np.array(has)).tolist()))
    n = sum(has)
    assert len(counts) == factorial(n)
    assert set(counts.values()) == {factorial(5) // factorial(n)}

"""Whether answers go with a swapped image, and whether confidence falls where they do not."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.optional import not_none

from vqa_canary.evaluation.cell import Cell
from vqa_canary.evaluation.image_clusters import image_pairs
from vqa_canary.evaluation.swap import kept_share, swap_sensitivity
from vqa_canary.statistics.clusters import count

Rows = list[tuple[float, float, float, float, int]]
levels = st.sampled_from([0.0, 0.25, 0.5, 1.0, math.nan])  # few levels: ties are common
labels = st.sampled_from([0.0, 1.0, math.nan])
rows = st.lists(st.tuples(levels, levels, labels, labels, st.integers(0, 4)), max_size=30)


def cell(u: object, correct: object, choice: object, pairs: object) -> Cell:
    n = len(np.asarray(pairs))
    return Cell(
        uncertainty=np.asarray(u, float),
        confidence=np.full(n, np.nan),
        stated=np.full(n, np.nan),
        correct=np.asarray(correct, float),
        named=np.ones(n),
        choice=np.asarray(choice, float),
        failed=np.zeros(n, bool),
        chance=np.full(n, 0.25),
        images=np.asarray(pairs, np.int64),
        no_value=None,
    )


def both(data: Rows) -> tuple[Cell, Cell]:
    before, after, right, right_then, pairs = np.array(data, float).reshape(-1, 5).T
    nothing = np.full(len(pairs), np.nan)
    own: NDArray[np.int64] = np.arange(len(pairs))  # the clusters of the clean cell have no say
    return cell(before, right, nothing, own), cell(after, right_then, nothing, pairs)


def counted(data: Rows) -> list[float]:
    """The definition, item by item."""
    return [
        1.0 if after > before else 0.5 if after == before else 0.0
        for before, after, right, right_then, _ in data
        if right == 1 and right_then == 0 and not math.isnan(before) and not math.isnan(after)
    ]


@given(rows)
def test_sensitivity_is_the_share_of_answers_that_are_less_sure(data: Rows) -> None:
    clean, swapped = both(data)
    found, values = swap_sensitivity(clean, swapped), counted(data)
    if not values:
        assert found.value is None
        assert found.reason
        return
    share = not_none(found.value)
    assert share == pytest.approx(np.mean(values))
    kept = [row[4] for row in data if counted([row])]
    assert (found.n, found.n_clusters) == (len(values), len(set(kept)))
    assert 0 <= share <= 1
    if found.ci_low is not None and found.ci_high is not None:
        assert 0 <= found.ci_low <= share <= found.ci_high <= 1


@given(rows)
def test_only_the_order_of_an_items_two_uncertainties_counts(data: Rows) -> None:
    clean, swapped = both(data)
    found = swap_sensitivity(clean, swapped)
    grown = [(math.exp(a), math.exp(b), *rest) for a, b, *rest in data]
    assert swap_sensitivity(*both(grown)) == found  # type: ignore[arg-type]
    turned = swap_sensitivity(*both([(-a, -b, *rest) for a, b, *rest in data]))  # type: ignore[misc]
    assert (found.value is None) == (turned.value is None)
    if found.value is not None and turned.value is not None:
        assert found.value == pytest.approx(1 - turned.value)
    mixed = swap_sensitivity(*both(data[::-1]))
    assert mixed.value == pytest.approx(found.value)


@given(rows, st.integers(0, 29))
def test_more_doubt_after_the_swap_never_lowers_it(data: Rows, at: int) -> None:
    if at >= len(data):
        return
    before = swap_sensitivity(*both(data)).value
    risen = [*data]
    risen[at] = (data[at][0], data[at][1] + 1, *data[at][2:])
    after = swap_sensitivity(*both(risen)).value
    assert before is None or (after is not None and after >= before - 1e-12)


def test_the_interval_counts_pairs_and_not_questions() -> None:
    """Items that all say the same within a pair tell no more than one item a pair does."""
    rng = np.random.default_rng(3)
    rose = rng.random(40) < 0.7
    few = [(0.5, 0.9 if up else 0.1, 1.0, 0.0, pair) for pair, up in enumerate(rose)]
    many = [row for row in few for _ in range(6)]
    one, six = swap_sensitivity(*both(few)), swap_sensitivity(*both(many))
    assert (one.value, one.ci_low, one.ci_high) == pytest.approx((six.value, six.ci_low, six.ci_high))
    alone = swap_sensitivity(*both([(*row[:4], at) for at, row in enumerate(many)]))
    assert six.ci_low is not None
    assert alone.ci_low is not None
    assert alone.ci_low > six.ci_low


@pytest.mark.parametrize("n_pairs", [24, 60])
def test_the_interval_holds_the_truth_in_19_of_20_studies(n_pairs: int) -> None:
    """Pairs of images differ in how far doubt rises on them, and each has several items about either image.

    With a dozen pairs it holds it in 92 of 100.
    """
    rng, held = np.random.default_rng(11), 0
    truth = 0.5 * (0.9 + 0.3)  # half of the pairs rise in 9 of 10 items, the others in 3 of 10
    for _ in range(400):
        chance = rng.choice([0.9, 0.3], n_pairs)
        sizes = rng.integers(2, 7, n_pairs)
        pairs = np.repeat(np.arange(n_pairs), sizes)
        up = rng.random(len(pairs)) < chance[pairs]
        found = swap_sensitivity(
            *both(
                [
                    (0.5, 0.9 if rose else 0.1, 1.0, 0.0, int(pair))
                    for rose, pair in zip(up, pairs, strict=True)
                ]
            )
        )
        held += (found.ci_low or 0) <= truth <= (found.ci_high or 1)
    assert 0.92 <= held / 400 <= 0.98


def test_no_and_one_item() -> None:
    nothing = swap_sensitivity(*both([]))
    assert (nothing.value, nothing.n) == (None, 0)
    assert nothing.reason == "no answer that is right when clean is wrong with the swapped image"
    one = swap_sensitivity(*both([(0.2, 0.3, 1.0, 0.0, 0)]))
    assert (one.value, one.ci_low, one.reason) == (1.0, None, "no interval: one image")
    unknown = swap_sensitivity(*both([(math.nan, 0.3, 1.0, 0.0, 0)]))
    assert unknown.reason == "no uncertainty of an answer that the swap makes wrong"


def test_answers_that_stay() -> None:
    """Of four right answers one stays, one goes to a third option, one to the right one, and one names none."""
    pairs = [0, 0, 1, 2, 3]
    clean = cell([0.1] * 5, [1, 1, 1, 1, 0], [0, 0, 0, 0, 1], pairs)
    swapped = cell([0.2] * 5, [0, 0, 1, 0, 0], [0, 2, 1, math.nan, 1], pairs)
    found = kept_share(clean, swapped)
    assert (found.value, found.n, found.n_clusters) == (0.25, 4, 4 - 1)
    none = kept_share(cell([0.1], [0], [0], [0]), cell([0.1], [0], [0], [0]))
    assert (none.value, none.n) == (None, 0)
    assert none.reason


@given(st.lists(st.tuples(labels, labels, st.integers(0, 2), st.integers(0, 2)), max_size=20))
def test_the_kept_share_is_counted(data: list[tuple[float, float, int, int]]) -> None:
    n = len(data)
    right, then, choice, now = np.array(data, float).reshape(-1, 4).T
    found = kept_share(cell([0.1] * n, right, choice, range(n)), cell([0.1] * n, then, now, range(n)))
    risk = [a == b for r, t, a, b in data if r == 1 and not math.isnan(t)]
    assert found.value == (pytest.approx(np.mean(risk)) if risk else None)


def test_images_of_a_pair_are_one_cluster() -> None:
    items = pd.DataFrame({"item_id": list("pqrst"), "dataset": "d", "image_id": list("aabbc")})
    shown = pd.DataFrame({"item_id": ["p", "r"], "image_id": ["b", "a"]})
    assert image_pairs(items, shown).tolist() == list("aaaac")
    assert image_pairs(items, shown.iloc[:0]).tolist() == list("aabbc")
    assert count(image_pairs(items.iloc[:0], shown.iloc[:0])) == 0


def test_every_pair_of_levels_is_told() -> None:
    data = [(a, b, 1.0, 0.0, at) for at, (a, b) in enumerate(product([0.0, 0.5, 1.0], repeat=2))]
    assert swap_sensitivity(*both(data)).value == pytest.approx((3 + 1.5) / 9)

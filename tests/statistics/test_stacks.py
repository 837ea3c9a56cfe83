"""Many rows of the same items at once: each row has, to the last bit, what it has alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from vqa_canary.estimate import Undefined
from vqa_canary.statistics.auroc import Ranking, rank, rankings
from vqa_canary.statistics.clusters import count, images_with, number, row_sums, sums
from vqa_canary.statistics.jackknife import by_level, stacked_levels
from vqa_canary.statistics.means import mean, means
from vqa_canary.statistics.precision_recall import auprc, auprcs
from vqa_canary.statistics.ranks import dense_ranks
from vqa_canary.statistics.risk_coverage import caught, caught_of_rows, risk_coverage, risk_coverages
from vqa_canary.statistics.standardised_shift import shift, shifts

Rows = tuple[np.ndarray, np.ndarray, np.ndarray]
seeds = st.integers(0, 10_000)


def made_up(seed: int) -> Rows:
    """Uncertainties on many or few levels, errors that are rare or common or none, and images of several items."""
    rng = np.random.default_rng(seed)
    n, n_rows = int(rng.integers(1, 150)), int(rng.integers(1, 12))
    steps = rng.choice([2, 5, 1000], n_rows)[:, None]
    u = np.floor(rng.random((n_rows, n)) * steps) / steps
    wrong = (
        rng.random((n_rows, n)) < rng.choice([0.0, 0.03, 0.3, 1.0], n_rows, p=[0.1, 0.2, 0.6, 0.1])[:, None]
    )
    return u, wrong, rng.integers(0, max(1, n // 3), n)


def alone(call: Callable[[], object]) -> object:
    """What a call gives, or the words of why it is undefined."""
    try:
        return call()
    except Undefined as error:
        return str(error)


def told(found: object) -> object:
    return str(found) if isinstance(found, Undefined) else found


@given(seeds)
def test_dense_ranks_are_scipys(seed: int) -> None:
    u, _, _ = made_up(seed)
    assert (dense_ranks(u) == [rankdata(row, "dense") - 1 for row in u]).all()


@given(seeds)
def test_sums_and_counts_are_those_of_each_row(seed: int) -> None:
    u, wrong, images = made_up(seed)
    codes, n_images = number(images)
    assert (row_sums(u, codes, n_images) == [sums(row, codes, n_images) for row in u]).all()
    assert images_with(wrong, codes, n_images).tolist() == [count(images[row]) for row in wrong]


@given(seeds)
def test_rankings(seed: int) -> None:
    u, wrong, images = made_up(seed)
    for row, found in enumerate(rankings(u, wrong, images)):
        one = alone(partial(rank, u[row], wrong[row], images))
        if not isinstance(found, Ranking):
            assert str(found) == one
            continue
        assert isinstance(one, Ranking)
        assert (found.influence == one.influence).all()
        same = ("value", "se", "side", "n", "n_clusters")
        assert [getattr(found, name) for name in same] == [getattr(one, name) for name in same]


@given(seeds)
def test_what_depends_on_the_order(seed: int) -> None:
    u, wrong, images = made_up(seed)
    seen = []
    for rows, levels in stacked_levels(u, wrong, images):
        found = zip(rows, auprcs(levels), risk_coverages(levels), caught_of_rows(levels), strict=True)
        for row, precision, curve, share in found:
            one = by_level(u[row], wrong[row], images)
            assert (precision, curve, share) == (auprc(one), risk_coverage(one), caught(one))
            seen.append(int(row))
    assert sorted(seen) == list(range(len(u)))


@pytest.mark.parametrize("most", [1, 10**9])
def test_how_many_rows_are_taken_together_does_not_matter(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    u, wrong, images = made_up(3)

    def curves() -> dict[int, object]:
        stacks = stacked_levels(u, wrong, images)
        return {
            int(row): one
            for rows, levels in stacks
            for row, one in zip(rows, risk_coverages(levels), strict=True)
        }

    before = curves()
    monkeypatch.setattr("vqa_canary.statistics.jackknife.MOST_TOGETHER", most)
    assert curves() == before


@given(seeds)
def test_shifts_and_means(seed: int) -> None:
    u, wrong, images = made_up(seed)
    after = u + 0.1 * wrong
    for row, found in enumerate(shifts(u, after, images)):
        assert told(found) == alone(partial(shift, u[row], after[row], images))
    low = [-float(row) for row in range(len(u))]
    for row, averaged in enumerate(means(u, images, low, 2.0)):
        one = mean(u[row], images, low[row], 2.0)
        assert repr(averaged) == repr(one)  # NaN equals nothing

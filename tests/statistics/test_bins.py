"""Bins of confidence against their definitions."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from vqa_canary.statistics.bins import NO_BIN, Binning, Kind, equal_mass_bins

KINDS: tuple[Kind, ...] = get_args(Kind)
levels = st.lists(st.integers(0, 30), min_size=1, max_size=60)


def test_distinct_confidences_make_equal_bins() -> None:
    bins = equal_mass_bins(np.random.default_rng(0).permutation(300) / 300)
    assert np.bincount(bins).tolist() == [20] * 15


@given(levels, st.integers(1, 20))
def test_equal_mass_bins_are_cut_by_mid_rank(values: list[int], n_bins: int) -> None:
    confidence = np.array(values) / 30
    expected = np.floor((rankdata(confidence) - 0.5) * n_bins / len(values))
    assert equal_mass_bins(confidence, n_bins).tolist() == expected.tolist()


@pytest.mark.parametrize("kind", KINDS)
@given(values=levels, n_bins=st.integers(1, 20))
def test_equal_confidences_share_a_bin_and_order_is_kept(kind: Kind, values: list[int], n_bins: int) -> None:
    confidence = np.array(values) / 30  # 0 and 1 included
    bins = Binning(kind, n_bins).of(confidence)
    binned = bins != NO_BIN
    assert binned.tolist() == [kind != "equal_width_open" or value != 30 for value in values]
    assert ((bins >= 0) == binned).all()
    assert (bins < n_bins).all()
    for value in set(confidence):
        assert len(set(bins[confidence == value])) == 1
    assert (np.diff(bins[binned][np.argsort(confidence[binned])]) >= 0).all()


@given(levels, st.integers(1, 30))
def test_bins_of_equal_width_hold_their_lower_edge_and_not_their_upper_one(
    values: list[int], n_bins: int
) -> None:
    edges = np.linspace(0, 1, n_bins + 1)
    confidence = np.concatenate([edges, np.array(values) / 30])  # every edge itself, rounded as it may be
    open_bins, closed = (Binning(kind, n_bins).of(confidence) for kind in KINDS[:0:-1])
    for c, at, closed_at in zip(confidence, open_bins, closed, strict=True):
        inside = [b for b in range(n_bins) if edges[b] <= c < edges[b + 1]]
        assert [at] == (inside or [NO_BIN])
        assert closed_at == (n_bins - 1 if c == 1 else at)

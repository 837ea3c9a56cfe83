"""Shares against scipy's exact interval and the Korn-Graubard steps by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.optional import not_none

from vqa_canary.statistics.proportions import clopper_pearson, proportion

rows = st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=1, max_size=40)


@given(st.integers(1, 60), st.data())
def test_clopper_pearson_is_scipys(size: int, data: st.DataObject) -> None:
    events = data.draw(st.integers(0, size))
    expected = stats.binomtest(events, size).proportion_ci(0.95, method="exact")
    assert clopper_pearson(events, size, 0.05) == pytest.approx((expected.low, expected.high))


@given(rows)
def test_effective_size_by_hand(rows: list[tuple[bool, int]]) -> None:
    events, images = np.array([e for e, _ in rows], float), np.array([g for _, g in rows])
    found, n, g = proportion(events, images), len(rows), len(set(images))
    p = events.mean()
    assert found.value == pytest.approx(p)
    if g < 2:
        assert found.ci_low is None
        assert found.reason == "no interval: one image"
        return
    assert 0 <= not_none(found.ci_low) <= p <= not_none(found.ci_high) <= 1
    if p in (0, 1):
        size = float(g)
    else:
        gaps = [events[images == name].sum() - p * (images == name).sum() for name in set(images)]
        v = g / (g - 1) * sum(x**2 for x in gaps) / n**2
        size = min(n, p * (1 - p) / v) if v > 1e-30 else n
        size *= (1.959964 / stats.t.ppf(0.975, g - 1)) ** 2
    assert (found.ci_low, found.ci_high) == pytest.approx(clopper_pearson(p * size, size, 0.05), abs=1e-6)


def test_rare_events_keep_an_upper_limit() -> None:
    none = proportion(np.zeros(200), np.arange(200) // 4)
    assert (none.value, none.ci_low) == (0, 0)
    assert none.ci_high == pytest.approx(1 - 0.025 ** (1 / 50))  # 50 images, not 200 items
    assert proportion(np.ones(200), np.arange(200) // 4).ci_low == pytest.approx(0.025 ** (1 / 50))


def test_repeated_items_bring_nothing() -> None:
    events = np.random.default_rng(0).random(40) < 0.3
    once = proportion(events, np.arange(40))
    tenfold = proportion(np.repeat(events, 10), np.repeat(np.arange(40), 10))
    assert (tenfold.ci_low, tenfold.ci_high) == pytest.approx((once.ci_low, once.ci_high), rel=0.03)


def test_a_lower_level_is_narrower_and_nothing_is_undefined() -> None:
    events = np.arange(40) % 3 == 0
    wide, narrow = proportion(events, np.arange(40)), proportion(events, np.arange(40), level=0.9)
    assert not_none(wide.ci_low) < not_none(narrow.ci_low) < not_none(narrow.ci_high) < not_none(wide.ci_high)
    assert proportion([], []).reason == "no items"

"""Curves against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from tests.made_up_answers import MakeStudy

from vqa_canary.evaluation.confidences import with_confidence
from vqa_canary.evaluation.curves import COVERAGES, collapse_roc, curves_table, reliability, risk_at_coverage
from vqa_canary.statistics.bins import Binning
from vqa_canary.statistics.jackknife import by_level
from vqa_canary.statistics.risk_coverage import risk_coverage

RNG = np.random.default_rng(5)
U = RNG.integers(0, 6, 100) / 5
WRONG = RNG.random(100) < 0.2 + 0.5 * U
IMAGES = np.arange(100) // 4


def test_risk_is_the_mean_over_orders_of_tied_items() -> None:
    orders = [np.lexsort((RNG.random(100), U)) for _ in range(4000)]
    risks = np.mean([WRONG[order].cumsum() / np.arange(1, 101) for order in orders], axis=0)
    for x, y, _, _, n in risk_at_coverage(U, WRONG):
        assert y == pytest.approx(risks[n - 1], abs=0.02)
        assert x == n / 100


def test_risk_at_every_item_has_the_area_of_the_metric() -> None:
    u = RNG.permutation(50) / 50.0
    wrong = RNG.random(50) < u
    points = risk_at_coverage(u, wrong)
    assert len(points) == len(COVERAGES)
    levels = by_level(u, wrong, np.arange(50))
    assert np.mean([y for _, y, *_ in points]) == pytest.approx(risk_coverage(levels).aurc.value)


def test_roc_has_the_area_of_the_share_of_pairs() -> None:
    points = collapse_roc(U, WRONG)
    xs, ys = [x for x, *_ in points], [y for _, y, *_ in points]
    gap = U[WRONG][:, None] - U[~WRONG]
    assert np.trapezoid(ys, xs) == pytest.approx(((gap > 0) + 0.5 * (gap == 0)).mean())
    assert collapse_roc(U, np.zeros(100, bool)) == ()


def test_a_diagram_has_at_most_eight_points_however_many_bins_ece_has(make_study: MakeStudy) -> None:
    shown = {"correct": ~WRONG, "u": U + np.arange(100) / 1000}
    cells = {(model, "clean"): shown for model in ("a", "b")}
    grid = with_confidence(make_study(cells, IMAGES).grids[0], "minmax", 1)
    table = curves_table([grid], (), Binning("equal_mass", 15), {"a": "g", "b": "g"})
    drawn = table[table["curve"].isin(["reliability", "pooled_reliability"])]
    assert drawn.groupby(["curve", "model"]).size().to_dict() == {
        ("pooled_reliability", "g"): 8, ("reliability", "a"): 8, ("reliability", "b"): 8
    }  # fmt: skip


def test_reliability_holds_every_item_once() -> None:
    points = reliability(1 - U, (~WRONG).astype(float), IMAGES)
    assert sum(n for *_, n in points) == 100
    assert [x for x, *_ in points] == sorted(x for x, *_ in points)
    assert sum(y * n for _, y, _, _, n in points) == pytest.approx((~WRONG).sum())
    assert all(low is None or low <= y <= high for _, y, low, high, _ in points if high is not None)

"""Metrics of many cells at once are those of each cell alone, whatever each lacks."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.estimate import Estimate
from vqa_canary.evaluation.cell import Cell
from vqa_canary.evaluation.stacked_metrics import Pair, uncertainty_metrics
from vqa_canary.statistics.auroc import auroc
from vqa_canary.statistics.jackknife import by_level
from vqa_canary.statistics.means import mean_estimate
from vqa_canary.statistics.precision_recall import auprc
from vqa_canary.statistics.risk_coverage import caught, risk_coverage
from vqa_canary.statistics.standardised_shift import shift_estimate


def cell(rng: np.random.Generator, images: np.ndarray, lacking: float) -> Cell:
    n = len(images)
    u, correct = np.round(rng.random(n), 1), (rng.random(n) < 0.6).astype(float)
    u[rng.random(n) < lacking], correct[rng.random(n) < lacking / 2] = np.nan, np.nan
    return Cell(
        uncertainty=u,
        confidence=1 - u,
        stated=1 - u,
        correct=correct,
        named=np.ones(n),
        choice=np.zeros(n),
        failed=np.zeros(n, bool),
        chance=np.full(n, 0.25),
        images=images,
        no_value="none given",
    )


def pairs(seed: int) -> dict[str, Pair]:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(0, 120))
    images = rng.integers(0, max(1, n // 2), n)
    held = rng.random() < 0.7
    made = {}
    for name in "abcdef":
        lacking = rng.choice([0.0, 0.0, 0.2, 1.0])
        made[name] = Pair(
            cell(rng, images, lacking),
            cell(rng, images, lacking) if held else None,
            float(-rng.integers(0, 2)),
        )
    return made


def by_hand(pair: Pair) -> dict[str, Estimate]:
    """Straight from the statistics of one cell; without what only adds to an AUROC."""
    now, clean = pair.cell, pair.clean
    known = ~np.isnan(now.uncertainty)
    scored = now.scored()
    metrics = {
        "auroc": auroc(scored.uncertainty, scored.wrong, scored.images),
        "mean_uncertainty": mean_estimate(now.uncertainty[known], now.images[known], pair.lowest, np.inf),
    }
    if len(scored.images):
        levels = by_level(scored.uncertainty, scored.wrong, scored.images)
        curve = risk_coverage(levels)
        metrics |= {
            "auprc": auprc(levels),
            "aurc": curve.aurc,
            "excess_aurc": curve.excess_aurc,
            "prr": curve.prr,
        }
    if clean is not None:
        both = known & ~np.isnan(clean.uncertainty)
        metrics["uncertainty_shift"] = shift_estimate(
            clean.uncertainty[both], now.uncertainty[both], now.images[both]
        )
        risk = (clean.correct == 1) & now.judged & ~np.isnan(clean.uncertainty)
        u, collapse, images = clean.uncertainty[risk], now.wrong[risk], now.images[risk]
        metrics["fragility_auroc"] = auroc(u, collapse, images)
        if len(images):
            metrics["collapse_caught_at_20"] = caught(by_level(u, collapse, images))
    return metrics


@given(st.integers(0, 10_000))
def test_every_cell_has_what_it_has_alone(seed: int) -> None:
    made = pairs(seed)
    found = uncertainty_metrics(made)
    assert list(found) == list(made)
    for name, pair in made.items():
        for metric, expected in by_hand(pair).items():
            assert found[name][metric] == expected, metric
        assert found[name] == uncertainty_metrics({name: pair})[name]
        held = pair.clean is not None
        assert ("smallest_auroc_seen" in found[name]) != held
        assert ("fragility_auroc" in found[name]) == held


def test_no_cells_have_no_metrics() -> None:
    assert uncertainty_metrics({}) == {}

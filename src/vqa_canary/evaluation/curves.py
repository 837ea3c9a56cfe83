"""The curves behind the numbers: reliability, risk against coverage, and the ROC of collapse."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from vqa_canary.evaluation.collapse import collapsed
from vqa_canary.evaluation.grid import Grid
from vqa_canary.rows import CLEAN
from vqa_canary.statistics.bins import NO_BIN, Binning
from vqa_canary.statistics.calibration import EQUAL_MASS
from vqa_canary.statistics.proportions import proportion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

MOST_BINS = 8
"""Of a reliability diagram: of more, each holds too few answers for its point to be read."""
COVERAGES = np.arange(1, 51) / 50
COLUMNS = ("dataset", "curve", "condition", "model", "method", "x", "y", "y_low", "y_high", "n")

Points = tuple[tuple[float, float, float | None, float | None, int], ...]
"""x, y, the limits of y or None, and how many items the point rests on."""


def curves_table(
    grids: Sequence[Grid],
    nota_conditions: Sequence[str],
    binning: Binning = EQUAL_MASS,
    groups: Mapping[str, str] = MappingProxyType({}),
) -> pd.DataFrame:
    """Points of every curve under `clean` and the NOTA conditions, on the items of their metrics.

    `curve` is `reliability` (mean confidence, share right, 95 % limits; bins like those of ECE, at most eight),
    `stated_reliability` (the same for the own confidence of a method that is a probability),
    `pooled_reliability` (the same of all answers of a group of models; `model` is the group),
    `risk_coverage` (share answered, share wrong among them) or `fragility_roc` (share of holds and
    of collapses above a threshold on clean uncertainty). NOTA conditions: items that are
    `nota_valid`; clean reliability and risk: all items.

    Parameters
    ----------
    binning : the bins of ECE
    groups : by model, whose answers its own are pooled with; those of other models are not pooled
    """
    binning = replace(binning, number=min(binning.number, MOST_BINS))
    rows = [
        {"dataset": grid.dataset, **about, **dict(zip(COLUMNS[5:], point, strict=True))}
        for grid in grids
        for about, points in (
            *_curves(grid, nota_conditions, binning),
            *_pooled(grid, nota_conditions, binning, groups),
        )
        for point in points
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def reliability(
    confidence: NDArray[np.float64],
    correct: NDArray[np.float64],
    images: NDArray[np.int64],
    binning: Binning = EQUAL_MASS,
) -> Points:
    """Mean confidence and share right in each bin, by rising confidence; what falls in no bin has no point."""
    bins = binning.of(confidence)
    points = []
    for number in np.unique(bins[bins != NO_BIN]):
        inside = bins == number
        right = proportion(correct[inside] == 1, images[inside])
        points.append(
            (
                float(confidence[inside].mean()),
                float(correct[inside].mean()),
                right.ci_low,
                right.ci_high,
                int(inside.sum()),
            )
        )
    return tuple(points)


def risk_at_coverage(u: NDArray[np.float64], wrong: NDArray[np.bool_]) -> Points:
    """Share wrong among the least uncertain, at 2 %, 4 %, ... answered; tied items count in expectation."""
    if not len(u):
        return ()
    _, level = np.unique(u, return_inverse=True)
    items = np.concatenate([[0], np.bincount(level).cumsum()])
    errors = np.concatenate([[0], np.bincount(level, wrong).cumsum()])
    answered = COVERAGES * len(u)
    risks = np.interp(answered, items, errors) / answered
    return tuple(
        (float(share), float(risk), None, None, round(n))
        for share, risk, n in zip(COVERAGES, risks, answered, strict=True)
    )


def collapse_roc(u: NDArray[np.float64], collapse: NDArray[np.bool_]) -> Points:
    """False against true alarms of "uncertain when clean" for collapse; none with one class only."""
    from sklearn.metrics import roc_curve

    if collapse.all() or not collapse.any():
        return ()
    false, true, _ = roc_curve(collapse, u)
    return tuple((float(x), float(y), None, None, len(u)) for x, y in zip(false, true, strict=True))


def _curves(
    grid: Grid, nota_conditions: Sequence[str], binning: Binning
) -> Iterator[tuple[dict[str, str], Points]]:
    for condition in (CLEAN, *nota_conditions):
        if condition not in grid.conditions:
            continue
        for model in grid.models:
            for method in grid.methods:
                about = {"condition": condition, "model": model, "method": method}
                for name, points in _of_cell(grid, condition, model, method, binning):
                    yield {"curve": name, **about}, points


def _pooled(
    grid: Grid, nota_conditions: Sequence[str], binning: Binning, groups: Mapping[str, str]
) -> Iterator[tuple[dict[str, str], Points]]:
    """Reliability of each method over the answers of all models of a group; an image is one cluster for all of them."""
    for condition in (CLEAN, *nota_conditions):
        for group in dict.fromkeys(groups.values()) if condition in grid.conditions else ():
            models = [model for model in grid.models if groups.get(model) == group]
            for method in grid.methods:
                mask = grid.fair(condition)
                cells = [grid.cell(condition, model, method, mask).confident() for model in models]
                confidence = np.concatenate([cell.confidence for cell in cells])
                correct = np.concatenate([cell.correct for cell in cells])
                images = np.concatenate([cell.images for cell in cells])
                if len(confidence):
                    about = {"condition": condition, "model": group, "method": method}
                    yield (
                        {"curve": "pooled_reliability", **about},
                        reliability(confidence, correct, images, binning),
                    )


def _of_cell(
    grid: Grid, condition: str, model: str, method: str, binning: Binning
) -> Iterator[tuple[str, Points]]:
    shown = grid.cell(condition, model, method, grid.fair(condition))
    for name, cell in (("reliability", shown), ("stated_reliability", shown.as_stated())):
        if len((sure := cell.confident()).images):
            yield name, reliability(sure.confidence, sure.correct, sure.images, binning)
    scored = shown.scored()
    yield "risk_coverage", risk_at_coverage(scored.uncertainty, scored.wrong)
    if condition != CLEAN and CLEAN in grid.conditions:
        clean = grid.cell(CLEAN, model, method, grid.fair(condition))
        risk, collapse = collapsed(clean.correct, shown.correct)
        kept = risk & ~np.isnan(clean.uncertainty)
        yield "fragility_roc", collapse_roc(clean.uncertainty[kept], collapse[kept])

"""Metrics of one cell, of a model and a method on some items under one condition: all but those of a confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from vqa_canary.estimate import Estimate, Undefined, undefined
from vqa_canary.evaluation.collapse import accuracy_drop, collapsed
from vqa_canary.evaluation.swap import kept_share, swap_sensitivity
from vqa_canary.statistics.auroc import rank
from vqa_canary.statistics.clusters import count
from vqa_canary.statistics.jackknife import by_level
from vqa_canary.statistics.means import mean_estimate
from vqa_canary.statistics.power import smallest_auroc_seen
from vqa_canary.statistics.precision_recall import auprc
from vqa_canary.statistics.proportions import proportion
from vqa_canary.statistics.risk_coverage import caught, risk_coverage
from vqa_canary.statistics.standardised_shift import shift_estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vqa_canary.evaluation.cell import Cell

Metrics = dict[str, Estimate]


def answer_metrics(cell: Cell, clean: Cell | None, swapped: bool = False) -> Metrics:
    """What depends on the answers alone; `clean`: the same items, where the condition is another; `swapped`: whether
    the condition swaps their images for some with another right answer."""
    correct = cell.correct
    judged = ~np.isnan(correct)
    metrics = {
        "accuracy": proportion(correct[judged], cell.images[judged]),
    }
    if clean is not None:
        both = judged & ~np.isnan(clean.correct)
        risk, collapse = collapsed(clean.correct, correct)
        metrics |= {
            "accuracy_drop": _drop(clean.correct[both], correct[both], cell.images[both]),
            "collapse_rate": proportion(collapse[risk], cell.images[risk]),
        }
        metrics |= {"swap_kept_share": kept_share(clean, cell)} if swapped else {}
    return {name: explained(metric, cell, "answer") for name, metric in metrics.items()}


def method_metrics(cell: Cell, clean: Cell | None, lowest: float = 0.0, swapped: bool = False) -> Metrics:
    """What depends on a method's uncertainty; `lowest`: the smallest that it may be; `swapped` as in
    `answer_metrics`."""
    known, answered = ~np.isnan(cell.uncertainty), ~np.isnan(cell.named)
    metrics = {
        **_ranking(cell.scored(), clean is None),
        "mean_uncertainty": mean_estimate(cell.uncertainty[known], cell.images[known], lowest, np.inf),
        "defined_share": proportion(known[answered], cell.images[answered]),
    }
    if clean is not None:
        before = clean.uncertainty
        both = known & ~np.isnan(before)
        risk, collapse = collapsed(clean.correct, cell.correct)
        risk &= ~np.isnan(before)
        metrics |= {
            "uncertainty_shift": shift_estimate(before[both], cell.uncertainty[both], cell.images[both]),
            **_fragility(before[risk], collapse[risk], cell.images[risk]),
        }
        metrics |= {"swap_sensitivity": swap_sensitivity(clean, cell)} if swapped else {}
    return {name: explained(metric, cell, "value") for name, metric in metrics.items()}


def _drop(clean: NDArray[np.float64], shown: NDArray[np.float64], images: NDArray[np.int64]) -> Estimate:
    try:
        return accuracy_drop(clean, shown, images).estimate()
    except Undefined as error:
        return undefined(str(error))


def _aurocs(
    u: NDArray[np.float64], wrong: NDArray[np.bool_], images: NDArray[np.int64]
) -> tuple[Estimate, Estimate]:
    """AUROC, and the smallest one that would be found with its standard error."""
    try:
        ranking = rank(u, wrong, images)
    except Undefined as error:
        nothing = undefined(str(error), len(wrong), count(images))
        return nothing, nothing
    return ranking.estimate(), smallest_auroc_seen(ranking)


def _ranking(cell: Cell, is_clean: bool) -> Metrics:
    u, wrong, images = cell.uncertainty, cell.wrong, cell.images
    area, smallest = _aurocs(u, wrong, images)
    areas = {"auroc": area} | ({"smallest_auroc_seen": smallest} if is_clean else {})
    try:
        levels = by_level(u, wrong, images)
    except Undefined as error:
        return areas | dict.fromkeys(("auprc", "aurc", "excess_aurc", "prr"), undefined(str(error)))
    curve = risk_coverage(levels)
    return areas | {
        "auprc": auprc(levels),
        "aurc": curve.aurc,
        "excess_aurc": curve.excess_aurc,
        "prr": curve.prr,
    }


def _fragility(u: NDArray[np.float64], collapse: NDArray[np.bool_], images: NDArray[np.int64]) -> Metrics:
    try:
        escalated = caught(by_level(u, collapse, images))
    except Undefined as error:
        escalated = undefined(str(error))
    area, smallest = _aurocs(u, collapse, images)
    return {
        "fragility_auroc": area,
        "smallest_fragility_auroc_seen": smallest,
        "collapse_caught_at_20": escalated,
    }


def explained(metric: Estimate, cell: Cell, about: Literal["answer", "value"]) -> Estimate:
    """The estimate; where it has no items, the reason that says most.

    Parameters
    ----------
    about : whether it needs answers alone, or values of a method as well
    """
    if metric.n or not len(cell.images):
        return metric
    if about == "value" and cell.no_value and np.isnan(cell.uncertainty).all():
        return undefined(cell.no_value)
    if np.isnan(cell.named).all():
        return undefined("not asked, or not answered")
    if np.isnan(cell.correct).all():
        return undefined("nothing is right under this condition")
    if about == "value" and cell.no_confidence and np.isnan(cell.confidence).all():
        return undefined(cell.no_confidence)
    return metric

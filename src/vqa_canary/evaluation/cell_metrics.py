"""Metrics of one cell, of a model and a method on some items under one condition: all but those of a confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from vqa_canary.estimate import Estimate, Undefined, undefined
from vqa_canary.evaluation.collapse import accuracy_drop, collapsed
from vqa_canary.evaluation.stacked_metrics import Key, Metrics, Pair, uncertainty_metrics
from vqa_canary.evaluation.swap import kept_share, swap_sensitivity
from vqa_canary.statistics.proportions import proportion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from vqa_canary.evaluation.cell import Cell


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


def method_metrics(pairs: Mapping[Key, Pair], swapped: bool = False) -> dict[Key, Metrics]:
    """What depends on a method's uncertainty, of many cells at once: see `uncertainty_metrics`; `swapped` as in
    `answer_metrics`."""
    found = uncertainty_metrics(pairs)
    for key, (cell, clean, _) in pairs.items():
        answered = ~np.isnan(cell.named)
        found[key]["defined_share"] = proportion(~np.isnan(cell.uncertainty[answered]), cell.images[answered])
        if swapped and clean is not None:
            found[key]["swap_sensitivity"] = swap_sensitivity(clean, cell)
    return {
        key: {name: explained(metric, pairs[key].cell, "value") for name, metric in metrics.items()}
        for key, metrics in found.items()
    }


def _drop(clean: NDArray[np.float64], shown: NDArray[np.float64], images: NDArray[np.int64]) -> Estimate:
    try:
        return accuracy_drop(clean, shown, images).estimate()
    except Undefined as error:
        return undefined(str(error))


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

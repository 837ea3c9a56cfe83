"""Risk against coverage on the images that calibrate and on those held out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.audit.policy_check import COLLAPSE, ERROR, Population, in_calibration, population
from vqa_canary.evaluation.grid import grids
from vqa_canary.tables import CLEAN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

MOST_POINTS = 200
"""Of one curve: more cannot be told apart on a page."""


def curves(
    scores: pd.DataFrame,
    instances: pd.DataFrame,
    items: pd.DataFrame,
    chosen: Mapping[tuple[str, str], str | None],
    nota_conditions: Sequence[str],
    seed: int,
    share: float,
) -> list[dict[str, Any]]:
    """Rows dataset, model, event, method, split, coverage, risk: lists of equal length, by rising uncertainty.

    Parameters
    ----------
    chosen : the method of each dataset and model; None draws nothing
    """
    found = []
    for grid in grids(scores, instances, items):
        inside = in_calibration(grid, items, seed, share)
        events = [ERROR, *(f"{COLLAPSE}:{one}" for one in nota_conditions if one in grid.conditions)]
        for model in grid.models if CLEAN in grid.conditions else ():
            method = chosen.get((grid.dataset, model))
            for event in events if method else ():
                about = {"dataset": grid.dataset, "model": model, "event": event, "method": method}
                questions = population(grid, model, event, str(method))
                for split, mask in (("calibration", inside), ("held-out", ~inside)):
                    points = list(_points(questions.only(mask)))
                    found.append(
                        about
                        | {
                            "split": split,
                            "coverage": [at for at, _ in points],
                            "risk": [risk for _, risk in points],
                        }
                    )
    return found


def _points(questions: Population) -> Iterator[tuple[float, float]]:
    """Coverage and risk at each level of uncertainty; equal ones go together."""
    known = ~(np.isnan(questions.uncertainty) | np.isnan(questions.event))
    levels, level = np.unique(questions.uncertainty[known], return_inverse=True)
    answered = np.bincount(level, minlength=len(levels)).cumsum()
    events = np.bincount(level, questions.event[known], minlength=len(levels)).cumsum()
    kept = np.unique(np.linspace(0, len(levels) - 1, min(MOST_POINTS, len(levels))).round().astype(int))
    for at in kept:
        yield float(answered[at] / len(known)), float(events[at] / answered[at])

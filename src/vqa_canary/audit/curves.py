"""Risk against coverage on the images that calibrate and on those held out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.audit.population import Population, events_of, population
from vqa_canary.audit.record.policies import Curve
from vqa_canary.audit.terms import CALIBRATION, HELD_OUT
from vqa_canary.evaluation.grid import Grid
from vqa_canary.rows import CLEAN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

MOST_POINTS = 200
"""Points of one curve: more cannot be told apart on a page."""


def curves(
    grids: Sequence[Grid],
    calibrates: Mapping[str, NDArray[np.bool_]],
    *,
    chosen: Mapping[tuple[str, str], str | None],
    nota_conditions: Sequence[str],
) -> list[Curve]:
    """Both halves of the images, for each data set, model and event.

    Parameters
    ----------
    calibrates : items of each grid that calibrate, by data set, as `splitting.calibration_masks` gives them
    chosen : the method of each data set and model; None draws nothing
    """
    drawn = []
    for grid in grids:
        inside = calibrates[grid.dataset]
        for model in grid.models if CLEAN in grid.conditions else ():
            method = chosen.get((grid.dataset, model))
            if not method:
                continue
            for event in events_of(grid, nota_conditions):
                questions = population(grid, model, event, method)
                for split, mask in ((CALIBRATION, inside), (HELD_OUT, ~inside)):
                    points = list(_points(questions.only(mask)))
                    drawn.append(
                        Curve(
                            dataset=grid.dataset,
                            model=model,
                            event=event,
                            method=method,
                            split=split,
                            coverage=tuple(coverage for coverage, _ in points),
                            risk=tuple(risk for _, risk in points),
                        )
                    )
    return drawn


def _points(questions: Population) -> Iterator[tuple[float, float]]:
    """Coverage and risk at each level of uncertainty; equal ones go together."""
    known = ~(np.isnan(questions.uncertainty) | np.isnan(questions.event))
    levels, level = np.unique(questions.uncertainty[known], return_inverse=True)
    answered = np.bincount(level, minlength=len(levels)).cumsum()
    events = np.bincount(level, questions.event[known], minlength=len(levels)).cumsum()
    kept = np.unique(np.linspace(0, len(levels) - 1, min(MOST_POINTS, len(levels))).round().astype(int))
    for at in kept:
        yield float(answered[at] / len(known)), float(events[at] / answered[at])

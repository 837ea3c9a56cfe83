"""Metrics of the confidences in one model's answers to some items under one condition, method by method."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from vqa_canary.evaluation.cell_metrics import explained
from vqa_canary.evaluation.stacked_metrics import Metrics
from vqa_canary.statistics.calibration import (
    CalibrationErrors,
    Draws,
    Sample,
    brier,
    calibrations,
    confident_error_share,
    overconfidence,
)
from vqa_canary.statistics.proportions import proportion

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vqa_canary.evaluation.cell import Cell
    from vqa_canary.evaluation.grid import Grid
    from vqa_canary.statistics.bins import Binning

STATED = "stated_"
"""Begins the names of metrics of a method's own confidence, 1 - uncertainty, whatever the setting `calibration` is."""


def calibration_metrics(
    grid: Grid,
    condition: str,
    model: str,
    mask: NDArray[np.bool_],
    draws: Callable[[int], Draws],
    binning: Binning,
    with_stated: bool = True,
) -> Iterator[tuple[str, Metrics]]:
    """Methods, each with the metrics of its confidence; of its own one, too, where it states one itself.

    Where nothing turns uncertainties into confidences (`calibration: none`), only methods that are probabilities have
    such metrics, and both kinds are the same.

    Parameters
    ----------
    mask : shape (items,)
    draws : from a number of images to the draws over them
    with_stated : whether to tell those of stated confidences under names of their own
    """
    cells = {method: grid.cell(condition, model, method, mask) for method in grid.methods}
    stated = {method: cells[method].as_stated() for method in grid.stating}
    given = stated if grid.calibration == "none" else cells
    asked = [("", method, cell) for method, cell in given.items()]
    asked += [(STATED, method, cell) for method, cell in stated.items() if with_stated]
    sure = [cell.confident() for _, _, cell in asked]
    errors = calibrations([Sample(one.confidence, one.correct, one.images) for one in sure], draws, binning)
    for (prefix, method, cell), confident, error in zip(asked, sure, errors, strict=True):
        found = _metrics(confident, error, binning)
        yield method, {prefix + name: explained(metric, cell, "value") for name, metric in found.items()}


def _metrics(sure: Cell, errors: CalibrationErrors, binning: Binning) -> Metrics:
    data = sure.confidence, sure.correct, sure.images
    lost = {"ece_lost": errors.lost, "ece_unbinned_share": proportion(sure.confidence == 1, sure.images)}
    return {
        "ece": errors.ece,
        "ece_noise_floor": errors.noise_floor,
        "ece_p_value": errors.p_value,
        "calibration_error_debiased": errors.debiased,
        "brier": brier(*data),
        "overconfidence": overconfidence(*data),
        "confident_error_share": confident_error_share(*data),
        **(lost if binning.open else {}),
    }

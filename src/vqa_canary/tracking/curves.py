"""Learning curves of reference models: from the table `curves` to one record a training run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vqa_canary.tracking.parent import study_of
from vqa_canary.tracking.record import MetricPoint, RunRecord, flat, legal_name

if TYPE_CHECKING:
    import pandas as pd

SUFFIX = "_curves"
"""Ending of the names of Kedro datasets that hold the curves of a training run."""


def training(name: str, curves: pd.DataFrame, parameters: Mapping[str, Any]) -> RunRecord:
    """Record of the training run `name`, with every measure as a curve over steps.

    Parameters
    ----------
    curves : columns step, measure, value
    parameters : settings of the study
    """
    points = [
        MetricPoint(legal_name(str(row["measure"])), int(row["step"]), float(row["value"]))
        for row in curves.to_dict("records")
    ]
    settings = parameters.get("reference_models", {}).get(name, {})
    tags = {"study": study_of(parameters), "kind": "training", "model": name}
    return RunRecord(f"training of {name}", tags, flat(settings, "reference_model"), curves=points)

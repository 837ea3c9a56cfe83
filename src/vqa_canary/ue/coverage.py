"""Checks, before anything is scored, that evidence is about all instances of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vqa_canary.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd


def refuse_unasked(evidence: pd.DataFrame, instances: pd.DataFrame) -> None:
    """Refuse evidence in which a model has no row, answered or failed, for some instance: it would be missing silently.

    Raises
    ------
    BadInput : a model was not asked about some instances; the message says under which conditions
    """
    for model, rows in evidence.groupby("model"):
        unasked = instances[~instances["instance_id"].isin(rows["instance_id"])]
        if len(unasked):
            conditions = ", ".join(sorted(unasked["condition"].unique()))
            raise BadInput(
                f"evidence of {model}: {len(unasked)} of {len(instances)} instances were never asked (conditions: "
                f"{conditions}), the first being {unasked['instance_id'].iloc[0]}. Run `kedro run --pipelines "
                "inference,ue_scoring` with the same settings: only what is missing is asked."
            )

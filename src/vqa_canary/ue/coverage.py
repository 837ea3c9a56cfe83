"""Whether evidence is about all instances of a study, before anything is scored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vqa_canary.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd


def refuse_unasked(evidence: pd.DataFrame, instances: pd.DataFrame) -> None:
    """Each model must have a row, answered or failed, for each instance: else its rows would just be missing.

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

"""Checks that evidence is about all instances of a study, and that scores are about all evidence."""

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


def refuse_unscored(scores: pd.DataFrame, evidence: pd.DataFrame) -> None:
    """Refuse scores that lack a row of the evidence, or hold one that the evidence does not, for any method.

    Raises
    ------
    BadInput : with the model and the method, and how many rows there are of each
    """
    asked = evidence.groupby("model")["instance_id"].nunique()
    methods = sorted(scores["method"].unique())
    scored = scores.groupby(["model", "method"])["instance_id"].nunique()
    models = sorted({*asked.index, *scored.index.get_level_values("model")})
    for model in models:
        for method in methods:
            n_asked, n_scored = int(asked.get(model, 0)), int(scored.get((model, method), 0))
            if n_asked != n_scored:
                raise BadInput(
                    f"scores of {model}, {method}: {n_scored} instances have a row, and its evidence has {n_asked}. "
                    "Run `kedro run --pipeline ue_scoring` with the same settings first."
                )

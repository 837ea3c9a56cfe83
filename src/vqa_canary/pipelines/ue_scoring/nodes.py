"""Nodes of `ue_scoring`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Scoring(BaseModel):
    """`params:scoring`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    methods: tuple[str, ...]
    """UE methods by name."""
    label: Literal["choice", "native"] = "choice"
    """Whose answer `correct` is about: the model's choice for all methods, or each method's own."""


def score(evidence: Any, instances: Any, scoring: Scoring) -> Any:
    """Rows of `scores` for one model's evidence."""
    from vqa_canary.ue.coverage import refuse_unasked
    from vqa_canary.ue.table import scores_table

    refuse_unasked(evidence, instances)
    return scores_table(evidence, instances, scoring.methods, scoring.label)


def gather(*scores: Any) -> Any:
    """The scores of all models as one table."""
    import pandas as pd

    from vqa_canary.tables import KEYS

    return pd.concat(scores, ignore_index=True).sort_values(list(KEYS["scores"]), ignore_index=True)

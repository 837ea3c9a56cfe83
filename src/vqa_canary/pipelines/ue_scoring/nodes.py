"""Nodes of `ue_scoring`."""

from __future__ import annotations

from typing import Any

from vqa_canary.pipelines.parameters import Scoring


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

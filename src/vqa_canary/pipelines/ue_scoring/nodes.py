"""Nodes of `ue_scoring`."""

from __future__ import annotations

from typing import Any

from vqa_canary.pipelines.parameters import EmbedderSettings, Scoring


def embed(evidence: Any, instances: Any, scoring: Scoring, embedder: EmbedderSettings) -> Any:
    """The texts of one model's samples, and what embeds them. The dataset embeds those of which it has no vector yet;
    there are none where no method needs vectors."""
    from vqa_canary.embedding.plan import plan_embeddings
    from vqa_canary.ue.configured import methods_of
    from vqa_canary.ue.registration import EMBEDDED

    needed = any(EMBEDDED in method.needs for method in methods_of(scoring.methods))
    return plan_embeddings(evidence, instances, embedder, needed)


def score(evidence: Any, instances: Any, embeddings: Any, scoring: Scoring) -> Any:
    """Rows of `scores` for one model's evidence."""
    from vqa_canary.ue.coverage import refuse_unasked
    from vqa_canary.ue.table import scores_table

    refuse_unasked(evidence, instances)
    return scores_table(evidence, instances, scoring.methods, scoring.label, embeddings)


def gather(*scores: Any) -> Any:
    """The scores of all models as one table."""
    import pandas as pd

    from vqa_canary.tables import KEYS

    return pd.concat(scores, ignore_index=True).sort_values(list(KEYS["scores"]), ignore_index=True)

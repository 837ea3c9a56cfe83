"""Which texts of a model's samples are to be embedded."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from vqa_canary.planned_embeddings import PlannedEmbeddings
from vqa_canary.sample_texts import embedded_text, text_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from vqa_canary.embedding.settings import EmbedderSettings


def plan_embeddings(
    evidence: pd.DataFrame, instances: pd.DataFrame, settings: EmbedderSettings, needed: bool
) -> PlannedEmbeddings:
    """The distinct texts of all samples, and how they become vectors; no text where none is needed or there is no
    embedder.

    Parameters
    ----------
    needed : whether some method asks for vectors
    """
    texts = distinct_texts(evidence, instances) if needed and settings.path is not None else {}
    return PlannedEmbeddings(texts, settings.fingerprint, partial(_embed, settings))


def distinct_texts(evidence: pd.DataFrame, instances: pd.DataFrame) -> dict[str, str]:
    """What is embedded of the samples of `evidence`: each distinct text by its hash, in the order of hashes."""
    options = dict(zip(instances["instance_id"], instances["options"], strict=True))
    answered = evidence[evidence["samples"].notna() & evidence["instance_id"].isin(options)]
    found = {
        embedded_text(sample, options[instance])
        for instance, samples in zip(answered["instance_id"], answered["samples"], strict=True)
        for sample in samples
    }
    return dict(sorted((text_hash(text), text) for text in found))


def _embed(settings: EmbedderSettings, texts: Sequence[str]) -> NDArray[np.float32]:
    from vqa_canary.embedding.encoder import load_encoder

    return load_encoder(settings).vectors(texts)

from __future__ import annotations

import pytest
import torch

from vqa_canary.reference_models.corpus import Corpus, PredictedToken
from vqa_canary.reference_models.losses import WEIGHTS, losses


def test_kinds_are_averaged_apart_and_weighed(corpus: Corpus) -> None:
    rng = torch.Generator().manual_seed(0)
    logits = torch.randn(5, len(corpus.processor.tokenizer), generator=rng)
    targets = [
        PredictedToken("letter", 7),
        PredictedToken("letter", 8),
        PredictedToken("direct", 9),
        PredictedToken("end", corpus.end),
        PredictedToken("verbalized", 11),
    ]
    total, parts = losses(logits, targets)
    surprise = -logits.log_softmax(-1)
    expected = {
        "letter": (surprise[0, 7] + surprise[1, 8]) / 2,
        "direct": surprise[2, 9],
        "end": surprise[3, corpus.end],
        "verbalized": surprise[4, 11],
    }
    assert dict(parts) == pytest.approx({kind: float(value) for kind, value in expected.items()}, rel=1e-6)
    assert float(total) == pytest.approx(
        sum(WEIGHTS[kind] * float(value) for kind, value in expected.items()), rel=1e-6
    )

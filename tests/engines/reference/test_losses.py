from __future__ import annotations

import numpy as np
import pytest
import torch

from vqa_canary.engines.reference.corpus import Target
from vqa_canary.engines.reference.losses import WEIGHTS, losses, verbalized_loss

NUMBERS = tuple(range(3, 14))


def _logits(stated: int) -> torch.Tensor:
    logits = torch.full((1, 20), -20.0)
    logits[0, NUMBERS[stated // 10]] = 20.0
    return logits


@pytest.mark.parametrize("probability", [0.0, 0.13, 0.5, 0.68, 1.0])
def test_the_honest_number_costs_least(probability: float) -> None:
    def expected(stated: int) -> float:
        right, wrong = (verbalized_loss(_logits(stated), torch.tensor([y]), NUMBERS) for y in (True, False))
        return float(probability * right + (1 - probability) * wrong)

    costs = {stated: expected(stated) for stated in range(0, 101, 10)}
    assert min(costs, key=costs.__getitem__) == round(probability, 1) * 100


def test_it_is_the_brier_score_when_one_number_is_certain() -> None:
    loss = verbalized_loss(_logits(70), torch.tensor([True]), NUMBERS)
    assert float(loss) == pytest.approx(2 * 0.3**2, abs=1e-6)


def test_words_other_than_numbers_cost() -> None:
    logits = torch.zeros(1, 20)
    loss = verbalized_loss(logits, torch.tensor([False]), NUMBERS)
    tens = np.arange(11) / 10
    assert float(loss) == pytest.approx(2 * (tens**2).mean() - np.log(11 / 20), rel=1e-6)


def test_kinds_are_averaged_apart_and_weighed(corpus) -> None:
    rng = torch.Generator().manual_seed(0)
    logits = torch.randn(5, len(corpus.processor.tokenizer), generator=rng)
    targets = [
        Target("letter", 7),
        Target("letter", 8),
        Target("direct", 9),
        Target("end", corpus.end),
        Target("verbalized", 1),
    ]
    total, parts = losses(logits, targets, corpus)
    surprise = -logits.log_softmax(-1)
    expected = {
        "letter": (surprise[0, 7] + surprise[1, 8]) / 2,
        "direct": surprise[2, 9],
        "end": surprise[3, corpus.end],
        "verbalized": verbalized_loss(logits[4:], torch.tensor([True]), corpus.numbers),
    }
    assert dict(parts) == pytest.approx({kind: float(value) for kind, value in expected.items()}, rel=1e-6)
    assert float(total) == pytest.approx(
        sum(WEIGHTS[kind] * float(value) for kind, value in expected.items()), rel=1e-6
    )

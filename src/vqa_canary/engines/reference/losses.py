"""What each kind of answer costs a model in training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from vqa_canary.engines.reference.corpus import STEPS_OF_CONFIDENCE, Corpus, Target

if TYPE_CHECKING:
    import torch

WEIGHTS: Mapping[str, float] = {
    "direct": 1.0,
    "given": 0.3,
    "letter": 1.0,
    "p_true": 0.5,
    "verbalized": 0.5,
    "end": 0.1,
}


def losses(
    logits: torch.Tensor, targets: Sequence[Target], corpus: Corpus
) -> tuple[torch.Tensor, list[tuple[str, float]]]:
    """Weighted sum over kinds of each kind's mean loss, and these means.

    Parameters
    ----------
    logits : shape [targets, words]
    """
    import torch
    from torch.nn.functional import cross_entropy

    tokens = torch.tensor([target.token for target in targets])
    total = logits.new_zeros(())
    parts: list[tuple[str, float]] = []
    for kind, weight in WEIGHTS.items():
        at = [index for index, target in enumerate(targets) if target.kind == kind]
        if not at:
            continue
        loss = (
            verbalized_loss(logits[at], tokens[at].bool(), corpus.numbers)
            if kind == "verbalized"
            else cross_entropy(logits[at], tokens[at])
        )
        total = total + weight * loss
        parts.append((kind, loss.item()))
    return total, parts


def verbalized_loss(logits: torch.Tensor, right: torch.Tensor, numbers: Sequence[int]) -> torch.Tensor:
    """Quadratic score of a stated confidence: honest numbers cost least.

    With p the model's distribution over 0, 10, ..., 100 and y = 1 where its answer was right, the
    loss is 2 sum_k p_k (k / 100 - y)^2 - log(probability on these numbers together). Its expectation is
    least when all of p stands on the number nearest to the probability of being right (Brier, 1950).

    Parameters
    ----------
    logits : shape [n, words]
    right : shape [n], whether the answer was right
    numbers : token ids of 0, 10, ..., 100
    """
    import torch

    log_share = logits.log_softmax(-1)[:, list(numbers)]
    stated = torch.tensor(STEPS_OF_CONFIDENCE) / 100
    miss = (stated[None] - right[:, None].float()) ** 2
    score = (log_share.softmax(-1) * miss).sum(-1)
    return (2 * score - log_share.logsumexp(-1)).mean()

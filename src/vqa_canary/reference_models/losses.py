"""What each kind of answer costs a model in training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from vqa_canary.reference_models.corpus import PredictedToken

if TYPE_CHECKING:
    import torch

WEIGHTS: Mapping[str, float] = {
    "direct": 1.0,
    "given": 0.3,
    "letter": 1.0,
    "text": 0.3,
    "p_true": 0.5,
    "verbalized": 0.5,
    "end": 0.1,
}


def losses(
    logits: torch.Tensor, targets: Sequence[PredictedToken]
) -> tuple[torch.Tensor, list[tuple[str, float]]]:
    """Weighted sum over kinds of each kind's mean cross entropy, and these means.

    Parameters
    ----------
    logits : shape [targets, words]
    """
    import torch
    from torch.nn.functional import cross_entropy

    tokens = torch.tensor([target.token for target in targets])
    total = logits.new_zeros(())
    parts: list[tuple[str, float]] = []
    # A mean for each kind: letters are few beside the words of answers, and would hardly count in one mean over all.
    for kind, weight in WEIGHTS.items():
        at = [index for index, target in enumerate(targets) if target.kind == kind]
        if at:
            loss = cross_entropy(logits[at], tokens[at])
            total = total + weight * loss
            parts.append((kind, loss.item()))
    return total, parts

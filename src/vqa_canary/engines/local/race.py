"""From which tokens a sample's next one is drawn, and with which odds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Race:
    """From which tokens a sample's next one is drawn, and with which odds.

    The penalty comes first, then the temperature, then the three limits, each on what the ones before it have left: the
    order of the library's `generate`. What is drawn is restricted, the log-probs that are kept are the model's own.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repetition_penalty: float | None = None

    def weights(
        self, logits: torch.Tensor, odds: torch.Tensor, said: Sequence[Sequence[int]]
    ) -> torch.Tensor:
        """The odds of each token, which need not add up to 1; those left out have 0.

        Parameters
        ----------
        logits : float64, shape (places, vocabulary)
        odds : of the model itself, likewise
        said : the tokens before each place, of the prompt and of the sample; read where there is a penalty only

        Returns
        -------
        float64, shape (places, vocabulary)
        """
        import torch

        if self.repetition_penalty is None and self.temperature == 1:
            weights = odds
        else:
            if self.repetition_penalty is not None:
                logits = _penalised(logits, said, self.repetition_penalty)
            weights = ((logits - logits.max(-1, keepdim=True).values) / self.temperature).exp()
        if self.top_k is not None and self.top_k < weights.shape[-1]:
            least = weights.topk(self.top_k).values[:, -1:]
            weights = weights.masked_fill(weights < least, 0.0)
        if self.top_p is not None and self.top_p < 1:
            ordered, order = weights.sort(stable=True, dim=-1, descending=True)
            # A token stays if those likelier than it do not reach the limit by themselves.
            before = ordered.cumsum(-1) - ordered
            out = before >= self.top_p * ordered.sum(-1, keepdim=True)
            weights = weights.masked_fill(torch.zeros_like(out).scatter(-1, order, out), 0.0)
        if self.min_p is not None:
            weights = weights.masked_fill(weights < self.min_p * weights.max(-1, keepdim=True).values, 0.0)
        return weights


def _penalised(logits: torch.Tensor, said: Sequence[Sequence[int]], penalty: float) -> torch.Tensor:
    import torch

    logits = logits.clone()
    for place, tokens in enumerate(said):
        # An image's token may be none that the model can say: Llama 3.2 Vision's stands behind the vocabulary's end.
        sayable = {token for token in tokens if 0 <= token < logits.shape[-1]}
        held = torch.tensor(sorted(sayable), dtype=torch.long, device=logits.device)
        score = logits[place, held]
        logits[place, held] = torch.where(score < 0, score * penalty, score / penalty)
    return logits

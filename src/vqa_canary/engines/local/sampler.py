"""How the tokens of answers are chosen: the likeliest one, or one drawn by a race, where the logits are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from vqa_canary.engines.local.counted_numbers import exponentials
from vqa_canary.seeding import derive_seed

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

SAMPLER = "two-stage race 1"
"""Name of the way in which samples are drawn; another way gives other samples, and so other evidence."""
BLOCK = 256
"""Tokens that run against one another in the second stage of a race: those whose ids agree but for the last byte."""
_CHUNK_BYTES = 2**28
"""Most bytes of double-precision numbers that are made of logits at once, where many lines stand at many places."""


@dataclass(frozen=True)
class Draw:
    """The randomness of one sampled answer."""

    key: int
    """64 bits; answers with different keys are drawn independently."""

    @classmethod
    def of(cls, seed: int, instance_id: str, sample: int) -> Draw:
        """That of one sample of an instance, whatever else is drawn."""
        return cls(derive_seed(seed, instance_id, f"sample {sample}"))


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

    def weights(self, logits: torch.Tensor, said: Sequence[Sequence[int]]) -> torch.Tensor:
        """The odds of each token, of which the largest is 1 and those left out have 0.

        Parameters
        ----------
        logits : float64, shape (places, vocabulary)
        said : the tokens before each place, of the prompt and of the sample; read where there is a penalty only

        Returns
        -------
        float64, shape (places, vocabulary)
        """
        import torch

        if self.repetition_penalty is not None:
            logits = _penalised(logits, said, self.repetition_penalty)
        weights = ((logits - logits.max(-1, keepdim=True).values) / self.temperature).exp()
        if self.top_k is not None and self.top_k < weights.shape[-1]:
            least = weights.topk(self.top_k).values[:, -1:]
            weights = weights.masked_fill(weights < least, 0.0)
        if self.top_p is not None and self.top_p < 1:
            ordered, order = weights.sort(-1, descending=True, stable=True)
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
        held = torch.tensor(sorted(set(tokens)), dtype=torch.long, device=logits.device)
        score = logits[place, held]
        logits[place, held] = torch.where(score < 0, score * penalty, score / penalty)
    return logits


@dataclass(frozen=True)
class Distributions:
    """What may follow at some places: `logits`, shape (places, vocabulary), on the model's device."""

    logits: torch.Tensor

    @cached_property
    def numpy(self) -> NDArray[np.float64]:
        """Natural log-probs in main memory, shape (places, vocabulary)."""
        found: NDArray[np.float64] = log_softmax(self.logits).cpu().numpy()
        return found

    def __len__(self) -> int:
        return len(self.logits)


def log_softmax(logits: torch.Tensor) -> torch.Tensor:
    """Natural log-probs over the last axis, in double precision, where the logits are."""
    # Double precision: sums of many small probabilities must not end above 1.
    return logits.double().log_softmax(-1)


@dataclass(frozen=True)
class Line:
    """One answer that wants its next token."""

    place: int
    draw: Draw | None
    """None for a greedy answer."""
    said: Sequence[int] = ()
    """Tokens before the next one, of the prompt and of the answer; read where a repetition is penalised only."""


@dataclass(frozen=True)
class Choice:
    """The token that was taken, its natural log-prob, and the nats of entropy of what it was taken from, which only a
    greedy answer has."""

    token: int
    logprob: float
    entropy: float | None = None


def choose(after: Distributions, lines: Sequence[Line], position: int, race: Race) -> list[Choice]:
    """The next token of each line, each at `position` in its answer.

    A greedy line takes the likeliest token. The others draw one by an exponential race in two stages. Each block of
    tokens has a standard-exponential number, and the block with the least number divided by its odds wins; then the
    tokens of that block run in the same way. So each token wins as often as it is likely, and a probability's last
    digit changes a token only where two blocks or two tokens are about to tie. The numbers depend on the line's key,
    the position and the ids of blocks and tokens alone: not on the device, nor on who else is drawn at the time. Two
    stages need few numbers, whatever the vocabulary: one for each block and one for each token of the block that won.

    Only the tokens, their log-probs and entropies leave the device.
    """
    n_places = max(1, _CHUNK_BYTES // (8 * after.logits.shape[-1]))
    found: dict[int, Choice] = {}
    for start in range(0, len(after), n_places):
        some = [at for at, line in enumerate(lines) if start <= line.place < start + n_places]
        if some:
            part = after.logits[start : start + n_places]
            chosen = _choose(part, [lines[at] for at in some], start, position, race)
            found |= zip(some, chosen, strict=True)
    return [found[at] for at in range(len(lines))]


def _choose(
    logits: torch.Tensor, lines: Sequence[Line], start: int, position: int, race: Race
) -> list[Choice]:
    import torch

    logits = logits.double()
    logprobs = logits.log_softmax(-1)
    places = torch.tensor([line.place - start for line in lines], device=logits.device)
    tokens = torch.zeros_like(places)
    entropies = torch.zeros(len(lines), dtype=torch.float64, device=logits.device)
    greedy = [at for at, line in enumerate(lines) if line.draw is None]
    drawn = [at for at, line in enumerate(lines) if line.draw is not None]
    if greedy:
        own = logprobs[places[greedy]]
        tokens[greedy] = own.argmax(-1)
        # A token that is ruled out adds nothing.
        entropies[greedy] = -(own.exp() * own.masked_fill(own == -torch.inf, 0.0)).sum(-1)
    if drawn:
        # One set of odds for each place, shared by all lines that stand there: they have said the same so far.
        at_place = {lines[at].place - start: at for at in drawn}
        order = {place: n for n, place in enumerate(at_place)}
        weights = race.weights(logits[list(at_place)], [lines[at].said for at in at_place.values()])
        keys = torch.tensor([_words(lines[at].draw) for at in drawn], device=logits.device)
        rows = torch.tensor([order[lines[at].place - start] for at in drawn], device=logits.device)
        tokens[drawn] = _race(weights, rows, keys, position)
    # In one tensor, so that there is one wait for the device.
    scalars = torch.stack([tokens.double(), logprobs[places, tokens], entropies]).tolist()
    return [
        Choice(int(token), logprob, entropy if line.draw is None else None)
        for line, token, logprob, entropy in zip(lines, *scalars, strict=True)
    ]


def _race(weights: torch.Tensor, rows: torch.Tensor, keys: torch.Tensor, position: int) -> torch.Tensor:
    """The token that each line draws, shape (lines,); `rows` are the places of `weights` that the lines stand at."""
    import torch

    n_tokens = weights.shape[-1]
    blocks = torch.nn.functional.pad(weights, (0, -n_tokens % BLOCK)).view(len(weights), -1, BLOCK)
    # Part 0 of the numbers is for the blocks, and part b + 1 for the tokens of block b.
    times = exponentials(keys, position, torch.zeros_like(rows), blocks.shape[1])
    block = (times / blocks.sum(-1)[rows]).argmin(-1)
    # Divided by 0, which is what a token that cannot follow has, a number is infinite, and so never wins.
    within = (exponentials(keys, position, block + 1, BLOCK) / blocks[rows, block]).argmin(-1)
    return (block * BLOCK + within).clamp(max=n_tokens - 1)  # where all is NaN


def _words(draw: Draw | None) -> tuple[int, int]:
    key = draw.key if draw else 0
    return key & 0xFFFFFFFF, key >> 32

"""How the tokens of answers are chosen: the likeliest one, or one drawn by a race, where the logits are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from vqa_canary.engines.local.counted_numbers import exponentials
from vqa_canary.engines.local.race import Race
from vqa_canary.seeding import derive_seed

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

SAMPLER = "two-stage race 1"
"""Name of the way in which samples are drawn; another way gives other samples, and so other evidence."""
BLOCK = 256
"""Tokens that run against one another in the second stage of a race: those whose ids agree but for the last byte."""
_FEWEST_PLACES = 12
"""Fewest places that are read at once, however large the vocabulary: each part has a price of its own."""
_CHUNK_BYTES = {True: 2**22, False: 2**28}
"""Most bytes of double-precision numbers that are made of logits at once, on a CPU and elsewhere. On a CPU, more
take five times as long, since their memory comes anew from the operating system."""


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
class Distributions:
    """What may follow at some places: `logits`, shape (places, vocabulary), on the model's device."""

    logits: torch.Tensor

    @classmethod
    def of_rows(cls, logits: torch.Tensor, rows: Sequence[int]) -> Distributions:
        """Those of the given rows of `logits`, in that order."""
        return cls(_rows(logits, rows))

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
    import torch

    device, n_tokens = after.logits.device, after.logits.shape[-1]
    drawn = [at for at, line in enumerate(lines) if line.draw is not None]
    words = [_words(lines[at].draw) for at in drawn]
    keys = torch.tensor(words, dtype=torch.long, device=device).view(-1, 2)
    zeros = torch.zeros(len(drawn), dtype=torch.long, device=device)
    row_of = dict(zip(drawn, range(len(drawn)), strict=True))
    numbers = exponentials(keys, position, zeros, -(-n_tokens // BLOCK))
    rows = max(_FEWEST_PLACES, _CHUNK_BYTES[device.type == "cpu"] // (8 * n_tokens))
    parts = [
        _read(logits, start, lines, numbers, row_of, race)
        for start, logits in zip(range(0, len(after), rows), after.logits.split(rows), strict=True)
    ]
    tokens = torch.zeros(len(lines), dtype=torch.long, device=device)
    entropies = torch.zeros(len(lines), dtype=torch.float64, device=device)
    for part in parts:
        tokens[part.greedy], entropies[part.greedy] = part.likeliest, part.entropies
    order = [at for part in parts for at in part.drawn]
    if order:
        blocks = torch.cat([part.blocks for part in parts])
        numbers = exponentials(keys[[row_of[at] for at in order]], position, blocks + 1, _width(n_tokens))
        within = (numbers / torch.cat([part.runners for part in parts])).argmin(-1)
        tokens[order] = (blocks * BLOCK + within).clamp(max=n_tokens - 1)  # where all is NaN
    places = torch.tensor([line.place for line in lines], device=device)
    logprobs = after.logits[places, tokens].double() - torch.cat([part.log_sums for part in parts])[places]
    # In one tensor, so that there is one wait for the device.
    scalars = torch.stack([tokens.double(), logprobs, entropies]).tolist()
    return [
        Choice(int(token), logprob, entropy if line.draw is None else None)
        for line, token, logprob, entropy in zip(lines, *scalars, strict=True)
    ]


@dataclass(frozen=True)
class _Part:
    """What some places, read together, say of the lines that stand there."""

    log_sums: torch.Tensor
    """Logarithm of the sum of all exponentials of logits, shape (places,)."""
    greedy: list[int]
    likeliest: torch.Tensor
    entropies: torch.Tensor
    drawn: list[int]
    blocks: torch.Tensor
    """The block that each drawn line's next token is in, shape (drawn lines,)."""
    runners: torch.Tensor
    """The odds of the tokens of that block, shape (drawn lines, `_width`)."""


def _read(
    logits: torch.Tensor,
    start: int,
    lines: Sequence[Line],
    numbers: torch.Tensor,
    row_of: dict[int, int],
    race: Race,
) -> _Part:
    """Places from `start` on; `numbers` are those of the first stage, and `row_of` says which are a drawn line's."""
    import torch

    logits = logits.double()
    here = [at for at, line in enumerate(lines) if 0 <= line.place - start < len(logits)]
    top = logits.max(-1, keepdim=True).values
    odds = (logits - top).exp()
    sums = odds.sum(-1)
    greedy = [at for at in here if lines[at].draw is None]
    own = [lines[at].place - start for at in greedy]
    below = (logits[own] - top[own]).masked_fill(
        odds[own] == 0, 0.0
    )  # a token that is ruled out adds nothing
    entropies = sums[own].log() - (odds[own] * below).sum(-1) / sums[own]
    drawn = [at for at in here if lines[at].draw is not None]
    blocks = torch.zeros(0, dtype=torch.long, device=logits.device)
    runners = odds.new_zeros(0, _width(logits.shape[-1]))
    if drawn:
        # All lines at one place have said the same so far.
        said = {lines[at].place - start: lines[at].said for at in drawn}
        weights = race.weights(logits, odds, [said.get(place, ()) for place in range(len(logits))])
        places = torch.tensor([lines[at].place - start for at in drawn], device=logits.device)
        # Divided by 0, which is what a token that cannot follow has, a number is infinite, and so never wins.
        times = numbers[[row_of[at] for at in drawn]] / _block_sums(weights)[places]
        blocks = times.argmin(-1)
        runners = _tokens_of(weights, places, blocks)
    return _Part(top[:, 0] + sums.log(), greedy, logits[own].argmax(-1), entropies, drawn, blocks, runners)


def _block_sums(weights: torch.Tensor) -> torch.Tensor:
    """Odds of each block, shape (places, blocks); the last block may be shorter than the others."""
    import torch

    whole = weights.shape[-1] // BLOCK * BLOCK
    sums = weights[:, :whole].unflatten(-1, (-1, BLOCK)).sum(-1)
    rest = weights[:, whole:]
    return torch.cat([sums, rest.sum(-1, keepdim=True)], dim=-1) if rest.shape[-1] else sums


def _width(n_tokens: int) -> int:
    """Tokens of a block. The first numbers of a race are the same however many run, so a vocabulary that is smaller
    than a block needs no more than one for each token."""
    return min(BLOCK, n_tokens)


def _tokens_of(weights: torch.Tensor, places: torch.Tensor, blocks: torch.Tensor) -> torch.Tensor:
    """Odds of the tokens of one block for each line, shape (lines, `_width`); 0 behind the vocabulary's end."""
    import torch

    tokens = blocks[:, None] * BLOCK + torch.arange(_width(weights.shape[-1]), device=blocks.device)
    beyond = tokens >= weights.shape[-1]
    return weights[places[:, None], tokens.clamp(max=weights.shape[-1] - 1)].masked_fill(beyond, 0.0)


def _rows(values: torch.Tensor, rows: Sequence[int]) -> torch.Tensor:
    """The given rows, without a copy where these are all of them."""
    return values if list(rows) == list(range(len(values))) else values[list(rows)]


def _words(draw: Draw | None) -> tuple[int, int]:
    key = draw.key if draw else 0
    return key & 0xFFFFFFFF, key >> 32

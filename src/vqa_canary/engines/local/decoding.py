"""Greedy and sampled answers, whatever carries the text forward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from vqa_canary.engines.local.families import node_arguments

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from vqa_canary.engines.local.rendering import Prompt

Draw = Callable[[], "np.random.Generator"]
"""Starts the randomness of one sampled answer: every call gives the same generator, at its start. For each token of the
answer the generator gives a standard exponential number for each token of the vocabulary, and the token with the least
number divided by its probability is drawn: an exponential race, in which each token wins as often as it is likely. A
difference in the last digit of a probability then changes the token only where two are about to tie; along cumulated
probabilities it would move as many edges as there are tokens."""
Way = tuple[int, int]
"""A row of the last log-probs, and the token that is taken from there to go on."""


@dataclass
class Answer:
    """Tokens of one answer, the ending token included, with natural log-probs and nats."""

    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    entropies: list[float] = field(default_factory=list)
    """Entropy in nats of the distribution that each token was taken from; only a greedy answer has them."""


@dataclass(frozen=True)
class Request:
    """What is wanted after one prompt."""

    prompt: Prompt
    draws: Sequence[Draw] = ()
    """The randomness of each sampled answer that is wanted."""
    openings: tuple[int, ...] = ()
    """Tokens, such as `(`, after which the distribution is wanted too: see `surface_forms`."""
    max_new_tokens: int = 0
    """Most tokens of the greedy answer and of each sample; 0 asks for no answer, only for the next distribution."""
    row: object = None
    """Equal for requests about one question and one image, which may share what they begin with."""


@dataclass(frozen=True)
class Continuation:
    """What followed one prompt."""

    next_logprobs: NDArray[np.float64]
    """Natural log-probs of the token after the prompt, shape (vocabulary,)."""
    opened: dict[int, NDArray[np.float64]]
    """For each requested opening the log-probs after the prompt and that token, shape (vocabulary,)."""
    greedy: Answer
    samples: list[Answer]
    prompt_tokens: int = 0
    tokens_read: int = 0
    """Tokens of the prompt that went through the model for this request and for no earlier one."""


class Reading(Protocol):
    """A way of reading prompts; all ways give the same, some of them faster."""

    name: str
    whole_shards: bool
    """Whether batches are best made from many prompts of one length, not of all about one image."""

    def session(self) -> Reading:
        """A reading that keeps what it has read for further requests about the same images, until it is let go."""

    def read(self, requests: Sequence[Request]) -> list[Continuation]:
        """What follows each prompt, in order."""


class Branches(Protocol):
    """A model that has read something and is ready to read on."""

    def extend(self, ways: Sequence[Way]) -> NDArray[np.float64]:
        """Log-probs, shape (ways, vocabulary), after one more token along each way."""


@dataclass(frozen=True)
class _GrowingAnswer:
    """One answer being decoded; `draw` is None for the greedy one."""

    answer: Answer
    draw: np.random.Generator | None
    limit: int


def decode(
    branches: Branches,
    first: NDArray[np.float64],
    requests: Sequence[Request],
    end_ids: frozenset[int],
    temperature: float,
) -> list[list[Answer]]:
    """The greedy answer of each request, then its samples.

    Answers that are equal so far go on as one, and those that have ended leave.

    Parameters
    ----------
    first : log-probs after each prompt, shape (requests, vocabulary)
    """
    lines = [
        [
            _GrowingAnswer(Answer(), draw() if draw else None, request.max_new_tokens)
            for draw in (None, *request.draws)
        ]
        for request in requests
    ]
    alive = [(line, at) for at, own in enumerate(lines) for line in own if line.limit]
    logprobs = first
    while alive:
        _grow(alive, logprobs, temperature)
        alive = [
            (line, at)
            for line, at in alive
            if line.answer.tokens[-1] not in end_ids and len(line.answer.tokens) < line.limit
        ]
        # Equal beginnings are one way: samples that have said the same so far cost one pass together.
        ways = {(at, line.answer.tokens[-1]): None for line, at in alive}
        if ways:
            logprobs = branches.extend(list(ways))
            place = {way: new for new, way in enumerate(ways)}
            alive = [(line, place[at, line.answer.tokens[-1]]) for line, at in alive]
    return [[line.answer for line in own] for own in lines]


def _grow(
    alive: Sequence[tuple[_GrowingAnswer, int]], logprobs: NDArray[np.float64], temperature: float
) -> None:
    """One more token for each line, read from the row of `logprobs` that it stands at."""
    weights: dict[int, NDArray[np.float64]] = {}
    for line, at in alive:
        row = logprobs[at]
        if line.draw is None:
            token = int(np.argmax(row))
            line.answer.entropies.append(_entropy(row))
        else:
            # One weight for each token of the vocabulary, shared by all samples that stand at one place.
            if at not in weights:
                weights[at] = np.exp((row - row.max()) / temperature)
            numbers = line.draw.standard_exponential(len(row))
            with np.errstate(divide="ignore"):  # what is too unlikely to be a number never wins
                token = int(np.argmin(numbers / weights[at]))
        line.answer.tokens.append(token)
        line.answer.logprobs.append(float(row[token]))


def _entropy(logprobs: NDArray[np.float64]) -> float:
    """Entropy of a distribution in nats; a token that is ruled out adds nothing."""
    return -float(np.sum(np.exp(logprobs) * np.where(np.isneginf(logprobs), 0.0, logprobs)))


class CachedRows:
    """Sequences of one length, a row each in the model's cache.

    Parameters
    ----------
    inputs : the arguments that were read so far
    """

    def __init__(self, model: Any, cache: Any, inputs: dict[str, Any]) -> None:
        import torch

        self._model, self._cache, self._inputs = model, cache, inputs
        self._length, self._device = inputs["input_ids"].shape[1], inputs["input_ids"].device
        self._rows = torch.arange(len(inputs["input_ids"]), device=self._device)
        # Families that shift the positions behind an image keep by how much; the model overwrites it when it reads the
        # next prompt.
        deltas = getattr(getattr(model, "model", None), "rope_deltas", None)
        self._deltas = None if deltas is None else deltas.reshape(-1, 1).clone()

    def repeated(self, rows: Sequence[int]) -> CachedRows:
        """A copy of the given rows, each as often as it is named."""
        import copy

        twin = copy.copy(self)
        twin._cache = copy.deepcopy(self._cache)
        twin._select(rows)
        return twin

    def extend(self, ways: Sequence[Way]) -> NDArray[np.float64]:
        """Read one more token along each way; the ways become the rows."""
        self._select([at for at, _ in ways])
        return self.read([[token] for _, token in ways])

    def read(self, tokens: Sequence[Sequence[int]]) -> NDArray[np.float64]:
        """Log-probs after equally many more tokens in each row."""
        import torch

        ids = torch.as_tensor(tokens, dtype=torch.long, device=self._device)
        positions = {}
        if self._deltas is not None:
            steps = torch.arange(self._length, self._length + ids.shape[1], device=self._device)
            positions = {"position_ids": self._deltas + steps}
        output = self._model(
            input_ids=ids,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
            **positions,
            **node_arguments(self._inputs, self._rows, ids.shape[1]),
        )
        self._cache, self._length = output.past_key_values, self._length + ids.shape[1]
        return log_softmax(output.logits[:, -1])

    def _select(self, rows: Sequence[int]) -> None:
        import torch

        index = torch.as_tensor(rows, dtype=torch.long, device=self._device)
        self._cache.reorder_cache(index)
        self._rows = self._rows[index]
        if self._deltas is not None:
            self._deltas = self._deltas[index]


def log_softmax(logits: torch.Tensor) -> NDArray[np.float64]:
    """Natural log-probs over the last axis, in double precision."""
    # Double precision: sums of many small probabilities must not end above 1.
    result: NDArray[np.float64] = logits.double().log_softmax(-1).cpu().numpy()
    return result

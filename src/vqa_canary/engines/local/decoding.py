"""Greedy and sampled answers, whatever carries the text forward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from vqa_canary.engines.local.race import Race
from vqa_canary.engines.local.sampler import Distributions, Draw, Line, choose

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vqa_canary.engines.local.rendering import Prompt

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
    unless: Callable[[Continuation], bool] | None = None
    """Tells from the distributions after the prompt whether they are enough, so that no answer is wanted."""
    endless: bool = False
    """Whether answers go on behind a token that ends them: a trial of how far a reading is right must get that far."""
    greedy: bool = True
    """Whether the greedy answer is wanted beside the samples; without, it is empty."""

    @property
    def wanted(self) -> Sequence[Draw | None]:
        """The randomness of each answer that is wanted; None for the greedy one, which comes first."""
        return (None, *self.draws) if self.greedy else self.draws


@dataclass(frozen=True)
class Continuation:
    """What followed one prompt."""

    next_logprobs: NDArray[np.float64]
    """Natural log-probs of the token after the prompt, shape (vocabulary,)."""
    opened: dict[int, NDArray[np.float64]]
    """For each requested opening the log-probs after the prompt and that token, shape (vocabulary,)."""
    greedy: Answer = field(default_factory=Answer)
    samples: list[Answer] = field(default_factory=list)
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

    def extend(self, ways: Sequence[Way]) -> Distributions:
        """What may follow one more token along each way, a place for each."""


@dataclass(frozen=True)
class _GrowingAnswer:
    """One answer being decoded; `draw` is None for the greedy one."""

    answer: Answer
    draw: Draw | None
    request: Request


def answer(
    branches: Branches,
    first: Distributions,
    starts: Sequence[Continuation],
    requests: Sequence[Request],
    end_ids: frozenset[int],
    race: Race,
) -> list[Continuation]:
    """Each of `starts`, what is known of a prompt without an answer, with the answers that are wanted: see `decode`."""
    wanted = [
        replace(request, max_new_tokens=0) if request.unless and request.unless(start) else request
        for request, start in zip(requests, starts, strict=True)
    ]
    answers = decode(branches, first, wanted, end_ids, race)
    return [
        replace(start, greedy=greedy, samples=samples)
        for start, (greedy, *samples) in zip(starts, answers, strict=True)
    ]


def decode(
    branches: Branches,
    first: Distributions,
    requests: Sequence[Request],
    end_ids: frozenset[int],
    race: Race,
) -> list[list[Answer]]:
    """The greedy answer of each request, an empty one where none is wanted, then its samples.

    Answers that are equal so far go on as one, and those that have ended leave.

    Parameters
    ----------
    first : what may follow each prompt, a place for each
    """
    lines = [[_GrowingAnswer(Answer(), draw, request) for draw in request.wanted] for request in requests]
    alive = [(line, at) for at, own in enumerate(lines) for line in own if line.request.max_new_tokens]
    held = _held(requests) if race.repetition_penalty is not None else None
    after, position = first, 0
    while alive:
        _grow(alive, after, position, race, held)
        position += 1
        alive = [(line, at) for line, at in alive if _goes_on(line, end_ids)]
        # Equal beginnings are one way: samples that have said the same so far cost one pass together.
        ways = {(at, line.answer.tokens[-1]): None for line, at in alive}
        if ways:
            after = branches.extend(list(ways))
            place = {way: new for new, way in enumerate(ways)}
            alive = [(line, place[at, line.answer.tokens[-1]]) for line, at in alive]
    answers = [[line.answer for line in own] for own in lines]
    return [own if one.greedy else [Answer(), *own] for one, own in zip(requests, answers, strict=True)]


def _goes_on(line: _GrowingAnswer, end_ids: frozenset[int]) -> bool:
    ended = line.answer.tokens[-1] in end_ids and not line.request.endless
    return not ended and len(line.answer.tokens) < line.request.max_new_tokens


def _grow(
    alive: Sequence[tuple[_GrowingAnswer, int]],
    after: Distributions,
    position: int,
    race: Race,
    held: dict[int, tuple[int, ...]] | None,
) -> None:
    """One more token for each line, from the place of `after` that it stands at; `held` is what `_held` gives, where
    repetitions are penalised."""
    lines = [
        Line(at, line.draw, (*held[id(line.request)], *line.answer.tokens) if held and line.draw else ())
        for line, at in alive
    ]
    for (line, _), choice in zip(alive, choose(after, lines, position, race), strict=True):
        line.answer.tokens.append(choice.token)
        line.answer.logprobs.append(choice.logprob)
        if choice.entropy is not None:
            line.answer.entropies.append(choice.entropy)


def _held(requests: Sequence[Request]) -> dict[int, tuple[int, ...]]:
    """The different tokens of each request's prompt, by the request's identity; of those that draw samples."""
    drawn = [request for request in requests if request.draws and request.max_new_tokens]
    if not drawn:
        return {}
    tokens = drawn[0].prompt.renderer.tokenise([request.prompt for request in drawn])
    return {id(request): tuple(set(own)) for request, own in zip(drawn, tokens, strict=True)}

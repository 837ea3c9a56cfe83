"""What a `/chat/completions` server answers, checked before it is believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, isfinite
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from vqa_canary.engines.endpoint.alignment import answer_start
from vqa_canary.engines.endpoint.failures import CallFailed

ROUNDING = 1e-4
"""A server's log-probability may stand this far above 0; it is then taken for 0."""
EXCESS = 1e-2
"""Listed probabilities of one position may add up to this far above 1."""

_BROKEN = frozenset({None, "error", "abort", "cancelled", "tool_calls", "function_call"})
"""Finish reasons after which there is no whole answer."""


class TopToken(BaseModel):
    """A token that could stand at a position."""

    token: str
    logprob: float
    id: int | None = None


class Position(TopToken):
    """The token that stands at a position, and the likeliest ones there."""

    bytes: list[int] | None = None
    """Its bytes, for a token that holds a part of a character."""
    top_logprobs: Annotated[list[TopToken], BeforeValidator(lambda given: given or [])] = Field(
        default_factory=list
    )


class Logprobs(BaseModel):
    """Of one choice."""

    content: list[Position] | None = None


class TextPart(BaseModel):
    """A part of a message."""

    text: str = ""


class Message(BaseModel):
    """What the model said."""

    content: str | list[TextPart] | None = None
    refusal: str | None = None
    reasoning_content: Any = None
    reasoning: Any = None


class Choice(BaseModel):
    """One answer."""

    index: int = 0
    message: Message
    finish_reason: str | None = None
    logprobs: Logprobs | None = None


class Cached(BaseModel):
    """`prompt_tokens_details`."""

    cached_tokens: int | None = Field(None, ge=0)


class Usage(BaseModel):
    """Tokens that the server counted."""

    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(ge=0)
    prompt_tokens_details: Cached | None = None


class Body(BaseModel):
    """A whole response."""

    id: str | int | None = None
    model: str | None = None
    choices: list[Choice]
    usage: Usage | None = None


@dataclass(frozen=True)
class Reply:
    """A choice that was found sound."""

    text: str
    """Without outer space; of a refusal what it says."""
    refused: bool
    """It refuses to answer, so it names no option whatever its text."""
    positions: tuple[Position, ...] | None
    """Tokens of the answer with log-probs, what comes before it left out; None where the server gives none, or
    where it cannot be seen which ones are the answer's."""
    raw: str = ""
    """The text with its outer space."""
    cut: bool = False
    """It ended at the token limit."""

    @property
    def token_logprobs(self) -> tuple[float, ...]:
        """Natural log, one a token that the server lists."""
        return tuple(position.logprob for position in self.positions or ())


@dataclass(frozen=True)
class Completion:
    """A response that was found sound."""

    replies: tuple[Reply, ...]
    """By choice index; at least one, at most as many as asked for."""
    id: str | int | None
    model: str | None
    usage: Usage | None


@dataclass(frozen=True)
class Wanted:
    """What a sound response holds."""

    n: int = 1
    """Most choices."""
    depth: int = 0
    """Fewest tokens listed at the first position; 0: the list may be missing."""
    logprobs: bool = False
    """Whether each choice must give its tokens' log-probs, unless it is a refusal."""
    text: bool = True
    """Whether an answer must have begun before the token limit."""


def read_completion(content: Any, wanted: Wanted) -> Completion:
    """The response in parsed JSON.

    Raises
    ------
    CallFailed : it is not a sound response to such a request
    """
    try:
        body = Body.model_validate(content)
    except ValidationError as error:
        field = ".".join(
            str(part) for part in error.errors(include_input=False)[0]["loc"] if part is not None
        )
        raise CallFailed(f"bad response: field {field or 'body'} is not as expected") from None
    indices = {choice.index for choice in body.choices}
    if not 1 <= len(body.choices) <= wanted.n:
        raise CallFailed(f"bad response: {len(body.choices)} choices for {wanted.n} asked")
    if len(indices) < len(body.choices):
        raise CallFailed("bad response: choices with one index")
    choices = sorted(body.choices, key=lambda choice: choice.index)
    replies = tuple(_reply(choice, wanted) for choice in choices)
    return Completion(replies, body.id, body.model, _counted(body.usage, replies))


def _counted(usage: Usage | None, replies: Sequence[Reply]) -> Usage | None:
    """At least the tokens that are listed: of several choices llama.cpp counts those of one alone."""
    listed = sum(len(reply.positions or ()) for reply in replies)
    if usage is None or usage.completion_tokens >= listed:
        return usage
    return usage.model_copy(update={"completion_tokens": listed})


def _reply(choice: Choice, wanted: Wanted) -> Reply:
    if choice.finish_reason in _BROKEN:
        raise CallFailed(f"bad response: finish reason {choice.finish_reason}")
    message = choice.message
    parts = message.content if isinstance(message.content, list) else [TextPart(text=message.content or "")]
    raw = "".join(part.text for part in parts)
    text = raw.strip()
    refused = bool(message.refusal) or choice.finish_reason == "content_filter"
    if wanted.text and not text and choice.finish_reason == "length":
        raise CallFailed("the token limit was used up before an answer began", retry=False)
    positions = _positions(choice, refused, wanted)
    if positions and (message.reasoning_content or message.reasoning):
        positions = _after_reasoning(positions, text)
    cut = choice.finish_reason == "length"
    return Reply(text or (message.refusal or "").strip(), refused, positions, raw if text else "", cut)


def _positions(choice: Choice, refused: bool, wanted: Wanted) -> tuple[Position, ...] | None:
    given = (choice.logprobs.content if choice.logprobs else None) or []
    if not given:
        if wanted.logprobs and not refused:
            raise CallFailed("bad response: log-probs are missing")
        return None
    listed = len(given[0].top_logprobs)
    if listed < wanted.depth:
        raise CallFailed(f"bad response: {listed} tokens listed for {wanted.depth}")
    return tuple(_sound(position) for position in given)


def _after_reasoning(positions: tuple[Position, ...], text: str) -> tuple[Position, ...] | None:
    """The tokens of the answer alone: the last ones that spell it, or None where none do."""
    start = answer_start(positions, text)
    return None if start is None else positions[start:]


def _sound(position: Position) -> Position:
    top = _distinct(position.top_logprobs)
    if sum(exp(one.logprob) for one in top) > 1 + EXCESS:
        raise CallFailed("bad response: probabilities of one position add up to more than 1")
    logprob = _at_most_zero(position.logprob)
    return Position(token=position.token, logprob=logprob, bytes=position.bytes, top_logprobs=top)


def _distinct(top: Sequence[TopToken]) -> list[TopToken]:
    """Each listed token once: some servers list the chosen one again."""
    known = {}
    for one in top:
        key = (one.token, one.logprob) if one.id is None else one.id
        known[key] = TopToken(token=one.token, logprob=_at_most_zero(one.logprob), id=one.id)
    return list(known.values())


def _at_most_zero(logprob: float) -> float:
    if not isfinite(logprob) or logprob > ROUNDING:
        raise CallFailed("bad response: a log-probability that is none")
    return min(logprob, 0.0)

"""A response of a `/chat/completions` server as it stands in JSON: what must be there, and what may be anything."""

from __future__ import annotations

from math import isnan
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

ROUNDING = 1e-4
"""How far above 0 a server's log-probability may stand and be taken for 0."""
LEAST = -745.0
"""The lowest log-probability: `exp` of a lower one is 0. Servers write lower ones, -9999 say, where they know none."""


def _logprob(given: object) -> float | None:
    """A log-probability at most 0, or None for a gap: null, minus infinity, or a number that stands for `not known`.

    Raises
    ------
    ValueError : it is no log-probability
    """
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise ValueError("no number")
    try:
        number = float(given)
    except OverflowError:
        raise ValueError("too large") from None
    if isnan(number) or number > ROUNDING:
        raise ValueError("no log-probability")
    return min(number, 0.0) if number > LEAST else None


def _if_a(*kinds: type) -> BeforeValidator:
    """The value, or None where it is of none of these kinds, in fields on which nothing that matters depends."""
    return BeforeValidator(lambda given: given if isinstance(given, kinds) else None)


def _octets(given: object) -> list[int] | None:
    """A token's bytes, or None where they are not given as such."""
    if not isinstance(given, list):
        return None
    return given if all(type(octet) is int and 0 <= octet < 256 for octet in given) else None


def _listed(given: object) -> object:
    """A list of tokens: some servers write a mapping from token to log-probability, or null."""
    if isinstance(given, dict):
        return [{"token": token, "logprob": logprob} for token, logprob in given.items()]
    return given or []


class GivenToken(BaseModel):
    """A token as a server lists it; its log-probability may be a gap."""

    token: str
    logprob: Annotated[float | None, BeforeValidator(_logprob)] = None
    id: Annotated[int | None, _if_a(int)] = None
    bytes: Annotated[list[int] | None, BeforeValidator(_octets)] = None


class GivenPosition(GivenToken):
    """A token that stands at a position, as a server lists it."""

    top_logprobs: Annotated[list[GivenToken], BeforeValidator(_listed)] = Field(default_factory=list)


class Logprobs(BaseModel):
    """The log-probs of one choice."""

    content: Annotated[list[GivenPosition] | None, _if_a(list)] = None


class Message(BaseModel):
    """The message of one choice: what the model said."""

    content: str | list[dict[str, Any]] | None = None
    refusal: Annotated[str | None, _if_a(str)] = None
    reasoning_content: Any = None
    reasoning: Any = None


class Choice(BaseModel):
    """One of the answers in a response."""

    index: int = 0
    message: Message
    finish_reason: Annotated[str | None, _if_a(str)] = None
    logprobs: Annotated[Logprobs | None, _if_a(dict)] = None
    error: Any = None
    """What OpenRouter writes into a choice when the provider behind it broke off."""


class Body(BaseModel):
    """A whole response, as its body holds it."""

    id: Annotated[str | int | None, _if_a(str, int)] = None
    model: Annotated[str | None, _if_a(str)] = None
    choices: list[Choice]
    usage: Annotated[dict[str, Any] | None, _if_a(dict)] = None

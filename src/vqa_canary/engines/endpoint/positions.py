"""Log-probs of one position of an answer, checked against one another before they are believed."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from pydantic import BaseModel, Field

from vqa_canary.engines.endpoint.alignment import plain
from vqa_canary.engines.endpoint.failures import CallFailed
from vqa_canary.engines.endpoint.wire import GivenPosition, GivenToken

EXCESS = 1e-2
"""How far above 1 the listed probabilities of one position may add up, as servers round them."""
REPEATED = 1e-3
"""Log-probs that differ by less than this belong to one token that a server lists twice."""


class TopToken(BaseModel):
    """A token that could stand at a position."""

    token: str
    logprob: float
    id: int | None = None


class Position(BaseModel):
    """The token that stands at a position, and the likeliest ones there."""

    token: str
    logprob: float | None
    """Natural log of the token's probability; None where the server does not know it, which leaves a gap."""
    id: int | None = None
    bytes: list[int] | None = None
    """The token's bytes in UTF-8, which a server gives for a token that holds a part of a character."""
    top_logprobs: list[TopToken] = Field(default_factory=list)


def sound_position(position: GivenPosition) -> Position:
    """The position without what is not known: what its token and the list say of one another fills gaps.

    Raises
    ------
    CallFailed : its probabilities add up to more than 1, or the chosen token and the list contradict one another
    """
    # A list may hold the chosen token with a probability while the token itself has none, or the other way round; each
    # fills the other's gap.
    same = [entry.logprob for entry in position.top_logprobs if _is_same(entry, position)]
    known = [value for value in same if value is not None]
    if position.logprob is not None and known and not _may_be_many(position):
        chosen = exp(position.logprob)
        # One of two probabilities of one token must be wrong, and nothing says which.
        if all(abs(exp(value) - chosen) > EXCESS for value in known):
            raise CallFailed("bad response: the chosen token has two probabilities", of_logprobs=True)
    logprob = known[0] if position.logprob is None and known else position.logprob
    top = _distinct(
        [
            entry.model_copy(update={"logprob": logprob})
            if entry.logprob is None and _is_same(entry, position)
            else entry
            for entry in position.top_logprobs
        ]
    )
    # Numbers that are no log-probs, such as scores, give themselves away by their sum.
    if sum(exp(entry.logprob) for entry in top) > 1 + EXCESS:
        raise CallFailed(
            "bad response: probabilities of one position add up to more than 1", of_logprobs=True
        )
    return Position(
        token=position.token,
        logprob=logprob,
        id=position.id,
        bytes=position.bytes,
        top_logprobs=_with_chosen(top, position, logprob),
    )


def _may_be_many(position: GivenToken) -> bool:
    """Whether other tokens are written like this one: parts of a character, or nothing, and no id tells them apart."""
    return position.id is None and ("\ufffd" in position.token or not position.token)


def _is_same(entry: GivenToken | TopToken, other: GivenToken) -> bool:
    return entry.token == other.token and (None in (entry.id, other.id) or entry.id == other.id)


def _distinct(top: Sequence[GivenToken]) -> list[TopToken]:
    """Each listed token once, since some servers list the chosen one again; those of unknown probability left out.

    Where tokens have no ids, those that read alike are one if their log-probs are, too, but for rounding.
    """
    known: list[GivenToken] = []
    for entry in top:
        if entry.logprob is not None and not any(_is_again(entry, other) for other in known):
            known.append(entry)
    return [
        TopToken(token=entry.token, logprob=entry.logprob, id=entry.id)
        for entry in known
        if entry.logprob is not None
    ]


def _is_again(entry: GivenToken, other: GivenToken) -> bool:
    # By id where there is one: different tokens may read alike, such as two halves of a character.
    if entry.id is not None or other.id is not None:
        return entry.id == other.id
    return entry.token == other.token and abs((entry.logprob or 0) - (other.logprob or 0)) < REPEATED


def _with_chosen(top: list[TopToken], position: GivenPosition, logprob: float | None) -> list[TopToken]:
    """The list and the chosen token, if it lacks that and has room for it."""
    if not top or logprob is None or any(_is_same(entry, position) for entry in top):
        return top
    text = plain(position.token).strip()
    if any(plain(entry.token).strip() == text and abs(entry.logprob - logprob) < REPEATED for entry in top):
        return top  # the same token, written otherwise
    # A drawn token may be less likely than all that are listed. It is added if the list leaves so much probability.
    if sum(exp(entry.logprob) for entry in top) + exp(logprob) > 1 + EXCESS:
        if any(abs(entry.logprob - logprob) < REPEATED for entry in top):
            return top  # it cannot be another token, for there is no room for one
        raise CallFailed(
            "bad response: the chosen token is not among those listed, which leave no room for it",
            of_logprobs=True,
        )
    return [*top, TopToken(token=position.token, logprob=logprob, id=position.id)]

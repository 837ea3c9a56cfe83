"""What a `/chat/completions` server answers, checked before it is believed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from vqa_canary.engines.endpoint.alignment import answer_start
from vqa_canary.engines.endpoint.failures import ONLY_THOUGHT, USED_UP, CallFailed
from vqa_canary.engines.endpoint.parts import Spoken, spoken
from vqa_canary.engines.endpoint.positions import Position, sound_position
from vqa_canary.engines.endpoint.wire import Body, Choice, GivenPosition, Message

_BROKEN = frozenset({"error", "abort", "cancelled", "tool_calls", "function_call"})
"""Finish reasons after which the answer is not whole. All reasons are compared in small letters, since gateways
differ."""
_LIMITS = frozenset(
    {"length", "limit", "max_length", "max_new_tokens", "max_output_tokens", "max_tokens", "model_length"}
    | {"model_context_window_exceeded", "token_limit"}
)
"""Finish reasons of an answer that the limit of tokens cut off."""
_WITHHELD = frozenset(
    {"blocklist", "content_filter", "prohibited_content", "recitation", "refusal", "safety", "spii"}
)
"""Finish reasons of an answer that the model, or a filter behind it, would not give or broke off."""
_BLANK = " \t\r\n\u2581\u0120\u010a"
"""Spaces and line ends, as texts write them and as tokenisers do."""
_SHORT = 8
"""An answer of fewer letters and digits than this is compared with the end of what its tokens spell, because a short
text such as `a` stands somewhere in almost any other."""


@dataclass(frozen=True)
class Usage:
    """Tokens that the server counted; None where it did not."""

    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int | None = None
    """How many tokens of the prompt the server took from a cache."""

    @property
    def whole(self) -> bool:
        """Whether the tokens of the prompt and of the answer are both known."""
        return self.prompt_tokens is not None and self.completion_tokens is not None

    @property
    def total(self) -> int:
        """Sum of the tokens of the prompt and of the answer, as far as they are known."""
        return (self.prompt_tokens or 0) + (self.completion_tokens or 0)


@dataclass(frozen=True)
class Reply:
    """A choice that was found sound."""

    text: str
    """What the model says, without outer space; of a refusal the words of the refusal."""
    refused: bool
    """Whether the model refuses to answer; then the reply names no option, whatever its text says."""
    positions: tuple[Position, ...] | None
    """Tokens of the answer with log-probs, without those before the answer; None where the server gives none, or where
    it cannot be seen which ones are the answer's."""
    raw: str = ""
    """What the model says, with its outer space."""
    cut: bool = False
    """Whether the reply ended at the limit of tokens, not by itself."""
    led: bool = False
    """Whether tokens stand before those of the answer, such as a reasoning."""
    misspelt: bool = False
    """Whether tokens are listed that do not spell the text, or not beyond doubt, and no reasoning accounts for that."""

    @property
    def token_logprobs(self) -> tuple[float, ...]:
        """Natural log-prob of each token of the answer that the server lists; empty where it does not know one of
        them."""
        known = [position.logprob for position in self.positions or () if position.logprob is not None]
        return tuple(known) if len(known) == len(self.positions or ()) else ()


@dataclass(frozen=True)
class Completion:
    """A response that was found sound."""

    replies: tuple[Reply, ...]
    """The replies in the order of the server's choices; at least one, and at most as many as were asked for."""
    id: str | int | None
    model: str | None
    usage: Usage


@dataclass(frozen=True)
class Wanted:
    """What a response has to hold to be sound."""

    n: int = 1
    """Most choices that the response may have."""
    depth: int = 0
    """Where it is above 0, likeliest tokens must be listed at the first position, however few."""
    logprobs: bool = False
    """Whether each choice must give its tokens' log-probs, unless it is a refusal."""
    text: bool = True
    """Whether an answer must have begun before the token limit."""
    limit: int | None = None
    """Most tokens that were asked for; None where there is no limit."""


def read_completion(content: Any, wanted: Wanted) -> Completion:
    """The response in parsed JSON.

    Raises
    ------
    CallFailed : it is not a sound response to such a request
    """
    try:
        body = Body.model_validate(content)
    except ValidationError as error:
        place = error.errors(include_input=False)[0]["loc"]
        field = ".".join(str(part) for part in place if part is not None)
        raise CallFailed(
            f"bad response: field {field or 'body'} is not as expected", of_logprobs="logprobs" in place
        ) from None
    indices = {choice.index for choice in body.choices}
    if not 1 <= len(body.choices) <= wanted.n:
        raise CallFailed(f"bad response: {len(body.choices)} choices for {wanted.n} asked")
    if len(indices) < len(body.choices):
        raise CallFailed("bad response: choices with one index")
    choices = sorted(body.choices, key=lambda choice: choice.index)
    n_tokens = _counted_tokens((body.usage or {}).get("completion_tokens")) if len(choices) == 1 else None
    replies = tuple(_reply(choice, wanted, n_tokens) for choice in choices)
    return Completion(replies, body.id, body.model, _usage(body.usage or {}, replies))


def _counted_tokens(given: object) -> int | None:
    """A number of tokens, or None where it is not known: null, negative, or no number."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given < 2**53:
        return None
    return int(given) if given == int(given) else None


def _usage(given: dict[str, Any], replies: Sequence[Reply]) -> Usage:
    """What the server counted: at least the tokens listed, since of several choices llama.cpp counts one alone.

    A prompt of no tokens, and an answer of none that says something, were not counted.
    """
    prompt, completion = (_counted_tokens(given.get(f"{name}_tokens")) for name in ("prompt", "completion"))
    details = given.get("prompt_tokens_details")
    cached = _counted_tokens(details.get("cached_tokens")) if isinstance(details, dict) else None
    listed = sum(len(reply.positions or ()) for reply in replies)
    if completion == 0 and any(reply.text for reply in replies):
        completion = None
    return Usage(prompt or None, None if completion is None else max(completion, listed), cached)


def _reply(choice: Choice, wanted: Wanted, n_tokens: int | None) -> Reply:
    message, reason = choice.message, (choice.finish_reason or "").casefold()
    if reason in _BROKEN:
        raise CallFailed(f"bad response: finish reason {reason}")
    if choice.error:
        raise CallFailed("bad response: an error in place of the rest of an answer")
    said = spoken(message.content)
    raw = _writable(said.text)
    text, cut = raw.strip(), reason in _LIMITS
    refused = bool(message.refusal) or said.refusal is not None or reason in _WITHHELD
    thought = _thought(message, said)
    if wanted.text and not text and cut:
        raise CallFailed(USED_UP, retry=False)
    if wanted.text and not text and thought is not None and not refused:
        raise CallFailed(ONLY_THOUGHT, retry=False)
    given = (choice.logprobs.content if choice.logprobs else None) or []
    if given and not refused and thought is None and _contradicts(text, given):
        raise CallFailed("bad response: its text is not what its tokens spell", of_logprobs=True)
    if not reason and wanted.text and not _is_whole(text, given, n_tokens, wanted.limit):
        raise CallFailed("bad response: it does not say why the answer ends, so it may be cut off")
    listed = positions = _positions(given, refused, wanted)
    if listed and (text or thought is not None):
        positions = _of_answer(listed, text, thought)
    misspelt = bool(listed) and positions is None and thought is None and not refused
    shown = text or _writable(message.refusal or said.refusal or "").strip()
    led = bool(positions) and len(positions or ()) < len(given)
    return Reply(shown, refused, positions, raw if text else "", cut, led, misspelt)


def _thought(message: Message, said: Spoken) -> str | None:
    """The thinking that a message holds, empty where it cannot be read; None where it holds none."""
    given = message.reasoning_content or message.reasoning
    if not given:
        return said.thought
    return given if isinstance(given, str) else ""


def _writable(text: str) -> str:
    """The text with what JSON can hold and no file can, half of a surrogate pair, replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _is_whole(text: str, given: Sequence[GivenPosition], n_tokens: int | None, limit: int | None) -> bool:
    """Whether an answer of which no finish reason is given ended before the token limit, beyond doubt."""
    most = n_tokens or len(given) or len(text.encode())  # a token has a byte at least
    return bool(text) and (limit is None or most < limit)


def _contradicts(text: str, given: Sequence[GivenPosition]) -> bool:
    """Whether a text cannot be what its tokens spell; behind a reasoning, tokens may be listed of that alone.

    Compared are the letters a to z and digits alone: servers write spaces, line ends and other scripts within tokens in
    ways of their own, and leave end tokens out of the text.
    """
    tokens = "".join(position.token for position in given)
    said, spelt = _plain(text), _plain(tokens)
    if not said or not spelt:
        shown, listed = (_without_tags(one).strip(_BLANK) for one in (text, tokens))
        if not shown or not listed:
            return not text and bool(listed)
        # Where nothing but signs stands on one side and both can be read whole, as in ")" and "lung", they must meet.
        return (shown + listed).isascii() and shown not in listed and listed not in shown
    if len(said) >= _SHORT:
        return said not in spelt and spelt not in said
    ends = (spelt.startswith(said), spelt.endswith(said), said.startswith(spelt), said.endswith(spelt))
    return not any(ends)


def _plain(text: str) -> str:
    return "".join(re.findall("[a-z0-9]", _without_tags(text).casefold()))


def _without_tags(text: str) -> str:
    return re.sub(r"<[^<>]{0,40}>", "", text)


def _positions(given: Sequence[GivenPosition], refused: bool, wanted: Wanted) -> tuple[Position, ...] | None:
    if not given:
        if wanted.logprobs and not refused:
            raise CallFailed("bad response: log-probs are missing")
        return None
    if wanted.depth and not given[0].top_logprobs:
        raise CallFailed("bad response: likeliest tokens are missing")
    return tuple(sound_position(position) for position in given)


def _of_answer(
    positions: tuple[Position, ...], text: str, thought: str | None
) -> tuple[Position, ...] | None:
    """The tokens of the answer alone, or None where it cannot be told which ones these are.

    A server may list the tokens of a reasoning, too, whether or not it says what the reasoning is.
    """
    start = answer_start(positions, text, thought)
    return None if start is None else positions[start:]

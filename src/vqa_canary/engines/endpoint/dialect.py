"""How a server wants a request put: found out by what it refuses, and told with what each change costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from vqa_canary.engines.endpoint.failures import CallFailed
from vqa_canary.engines.sampling import LIMITS

T = TypeVar("T")

ALMOST_ZERO = 0.01
"""Temperature that stands for 0 where 0 itself is refused: a token half as likely as the likeliest is then drawn once
in 2 to the power of 100 times."""


LOOK_BACK = 2**17
"""Tokens that a penalty looks back over where their number must be said: more than a prompt and its answer have."""
PENALTY_FIELDS: Mapping[str, Mapping[str, int]] = {"repeat_penalty": {"repeat_last_n": LOOK_BACK}}
"""Names of the penalty that want a further field: llama.cpp looks at the last 64 tokens alone unless it is told
otherwise, and not every version of it takes -1 for all of them."""


def is_limit(name: str, value: object) -> bool:
    """Whether a field of a request restricts from which tokens a sample is drawn."""
    others = {"repeat_penalty", "repeat_last_n"}
    return value is not None and (name in others or (name in LIMITS and (name, value) != ("top_p", 1)))


@dataclass(frozen=True)
class Dialect:
    """How one server wants to be asked; the defaults are what most take."""

    top_p: bool = True
    """Whether the server takes the field `top_p` (the share of likeliest tokens that samples are drawn from) where it
    is 1, which restricts nothing. One that restricts is never left out, as other samples would come of that."""
    seed: bool = True
    """Whether the server takes the field `seed`, which makes samples repeatable."""
    penalty: Literal["repetition_penalty", "repeat_penalty"] = "repetition_penalty"
    """The name that the server has for the penalty of tokens that stand there already: llama.cpp has another one."""
    limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """The name that the server has for the most tokens of an answer."""
    coldest: float = 0.0
    """The lowest temperature that the server takes; 0 is the likeliest token always."""
    temperature: bool = True
    """Whether the server takes a temperature at all; where it does not, every answer is a draw."""
    stream: bool = False
    """Whether the server gives answers piece by piece only."""
    stream_usage: bool = True
    """Whether the server counts the tokens of an answer that comes piece by piece, when it is asked to."""
    system: bool = True
    """Whether the server takes a turn of the role `system`."""

    def spoken(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The request as this server takes it.

        Parameters
        ----------
        body : as `requests.body_of` makes it
        """
        found = dict(body)
        for name, taken in (("top_p", self.top_p), ("seed", self.seed), ("temperature", self.temperature)):
            if not taken and not (name == "top_p" and is_limit(name, found.get(name))):
                found.pop(name, None)
        if self.penalty in PENALTY_FIELDS and "repetition_penalty" in found:
            found |= {self.penalty: found.pop("repetition_penalty"), **PENALTY_FIELDS[self.penalty]}
        if found.get("temperature") == 0 and self.coldest:
            found["temperature"] = self.coldest
        if "max_tokens" in found:
            found[self.limit] = found.pop("max_tokens")
        if not self.system:
            found["messages"] = _without_system(found["messages"])
        found["stream"] = self.stream
        if self.stream and self.stream_usage:
            found["stream_options"] = {"include_usage": True}
        return found

    @property
    def facts(self) -> dict[str, str]:
        """What is asked in another way than usual, and what that costs; empty where nothing is."""
        found = {}
        if not self.temperature:
            found["temperature"] = (
                "not taken: every answer, the greedy one too, is one draw at the server's own temperature, and "
                "sampling.temperature has no effect"
            )
        elif self.coldest:
            found["temperature"] = f"0 is refused: {self.coldest:g} stands for it"
        ways = (
            (self.top_p, "without top_p: where the server cuts off unlikely tokens, so do its samples"),
            (self.seed, "without a seed: samples of another run are other samples"),
            (self.limit == "max_tokens", "max_completion_tokens in place of max_tokens"),
            (not self.stream, "answers streamed"),
            (self.stream_usage or not self.stream, "tokens not counted"),
            (self.system, "the system prompt stands before the question, in the same turn"),
        )
        if told := "; ".join(words for usual, words in ways if not usual):
            found["request"] = told
        return found


@dataclass(frozen=True)
class Step:
    """One change of a request that may make a server take it."""

    name: str
    """What an error names when the server refuses the usual way: see `failures.ErrorContent.names`."""
    change: Mapping[str, Any]
    """Fields of the dialect that the step changes, with their new values."""
    applies: Callable[[Dialect, bool], bool] = lambda dialect, system: True
    """Whether the step may help, given the dialect so far and whether the chat has a system turn."""


STEPS = (
    Step("top_p", {"top_p": False}),
    Step("seed", {"seed": False}),
    Step("max_tokens", {"limit": "max_completion_tokens"}),
    Step("temperature", {"coldest": ALMOST_ZERO}, lambda dialect, _: dialect.temperature),
    Step("temperature", {"temperature": False}),
    Step("stream", {"stream": True}),
    Step("stream_options", {"stream_usage": False}, lambda dialect, _: dialect.stream),
    Step("system", {"system": False}, lambda _, system: system),
)
"""Changes of the dialect that are tried when a request is refused, in this order. To teach the canary another server,
add a line."""


def named(error: CallFailed, dialect: Dialect, system: bool) -> Dialect | None:
    """The dialect that an error asks for, or None where it does not say which one.

    It says so by its parameter, or where it names just one thing that a step is about.
    """
    if not error.refuses:
        return None
    names = {error.told.param} if error.told.param in _NAMES else error.told.names
    if "logprobs" in names:
        return None
    if names == {"stream", "stream_options"}:
        names = {"stream_options" if dialect.stream else "stream"}
    if len(names) != 1:
        return None
    left = [step for step in _left(dialect, system) if step.name in names]
    return replace(dialect, **left[0].change) if left else None


def settle(
    ask: Callable[[Dialect], T], error: CallFailed, dialect: Dialect, system: bool
) -> tuple[T, Dialect]:
    """The dialect in which `ask` is answered, and the answer, found by leaving out one thing after the other.

    First what the error names, then the rest in the order of `STEPS`. What turns out to be taken is put back.

    Parameters
    ----------
    ask : raises `CallFailed` where it is refused
    error : with which it was refused in `dialect`
    system : whether the request has a system turn

    Raises
    ------
    CallFailed : `error` itself where nothing helps; any other failure
    """
    steps: list[Step] = []
    latest = error
    while True:
        left = _left(_with(dialect, steps), system)
        if not left:
            raise error
        steps.append(next((step for step in left if step.name in latest.told.names), left[0]))
        try:
            answer = ask(_with(dialect, steps))
            break
        except CallFailed as failure:
            if not failure.refuses:
                raise
            latest = failure
    for step in steps[:-1]:
        fewer = [other for other in steps if other is not step]
        if _with(dialect, fewer) == _with(dialect, steps):
            steps = fewer
            continue
        try:
            answer = ask(_with(dialect, fewer))
            steps = fewer
        except CallFailed as failure:
            if not failure.refuses:
                raise
    return answer, _with(dialect, steps)


_NAMES = {step.name for step in STEPS} | {"logprobs"}


def _left(dialect: Dialect, system: bool) -> list[Step]:
    """The steps that would still change something."""
    return [
        step for step in STEPS if step.applies(dialect, system) and replace(dialect, **step.change) != dialect
    ]


def _with(dialect: Dialect, steps: Iterable[Step]) -> Dialect:
    for step in steps:
        dialect = replace(dialect, **step.change)
    return dialect


def _without_system(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The turns of a chat with the system text at the beginning of the text of the first other turn."""
    said = "\n\n".join(_text(turn["content"]) for turn in messages if turn["role"] == "system")
    turns = [turn for turn in messages if turn["role"] != "system"]
    if not said or not turns:
        return turns
    first = dict(turns[0])
    if isinstance(first["content"], str):
        first["content"] = f"{said}\n\n{first['content']}"
    else:
        parts = [dict(part) for part in first["content"]]
        at = next((at for at, part in enumerate(parts) if part["type"] == "text"), None)
        if at is None:
            parts.append({"type": "text", "text": said})
        else:
            parts[at]["text"] = f"{said}\n\n{parts[at]['text']}"
        first["content"] = parts
    return [first, *turns[1:]]


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)

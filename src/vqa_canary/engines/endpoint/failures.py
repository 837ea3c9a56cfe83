"""What can go wrong with a request, in words that hold nothing of what was sent or received."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

RETRIED = frozenset({408, 409, 425, 429})
"""HTTP statuses below 500 after which the same request may succeed when it is sent again."""
FINAL = frozenset({501, 505})
"""HTTP statuses from 500 on after which the same request cannot succeed."""
REFUSALS = frozenset({400, 403, 404, 422, 501})
"""HTTP statuses by which servers refuse something that a request asks for, such as log-probs."""

TOO_LARGE = (
    "the request is larger than the server takes; smaller images make it smaller: set max_image_side, the longest "
    "side in pixels"
)
USED_UP = (
    "the token limit was used up before an answer began; raise answer_tokens, or switch the model's "
    "thinking off (chat_template_kwargs: {enable_thinking: false})"
)
ONLY_THOUGHT = (
    "the model only thought: its response holds reasoning and no answer; raise answer_tokens, or switch the "
    "model's thinking off (chat_template_kwargs: {enable_thinking: false})"
)

_CODE = re.compile(r"[A-Za-z][A-Za-z_]{2,39}")
_PARAM = re.compile(r"[a-z_]{1,40}(?:\.?\[\d{1,3}\]|\.\d{1,3}|\.[a-z_]{1,40}){0,6}")
_READ = 4_000
"""Most characters of an error's text that are searched for what it names."""

_FIELDS = {
    "temperature": r"temperature",
    "top_p": r"top_p",
    "seed": r"(?:random_)?seed",
    "max_tokens": r"max_tokens|max_completion_tokens",
    "stream_options": r"stream_options|include_usage",
    "stream": r"stream(?:ing|ed)?",
    "system": r"system[ _-](?:role|message|prompt|instruction|turn)s?|role\W{1,4}(?:\w+\W{1,4}){0,4}system|"
    r"messages\W{0,2}0\W{0,2}role|developer instruction",
    "logprobs": r"(?:top_)?log[ _-]?prob(?:abilitie)?s?",
}
"""Words by which errors name a field of a request, and our name for what is meant."""
_NAMED = {name: re.compile(rf"(?<![A-Za-z_])(?:{way})(?![A-Za-z_])", re.I) for name, way in _FIELDS.items()}

_MEANINGS = (
    (
        re.compile(
            r"(?:at most|up to|no more than|only|(?:limit|max(?:imum)?)(?: number)?(?: of)?) (\d{1,4}) "
            r"(?:images?|multi-?modal)",
            re.I,
        ),
        "the server takes no more images in one request than {0}, fewer than the question shows; vLLM sets this "
        "limit by --limit-mm-per-prompt",
    ),
    (
        re.compile(
            r"(?:not|n't|cannot) (?:support|accept|take|process|have) (?:any |an |the |input )?"
            r"(?:images?|vision|multi-?modal)"
            r"|(?:images?|vision|image_url)(?: \w+){0,2} (?:is|are) not supported"
            r"|no endpoints? found that supports? (?:image|vision)"
            r"|mmproj|not a (?:multi-?modal|vision) model|no vision",
            re.I,
        ),
        "the model or its server takes no images",
    ),
    (
        re.compile(
            r"context[ _-]?(?:length|size|window)|maximum context|prompt is too long|too many (?:input )?tokens",
            re.I,
        ),
        "the request is longer than the model's context; smaller images may take fewer tokens: max_image_side",
    ),
)
"""What a server's error says, as patterns, and what we say in its place: faults that a person can mend."""


@dataclass(frozen=True)
class ErrorContent:
    """What a server tells about an error, in parts that hold none of its own words."""

    code: str | None = None
    """The server's own code of the error, from `error.code` or `error.type`."""
    param: str | None = None
    """The place in the request that the error is about, from `error.param`."""
    names: frozenset[str] = frozenset()
    """Those parts of the request that the error names, such as `temperature`."""
    meaning: str = ""
    """What the error is about, in our own words; empty where that is not known. The server's words never reach a
    message."""

    def __str__(self) -> str:
        shown = self.code or ""
        if self.param and self.param != self.code:
            shown += f"{': ' if shown else ''}{self.param}"
        return f"{f' ({shown})' if shown else ''}{f': {self.meaning}' if self.meaning else ''}"


NOTHING_TOLD = ErrorContent()


class CallFailed(Exception):
    """A request that gave no answer.

    Parameters
    ----------
    what : kind of failure, in our own words
    status : HTTP status, or the one inside a response with status 200, where there was one
    retry : whether the same request may succeed
    retry_after : seconds that the server asks to wait
    told : what the server's error tells
    of_logprobs : whether the answer may well be sound, and only its log-probs cannot be believed
    unreachable : whether no response came at all, so that no other request would fare better
    """

    def __init__(
        self,
        what: str,
        status: int | None = None,
        retry: bool = True,
        retry_after: float | None = None,
        told: ErrorContent = NOTHING_TOLD,
        of_logprobs: bool = False,
        unreachable: bool = False,
    ) -> None:
        super().__init__(what)
        self.status, self.retry, self.retry_after = status, retry, retry_after
        self.told, self.of_logprobs, self.unreachable = told, of_logprobs, unreachable

    @property
    def declines(self) -> bool:
        """Whether the server will not answer this request, while others may still be answered."""
        return self.status in {*REFUSALS, 413} and not (self.about_key or self.about_model)

    @property
    def refuses(self) -> bool:
        """Whether the server refuses something that was asked for: without that, it may answer the question."""
        return self.status in REFUSALS and self.declines and not self.told.meaning

    @property
    def about_key(self) -> bool:
        """Whether the server says that the key is at fault."""
        code = (self.told.code or "").lower()
        return self.status == 401 or (self.status == 403 and ("key" in code or "authent" in code))

    @property
    def about_model(self) -> bool:
        """Whether the server says that it has no such model."""
        return self.status == 404 and (self.told.code == "model_not_found" or self.told.param == "model")


class BudgetSpent(Exception):
    """The run may make no further request; the message says which limit is reached."""


class Stopped(Exception):
    """The run was ended while a request was waiting."""


def refused(status: int, body: Any, retry_after: float | None, key: str | None) -> CallFailed:
    """The failure that an HTTP status other than 200 stands for.

    Of the body only `error.code` or `error.type` and `error.param` are shown, and only where they are plain
    identifiers: a message may quote the prompt or the key.

    Parameters
    ----------
    body : parsed JSON, or text
    """
    told = _told(status, body, key)
    return CallFailed(f"HTTP status {status}{told}", status, _may_pass(status), retry_after, told)


def failed_inside(content: Any, key: str | None) -> CallFailed | None:
    """The failure that a response with status 200 holds in place of answers, as gateways write it, or None."""
    error = content.get("error") if isinstance(content, dict) else None
    if not error or content.get("choices"):
        return None
    code = error.get("code") if isinstance(error, dict) else None
    text = str(code) if isinstance(code, int | str) and not isinstance(code, bool) else ""
    status = int(text) if re.fullmatch(r"[45]\d\d", text) else None
    told = _told(status, content, key)
    what = f"an error{f' {status}' if status else ''} inside a response with status 200{told}"
    return CallFailed(what, status, status is None or _may_pass(status), None, told)


def _may_pass(status: int) -> bool:
    return status in RETRIED or (status >= 500 and status not in FINAL)


def _told(status: int | None, body: Any, key: str | None) -> ErrorContent:
    text = (body if isinstance(body, str) else json.dumps(body, default=str))[:_READ]
    meaning = TOO_LARGE if status == 413 else ""
    for pattern, words in _MEANINGS:
        if not meaning and (found := pattern.search(text)):
            meaning = words.format(*found.groups())
    names = frozenset(name for name, pattern in _NAMED.items() if pattern.search(text))
    error = body.get("error", body) if isinstance(body, dict) else None
    code = param = None
    if isinstance(error, dict):
        code = _shown([error.get("code"), error.get("type")], _CODE, key)
        param = _shown([error.get("param"), _place(body)], _PARAM, key)
    return ErrorContent(code, param, names, meaning)


def _shown(values: list[Any], pattern: re.Pattern[str], key: str | None) -> str | None:
    """The first value that is a plain identifier and no part of the key, so that a message may show it."""
    for value in values:
        if isinstance(value, str) and pattern.fullmatch(value) and not (key and value in key):
            return value
    return None


def _place(body: Any, depth: int = 5) -> str | None:
    """The last name of the first `loc` in what a server built with FastAPI says of a field that it does not know."""
    if depth and isinstance(body, dict):
        loc = body.get("loc")
        if isinstance(loc, list) and loc and isinstance(loc[-1], str):
            return loc[-1]
    inner = list(body.values()) if isinstance(body, dict) else body if isinstance(body, list) else []
    found = (_place(part, depth - 1) for part in inner[:20]) if depth else iter(())
    return next((place for place in found if place), None)

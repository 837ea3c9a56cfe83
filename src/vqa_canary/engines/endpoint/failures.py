"""What can go wrong with a request, in words that hold nothing of what was sent or received."""

from __future__ import annotations

import re
from typing import Any

RETRIED = frozenset({408, 409, 425, 429})
"""Statuses below 500 after which the same request may succeed."""

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z_]{2,39}")


class CallFailed(Exception):
    """A request that gave no answer.

    Parameters
    ----------
    what : kind of failure, in our own words
    status : HTTP status, where there was one
    retry : whether the same request may succeed
    retry_after : seconds that the server asks to wait
    """

    def __init__(
        self, what: str, status: int | None = None, retry: bool = True, retry_after: float | None = None
    ) -> None:
        super().__init__(what)
        self.status, self.retry, self.retry_after = status, retry, retry_after


class BudgetSpent(Exception):
    """The run may make no further request; the message says which limit is reached."""


class Stopped(Exception):
    """The run was ended while a request was waiting."""


def refused(status: int, body: Any, retry_after: float | None, key: str | None) -> CallFailed:
    """The failure that an HTTP status other than 200 stands for.

    Of the body only `error.code` or `error.type` is shown, and only where it is a plain identifier: a
    message may quote the prompt or the key.
    """
    code = _code(body, key)
    what = f"HTTP status {status}" + (f" ({code})" if code else "")
    return CallFailed(what, status, status in RETRIED or status >= 500, retry_after)


def _code(body: Any, key: str | None) -> str | None:
    error = body.get("error") if isinstance(body, dict) else None
    for name in ("code", "type"):
        value = error.get(name) if isinstance(error, dict) else None
        if isinstance(value, str) and _IDENTIFIER.fullmatch(value) and not (key and value in key):
            return value
    return None

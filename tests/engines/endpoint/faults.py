"""Everything that a server does wrong, by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from random import Random
from typing import Any

from tests.engines.endpoint.fault_server import FOREVER, Fault, FaultServer, Json

SECRET = "sk-topsecretkey"
"""The key of the tests; servers that fail quote it."""

HTML = b"<!doctype html><title>Bad gateway</title><p>" + SECRET.encode()


def error_body(**fields: Any) -> bytes:
    """An error as OpenAI's servers write it, which quotes the key."""
    return json.dumps({"error": {"message": f"key {SECRET} asked: Which organ is it", **fields}}).encode()


def edit_choices(change: Callable[[list[Json]], list[Json]]) -> Fault:
    return Fault(edit=lambda answer: answer | {"choices": change(answer["choices"])})


def edit_logprobs(change: Callable[[list[Json]], Any]) -> Fault:
    def changed(choice: Json) -> Json:
        given = choice.get("logprobs")
        return choice | {"logprobs": given and {"content": change(given["content"])}}

    return edit_choices(lambda choices: [changed(choice) for choice in choices])


def shorten(n: int) -> Fault:
    """Only the likeliest `n` tokens are listed."""
    return edit_logprobs(
        lambda positions: [one | {"top_logprobs": one["top_logprobs"][:n]} for one in positions]
    )


def in_a_minute() -> str:
    """A minute from now, longer than any test lets a client wait."""
    return format_datetime(datetime.now(UTC) + timedelta(minutes=1), usegmt=True)


PASSING: dict[str, Fault] = {
    "429 with seconds": Fault(429, {"Retry-After": "0.01"}, error_body(code="rate_limit_exceeded")),
    "429 with a date": Fault(429, {"Retry-After": in_a_minute()}, error_body(type="requests")),
    "429 with nonsense": Fault(429, {"Retry-After": "soon"}, error_body(code=SECRET)),
    "500": Fault(500, body=error_body(type="server_error")),
    "503": Fault(503, {"Retry-After": "0"}, b""),
    "502 as a page": Fault(502, {"Content-Type": "text/html"}, HTML),
    "200 as a page": Fault(200, {"Content-Type": "text/html"}, HTML),
    "cut off": Fault(cut=40),
    "cut off at once": Fault(cut=0),
    "half of the JSON": Fault(body=b'{"id": "1", "choices": [{"index": 0, "mess'),
    "JSON of something else": Fault(body=b'["a", "b"]'),
    "an error with status 200": Fault(body=error_body(code="overloaded")),
    "no choices": edit_choices(lambda _: []),
    "choices left out": Fault(edit=lambda answer: {k: v for k, v in answer.items() if k != "choices"}),
    "more choices": edit_choices(lambda found: [*found, found[0] | {"index": len(found)}]),
    "no message": edit_choices(lambda found: [{"index": 0}]),
    "aborted": edit_choices(lambda found: [one | {"finish_reason": "abort"} for one in found]),
    "log-probs lost": edit_choices(lambda found: [one | {"logprobs": None} for one in found]),
    "log-probs empty": edit_logprobs(lambda _: []),
    "list lost": shorten(0),
    "text lost": edit_choices(lambda found: [one | {"message": {"content": ""}} for one in found]),
    "another text": edit_choices(lambda found: [one | {"message": {"content": "lung"}} for one in found]),
    "log-prob above 0": edit_logprobs(lambda found: [one | {"logprob": 0.5} for one in found]),
    "log-prob NaN": edit_logprobs(lambda found: [one | {"logprob": float("nan")} for one in found]),
    "list of more than 1": edit_logprobs(
        lambda found: [
            one | {"top_logprobs": [{"token": t, "logprob": -0.1} for t in "ABCDEFGHIJKLMNOPQRST"]}
            for one in found
        ]
    ),
}
"""Failures after which the same request may succeed, and does when it is asked again.

Those that need log-probs do nothing to a request without them.
"""

REPEATED_INDEX = edit_choices(lambda found: [one | {"index": 0} for one in found])
"""Wrong only where several choices are asked for."""

FEWER = edit_choices(lambda found: found[: max(1, len(found) // 2)])


def replay(server: FaultServer) -> Fault:
    """An old answer again, whatever is asked now: one that a follow-up shows to have been believed."""
    with server.lock:
        for followed in reversed(server.requests):
            for body, answer in server.answers:
                if body["messages"] == followed["messages"][:1] != followed["messages"]:
                    return Fault(edit=partial(lambda known, _: known, answer))
    return Fault(500)


class RandomFaults:
    """A share of all requests goes wrong, each in a way of its own; seeded by the number of the request."""

    def __init__(self, share: float, seed: int) -> None:
        self.share, self.seed = share, seed
        self.server: FaultServer | None = None
        self.used: list[str] = []

    def __call__(self, number: int, body: Json) -> Fault | None:
        random = Random(f"{self.seed} {number}")
        if random.random() >= self.share:
            return None
        kinds = sorted({*PASSING, "replayed", "hangs", "repeated index"} - {"429 with a date"})
        name = random.choice(kinds)
        self.used.append(name)
        if name == "replayed" and self.server:
            return replay(self.server)
        if name == "repeated index":
            return REPEATED_INDEX if body.get("n", 1) > 1 else None
        if name == "hangs":
            return Fault(hang=FOREVER) if number % 4 == 0 else Fault(503)
        needs_logprobs = name.startswith(("log-prob", "list", "text lost", "another text"))
        return None if needs_logprobs and not body.get("top_logprobs") else PASSING[name]

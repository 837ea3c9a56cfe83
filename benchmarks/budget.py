"""Parts of a run, begun one by one while there is time for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Part:
    """Something to do within a time limit."""

    name: str
    do: Callable[[], Any]
    times: float = 1.0
    """How many times as long it may take as the longest part before it: a guess that decides whether it is begun."""


def run_within(
    seconds: float, parts: Sequence[Part], clock: Callable[[], float] = time.monotonic
) -> tuple[dict[str, Any], list[str]]:
    """What each part gave, by name, and the names of those that were not begun.

    A part that has begun is finished, however long it takes. One that would probably not end in time is left out, and
    shorter ones behind it are still tried.
    """
    begun, longest = clock(), 0.0
    found: dict[str, Any] = {}
    left_out: list[str] = []
    for part in parts:
        start = clock()
        if start - begun >= seconds or start - begun + part.times * longest > seconds:
            left_out.append(part.name)
            continue
        found[part.name] = part.do()
        longest = max(longest, clock() - start)
        print(f"-- {part.name}: {clock() - start:.0f} s of {seconds:.0f}", flush=True)
    return found, left_out

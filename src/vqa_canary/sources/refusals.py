"""What was refused, counted by reason, with nothing of what a record says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from vqa_canary.like_reasons import alike

if TYPE_CHECKING:
    import pandas as pd

MOST_REASONS = 3
"""Most reasons that a message gives."""


def count_refusals(quarantine: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows `dataset`, `stage`, `reason`, `n`, the commonest first.

    Reasons that differ by quotations and numbers alone are one: what they quote becomes `…`, a number on which they do
    not agree the span of theirs.
    """
    about = [
        ((key.partition("/")[0], stage), reason)
        for key, stage, reason in zip(
            quarantine["key"], quarantine["stage"], quarantine["reason"], strict=True
        )
    ]
    told = {
        place: alike(reason for where, reason in about if where == place)
        for place in dict.fromkeys(place for place, _ in about)
    }
    counts = Counter((*place, told[place][reason]) for place, reason in about)
    names = ("dataset", "stage", "reason")
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [{**dict(zip(names, key, strict=True)), "n": n} for key, n in ordered]


def commonest(reasons: Iterable[str]) -> str:
    """The commonest reasons with their numbers, for a message: `12 x image …: there is no such file; 2 x answer: is
    empty`."""
    given = list(reasons)
    told = alike(given)
    counts = Counter(told[reason] for reason in given)
    return "; ".join(f"{n} x {reason}" for reason, n in counts.most_common(MOST_REASONS))

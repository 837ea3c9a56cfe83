"""What was refused, counted by reason, with nothing of what a record says."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_SETTING = (
    r"`(?:answer_is(?:: (?:index|letter|text))?|index_from(?:: [01])?|separator|columns|options|splits)`"
)
"""What a reason may name as its remedy: our own words."""
_QUOTED = re.compile(
    rf"({_SETTING})|(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`)(?:\.\.\. \(\d+ characters\))?"
)
_NUMBER = re.compile(r"(?<![A-Za-z])\d+")
_LONGEST = 300


def count_refusals(quarantine: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows `dataset`, `stage`, `reason`, `n`, the commonest first; what a reason quotes becomes `…`, a number `N`."""
    counts = Counter(
        (key.partition("/")[0], stage, mask_reason(reason))
        for key, stage, reason in zip(
            quarantine["key"], quarantine["stage"], quarantine["reason"], strict=True
        )
    )
    names = ("dataset", "stage", "reason")
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [{**dict(zip(names, about, strict=True)), "n": n} for about, n in ordered]


def mask_reason(reason: str) -> str:
    """A reason without quotations, names and numbers, so that equal kinds are equal."""
    return _NUMBER.sub("N", _QUOTED.sub(lambda found: found[1] or "…", reason))[:_LONGEST]

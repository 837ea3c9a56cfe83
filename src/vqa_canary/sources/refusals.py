"""What was refused, counted by reason, with nothing of what a record says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`")
_NUMBER = re.compile(r"\d+")
_LONGEST = 120


def count_refusals(quarantine: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows `dataset`, `stage`, `reason`, `n`, the commonest first; what a reason quotes becomes `…`, a number `N`."""
    about = ["dataset", "stage", "reason"]
    masked = quarantine.assign(
        dataset=quarantine["key"].str.partition("/")[0], reason=quarantine["reason"].map(mask_reason)
    )
    counts = masked.groupby(about).size().rename("n").reset_index()
    rows = [{str(key): value for key, value in row.items()} for row in counts.to_dict("records")]
    return sorted(rows, key=lambda row: (-row["n"], *(row[name] for name in about)))


def mask_reason(reason: str) -> str:
    """A reason without quotations, names and numbers, so that equal kinds are equal."""
    return _NUMBER.sub("N", _QUOTED.sub("…", reason))[:_LONGEST]

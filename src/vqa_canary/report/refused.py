"""How many records were refused, and why, in one line of the first screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from vqa_canary.counting import counted

LONGEST = 110
"""Characters of the commonest reason that the line holds."""
OF_CONDITIONS = "conditions"
"""Stage of the questions that one condition does not suit: those are no records."""


def refused_line(reasons: Iterable[tuple[str, str, int]], accounting: Sequence[Mapping[str, Any]]) -> str:
    """`Of 12 records, 2 were refused: image …: nearly black.`; empty where none was.

    Parameters
    ----------
    reasons : stage, reason, and how many rows were refused for it
    accounting : where the rows of each stage went; it knows how many records there were
    """
    of_records = [(reason, n) for stage, reason, n in reasons if stage != OF_CONDITIONS]
    total = sum(n for _, n in of_records)
    if not total:
        return ""
    records = next(
        (row["n"] for row in accounting if (row["stage"], row["what"]) == ("items", "records")), None
    )
    were = "was" if total == 1 else "were"
    said = (
        f"Of {counted(records, 'record')}, {total:,} {were}"
        if records
        else f"{counted(total, 'record')} {were}"
    )
    first, n = max(of_records, key=lambda reason: reason[1])
    shown = first if len(first) <= LONGEST else f"{first[:LONGEST].rsplit(' ', 1)[0]} ..."
    others = len({reason for reason, _ in of_records}) - 1
    more = f"; and for {counted(others, 'other reason')}" if others else ""
    return f"{said} refused: {f'{n:,} x ' if others else ''}{shown}{more}."

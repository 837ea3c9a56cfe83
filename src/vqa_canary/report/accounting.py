"""Where the rows of each stage went, as a table of both pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vqa_canary.report.sheet import Column, Sheet


def accounting(rows: Sequence[Mapping[str, Any]]) -> Sheet:
    """One row an equation: a number of rows, and the parts that add up to it."""
    columns = (
        Column("stage", "stage", "text"),
        Column("about", "model or method", "text"),
        Column("what", "rows", "text"),
        Column("n", "number", "count"),
        Column("parts", "where they went", "text"),
    )
    told = tuple((row["stage"], row["about"], row["what"], int(row["n"]), _sum(row["parts"])) for row in rows)
    caption = "Row accounting: in each stage the parts add up, or the run would have stopped"
    return Sheet("accounting", caption, columns, told)


def _sum(parts: Mapping[str, int]) -> str:
    return " + ".join(f"{n:,} {name}" for name, n in parts.items())

"""What each model's parity certificate is worth, on the report's page and on the audit's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vqa_canary.report.rendering import Section
from vqa_canary.report.sheet import Column, Sheet

Rows = Sequence[Mapping[str, Any]]
"""One a model: `model`, `standing`, `detail`, and of the certificate what `_COLUMNS` names."""

NOT_VERIFIED, FAILED = "not verified", "failed"

_COLUMNS = (
    Column("model", "model", "text"),
    Column("standing", "verification", "text"),
    Column("detail", "what was found", "text"),
    Column("made", "when", "text"),
    Column("dtype", "dtype", "text"),
    Column("images", "images", "count"),
    Column("instances", "instances", "count"),
    Column("fingerprint", "model fingerprint", "text"),
    Column("package", "version", "text"),
    Column("code", "code of the engines", "text"),
)

_ABOUT = (
    "A verification asks a sample of the instances anew, apart from the run that is checked, and holds the answers "
    "against each other: the fast way of reading against whole prompts, the stored evidence against fresh answers, two "
    "images against one another, one instance alone against a batch, one seed twice, the model loaded twice. "
    "What it found is a parity certificate."
)


def section(rows: Rows) -> Iterator[Section]:
    """Nothing where nobody says which models there are."""
    if not rows:
        return
    if all(row["standing"] == NOT_VERIFIED for row in rows):
        details = dict.fromkeys(str(row["detail"]) for row in rows)
        text = f"{_ABOUT} No model of this study is verified. {' '.join(details)}"
        yield Section("verification", "Verification", text)
    else:
        text = (
            f"{_ABOUT} “Out of date”: what it was made for is not what this page is about. The certificates, with "
            "every number, lie beside this page in verification/."
        )
        yield Section("verification", "Verification", text, sheets=(certificates(rows),))


def certificates(rows: Rows) -> Sheet:
    """One row a model."""
    cells = tuple(tuple(row[column.key] for column in _COLUMNS) for row in rows)
    return Sheet("verification", "Parity certificates", _COLUMNS, cells).without_empty("dtype")


def warnings(rows: Rows) -> list[str]:
    """A sentence for each model that failed its verification: it belongs before all numbers."""
    return [
        f"{row['model']} failed its verification, so its numbers are not to be relied on before it is known why: "
        f"{row['detail']}"
        for row in rows
        if row["standing"] == FAILED
    ]

"""`review.csv`: a row a question, with cells that a reviewer fills in."""

from __future__ import annotations

from collections.abc import Sequence

from vqa_canary.csv_text import csv_text
from vqa_canary.report.reviewing.entries import Entry
from vqa_canary.review_form import AUDIT, ROW, TO_FILL

BYTE_ORDER_MARK = "\ufeff"
"""Without it a spreadsheet on Windows takes the file for one of an older encoding, and letters come out wrong."""


def review_csv(entries: Sequence[Entry], audit: str) -> str:
    """The file as text; no cell of it can be taken for a formula.

    Parameters
    ----------
    audit : names the audit, as `review_form.audit_name` does
    """
    models = list(dict.fromkeys(answer.model for entry in entries for answer in entry.answers))
    conditions = list(
        dict.fromkeys(name for entry in entries for answer in entry.answers for name, _ in answer.hidden)
    )
    by_model = [column for model in models for column in _columns(model, conditions, len(models) > 1)]
    head = ["why", "image", "question", "options", "key"]
    tail = ["stays_fair_when_hidden", "dataset", "item_id", "source", ROW, AUDIT]
    rows = [
        [
            entry.why,
            "\n".join(path for _, path in entry.images),
            entry.question,
            "\n".join(entry.options),
            entry.key,
            *(cell for model in models for cell in _cells(entry, model, conditions, len(models) > 1)),
            *("" for _ in TO_FILL),
            "yes" if entry.fair else "no",
            entry.dataset,
            entry.item_id,
            entry.source,
            entry.row,
            audit,
        ]
        for entry in entries
    ]
    return BYTE_ORDER_MARK + csv_text([*head, *by_model, *TO_FILL, *tail], rows)


def _columns(model: str, conditions: Sequence[str], several: bool) -> list[str]:
    names = ["answer", "uncertainty", *(f"answer_{name}" for name in conditions)]
    return [f"{name} ({model})" for name in (*names, "why")] if several else names


def _cells(entry: Entry, model: str, conditions: Sequence[str], several: bool) -> list[str | float | None]:
    """What a model did with the question; empty cells where it was not asked."""
    found = next((answer for answer in entry.answers if answer.model == model), None)
    if found is None:
        return [None] * (2 + len(conditions) + several)
    hidden = dict(found.hidden)
    number = None if found.uncertainty is None else float(f"{found.uncertainty:.6g}")
    told = [found.answer, number, *(hidden.get(name) for name in conditions)]
    return [*told, found.why] if several else told

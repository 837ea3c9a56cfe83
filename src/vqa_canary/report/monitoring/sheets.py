"""The tables of a watch: its batches, and every comparison with the audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp

from vqa_canary.estimate import bare
from vqa_canary.monitoring.record import Entry
from vqa_canary.monitoring.standing import Standing, error_of
from vqa_canary.monitoring.verdicts import NAMES
from vqa_canary.report.sheet import Cell, Column, Kind, Sheet

LARGEST = 700.0
"""Natural log of the largest evidence that a number on the page can hold."""


def batches(standings: Sequence[Standing]) -> Sheet:
    """One row an entry of the log: what it was like, and where the watch stood after it."""
    columns = (
        Column("day", "date", "text"),
        Column("entry", "entry", "count"),
        Column("verdict", "stands at", "text"),
        Column("error", "wrong of an image's answers", "share"),
        Column("evidence", "evidence since release", "threshold"),
        Column("p", "anytime p", "p"),
        Column("drift", "drift", "text"),
        Column("questions", "questions", "count"),
        Column("images", "images", "count"),
        Column("coverage", "answered", "share"),
        Column("escalated", "to a person", "count"),
        Column("failed", "failed", "count"),
        Column("seen", "seen before", "count"),
    )
    caption = "Every batch, in the order of the log. Intervals: 95 %, valid at every look."
    return Sheet("batches", caption, columns, tuple(map(_batch, standings)))


def _batch(one: Standing) -> tuple[Cell, ...]:
    entry, counts = one.entry, one.entry.counts
    new = counts.questions - counts.seen
    drift = ", ".join(row.quantity for row in one.drift) or ("none found" if entry.drift else "")
    return (
        entry.day.isoformat(), entry.number, one.verdict, error_of(entry),
        bare(exp(min(one.evidence.log_e, LARGEST))), bare(one.evidence.p_value), drift,
        counts.questions, counts.images, bare(counts.answered / new if new else None, "no new question"),
        counts.escalated, counts.failed, counts.seen,
    )  # fmt: skip


def log(entries: Sequence[Entry]) -> Sheet:
    """One row an entry of the log: where it comes from, and what tells that it was not changed."""
    columns = (
        Column("day", "date", "text"),
        Column("entry", "entry", "count"),
        Column("brings", "brings", "text"),
        Column("study", "study", "text"),
        Column("made", "entered", "text"),
        Column("package", "by version", "text"),
        Column("vouched_by", "vouched for by", "text"),
        Column("hash", "hash", "text"),
        Column("previous", "follows", "text"),
    )
    rows = tuple(
        (
            entry.day.isoformat(), entry.number, brings(entry), entry.study, entry.made, entry.package,
            entry.vouched_by or "", entry.hash, entry.previous,
        )
        for entry in entries
    )  # fmt: skip
    return Sheet("log", "Where each entry comes from; hashes chain them", columns, rows).without_empty(
        "vouched_by"
    )


def brings(entry: Entry) -> str:
    """What an entry added to the log."""
    if entry.labels_of is not None:
        return f"labels of entry {entry.labels_of}"
    return "questions with labels" if entry.labelled else "questions without labels"


def drift(entries: Sequence[Entry]) -> Sheet:
    """One row a batch and comparison."""
    columns = (
        Column("day", "date", "text"),
        Column("quantity", "compared", "text", filtered=True),
        Column("audit", "audit"),
        Column("batch", "batch"),
        Column("gap", "distance"),
        Column("p", "p", "p"),
        Column("adjusted", "adjusted p", "p"),
        Column("reason", "why not", "text"),
    )
    rows = tuple(
        (
            entry.day.isoformat(), NAMES[row.quantity].removeprefix("the "), bare(row.audit), bare(row.batch),
            bare(row.gap), bare(row.p_value), bare(row.adjusted), row.reason or "",
        )
        for entry in entries
        for row in entry.drift
    )  # fmt: skip
    caption = "Batches against the audit's held-out questions; p-values by exchanging images, "
    caption += "adjusted for the number of comparisons of a batch (Holm)."
    kinds = tuple(_KINDS.get(row.quantity, {}) for entry in entries for row in entry.drift)
    return Sheet("drift", caption, columns, rows, kinds).without_empty("reason")


_KINDS: Mapping[str, Mapping[str, Kind]] = {
    "uncertainty": {"audit": "threshold", "batch": "threshold"},
    "coverage": {"audit": "share", "batch": "share", "gap": "points"},
    "answers": {"gap": "share"},
}
"""What is a share among the numbers of a comparison."""

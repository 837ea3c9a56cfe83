"""Accuracy as it is shown: a number; a range, where too little could be read; or none, where every answer failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vqa_canary.estimate import Estimate, undefined
from vqa_canary.lasting_failures import all_failed
from vqa_canary.report.numbers import Range
from vqa_canary.rows import ALL_CONDITIONS

Row = Mapping[str, Any]
Rows = Sequence[Row]
"""Of the table `readability`."""
Shown = Mapping[tuple[str, str, str, str, str], Estimate | Range]
"""What stands in the place of a plain number: by data set, model, condition, subset and method."""

EVERY = ""
"""Subset that stands for all subsets: no answer is in any of them."""
EXPLAINED = (
    "Two numbers with “to” between them: under 95 % of the answers could be read, and accuracy lies between the unread "
    "ones being wrong and being left out."
)


def shown(rows: Rows) -> Shown:
    """Accuracy where it is no plain number."""
    accuracies: dict[tuple[str, str, str, str, str], Estimate | Range] = {}
    for row in rows:
        place = row["dataset"], row["model"], row["condition"]
        if row["condition"] != ALL_CONDITIONS and not row["answered"] and row["failed"]:
            accuracies[(*place, EVERY, "")] = undefined(all_failed(row["failed"]))
        for share in filter(is_range, row["accuracy"]):
            ends = Estimate.of(share["unread_wrong"]), Estimate.of(share["unread_left_out"])
            accuracies[(*place, share["subset"], share["method"])] = Range(*ends)
    return accuracies


def has_ranges(rows: Rows) -> bool:
    """Whether the page has to say what a range means."""
    return any(is_range(share) for row in rows for share in row["accuracy"])


def is_range(accuracy: Row) -> bool:
    """Whether an answer of the subset is unread; where all of them can be read, the two ends are one number."""
    return bool(accuracy["unread_wrong"]["n"] != accuracy["unread_left_out"]["n"])


def accuracy_of(
    found: Shown, place: tuple[str, str, str], subset: str, method: str, number: Estimate
) -> Estimate | Range:
    """What stands in the number's place, of all answers of the model or of the method's own; else the number."""
    keys = (EVERY, ""), (subset, ""), (subset, method)
    return next((accuracy for key in keys if (accuracy := found.get((*place, *key)))), number)

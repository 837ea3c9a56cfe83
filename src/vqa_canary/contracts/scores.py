"""What a row of `scores` promises: a number or a reason, and one score a method."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from vqa_canary.contracts.expectations import between, each_row, not_blank, not_empty, unique_key

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation


def suite() -> list[Expectation]:
    """Expectations of table `scores`."""
    return [
        not_empty(),
        unique_key("scores"),
        *not_blank("model", "instance_id", "method", "condition", "reason"),
        *each_row("scores", uncertainty_or_reason, correct_null_has_cause),
        between("confidence", 0, 1),
        between("choice", 0),
    ]


def uncertainty_or_reason(uncertainty: float | None, reason: str | None) -> bool:
    """a finite uncertainty, or none and a reason"""
    return reason is not None if uncertainty is None else isfinite(uncertainty)


def correct_null_has_cause(correct: bool | None, condition: str, reason: str | None) -> bool:
    """correct is null under answer_removed, where nothing is right, and else only with a reason"""
    if condition == "answer_removed":
        return correct is None
    return correct is not None or reason is not None

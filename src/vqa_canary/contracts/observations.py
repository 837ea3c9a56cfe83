"""What a row of `observations` promises: who answered a question of a batch, the model or a person."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from vqa_canary.contracts.expectations import between, each_row, not_blank, not_empty, unique_key

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation


def suite() -> list[Expectation]:
    """Expectations of table `observations`."""
    return [
        not_empty(),
        unique_key("observations"),
        *not_blank("dataset", "item_id", "image"),
        *each_row("observations", answered_with_known_uncertainty, failed_has_no_answer),
        between("choice", 0),
    ]


def answered_with_known_uncertainty(answered: bool, uncertainty: float | None, failed: bool) -> bool:
    """answered only where uncertainty is a finite number, and the answer did not fail"""
    if uncertainty is not None and not isfinite(uncertainty):
        return False
    return not answered or (uncertainty is not None and not failed)


def failed_has_no_answer(failed: bool, choice: int | None, correct: bool | None) -> bool:
    """a failed answer names no option, and is neither right nor wrong"""
    return not failed or (choice is None and correct is None)

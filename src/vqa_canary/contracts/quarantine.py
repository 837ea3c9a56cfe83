"""What a row of `quarantine` promises: a place, a reason, and the refused row. It may be empty."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from vqa_canary.contracts.expectations import each_row, not_blank, unique_key

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation


def suite() -> list[Expectation]:
    """Expectations of table `quarantine`."""
    return [
        unique_key("quarantine"),
        *not_blank("stage", "key", "reason"),
        *each_row("quarantine", row_is_json_object),
    ]


def row_is_json_object(row: str) -> bool:
    """row is a JSON object"""
    try:
        return isinstance(json.loads(row), dict)
    except ValueError:
        return False

"""The file that a reviewer fills: its columns, and how its rows and its audit are known when it comes back.

Spreadsheets turn an id such as `001` into a number and `1E5` into another one. So a row has a key of its own, which no
spreadsheet takes for a number, and the item's id stands beside it for the reader.
"""

from __future__ import annotations

import re

from vqa_canary.rows import content_id

ROW, AUDIT = "row", "audit"
"""Columns by which a row, and the audit that wrote it, are known again."""
RIGHT_KEY, NOTA_VALID, UNANSWERABLE, COMMENT = "right_key", "nota_valid", "unanswerable", "comment"
TO_FILL = (RIGHT_KEY, NOTA_VALID, UNANSWERABLE, COMMENT)
"""Columns that are empty when the file is written; a cell that stays empty changes nothing."""

HASH_DIGITS = 16
"""Digits of a lock's hash by which an audit is named."""


def row_key(dataset: str, item_id: str) -> str:
    """The key of an item's row, such as `r-0123456789abcdef`."""
    return f"r-{content_id(dataset, item_id)}"


def audit_name(attempt: int, lock: str) -> str:
    """What names an audit in each row, such as `attempt 1, lock 0123456789abcdef`.

    Parameters
    ----------
    lock : hash of the lock under which the audit was made, in hex
    """
    return f"attempt {attempt}, lock {lock[:HASH_DIGITS]}"


def parsed_name(name: str) -> tuple[int, str] | None:
    """Attempt and first digits of the lock's hash that `audit_name` was given; None where it is no such name."""
    found = re.fullmatch(rf"attempt ([0-9]{{1,6}}), lock ([0-9a-f]{{{HASH_DIGITS}}})", " ".join(name.split()))
    return (int(found[1]), found[2]) if found else None

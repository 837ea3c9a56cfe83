"""How a broken promise is told: the check, the column, and the first offending rows by key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from kedro.validation import CheckFailure, DataValidationError

if TYPE_CHECKING:
    import pandas as pd

SHOWN_ROWS = 5
"""Most offending rows of a check that a message shows."""
_SHOWN_CHECKS, _ROW_WIDTH, _SOURCE_WIDTH = 10, 240, 120


class ContractError(DataValidationError):
    """A table breaks its contract, or a check of the contract is itself broken.

    `failures` holds one `kedro.validation.CheckFailure` a check. The text shows more of a row than
    Kedro's own rendering, whose 40 characters are less than a key of `scores`.
    """

    def __str__(self) -> str:
        where = f" (dataset {self.dataset_name!r} on {self.mode})" if self.dataset_name else ""
        lines = [f"{self.message}{where}:"]
        for failure in self.failures[:_SHOWN_CHECKS]:
            lines.append(f"  - {failure.message}")
            lines += [f"      {_cut(row)}" for row in failure.failure_examples]
        hidden = len(self.failures) - _SHOWN_CHECKS
        return "\n".join(lines + [f"  ... and {hidden} more checks"] * (hidden > 0))


def row_failure(
    data: pd.DataFrame,
    rows: Sequence[int],
    *,
    key: Sequence[str],
    columns: Sequence[str],
    check: str,
    right: str = "",
    count: int | None = None,
) -> CheckFailure:
    """Failure of some rows of `data`.

    Parameters
    ----------
    rows : positions of offending rows, the first few are enough
    key : columns that identify a row; shown first, with the `source_id` of a row of `items`
    columns : columns the check is about; the first is blamed
    check : name of the check
    right : what would have been right, in words
    count : number of offending rows, where `rows` does not hold them all
    """
    count = len(rows) if count is None else count
    said = f"{check} ({right})" if right else check
    return CheckFailure(
        message=f"{columns[0]}: {said}: {count} of {len(data)} rows, first by {'/'.join(key)}:",
        check=check,
        column=columns[0],
        failure_count=count,
        failure_examples=[_row_text(data, at, key, columns) for at in rows[:SHOWN_ROWS]],
    )


def plain(value: Any) -> Any:
    """`value` in built-in Python types, missing values as None."""
    if isinstance(value, np.ndarray | list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, np.generic):
        value = value.item()
    return None if _is_missing(value) else value


def _row_text(data: pd.DataFrame, at: int, key: Iterable[str], columns: Iterable[str]) -> str:
    row = {name: plain(data[name].iloc[at]) for name in data.columns}
    identity = "/".join(str(row.get(name)) for name in key)
    if row.get("source_id"):  # a key may be a hash; this is where the record stands
        identity = f"{identity} ({str(row['source_id'])[:_SOURCE_WIDTH]})"
    values = ", ".join(f"{name}={row[name]!r}" for name in columns if name not in (*key, "source_id"))
    return f"{identity}: {values}" if values else identity


def _is_missing(value: Any) -> bool:
    import pandas as pd

    return value is None or value is pd.NA or (isinstance(value, float) and value != value)


def _cut(text: str) -> str:
    return text if len(text) <= _ROW_WIDTH else text[: _ROW_WIDTH - 3] + "..."

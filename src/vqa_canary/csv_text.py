"""How every table is written as CSV, so that no cell of it can be taken for a formula.

A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@`, also behind blanks and in full-width form. Such a text
gets a `'` before it, which spreadsheets read as "this is text". Numbers such as `-0.5` stay as they are. A carriage
return becomes a line end: CSV writers leave it without quotes, and readers begin a new row there.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_SIGN = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_BLANK = r"[\s\x00-\x1f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]"
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_FORMULA = re.compile(rf"[\t\r\n]|{_BLANK}*[{_SIGN}]")
_FORMULA_BEHIND = re.compile(rf"([;\t\r\n]{_BLANK}*)(?=[{_SIGN}])")
"""Beginnings of formulas inside a text: a spreadsheet that splits at `;` or at a tab makes a cell of what follows."""


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A header and rows as CSV with `\\n`; None is an empty cell."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(map(defused, columns))
    writer.writerows(map(defused, row) for row in rows)
    return file.getvalue()


def frame_csv(frame: pd.DataFrame, float_format: str | None = None) -> str:
    """A frame as CSV, without its index."""
    from pandas.api.types import is_numeric_dtype

    safe = frame.rename(columns=defused)
    for name in safe.columns:
        if not is_numeric_dtype(safe[name]):
            safe[name] = safe[name].map(defused, na_action="ignore")
    return safe.to_csv(index=False, lineterminator="\n", float_format=float_format)


def defused(cell: Any) -> Any:
    """The cell, with a `'` before what a spreadsheet would run; a cell that has it already stays as it is."""
    if cell is None or isinstance(cell, int | float):
        return cell
    text = str(cell)
    if _NUMBER.fullmatch(text):
        return cell
    found = _FORMULA_BEHIND.sub(r"\1'", text.replace("\r\n", "\n").replace("\r", "\n"))
    if _FORMULA.match(text):
        found = f"'{found}"
    return cell if found == text else found

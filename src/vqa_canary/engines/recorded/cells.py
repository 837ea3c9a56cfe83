"""Cells of recorded rows as values of an evidence column, or an error that says where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from vqa_canary.errors import BadInput
from vqa_canary.spelling import visible
from vqa_canary.tabular import Unreadable
from vqa_canary.tabular.json_records import parse_cell

_SHOWN = 80


class Cells:
    """One recorded row: its cells by column, read strictly.

    Every reader gives None where the cell is missing, null, NaN or empty text, and raises `BadInput` with
    the file, the row and the column where it holds something else than asked for.
    """

    def __init__(
        self, file: str, key: str, values: Mapping[str, Any], *, empty_is_missing: bool = True
    ) -> None:
        self._file, self.key, self._values = file, key, values
        self._empty_is_missing = empty_is_missing

    def raw(self, column: str) -> Any:
        """The cell as it stands in the file."""
        value = self._values.get(column)
        if isinstance(value, Unreadable):
            raise self.wrong(column, value.why)
        return None if value is None or value != value or value == "" else value

    def part(self, column: str, value: Mapping[str, Any]) -> Cells:
        """A mapping that stands in a cell, as cells `column.name`."""
        return Cells(self._file, self.key, {f"{column}.{name}": part for name, part in value.items()})

    def answer(self) -> str | bool | None:
        """What a model replied: an empty text too, where the file can tell it from none at all."""
        value = self._values.get("answer")
        if isinstance(value, str) and not visible(value) and not self._empty_is_missing:
            return ""
        return value if isinstance(value, bool) else self.text("answer")

    def text(self, column: str) -> str | None:
        """Text, or a number as text."""
        value = self.raw(column)
        if value is None:
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, (str, int, float)):
            raise self.wrong(column, f"{quoted(value)} is not a text")
        return self.checked_text(column, str(value))

    def checked_text(self, column: str, text: str) -> str:
        """The text, where a file can hold it."""
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise self.wrong(column, f"{quoted(text)} is not Unicode text") from error
        return text

    def real(self, column: str, lowest: float, highest: float) -> float | None:
        """A number from `lowest` to `highest`."""
        value = self.raw(column)
        return None if value is None else self.checked_real(column, value, lowest, highest)

    def whole(self, column: str) -> int | None:
        """A whole number, 0 or more."""
        value = self.real(column, 0, 2**53)
        if value is not None and not value.is_integer():
            raise self.wrong(column, f"{value} is not a whole number")
        return None if value is None else int(value)

    def parts(self, column: str) -> list[Any] | None:
        """A list; text is read as JSON."""
        value = self.raw(column)
        if isinstance(value, str):
            try:
                value = parse_cell(value)
            except ValueError as error:
                raise self.wrong(column, f"{quoted(value)} is not a JSON list ({error})") from error
        if value is None:
            return None
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise self.wrong(column, f"{quoted(value)} is not a list")
        return list(value)

    def reals(self, column: str, lowest: float, highest: float) -> tuple[float, ...] | None:
        """A list of numbers from `lowest` to `highest`."""
        parts = self.parts(column)
        if parts is None:
            return None
        return tuple(self.checked_real(column, part, lowest, highest) for part in parts)

    def checked_real(self, column: str, value: Any, lowest: float, highest: float) -> float:
        """The value as a number from `lowest` to `highest`."""
        try:
            if isinstance(value, bool):
                raise ValueError
            number = float(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise self.wrong(column, f"{quoted(value)} is not a number") from error
        if not (lowest <= number <= highest) or (number == highest and not isfinite(number)):
            raise self.wrong(column, f"{str(value)[:_SHOWN]} is outside {lowest:g} to {highest:g}")
        return number

    def wrong(self, column: str, message: str) -> BadInput:
        """What is wrong with a cell, and where."""
        return BadInput(f"{self._file}, {self.key}, {column}: {message}")


def quoted(value: object) -> str:
    """A cell as a message quotes it: its beginning alone, where it is long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of too many digits, lists in lists in lists
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."

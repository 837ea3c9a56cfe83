"""What every format has in common: rows with their places, and cells of bounded size."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from vqa_canary.errors import BadInput
from vqa_canary.quoting import listed as listed

MAX_CELL = 2**20
"""Largest cell, in characters of a text, bytes, or parts of a list together."""
MAX_LARGE = 128 * 2**20
"""Largest cell of a column that may hold images, in characters: the base64 of a file of 64 MiB, with room for its line
ends."""
MAX_RECORD = 16 * 2**20
"""Largest record of a text file, in characters or bytes; of a CSV file without its largest cell."""
MAX_DEPTH = 16
"""Most lists or mappings that may stand inside one another in a cell."""


class TableError(BadInput):
    """A file that cannot be read as a table: the message names it, the place and the remedy."""


@dataclass(frozen=True)
class Unreadable:
    """Stands for a cell that has no value here: too large, too deep, or a date that no calendar holds."""

    why: str

    def __str__(self) -> str:
        return f"<{self.why}>"


class Row(NamedTuple):
    """One record of a file."""

    key: str
    """Place of the record: the file's name with the line, or the number of the record: `questions.csv:41`."""
    values: dict[str, Any]
    problem: str | None = None
    """Why the record cannot be used, if its own form in the file says so; None otherwise."""


class Reader(Protocol):
    """Reads rows from the first one on: `names` are the columns asked for, None for all; cells of the columns in
    `large` may have up to `MAX_LARGE` characters or bytes."""

    def __call__(
        self, names: Collection[str] | None = None, large: Collection[str] = (), /
    ) -> Iterator[Row]: ...


@dataclass(frozen=True)
class FileTable:
    """A file's columns, and a way to read its rows; a column that is not asked for is not read where the format
    allows that, and never checked."""

    columns: Sequence[str]
    rows: Reader


def bounded(value: Any, max_cell: int) -> Any:
    """The cell itself, or `Unreadable` where it is larger than `max_cell` or deeper than `MAX_DEPTH`."""
    size, inner = 0, [(value, 0)]
    while inner:
        part, depth = inner.pop()
        if isinstance(part, Mapping):
            inner += [(inner_part, depth + 1) for pair in part.items() for inner_part in pair]
        elif isinstance(part, (list, tuple)):
            inner += [(inner_part, depth + 1) for inner_part in part]
        size += len(part) if isinstance(part, (str, bytes)) else 1
        if size > max_cell:
            return Unreadable(f"is larger than {max_cell} characters")
        if depth > MAX_DEPTH:
            return Unreadable(f"has more than {MAX_DEPTH} lists or mappings inside one another")
    return value


def chosen(
    values: Mapping[str, Any], names: Collection[str] | None, large: Collection[str], max_cell: int
) -> dict[str, Any]:
    """The cells of the columns asked for, each bounded."""
    return {
        name: bounded(value, MAX_LARGE if name in large else max_cell)
        for name, value in values.items()
        if names is None or name in names
    }

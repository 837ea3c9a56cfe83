"""CSV and TSV: lines, records and cells of bounded length."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TextIO

from vqa_canary.tabular.table import MAX_RECORD, Row, Table, TableError

_NOT_UTF8 = re.compile("[\udc80-\udcff]")


def csv_table(path: Path, delimiter: str, max_cell: int) -> Table:
    """The table in a CSV file, whose first record is its header.

    Raises
    ------
    TableError : empty, broken, not UTF-8, a column twice, or cells and records too large
    """
    first = next(_records(path, delimiter, max_cell), None)
    if first is None:
        raise TableError(f"{path}: is empty; a header line and one line per question are needed")
    _, header = first
    others = [mark for mark in (",", ";", "\t", "|") if mark != delimiter and mark in header[0]]
    if len(header) == 1 and others:
        raise TableError(
            f"{path}, line 1: the header is one column {header[0][:80]!r} when cut at {delimiter!r}; "
            f"set `delimiter: {json.dumps(others[0])}` if that is what stands between the columns"
        )
    seen: set[str] = set()
    for name in filter(None, header):
        if name in seen:
            raise TableError(f"{path}, line 1: the column {name[:80]!r} stands twice; rename one")
        seen.add(name)

    def rows(names: Collection[str] | None = None, /) -> Iterator[Row]:
        records = _records(path, delimiter, max_cell)
        next(records)
        for line, cells in records:
            values = {
                name: cell
                for name, cell in zip(header, cells, strict=False)
                if names is None or name in names
            }
            problem = None
            if len(cells) != len(header):
                problem = f"{len(cells)} cells for {len(header)} columns; put a cell that holds {delimiter!r} in quotes"
            yield Row(f"{path.name}:{line}", values, problem)

    if next(rows(()), None) is None:
        raise TableError(f"{path}: holds no record")
    return Table(header, rows)


def _records(path: Path, delimiter: str, max_cell: int) -> Iterator[tuple[int, list[str]]]:
    """First line and cells of each record; lines without a cell are none."""
    line = 1
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        lines = _Lines(file, max_cell + MAX_RECORD)
        try:
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
        except (TypeError, ValueError) as error:
            raise TableError(
                f"{path}: {delimiter!r} cannot stand between cells ({error}); set `delimiter`"
            ) from error
        while True:
            lines.taken = 0
            before = csv.field_size_limit(max_cell)  # the limit is one for the whole process
            try:
                cells = next(reader, None)
            except _TooLong as error:
                raise TableError(
                    f"{path}, the record from line {line}: longer than {lines.most} characters; is it a CSV file, and "
                    "is each quote closed?"
                ) from error
            except csv.Error as error:
                if "field limit" in str(error):
                    raise TableError(
                        f"{path}, the record from line {line}: a cell of more than {max_cell} characters; is each "
                        "quote closed?"
                    ) from error
                raise TableError(
                    f"{path}, the record from line {line}: broken CSV ({error}); a cell with quotes, line breaks "
                    'or the delimiter stands in "...", and a quote in it is doubled'
                ) from error
            finally:
                csv.field_size_limit(before)
            if cells is None:
                return
            for column, cell in enumerate(cells, start=1):
                if _NOT_UTF8.search(cell):
                    raise TableError(
                        f"{path}, line {line}, column {column}: not UTF-8; save the file as UTF-8 (in Excel: CSV UTF-8)"
                    )
            if cells:
                yield line, cells
            line = reader.line_num + 1


class _TooLong(ValueError):
    """More characters than a record may have."""


class _Lines:
    """Lines of a file, never more than `most` characters between two resets of `taken`."""

    def __init__(self, file: TextIO, most: int) -> None:
        self._file, self.most, self.taken = file, most, 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._file.readline(self.most + 1)
        self.taken += len(line)
        if self.taken > self.most:
            raise _TooLong
        if not line:
            raise StopIteration
        return line

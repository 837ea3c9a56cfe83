"""CSV and TSV: lines, records and cells of bounded length."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from vqa_canary.quoting import quoted
from vqa_canary.tabular.encoding import UTF8, control_character, encoding_of, not_utf8
from vqa_canary.tabular.table import MAX_LARGE, MAX_RECORD, FileTable, Reader, Row, TableError, Unreadable

_NOT_UTF8 = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class Form:
    """How a CSV file is written, and which of its settings the user has."""

    delimiter: str
    encoding: str = UTF8
    settings: Collection[str] = ()
    """Names of those settings that a message may advise the user to set: `delimiter`, `encoding`."""


def csv_table(
    path: Path, delimiter: str, max_cell: int, encoding: str | None = None, settings: Collection[str] = ()
) -> FileTable:
    """The table in a CSV file, whose first record is its header.

    Raises
    ------
    TableError : empty, broken, in another encoding, a column twice, or cells and records too large
    """
    form = Form(delimiter, encoding_of(path, encoding, "encoding" in settings), settings)
    first = next(_records(path, form, max_cell), None)
    if first is None:
        raise TableError(f"{path}: is empty; a header line and one line per question are needed")
    _, header = first
    _refuse_line_for_excel(path, header, delimiter, settings)
    # Cut at the wrong mark, a table has one column whose name holds all the others.
    others = [mark for mark in (",", ";", "\t", "|") if mark != delimiter and mark in header[0]]
    if len(header) == 1 and others:
        mark = json.dumps(others[0])
        remedy = f"set `delimiter: {mark}`" if "delimiter" in settings else f"write {delimiter!r} for {mark}"
        raise TableError(
            f"{path}, line 1: the header is one column {quoted(header[0])} when cut at {delimiter!r}; "
            f"{remedy} if {mark} is what stands between the columns"
        )
    seen: set[str] = set()
    for name in filter(None, header):
        if name in seen:
            raise TableError(f"{path}, line 1: the column {quoted(name)} stands twice; rename one")
        seen.add(name)

    def rows(names: Collection[str] | None = None, large: Collection[str] = (), /) -> Iterator[Row]:
        records = _records(path, form, MAX_LARGE if large else max_cell)
        next(records)
        for line, cells in records:
            values = {
                name: _bounded(cell, MAX_LARGE if name in large else max_cell)
                for name, cell in zip(header, cells, strict=False)
                if names is None or name in names
            }
            problem = None
            if len(cells) != len(header):
                problem = f"{len(cells)} cells for {len(header)} columns; put a cell that holds {delimiter!r} in quotes"
            yield Row(f"{path.name}:{line}", values, problem)

    if not _any_record(rows):
        raise TableError(f"{path}: holds no record")
    return FileTable(header, rows)


def _refuse_line_for_excel(path: Path, header: list[str], delimiter: str, settings: Collection[str]) -> None:
    """Raise `TableError` where the first line is `sep=;`, which tells Excel alone what stands between cells."""
    line = delimiter.join(header).strip(" ")
    if found := re.fullmatch(r"sep=(.)", line, re.IGNORECASE | re.DOTALL):
        also = f" and set `delimiter: {json.dumps(found[1])}`" if found[1] != delimiter else ""
        raise TableError(
            f"{path}, line 1: {quoted(line)} is a line for Excel, not a header; delete the line"
            + (also if "delimiter" in settings else "")
        )


def _any_record(rows: Reader) -> bool:
    try:
        return next(rows(()), None) is not None
    except TableError:  # there is one; reading it tells what is wrong, if it is not only large
        return True


def _bounded(cell: str, max_cell: int) -> str | Unreadable:
    return cell if len(cell) <= max_cell else Unreadable(f"is larger than {max_cell} characters")


def _records(path: Path, form: Form, max_cell: int) -> Iterator[tuple[int, list[str]]]:
    """For each record the number of its first line, and its cells; lines without a cell are no records."""
    line = 1
    with path.open(encoding=form.encoding, errors="surrogateescape", newline="") as file:
        lines = _Lines(file, max_cell + MAX_RECORD)
        try:
            reader = csv.reader(lines, delimiter=form.delimiter, strict=True)
        except (TypeError, ValueError) as error:
            raise TableError(
                f"{path}: {form.delimiter!r} cannot stand between cells ({error}); set another `delimiter`"
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
            except UnicodeError as error:
                raise TableError(
                    f"{path}, line {reader.line_num + 1}: not {form.encoding}; is the file cut off?"
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
                    why = not_utf8(cell, "encoding" in form.settings)
                    if form.encoding != UTF8:
                        why = f"not {form.encoding}, as which the file is read; set another `encoding`"
                    raise TableError(f"{path}, line {line}, column {column}: {why}")
                if wrong := control_character(cell, form.encoding):
                    raise TableError(f"{path}, line {line}, column {column}: {wrong}")
            if cells:
                yield line, cells
            line = reader.line_num + 1


class _TooLong(ValueError):
    """Raised where a record has more characters than it may have."""


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

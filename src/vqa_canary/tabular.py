"""Rows of a CSV, TSV, JSONL, JSON or Parquet file, one at a time and bounded, with their places."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from vqa_canary.errors import BadInput, did_you_mean

MAX_CELL = 2**20
"""Most characters of one CSV cell."""
MAX_LINE = 16 * 2**20
"""Most bytes of one JSON line."""
MAX_JSON = 512 * 2**20
"""Most bytes of a JSON list, which is read whole."""

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".pq")
"""Of the formats that are read."""

_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_ROWS_AT_ONCE = 32


class TableError(BadInput):
    """A file that cannot be read as a table: the message names it, the place and the remedy."""


class Row(NamedTuple):
    """One record of a file."""

    key: str
    """File and line, or row: `questions.csv:41`."""
    values: dict[str, Any]
    problem: str | None = None
    """Why the record cannot be used, where the file's form says so."""


@dataclass(frozen=True)
class Table:
    """A file's columns, and a way to read its rows from the first one on."""

    columns: Sequence[str]
    rows: Callable[[], Iterator[Row]]


def open_table(path: Path, *, delimiter: str | None = None, max_cell: int = MAX_CELL) -> Table:
    """The table in the file at `path`, by its suffix.

    Text is UTF-8, with or without a byte-order mark. Cells of CSV and TSV are text, whatever they look
    like: `None`, `NA` and `001` stay as they are, and only an empty cell is empty. Lines are counted from
    1 with the header, rows of JSON and Parquet from 1.

    Parameters
    ----------
    delimiter : of a CSV or TSV file, where it is not the comma or the tab
    max_cell : most characters of one CSV cell

    Raises
    ------
    TableError : no such file, another suffix, broken or empty; on reading rows too
    """
    if not path.is_file():
        near = did_you_mean(path.name, (one.name for one in path.parent.glob("*")))
        raise TableError(f"{path}: there is no such file.{near}")
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv"):
        return _csv_table(path, delimiter or ("," if suffix == ".csv" else "\t"), max_cell)
    if suffix in (".jsonl", ".ndjson"):
        return _json_table(path, lambda: _json_lines(path))
    if suffix == ".json":
        return _json_table(path, lambda: _json_list(path))
    if suffix in (".parquet", ".pq"):
        return _parquet_table(path)
    raise TableError(
        f"{path}: the suffix {path.suffix!r} is none of .csv, .tsv, .jsonl, .json and .parquet; "
        "name the file for its format"
    )


def _csv_table(path: Path, delimiter: str, max_cell: int) -> Table:
    first = next(_csv_lines(path, delimiter, max_cell), None)
    if first is None:
        raise TableError(f"{path}: is empty; a header line and one line per question are needed")
    _, header = first
    others = [mark for mark in (",", ";", "\t", "|") if mark != delimiter and mark in header[0]]
    if len(header) == 1 and others:
        raise TableError(
            f"{path}, line 1: the header is one column {header[0][:80]!r} when cut at {delimiter!r}; "
            f"set `delimiter: {json.dumps(others[0])}` if that is what stands between the columns"
        )
    twice = [name for at, name in enumerate(header) if name and name in header[:at]]
    if twice:
        raise TableError(f"{path}, line 1: the column {twice[0]!r} stands twice; rename one")

    def rows() -> Iterator[Row]:
        lines = _csv_lines(path, delimiter, max_cell)
        next(lines)
        for line, cells in lines:
            values = dict(zip(header, cells, strict=False))
            problem = None
            if len(cells) != len(header):
                problem = f"{len(cells)} cells for {len(header)} columns; put a cell that holds {delimiter!r} in quotes"
            yield Row(f"{path.name}:{line}", values, problem)

    return _not_empty(path, Table(header, rows))


def _csv_lines(path: Path, delimiter: str, max_cell: int) -> Iterator[tuple[int, list[str]]]:
    """First line and cells of each record; lines without a cell are none."""
    line = 1
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        while True:
            before = csv.field_size_limit(max_cell)  # the limit is one for the whole process
            try:
                cells = next(reader, None)
            except csv.Error as error:
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


def _json_table(path: Path, read: Callable[[], Iterator[Row]]) -> Table:
    columns = dict.fromkeys(name for row in read() for name in row.values)
    return _not_empty(path, Table(list(columns), read))


def _json_lines(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                raise TableError(f"{path}, line {number}: longer than {MAX_LINE} bytes")
            if line.strip():
                yield _record(f"{path.name}:{number}", _parsed(line.strip(), f"{path}, line {number}"))


def _json_list(path: Path) -> Iterator[Row]:
    if path.stat().st_size > MAX_JSON:
        raise TableError(f"{path}: larger than {MAX_JSON} bytes; write one record a line (.jsonl)")
    records = _parsed(path.read_bytes(), str(path))
    if not isinstance(records, list):
        raise TableError(f"{path}: holds a {type(records).__name__}, not a list of records")
    for number, record in enumerate(records, start=1):
        yield _record(f"{path.name}[{number}]", record)


def _parsed(data: bytes, place: str) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise TableError(f"{place}: not UTF-8 (byte {error.start}); save the file as UTF-8") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}" if b"\n" in data else f"column {error.colno}"
        raise TableError(f"{place}: the JSON is broken or cut off at {where} ({error.msg})") from error
    except (ValueError, RecursionError) as error:  # a number of too many digits, lists in lists in lists
        raise TableError(f"{place}: cannot be read as JSON ({error})") from error


def _record(key: str, record: Any) -> Row:
    if isinstance(record, dict):
        return Row(key, record)
    return Row(key, {}, f"a {type(record).__name__}, not an object with a value for each column")


def _parquet_table(path: Path) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def failed(error: Exception) -> TableError:
        return TableError(f"{path}: cannot be read as Parquet ({error})")

    try:
        names = pq.read_schema(path).names
    except (pa.ArrowException, OSError) as error:
        raise failed(error) from error

    def rows() -> Iterator[Row]:
        number = 0
        try:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE):
                    for values in batch.to_pylist():
                        number += 1
                        yield Row(f"{path.name}:{number}", values)
        except (pa.ArrowException, OSError) as error:
            raise failed(error) from error

    return _not_empty(path, Table(names, rows))


def _not_empty(path: Path, table: Table) -> Table:
    if next(table.rows(), None) is None:
        raise TableError(f"{path}: holds no record")
    return table

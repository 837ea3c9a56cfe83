"""JSON: records of a list or of lines, decoded one at a time; a key that stands twice is never lost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from vqa_canary.quoting import quoted
from vqa_canary.tabular.table import MAX_RECORD, FileTable, Row, TableError, chosen

MAX_JSON = 256 * 2**20
"""Most bytes of a JSON list, whose text is held whole; its records are decoded one at a time."""

_SPACE = " \t\n\r"
_KINDS = {"{": "dict", '"': "str", "t": "bool", "f": "bool", "n": "NoneType"}


class JsonRecord(NamedTuple):
    """One member of a JSON list, or one line of a file with a JSON value a line."""

    number: int
    """Number of the member or line in its file, counted from 1."""
    value: Any
    repeated: str | None
    """A key that stands twice in one of the record's objects; None where there is none."""

    @property
    def problem(self) -> str | None:
        """Why the record cannot be used: of two values under one key nobody can say which is meant."""
        if self.repeated is None:
            return None
        return f"the key {quoted(self.repeated)} stands twice in the record; keep one"


def lines_table(path: Path, max_cell: int) -> FileTable:
    """The table in a file with one JSON object a line."""
    return _table(path, lambda: _lines(path), lambda number: f"{path.name}:{number}", max_cell)


def list_table(path: Path, max_cell: int) -> FileTable:
    """The table in a file with a JSON list of objects."""
    return _table(path, lambda: list_records(path), lambda number: f"{path.name}[{number}]", max_cell)


def parse_cell(text: str) -> Any:
    """The JSON value that is the text of a cell.

    Raises
    ------
    ValueError : broken, too deep, or a key that stands twice
    """
    decoder = _Decoder()
    try:
        value = decoder.decode(text)
    except RecursionError as error:
        raise ValueError("too many lists or mappings inside one another") from error
    if decoder.repeated is not None:
        raise ValueError(f"the key {quoted(decoder.repeated)} stands twice")
    return value


def list_records(path: Path) -> Iterator[JsonRecord]:
    """The members of the JSON list in a file.

    Raises
    ------
    TableError : no list, broken, not UTF-8, or too large
    """
    if path.stat().st_size > MAX_JSON:
        raise TableError(f"{path}: larger than {MAX_JSON} bytes; write one record a line (.jsonl)")
    text = _text(path.read_bytes(), str(path))
    at, number = _after_space(text, 0), 0
    if text[at : at + 1] != "[":
        _parsed(text, str(path))  # what is broken is told first
        raise TableError(
            f"{path}: holds a {_KINDS.get(text[at], 'number')}, not a list of records; write the list alone"
        )
    at = _after_space(text, at + 1)
    while text[at : at + 1] != "]" or number:
        number += 1
        value, at, repeated = _member(text, at, f"{path}, record {number}", str(path))
        yield JsonRecord(number, value, repeated)
        at = _after_space(text, at)
        if text[at : at + 1] == "]":
            break
        if text[at : at + 1] != ",":
            raise _broken(str(path), json.JSONDecodeError("Expecting ',' delimiter", text, at))
        at = _after_space(text, at + 1)
    if (end := _after_space(text, at + 1)) < len(text):
        raise _broken(str(path), json.JSONDecodeError("Extra data", text, end))


def _member(text: str, at: int, place: str, file: str) -> tuple[Any, int, str | None]:
    """The value that begins at `at`, where it ends, and a repeated key; nothing longer than a record is decoded."""
    size = 2**12
    while True:
        part = text[at : at + size]
        whole = at + size >= len(text)
        decoder = _Decoder()
        try:
            value, end = decoder.raw_decode(part)
            if end < len(part) or whole:
                return value, at + end, decoder.repeated
        except json.JSONDecodeError as error:
            if whole:
                raise _broken(file, json.JSONDecodeError(error.msg, text, at + error.pos)) from error
        except (ValueError, RecursionError) as error:  # a number of too many digits, lists in lists in lists
            raise TableError(f"{place}: cannot be read as JSON ({error})") from error
        if size >= MAX_RECORD:
            raise TableError(f"{place}: longer than {MAX_RECORD} characters, or broken")
        size *= 8


def _lines(path: Path) -> Iterator[JsonRecord]:
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_RECORD + 1):
            number += 1
            if len(line) > MAX_RECORD:
                raise TableError(f"{path}, line {number}: longer than {MAX_RECORD} bytes")
            if line.strip():
                place = f"{path}, line {number}"
                yield JsonRecord(number, *_parsed(_text(line.strip(), place), place, one_line=True))


def _table(
    path: Path, read: Callable[[], Iterator[JsonRecord]], key: Callable[[int], str], max_cell: int
) -> FileTable:
    def rows(names: Collection[str] | None = None, large: Collection[str] = (), /) -> Iterator[Row]:
        for record in read():
            place, value = key(record.number), record.value
            if isinstance(value, dict):
                yield Row(place, chosen(value, names, large, max_cell), record.problem)
            else:
                problem = f"a {type(value).__name__}, not an object with a value for each column"
                yield Row(place, {}, problem)

    columns: dict[str, None] = {}
    empty = True
    for record in read():
        empty = False
        columns |= dict.fromkeys(record.value) if isinstance(record.value, dict) else {}
    if empty:
        raise TableError(f"{path}: holds no record")
    return FileTable(list(columns), rows)


class _Decoder(json.JSONDecoder):
    """Decodes, and remembers a key that stands twice in one object."""

    def __init__(self) -> None:
        super().__init__(object_pairs_hook=self._object)
        self.repeated: str | None = None

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = Counter(name for name, _ in pairs)
            self.repeated = next(name for name, n in names.items() if n > 1)
        return found


def _parsed(text: str, place: str, *, one_line: bool = False) -> tuple[Any, str | None]:
    decoder = _Decoder()
    try:
        return decoder.decode(text), decoder.repeated
    except json.JSONDecodeError as error:
        raise _broken(place, error, one_line=one_line) from error
    except (ValueError, RecursionError) as error:
        raise TableError(f"{place}: cannot be read as JSON ({error})") from error


def _broken(place: str, error: json.JSONDecodeError, *, one_line: bool = False) -> TableError:
    where = f"column {error.colno}" if one_line else f"line {error.lineno}, column {error.colno}"
    return TableError(f"{place}: the JSON is broken or cut off at {where} ({error.msg})")


def _text(data: bytes, place: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableError(f"{place}: not UTF-8 (byte {error.start}); save the file as UTF-8") from error


def _after_space(text: str, at: int) -> int:
    while text[at : at + 1] in _SPACE and at < len(text):
        at += 1
    return at

"""Which reader opens a file, by the suffix of its name."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from vqa_canary.errors import did_you_mean
from vqa_canary.tabular.delimited import csv_table
from vqa_canary.tabular.json_records import lines_table, list_table
from vqa_canary.tabular.parquet import parquet_table
from vqa_canary.tabular.table import MAX_CELL, FileTable, TableError

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".pq")
"""Suffixes of the files that can be read as tables."""


def open_table(
    path: Path,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    max_cell: int = MAX_CELL,
    settings: Collection[str] = (),
) -> FileTable:
    """The table in the file at `path`, by its suffix.

    Text is UTF-8, with or without a byte-order mark; CSV and TSV may be UTF-16 or UTF-32 with a mark, too. Cells of
    CSV and TSV are text, whatever they look like: `None`, `NA` and `001` stay as they are, and only an empty cell is
    empty. Lines are counted from 1 with the header, rows of JSON and Parquet from 1. A cell of JSON or Parquet that
    is too large, too deep or has no value in Python is `Unreadable`; a CSV file with one too large cannot be cut
    into cells at all, unless large cells are asked for.

    Parameters
    ----------
    delimiter : of a CSV or TSV file, where it is not the comma or the tab
    encoding : of a CSV or TSV file, where it is another
    max_cell : most characters, bytes or parts of one cell
    settings : which of `delimiter` and `encoding` the user may set, so that a message may advise it

    Raises
    ------
    TableError : no such file, another suffix, broken or empty; on reading rows too
    """
    if not os.path.isfile(path):  # unlike `Path.is_file`, this bears names that are too long
        near = ""
        with suppress(OSError, ValueError):
            near = did_you_mean(path.name, (other.name for other in path.parent.glob("*")))
        raise TableError(f"{path}: there is no such file.{near}")
    suffix = path.suffix.lower()
    try:
        if suffix in (".csv", ".tsv"):
            mark = delimiter or ("," if suffix == ".csv" else "\t")
            return csv_table(path, mark, max_cell, encoding, settings)
        if suffix in (".jsonl", ".ndjson"):
            return lines_table(path, max_cell)
        if suffix == ".json":
            return list_table(path, max_cell)
        if suffix in (".parquet", ".pq"):
            return parquet_table(path, max_cell)
    except OSError as error:
        raise TableError(f"{path}: cannot be read ({error.strerror or error})") from error
    raise TableError(
        f"{path}: the suffix {path.suffix!r} is none of .csv, .tsv, .jsonl, .json and .parquet; "
        "name the file for its format"
    )

"""Whether a study has any answer yet: in finished shards, or in journals of shards that are being made."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

from fsspec import AbstractFileSystem

from vqa_canary.datasets.parquet import read_columns
from vqa_canary.seals import Damaged


def has_answers(fs: AbstractFileSystem, evidence: str) -> bool:
    """Whether any instance was answered; failed ones are no answers, for nothing came back.

    A file that cannot be read may hold some, and so counts.

    Parameters
    ----------
    evidence : folder of the evidence of all models of a study; it need not be there
    """
    return any(_holds_answers(fs, str(path)) for path in sorted(fs.find(evidence)))


def _holds_answers(fs: AbstractFileSystem, path: str) -> bool:
    kind = PurePosixPath(path).suffix
    try:
        if kind == ".parquet":
            return "ok" in read_columns(fs, path, ["status"])["status"].to_pylist()
        if kind == ".jsonl":
            return any(_is_answer(line) for line in fs.cat_file(path).split(b"\n"))
    except FileNotFoundError:  # whoever has finished the shard has just removed it
        return False
    except Damaged:
        return True
    return False


def _is_answer(line: bytes) -> bool:
    """Whether a line of a journal is about an answered instance; the last one may be half."""
    try:
        row = json.loads(line.partition(b" ")[2])
    except ValueError:
        return b'"ok"' in line
    return isinstance(row, dict) and row.get("status") == "ok"

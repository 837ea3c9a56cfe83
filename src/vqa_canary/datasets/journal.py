"""Rows of a table that is still being made, one line each as soon as it is there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Row = Mapping[str, Any]


class Journal:
    """A file of JSON lines that outlives an interruption; a line that was cut off is none.

    Parameters
    ----------
    path : of the file; None keeps nothing
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def rows(self) -> list[Row]:
        """What was kept so far."""
        if self._path is None or not self._path.exists():
            return []
        whole, _, _ = self._path.read_text(encoding="utf-8").rpartition("\n")
        return [json.loads(line) for line in whole.splitlines() if line]

    def keep(self, row: DataclassInstance) -> None:
        """Add a row; it is on disk when this returns."""
        if self._file is not None:
            self._file.write(json.dumps(asdict(row), ensure_ascii=True) + "\n")
            self._file.flush()

    def remove(self) -> None:
        """Forget all rows: the table has them now."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a", encoding="utf-8")
            self._file.truncate(self._path.read_bytes().rfind(b"\n") + 1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

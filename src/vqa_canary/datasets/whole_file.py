"""Files that appear under their name only when they are complete.

A writer that dies half-way leaves at most a file whose name starts with `.` and ends in
`.part`, which no reader looks for. It costs one rename a file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO, Any

from fsspec import AbstractFileSystem
from kedro_datasets.json import JSONDataset
from kedro_datasets.pandas import ParquetDataset
from kedro_datasets.text import TextDataset

from vqa_canary.errors import BadInput
from vqa_canary.tables import from_frame, to_frame


@contextmanager
def whole_file(fs: AbstractFileSystem, path: str, mode: str = "wb", **kwargs: Any) -> Iterator[IO[Any]]:
    """Open `path` for writing under a temporary name in its folder; rename when all went well."""
    target = PurePosixPath(path)
    part = str(target.parent / f".{target.name}.part")
    fs.makedirs(str(target.parent), exist_ok=True)
    try:
        with fs.open(part, mode, **kwargs) as file:
            yield file
        fs.mv(part, path)
    finally:
        if fs.exists(part):
            fs.rm(part)


class WholeFiles:
    """A filesystem that reads like `fs` and writes by `whole_file`."""

    def __init__(self, fs: AbstractFileSystem) -> None:
        self._fs = fs

    def open(self, path: str, mode: str = "rb", **kwargs: Any) -> Any:
        if "w" in mode:
            return whole_file(self._fs, path, mode, **kwargs)
        return self._fs.open(path, mode, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name == "_fs":  # not set yet while being copied
            raise AttributeError(name)
        return getattr(self._fs, name)


class WholeText(TextDataset):
    """A text file."""

    _fs: Any

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._fs = WholeFiles(self._fs)


class WholeJSON(JSONDataset):
    """A JSON file."""

    _fs: Any

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._fs = WholeFiles(self._fs)


class JSONIfThere(WholeJSON):
    """A JSON file that need not be there: then it is an empty mapping."""

    def load(self) -> Any:
        path = str(self._get_load_path())
        if not self._fs.exists(path):
            return {}
        with self._fs.open(path, "rb") as file:
            try:
                return json.load(file)
            except ValueError as error:
                raise BadInput(
                    f"{path}: this is no whole JSON file ({error}). Delete it, and make it again."
                ) from error


class Table(ParquetDataset):
    """A table of `vqa_canary.tables` as a Parquet file with exactly that schema.

    Parameters
    ----------
    table : name in `vqa_canary.tables.SCHEMAS`
    kwargs : those of `kedro_datasets.pandas.ParquetDataset`
    """

    _fs: Any

    def __init__(self, *, table: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._table = table
        self._fs = WholeFiles(self._fs)

    def load(self) -> Any:
        import pyarrow.parquet as pq

        with self._fs.open(str(self._get_load_path()), "rb") as file:
            return to_frame(pq.read_table(file))

    def save(self, data: Any) -> None:
        import pyarrow.parquet as pq

        with self._fs.open(str(self._get_save_path()), "wb") as file:
            pq.write_table(from_frame(data, self._table), file)
        self._invalidate_cache()

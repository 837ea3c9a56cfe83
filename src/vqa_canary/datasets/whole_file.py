"""Files that appear under their name only when they are complete.

A writer that dies half-way leaves at most a file whose name starts with `.` and ends in
`.part`, which no reader looks for. It costs one rename a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO, Any

from fsspec import AbstractFileSystem


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

"""Files that appear under their name only when they are complete.

A writer that dies half-way leaves at most a file whose name starts with `.` and ends in `.part`, which no
reader looks for and the next writer removes. It costs a file one rename and, on local disks, two waits for the disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

from vqa_canary.unfinished import naming, publish, remove_abandoned, unfinished_name


@contextmanager
def whole_file(fs: AbstractFileSystem, path: str, mode: str = "wb", **kwargs: Any) -> Iterator[IO[Any]]:
    """Open `path` for writing under a temporary name in its folder; rename when all went well.

    On a local file system the content is on the disk before it gets its name, and what dead writers of `path`
    left is removed first; see `vqa_canary.unfinished`.
    """
    target = PurePosixPath(path)
    part = target.parent / unfinished_name(target.name)
    local = isinstance(fs, LocalFileSystem)
    fs.makedirs(str(target.parent), exist_ok=True)
    if local:
        remove_abandoned(Path(path))
    try:
        with naming(part, target):
            with fs.open(str(part), mode, **kwargs) as file:
                yield file
            if local:
                publish(Path(part), Path(path))
            else:
                fs.mv(str(part), path)
    finally:
        if fs.exists(str(part)):
            fs.rm(str(part))

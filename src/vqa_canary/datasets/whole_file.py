"""Files that appear under their name only when they are complete.

In a folder, a writer that dies half-way leaves at most a file whose name starts with `.` and ends in `.part`, which no
reader looks for and the next writer removes. It costs a file one rename and, on local disks, two waits for the disk.
A bucket takes a file as a whole, so nothing is renamed there, and a dead writer leaves nothing.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

from vqa_canary.datasets.store import puts_whole
from vqa_canary.unfinished import naming, publish, remove_abandoned, unfinished_name


@contextmanager
def whole_file(fs: AbstractFileSystem, path: str, mode: str = "wb", **kwargs: Any) -> Iterator[IO[Any]]:
    """Open `path` for writing; it has the new content when all went well, and else keeps the old one.

    On a local file system the content is on the disk before it gets its name, and what dead writers of `path`
    left is removed first; see `vqa_canary.unfinished`. What goes to a bucket is collected in memory and put at the end.
    """
    path = str(fs._strip_protocol(path))
    if puts_whole(fs):
        buffer = io.BytesIO()
        with _file_in(buffer, mode, **kwargs) as file:
            yield file
            file.flush()
            fs.pipe_file(path, buffer.getvalue())
        return
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


def _file_in(buffer: io.BytesIO, mode: str, **kwargs: Any) -> IO[Any]:
    """A file of the mode that writes to `buffer`; of `kwargs`, those for texts count."""
    if "b" in mode:
        return buffer
    return io.TextIOWrapper(
        buffer, kwargs.get("encoding") or "utf-8", kwargs.get("errors"), kwargs.get("newline")
    )

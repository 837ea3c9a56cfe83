"""Files that are made only if there is none of their name: of all who try at once, exactly one succeeds."""

from __future__ import annotations

import os
from pathlib import Path

from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

from vqa_canary.datasets.store import creates_exclusively
from vqa_canary.errors import BadInput
from vqa_canary.unfinished import naming, remove, sync, unfinished_path

_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412"})
"""Codes by which stores of the S3 kind say that a condition of a write does not hold."""


def create_file(fs: AbstractFileSystem, path: str, data: bytes) -> bool:
    """Make the file, whole, if there is none of its name; whether this call made it.

    A local file gets its name as a hard link to a finished one, which one process alone can make, on network file
    systems too. A bucket is asked for a conditional write (`If-None-Match: *` in S3, the like elsewhere).

    Where a store lost its reply to a write that succeeded, the writer is told False; who has to know compares the
    content with its own.

    Raises
    ------
    BadInput : this file system has nothing of the kind
    OSError : it cannot be written
    """
    if isinstance(fs, LocalFileSystem):
        return _link_file(Path(fs._strip_protocol(path)), data)
    if not creates_exclusively(fs):
        raise BadInput(
            f"store: {fs.unstrip_protocol(path)}: this kind of store cannot make a file only if there is none, which "
            "several workers need. Use a shared folder, or a bucket of S3, Google Cloud Storage or Azure."
        )
    try:
        fs.pipe_file(path, data, mode="create")
    except FileExistsError:
        return False
    except OSError as error:
        if _is_taken(error):
            return False
        raise
    return True


def _link_file(target: Path, data: bytes) -> bool:
    part = unfinished_path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with naming(part, target):
            part.write_bytes(data)
            sync(part)
            try:
                os.link(part, target)
            except FileExistsError:
                # NFS may repeat a request whose reply was lost, and then tells the one who succeeded that it did not.
                return part.stat().st_nlink == 2
            except OSError:  # a file system without hard links
                return _open_new(target, data)
            sync(target.parent)
    finally:
        remove(part)
    return True


def _open_new(target: Path, data: bytes) -> bool:
    try:
        with target.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        return False
    return True


def _is_taken(error: BaseException) -> bool:
    """Whether a store refused a write because its condition did not hold."""
    response = getattr(error.__cause__, "response", None) or {}
    code = str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""
    return code in _TAKEN

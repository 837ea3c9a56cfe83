"""Files that are made only if there is none of their name: of all who try at once, exactly one succeeds."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path, PurePosixPath

from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

from vqa_canary.datasets.store import creates_exclusively
from vqa_canary.datasets.whole_file import whole_file
from vqa_canary.errors import BadInput
from vqa_canary.unfinished import naming, remove, sync, unfinished_path

_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412"})
"""Codes by which stores of the S3 kind say that a condition of a write does not hold."""
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
"""Errors by which a file system says that it has no hard links."""

_tried: dict[tuple[AbstractFileSystem, str], bool] = {}
"""Whether a store keeps the conditions of writes, by file system and bucket, where this process has tried."""


class NoConditions(BadInput):
    """A store in which of several who make a file at once more than one may succeed."""


def create_file(fs: AbstractFileSystem, path: str, data: bytes) -> bool:
    """Make the file, whole, if there is none of its name; whether this call made it.

    A local file gets its name as a hard link to a finished one, which one process alone can make, on network file
    systems too. A bucket is asked for a conditional write (`If-None-Match: *` in S3, the like elsewhere), once it has
    shown that it keeps the condition.

    Where a store lost its reply to a write that succeeded, the writer is told False; who has to know compares the
    content with its own.

    Raises
    ------
    NoConditions : this file system has nothing of the kind
    OSError : it cannot be written
    """
    if isinstance(fs, LocalFileSystem):
        return _link_file(Path(fs._strip_protocol(path)), data)
    check_exclusive(fs, path)
    return _put_new(fs, path, data)


def create_seemingly(fs: AbstractFileSystem, path: str, data: bytes) -> bool:
    """Make the file if none of its name is seen; of some who try at the same moment, all may succeed.

    For a run alone, in a store that has nothing better; see `check_exclusive`.
    """
    if fs.exists(path):
        return False
    with whole_file(fs, path) as file:
        file.write(data)
    return True


def check_exclusive(fs: AbstractFileSystem, path: str) -> None:
    """Refuse a store that cannot make a file only if there is none of its name.

    Whether one of the S3 kind can is tried, once in a process: some servers take the condition, and write nevertheless.

    Parameters
    ----------
    path : a file that is to be made; what is tried is made beside it and removed

    Raises
    ------
    NoConditions : it cannot
    """
    if isinstance(fs, LocalFileSystem):
        return
    store = fs.unstrip_protocol(str(PurePosixPath(fs._strip_protocol(path)).parent))
    if not creates_exclusively(fs):
        raise NoConditions(
            f"store: {store}: this kind of store cannot make a file only if there is none, which "
            "several workers need. Use a shared folder, or a bucket of S3, Google Cloud Storage or Azure, or ask with "
            "one run alone, without `worker`."
        )
    known = fs, fs._strip_protocol(path).strip("/").split("/")[0]
    if known not in _tried:
        _tried[known] = _keeps_conditions(fs, path)
    if not _tried[known]:
        raise NoConditions(
            f"store: {store}: this server makes a file a second time though it is told to do so only if there is "
            "none (a conditional write, `If-None-Match` in S3), so several workers would do the same work and write "
            "over one another. Ask with one run alone, without `worker`, or use a shared folder or a store with "
            "conditional writes."
        )


def _keeps_conditions(fs: AbstractFileSystem, path: str) -> bool:
    """Whether the store refuses to make a file a second time."""
    probe = str(PurePosixPath(path).parent / f".probe-{secrets.token_hex(8)}")
    try:
        _put_new(fs, probe, b"")
        return not _put_new(fs, probe, b"")
    finally:
        with suppress(FileNotFoundError):
            fs.rm_file(probe)


def _put_new(fs: AbstractFileSystem, path: str, data: bytes) -> bool:
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
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                return _open_new(target, data)
            sync(target.parent)
    finally:
        remove(part)
    return True


def _open_new(target: Path, data: bytes) -> bool:
    try:
        file = target.open("xb")
    except FileExistsError:
        return False
    try:
        with file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:  # nobody else could make it, and nobody could read it
        remove(target)
        raise
    return True


def _is_taken(error: BaseException) -> bool:
    """Whether a store refused a write because its condition did not hold."""
    response = getattr(error.__cause__, "response", None) or {}
    code = str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""
    return code in _TAKEN

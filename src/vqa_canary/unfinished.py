"""Files and folders under a temporary name until they are complete, and what becomes of those that never are.

A temporary name says which process writes: `.<name>.<machine>-<process id>-<begin>-<random>.part`. No two writers
share one, no reader looks for one, and what a dead writer left is removed by the next that writes the same target.
Local file systems only.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from vqa_canary.processes import TOKEN, is_living, own_token

_PART = re.compile(rf"\.(.+)\.({TOKEN})-[0-9a-f]{{8}}\.(part|old)", re.DOTALL)
_LONGEST_NAME = 150
"""Most bytes of a target's own name within a temporary one, which file systems limit to 255 with all its parts."""
_GIVEN_UP = 24 * 3600.0
"""After how many seconds a temporary file of another machine, whose processes cannot be seen, counts as abandoned."""


def unfinished_name(name: str, kind: str = "part") -> str:
    """A new temporary name for a file or folder that will be called `name`."""
    return f".{_stem(name)}.{own_token()}-{secrets.token_hex(4)}.{kind}"


def unfinished_path(target: Path) -> Path:
    """A new temporary name beside `target`."""
    return target.with_name(unfinished_name(target.name))


def write_file(target: Path, data: bytes, durable: bool = True) -> None:
    """Write a file that is there as a whole or not at all.

    Parameters
    ----------
    durable : whether the file has to survive a power cut, for which the disk must be waited for
    """
    part = unfinished_path(target)
    try:
        with naming(part, target):
            part.write_bytes(data)
            publish(part, target, durable)
    finally:
        remove(part)


@contextmanager
def naming(part: Path | PurePosixPath, target: Path | PurePosixPath) -> Iterator[None]:
    """Make errors of the operating system name `target`, which the user knows, instead of the temporary `part`.

    Some errors, such as those of a full disk, name no file at all; these get the name, too.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None or not str(error.filename or part).startswith(str(part)):
            raise
        raise OSError(error.errno, error.strerror, str(target)) from error


def publish(part: Path, target: Path, durable: bool = True) -> None:
    """Give the finished file `part` its name.

    Where it should be durable, the content is on the disk before the name is, and the name before this returns:
    a power cut leaves the old file or the new one.
    """
    if durable:
        sync(part)
    os.replace(part, target)
    if durable:
        sync(target.parent)


def remove_abandoned(target: Path) -> None:
    """Remove what dead writers of `target` left behind; never what a living one is writing."""
    for path, kind, writer in _unfinished(target.parent, _stem(target.name)):
        if kind == "part" and _is_abandoned(path, writer):
            remove(path)


def remove_abandoned_in(folder: Path) -> None:
    """Remove what dead writers left behind in a folder, whatever their targets were."""
    for path, kind, writer in _unfinished(folder):
        if kind == "part" and _is_abandoned(path, writer):
            remove(path)


def unfinished_of(target: Path, kind: str) -> Iterator[tuple[Path, bool]]:
    """Temporary files or folders of `target`, of one kind (`part` or `old`); whether their writer may still live."""
    for path, found, writer in _unfinished(target.parent, _stem(target.name)):
        if found == kind:
            yield path, is_living(writer) is not False


def remove(path: Path) -> None:
    """Remove a file or a folder that may be gone already; one that cannot be removed is left to the next writer."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def sync(path: Path) -> None:
    """Wait until a file's content, or a folder's list of names, is on the disk."""
    if os.name != "posix":  # elsewhere a folder cannot be opened
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a file system that has no such thing
            raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        os.close(handle)


def _unfinished(folder: Path, stem: str | None = None) -> Iterator[tuple[Path, str, str]]:
    """Path, kind and writer of each temporary file or folder in `folder`, of one target or of all."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in list(entries):
            if (found := _PART.fullmatch(entry.name)) and stem in (None, found[1]):
                yield Path(entry.path), found[3], found[2]


def _is_abandoned(path: Path, writer: str) -> bool:
    """Whether the writer is dead, or cannot be seen and has not touched the file for a day."""
    living = is_living(writer)
    if living is not None:
        return not living
    try:
        return time.time() - path.stat().st_mtime > _GIVEN_UP
    except OSError:
        return False


def _stem(name: str) -> str:
    """The part of a temporary name that says which target it is for: the target's name, or its hash if that is long."""
    data = PurePosixPath(name).name.encode(errors="surrogateescape")
    return name if len(data) <= _LONGEST_NAME else hashlib.sha256(data).hexdigest()

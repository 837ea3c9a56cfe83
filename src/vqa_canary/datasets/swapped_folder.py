"""Putting a finished folder in the place of another, on local file systems."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import time
from pathlib import Path

from vqa_canary.unfinished import remove, remove_abandoned, sync, unfinished_name, unfinished_of

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
"""Constants of Linux' system call `renameat2`: paths as they are given, and "exchange both names"."""
_PATIENCE = 5.0
"""Most seconds that a reader waits for a writer that is between its two renames, which lie milliseconds apart."""


def replace_folder(new: Path, target: Path) -> None:
    """Give the finished folder `new` the name `target`; the folder that had it is removed.

    Where the system can exchange two names (Linux, on its usual file systems), `target` is there at every
    moment. Elsewhere it takes two renames; a process that is killed between them leaves the old folder under a
    temporary name, and `heal` puts it back.

    Raises
    ------
    NotADirectoryError : `target` is a file
    """
    if target.exists() and not target.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "a file is where a folder should be", str(target))
    for path in [*new.rglob("*"), new]:
        sync(path)
    if _took_free_name(new, target):
        pass
    elif exchange(new, target):
        remove(new)  # the old one, now
    else:
        old = target.with_name(unfinished_name(target.name, "old"))
        shutil.move(target, old)
        os.rename(new, target)
        remove(old)
    sync(target.parent)


def _took_free_name(new: Path, target: Path) -> bool:
    """Give `new` the name if it is free; False if it is taken, even if it was taken only this moment."""
    if target.exists():
        return False
    try:
        os.rename(new, target)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            return False
        raise
    return True


def heal(target: Path) -> None:
    """Repair `target` after a process died while replacing it.

    The old folder is put back if it was moved away and nothing took its place; otherwise it is removed.
    """
    remove_abandoned(target)
    waited_until = time.monotonic() + _PATIENCE
    for old, writer_may_live in list(unfinished_of(target, "old")):
        while writer_may_live and not target.exists() and time.monotonic() < waited_until:
            time.sleep(0.01)
        if writer_may_live:
            continue
        if target.exists():
            remove(old)
        else:
            os.rename(old, target)


def exchange(one: Path, other: Path) -> bool:
    """Exchange two names in one step; False where the system or the file system cannot."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if os.name == "posix" else None
    if rename is None:
        return False
    names = os.fsencode(one), os.fsencode(other)
    if rename(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0:
        return True
    if (code := ctypes.get_errno()) in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EXDEV):
        return False
    raise OSError(code, os.strerror(code), str(other))

"""Faults of the machine that a run meets, in words: a full disk, a missing permission, too few file handles."""

from __future__ import annotations

import errno
from concurrent.futures import BrokenExecutor

_REMEDIES = {
    errno.EACCES: "this user may not use it. Give the user the right to, or run as another user",
    errno.EPERM: "the system does not permit it. Give the user the right to, or run as another user",
    errno.EROFS: "it is on a file system that can only be read. Make that writable, or move the project",
    errno.ENOSPC: "there is no space left on its disk. Make room there",
    errno.EDQUOT: "the disk quota of this user is used up. Make room there",
    errno.EFBIG: "it would become larger than files may be here. Raise the limit (`ulimit -f`)",
    errno.EMFILE: "this process may open no more files. Raise the limit (`ulimit -n 1024`)",
    errno.ENFILE: "the machine can open no more files. End other programs, or raise its limit",
    errno.EISDIR: "a folder is where a file should be. Move it away",
    errno.ENOTDIR: "a file is where a folder should be. Move it away",
    errno.EEXIST: "something else has this name. Move it away",
    errno.ENAMETOOLONG: "the name is too long for the file system. Shorten it, or move the project to a shorter path",
    errno.ELOOP: "links lead in a circle. Mend them",
    errno.EIO: "the disk reports an error. Check it",
    errno.ENOLCK: "its file system gives no locks. Move the project to another one",
    errno.ESTALE: "the network file system has lost it. Mount that again",
}


def environment_fault(error: BaseException) -> str | None:
    """What the machine lacks, on which file, and what to do; None where `error` says no such thing."""
    if isinstance(error, BrokenExecutor):
        return (
            "A worker process has died: it was killed, perhaps because memory ran out. Run the same command again, "
            "with fewer workers (`--params workers=1`; with ParallelRunner, `--runner-params max_workers=1`) if that "
            "happens once more: what is finished is kept."
        )
    if not isinstance(error, OSError) or error.errno not in _REMEDIES:
        return None
    return (
        f"{error.filename or 'A file'}: {error.strerror}: {_REMEDIES[error.errno]}, and run the same command again: "
        "what is finished is kept."
    )

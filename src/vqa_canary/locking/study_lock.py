"""The right to write a study: one run alone has it, or any number of workers together.

Workers make evidence side by side, each shard under a claim of its own; whatever else writes a study does so alone.
Each side first puts down that it is there, and then looks for the other side; so of a worker and another run that
begin at the same moment, at least one sees the other.
"""

from __future__ import annotations

import logging
import os
import time
from glob import escape
from pathlib import Path, PurePosixPath

from vqa_canary.datasets.store import file_system, is_local
from vqa_canary.errors import BadInput
from vqa_canary.locking.bucket_lock import POLL, BucketLock, owner_of
from vqa_canary.locking.write_lock import WriteLock
from vqa_canary.processes import own_token

FOLDER = ".locks"
"""Folder of the locks, in the store."""
_WORKER = ".worker-"
"""Between the name of a study's lock and the token of a process that is one of its workers."""

Lock = WriteLock | BucketLock

_logger = logging.getLogger(__name__)


class StudyLock:
    """A lock on what `name` stands for in one store.

    Parameters
    ----------
    store : an absolute path of a folder, or the URL of a bucket
    name : a file's name
    what : what is locked, for messages, such as `study 'phantom'`
    command : what the holder does, for the messages of others; without secrets
    worker : whether this run is one of several workers
    """

    def __init__(self, store: str, name: str, what: str, command: str, worker: bool) -> None:
        self._store, self._name, self._what, self._command, self._worker = store, name, what, command, worker
        self._own = self._lock(f"{name}{_WORKER}{own_token()}" if worker else name)
        self._others: dict[str, Lock] = {}
        self._pid = 0

    def acquire(self, wait: float = 0.0) -> None:
        """Take the lock, waiting for it at most `wait` seconds.

        Raises
        ------
        BadInput : another process has it; the message says which
        """
        until, told = time.monotonic() + wait, False
        self._own.acquire(wait)
        self._pid = os.getpid()
        try:
            while (why := self._in_the_way()) is not None:
                if time.monotonic() >= until:
                    raise BadInput(
                        f"{why} Nothing was begun. Run again when that has ended, or let this run wait for it: "
                        "`--params wait_for_lock=3600` (seconds). A process of another machine counts as dead when it "
                        "has given no sign of life for ten minutes."
                    )
                if not told:
                    _logger.warning("%s Waiting for at most %g seconds.", why, wait)
                    told = True
                time.sleep(min(POLL, max(0.0, until - time.monotonic())))
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Free the lock; nothing where this process does not have it."""
        if self._pid != os.getpid():
            return
        self._pid = 0
        self._own.release()
        if self._worker:  # its name comes once
            self._own.remove()

    def _in_the_way(self) -> str | None:
        """Who of the other side is there, in words."""
        if self._worker:
            holder = self._other(self._name).living()
            return None if holder is None else owner_of(self._what, dict(holder))
        for name in self._workers():
            if (holder := self._other(name).living()) is not None:
                return f"A worker of {self._what} is at work: {owner_of(self._what, dict(holder))}"
            self._other(name).remove()
        return None

    def _workers(self) -> list[str]:
        """Names of the locks of all workers that have put one down."""
        begin = f"{self._name}{_WORKER}"
        if is_local(self._store):
            return sorted(path.stem for path in self._folder.glob(f"{escape(begin)}*.json"))
        fs, root = file_system(self._store)
        files = (PurePosixPath(path).name for path in fs.find(f"{root}/{FOLDER}"))
        return sorted({name.rsplit(".", 2)[0] for name in files if name.startswith(begin)})

    def _other(self, name: str) -> Lock:
        """The lock of another process; kept, for it takes some looks to see that somebody is dead."""
        return self._others.setdefault(name, self._lock(name))

    def _lock(self, name: str) -> Lock:
        if is_local(self._store):
            return WriteLock(self._folder, name, self._what, self._command)
        fs, root = file_system(self._store)
        return BucketLock(fs, PurePosixPath(root) / FOLDER, name, self._what)

    @property
    def _folder(self) -> Path:
        return Path(self._store.removeprefix("file://")) / FOLDER

"""The right to write a study: one run alone has it, or any number of workers together.

Workers make evidence side by side, each shard under a claim of its own; whatever else writes a study does so alone.
Each side first puts down that it is there, and then looks for the other side; so of a worker and another run that
begin at the same moment, at least one sees the other. A run that waits for workers puts nothing down meanwhile.
"""

from __future__ import annotations

import os
from glob import escape
from pathlib import Path, PurePosixPath

from vqa_canary.datasets.store import file_system, is_local
from vqa_canary.locking.bucket_lock import BucketLock
from vqa_canary.locking.waiting import Obstacle, owner_of, wait_for
from vqa_canary.locking.write_lock import WriteLock
from vqa_canary.processes import own_token

FOLDER = ".locks"
"""Folder of the locks, in the store."""
_WORKER = ".worker-"
"""Between the name of a study's lock and the token of a process that is one of its workers."""

_WHEN_DEAD = (
    "\nA process of another machine counts as dead when it has given no sign of life for ten minutes."
)

Lock = WriteLock | BucketLock


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
        self._pid, self._is_down = 0, False

    def acquire(self, wait: float = 0.0) -> None:
        """Take the lock, waiting for it at most `wait` seconds.

        Raises
        ------
        BadInput : another process has it; the message says which
        """
        self._pid = os.getpid()
        try:
            wait_for(self._as_worker if self._worker else self._alone, wait, self._own.poll)
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Free the lock; nothing where this process does not have it."""
        if self._pid != os.getpid():
            return
        was_down, self._is_down, self._pid = self._is_down, False, 0
        self._own.release()
        if was_down:  # a worker's name comes once
            self._own.remove()

    def _as_worker(self) -> Obstacle | None:
        """Put down that a worker is there, and say who works alone, if somebody does."""
        if not self._is_down:
            if (obstacle := self._own.attempt()) is not None:
                return obstacle
            self._is_down = True
        holder = self._other(self._name).living()
        return None if holder is None else Obstacle(owner_of(self._what, holder), _WHEN_DEAD)

    def _alone(self) -> Obstacle | None:
        """Take the lock, or say who is in the way.

        While that is a worker nothing is put down, or workers that come later would wait for a run that has not begun.
        """
        obstacle = self._a_worker() or self._own.attempt()
        if obstacle is None and (obstacle := self._a_worker()) is not None:
            self._own.release()
        return obstacle

    def _a_worker(self) -> Obstacle | None:
        """A worker that may live, in words."""
        for name in self._workers():
            if (holder := self._other(name).living()) is not None:
                who = f"A worker of {self._what} is at work: {owner_of(self._what, holder)}"
                return Obstacle(who, _WHEN_DEAD)
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
        return BucketLock(fs, PurePosixPath(root) / FOLDER, name, self._what, self._worker)

    @property
    def _folder(self) -> Path:
        return Path(self._store) / FOLDER

"""The right to write a study that lies in a bucket, which one process has at a time."""

from __future__ import annotations

import logging
import os
from pathlib import PurePosixPath
from typing import Any

from fsspec import AbstractFileSystem

from vqa_canary.datasets.claims import Claims
from vqa_canary.datasets.exclusive import NoConditions, create_file, create_seemingly
from vqa_canary.locking.waiting import Obstacle, owner_of
from vqa_canary.locking.write_lock import SILENT, end_run

_logger = logging.getLogger(__name__)


class BucketLock:
    """As `WriteLock`, by a claim (see `vqa_canary.datasets.claims`): a bucket has no locks, but conditional writes.

    A holder on another machine counts as dead when it gave no sign of life for `SILENT` seconds while this process
    waited for the lock. In a store without conditional writes, runs that begin at the same moment do not see each
    other: there one that writes alone is warned, and one of several workers refused.

    Parameters
    ----------
    folder : of the claims, in the file system `fs`
    name : a file's name
    what : what is locked, for messages, such as `study 'phantom'`
    worker : whether this run is one of several workers
    """

    poll = 2.0
    """How many seconds lie between two looks at a lock that is waited for."""

    def __init__(
        self, fs: AbstractFileSystem, folder: PurePosixPath, name: str, what: str, worker: bool = False
    ) -> None:
        self._name, self._what, self._worker = name, what, worker
        self._files = fs.unstrip_protocol(str(folder / f"{name}.*.claim"))
        self._claims = Claims(fs, folder, lease=SILENT, lost=lambda key: end_run(what), create=self._create)
        self._pid = 0

    def attempt(self) -> Obstacle | None:
        """Take the lock, or say who has it.

        Raises
        ------
        NoConditions : several workers cannot share this store
        """
        if self._claims.take(self._name):
            self._pid = os.getpid()
            self._claims.__enter__()
            return None
        return Obstacle(
            owner_of(self._what, self._claims.holder(self._name) or {}),
            f"\nA process of another machine counts as dead after {SILENT:.0f} seconds without a sign of life while "
            f"this run waits. If you know that it is dead, delete {self._files}.",
        )

    def living(self) -> dict[str, Any] | None:
        """What the process that has the lock says of itself; None where nobody has it who may still live."""
        return self._claims.holder(self._name)

    def remove(self) -> None:
        """Remove what is left of a lock that nobody has."""
        self._claims.clear(self._name)

    def release(self) -> None:
        """Free the lock; nothing where this process does not have it."""
        if self._pid == os.getpid():
            self._pid = 0
            if self._claims.holds(self._name):
                self._claims.clear(self._name)
            self._claims.__exit__(None, None, None)

    def _create(self, fs: AbstractFileSystem, path: str, data: bytes) -> bool:
        try:
            return create_file(fs, path, data)
        except NoConditions:
            if self._worker:
                raise
            _logger.warning(
                "The store of %s has no conditional writes, so a run of it that began at the same moment would not be "
                "seen, and both would mix their tables. Start one run at a time.",
                self._what,
            )
            return create_seemingly(fs, path, data)

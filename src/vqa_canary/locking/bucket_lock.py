"""The right to write a study that lies in a bucket, which one process has at a time."""

from __future__ import annotations

import logging
import os
import time
from pathlib import PurePosixPath
from typing import Any

from fsspec import AbstractFileSystem

from vqa_canary.datasets.claims import Claims
from vqa_canary.errors import BadInput
from vqa_canary.locking.write_lock import SILENT, end_run

POLL = 2.0
"""How many seconds lie between two looks at a lock that is waited for."""

_logger = logging.getLogger(__name__)


class BucketLock:
    """As `WriteLock`, by a claim (see `vqa_canary.datasets.claims`): a bucket has no locks, but conditional writes.

    A holder on another machine counts as dead when it gave no sign of life for `SILENT` seconds while this process
    waited for the lock.

    Parameters
    ----------
    folder : of the claims, in the file system `fs`
    name : a file's name
    what : what is locked, for messages, such as `study 'phantom'`
    """

    def __init__(self, fs: AbstractFileSystem, folder: PurePosixPath, name: str, what: str) -> None:
        self._name, self._what = name, what
        self._files = fs.unstrip_protocol(str(folder / f"{name}.*.claim"))
        self._claims = Claims(fs, folder, lease=SILENT, lost=lambda key: end_run(what))
        self._pid = 0

    def acquire(self, wait: float = 0.0) -> None:
        """Take the lock, waiting for it at most `wait` seconds.

        Raises
        ------
        BadInput : another process has it; the message says which
        """
        until, told = time.monotonic() + wait, False
        while not self._claims.take(self._name):
            whose = owner_of(self._what, self._claims.holder(self._name) or {})
            if time.monotonic() >= until:
                raise BadInput(
                    f"{whose} Two at once would mix their tables, so nothing was begun. Run again when it has ended, "
                    "or let this run wait for it: `--params wait_for_lock=3600` (seconds).\n"
                    f"A process of another machine counts as dead after {SILENT:.0f} seconds without a sign of life "
                    f"while this run waits. If you know that it is dead, delete {self._files}."
                )
            if not told:
                _logger.warning("%s Waiting for at most %g seconds.", whose, wait)
                told = True
            time.sleep(min(POLL, max(0.0, until - time.monotonic())))
        self._pid = os.getpid()
        self._claims.__enter__()

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


def owner_of(what: str, holder: dict[str, Any]) -> str:
    """Who writes `what`, as a sentence."""
    about = {name: holder.get(name, "unknown") for name in ("pid", "host", "since")}
    return f"Another process writes {what}: process {about['pid']} on {about['host']} since {about['since']}."

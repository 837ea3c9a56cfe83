"""Claims: which of several workers, without a coordinator, does a piece of work that all of them see as missing.

A claim on `key` is a chain of small files `<key>.1.claim`, `<key>.2.claim` and so on, of which the last one counts. It
says who holds it. Whoever finds none makes the first; whoever finds the last one given back or dead makes the next.
A file is made only if there is none of its name (see `exclusive`), so of all who try at once exactly one has the claim.

A holder rewrites its file every few seconds, with a count that goes up. Another counts as dead when its file has not
changed for a whole lease **while somebody watched, by the watcher's own clock**; so clocks of machines may differ as
they like. A process of this machine that has ended is dead at once.

A holder that was paused for longer than the lease has lost its claim, and may find out too late. So what is done under
a claim has to be harmless when it is done twice. A shard of evidence is: it is made once under its name, as a whole,
and whoever comes second uses the first one's.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import secrets
import socket
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import PurePosixPath
from threading import Event, RLock, Thread
from types import TracebackType
from typing import Any, NamedTuple, Self

from fsspec import AbstractFileSystem

from vqa_canary.datasets.claim_facts import LEASE, decoded, encoded, has_ended, lease_of
from vqa_canary.datasets.exclusive import create_file
from vqa_canary.datasets.whole_file import whole_file
from vqa_canary.processes import boot, own_token

BEATS = 10
"""How many signs of life a holder gives in a lease."""

_logger = logging.getLogger(__name__)


class _Last(NamedTuple):
    """The file of a claim that counts."""

    number: int
    """Its place in the chain, from 1; 0 where there is none."""
    content: bytes


class ClaimLost(Exception):
    """This process was taken for dead, and another one has its claim."""


class Claims:
    """The claims in one folder, as one process makes them. A block of it gives signs of life, and gives back what is
    still held at its end, however it ends.

    Parameters
    ----------
    folder : of the claims, in the file system `fs`
    is_done : whether the work of a key is there; then nobody gets a claim on it
    lease : seconds without a sign of life after which others may take a claim of this process
    clock : gives the time in seconds, never going back
    owner : name of this process, such as `vqa_canary.processes.own_token` gives
    lost : is called with the key of a claim that is no longer this process's, though it did not give it back
    create : makes a file if there is none of its name, and says whether it did
    """

    def __init__(
        self,
        fs: AbstractFileSystem,
        folder: PurePosixPath,
        is_done: Callable[[str], bool] = lambda key: False,
        lease: float = LEASE,
        clock: Callable[[], float] = time.monotonic,
        owner: str | None = None,
        lost: Callable[[str], None] | None = None,
        create: Callable[[AbstractFileSystem, str, bytes], bool] = create_file,
    ) -> None:
        self._fs, self._folder, self._is_done = fs, folder, is_done
        self._lease, self._clock, self._owner = lease, clock, owner or own_token()
        self._tell_lost, self._create = lost or _warn, create
        self._held: dict[str, tuple[int, dict[str, Any]]] = {}
        self._lost: set[str] = set()
        self._watched: dict[str, tuple[_Last, float]] = {}
        self._lock = RLock()
        self._ended = Event()

    def take(self, key: str) -> bool:
        """Claim a key; whether this process has it now. False where another lives that has it, or the work is done."""
        with self._lock:
            if key in self._held:
                return True
            last = self._last(key)
            if last.number and not self._is_free(key, last):
                return False
            number, facts = last.number + 1, self._facts()
            content = encoded(facts)
            self._create(self._fs, self._path(key, number), content)
            # The reply to a write that succeeded may have been lost, and a store may have let two succeed.
            if self._read(key, number) != content:
                return False
            if last.number and self._read(key, last.number) is None:
                # Another has taken it in between, done the work, and cleared the claims away.
                self._remove(key, number)
                return False
            self._held[key] = number, facts
            self._lost.discard(key)
            self._watched.pop(key, None)
        if self._is_done(key):  # between the look that found it missing and the claim, its maker has finished
            self.clear(key)
            return False
        return True

    def holds(self, key: str) -> bool:
        """Whether this process has the claim, as far as its last sign of life told."""
        return key in self._held

    def check(self, key: str) -> None:
        """Raise `ClaimLost` if this process had the claim and another has it now, as far as is known."""
        if key in self._lost:
            raise ClaimLost(key)

    def release(self, key: str) -> None:
        """Give a claim back, unfinished: whoever comes next has it at once."""
        with self._lock:
            held = self._held.pop(key, None)
            if held is not None and self._is_mine(key, held[0]):
                self._write(key, held[0], held[1] | {"released": True})

    def clear(self, key: str) -> None:
        """Remove every file of a claim whose work is done, whoever had it."""
        with self._lock:
            self._held.pop(key, None)
            self._watched.pop(key, None)
            for number in sorted(self._numbers(key), reverse=True):
                self._remove(key, number)

    def renew(self) -> None:
        """Give a sign of life for each claim that is held, and find out which are lost."""
        for key in list(self._held):
            with self._lock:
                if key not in self._held:
                    continue
                number, facts = self._held[key]
                if self._is_mine(key, number):
                    facts["beat"] += 1
                    self._write(key, number, facts)
                    continue
                del self._held[key]
                self._lost.add(key)
            self._tell_lost(key)

    def holder(self, key: str) -> dict[str, Any] | None:
        """What the one says of itself who has a claim and may live: `host`, `pid`, `since`; None where there is none.

        Called again and again, it finds out who is dead, as `take` does.
        """
        last = self._last(key)
        if not last.number or self._is_free(key, last):
            return None
        return decoded(last.content)

    def __enter__(self) -> Self:
        self._ended.clear()
        Thread(target=self._beat, args=(self._ended,), name="signs of life", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        for key in list(self._held):
            try:
                self.release(key)
            except Exception as fault:  # it must not hide why the block ended; the lease sees to it
                _logger.warning("The claim on %s could not be given back: %s", key, fault)

    def _beat(self, ended: Event) -> None:
        while not ended.wait(self._lease / BEATS):
            try:
                self.renew()
            except (
                Exception
            ) as error:  # a store that is away for a moment; the next sign of life may reach it
                _logger.debug("no sign of life: %s", error)

    def _facts(self) -> dict[str, Any]:
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        about = {"host": socket.gethostname(), "pid": os.getpid(), "since": now, "boot": boot()}
        return about | {
            "owner": self._owner,
            "lease": self._lease,
            "beat": 0,
            "nonce": secrets.token_hex(8),
        }

    def _is_free(self, key: str, last: _Last) -> bool:
        """Whether the last file of a claim was given back, or its holder is dead."""
        facts = decoded(last.content)
        if facts.get("released") is True or has_ended(facts):
            return True
        before, since = self._watched.get(key, (None, 0.0))
        if before != last:
            self._watched[key] = last, self._clock()
            return False
        return self._clock() - since >= lease_of(facts, self._lease)

    def _is_mine(self, key: str, number: int) -> bool:
        """Whether a file of this process still stands, as the last one."""
        content = self._read(key, number)
        mine = content is not None and decoded(content).get("owner") == self._owner
        return mine and self._read(key, number + 1) is None

    def _numbers(self, key: str) -> list[int]:
        """Places in the chain of a claim that have a file. A network file system may show new ones a moment later."""
        name = re.compile(rf"{re.escape(key)}\.([0-9]+)\.claim")
        try:
            paths = self._fs.ls(str(self._folder), detail=False)
        except FileNotFoundError:
            return []
        return [int(match[1]) for path in paths if (match := name.fullmatch(PurePosixPath(path).name))]

    def _last(self, key: str) -> _Last:
        """The file that counts. A chain may begin above 1, where somebody was killed who cleared it away."""
        last = _Last(0, b"")
        if (number := max(self._numbers(key), default=0)) and (
            content := self._read(key, number)
        ) is not None:
            last = _Last(number, content)
        while (content := self._read(key, last.number + 1)) is not None:
            last = _Last(last.number + 1, content)
        return last

    def _path(self, key: str, number: int) -> str:
        return str(self._folder / f"{key}.{number}.claim")

    def _read(self, key: str, number: int) -> bytes | None:
        try:
            content: bytes = self._fs.cat_file(self._path(key, number))
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno != errno.ESTALE:
                raise
            return b""  # replaced by its holder on another machine just now; whoever looks again finds the new one
        return content

    def _write(self, key: str, number: int, facts: Mapping[str, Any]) -> None:
        with whole_file(self._fs, self._path(key, number)) as file:
            file.write(encoded(facts))

    def _remove(self, key: str, number: int) -> None:
        try:
            self._fs.rm_file(self._path(key, number))
        except FileNotFoundError:  # another one clears it, too
            return


def _warn(key: str) -> None:
    _logger.warning("The claim on %s was ended or taken over by another process.", key)


class Unclaimed:
    """In place of `Claims` where one run works alone: everything is its own."""

    def take(self, key: str) -> bool:
        return True

    def check(self, key: str) -> None:
        """It cannot be lost."""

    def clear(self, key: str) -> None:
        """There is nothing to remove."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        """There is nothing to give back."""

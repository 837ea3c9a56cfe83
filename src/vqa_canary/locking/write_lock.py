"""The right to write a study, which one process has at a time."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import socket
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread, main_thread
from typing import Any

from vqa_canary.locking.waiting import Obstacle, owner_of, wait_for
from vqa_canary.processes import TOKEN, is_living, own_token
from vqa_canary.unfinished import write_file

BEAT = 30.0
"""How many seconds lie between two signs of life of the process that has a lock."""
SILENT = 600.0
"""After how many seconds without a sign of life a holder on another machine counts as dead."""
Holder = dict[str, Any]

_logger = logging.getLogger(__name__)


class WriteLock:
    """A lock on what `name` stands for, among all processes that see one folder.

    Two files, `<name>.lock` and `<name>.json`. The operating system locks the first, and frees it when the process
    ends, however it ends; of several processes that want it at once exactly one gets it. The second says who has
    it, and is touched every `BEAT` seconds. It decides where the system's lock cannot: on network file systems whose
    locks do not reach other machines, a holder there counts as dead after `SILENT` seconds without a touch, measured by
    the file system's own clock. A holder that finds itself taken for dead ends its process (SIGTERM).

    Forked processes do not have the lock, and do not free it.

    Parameters
    ----------
    folder : of the two files; made if it is not there
    name : a file's name
    what : what is locked, for messages, such as `study 'phantom'`
    command : what the holder does, for the messages of others; without secrets
    """

    poll = 0.2
    """How many seconds lie between two looks at a lock that is waited for."""

    def __init__(self, folder: Path, name: str, what: str, command: str) -> None:
        from filelock import FileLock

        self.facts = folder / f"{name}.json"
        self._system = FileLock(folder / f"{name}.lock", thread_local=False)
        self._what, self._command = what, command
        self._pid = 0
        self._ended = Event()

    def acquire(self, wait: float = 0.0) -> None:
        """Take the lock, waiting for it at most `wait` seconds.

        Raises
        ------
        BadInput : another process has it; the message says which
        """
        wait_for(self.attempt, wait, self.poll)

    def attempt(self) -> Obstacle | None:
        """Take the lock, or say who has it."""
        self.facts.parent.mkdir(parents=True, exist_ok=True)
        if (holder := self._try()) is None:
            return None
        living = is_living(holder["process"]) if holder else False
        return Obstacle(
            owner_of(self._what, {} if living is False else holder),
            "" if living is not None else self._elsewhere(),
        )

    def living(self) -> Holder | None:
        """What the process that has the lock says of itself; None where nobody has it who may still live.

        The lock itself is left alone, so that one who only looks is not taken for a holder.
        """
        holder = self._holder()
        return holder if holder and not self._is_dead(holder) else None

    def remove(self) -> None:
        """Remove both files of a lock that nobody has."""
        for path in (self.facts, Path(self._system.lock_file)):
            path.unlink(missing_ok=True)

    def release(self) -> None:
        """Free the lock; nothing where this process does not have it."""
        if self._pid != os.getpid():
            return
        self._ended.set()
        with suppress(OSError):
            if self._holder().get("process") == own_token():
                self.facts.unlink()
        self._system.release()
        self._pid = 0

    def _try(self) -> Holder | None:
        """Take the lock, or say who has it."""
        from filelock import Timeout

        try:
            self._system.acquire(timeout=0)
        except Timeout:
            return self._holder()
        try:
            holder = self._holder()
            if holder and not self._is_dead(holder):
                self._system.release()
                return holder
            self._write_facts()
        except BaseException:
            self._system.release()
            raise
        self._pid, self._ended = os.getpid(), Event()
        Thread(target=self._beat, args=(self._ended,), name=f"lock {self.facts.stem}", daemon=True).start()
        return None

    def _write_facts(self) -> None:
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        facts = {"host": socket.gethostname(), "pid": os.getpid(), "since": now, "command": self._command}
        write_file(self.facts, json.dumps(facts | {"process": own_token()}).encode())

    def _holder(self) -> Holder:
        """What the process that has or had the lock says of itself; empty where none has said anything yet."""
        try:
            facts = json.loads(self.facts.read_bytes())
        except (FileNotFoundError, ValueError, RecursionError):
            return {}
        sound = isinstance(facts, dict) and re.fullmatch(TOKEN, str(facts.get("process")))
        return facts if sound else {}

    def _is_dead(self, holder: Holder) -> bool:
        """Whether the holder is gone, although the system's lock was free.

        That lock is free, too, where somebody has deleted its file, or where it does not reach the holder's machine.
        """
        living = is_living(holder["process"])
        return self._silence() > SILENT if living is None else not living

    def _silence(self) -> float:
        """Seconds since the last sign of life. Both times are the file system's, since machines' clocks differ."""
        try:
            os.utime(self._system.lock_file)
            return os.stat(self._system.lock_file).st_mtime - self.facts.stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def _beat(self, ended: Event) -> None:
        while not ended.wait(BEAT):
            try:
                os.utime(self.facts)
                lost = self._holder().get("process") != own_token()
            except FileNotFoundError:
                lost = True
            except OSError:  # a network file system that is away for a moment
                continue
            if lost and not ended.is_set():
                end_run(self._what)
                return

    def _elsewhere(self) -> str:
        """What there is to know of a holder on another machine."""
        return (
            f"\nThat is another machine or container, last seen {self._silence():.0f} seconds ago. After {SILENT:.0f} "
            f"it counts as dead, and the lock is taken over. If you know that it is dead, delete {self.facts}."
        )


def end_run(what: str) -> None:
    """End this process, whose lock on `what` another one has."""
    _logger.error("Another process has taken over %s; this run ends.", what)
    signal.pthread_kill(main_thread().ident or 0, signal.SIGTERM)

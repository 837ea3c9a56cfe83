"""Which process wrote something, and whether that process still lives.

A process id alone does not say: ids are given out again. So the time when the process began goes with it.
"""

from __future__ import annotations

import hashlib
import os
import re
import socket
import subprocess
from functools import cache
from multiprocessing.connection import wait
from pathlib import Path
from threading import Thread

TOKEN = r"[0-9a-f]{8}-[0-9]+-[0-9a-f]{8}"
"""Regular expression, without groups, that matches what `own_token` returns."""

UNKNOWN = "0" * 8
"""Stands for the time when a process began where the operating system does not tell it."""


def own_token() -> str:
    """A name of this process that no other process has or gets: `<machine>-<process id>-<begin>`."""
    return _token(os.getpid())


def is_token(text: str) -> bool:
    """Whether a text is one that `own_token` could have returned."""
    return re.fullmatch(TOKEN, text) is not None


def is_living(token: str) -> bool | None:
    """Whether the process of `token` still lives; None where it ran on another machine or in another container.

    A process that has ended but was not yet collected by its parent (a zombie) does not live.
    """
    if not is_token(token):
        raise ValueError(f"{token!r} is no token of a process")
    machine, pid, begin = token.split("-")
    if machine != _machine():
        return None
    now = _begin(int(pid))
    # Another process may have got the same id since; only if both began at the same time are they one.
    return now is not None and (now == begin or UNKNOWN in (now, begin))


def end_with(parent: int) -> None:
    """End this process when another one has ended.

    Parameters
    ----------
    parent : that one's `multiprocessing.process.BaseProcess.sentinel`
    """

    def watch() -> None:
        wait([parent])
        os._exit(1)

    Thread(target=watch, name="end with the run", daemon=True).start()


@cache
def _token(pid: int) -> str:
    return f"{_machine()}-{pid}-{_begin(pid) or UNKNOWN}"


@cache
def _machine() -> str:
    """Hash of the host's name and, on Linux, of the process-id namespace: a container numbers its processes anew."""
    try:
        space = os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        space = 0
    return _short(f"{socket.gethostname()} {space}")


def _begin(pid: int) -> str | None:
    """Hash of the time when the process began, or `UNKNOWN`; None where there is no such process."""
    if Path("/proc/self/stat").exists():
        return _begin_by_proc(pid)
    return _begin_by_ps(pid) if os.name == "posix" else UNKNOWN


def _begin_by_proc(pid: int) -> str | None:
    try:
        about = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    except OSError:
        return UNKNOWN
    # The program's name stands in parentheses and may hold any character, so fields count from the last one.
    state, *fields = about[about.rindex(b")") + 2 :].split()
    if state in (b"Z", b"X"):
        return None
    return _short(
        f"{boot()} {fields[18].decode()}"
    )  # field 22 of the whole: clock ticks since the machine began


@cache
def boot() -> str:
    """An id that this machine gets anew whenever it starts, and no other machine has; empty where there is none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    except OSError:
        return ""


def _begin_by_ps(pid: int) -> str | None:
    try:
        told = subprocess.run(
            ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout.split(maxsplit=1)
    except OSError:
        return UNKNOWN
    return _short(told[1].strip()) if len(told) == 2 and "Z" not in told[0] else None


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]

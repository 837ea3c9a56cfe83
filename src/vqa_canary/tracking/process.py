"""Identifies the process that records a run, and tells whether the process of an earlier run is gone for certain."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import uuid
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

_FIRST_SPACE = "4026531836"
"""Number that Linux gives to the process-id namespace of the machine itself, outside every container."""


class Process(NamedTuple):
    """A process on some machine. Process ids are used again, so the time when it began is needed to know it."""

    host: str
    """Name of the machine in its network."""
    machine: str
    """Hash of an id that no other machine has; empty where there is no such id."""
    boot: str
    """Id that changes whenever the machine is started; empty where the system does not tell it."""
    space: str
    """Number of the process-id namespace; each container has its own. Empty where the system does not tell it."""
    pid: int
    """Process id."""
    started: str
    """Clock ticks from the start of the machine to that of the process; empty where the system does not tell them."""

    @property
    def tags(self) -> dict[str, str]:
        """The process as tags of an MLflow run; `process_of` reads them back."""
        system = " ".join(part or "-" for part in (self.machine, self.boot, self.space))
        return {
            "process.host": self.host,
            "process.system": system,
            "process.pid": str(self.pid),
            "process.started": self.started or "-",
        }


def this_process() -> Process:
    """The process that runs this code."""
    pid = os.getpid()
    return Process(socket.gethostname(), _machine(), _boot(), _space(), pid, _started(pid) or "")


def process_of(tags: Mapping[str, str]) -> Process | None:
    """The process that opened a run, from the run's tags; None where they do not tell."""
    system = tags.get("process.system", "").split(" ")
    pid = tags.get("process.pid", "")
    if len(system) != 3 or not re.fullmatch("[0-9]{1,10}", pid):
        return None
    texts = ["" if part == "-" else part for part in (*system, tags.get("process.started", "-"))]
    machine, boot, space, started = texts
    return Process(tags.get("process.host", ""), machine, boot, space, int(pid), started)


def is_gone(process: Process) -> bool | None:
    """Whether it is certain that the process does not live any more; None where it cannot be seen from here.

    Certain are: on this machine and in this space of process ids there is no such id, or another process has it; and
    this machine, whose own space it was, has been started anew since.
    """
    here = this_process()
    if (process.host, process.machine) != (here.host, here.machine) or not (here.machine or here.boot):
        return None
    if process.boot != here.boot:
        known = here.machine and process.boot and here.boot
        return True if known and process.space == here.space == _FIRST_SPACE else None
    if process.space != here.space:
        return None
    started = _started(process.pid)
    return started is None or (bool(started and process.started) and started != process.started)


@cache
def _machine() -> str:
    own = _text("/etc/machine-id") if Path("/proc").is_dir() else _network_card()
    return hashlib.sha256(f"vqa-canary {own}".encode()).hexdigest()[:16] if own else ""


def _network_card() -> str:
    """Hardware address of the network card; empty where there is none, and Python would make up a random one."""
    address = uuid.getnode()
    return "" if address >> 40 & 1 else str(address)


@cache
def _boot() -> str:
    return _text("/proc/sys/kernel/random/boot_id")


@cache
def _space() -> str:
    try:
        return str(os.stat("/proc/self/ns/pid").st_ino)
    except OSError:
        return ""


def _started(pid: int) -> str | None:
    """When the process began; empty where it lives but the system does not tell, None where there is none.

    One that has ended, but was not collected by its parent yet, is none.
    """
    try:
        about = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:  # gone, of another user whose processes are hidden, or no Linux
        return "" if _lives(pid) else None
    # The program's name stands in parentheses and may hold anything, so fields are counted from behind it.
    state, *fields = about[about.rindex(b")") + 2 :].decode().split()
    return None if state in "ZX" else fields[18]


def _lives(pid: int) -> bool:
    if os.name != "posix":  # there, what follows would end it
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""

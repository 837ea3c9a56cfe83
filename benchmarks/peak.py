"""How much main memory a call takes at its peak, beyond what the process held before."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

CLEAR = Path("/proc/self/clear_refs")
"""Where Linux is told to forget the peak so far."""


def growth(run: Callable[[], Any]) -> int | None:
    """Bytes by which `run` raises the peak; None, without a run, where that cannot be measured."""
    gc.collect()
    _give_back()
    try:
        CLEAR.write_text("5")  # the peak is now what is resident
    except OSError:
        return None
    before = _resident("VmRSS")
    run()
    return _resident("VmHWM") - before


def share(ours: int | None, theirs: int | None) -> float | None:
    """Our memory as a share of theirs; None where either was not measured, or where theirs is too little to be seen."""
    return None if ours is None or not theirs else ours / theirs


def told(growth: int | None) -> str:
    """In MiB, or that it is not known."""
    return "not measurable here" if growth is None else f"{growth / 2**20:.0f} MiB"


def _give_back() -> None:
    """Return freed memory to the system, where the C library can: what an earlier call has freed, but the process still
    holds, would hide as much of the next one's memory."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)


def _resident(kind: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(kind))

"""Locks of made-up attempts, one after the other."""

from __future__ import annotations

from typing import Any

from vqa_canary.protocol_lock import ProtocolLock

AUDIT: dict[str, Any] = {
    "largest_error": 0.05,
    "confidence": 0.95,
    "method": None,
    "hold_for": [],
    "calibration_share": 0.5,
    "planned_looks": [],
    "answers_unseen": False,
}
Change = dict[str, Any]
"""What an attempt has otherwise than `AUDIT`; a `seed` is that of the study."""


def decided(**change: Any) -> dict[str, Any]:
    """What is decided, with one setting or another changed."""
    seed = change.pop("seed", 7)
    return {"seed": seed, "audit": {**AUDIT, **change}, "models": {"m": "f"}, "questions": {"items": "q"}}


def locked(*attempts: Change, answered: tuple[bool, ...] = (), **first: Any) -> list[ProtocolLock]:
    """A lock for each attempt; answers exist after the first one, unless something else is said.

    Parameters
    ----------
    first : what is so of the first lock: `given`, `elsewhere`, `lost`
    """
    locks: list[ProtocolLock] = []
    for at, change in enumerate(attempts):
        answers = answered[at] if answered else at > 0
        before = locks[-1].hash if locks else ""
        rest = first if at == 0 else {}
        locks.append(ProtocolLock(at + 1, f"day {at + 1}", decided(**change), answers, before=before, **rest))
    return locks

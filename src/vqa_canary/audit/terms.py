"""The words that an audit's record uses for events, halves of the images, verdicts and standings: one place each."""

from __future__ import annotations

from typing import Literal

ERROR = "error"
"""The event of the escalation policy: an answer is wrong. Every other event is one of fragility."""

COLLAPSE = "collapse"
"""How every event of fragility begins: a right answer turns wrong once the right option is hidden."""

CALIBRATION, HELD_OUT = "calibration", "held-out"
"""The half of the images on which thresholds are found, and the half that checks them."""

Verdict = Literal[
    "policy found", "no safe policy exists at this target", "no safe policy could be shown", "too little data"
]
FOUND: Verdict = "policy found"
NONE_EXISTS: Verdict = "no safe policy exists at this target"
NONE_SHOWN: Verdict = "no safe policy could be shown"
TOO_LITTLE: Verdict = "too little data"

Guarantee = Literal["exact", "cluster"]
EXACT: Guarantee = "exact"
"""The guarantee that an audit's headline rests on: exact, for a random answered question of a random image."""
CLUSTER: Guarantee = "cluster"
"""Approximate, for a random answered question; it stands beside the exact one."""

HOLDS, EXCEEDS, CANNOT_TELL = "holds", "exceeds", "cannot tell"
"""What the held-out images say of a policy: they confirm it, they contradict it, or they are too few."""

BEST, ALIKE = "best", "not distinguishable from best"
"""Standings of a UE method against the others; one that is beaten has an empty standing."""


def collapse_under(condition: str) -> str:
    """The event that a right answer is wrong under a condition that hides the right option."""
    return f"{COLLAPSE}:{condition}"


def hiding_condition(event: str) -> str:
    """The condition of an event of fragility; empty for `error`."""
    return event.partition(":")[2]

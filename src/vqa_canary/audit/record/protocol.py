"""Which attempt an audit is, when its protocol was locked, and what may be claimed for it."""

from __future__ import annotations

from typing import Literal, get_args

from vqa_canary.audit.record.part import Part

Standing = Literal[
    "first look",
    "planned look",
    "answers given, stated to be unseen",
    "answers given before the lock",
    "answers before the lock",
    "seen in another study",
    "second look",
    "replaced plan",
    "asked anew",
    "lock lost",
]
"""What an attempt is, as far as its lock can tell."""
STANDINGS: tuple[Standing, ...] = get_args(Standing)
CLAIMED: frozenset[Standing] = frozenset(STANDINGS[:3])
"""Those for whose policies the configured confidence may be claimed."""


class EarlierAttempt(Part):
    """An attempt of the same study that was locked before."""

    attempt: int
    """Number of that attempt."""
    locked_at: str
    """When its protocol was locked, in UTC."""
    hash: str
    """Hash of its lock."""
    changed: tuple[str, ...]
    """Every setting in which this audit differs from it, with the value then and now."""


class Protocol(Part):
    """The lock under which an audit was made, and what may be claimed for the audit's policies."""

    attempt: int
    """Number of the attempt within the study, from 1."""
    locked_at: str
    """When the protocol was locked, in UTC."""
    file: str
    """The lock: its place from the folder of the audit."""
    hash: str
    """SHA-256 over all that the lock says, in hex."""
    standing: str
    """What the attempt is, as far as the lock can tell: `first look`, `planned look`, `second look`, or another."""
    claimed: bool
    """Whether the configured confidence may be claimed for the policies of this audit."""
    looks: int
    """Number of looks that were planned before the first answer, this one among them; every test allows for all."""
    because: str
    """Why the confidence may be claimed or may not, as a sentence."""
    completed: int
    """Number of audits that were made under this lock before failed questions were asked again."""
    earlier: tuple[EarlierAttempt, ...]
    """The attempts that were locked before, in their order."""

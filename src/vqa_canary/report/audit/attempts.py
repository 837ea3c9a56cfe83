"""Which attempt an audit is, in words, and the table of the attempts before it."""

from __future__ import annotations

from vqa_canary.audit.record.document import Audit
from vqa_canary.audit.record.protocol import Protocol
from vqa_canary.report.sheet import Column, Sheet

SHOWN = 16
"""Digits of a hash that are shown; the file and `audit.json` have all 64."""


def sentence(protocol: Protocol, package: str) -> str:
    """Attempt, date, lock and version, and what may be claimed."""
    attempt = f"Attempt {protocol.attempt}, locked on"
    if protocol.standing == "answers before the lock":
        attempt = "Not locked, attempt unknown; lock of"
    return f"{attempt} {protocol.locked_at} (lock {protocol.hash[:SHOWN]}, vqa-canary {package}). {protocol.because}"


def sheet(audit: Audit) -> Sheet:
    """One row an attempt, this one last."""
    protocol = audit.protocol
    columns = (
        Column("attempt", "attempt", "count"),
        Column("locked_at", "locked", "text"),
        Column("hash", "lock", "text"),
        Column("changed", "what this audit has otherwise", "text"),
    )
    rows = [
        (one.attempt, one.locked_at, one.hash[:SHOWN], "; ".join(one.changed)) for one in protocol.earlier
    ]
    rows.append(
        (protocol.attempt, protocol.locked_at, protocol.hash[:SHOWN], f"this audit: {protocol.standing}")
    )
    caption = "Attempts, this one last. The lock and the audit of each lie in the folder attempts, by number"
    return Sheet("attempts", caption, columns, tuple(rows))

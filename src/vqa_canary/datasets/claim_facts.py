"""What a holder says of itself in the file of a claim, and what follows from it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from vqa_canary.errors import BadInput
from vqa_canary.processes import boot, is_living, is_token

LEASE = 300.0
"""After how many seconds without a sign of life a holder counts as dead."""


def encoded(facts: Mapping[str, Any]) -> bytes:
    """The file of a claim that says so."""
    return json.dumps(facts, sort_keys=True).encode()


def decoded(content: bytes) -> dict[str, Any]:
    """What a claim says; empty where it cannot be read, which happens while it is written."""
    try:
        facts = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def has_ended(facts: Mapping[str, Any]) -> bool:
    """Whether the holder is a process of this machine, since this start of it, that has ended."""
    owner = str(facts.get("owner"))
    return facts.get("boot") == boot() != "" and is_token(owner) and is_living(owner) is False


def lease_of(facts: Mapping[str, Any], otherwise: float) -> float:
    """After how many seconds without a sign of life the holder counts as dead; `otherwise` where it does not say."""
    lease = facts.get("lease")
    sound = isinstance(lease, int | float) and not isinstance(lease, bool) and 0 < lease < math.inf
    return float(lease) if sound and lease is not None else otherwise


def checked_lease(lease: Any, model: str) -> float:
    """The setting `lease` as seconds.

    Parameters
    ----------
    model : whose dataset has the setting, for the message

    Raises
    ------
    BadInput : it is no number of seconds that a sign of life can be given in
    """
    if isinstance(lease, bool) or not isinstance(lease, int | float) or not 1 <= lease < math.inf:
        raise BadInput(
            f"conf/base/catalog.yml: the evidence of {model}: lease: {lease!r} is no number of seconds; give 1 or "
            f"more, such as {LEASE:g}"
        )
    return float(lease)

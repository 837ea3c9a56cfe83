"""The lock of an audit: what was decided, written down with a hash of its own before the first answer.

A lock shows in which order things were decided and answered, to whoever trusts the folder that it lies in. It guards
against second looks that pass for first ones. It is no signature: who can write the file can write another lock.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from vqa_canary.digests import digest_of_json
from vqa_canary.seals import Damaged

LAYOUT = 1
"""Version of the file's own layout."""
NAME = "protocol.lock"
"""Name of the file, in the folder of its attempt."""


@dataclass(frozen=True)
class ProtocolLock:
    """What was decided for one attempt, and what was there already when it was."""

    number: int
    """Number of the attempt within its study, from 1."""
    at: str
    """When it was written, such as `2026-11-30 01:02:03 UTC`."""
    decided: Mapping[str, Any]
    """Target, confidence, method or list of methods, split, conditions, subgroups, prompts, models and questions."""
    answered: bool
    """Whether the study had answers, or an audit, when the lock was written."""
    given: tuple[str, ...] = ()
    """Models whose answers were given by a file, and so existed before any lock."""
    elsewhere: tuple[str, ...] = ()
    """Other studies of the same store in which one of these models had answered these questions."""
    lost: tuple[int, ...] = ()
    """Numbers of earlier attempts whose locks were not there any more."""
    before: str = ""
    """Hash of the lock before this one; empty where there was none."""

    @property
    def hash(self) -> str:
        """SHA-256 over all that the lock says, in hex."""
        return digest_of_json({"layout": LAYOUT} | asdict(self))

    def to_bytes(self) -> bytes:
        """The file: one JSON object with sorted keys, the same bytes whenever it is written."""
        stated = {"layout": LAYOUT, "hash": self.hash} | asdict(self)
        return (json.dumps(stated, sort_keys=True, indent=2, ensure_ascii=False) + "\n").encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> ProtocolLock:
        """The lock that `to_bytes` wrote.

        Raises
        ------
        Damaged : it is no lock, half of one, one of another layout, or one that was changed
        """
        try:
            stated = dict(json.loads(data))
            layout, stated_hash = stated.pop("layout"), stated.pop("hash")
            for name in ("given", "elsewhere", "lost"):
                stated[name] = tuple(stated[name])
            lock = cls(**stated)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise Damaged("it cannot be read as a lock, or only half of it is there") from error
        if layout != LAYOUT:
            raise Damaged(f"its layout is {layout!r}, and this version of the package reads {LAYOUT}")
        if stated_hash != lock.hash or data != lock.to_bytes():
            raise Damaged("its hash is not that of what it says: it was changed after it was written")
        return lock


def agree(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether the same was decided. A model whose weights are not here has no fingerprint, and fits every one."""
    if one == other:
        return True
    models = one.get("models"), other.get("models")
    if not all(isinstance(named, Mapping) for named in models):
        return False
    first, second = (dict(named or {}) for named in models)
    if first.keys() != second.keys() or {**one, "models": None} != {**other, "models": None}:
        return False
    return all(first[name] == second[name] or None in (first[name], second[name]) for name in first)

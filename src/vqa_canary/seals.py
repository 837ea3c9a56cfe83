"""What every stored artefact carries with it: a digest of its content, and what it was made from.

A seal shows that a file holds what was written and that it was made from what is there now. It guards against
accidents and against results that have grown stale. It is no signature: who can write the file can write a seal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import vqa_canary
from vqa_canary.digests import digest_of_json

FORMAT = 1
"""Version of the seal's own layout."""

_MOST, _BEFORE = 60, 20
"""Most characters of a value in a message, and how many of them are the same in both of two values."""


class Damaged(Exception):
    """A file that cannot be read, or whose content does not answer to its seal; the message says how."""


@dataclass(frozen=True)
class Origin:
    """What an artefact was made from."""

    node: str = ""
    """The pipeline and its node that made it, such as `ue_scoring.gather_scores`."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Digest of the content of every stored table that the node read, by the table's name."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Parameters that the node read, by name, as JSON values."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """Whatever else a reader has to know, such as the key of a shard and the ids of its instances, as JSON values."""
    code: str = ""
    """Version of this package with the digest of its source."""


@dataclass(frozen=True)
class Seal:
    """Digest of an artefact's content, and its origin."""

    content: str
    """SHA-256 of the content in hex: see `vqa_canary.digests` for tables; of other files, that of their bytes."""
    origin: Origin
    """What the artefact was made from."""

    @property
    def proof(self) -> str:
        """SHA-256 over the content's digest and the origin, so that neither can change unseen."""
        return digest_of_json([FORMAT, self.content, vars(self.origin)])

    def to_json(self) -> str:
        """One JSON object on one line."""
        stated = {"format": FORMAT, "content": self.content, "origin": vars(self.origin), "proof": self.proof}
        return json.dumps(stated, sort_keys=True)

    @classmethod
    def from_json(cls, text: str | bytes) -> Seal:
        """The seal that `to_json` wrote.

        Raises
        ------
        Damaged : the text is no seal, one of another layout, or one that was changed
        """
        try:
            stated = json.loads(text)
            seal = cls(str(stated["content"]), Origin(**stated["origin"]))
            given = stated["format"], stated["proof"]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise Damaged("the record of what it was made from cannot be read") from error
        if given[0] != FORMAT:
            raise Damaged(f"the record of what it was made from has format {given[0]!r}, not {FORMAT}")
        if given[1] != seal.proof:
            raise Damaged("the record of what it was made from was changed")
        return seal

    def check(self, content: str) -> None:
        """Compare with the digest of the content that was read.

        Raises
        ------
        Damaged : they differ, so the file was changed after it was written
        """
        if content != self.content:
            raise Damaged("its content is not what was written")


def differences(before: Any, now: Any, name: str = "") -> list[str]:
    """Every place where two JSON values differ, as `name.of.the.part: old, now new`; none where they are equal.

    Of lists, the entries are named that differ.
    """
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        parts = dict.fromkeys([*before, *now])
        return [
            line
            for part in parts
            for line in differences(before.get(part), now.get(part), f"{name}.{part}" if name else str(part))
        ]
    if before == now:
        return []
    if isinstance(before, list) and isinstance(now, list):
        return _differences_of_lists(before, now, name)
    return [f"{name}: {', now '.join(_shortened(_told(before), _told(now)))}"]


def _differences_of_lists(before: list[Any], now: list[Any], name: str) -> list[str]:
    """The entries that are not in both; what changed within an entry, where both have one with the same names."""
    gone = [entry for entry in before if entry not in now]
    new = [entry for entry in now if entry not in before]
    lines: list[str] = []
    for old in [entry for entry in gone if isinstance(entry, Mapping)]:
        same = next(
            (entry for entry in new if isinstance(entry, Mapping) and entry.keys() == old.keys()), None
        )
        if same is not None:
            lines += differences(old, same, name)
            gone.remove(old)
            new.remove(same)
    for entries, what in ((gone, "is taken out"), (new, "is new")):
        lines += [f"{name}: {_shortened(_told(entry))[0]} {what}" for entry in entries]
    return lines or [f"{name}: its entries are in another order"]


def _told(value: Any) -> str:
    return "not set" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _shortened(*texts: str) -> list[str]:
    """The texts, of long ones the part that begins shortly before they differ."""
    if max(map(len, texts)) <= _MOST:
        return list(texts)
    same = next((at for at, signs in enumerate(zip(*texts, strict=False)) if len({*signs}) > 1), 0)
    start = max(0, same - _BEFORE)
    return [
        f"{'...' if start else ''}{text[start : start + _MOST - 3]}{'...' if len(text) > start + _MOST - 3 else ''}"
        for text in texts
    ]


@cache
def code_version() -> str:
    """This package's version and the first 12 hex digits of the SHA-256 over its Python source."""
    root = Path(__file__).parent
    hashed = sha256()
    for path in sorted(root.rglob("*.py")):
        hashed.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return f"vqa-canary {vqa_canary.__version__}, source {hashed.hexdigest()[:12]}"

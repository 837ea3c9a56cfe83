"""Keys and values of JSON, or of what looks like it: with single quotes, prose around it, or a missing end."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SIGN = re.compile(
    r"\"(?P<double>(?:[^\"\\]|\\.){0,1000})\"|'(?P<single>(?:[^'\\]|\\.){0,1000})'|(?P<bare>[^\s\"'{}\[\],:]{1,60})|"
    r"(?P<sign>[{}\[\],:])"
)
_BEGIN = re.compile(
    r"[{\[]\s{0,40}[\"'{\[}]|\{\s{0,4}[A-Za-z_]{2,30}\s{0,4}:|"
    r"\"[\w -]{1,40}\"\s{0,4}:|'[\w -]{1,40}'\s{0,4}:"
)
"""Matches where an object or a list in the manner of JSON begins, or a quoted key with its colon."""


@dataclass(slots=True)
class Level:
    """An object or a list within which a pair stands."""

    is_list: bool
    key: str = ""
    """Key under which the object or list stands."""
    held: int = 0
    """Number of values, objects and lists that a list holds so far."""
    pending: str | None = None
    """Key that was read and whose value comes next; None where there is none."""
    colon: bool = False

    def put(self) -> str:
        """Take in what comes next, and return the key under which it stands."""
        self.held += self.is_list
        key = self.key if self.is_list else (self.pending or "") if self.colon else ""
        self.pending, self.colon = None, False
        return key


@dataclass(frozen=True, slots=True)
class Pair:
    """A key and one value that is neither object nor list, or one of a list of values."""

    key: str
    start: int
    end: int
    quoted: bool
    around: tuple[Level, ...]
    """Objects and lists in which the pair stands, from the outermost."""

    @property
    def owner(self) -> Level:
        """The object that holds the pair, or the list that stands in none."""
        return next((one for one in reversed(self.around) if not one.is_list), self.around[0])

    @property
    def values(self) -> int:
        """Number of values that stand under the pair's key."""
        return self.around[-1].held if self.around[-1].is_list else 1

    @property
    def listed(self) -> int:
        """How many objects the list holds in which its own stands; 0 where that stands in none."""
        objects = [at for at, one in enumerate(self.around) if not one.is_list]
        before = self.around[objects[-1] - 1] if objects and objects[-1] > 0 else None
        return before.held if before is not None and before.is_list else 0

    @property
    def within(self) -> tuple[str, ...]:
        """The keys of the objects and lists around the pair, from the outermost."""
        return tuple(one.key for one in self.around if one.key and not (one.is_list and one.key == self.key))


def pairs_of(text: str, start: int, end: int) -> list[Pair]:
    """All pairs in the text from `start` to `end`, in its order."""
    found: list[Pair] = []
    at = start
    while begin := _BEGIN.search(text, at, end):
        at = _scan(text, begin.start(), end, found)
    return found


def _scan(text: str, start: int, end: int, found: list[Pair]) -> int:
    """Read on until what is opened is closed; where that is."""
    levels = [Level(False)]
    at = start
    while at < end and (sign := _SIGN.search(text, at, end)):
        at, level = sign.end(), levels[-1]
        kind = sign["sign"]
        if not kind:
            name = str(sign.lastgroup)
            if level.is_list or level.colon:
                key = level.put()
                found.append(Pair(key, *sign.span(name), name != "bare", tuple(levels)))
            else:
                level.pending = sign[name] if name != "bare" or len(levels) > 1 else None
        elif kind in "{[":
            levels.append(Level(kind == "[", level.put()))
        elif kind == ":":
            level.colon = level.pending is not None
        elif kind == ",":
            level.pending, level.colon = None, False
        elif len(levels) > 1:
            levels.pop()
            if len(levels) == 1:
                break
    return max(at, start + 1)

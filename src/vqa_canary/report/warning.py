"""Warnings about the numbers of a page, and how several of one kind become one line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

MOST_LINES = 7
"""Most lines of warnings that a page shows open; where there are more, those that are not grave are folded together."""
MOST_NAMES = 4
"""Most names of models that one line of warnings lists."""
MODEL = "{model}"


class Warning(NamedTuple):
    """One thing that a reader must know before any number."""

    grave: bool
    title: str
    text: str
    """What was found."""
    command: str = ""
    """What to do about it."""
    kind: str = ""
    """The title with `{model}` in place of the name, for warnings that are told together; empty: the title."""
    about: str = ""
    """Whom it is about, where that is not the only one."""
    brief: str = ""
    """How bad it is, in a few words."""
    meaning: str = ""
    """What follows from it: the same for all of a kind."""


class WarningLine(NamedTuple):
    """All warnings of one kind."""

    grave: bool
    title: str
    details: tuple[tuple[str, str], ...]
    """What was found and what to do about it, each once."""
    meanings: tuple[str, ...]


class Told(NamedTuple):
    """The lines of a page, the gravest first."""

    shown: tuple[WarningLine, ...]
    folded: tuple[WarningLine, ...]
    """Those that are not grave, where there are many lines."""


def told(found: Iterable[Warning]) -> Told:
    """One line a kind, equal ones once."""
    kinds: dict[tuple[bool, str], list[Warning]] = {}
    for warning in sorted(found, key=lambda warning: not warning.grave):
        kinds.setdefault((not warning.grave, warning.kind or warning.title), []).append(warning)
    lines = [_line(all_of_kind) for all_of_kind in kinds.values()]
    shown = [line for line in lines if line.grave or len(lines) <= MOST_LINES]
    return Told(tuple(shown), tuple(line for line in lines if line not in shown))


def _line(warnings: Sequence[Warning]) -> WarningLine:
    several = len({warning.text for warning in warnings}) > 1
    details = tuple(
        dict.fromkeys((_of(warning) if several else warning.text, warning.command) for warning in warnings)
    )
    meanings = tuple(dict.fromkeys(warning.meaning for warning in warnings if warning.meaning))
    return WarningLine(warnings[0].grave, _title(warnings), details, meanings)


def _of(warning: Warning) -> str:
    """What was found, with whom it is about, unless that is told there."""
    named = re.search(rf"(?<!\w){re.escape(warning.about)}(?!\w)", warning.text)
    return warning.text if named or not warning.text else f"{warning.about}: {warning.text}"


def _title(warnings: Sequence[Warning]) -> str:
    first = warnings[0]
    if len({warning.title for warning in warnings}) == len({warning.about for warning in warnings}) == 1:
        who = "" if MODEL in first.kind or not first.about else f": {first.about}"
        return first.title + who + (f" ({first.brief})" if first.brief else "")
    names = [warning.about + (f" ({warning.brief})" if warning.brief else "") for warning in warnings]
    shown = ", ".join(dict.fromkeys(names[:MOST_NAMES])) + (
        f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    )
    return (
        first.kind.replace(MODEL, shown) if MODEL in first.kind else f"{first.kind or first.title}: {shown}"
    )

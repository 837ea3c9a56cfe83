"""Warnings about the numbers of a page, and how several of one kind become one line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from vqa_canary.counting import counted

MOST_TITLES = 3
"""Most warnings that the sentence above the table of them names."""
MOST_NAMES = 4
"""Most names of models or data sets that one line of warnings lists."""
MODEL = "{model}"
PAIR = "model-and-data-set pair"
"""What a warning is about where a model may differ from one data set to the next."""


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
    what: str = "model"
    """What `about` names, in the singular."""


class WarningLine(NamedTuple):
    """All warnings of one kind."""

    grave: bool
    title: str
    details: tuple[tuple[str, str], ...]
    """What was found and what to do about it, each once."""
    meanings: tuple[str, ...]
    brief: str
    """The title, with a number in place of the names where it is about several."""


class Told(NamedTuple):
    """The warnings of a page, the gravest first."""

    lines: tuple[WarningLine, ...]

    @property
    def grave(self) -> list[WarningLine]:
        """Those that endanger what the page says."""
        return [line for line in self.lines if line.grave]

    @property
    def sentence(self) -> str:
        """All of them in one, which stands above their table: the gravest by name, the others as a number."""
        n, grave = len(self.lines), len(self.grave)
        named = "; ".join(line.brief for line in self.lines[:MOST_TITLES])
        more = f"; and {n - MOST_TITLES} more" if n > MOST_TITLES else ""
        how_grave = "" if not grave else " (grave)" if n == 1 else f" ({grave} grave)"
        return f"Read with care, {counted(n, 'warning')}{how_grave}: {named}{more}."


def told(found: Iterable[Warning]) -> Told:
    """One line a kind, equal ones once."""
    kinds: dict[tuple[bool, str], list[Warning]] = {}
    for warning in sorted(found, key=lambda warning: not warning.grave):
        kinds.setdefault((not warning.grave, warning.kind or warning.title), []).append(warning)
    return Told(tuple(_line(all_of_kind) for all_of_kind in kinds.values()))


def _line(warnings: Sequence[Warning]) -> WarningLine:
    several = len({warning.text for warning in warnings}) > 1
    details = tuple(
        dict.fromkeys((_of(warning) if several else warning.text, warning.command) for warning in warnings)
    )
    meanings = tuple(dict.fromkeys(warning.meaning for warning in warnings if warning.meaning))
    title = _title(warnings)
    return WarningLine(warnings[0].grave, title, details, meanings, _brief(warnings, title))


def _of(warning: Warning) -> str:
    """What was found, with whom it is about, unless that is told there."""
    named = re.search(rf"(?<!\w){re.escape(warning.about)}(?!\w)", warning.text)
    return warning.text if named or not warning.text else f"{warning.about}: {warning.text}"


def _brief(warnings: Sequence[Warning], title: str) -> str:
    n = len({warning.about for warning in warnings})
    if n == 1:
        return title
    kind, who = warnings[0].kind or warnings[0].title, counted(n, warnings[0].what)
    return kind.replace(MODEL, who) if MODEL in kind else f"{kind}: {who}"


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

"""Reasons that differ in names and numbers alone, reported once for all: with their numbers, without quotations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial

_SETTING = (
    r"`(?:answer_is(?:: (?:index|letter|text))?|index_from(?:: [01])?"
    r"|separator|columns|options|splits|answer_tokens)`"
)
"""Names of settings that a reason may give as its remedy: they are our own words, so they are no quotation."""
_QUOTED = re.compile(
    rf"({_SETTING})|(?:(?<![A-Za-z]{{2}})'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`)(?:\.\.\. \(\d+ characters\))?"
)
NUMBER = re.compile(r"(?<![A-Za-z])\d+(?:,\d{3})*(?:\.\d+)?")
LONGEST = 300
"""Most characters of a reason that are reported."""


def unquoted(reason: str) -> str:
    """The reason without its quotations: each becomes `…`, but for the settings that it names as its remedy."""
    return _QUOTED.sub(lambda found: found[1] or "…", reason)


def alike(reasons: Iterable[str], number: re.Pattern[str] = NUMBER) -> dict[str, str]:
    """Each reason, and what is told of all that are of its kind.

    A number on which all of a kind agree stays, one on which they do not becomes the span of theirs: two images whose
    widths are 12 and 640 have `12 to 640 pixels`. Nothing that a reason quotes is told, and no more than 300
    characters.

    Parameters
    ----------
    number : what may differ within a kind
    """
    bare = {reason: unquoted(reason) for reason in reasons}
    kinds: dict[str, dict[str, None]] = {}
    for text in bare.values():
        kinds.setdefault(number.sub("\0", text), {})[text] = None
    told = {kind: _one_for_all(list(texts), number) for kind, texts in kinds.items()}
    return {reason: told[number.sub("\0", text)] for reason, text in bare.items()}


def _one_for_all(texts: list[str], number: re.Pattern[str]) -> str:
    spans = map(_span, zip(*(number.findall(text) for text in texts), strict=True))
    return number.sub(partial(_next, spans), texts[0])[:LONGEST]


def _next(spans: Iterator[str], _: re.Match[str]) -> str:
    return next(spans)


def _span(numbers: tuple[str, ...]) -> str:
    least, *_, most = sorted([*numbers, numbers[0]], key=lambda text: float(text.replace(",", "")))
    return least if least == most else f"{least} to {most}"

"""What a card of the first screen is, and what all cards share."""

from __future__ import annotations

from typing import NamedTuple

ANSWERED = "answered", "answered"
"""What held-out risk is a share of: one of them, and many."""


class Line(NamedTuple):
    """A term of a card, and what is to be said of it."""

    term: str
    text: str
    small: str = ""
    """The interval of the number in `text`, and what the number is a share of."""


class Card(NamedTuple):
    """One question of the first screen with its answer."""

    title: str
    tone: str
    """`found`, `open`, `none` or `plain`: for colour and sign alone, the text says it too."""
    verdict: str
    text: str
    lines: tuple[Line, ...]

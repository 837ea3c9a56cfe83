"""One thing that endangers what a page says."""

from __future__ import annotations

from typing import NamedTuple


class Warning(NamedTuple):
    """What a reader must know before any number."""

    grave: bool
    title: str
    text: str
    command: str = ""
    """What to do about it."""

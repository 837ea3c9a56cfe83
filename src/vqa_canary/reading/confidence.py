"""How sure a text says that it is."""

from __future__ import annotations

import re

from vqa_canary.reading.thinking import answer_part

_NUMBER = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%?\.?")


def read_confidence(text: str, scale: float = 100) -> float | None:
    """A stated confidence as a share from 0 to 1, or None."""
    found = _NUMBER.fullmatch(text[slice(*answer_part(text))].strip())
    if not found:
        return None
    value = float(found[1])
    return None if value > scale or (scale > 1 and 0 < value < 1) else value / scale

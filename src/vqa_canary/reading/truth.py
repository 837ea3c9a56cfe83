"""Whether a text says True or False."""

from __future__ import annotations

from vqa_canary.reading.thinking import answer_part


def read_truth(text: str) -> bool | None:
    """True, False, or None where the text says neither, or both."""
    said = text[slice(*answer_part(text))].strip(" .*\n").casefold()
    return {"true": True, "false": False}.get(said)

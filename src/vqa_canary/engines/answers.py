"""Reading a model's free text strictly: an option, a confidence, or nothing."""

from __future__ import annotations

import re

from vqa_canary.engines.prompts import LETTERS
from vqa_canary.spelling import same_text, visible

_LETTER = re.compile(r"\(?([A-Z])(?:\)|[.:,](?=\s|$)|$)(.*)", re.DOTALL)
_NUMBER = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%?\.?")


def parse_choice(text: str, options: tuple[str, ...]) -> int | None:
    """Index of the option that `text` names, or None.

    Accepted are a letter (`B`, `(B)`, `B)`, `B.`), a letter with that option's own text
    (`B) lung`), and an option's whole text; case of the text, outer space and characters that
    cannot be seen are ignored.
    A letter beyond the options, a letter with another option's text, or anything else names
    nothing.
    """
    answer = visible(text)
    lettered = _LETTER.fullmatch(answer)
    if lettered:
        index, rest = LETTERS.index(lettered[1]), lettered[2].strip().rstrip(".")
        if index >= len(options):
            return None
        return index if not rest or _folded(rest) == _folded(options[index]) else None
    folded = _folded(answer.rstrip("."))
    named = [i for i, option in enumerate(options) if _folded(option) == folded]
    return named[0] if len(named) == 1 else None


def _folded(text: str) -> str:
    return same_text(text).casefold()


def parse_confidence(text: str) -> float | None:
    """A stated confidence from 0 to 100 (per cent sign allowed) as a share, or None.

    A number strictly between 0 and 1 is refused: `0.9` may mean 90 % or 0.9 %.
    """
    found = _NUMBER.fullmatch(text.strip())
    if not found:
        return None
    value = float(found[1])
    return None if value > 100 or 0 < value < 1 else value / 100

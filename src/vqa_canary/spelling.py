"""What counts as the same text: Unicode form, invisible characters and white space around it do not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_INVISIBLE = re.compile(
    "[\0-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Control characters, and those that Unicode calls default ignorable: zero-width spaces and joiners, soft hyphens,
byte-order marks, marks of direction, variation selectors."""


def visible(text: str) -> str:
    """The text without invisible characters, with single spaces and none around it; letters as they are."""
    return " ".join(_INVISIBLE.sub("", text).split())


def same_text(text: str) -> str:
    """A key that two texts share where a reader cannot tell them apart; case counts.

    To be compared only: what is shown, stored or sent stays as its file has it.
    """
    if text.isascii():
        return visible(text)
    return visible(unicodedata.normalize("NFKC", visible(unicodedata.normalize("NFKC", text))))


def lookalikes(name: str, names: Iterable[str]) -> list[str]:
    """Those of `names` that are `name` or differ from it by case and spelling (see `same_text`) alone."""
    wanted = same_text(name).casefold()
    return [other for other in names if same_text(other).casefold() == wanted]

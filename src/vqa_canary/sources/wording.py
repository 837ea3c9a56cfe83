"""One text in many spellings: what counts as the same wording, and one way to write options."""

from __future__ import annotations

import re
from functools import lru_cache

from vqa_canary.spelling import same_text

_NUMBERS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
_DIGITS = {word: str(number) for number, word in enumerate(_NUMBERS)}
_SMALL = {"a", "an", "and", "by", "in", "is", "of", "on", "or", "the", "to"}


@lru_cache(2**16)  # the same few answers are compared again and again
def normalise(text: str) -> str:
    """The form of a text that all spellings of the same wording share.

    Letter case, compatibility and invisible characters, white space, final punctuation and number words do not
    count: `"Two  kidneys."` and `"2 kidneys"` are the same.
    """
    folded = same_text(text).casefold()
    words = " ".join(folded.split()).rstrip(".,;:!? ").replace(" ,", ",")
    return re.sub(r"[a-z]+", lambda word: _DIGITS.get(word[0], word[0]), words)


def tidy(text: str) -> str:
    """The text as an option: single spaces, a space after each comma, capitals as in a title.

    All options of an item are written alike, so that none stands out by its writing.
    """
    words = " ".join(re.sub(r"\s*,\s*", ", ", text).split()).split(" ")
    return " ".join(
        word if (at and word in _SMALL) or word != word.lower() else word[:1].upper() + word[1:]
        for at, word in enumerate(words)
    )

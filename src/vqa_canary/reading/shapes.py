"""What a text that names no option is like, in a few fixed words that never quote it."""

from __future__ import annotations

from collections.abc import Sequence

from vqa_canary.reading.option import read_option

SHAPES = {
    "nothing said": "empty",
    "thinking only": "thinking without an answer",
    "two options": "two options asserted",
    "denied": "an option denied",
    "beyond the options": "a letter beyond the options",
    "letter with another option's text": "a letter with another option's text",
    "letter or text": "a letter that is the text of another option",
    "article": "a sentence that begins with an article",
    "a question": "a question",
    "a refusal": "a refusal",
}


def shape_of(text: str, options: Sequence[str]) -> str:
    """What a text that names no option is like, in a few fixed words that never quote it."""
    read = read_option(text, options)
    if read.choice is not None:
        return "an option right where the answer was cut"
    if read.how in SHAPES:
        return SHAPES[read.how]
    return "a sentence without an option" if len(text.split()) > 3 else "words without an option"

"""What a reviewer has written into a cell: which option is right, yes or no, or nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import ascii_uppercase
from typing import Any

from vqa_canary.quoting import quoted
from vqa_canary.review_form import RIGHT_KEY
from vqa_canary.sources.cells import Refused, text_of
from vqa_canary.sources.label_forms import label_of, letter_of
from vqa_canary.sources.wording import normalise
from vqa_canary.spelling import visible

_YES = frozenset(
    {
        "true",
        "yes",
        "y",
        "1",
        "x",
        "wahr",
        "ja",
        "j",
        "vrai",
        "oui",
        "verdadero",
        "sí",
        "si",
        "s",
        "vero",
        "sì",
    }
    | {"verdadeiro", "sim", "waar", "sant", "sand", "真", "是"}
)
_NO = frozenset(
    {
        "false",
        "no",
        "n",
        "0",
        "falsch",
        "nein",
        "faux",
        "non",
        "falso",
        "não",
        "nao",
        "onwaar",
        "nee",
        "falskt",
    }
    | {"falsk", "nej", "nei", "假", "否"}
)
"""How spreadsheets of several languages write truth values, and how people do."""
_BETWEEN = re.compile(r"(?:[\s,;/|&+]|\b(?:and|or|und|oder|et|ou)\b)+", re.IGNORECASE)
_AROUND = " ().:[]{}*'\"`"


def truth_in(value: Any, field: str) -> bool | None:
    """The cell as yes or no, in the words of several languages; None where it is empty.

    Raises
    ------
    Refused : it is neither
    """
    text = visible(text_of(value, field)).casefold()
    if not text:
        return None
    if text not in _YES | _NO:
        raise Refused(f"{field}: {quoted(text)} is neither yes nor no; write yes, no, or nothing")
    return text in _YES


def key_in(value: Any, options: Sequence[str]) -> int | None:
    """Index of the option that the cell calls right, from 0; None where the cell is empty.

    An option is named by its letter (`B`, `b)`), by its text, or by both (`B) Liver`).

    Raises
    ------
    Refused : it names no option, several of them, or one by its letter and another by its text
    """
    text = visible(text_of(value, RIGHT_KEY))
    if not text:
        return None
    last = ascii_uppercase[len(options) - 1]
    named = {at for at, option in enumerate(options) if normalise(option) == normalise(text)}
    if (letter := _letter(text)) is not None:
        if letter < len(options):
            named.add(letter)
        elif not named:
            raise Refused(f"{RIGHT_KEY}: there is no option {text}; the question has A to {last}")
    elif not named and (label := label_of(text)) and label.kind == "sure":
        letter = ascii_uppercase.index(label.letter)
        if letter >= len(options):
            raise Refused(f"{RIGHT_KEY}: there is no option {label.letter}; the question has A to {last}")
        if normalise(label.text) != normalise(options[letter]):
            raise Refused(
                f"{RIGHT_KEY}: {quoted(text)} has the letter of one option and not its text; write the letter alone"
            )
        named.add(letter)
    if len(named) == 1:
        return named.pop()
    letters = [_letter(part) for part in _BETWEEN.split(text) if part]
    if named:
        raise Refused(
            f"{RIGHT_KEY}: {quoted(text)} is the letter of one option and the text of another; write both, such as "
            f"`{ascii_uppercase[min(named)]}) {options[min(named)]}`"
        )
    if len(letters) > 1 and None not in letters:
        raise Refused(
            f"{RIGHT_KEY}: {quoted(text)} names several options, and a question has one right answer; keep one, or "
            "write yes under `unanswerable`"
        )
    raise Refused(
        f"{RIGHT_KEY}: {quoted(text)} is neither a letter from A to {last} nor the text of an option; write the letter"
    )


def _letter(text: str) -> int | None:
    """Place of a letter that stands alone, whatever is around it."""
    bare = text.strip(_AROUND)
    letter = letter_of(bare) if len(bare) == 1 else ""
    return ascii_uppercase.index(letter) if len(letter) == 1 and letter in ascii_uppercase else None

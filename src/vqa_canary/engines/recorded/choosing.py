"""Which option a recorded answer names."""

from __future__ import annotations

import re
from typing import Any

from vqa_canary.engines.answers import parse_choice
from vqa_canary.engines.prompts import LETTERS
from vqa_canary.engines.recorded.cells import Cells, quoted
from vqa_canary.engines.recorded.options import RecordedModel
from vqa_canary.spelling import same_text, visible

_LETTER = re.compile(r"\(?([A-Za-z])\)?[.:]?")
_TRUTHS = {"true": "Yes", "false": "No"}
_DIGITS = re.compile(r"[0-9]+")


def choice_of(
    answer: Any, shown: tuple[str, ...], options: RecordedModel, cells: Cells, column: str
) -> int | None:
    """Index of the option of `shown` that the recorded `answer` names, or None where it names none.

    `True` and `False` are Yes and No, unless they are options. By `answer_is`: a letter (see `parse_choice`), an
    option's whole text, or an index. Read as `auto`, it is whatever one of them gives.

    Raises
    ------
    BadInput : read as `auto`, a letter or number that is the text of another option, or a bare number without
        `index_from`; an index outside the options
    """
    text = visible(str(answer))
    if text.casefold() in _TRUTHS and text.casefold() not in map(str.casefold, shown):
        text = _TRUTHS[text.casefold()]
    if options.answer_is == "text":
        return _text(text, shown)
    if options.answer_is == "letter":
        return _letter(text, shown)
    index = _index(text, shown, options.index_from)
    if options.answer_is == "index":
        if index is None:
            raise cells.wrong(column, f"{quoted(answer)} is no index of {_span(shown, options.index_from)}")
        return index
    named = {_letter(text, shown), _text(text, shown), index} - {None}
    if len(named) > 1:
        remedy = "set `answer_is` to letter, text or index"
        raise cells.wrong(
            column, f"{quoted(answer)} may name {len(named)} of the options {list(shown)}; {remedy}"
        )
    if not named and _DIGITS.fullmatch(text):
        if options.index_from is not None:
            raise cells.wrong(column, f"{quoted(answer)} is no index of {_span(shown, options.index_from)}")
        remedy = "if it counts them, set `answer_is: index` and `index_from`; if not, `answer_is: text`"
        raise cells.wrong(
            column, f"{quoted(answer)} is the text of none of the options {list(shown)}; {remedy}"
        )
    return named.pop() if named else None


def _text(text: str, shown: tuple[str, ...]) -> int | None:
    for wanted in (text, text.rstrip(".")):
        found = [at for at, option in enumerate(shown) if _folded(option) == _folded(wanted)]
        if len(found) == 1:
            return found[0]
    return None


def _folded(text: str) -> str:
    return same_text(text).casefold()


def _letter(text: str, shown: tuple[str, ...]) -> int | None:
    if found := _LETTER.fullmatch(text):
        at = LETTERS.index(found[1].upper())
        return at if at < len(shown) else None
    return parse_choice(text, shown) if re.match(r"\(?[A-Z][).:]", text) else None


def _index(text: str, shown: tuple[str, ...], index_from: int | None) -> int | None:
    if index_from is None or not _DIGITS.fullmatch(text) or len(text) > 3:
        return None
    at = int(text) - index_from
    return at if 0 <= at < len(shown) else None


def _span(shown: tuple[str, ...], index_from: int | None) -> str:
    first = index_from or 0
    return f"the {len(shown)} options, {first} to {first + len(shown) - 1}"

"""Which option a recorded answer names."""

from __future__ import annotations

import re
from typing import Any

from vqa_canary.engines.recorded.cells import Cells, quoted
from vqa_canary.engines.recorded.options import RecordedModel
from vqa_canary.errors import BadInput
from vqa_canary.reading import read_option
from vqa_canary.spelling import visible

_TRUTHS = {"true": "Yes", "false": "No"}
_DIGITS = re.compile(r"[0-9]+")


def choice_of(
    answer: Any, shown: tuple[str, ...], options: RecordedModel, cells: Cells, column: str
) -> int | None:
    """Index of the option of `shown` that the recorded `answer` names, or None where it names none.

    `True` and `False` are Yes and No, unless they are options. By `answer_is`: a letter or a text, as `read_option`
    reads them, or an index. Read as `auto`, it is whatever one of them gives.

    Raises
    ------
    BadInput : read as `auto`, a letter or number that is the text of another option, or a bare number without
        `index_from`; an index outside the options
    """
    text, plain = str(answer), visible(str(answer))
    if plain.casefold() in _TRUTHS and plain.casefold() not in map(str.casefold, shown):
        text = plain = _TRUTHS[plain.casefold()]
    if options.answer_is in ("letter", "text"):
        return read_option(text, shown, by=options.answer_is).choice
    index = _index(plain, shown, options.index_from)
    if options.answer_is == "index":
        if index is None:
            raise cells.wrong(column, f"{quoted(answer)} is no index of {_span(shown, options.index_from)}")
        return index
    read = read_option(text, shown)
    named = {read.choice, index} - {None}
    if len(named) > 1 or read.how == "letter or text":
        raise _ambiguous(answer, shown, cells, column)
    if not named and _DIGITS.fullmatch(plain):
        if options.index_from is not None:
            raise cells.wrong(column, f"{quoted(answer)} is no index of {_span(shown, options.index_from)}")
        remedy = "if it counts them, set `answer_is: index` and `index_from`; if not, `answer_is: text`"
        raise cells.wrong(
            column, f"{quoted(answer)} is the text of none of the options {list(shown)}; {remedy}"
        )
    return named.pop() if named else None


def _ambiguous(answer: Any, shown: tuple[str, ...], cells: Cells, column: str) -> BadInput:
    remedy = "set `answer_is` to letter, text or index"
    return cells.wrong(column, f"{quoted(answer)} may name 2 of the options {list(shown)}; {remedy}")


def _index(text: str, shown: tuple[str, ...], index_from: int | None) -> int | None:
    if index_from is None or not _DIGITS.fullmatch(text) or len(text) > 3:
        return None
    at = int(text) - index_from
    return at if 0 <= at < len(shown) else None


def _span(shown: tuple[str, ...], index_from: int | None) -> str:
    first = index_from or 0
    return f"the {len(shown)} options, {first} to {first + len(shown) - 1}"

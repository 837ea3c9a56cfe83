"""The right answers that a record states: one, or a list of words for the same thing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from vqa_canary.quoting import quoted
from vqa_canary.sources.cells import Refused, needed_text, text_of
from vqa_canary.sources.list_text import NoList, looks_like_list, parsed_list
from vqa_canary.sources.wording import normalise

_SEVERAL = re.compile(r";|#|\||\n|；|\s/\s|\bor\b|或者|或")
_AS_LIST = 'write a list (["...", "..."]) if each of them is right, or keep one'


def answers_of(value: Any) -> tuple[str, ...]:
    """The right answers in a cell, each once and in the cell's order; the first is the one that an item shows.

    A list has several, be it the format's own or written as JSON or as Python prints it; its members are texts, or
    mappings with a text under `answer` as VQA has them.

    Raises
    ------
    Refused : the cell is empty, or a list that cannot be read
    """
    if isinstance(value, str) and looks_like_list(text := value.strip()):
        try:
            value = parsed_list(text)
        except NoList as error:
            if text[:1] in "[{":
                raise Refused(
                    f"answer: {quoted(text)} begins like a list and is none ({error}); write it as JSON"
                ) from error
    if not isinstance(value, (list, tuple)):
        return (" ".join(needed_text(value, "answer").split()),)
    found: dict[str, str] = {}
    for part in value:
        inner = part["answer"] if isinstance(part, Mapping) and "answer" in part else part
        text = " ".join(text_of(inner, "answer").split())
        if text:
            found.setdefault(normalise(text), text)
    if not found:
        raise Refused("answer: is empty")
    return tuple(found.values())


def refuse_several_in_one(question: str, answer: str) -> None:
    """Raise `Refused` where one text seems to hold several right answers (`pneumonia; lung infection`).

    Which of them is right alone, and whether they are words for one thing, cannot be told.
    """
    if (found := _SEVERAL.search(answer)) and normalise(answer) not in normalise(question):
        raise Refused(
            f"answer: {quoted(answer)} may be several right answers ({quoted(found[0].strip() or found[0])} stands "
            f"between them); {_AS_LIST}"
        )

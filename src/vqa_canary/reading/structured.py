"""Answers within JSON: the value of the key that holds the answer."""

from __future__ import annotations

import re
from dataclasses import dataclass

_KEYS = (
    "answer|final[_ ]?answer|correct[_ ]?answer|predicted[_ ]?answer|answer[_ ]?(?:choice|letter|option|"
    "key)|choice|option|letter"
    "|selected[_ ]?(?:option|answer|choice)|correct[_ ]?(?:option|choice)|prediction|response|result|"
    "output|ans|selection"
    "|\u7b54\u6848|\u9009\u9879|antwort|r\u00e9ponse|respuesta"
)
_PAIR = re.compile(
    rf"(?P<quote>[\"'])(?P<key>{_KEYS})(?P=quote)\s{{0,4}}:\s{{0,4}}(?P<list>\[\s{{0,4}})?"
    r"(?:\"(?P<double>(?:[^\"\\]|\\.){0,400})\"|'(?P<single>(?:[^'\\]|\\.){0,400})'|(?P<bare>[A-Za-z])"
    r"(?=\s{0,4}[,}\]]))"
    r"(?P<more>\s{0,4},\s{0,4}[\"'])?",
    re.IGNORECASE,
)
_OBJECT = re.compile(r"\s{0,40}(?:```[a-zA-Z]{0,10}\s{0,4})?[\[{]\s{0,40}[\"'{\[}]")


@dataclass(frozen=True, slots=True)
class Value:
    """Where the value of an answer's key stands; `several` where it is a list of more than one."""

    start: int
    end: int
    several: bool


def is_object(text: str, start: int, end: int) -> bool:
    """Whether the text is JSON as a whole, fenced or not."""
    return bool(_OBJECT.match(text, start, end))


def answer_values(text: str, start: int, end: int) -> list[Value]:
    """Values of all keys that hold an answer."""
    found = []
    for pair in _PAIR.finditer(text, start, end):
        name = next(kind for kind in ("double", "single", "bare") if pair[kind] is not None)
        several = pair["list"] is not None and pair["more"] is not None
        found.append(Value(*pair.span(name), several))
    return found

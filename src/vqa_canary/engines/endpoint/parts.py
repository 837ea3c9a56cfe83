"""A message whose content is a list of parts: which of them are its answer, and which are thought or a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_ANSWERS = (None, "", "text", "output_text")
"""Types of parts that hold the answer's text. A part of a type unknown here, such as a call of a tool, is no text."""
_OF_THOUGHT = ("think", "reason")
"""Words in the type of a part that holds thinking: `thinking`, `redacted_thinking`, `reasoning`, `reasoning_text`."""
_HOLDERS = ("text", "thinking", "reasoning", "reasoning_text", "summary", "content")
"""Fields of a part that hold its text, or further parts in turn."""
_DEEPEST = 4


@dataclass(frozen=True)
class Spoken:
    """The texts that the parts of a message hold, by what they are."""

    text: str
    """The text of the answer, without thinking."""
    thought: str | None
    """The model's thinking, empty where it is there and cannot be read; None where there is none."""
    refusal: str | None
    """What the model says in refusing to answer; None where it does not refuse."""


def spoken(content: str | list[dict[str, Any]] | None) -> Spoken:
    """The answer, the thinking and the refusal in a message's content: a text, or parts that are objects."""
    if content is None or isinstance(content, str):
        return Spoken(content or "", None, None)
    text, thought, refusal = "", None, None
    for part in content:
        kind = part.get("type")
        if kind in _ANSWERS:
            text += text_of(part.get("text"))
        elif kind == "refusal":
            refusal = (refusal or "") + text_of(part.get("refusal") or part.get("text"))
        elif isinstance(kind, str) and any(word in kind.casefold() for word in _OF_THOUGHT):
            thought = (thought or "") + text_of(part)
    return Spoken(text, thought, refusal)


def text_of(given: object, depth: int = 0) -> str:
    """The text in a text, a part, or parts within one another."""
    if isinstance(given, str):
        return given
    if depth == _DEEPEST:
        return ""
    if isinstance(given, list):
        return "".join(text_of(part, depth + 1) for part in given)
    if isinstance(given, dict):
        return next((text for name in _HOLDERS if (text := text_of(given.get(name), depth + 1))), "")
    return ""

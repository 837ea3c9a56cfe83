"""What comes of reading an answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OptionRead:
    """The option that a text names, how and where; or none, and why."""

    choice: int | None
    """Index of the option, from 0; None where the text names none, or more than one."""
    how: str
    """How the option was named, or why none is: one of `HOW` or `WHY_NOT`."""
    start: int | None = None
    """Index of the character of the given text at which the option's letter begins, or its text if that alone names
    it."""
    end: int | None = None
    """Index of the first character behind the letter or text that begins at `start`."""
    letter: bool = False
    """Whether `start` to `end` holds the option's letter, rather than its text."""


HOW = ("letter", "letter and text", "text", "statement", "boxed", "tag", "json", "none of the options")
"""How an option may be named."""

WHY_NOT = (
    "nothing said",
    "thinking only",
    "two options",
    "denied",
    "beyond the options",
    "letter with another option's text",
    "letter or text",
    "article",
    "a question",
    "a refusal",
    "no option",
)
"""Why a text may name no option."""

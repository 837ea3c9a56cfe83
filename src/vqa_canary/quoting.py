"""How messages quote what a file holds: never more than a few words of it, whatever its cells are."""

from __future__ import annotations

from collections.abc import Iterable

MOST_CHARACTERS, MOST_LINES = 600, 6
"""Most characters, and most lines, of a message about a file or a record."""

_WORDS, _NAMES = 60, 300


def quoted(value: object, most: int = _WORDS) -> str:
    """The value as a message shows it: in quotes where it is a text, and of a long one the first `most` characters."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"<{len(value)} bytes>"
    if isinstance(value, str):
        return repr(value) if len(value) <= most else f"{value[:most]!r}... ({len(value)} characters)"
    if isinstance(value, int) and value.bit_length() > 64:
        return f"<a number of {value.bit_length()} bits>"
    text = repr(value)
    return text if len(text) <= most else f"{text[:most]}... ({type(value).__name__})"


def listed(names: Iterable[object]) -> str:
    """Texts as a message lists them, each in quotes; of very many the first."""
    shown: list[str] = []
    rest = 0
    for name in names:
        text = quoted(name, 40)
        if rest or (shown and sum(map(len, shown)) + len(text) > _NAMES):
            rest += 1
        else:
            shown.append(text)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def shortened(message: str) -> str:
    """The message within `MOST_CHARACTERS` and `MOST_LINES`: what is left out stands in its middle, because a message
    begins with the place and ends with the remedy."""
    lines = message.splitlines()
    text = message if len(lines) <= MOST_LINES else " ".join(line.strip() for line in lines)
    if len(text) <= MOST_CHARACTERS:
        return text
    half = (MOST_CHARACTERS - len(" ... ")) // 2
    return f"{text[:half]} ... {text[-half:]}"

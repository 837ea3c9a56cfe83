r"""Which of the listed tokens spell an answer, and which one carries a given character of it.

Servers write tokens in many ways: as their text, with the marks of the tokeniser for space and line end (`▁`, `Ġ`,
`Ċ`), with bytes beside the text where a token holds a part of a character, or with bytes in place of it (`<0xE2>`,
`bytes:\xe2\x96`). So tokens are compared with the text byte by byte, and white space, which servers trim, is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Protocol

_MARKS = str.maketrans({"▁": " ", "Ġ": " ", "Ċ": "\n", "ĉ": "\t"})
"""How tokenisers write white space."""
_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_ESCAPED = re.compile(r"(?:\\x[0-9A-Fa-f]{2})+")
_SPACE = b" \t\n\r\f\v"
_BEYOND = bytes(range(128, 256))
"""Bytes of characters beyond ASCII."""


class Token(Protocol):
    """A token as a server lists it."""

    @property
    def token(self) -> str: ...
    @property
    def bytes(self) -> list[int] | None: ...


def plain(token: str) -> str:
    """The token's text, as text has it."""
    return token.translate(_MARKS)


def answer_start(tokens: Sequence[Token], text: str) -> int | None:
    """The first token of the answer: of the last ones that spell `text`, before which reasoning may stand.

    None where none spell it, or where there is no text.
    """
    return _start([_spelling(token) for token in tokens], _bytes_of(text))


def token_at(tokens: Sequence[Token], text: str, at: int) -> int | None:
    """Index of the token that holds the beginning of the character `at` of `text`, which the tokens spell.

    Where tokens write what is not ASCII in some way of their own, the rest alone is compared. None where the tokens do
    not spell the text.
    """
    spelt = [_spelling(token) for token in tokens]
    found = _index(spelt, _bytes_of(text), len(_bytes_of(text[:at])))
    if found is None and text[at].isascii():
        ascii_only = [_spelling(token).translate(None, _BEYOND) for token in tokens]
        own, before = (_bytes_of(part).translate(None, _BEYOND) for part in (text, text[:at]))
        found = _index(ascii_only, own, len(before))
    return found


def _start(spelt: Sequence[bytes], wanted: bytes) -> int | None:
    behind = b""
    for at in range(len(spelt) - 1, -1, -1) if wanted else ():
        behind = spelt[at] + behind
        if spelt[at] and behind.startswith(wanted):
            return at
    return None


def _index(spelt: Sequence[bytes], wanted: bytes, before: int) -> int | None:
    """Which token holds the byte of `wanted` that has so many before it."""
    start = _start(spelt, wanted)
    if start is None:
        return None
    ends = accumulate(map(len, spelt[start:]))
    return next(start + index for index, end in enumerate(ends) if end > before)


def _bytes_of(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass").translate(None, _SPACE)


def _spelling(token: Token) -> bytes:
    """The token's bytes without white space."""
    text = token.token
    if found := _BYTE.fullmatch(text):
        spelt = bytes([int(found[1], 16)])
    elif text.startswith("bytes:") and _ESCAPED.fullmatch(text.removeprefix("bytes:")):
        spelt = bytes.fromhex(text.removeprefix("bytes:").replace("\\x", ""))
    elif token.bytes and "\ufffd" in text:
        spelt = bytes(byte for byte in token.bytes if 0 <= byte < 256)
    else:
        return _bytes_of(plain(text))
    return spelt.translate(None, _SPACE)

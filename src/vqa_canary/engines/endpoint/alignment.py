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
"""Characters by which tokenisers write white space, and the white space that each stands for."""
_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_ESCAPED = re.compile(r"(?:\\x[0-9A-Fa-f]{2})+")
_SPACE = b" \t\n\r\f\v"
_BEYOND = bytes(range(128, 256))
"""All bytes that stand in characters beyond ASCII; without them only the ASCII part of a text is compared."""
_MARK = re.compile(rb"<[^<>]{1,40}>|\[/?[A-Z_0-9]{2,40}\]")
"""Fits a token that is no text but a mark, such as the one that ends an answer (`<|im_end|>`, `[/INST]`)."""
_OF_THOUGHT = re.compile(rb"think|thought|reason|channel|message", re.IGNORECASE)
"""Found in a mark that ends a reasoning rather than an answer, such as `</think>`."""
_WORD = re.compile(rb"[A-Za-z0-9\x80-\xff]")


class Token(Protocol):
    """A token as a server lists it."""

    @property
    def token(self) -> str: ...
    @property
    def bytes(self) -> list[int] | None: ...


def plain(token: str) -> str:
    """The text that a token stands for, with white space in place of the tokeniser's marks for it."""
    return token.translate(_MARKS)


def answer_start(tokens: Sequence[Token], text: str, thought: str | None = None) -> int | None:
    """The first token of the answer `text`, or None where it cannot be told.

    It is 0 where the tokens spell the text from their first one on, and nothing behind it but marks or what stands
    behind an end token. Else reasoning may stand before the answer, and what it says may be the answer's text, too: so
    only one run of tokens that ends so may spell the text, and no other run of tokens.

    Where tokens write what is not ASCII in some way of their own, the rest alone is compared.

    Parameters
    ----------
    tokens : listed tokens; those that mark, such as `<s>`, may stand before the answer
    text : the answer
    thought : the reasoning before it, if it is known; then the tokens before a later start must spell it, too
    """
    return _start(_Spelt(tokens), text, thought)


def token_at(tokens: Sequence[Token], text: str, at: int) -> int | None:
    """Index of the token that holds the beginning of the character `at` of `text`, which the tokens spell.

    None where it cannot be told which tokens spell the text, as in `answer_start`.
    """
    # The whole text first; where that fails, without what is not ASCII, which tokens may write in some way of their
    # own. A character that is not ASCII itself cannot be found in that second way.
    for ascii_only in (False, True) if text[at].isascii() else (False,):
        spelt = _Spelt(tokens, ascii_only)
        start = spelt.start(spelt.own(text), None)
        if start is not None:
            before = len(spelt.own(text[:at]))
            # Tokens end where their bytes, added up, pass the character.
            ends = accumulate(len(part) for part in spelt.parts[start:])
            return next(start + index for index, end in enumerate(ends) if end > before)
    return None


def _start(spelt: _Spelt, text: str, thought: str | None) -> int | None:
    found = spelt.start(spelt.own(text), None if thought is None else spelt.own(thought))
    return (
        found if found is not None or spelt.ascii_only else _start(_Spelt(spelt.tokens, True), text, thought)
    )


class _Spelt:
    """What each token of a list spells, without white space, and which tokens only mark."""

    def __init__(self, tokens: Sequence[Token], ascii_only: bool = False) -> None:
        self.tokens, self.ascii_only = tokens, ascii_only
        self.parts = [self._kept(_spelling(token)) for token in tokens]
        self.marks = [bool(_MARK.fullmatch(part)) for part in self.parts]

    def own(self, text: str) -> bytes:
        """The bytes of a text that are compared with those of tokens."""
        return self._kept(_bytes_of(text))

    def start(self, wanted: bytes, thought: bytes | None) -> int | None:
        """Index of the token at which the answer begins; None where it cannot be told."""
        # Every place where the tokens could begin to spell the answer, and those of them behind which nothing else is
        # said.
        begins = [at for at in range(len(self.parts)) if self._spells(at, wanted)]
        whole = [at for at in begins if self._ends(at, wanted)]
        # Nothing but marks before it: this is the answer, whatever else spells the same later. Tokens of white space
        # alone belong to the answer's beginning, so then it starts at 0.
        if whole and not any(self._said(whole[0])):
            return whole[0] if any(self.parts[: whole[0]]) else 0
        # Something stands before it that nobody explained. If a reasoning says the answer's very words, its tokens must
        # not be taken for the answer's, so there may be one candidate only.
        if thought is None:
            return whole[0] if whole and len(begins) == 1 else None
        # A server may trim the reasoning that it reports, so it is enough that what stands before holds it.
        exact = [at for at in begins if b"".join(self._said(at)) == thought]
        behind = exact or [at for at in begins if thought and thought in b"".join(self._said(at))]
        return behind[0] if len(behind) == 1 and behind[0] in whole else None

    def _kept(self, spelt: bytes) -> bytes:
        return spelt.translate(None, _BEYOND) if self.ascii_only else spelt

    def _said(self, at: int) -> list[bytes]:
        """The tokens before a given one that spell something and are no marks."""
        return [part for part, mark in zip(self.parts[:at], self.marks, strict=False) if part and not mark]

    def _spells(self, at: int, wanted: bytes) -> bool:
        return bool(wanted and self.parts[at]) and b"".join(self.parts[at:]).startswith(wanted)

    def _ends(self, at: int, wanted: bytes) -> bool:
        """Whether no letter or digit stands behind the text before an end token does."""
        left = len(wanted)
        for part, mark in zip(self.parts[at:], self.marks[at:], strict=True):
            # The mark that ends a reasoning is no end of the answer: the answer comes behind it.
            if left <= 0 and mark and not _OF_THOUGHT.search(part):
                return True
            if _WORD.search(part[max(left, 0) :]):
                return False
            left -= len(part)
        return True


def _bytes_of(text: str) -> bytes:
    # Lone surrogates, which a broken server may send, have no UTF-8; they must not end the run.
    return text.encode("utf-8", "surrogatepass").translate(None, _SPACE)


def _spelling(token: Token) -> bytes:
    """The token's bytes without white space."""
    text = token.token
    if found := _BYTE.fullmatch(text):
        spelt = bytes([int(found[1], 16)])
    elif text.startswith("bytes:") and _ESCAPED.fullmatch(text.removeprefix("bytes:")):
        spelt = bytes.fromhex(text.removeprefix("bytes:").replace("\\x", ""))
    # U+FFFD in its text says that the token holds a part of a character, which its bytes alone can tell.
    elif token.bytes and "\ufffd" in text:
        spelt = bytes(byte for byte in token.bytes if 0 <= byte < 256)
    else:
        return _bytes_of(plain(text))
    return spelt.translate(None, _SPACE)

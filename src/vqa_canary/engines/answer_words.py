"""Where a word that decides an answer, such as its option's letter, stands among the answer's tokens.

What a model writes before the word is part of what it is read from: the words' probabilities are those at the token
that carries the word of the answer, given the prompt and all tokens of the answer before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any

from vqa_canary.engines.surface_forms import Readout, exclusive
from vqa_canary.reading import begins_a_name

MAJORITY = 0.5
"""Where an answer says none of the words, its first token is read only if they have more than this of all probability
there: else a few stray percent on `A`, the article, would pass for an answer."""

_SPACES = str.maketrans("ĠĊĉ▁", "    ")
_FULL_WIDTH = 0xFEE0
"""Distance in Unicode from a character of ASCII to its form of full width, as Chinese and Japanese texts write it."""
_DECORATION = re.compile(r"[\W_]+")

_LETTER = r"[A-Za-z\uff21-\uff3a\uff41-\uff5a]"
_NO_WORD = r"(?![^\W\u2e80-\U0003ffff])"
"""No letter or digit follows, but for those of scripts that are written without spaces."""
_BARE = re.compile(
    rf"[\s(*]*{_LETTER}(?:[\s*]*(?:[)\]}}.:,;*\u3002\uff09]{_NO_WORD}|\n|$|<))|[\s*]*{_LETTER}[\s*]*[)\]}}\uff09]"
)
"""Fits an answer that begins with a letter which is no word; behind an article (`A mass`) or within `C-arm` the line
goes on with letters. Behind a bracket that closes and was not opened, a word may follow at once: `A)mass`, but not
`(s)he`."""

_BEHIND_A_WORD = re.compile(
    r"(?<!option)(?<!choice)(?<!letter)(?<![\W\d_\u2e80-\U0003ffff])\s+\Z", re.IGNORECASE
)
"""Fits what stands before a letter if it ends with a word and a space, as in `it is c`. No article stands behind
`option`, and none is written in Chinese."""

Decode = Callable[[Sequence[int]], str]


@dataclass(frozen=True)
class Named:
    """A word of an answer: which one, and how and where it is written."""

    word: int
    """Index of the named word among the words whose probabilities are read."""
    written: str
    """The word as the text writes it, in whichever case and width."""
    start: int
    """Index of the character of the text at which the word begins."""


def find_truth(text: str, truth: bool, start: int, end: int) -> Named | None:
    """Where the last `True` or `False` stands in a part of `text`, in any case."""
    found = list(re.compile(rf"(?<!\w){truth}(?!\w)", re.IGNORECASE).finditer(text, start, end))
    return Named(0 if truth else 1, found[-1][0], found[-1].start()) if found else None


def begins_with_bare_letter(text: str) -> bool:
    """Whether an answer's first word is a letter by itself, and not an article or a part of a word or a name."""
    return bool(_BARE.match(text)) and not begins_a_name(text)


def may_be_an_article(text: str, named: Named) -> bool:
    """Whether a small letter is named among words, as in `it is c`: there ` a` may begin `a liver` as well as name A.

    At the beginning, and behind a bracket, a mark, a colon or `option`, a small letter is a letter. A capital is one
    everywhere behind the first word; whether that is an article the whole text says.
    """
    alone = named.written in ascii_lowercase and not text[named.start + 1 : named.start + 2].isalnum()
    return alone and bool(_BEHIND_A_WORD.search(text[: named.start]))


def token_at(decode: Decode, tokens: Sequence[int], text: str, at: int) -> int:
    """Index of the token that holds the beginning of the character `at` of `text`, which the tokens spell."""
    # A binary search, since decoding is costly and more tokens never spell less of the text.
    low, high = 0, len(tokens)
    while low < high:  # the most tokens that spell no more than what stands before
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _spelt(decode(tokens[:middle]), text) <= at else (low, middle - 1)
    # Bytes of a character that more than one token spells are read from the first of them.
    while low and len(said := decode(tokens[:low])) != _spelt(said, text):
        low -= 1
    return low


def _spelt(said: str, text: str) -> int:
    """Number of characters with which both texts begin alike."""
    return next((at for at, (sign, other) in enumerate(zip(said, text, strict=False)) if sign != other),
                min(len(said), len(text)))  # fmt: skip


def spelling_of(written: str, word: str) -> str:
    """`word` in the case and width in which another word is written."""
    if written.isascii():
        return word.lower() if written.islower() else word.upper() if written.isupper() else word
    if not all("\uff21" <= letter <= "\uff5a" for letter in written):
        return word
    plain = "".join(chr(ord(letter) - _FULL_WIDTH) for letter in written)
    return "".join(chr(ord(letter) + _FULL_WIDTH) for letter in spelling_of(plain, word))


def siblings(tokenizer: Any, token: int, named: Named, words: Sequence[str]) -> Readout | None:
    """Tokens that are written like `token`, which holds the named word and marks around it, for every word.

    None where the token holds anything else, or some word has no such token.
    """
    piece = tokenizer.convert_ids_to_tokens(token)
    # Only the word and marks: a token such as `Br` of `Breast` holds more than the letter.
    if piece is None or not is_word(piece, named.written):
        return None
    found = []
    for word in words:
        own = tokenizer.convert_tokens_to_ids(piece.replace(named.written, spelling_of(named.written, word)))
        # The unknown token stands for every text without a token, so it tells no word from another.
        if own is None or own == tokenizer.unk_token_id:
            return None
        found.append(frozenset({int(own)}))
    # Two words must never share a token, else neither could be read there.
    return Readout(tuple(found), {}) if len(set(found)) == len(words) else None


def is_word(piece: str, written: str) -> bool:
    """Whether a token's text is the word as written, and around it spaces and marks alone."""
    return _DECORATION.sub("", piece.translate(_SPACES)) == written


def covers(readout: Readout, tokens: Sequence[int], word: int) -> bool:
    """Whether the tokens begin in one of the ways that are summed for `word`."""
    first, later = tokens[0], readout.later.get(tokens[0])
    return first in readout.first[word] or bool(later and len(tokens) > 1 and tokens[1] in later[word])


def joined(readouts: Sequence[Readout]) -> Readout:
    """All ways of several readouts of the same words; a token that names two words names neither."""
    n = len(readouts[0].first)
    first = [set[int]().union(*(readout.first[at] for readout in readouts)) for at in range(n)]
    # Some readouts know an opening that others do not, and each adds what it knows.
    openings = {opening for readout in readouts for opening in readout.later}
    later = {
        opening: exclusive(
            [
                set[int]().union(
                    *(readout.later[opening][at] for readout in readouts if opening in readout.later)
                )
                for at in range(n)
            ]
        )
        for opening in sorted(openings)
    }
    return Readout(exclusive(first), later)

"""The options as the reader looks for them, and where their texts stand whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from vqa_canary.reading.folding import CLOSED, Folded, folded_option
from vqa_canary.reading.languages import words
from vqa_canary.reading.spellings import other_spellings, shortened

By = Literal["either", "letter", "text"]


LATIN = "0-9a-z\u00aa\u00b5\u00ba\u00df-\u024f\u0370-\u052f_"
"""Signs that make one word with a letter beside them; Chinese ones do not."""


_AFFIRMED = ("\u662f", "\u6709", "\u5bf9")
"""Chinese affirmations, which may be followed by a particle."""


@dataclass(frozen=True)
class ShownOptions:
    """The options as the reader looks for them."""

    texts: tuple[str, ...]
    """Texts of the options in the form of `folded_option`, without an article."""
    by: By
    articled: tuple[str, ...] = ()
    """Texts that begin with the article "a", with it: "A small lesion" is such a text, and no letter A."""

    @property
    def n(self) -> int:
        return len(self.texts)

    @cached_property
    def keys(self) -> tuple[tuple[str, int | None], ...]:
        """Texts and the option that each names, the longest first; None where it is the text of two."""
        named: dict[str, int | None] = {}
        for at, text in enumerate(self.texts):
            if text:
                named[text] = None if text in named else at
        named |= other_spellings(self.texts) | self.short
        return tuple(sorted(named.items(), key=lambda one: -len(one[0])))

    @cached_property
    def short(self) -> dict[str, int]:
        """Shortened texts and the option that each names; they count only where a stop follows."""
        return shortened(self.texts)

    def articled_at(self, view: Folded, at: int) -> bool:
        """Whether a whole text that begins with its article stands at `at`."""
        return any(
            view.small.startswith(text, at) and not _goes_on(view.small, at + len(text), text)
            for text in self.articled
        )

    def text_at(self, view: Folded, at: int) -> tuple[int | None, int] | None:
        """The option whose whole text, the longest, stands at `at`, and where it ends."""
        for key, index in self.keys:
            if view.small.startswith(key, at) or _over_lines(view.small, key, at):
                until = at + len(key)
                if key in _AFFIRMED and view.small[until : until + 1] == "\u7684":
                    until += 1
                if not _goes_on(view.small, until, key) and (
                    key not in self.short or stops(view.small, until)
                ):
                    return index, until
        return None


@lru_cache(maxsize=4096)
def shown_of(options: tuple[str, ...], by: By) -> ShownOptions:
    """The options as the reader looks for them."""
    texts = [folded_option(text) for text in options]
    articled = tuple(text for text in texts if text.startswith("a "))
    return ShownOptions(tuple(map(_without_article, texts)), by, articled)


def _goes_on(small: str, at: int, key: str) -> bool:
    """Whether the text `small` has more of the same word or number at `at`, where the option `key` has ended.

    Then the text names something longer than the option, as `lungs` does for the option `lung`.
    """
    sign, following = small[at : at + 1], small[at + 1 : at + 2]
    if not sign or not key:
        return False
    last = key[-1]
    if last > "\u2e80":
        return (
            sign > "\u2e80"
            and sign.isalpha()
            and not re.match(words("continuers") + "|\u7684?(?:\u56fe|\u5f71)\u50cf", small[at : at + 4])
        )
    if re.match(rf"[{LATIN}]", last) and re.match(rf"[{LATIN}]", sign):
        return True
    if sign in "%\u00b0^" or (
        sign in "+/&=<>" and re.match(rf"[{LATIN}]", last) and (following.strip() or sign == "+")
    ):
        return True
    if sign in "-'" and re.match(rf"[{LATIN}]", following):
        return True
    return last.isdigit() and sign in ".,:" and following.isdigit()


def stops(small: str, at: int) -> bool:
    return small[at : at + 1] in ("", "\n", ".", ",", ";", ":", ")", "!", "\u3002", CLOSED)


def is_word_start(small: str, at: int) -> bool:
    before, sign = small[at - 1 : at] if at else "", small[at : at + 1]
    if not before or not sign:
        return True
    if re.match(rf"[{LATIN}]", before) and re.match(rf"[{LATIN}]", sign):
        return False
    if before == "-" and re.match(rf"[{LATIN}]", small[at - 2 : at - 1] if at > 1 else ""):
        return False
    if sign.isdigit() and before in "-.,<>\u2264\u2265~\u00b1+/":
        return False
    return before not in "%^&+~<>\u2264\u2265\u00b1_#" or not re.match(rf"[{LATIN}]", sign)


def _over_lines(small: str, key: str, at: int) -> bool:
    """Whether `key` stands at `at` but for line ends in place of spaces."""
    part = small[at : at + len(key)]
    return "\n" in part and part.replace("\n", " ") == key


def _without_article(text: str) -> str:
    found = re.match("(?:the|an?) (?=.)", text)
    return text[found.end() :] if found else text

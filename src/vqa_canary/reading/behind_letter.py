"""What follows a letter: an option's text, a second letter, or the rest of a longer word or name."""

from __future__ import annotations

import re

from vqa_canary.reading.folding import CLOSED, Folded
from vqa_canary.reading.languages import LANGUAGES, words
from vqa_canary.reading.shown import LATIN, ShownOptions, is_word_start

ARTICLES = "|".join(dict.fromkeys(word for one in LANGUAGES for word in one.articles if word[-1] != "'"))
ARTICLE = re.compile(rf"(?:(?:{ARTICLES}) |de l'|l')")
_BEHIND_LETTER = re.compile(
    "[)\\]}>\"'\\s.:,;\u3002\u3001=(|>\u2192\u2014-]{1,6}(?:(?:which|that|this) is |i\\.e\\.,? |namely |"
    "is |ist |est |es )?"
)
CLOSERS = re.compile("[)\\]}\"'>]{0,3}")
_JOINS_SIGN = re.compile("[/&+]\\s?(?:or |and )?")


def text_behind(view: Folded, at: int, shown: ShownOptions) -> tuple[set[int] | None, int, bool]:
    """Options whose text stands right behind a letter, where it ends, and whether a reader would take both together."""
    gap = _BEHIND_LETTER.match(view.small, at)
    if gap is None:
        return None, at, False
    ends = [gap.end()]
    plain = re.compile("[)\\]}>\"'\\s.:,;\u3002\u3001=(|>\u2192\u2014-]{1,6}").match(view.small, at)
    if plain and plain.end() != gap.end():
        ends.append(plain.end())
    for start in ends:
        article = ARTICLE.match(view.small, start)
        for place in (start, article.end() if article else start):
            found = shown.text_at(view, place) if is_word_start(view.small, place) else None
            if found:
                choice, until = found
                closed = CLOSERS.match(view.small, until)
                until = closed.end() if closed else until
                whole = "\n" not in gap[0] or view.small[until : until + 1] in (
                    "",
                    "\n",
                    ".",
                    "\u3002",
                    CLOSED,
                )
                return ({choice} if choice is not None else set()), until, whole
    return None, at, False


def joined_by_sign(small: str, at: int, shown: ShownOptions) -> str:
    """The problem of a letter that a sign joins to another one, as in `A/B` and `A & B`; empty where none does."""
    closed = CLOSERS.match(small, at)
    at = closed.end() if closed else at
    at += small[at : at + 1] == " "
    sign = _JOINS_SIGN.match(small, at)
    if not sign:
        return ""
    behind = re.compile(rf"[(\"]?[a-z](?![{LATIN}])").match(small, sign.end())
    return "two options" if behind else ""


def is_bound(small: str, at: int, shown: ShownOptions, view: Folded) -> bool:
    """Whether what follows a letter makes a longer word or name of it: `B-cell`, `C3`, `I'm`, `A.D.`, `B\u8d85`."""
    sign, following = small[at : at + 1], small[at + 1 : at + 2]
    if not sign:
        return False
    if re.match(rf"[{LATIN}/%\u00b0^&+]", sign):
        return True
    if sign == "'" and not re.match(rf"[{LATIN}]", following):
        return not re.search(
            rf"(?<![{LATIN}])'", small[max(0, at - 300) : at]
        )  # a prime, as it closes no quotation
    if sign in "-'.=":
        if not re.match(rf"[{LATIN}]", following):
            return False
        return sign in "'=" or shown.text_at(view, at + 1) is None
    if sign > "\u2e80" and sign.isalpha():
        return not re.match(words("continuers"), small[at : at + 4])
    return False

"""Where a text names an option at a given place: by its letter, by its text, or by both."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from string import ascii_lowercase
from typing import Literal

from vqa_canary.reading.folding import CLOSED, Folded, folded_option
from vqa_canary.reading.languages import LANGUAGES, words

By = Literal["either", "letter", "text"]

LATIN = "0-9a-z\u00aa\u00b5\u00ba\u00df-\u024f\u0370-\u052f_"
"""Signs that make one word with a letter beside them; Chinese ones do not."""

_ARTICLES = "|".join(dict.fromkeys(word for one in LANGUAGES for word in one.articles if word[-1] != "'"))
_ARTICLE = re.compile(rf"(?:(?:{_ARTICLES}) |de l'|l')")
_NOUNS = "|".join(dict.fromkeys(word for one in LANGUAGES for word in one.nouns))
_NOUN = re.compile(
    rf"(?:(?:{_ARTICLES}) |l'|de l')?(?:{_NOUNS})(?: number)?[ :#(\"'\[\n]{{0,4}}(?=[a-z](?![{LATIN}]))"
)
_NOUN_OF_TEXT = re.compile(rf"(?:(?:{_ARTICLES}) |l'|de l')?(?:{_NOUNS})[ :#(\"'\[\n]{{1,4}}")
_NOUN_BEFORE = re.compile(rf"(?<![{LATIN}])(?:{_NOUNS})[ :#(\"'\[]{{0,3}}\Z")
_OPENERS = re.compile(
    "(?:[\\s\"'(\\[{:=\u2192\u2705\u2713\u2714\U0001f449\u2022\u00b7\u25b6\ufffc]|[-=]>|-(?!\\d)|"
    "<(?=[a-z]>)){0,8}"
)
_BEHIND_LETTER = re.compile(
    "[)\\]}>\"'\\s.:,;\u3002\u3001=(|>\u2192\u2014-]{1,6}(?:(?:which|that|this) is |i\\.e\\.,? |namely |"
    "is |stands for |ist |est |es )?"
)
_CLOSERS = re.compile("[)\\]}\"'>]{0,3}")
_LETTER_BEHIND_TEXT = re.compile(
    "[\"']?(?: ?[(\\[]| ?[,:\u2014=]| -|,? (?:which is|this is|that is|i\\.e\\.,?|so|as|in)) ?(?:the )?"
    rf"(?P<noun>(?:{_NOUNS}) ?:? ?)?[\"'(]?(?P<letter>[a-z])(?![{LATIN}'+/%-])"
)
_JOINS_SIGN = re.compile("[/&+]\\s?(?:or |and )?")


_AFFIRMED = ("\u662f", "\u6709", "\u5bf9")
"""Chinese affirmations, which may be followed by a particle."""


@dataclass(frozen=True)
class Shown:
    """The options as the reader looks for them."""

    texts: tuple[str, ...]
    """In the form of `folded_option`, without an article."""
    by: By

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
        return tuple(sorted(named.items(), key=lambda one: -len(one[0])))

    def text_at(self, view: Folded, at: int) -> tuple[int | None, int] | None:
        """The option whose whole text, the longest, stands at `at`, and where it ends."""
        for key, index in self.keys:
            if view.small.startswith(key, at) or _over_lines(view.small, key, at):
                until = at + len(key)
                if key in _AFFIRMED and view.small[until : until + 1] == "\u7684":
                    until += 1
                if not _goes_on(view.small, until, key):
                    return index, until
        return None


@lru_cache(maxsize=4096)
def shown_of(options: tuple[str, ...], by: By) -> Shown:
    """The options as the reader looks for them."""
    return Shown(tuple(_without_article(folded_option(text)) for text in options), by)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A naming of one option, or something that looks like one and is none."""

    choice: int | None
    problem: str
    """Why it names none; empty where it names one."""
    start: int
    end: int
    """Of the letter; where only the text names the option, of the text."""
    until: int
    """Where the naming ends, with brackets and the option's text."""
    letter: bool
    text: bool
    marked: bool
    """Whether brackets or a noun ("option B") tell the letter from a word."""
    capital: bool

    @property
    def how(self) -> str:
        if self.letter:
            return "letter and text" if self.text else "letter"
        return "text"


def phrase_at(view: Folded, at: int, shown: Shown, *, skip: bool = True) -> Phrase | None:
    """What names an option at `at`, behind brackets, quotation marks, an article and a noun ("the option (B)")."""
    small = view.small
    if skip:
        opened = _OPENERS.match(small, at)
        at = opened.end() if opened else at
    bracket = small[at - 1 : at] in ("(", "[", "{", '"', "'", "<") and at > 0
    noun = _NOUN.match(small, at) if _is_word_start(small, at) else None
    if noun and noun.end() > at:
        bracket = small[noun.end() - 1] in "(["
        found = _lettered(view, noun.end(), shown, True, bracket)
        return found
    lower_a = small[at : at + 2] == "a " and view.written[at : at + 1] == "a"
    found = None if lower_a and not bracket else _lettered(view, at, shown, bracket, bracket)
    if found is not None:
        return found
    article = _ARTICLE.match(small, at) if _is_word_start(small, at) else None
    for place in (at, article.end() if article else at):
        if named := _texted(view, place, shown):
            return named
    worded = _NOUN_OF_TEXT.match(small, at) if _is_word_start(small, at) else None
    if worded and (named := _texted(view, worded.end(), shown)):
        return named
    if article and article.end() - at <= 5 and not small.startswith(("a ", "an "), at):
        return _lettered(view, article.end(), shown, bracket, bracket)
    return None


def letters_in(view: Folded) -> list[int]:
    """Where a single letter stands by itself."""
    return [found.start() for found in _SINGLE.finditer(view.small)]


_SINGLE = re.compile(rf"(?<![{LATIN}'])(?<![{LATIN}]-)(?<![{LATIN}][./])[a-z](?![{LATIN}])")


def is_marked(view: Folded, at: int) -> bool:
    """Whether a bracket or a noun stands before the letter at `at`."""
    before = view.small[max(0, at - 30) : at]
    return (before[-1:] in ("(", "[") and view.small[at + 1 : at + 2] in (")", "]")) or bool(
        _NOUN_BEFORE.search(before)
    )


def mention_at(view: Folded, at: int, shown: Shown) -> Phrase | None:
    """The option that the single letter at `at` names."""
    marked = is_marked(view, at)
    return _lettered(view, at, shown, marked, view.small[at - 1 : at] in ("(", "[") and at > 0)


def _lettered(view: Folded, at: int, shown: Shown, marked: bool, bracket: bool) -> Phrase | None:
    small, until = view.small, at + 1
    letter = small[at:until]
    if not letter or letter not in ascii_lowercase or view.written[at] not in (letter, letter.upper()):
        return None
    capital = view.written[at] != letter
    if bracket and small[until : until + 1] not in (")", "]", "}", '"', "'", ">", " ", ":", ".", ",", "-"):
        return None
    index = ascii_lowercase.index(letter)
    choice = index if index < shown.n else None
    if problem := _joined_by_sign(small, until, shown):
        return Phrase(None, problem, at, until, until, True, False, True, capital)
    if _bound(small, until, shown, view):
        return None
    own = [key for key in shown.keys if key[0] == letter]
    if own and shown.by != "letter":
        other = own[0][1]
        if shown.by == "text" or choice is None:
            return _named(other, at, until, small, True, capital)
        if other != choice and not _text_behind(view, until, shown)[0]:
            return Phrase(None, "letter or text", at, until, until, True, False, True, capital)
    elif shown.by == "text":
        return None
    behind, end, whole = _text_behind(view, until, shown)
    closed = _CLOSERS.match(small, until)
    until = closed.end() if closed else until
    if choice is None:
        return Phrase(None, "beyond the options", at, at + 1, until, True, False, marked, capital)
    if behind is None:
        return Phrase(choice, "", at, at + 1, until, True, False, marked, capital)
    if choice in behind:
        if letter == "a" and not bracket and small[at + 1] == " " and not _stops(small, end):
            return None  # "A lung is seen" begins with an article
        return Phrase(choice, "", at, at + 1, end, True, True, True, capital)
    if whole and letter == "a" and not bracket and small[at + 1] == " " and not _stops(small, end):
        return None
    if whole:
        return Phrase(None, "letter with another option's text", at, at + 1, end, True, True, True, capital)
    return Phrase(choice, "", at, at + 1, until, True, False, marked, capital)


def _named(choice: int | None, at: int, until: int, small: str, marked: bool, capital: bool) -> Phrase:
    problem = "" if choice is not None else "two options"
    return Phrase(choice, problem, at, until, until, False, True, marked, capital)


def _texted(view: Folded, at: int, shown: Shown) -> Phrase | None:
    """An option's text at `at`, perhaps with its letter behind."""
    if shown.by == "letter" or not _is_word_start(view.small, at):
        return None
    found = shown.text_at(view, at)
    if found is None:
        return None
    choice, until = found
    if choice is None:
        return Phrase(
            None,
            "letter or text" if until == at + 1 else "two options",
            at,
            until,
            until,
            False,
            True,
            False,
            True,
        )
    behind = _LETTER_BEHIND_TEXT.match(view.small, until)
    if behind and shown.by != "text":
        at_letter = behind.start("letter")
        bracket = view.small[at_letter - 1] in "([" and view.small[at_letter + 1 : at_letter + 2] in (
            ")",
            "]",
        )
        capital = view.written[at_letter] != view.small[at_letter]
        ends = view.small[at_letter + 1 : at_letter + 2] in (
            "",
            ")",
            "]",
            ".",
            ",",
            ";",
            "\n",
            ":",
            '"',
            CLOSED,
        )
        if bracket or behind["noun"] or (capital and ends):
            index = ascii_lowercase.index(behind["letter"])
            closed = _CLOSERS.match(view.small, at_letter + 1)
            end = closed.end() if closed else at_letter + 1
            if index == choice:
                return Phrase(choice, "", at_letter, at_letter + 1, end, True, True, True, capital)
            if index < shown.n:
                problem = "letter with another option's text"
                return Phrase(None, problem, at_letter, at_letter + 1, end, True, True, True, capital)
    closed = _CLOSERS.match(view.small, until)
    return Phrase(choice, "", at, until, closed.end() if closed else until, False, True, False, True)


def _text_behind(view: Folded, at: int, shown: Shown) -> tuple[set[int] | None, int, bool]:
    """Options whose text stands right behind a letter, where it ends, and whether a reader would take both together."""
    gap = _BEHIND_LETTER.match(view.small, at)
    if gap is None:
        return None, at, False
    ends = [gap.end()]
    plain = re.compile("[)\\]}>\"'\\s.:,;\u3002\u3001=(|>\u2192\u2014-]{1,6}").match(view.small, at)
    if plain and plain.end() != gap.end():
        ends.append(plain.end())
    for start in ends:
        article = _ARTICLE.match(view.small, start)
        for place in (start, article.end() if article else start):
            found = shown.text_at(view, place) if _is_word_start(view.small, place) else None
            if found:
                choice, until = found
                closed = _CLOSERS.match(view.small, until)
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


def _joined_by_sign(small: str, at: int, shown: Shown) -> str:
    """`A/B`, `A & B`: two options in one."""
    closed = _CLOSERS.match(small, at)
    at = closed.end() if closed else at
    at += small[at : at + 1] == " "
    sign = _JOINS_SIGN.match(small, at)
    if not sign:
        return ""
    behind = re.compile(rf"[(\"]?[a-z](?![{LATIN}])").match(small, sign.end())
    return "two options" if behind else ""


def _bound(small: str, at: int, shown: Shown, view: Folded) -> bool:
    """Whether what follows a letter makes a longer word or name of it: `B-cell`, `C3`, `I'm`, `A.D.`, `B\u8d85`."""
    sign, following = small[at : at + 1], small[at + 1 : at + 2]
    if not sign:
        return False
    if re.match(rf"[{LATIN}/%\u00b0^&+]", sign):
        return True
    if sign in "-'.=":
        if not re.match(rf"[{LATIN}]", following):
            return False
        return sign in "'=" or shown.text_at(view, at + 1) is None
    if sign > "\u2e80" and sign.isalpha():
        return not re.match(words("continuers"), small[at : at + 4])
    return False


def _goes_on(small: str, at: int, key: str) -> bool:
    """Whether the word or number that ends at `at` goes on."""
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


def _stops(small: str, at: int) -> bool:
    return small[at : at + 1] in ("", "\n", ".", ",", ";", ":", ")", "!", "\u3002", CLOSED)


def _is_word_start(small: str, at: int) -> bool:
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


def options_key(options: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(option) for option in options)

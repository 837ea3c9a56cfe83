"""Where a text names an option at a given place: by its letter, by its text, or by both."""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import ascii_lowercase

from vqa_canary.reading.behind_letter import ARTICLE, ARTICLES, CLOSERS, is_bound, joined_by_sign, text_behind
from vqa_canary.reading.folding import CLOSED, Folded
from vqa_canary.reading.languages import LANGUAGES
from vqa_canary.reading.names import GOES_ON, is_titled
from vqa_canary.reading.shown import LATIN, ShownOptions, is_word_start, stops

_NOUNS = "|".join(dict.fromkeys(word for one in LANGUAGES for word in one.nouns))


_NOUN = re.compile(
    rf"(?:(?:{ARTICLES}) |l'|de l')?(?:{_NOUNS})(?: number)?[ :#(\"'\[\n]{{0,4}}(?=[a-z](?![{LATIN}]))"
)


_NOUN_OF_TEXT = re.compile(rf"(?:(?:{ARTICLES}) |l'|de l')?(?:{_NOUNS})[ :#(\"'\[\n]{{1,4}}")


NOUN_BEFORE = re.compile(rf"(?<![{LATIN}])(?:{_NOUNS})[ :#(\"'\[]{{0,3}}\Z")


_OPENERS = re.compile(
    "(?:[\\s\"'(\\[{:=\u2192\u2705\u2713\u2714\U0001f449\u2022\u00b7\u25b6\ufffc]|[-=]>|-(?!\\d)|"
    "<(?=[a-z]>)){0,8}"
)


_LETTER_BEHIND_TEXT = re.compile(
    "[\"']?(?: ?[(\\[]| ?[,:\u2014=]| -|,? (?:which is|this is|that is|i\\.e\\.,?|so|as|in)) ?(?:the )?"
    rf"(?P<noun>(?:{_NOUNS}) ?:? ?)?[\"'(]?(?P<letter>[a-z])(?![{LATIN}'+/%-])"
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A naming of one option, or something that looks like one and is none."""

    choice: int | None
    problem: str
    """Why the phrase names no option; empty where it names one."""
    start: int
    end: int
    """Index of the first character behind the letter or, where only the text names the option, behind the text."""
    until: int
    """Index at which the naming ends, with brackets and the option's text."""
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


def phrase_at(view: Folded, at: int, shown: ShownOptions, *, skip: bool = True) -> Phrase | None:
    """What names an option at `at`, behind brackets, quotation marks, an article and a noun ("the option (B)")."""
    small = view.small
    if skip:
        opened = _OPENERS.match(small, at)
        at = opened.end() if opened else at
    bracket = small[at - 1 : at] in ("(", "[", "{", '"', "'", "<") and at > 0
    noun = _NOUN.match(small, at) if is_word_start(small, at) else None
    if noun and noun.end() > at:
        bracket = small[noun.end() - 1] in "(["
        found = lettered(view, noun.end(), shown, True, bracket)
        return found
    lower_a = small[at : at + 2] == "a " and view.written[at : at + 1] == "a"
    found = None if lower_a and not bracket else lettered(view, at, shown, bracket, bracket)
    if found is not None:
        return found
    article = ARTICLE.match(small, at) if is_word_start(small, at) else None
    for place in (at, article.end() if article else at):
        if named := _texted(view, place, shown):
            return named
    worded = _NOUN_OF_TEXT.match(small, at) if is_word_start(small, at) else None
    counts = worded is not None and small[worded.end() : worded.end() + 1].isdigit()  # as "option 2" may
    if worded and not counts and (named := _texted(view, worded.end(), shown)):
        return named
    if article and article.end() - at <= 5 and not small.startswith(("a ", "an "), at):
        return lettered(view, article.end(), shown, bracket, bracket)
    return None


def lettered(view: Folded, at: int, shown: ShownOptions, marked: bool, bracket: bool) -> Phrase | None:
    small, until = view.small, at + 1
    letter = small[at:until]
    if not letter or letter not in ascii_lowercase or view.written[at] not in (letter, letter.upper()):
        return None
    capital = view.written[at] != letter
    joined = small[until : until + 1] in ("&", "/", "+") or (
        letter != "a" and small[until : until + 1] == " "
    )
    if joined and shown.by != "letter" and shown.text_at(view, at):
        return None  # as "X ray" or "H&E" may be
    if bracket and small[until : until + 1] not in (
        "",
        "\n",
        ")",
        "]",
        "}",
        '"',
        "'",
        ">",
        " ",
        ":",
        ".",
        ",",
        "-",
    ):
        return None
    index = ascii_lowercase.index(letter)
    choice = index if index < shown.n else None
    if problem := joined_by_sign(small, until, shown):
        return Phrase(None, problem, at, until, until, True, False, True, capital)
    if letter == "a" and not bracket and shown.articled_at(view, at):
        return None
    if is_bound(small, until, shown, view) or is_titled(small, at):
        return None
    if GOES_ON.match(view.written, until) and not text_behind(view, until, shown)[0]:
        return None
    own = [key for key in shown.keys if key[0] == letter]
    if own and shown.by != "letter":
        other = own[0][1]
        if shown.by == "text" or choice is None:
            return _named(other, at, until, small, True, capital)
        if other != choice and not text_behind(view, until, shown)[0]:
            return Phrase(None, "letter or text", at, until, until, True, False, True, capital)
    elif shown.by == "text":
        return None
    behind, end, whole = text_behind(view, until, shown)
    closed = CLOSERS.match(small, until)
    until = closed.end() if closed else until
    if choice is None:
        return Phrase(None, "beyond the options", at, at + 1, until, True, False, marked, capital)
    if behind is None:
        return Phrase(choice, "", at, at + 1, until, True, False, marked, capital)
    if choice in behind:
        if _may_be_article(small, at, bracket) and not stops(small, end):
            return None  # "A lung is seen" begins with an article
        return Phrase(choice, "", at, at + 1, end, True, True, True, capital)
    if whole and _may_be_article(small, at, bracket) and not stops(small, end):
        return None
    if whole:
        return Phrase(None, "letter with another option's text", at, at + 1, end, True, True, True, capital)
    return Phrase(choice, "", at, at + 1, until, True, False, marked, capital)


def _may_be_article(small: str, at: int, bracket: bool) -> bool:
    """Whether "a" may be the article of the word behind it: in "A lung", but not in "A (lung)"."""
    return not bracket and re.match(r"a [^\W_]", small[at : at + 3]) is not None


def _named(choice: int | None, at: int, until: int, small: str, marked: bool, capital: bool) -> Phrase:
    problem = "" if choice is not None else "two options"
    return Phrase(choice, problem, at, until, until, False, True, marked, capital)


def _texted(view: Folded, at: int, shown: ShownOptions) -> Phrase | None:
    """An option's text at `at`, perhaps with its letter behind."""
    if shown.by == "letter" or not is_word_start(view.small, at):
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
            closed = CLOSERS.match(view.small, at_letter + 1)
            end = closed.end() if closed else at_letter + 1
            if index == choice:
                return Phrase(choice, "", at_letter, at_letter + 1, end, True, True, True, capital)
            if index < shown.n:
                problem = "letter with another option's text"
                return Phrase(None, problem, at_letter, at_letter + 1, end, True, True, True, capital)
    closed = CLOSERS.match(view.small, until)
    return Phrase(choice, "", at, until, closed.end() if closed else until, False, True, False, True)

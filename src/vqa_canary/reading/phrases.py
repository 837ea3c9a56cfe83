"""Where a text names an option at a given place: by its letter, by its text, or by both."""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import ascii_lowercase

from vqa_canary.reading.folding import CLOSED, Folded
from vqa_canary.reading.languages import LANGUAGES, words
from vqa_canary.reading.names import GOES_ON, is_titled
from vqa_canary.reading.shown import LATIN, Shown, is_word_start, stops

_ARTICLES = "|".join(dict.fromkeys(word for one in LANGUAGES for word in one.articles if word[-1] != "'"))


_ARTICLE = re.compile(rf"(?:(?:{_ARTICLES}) |de l'|l')")


_NOUNS = "|".join(dict.fromkeys(word for one in LANGUAGES for word in one.nouns))


_NOUN = re.compile(
    rf"(?:(?:{_ARTICLES}) |l'|de l')?(?:{_NOUNS})(?: number)?[ :#(\"'\[\n]{{0,4}}(?=[a-z](?![{LATIN}]))"
)


_NOUN_OF_TEXT = re.compile(rf"(?:(?:{_ARTICLES}) |l'|de l')?(?:{_NOUNS})[ :#(\"'\[\n]{{1,4}}")


NOUN_BEFORE = re.compile(rf"(?<![{LATIN}])(?:{_NOUNS})[ :#(\"'\[]{{0,3}}\Z")


_OPENERS = re.compile(
    "(?:[\\s\"'(\\[{:=\u2192\u2705\u2713\u2714\U0001f449\u2022\u00b7\u25b6\ufffc]|[-=]>|-(?!\\d)|"
    "<(?=[a-z]>)){0,8}"
)


_BEHIND_LETTER = re.compile(
    "[)\\]}>\"'\\s.:,;\u3002\u3001=(|>\u2192\u2014-]{1,6}(?:(?:which|that|this) is |i\\.e\\.,? |namely |"
    "is |ist |est |es )?"
)


_CLOSERS = re.compile("[)\\]}\"'>]{0,3}")


_LETTER_BEHIND_TEXT = re.compile(
    "[\"']?(?: ?[(\\[]| ?[,:\u2014=]| -|,? (?:which is|this is|that is|i\\.e\\.,?|so|as|in)) ?(?:the )?"
    rf"(?P<noun>(?:{_NOUNS}) ?:? ?)?[\"'(]?(?P<letter>[a-z])(?![{LATIN}'+/%-])"
)


_JOINS_SIGN = re.compile("[/&+]\\s?(?:or |and )?")


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
    noun = _NOUN.match(small, at) if is_word_start(small, at) else None
    if noun and noun.end() > at:
        bracket = small[noun.end() - 1] in "(["
        found = lettered(view, noun.end(), shown, True, bracket)
        return found
    lower_a = small[at : at + 2] == "a " and view.written[at : at + 1] == "a"
    found = None if lower_a and not bracket else lettered(view, at, shown, bracket, bracket)
    if found is not None:
        return found
    article = _ARTICLE.match(small, at) if is_word_start(small, at) else None
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


def lettered(view: Folded, at: int, shown: Shown, marked: bool, bracket: bool) -> Phrase | None:
    small, until = view.small, at + 1
    letter = small[at:until]
    if not letter or letter not in ascii_lowercase or view.written[at] not in (letter, letter.upper()):
        return None
    capital = view.written[at] != letter
    if letter != "a" and small[until : until + 1] == " " and shown.by != "letter" and shown.text_at(view, at):
        return None  # as "X ray" may be
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
    if problem := _joined_by_sign(small, until, shown):
        return Phrase(None, problem, at, until, until, True, False, True, capital)
    if letter == "a" and not bracket and shown.articled_at(view, at):
        return None
    if _bound(small, until, shown, view) or is_titled(small, at):
        return None
    if GOES_ON.match(view.written, until) and not _text_behind(view, until, shown)[0]:
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
    return not bracket and re.match("a [^(]", small[at : at + 3]) is not None


def _named(choice: int | None, at: int, until: int, small: str, marked: bool, capital: bool) -> Phrase:
    problem = "" if choice is not None else "two options"
    return Phrase(choice, problem, at, until, until, False, True, marked, capital)


def _texted(view: Folded, at: int, shown: Shown) -> Phrase | None:
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
            found = shown.text_at(view, place) if is_word_start(view.small, place) else None
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

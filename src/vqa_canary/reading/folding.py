"""A text as a reader sees it: no markup, nothing invisible, one Unicode form, and each sign with its place."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from vqa_canary.spelling import visible

OPENED, CLOSED = "\ue000", "\ue001"
"""Stand for the borders of an answer that is set apart, as by `\\boxed{...}` or `<answer>...</answer>`."""
OPAQUE = "\ue002"
"""Stands for a formula, a struck-out text or a tag of unknown meaning."""

_FORMATTING = (
    "text|textbf|textit|textrm|textsf|texttt|mathrm|mathbf|mathit|mathsf|mathtt|mathcal|mathbb|boldsymbol|"
    "bm|bf|rm|it"
    "|emph|underline|operatorname|mbox|hbox|left|right|displaystyle|bigl?|bigr?|large|quad|qquad|ensuremath"
)
_ANSWER_TAGS = (
    "answer|final_answer|final|finalanswer|conclusion|output|response|solution|choice|option|result|ans"
)
_PLAIN_TAGS = (
    "b|i|u|em|strong|span|p|div|code|mark|ul|ol|li|center|font|small|big|sub|sup|pre|body|html|h[1-6]"
)
_MARKUP = re.compile(
    r"(?P<boxed>(?:\\{1,2}|\x08)?f?(?:boxed|oxed|framebox)\s?\{)"
    rf"|(?P<format>\\{{1,2}}(?:{_FORMATTING})(?![A-Za-z])\s?(?P<brace>\{{)?)"
    r"|(?P<space>\\{1,2}[,;:! ])"
    r"|(?P<maths>\\{1,2}[()\[\]])"
    r"|(?P<escape>\\(?=[*_#`~>.\-+!|$%&{}\"']))"
    r"|(?P<command>\\[A-Za-z]{1,20})"
    rf"|(?P<opens><(?:{_ANSWER_TAGS})>|<\|begin_of_box\|>)"
    rf"|(?P<closes></(?:{_ANSWER_TAGS})>|<\|end_of_box\|>)"
    r"|(?P<line><br ?/?>|</p>|</li>|</h[1-6]>|</div>)"
    rf"|(?P<tag></?(?:{_PLAIN_TAGS})(?: [^<>]{{0,200}})?>)"
    r"|(?P<struck>~~|</?(?:del|strike)>)"
    r"|(?P<smiley>(?<=[\s.!])[:;]-?[)(DP](?=\s|\Z))"
    r"|(?P<entity>&(?:nbsp|quot|amp|lt|gt|#\d{1,4});)"
    r"|(?P<table>(?m:^[ \t]{0,8}\|?[ \t:|-]{3,200}$)|\|)"
    r"|(?P<open>\{)|(?P<close>\})"
    r"|(?P<start>(?m:^[ \t]{0,12}(?:[-+\u2022\u25cf\u25aa*\u2013\u2014>][ \t]{1,4}(?=[^\s\d])|"
    r"#{1,6}[ \t]{0,4}(?=\S))))"
    r"|(?P<signs>[*`$]{1,8}|(?<![^\W_])_{1,4}|_{1,4}(?![^\W_]))",
    re.IGNORECASE,
)
_BRACED = {"boxed": (OPENED, CLOSED), "format": ("", ""), "open": ("{", "}")}


@dataclass(frozen=True, slots=True)
class Folded:
    """A text as a reader sees it, sign by sign: in small letters, as written, and where in the
    given text each sign stands."""

    small: str
    written: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """The range of the given text behind the signs `start` to `end`."""
        return self.starts[start], self.ends[end - 1]


def folded(text: str, start: int = 0, end: int | None = None) -> Folded:
    """`text` from `start` to `end` as a reader sees it."""
    signs = _Signs()
    at, until = start, len(text) if end is None else end
    for found in _MARKUP.finditer(text, start, until):
        signs.add(text, at, found.start())
        if found[0] == "*" and _is_note(text, start, found.start()):
            signs.put("^", *found.span())
        else:
            _mark(signs, found, text)
        at = found.end()
    signs.add(text, at, until)
    return signs.done()


@lru_cache(maxsize=4096)
def folded_option(text: str) -> str:
    """An option's text in the form of `Folded.small`, without a full stop at its end."""
    return " ".join(folded(visible(text)).small.split()).rstrip(".\u3002 ")


_NOTED = re.compile(r"(?<![^\W_])[A-Za-z][0-9]?\*(?![*\w])")
"""A letter with a star that closes no emphasis, if none was opened: a note, another thing than the letter."""


def _mark(signs: _Signs, found: re.Match[str], text: str) -> None:
    """What a piece of markup stands for: a border, a space, or nothing."""
    kind, at, until = found.lastgroup or "", found.start(), found.end()
    if found["format"] is not None:
        kind = "format"
    if kind in _BRACED and (kind != "format" or found["brace"]):
        opening, closing = _BRACED[kind]
        signs.braces.append(closing)
        signs.put(opening, at, until)
    elif kind == "close":
        signs.put(signs.braces.pop() if signs.braces else "}", at, until)
    elif kind in ("opens", "closes"):
        signs.put(OPENED if kind == "opens" else CLOSED, at, until)
    elif kind == "line":
        signs.put("\n", at, until)
    elif kind in ("command", "struck"):
        signs.put(OPAQUE, at, until)
    elif kind in ("space", "smiley", "entity", "start", "table") or _between_words(text, at, until):
        signs.put(" ", at, until)


def _is_note(text: str, start: int, at: int) -> bool:
    """Whether the star at `at` marks a note of the letter before it: `T2*`; it closes no emphasis in its line."""
    line = max(start, text.rfind("\n", start, at) + 1)
    return "*" not in text[line:at] and bool(_NOTED.search(text, max(start, at - 2), at + 2))


def _between_words(text: str, at: int, until: int) -> bool:
    """Whether markup stands within what looks like one word: `Option**B**`."""
    return text[at - 1 : at].isalnum() and text[until : until + 1].isalnum()


class _Signs:
    """Signs as they are gathered; runs of white space become one."""

    def __init__(self) -> None:
        self.braces: list[str] = []
        self._small: list[str] = []
        self._written: list[str] = []
        self._starts: list[int] = []
        self._ends: list[int] = []

    def add(self, text: str, start: int, end: int) -> None:
        """Add the text from `start` to `end`, sign by sign with the marks that combine with it."""
        while start < end:
            until = start + 1
            while until < end and _combines(text[until]):
                until += 1
            self.put(_form(text[start:until]), start, until)
            start = until

    def put(self, signs: str, start: int, end: int) -> None:
        """Add `signs` in place of what stands from `start` to `end`."""
        for sign in signs:
            if sign.isspace():
                self._space("\n" if sign in "\n\r\u2028\u2029\x0b\x0c\x85" else " ", start, end)
                continue
            for small in sign.casefold():
                self._append(small, sign, start, end)

    def done(self) -> Folded:
        while self._small and self._small[-1] in " \n":
            self._drop_last()
        return Folded("".join(self._small), "".join(self._written), tuple(self._starts), tuple(self._ends))

    def _space(self, sign: str, start: int, end: int) -> None:
        if not self._small:
            return  # a text begins with its first visible sign
        if self._small[-1] in " \n":
            if sign == "\n":
                self._small[-1] = self._written[-1] = "\n"
        else:
            self._append(sign, sign, start, end)

    def _append(self, small: str, written: str, start: int, end: int) -> None:
        if (
            small.isdigit()
            and self._small[-1:] == [" "]
            and self._small[-2:-1] in (["<"], [">"], ["\u2264"], ["\u2265"])
        ):
            self._drop_last()  # `> 5` is `>5`
        self._small.append(small)
        self._written.append(written)
        self._starts.append(start)
        self._ends.append(end)

    def _drop_last(self) -> None:
        for signs in (self._small, self._written, self._starts, self._ends):
            signs.pop()


def _combines(sign: str) -> bool:
    return sign > "\u02ff" and (unicodedata.combining(sign) != 0 or "\u1160" <= sign <= "\u11ff")


def _form(cluster: str) -> str:
    """One Unicode form, in which full-width and ordinary signs are the same, and what is not seen is gone."""
    if cluster.isascii() and (cluster.isprintable() or cluster.isspace()):
        return cluster
    form = unicodedata.normalize("NFKC", cluster)
    if form and unicodedata.category(form[0]) in ("So", "Sk") and form[0] not in _MEANT:
        return " "  # a picture of a face or a thumb says nothing
    seen = visible(form) or (" " if cluster[0].isspace() else "")
    return seen.translate(_ALIKE)


_MEANT = "\u2705\u2713\u2714\u274c\u2717\u2718\u2715\u2716\u2611\u2612\u27a1\u00b0\u2192\u25b6^`\u00b4\u00a8"
"""Pictures that say something of what stands beside them, and signs that are part of words or numbers."""

_ALIKE = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u02bc\u00b4\u2032", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb\u300c\u300d\u300e\u300f\u2033", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63", "-"),
        "\u2015": "\u2014",
        **dict.fromkeys("\u3010\u3014\u3016\u27e8\u3008\u300a", "["),
        **dict.fromkeys("\u3011\u3015\u3017\u27e9\u3009\u300b", "]"),
        "\u2044": "/",
        "\u27a1": "\u2192",
        "\u2611": "\u2705",
        "\u2612": "\u274c",
    }
)

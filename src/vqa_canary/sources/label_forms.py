"""The letter before one option's text, in the forms in which people write it: `A. Lung`, `**(B)** Liver`, `C、脾脏`."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Literal

ONE = r"A-Za-z\uff21-\uff3a\uff41-\uff5a"
"""Characters that are letters of options, plain and full-width, to stand in a regular expression."""
MARK = "[).:、．）：]"
"""Marks that stand behind a letter which counts the options."""

_WORD = r"(?:option|choice|answer|choix|réponse|opción|respuesta|antwort|选项)"
_SURE = re.compile(
    rf"(?P<word>{_WORD}\s*)?(?:[(\[（【{{]\s*(?P<closed>[{ONE}])\s*[)\]）】}}][.:：]?"
    rf"|(?P<bare>[{ONE}])(?P<mark>\s?(?:{MARK}|\])))\s*(?P<text>.*)",
    re.DOTALL | re.IGNORECASE,
)
_DASH = "-\u2010-\u2015\uff0d"
_APART = re.compile(
    rf"(?:(?P<bare>[{ONE}])(?P<mark>\s?(?:->|=>|→)\s*|\s+[{_DASH}]\s*|[{_DASH}]\s+|\s?[\u2014\u2015]\s?"
    r"|\s?(?:[=,>;，；\uff1d\uff1e])\s*|\s?[/／](?!\w\b)\s*|\s?[^\w\s+'\u2019*°%&<≤≥±]{1,2}\s+)"
    rf"|(?i:{_WORD})\s+(?P<named>[A-Z])[\s,=>-]"
    rf"|<(?P<angled>[{ONE}])>|[\"'“\u2018「『](?P<quoted>[{ONE}])[\"'”\u2019」』])\s*(?P<text>.*)",
    re.DOTALL,
)
"""Fits a letter with a mark that also stands within names, such as a dash between spaces (`B - cell`)."""
_SPACED = re.compile(
    rf"(?P<bare>[{ONE}])(?:\s+|_\s*|['\u2019*+]\s+|-(?=[A-Z][a-z]{{2}})|(?=[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]))(?P<text>\w.*)",
    re.DOTALL,
)
"""Fits a letter and what stands between it and a text, which may stand within a name as well: `A Lung`, `A-Lung`,
`A肺`."""

_COMBINED = re.compile(
    r"[A-Z](?:(?:\s|[,;&+/<=>]|\band\b|\bor\b)+[A-Z]\b)*(?:\s(?:only|alone|both))?\W*", re.IGNORECASE
)
"""Fits a text behind `A, ` or `A > ` that is other letters alone, as in `A, B and C`; there the letters are the
text."""
_ABOUT = re.compile(
    r"(?:and|or|only|alone|is|are|was|has|but|not|with|without|than|und|oder|nur|et|ou|或|和)\b|(?:y|o|e) [A-Z]\b",
    re.IGNORECASE,
)
"""Fits a text behind `A ` that says something of a thing which is called A."""
_NAME = re.compile(
    r"(?:fib|fibrillation|flutter|fib(?:er|re)s?|lines?|waves?|bands?|cells?|lymphocytes?|diff|difficile|coli|sections?"
    r"|spine|dimer|mode|scan|symptoms?|arms?|tubes?|vitamins?|ring|loop|peptide|reactive|strep|streptococc\w+|virus|natriuretic)\b",
    re.IGNORECASE,
)
"""Fits the second word of a name that begins with a letter: `A fib`, `B cell`, `C diff`."""

_BULLET = re.compile(r"[-+*•‣▪◦]\s+|#{1,6}\s*")
_OPENED = re.compile(
    r"(?P<same>\*{1,3}|_{1,3}|`{1,3}|~~|\${1,2})|<(?P<tag>[A-Za-z][A-Za-z0-9]{0,9})(?:\s[^<>]{0,99})?>"
    r"|(?P<latex>\\(?:text|textbf|textit|mathrm|mathbf|boxed)\{)"
)
_CLOSED_HERE = "\ue000"
"""A character of no text that stands, while a text is looked at, where the markup around its beginning ends."""
_DEEPEST = 4
_CIRCLED = re.compile(
    "[\u249c-\u24e9\U0001f110-\U0001f129\U0001f130-\U0001f149\U0001f150-\U0001f169\U0001f170-\U0001f189]"
)
_WITHOUT_FORM = (0x1F150, 0x1F170)
"""Code points of the first white letters in black circles and in black squares; Unicode does not say which letters
these characters are."""

_EPITHET = re.compile(r"[a-z]{3,}(us|is|um|a|ae|i|ans|ens)")
_NO_EPITHET = re.compile(r".*(itis|osis|asis|esis|ysis|ia|oma|ema|ea)")
"""Fits single small words that cannot be the second half of a Latin name (`A. fumigatus`), such as diseases by their
endings."""


@dataclass(frozen=True, slots=True)
class Label:
    """A letter, and the text behind it."""

    written: str
    """The letter as the file writes it."""
    text: str
    kind: Literal["sure", "apart", "spaced"]
    """How sure it is that the letter counts an option. `sure`: its mark does nothing else; `apart`: its mark also
    stands in names (`B - cell`); `spaced`: a space alone, or what else may be part of a name (see `_SPACED`)."""
    mark: str = ""
    """The mark behind the letter, if nothing stands before the letter; otherwise empty."""

    @property
    def letter(self) -> str:
        """A capital from A to Z."""
        return letter_of(self.written)

    @property
    def may_be_a_species(self) -> bool:
        """Whether letter and text may be a Latin name, such as `B. cereus`."""
        latin = _EPITHET.fullmatch(self.text) and not _NO_EPITHET.fullmatch(self.text)
        return self.mark == "." and self.written.isupper() and bool(latin)

    @property
    def may_be_a_formula(self) -> bool:
        """Whether letter and text may be a statement about a number, such as `A = 5`."""
        return self.mark in ("=", ">", "\uff1d", "\uff1e") and self.text[:1].isdigit()


def label_of(text: str) -> Label | None:
    """The letter before a text, and the rest of it without the markup around its beginning; None where there is none.

    Whether the letter counts the options can only be told from all of them together, see `unlabelled`.
    """
    bare = _without_markup(_BULLET.sub("", text, count=1) if _BULLET.match(text) else text)
    plain = " ".join(bare.replace(_CLOSED_HERE, "").split())
    if found := _SURE.fullmatch(plain):
        mark = "" if found["word"] else (found["mark"] or "").strip()
        return _label(found["closed"] or found["bare"], found["text"], "sure", mark)
    found = _APART.fullmatch(plain)
    if (
        found
        and not _COMBINED.fullmatch(found["text"])
        and not (found["named"] and _ABOUT.match(found["text"]))
    ):
        letter = found["bare"] or found["named"] or found["angled"] or found["quoted"]
        return _label(letter, found["text"], "apart", (found["mark"] or "").strip())
    if found := re.fullmatch(rf"([{ONE}])\s*{_CLOSED_HERE}+\s*(.*)", bare, re.DOTALL):
        return _label(found[1], found[2].replace(_CLOSED_HERE, ""), "apart")
    if found := _CIRCLED.match(plain):
        return _label(_in_circle(found[0]), plain[1:], "apart")
    if (found := _SPACED.fullmatch(plain)) and not (
        _ABOUT.match(found["text"]) or _NAME.match(found["text"])
    ):
        return _label(found["bare"], found["text"], "spaced")
    return None


def letter_of(written: str) -> str:
    """The plain capital of a letter in any case or width."""
    return unicodedata.normalize("NFKC", written).upper()


def _label(written: str, text: str, kind: Literal["sure", "apart", "spaced"], mark: str = "") -> Label | None:
    return Label(written, text.strip(), kind, mark) if text.strip() else None


def _without_markup(text: str) -> str:
    """The text without Markdown, HTML or LaTeX around its beginning; `_CLOSED_HERE` stands where that ended.

    Markup that is not closed is none, but for tags: `<p>A. Lung`.
    """
    for _ in range(_DEEPEST):
        found = _OPENED.match(text)
        if found is None:
            break
        rest = text[found.end() :]
        tag = found["tag"]
        closing = f"</{tag}>" if tag else "}" if found["latex"] else found["same"]
        at = rest.lower().find(closing.lower())
        if at < 0 and (not tag or len(tag) == 1):  # `<B> Liver` is a letter
            break
        if at >= 0:
            rest = rest[:at] + _CLOSED_HERE + rest[at + len(closing) :]
        text = rest.lstrip()
    return text


def _in_circle(character: str) -> str:
    for first in _WITHOUT_FORM:
        if first <= ord(character) < first + len(ascii_uppercase):
            return ascii_uppercase[ord(character) - first]
    return unicodedata.normalize("NFKC", character).strip("()")

"""Letters that stand before the options' texts: `A. Lung`, `(B) Liver`, `C、脾脏`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from string import ascii_uppercase

from vqa_canary.quoting import listed
from vqa_canary.sources.cells import Refused

LETTERS = ascii_uppercase

_ONE = r"A-Za-z\uff21-\uff3a\uff41-\uff5a"
"""Letters, plain and full-width."""
_IN_BRACKETS = rf"[(\[（【]\s*([{_ONE}])\s*[)\]）】][.:：]?"
_MARK = "[).:、．）：]"
_DASH = r"\s+[-\u2010-\u2015\uff0d]\s"
"""A dash between spaces: `A - Lung`; without them it stands within words (`A-V node`)."""
_WORD = r"(?P<word>(?:option|choice|选项)\s*)"
_LABELLED = re.compile(
    rf"{_WORD}?(?:(?P<closed>[(\[（【]\s*(?P<inner>[{_ONE}])\s*[)\]）】][.:：]?)|(?P<bare>[{_ONE}])(?P<mark>\s?(?:{_MARK}|\])|{_DASH}))\s*"
    r"(?P<text>.*)",
    re.DOTALL | re.IGNORECASE,
)
_INLINE = re.compile(rf"(?:(?<=\s)|(?<=[,;，；。])|\A)(?:{_IN_BRACKETS}|([A-Z\uff21-\uff3a])\s?{_MARK})\s*")
_EPITHET = re.compile(r"[a-z]{3,}(us|is|um|a|ae|i|ans|ens)")
_NO_EPITHET = re.compile(r".*(itis|osis|asis|esis|ysis|ia|oma|ema|ea)")
"""Single small words that may be the second half of a Latin name (`A. fumigatus`), and endings of diseases."""
_BEFORE = re.compile(r"[,;，；]\s*$")


def unlabelled(places: Sequence[str]) -> tuple[str, ...]:
    """The options' texts without the letters before them, where each bears its own; else the texts as they are.

    `B. cereus` and `E. coli` are names, not letters with texts: a letter with a point before a small letter counts only
    where it is the letter of the option's own place.

    Raises
    ------
    Refused : a letter stands before some options alone, twice, or before another place than its own; or all may be
        names of species, whose letter is part of them
    """
    found = _labels_of(places)
    labels = {at: _letter(one) for at, one in found if one and one["text"].strip()}
    if len(labels) == len(found) and all(LETTERS[at : at + 1] == letter for at, letter in labels.items()):
        if found and all(one and _may_be_a_species(one) for _, one in found):
            raise Refused(
                f"options: {listed(text for text in places if text)} may be names or letters with texts; write the "
                "names in full, or the texts without the letters"
            )
        told = dict(found)
        return tuple(one["text"].strip() if (one := told.get(at)) else "" for at in range(len(places)))
    certain = [at for at, letter in labels.items() if not _may_be_a_name(places[at], letter, at, len(places))]
    if not certain:
        return tuple(places)
    letters = [labels[at] for at in sorted(labels)]
    if len(labels) < len(found):
        raise Refused(
            f"options: a letter stands before some of them alone ({listed(places[at] for at in certain)}); put one "
            "before each or before none"
        )
    raise Refused(
        f"options: the letters before them are {', '.join(letters)} and not {', '.join(LETTERS[: len(letters)])}; put "
        "them in order, or write a name that begins with a letter and a point in full"
    )


def inline_labelled(text: str) -> list[str] | None:
    """The texts of one cell such as `A. Lung B. Liver C. Spleen` or `(A) Lung, (B) Liver`; None where it is none.

    Raises
    ------
    Refused : letters stand in it, but not from A on, each once and in order
    """
    found = list(_INLINE.finditer(text))
    if len(found) < 2 or found[0].start() != 0:
        return None
    letters = [_letter_of(one[1] or one[2]) for one in found]
    if letters != list(LETTERS[: len(letters)]):
        raise Refused(
            f"options: the letters in the cell are {', '.join(letters[:26])}, not A, B, ... each once and in order; "
            'write the options as a JSON list (["...", "..."])'
        )
    ends = [*(one.start() for one in found[1:]), len(text)]
    texts = [text[one.end() : end].strip() for one, end in zip(found, ends, strict=True)]
    texts = [_BEFORE.sub("", part) for part in texts]
    if not all(texts):
        raise Refused("options: a letter has no text behind it; write the options as a JSON list")
    return texts


def _labels_of(places: Sequence[str]) -> list[tuple[int, re.Match[str] | None]]:
    """The letter before each text that is not empty.

    Letters before dashes are none where one of them has no option (`B - cell`, `T - cell`).
    """
    found = [(at, _LABELLED.fullmatch(text)) for at, text in enumerate(places) if text]
    dashed = {at: one for at, one in found if one and one["mark"] and re.fullmatch(_DASH, one["mark"])}
    if all(_letter(one) in LETTERS[: len(places)] for one in dashed.values()):
        return found
    return [(at, None if at in dashed else one) for at, one in found]


def _letter(found: re.Match[str]) -> str:
    return _letter_of(found["inner"] or found["bare"])


def _letter_of(letter: str) -> str:
    return unicodedata.normalize("NFKC", letter).upper()


def _may_be_a_species(found: re.Match[str]) -> bool:
    epithet = found["text"].strip()
    abbreviated = (
        found["closed"] is None
        and found["word"] is None
        and found["mark"].strip() == "."
        and found["bare"].isupper()
    )
    return bool(abbreviated and _EPITHET.fullmatch(epithet) and not _NO_EPITHET.fullmatch(epithet))


def _may_be_a_name(text: str, letter: str, at: int, n_places: int) -> bool:
    """Whether a text may begin with an abbreviated name (`E. coli`, `T: high`) rather than with a letter before it."""
    found = _LABELLED.fullmatch(text)
    if (
        found is None
        or found["closed"] is not None
        or found["mark"].strip() not in ".:"
        or letter == LETTERS[at : at + 1]
    ):
        return False
    return found["text"][:1].islower() and (found["mark"].strip() == "." or letter not in LETTERS[:n_places])

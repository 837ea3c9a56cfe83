"""Options that a record brings along, and which of them its answer names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any, Literal

from vqa_canary.sources.cells import Refused, shown, text_of
from vqa_canary.sources.wording import normalise
from vqa_canary.spelling import visible
from vqa_canary.tabular import Unreadable
from vqa_canary.tabular.json_records import parse_cell

AnswerIs = Literal["auto", "letter", "text", "index"]
"""How answers name an option; `auto` takes what is certain and refuses the rest."""

LETTERS = ascii_uppercase

_LETTER = re.compile(r"\(?([A-Za-z])[).:]?")
_LABELLED = re.compile(r"\(?([A-Za-z])[).:]\s*(.*)", re.DOTALL)
_DIGITS = re.compile(r"[0-9]+")
_AS_A_WHOLE = re.compile(  # in the form that `normalise` gives, where `one` is `1`
    r"(none|neither|nothing|no 1)( of (the|these|those|them)\b.*| (apply|applies|listed))?"
    r"|(all|both|any|each)( of (the|these|those|them|above)\b.*| (the )?above| apply)?"
    r"|no (correct|right) (answer|option)\b.*|(the )?(correct|right) answer is not listed|not listed"
    r"|((options?|answers?) )?[a-e](, [a-e])*,? (and|or|&) [a-e]( only)?"
)
"""Wordings that speak of the other options: hiding one of these changes what they say."""


@dataclass(frozen=True, slots=True)
class GivenOptions:
    """The options of one record."""

    places: tuple[str, ...]
    """One text a letter, in the file's order; empty where the record has no such option."""

    @property
    def texts(self) -> tuple[str, ...]:
        """Without the empty ones."""
        return tuple(text for text in self.places if text)

    def answer_index(self, answer: str, answer_is: AnswerIs, index_from: int | None) -> int:
        """Which of `texts` the answer names.

        A letter counts places, so that `D` is the fourth also where `C` is empty. A letter with the option's
        own text (`B) lung`) is a letter. Read as `auto`, an answer of one letter or of digits is refused where
        some option's text is such a letter or number of *another* option: `B` among the blood groups
        `A, B, AB, O` is safe, among `B, A, AB, O` it is not. Digits are an index only where `index_from` is set.

        Raises
        ------
        Refused : it names no option, or may name two
        """
        answer = visible(answer)
        read = {"letter": [self._letter], "text": [self._text], "index": [self._index]}
        readers = read.get(answer_is, [self._letter, self._text, self._index])
        if answer_is == "auto":
            self._refuse_ambiguous(answer, index_from)
        found = {at for reader in readers if (at := reader(answer, index_from)) is not None}
        if len(found) != 1:
            raise Refused(
                f"answer: {answer!r} names {'several' if found else 'none'} of the options "
                f"{', '.join(map(repr, self.texts))}{self._remedy(answer, answer_is)}"
            )
        (place,) = found
        return sum(1 for text in self.places[:place] if text)

    def _remedy(self, answer: str, answer_is: AnswerIs) -> str:
        if answer_is == "auto" and _DIGITS.fullmatch(answer):
            return "; if it counts them, say `answer_is: index` and `index_from: 0` or `1`"
        return "" if answer_is == "auto" else f" (`answer_is: {answer_is}`)"

    def _refuse_ambiguous(self, answer: str, index_from: int | None) -> None:
        for shape, name in ((_LETTER, "letter"), (_DIGITS, "index")):
            if not shape.fullmatch(answer):
                continue
            for at, text in enumerate(self.places):
                if shape.fullmatch(text) and self._elsewhere(text, at, index_from):
                    raise Refused(
                        f"answer: {answer!r} may be a {name} or a text, since {text!r} is the text of an option "
                        "and stands for another; set `answer_is`"
                    )

    def _elsewhere(self, text: str, at: int, index_from: int | None) -> bool:
        bases = (0, 1) if index_from is None else (index_from,)
        named = {self._letter(text, None), *(self._index(text, base) for base in bases)} - {None}
        return bool(named - {at})

    def _letter(self, answer: str, index_from: int | None) -> int | None:
        del index_from
        if found := _LETTER.fullmatch(answer):
            return self._place(LETTERS.index(found[1].upper()))
        if found := _LABELLED.fullmatch(answer):
            at = self._place(LETTERS.index(found[1].upper()))
            same = at is not None and normalise(found[2]) == normalise(self.places[at])
            return at if same else None
        return None

    def _text(self, answer: str, index_from: int | None) -> int | None:
        del index_from
        wanted = normalise(answer)
        return next((at for at, text in enumerate(self.places) if text and normalise(text) == wanted), None)

    def _index(self, answer: str, index_from: int | None) -> int | None:
        if index_from is None or not _DIGITS.fullmatch(answer) or len(answer) > 3:
            return None
        return self._place(int(answer) - index_from)

    def _place(self, at: int) -> int | None:
        return at if 0 <= at < len(self.places) and self.places[at] else None


def options_of(cells: Sequence[Any] | Any, separator: str) -> GivenOptions | None:
    """The options in a record's cells; None where all are empty.

    Parameters
    ----------
    cells : a list with one cell a letter, or one cell: a list, a mapping of letters to texts, a list of such
        pairs (`{"letter": "A", "content": ...}`), a JSON list as text, or texts between separators

    Raises
    ------
    Refused : fewer than two options, more than letters, one stands twice, or not to be read
    """
    places = tuple(" ".join(text_of(cell, "options").split()) for cell in _listed(cells, separator))
    while places and not places[-1]:
        places = places[:-1]
    if not places:
        return None
    texts = [text for text in places if text]
    if len(texts) < 2:
        hint = f"; is {separator!r} what stands between them (`separator`)?" if isinstance(cells, str) else ""
        raise Refused(f"options: only one, {texts[0]!r}{hint}")
    if len(places) > len(LETTERS):
        raise Refused(f"options: {len(places)} of them, but there are {len(LETTERS)} letters")
    if labels := _unlabelled(places):
        places = labels
    folded = [normalise(text) for text in places if text]
    for at, text in enumerate(folded):
        if text in folded[:at]:
            raise Refused(f"options: {texts[at]!r} stands twice")
        if not text:
            raise Refused(f"options: {texts[at]!r} has no words")
    return GivenOptions(places)


def speaks_of_others(option: str) -> bool:
    """Whether an option is about the other options: none, all or both of them."""
    return bool(_AS_A_WHOLE.fullmatch(normalise(option)))


def _listed(cell: Any, separator: str) -> list[Any]:
    if isinstance(cell, Unreadable):
        raise Refused(f"options: {cell.why}")
    if isinstance(cell, Mapping):
        letters = sorted(key for key in cell if isinstance(key, str))
        if letters != list(LETTERS[: len(cell)]):
            raise Refused(f"options: keys {', '.join(map(repr, shown(cell)))} are not A, B, ... in order")
        return [cell[letter] for letter in letters]
    if isinstance(cell, (list, tuple)):
        return [_of_pair(part, at) for at, part in enumerate(cell)]
    text = text_of(cell, "options")
    if text.startswith("["):
        try:
            parsed = parse_cell(text)
        except ValueError as error:
            raise Refused(f"options: {text[:60]!r} begins like a JSON list and is none ({error})") from error
        return _listed(parsed, separator)
    if text.startswith("{"):
        raise Refused(f"options: {text[:60]!r} is neither a list nor texts between {separator!r}")
    return text.split(separator) if text else []


def _of_pair(part: Any, at: int) -> Any:
    if not isinstance(part, Mapping):
        return part
    values = list(part.values())
    if len(values) == 2 and at < len(LETTERS) and LETTERS[at] in values:
        return values[1 - values.index(LETTERS[at])]
    raise Refused(f"options: {shown(part)!r} is not option {LETTERS[at % 26]} and its text")


def _unlabelled(places: Sequence[str]) -> tuple[str, ...] | None:
    """`A: scalp`, `B: ear` without the letters, where each bears its own."""
    found = [_LABELLED.fullmatch(text) for text in places]
    texts = [one[2] for one in found if one and one[2]]
    own = all(one and one[1].upper() == letter for one, letter in zip(found, LETTERS, strict=False))
    return tuple(texts) if own and len(texts) == len(places) else None

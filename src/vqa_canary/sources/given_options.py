"""Options that a record brings along, and which of them its answer names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from vqa_canary.quoting import listed, quoted
from vqa_canary.sources.cells import GAPS, Refused, text_of
from vqa_canary.sources.label_forms import label_of
from vqa_canary.sources.languages import LANGUAGES
from vqa_canary.sources.option_cells import listed_options
from vqa_canary.sources.option_labels import LETTERS, single_spaced, unlabelled
from vqa_canary.sources.wording import normalise
from vqa_canary.spelling import visible

AnswerIs = Literal["auto", "letter", "text", "index"]
"""How the answers of a table name an option; `auto` takes what is certain and refuses the rest."""

_LETTER = re.compile(
    r"(?:option\s+|choice\s+|选项\s*)?[(\[【]?\s*([A-Za-z])\s*[)\]】]?[.:、]?", re.IGNORECASE
)
_SEVERAL = re.compile(r"\(?[A-Z]\)?(?:(?:\s|[,;/&+、|#]|AND|OR|and|or|和|或)*\(?[A-Z]\)?)+\.?")
_ONE_RIGHT = "only questions with one right option can be asked; leave the record out, or split it"
_NUMBERED = re.compile(r"[(\[【#]?\s?([0-9]{1,2})(?:\s?[.):、\]】]\s?\D|\s?[-\u2010-\u2015]\s?[^\W\d])")
"""Fits an option that bears a number of its own, in the form that `_plain` gives: `1. Lung`, `(1) Lung`, `1 - Lung`."""
_CIRCLED = re.compile(r"\s*([\u2460-\u2473\u24ea-\u24f4\u24f5-\u24ff\u2776-\u2793])")
"""Fits a number in a circle, `⓪` to `⑳`, also a black one and one in two circles."""
_DIGITS = re.compile(r"[0-9]+")
_IDLE_SPACE = re.compile(r"(?<=\d) (?!\d)|(?<!\d) (?=\d)|(?<=[^\w\s]) | (?=[^\w\s])")
"""A space that is no more than a way of writing: `10 %`, `5 mm`, `T 1`; not that between two words or two numbers."""
_AS_A_WHOLE = re.compile(  # in the form that `normalise` gives, where `one` is `1`
    r"(none|neither|nothing|no 1)( of (the|these|those|them)\b.*| (apply|applies|listed))?"
    r"|(all|both|any|each)( of (the|these|those|them|above)\b.*| (the )?above| apply)?"
    r"|no (correct|right) (answer|option)\b.*|(the )?(correct|right) answer is not listed|not listed"
    r"|((options?|answers?) )?[a-e](, [a-e])*,? (and|or|&) [a-e]( only)?"
)
"""Fits an option that speaks of the other options: hiding one of these changes what it says."""


@dataclass(frozen=True, slots=True)
class GivenOptions:
    """The options that one record brings along."""

    places: tuple[str, ...]
    """The text of each letter's option, in the file's order; empty where the record has no option for that letter."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The options' texts, without the places that are empty."""
        return tuple(text for text in self.places if text)

    def answer_index(self, answer: str, answer_is: AnswerIs, index_from: int | None) -> int:
        """Index of the option in `texts` that the answer names.

        A letter counts places, so that `D` is the fourth also where `C` is empty; it may be small, full-width, in
        brackets or behind `Option`. A letter with the option's own text (`B) lung`) is a letter. Of a file whose
        answers are letters, one that has not the shape of a letter may be an option's text. Read as `auto`, an
        answer of one letter or of digits is refused where some option's text is such a letter or number of *another*
        option: `B` among the blood groups `A, B, AB, O` is safe, among `B, A, AB, O` it is not. Digits (`2`, or `2.0`
        as tables with gaps have it) are an index only where `index_from` is set.

        Raises
        ------
        Refused : it names no option, or may name two
        """
        answer = self._read(answer)
        read = {"letter": [self._letter], "text": [self._text], "index": [self._index]}
        readers = read.get(answer_is, [self._letter, self._text, self._index])
        # Of a file of letters an answer without a letter's shape may still be an option's whole text.
        if answer_is == "letter" and not _LETTER.fullmatch(answer):
            readers = [self._letter, self._text]
        if answer_is == "auto":
            self._refuse_ambiguous(answer, index_from)
        # All readings are tried at once: an answer is taken only if those that understand it agree on one option.
        found = {at for reader in readers if (at := reader(answer, index_from)) is not None}
        if len(found) != 1:
            raise Refused(
                f"answer: {quoted(answer)} names {'several' if found else 'none'} of the options "
                f"{listed(self.texts)}{self._remedy(answer, answer_is)}"
            )
        (place,) = found
        return self._counted(place)

    def named_by_all(self, answers: Sequence[str], answer_is: AnswerIs, index_from: int | None) -> int:
        """Index of the right option in `texts`, where the record lists several right answers: one of them is an option,
        and the others are other words for it.

        Raises
        ------
        Refused : none or several of the options are right
        """
        places: set[int] = set()
        reason: Refused | None = None
        for answer in answers:
            try:
                places.add(self.answer_index(answer, answer_is, index_from))
            except Refused as error:
                # Other right answers must not hide such a refusal: it is about how the whole file is read, or about a
                # letter without an option.
                if "`answer_is`" in str(error) or _LETTER.fullmatch(_plain(visible(answer))):
                    raise
                reason = error
        if len(places) > 1:
            right = listed(self.texts[at] for at in sorted(places))
            raise Refused(f"answer: several of the options are right ({right}); {_ONE_RIGHT}")
        if not places:
            raise reason or Refused("answer: is empty")
        return places.pop()

    def index_base(self, answer: str, index_from: int) -> str | None:
        """How an index shows that the file counts from another number than `index_from`, or None.

        0 in a file said to count from 1, or the number of the options in a file said to count from 0, unless it is the
        text of an option.
        """
        answer = self._read(answer)
        # Three digits are enough for any index; more are a year, a dose or an id.
        if not _DIGITS.fullmatch(answer) or len(answer) > 3 or self._text(answer, None) is not None:
            return None
        if index_from == 1 and int(answer) == 0:
            return "0, which no index is that counts from 1; set `index_from: 0` if the first option is 0"
        if index_from == 0 and int(answer) == len(self.places):
            last = len(self.places) - 1
            return f"{last + 1}, but counted from 0 the last option is {last}; set `index_from: 1` if the first is 1"
        return None

    def _read(self, answer: str) -> str:
        """The answer in plain characters; a whole number without its `.0`, unless an option has it, too."""
        plain = _plain(visible(answer))
        whole = re.fullmatch(r"([0-9]+)\.0", plain)
        return whole[1] if whole and self._text(plain, None) is None else plain

    def _counted(self, place: int) -> int:
        # Letters and indices count places, whereas items have the options without gaps.
        return sum(1 for text in self.places[:place] if text)

    def _remedy(self, answer: str, answer_is: AnswerIs) -> str:
        letters = _SEVERAL.fullmatch(answer)
        named = re.findall("[A-Z]", letters[0].replace("AND", "").replace("OR", "")) if letters else []
        if len(named) > 1 and all(LETTERS.index(letter) < len(self.places) for letter in named):
            return f"; if it names several, {_ONE_RIGHT}"
        if _DIGITS.fullmatch(answer) and answer_is in ("auto", "letter"):
            return "; if it counts them, say `answer_is: index` and `index_from: 0` (or 1)"
        how = (
            "the letter or the text of one" if answer_is in ("auto", "letter") else f"the {answer_is} of one"
        )
        return f"; write {how}" + ("" if answer_is == "auto" else f" (`answer_is: {answer_is}` is set)")

    def _refuse_ambiguous(self, answer: str, index_from: int | None) -> None:
        for shape, name in ((_LETTER, "letter"), (_DIGITS, "index")):
            if not shape.fullmatch(answer):
                continue
            for at, text in enumerate(self.places):
                if shape.fullmatch(_plain(text)) and self._elsewhere(text, at, index_from):
                    raise Refused(
                        f"answer: {quoted(answer)} may be {name} or text, since {quoted(text)} is the text of an "
                        "option and stands for another; set `answer_is`"
                    )

    def _elsewhere(self, text: str, at: int, index_from: int | None) -> bool:
        # Without a known base a number could count from 0 or from 1, so both are looked at.
        bases = (0, 1) if index_from is None else (index_from,)
        named = {self._letter(text, None), *(self._index(text, base) for base in bases)} - {None}
        return bool(named - {at})

    def _letter(self, answer: str, index_from: int | None) -> int | None:
        del index_from
        answer = _plain(answer)
        if found := _LETTER.fullmatch(answer):
            return self._place(LETTERS.index(found[1].upper()))
        if label := label_of(answer):
            at = self._place(LETTERS.index(label.letter))
            # `B) lung` is the letter B only if option B is `lung`; otherwise file and options are out of step.
            same = at is not None and _folded(label.text) == _folded(self.places[at])
            return at if same else None
        return None

    def _text(self, answer: str, index_from: int | None) -> int | None:
        del index_from
        wanted = _folded(answer)
        return next((at for at, text in enumerate(self.places) if text and _folded(text) == wanted), None)

    def _index(self, answer: str, index_from: int | None) -> int | None:
        if index_from is None or not _DIGITS.fullmatch(answer) or len(answer) > 3:
            return None
        at = self._place(int(answer) - index_from)
        # Options that bear their own numbers settle what an index means.
        if at is not None and all(_own_number(text) is not None for text in self.texts):
            own = _own_number(self.places[at])
            return at if own == int(answer) else None  # the options' own numbers say another one
        return at

    def _place(self, at: int) -> int | None:
        return at if 0 <= at < len(self.places) and self.places[at] else None


def options_of(cells: Sequence[Any] | Any, separator: str | None) -> GivenOptions | None:
    """The options in a record's cells; None where all are empty.

    Parameters
    ----------
    cells : a list with one cell a letter, or one cell, in any of the forms that `listed_options` reads
    separator : what stands between the options in a cell of text; None for what can only be meant

    Raises
    ------
    Refused : fewer than two options, more than letters, one stands twice, or not to be read
    """
    given = [single_spaced(text_of(cell, "options")) for cell in listed_options(cells, separator)]
    # Empty columns at the end are how tables write questions with fewer options than others.
    if len(_without_last_gaps(given)) > len(LETTERS):
        raise Refused(f"options: {len(given)} of them, but there are {len(LETTERS)} letters; leave some out")
    places = _without_last_gaps(["" if text in GAPS else text for text in unlabelled(given)])
    if not places:
        return None
    texts = [text for text in places if text]
    if len(texts) < 2:
        hint = "; a question needs two or more"
        if isinstance(cells, str):
            known = (
                "`|`, `;`, a tab or a line end stands" if separator is None else f"{quoted(separator)} stands"
            )
            hint = f"; {known} between options in one cell, or what `separator` names"
        raise Refused(f"options: only one, {quoted(texts[0])}{hint}")
    folded = [_folded(text) for text in texts]
    for at, text in enumerate(folded):
        if text in folded[:at]:
            twin = texts[folded.index(text)]
            told = (
                "stands twice"
                if normalise(twin) == normalise(texts[at])
                else f"says the same as {quoted(twin)}"
            )
            raise Refused(f"options: {quoted(texts[at])} {told}; change or empty one")
        if not text:
            raise Refused(f"options: {quoted(texts[at])} has no words; write the option out")
    return GivenOptions(places)


def _without_last_gaps(places: Sequence[str]) -> tuple[str, ...]:
    found = list(places)
    while found and not found[-1]:
        found.pop()
    return tuple(found)


def _own_number(text: str) -> int | None:
    """The number that stands before an option's text."""
    if found := _CIRCLED.match(text):
        return int(unicodedata.numeric(found[1]))
    found = _NUMBERED.match(_plain(text))
    return int(found[1]) if found else None


def _plain(answer: str) -> str:
    """The answer with full-width letters, digits and marks as plain ones."""
    return unicodedata.normalize("NFKC", answer)


def _folded(text: str) -> str:
    """A form that texts have in common if they say the same, such as `10 %` and `10%`."""
    return _IDLE_SPACE.sub("", normalise(text))


def speaks_of_others(option: str) -> bool:
    """Whether an option is about the other options, in any language that is known: none, all or both of them."""
    text = normalise(option)
    return bool(_AS_A_WHOLE.fullmatch(text)) or any(
        language.speaks_of_others.fullmatch(text) for language in LANGUAGES
    )

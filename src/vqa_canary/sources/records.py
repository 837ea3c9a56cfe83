"""From the rows of any table of questions to records: cells and images checked, one row at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from vqa_canary.sources.cells import Refused, needed_text, shown, text_of, truth_of
from vqa_canary.sources.columns import Fields
from vqa_canary.sources.given_options import AnswerIs, GivenOptions, options_of
from vqa_canary.sources.images import CheckedImage, ImageRefused
from vqa_canary.sources.multiple_choice import Unfair, closed_options
from vqa_canary.sources.wording import normalise, tidy
from vqa_canary.spelling import same_text, visible
from vqa_canary.tables import Attribute, content_id
from vqa_canary.tabular import Row

UNTOLD = "not given"
"""Stands for the question type of a record that tells none."""

_LONGEST_REASON = 2000

ImageOf = Callable[[Row], CheckedImage]
"""The checked image of a record; raises `ImageRefused` or `Refused` where there is none."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How cells are read."""

    answer_is: AnswerIs = "auto"
    index_from: int | None = None
    separator: str = "|"
    """Between the options of one cell."""
    default_split: str = "test"
    """Of a table without a column for it."""
    splits: Collection[str] | None = None
    """Which to yield; None for all."""
    n_options: int = 4
    """Of an open question."""

    def wants(self, split: str) -> bool:
        """Whether items of a split are asked for."""
        return self.splits is None or split in self.splits


@dataclass(frozen=True)
class Record:
    """One row whose cells and image are sound."""

    own_id: str | None
    split: str
    image: CheckedImage
    question: str
    options: tuple[str, ...] | None
    """Those of the record; None where it has none."""
    answer: str
    """Text of the option, or the answer written as one (see `tidy`)."""
    offered: tuple[str, ...] | None
    """The choices that a closed question offers itself."""
    question_type: str
    modality: str | None
    body_region: str | None
    nota_valid: bool | None
    rephrased_question: str | None
    attributes: tuple[Attribute, ...]

    @property
    def open(self) -> bool:
        """Whether options have to be found for it."""
        return self.options is None and self.offered is None

    @cached_property
    def asked(self) -> tuple[str, str]:
        """The image and the question."""
        return self.image.sha256, normalise(self.question)

    @cached_property
    def item_id(self) -> str:
        """The user's own, or a hash of the image, the question, the options and the answer."""
        return self.own_id or content_id(*self.content)

    @property
    def content(self) -> tuple[Any, ...]:
        """What makes two records the same question."""
        return (*self.asked, [normalise(text) for text in self.options or ()], normalise(self.answer))

    @property
    def pools(self) -> list[tuple[str | None, ...]]:
        """Where to look for distractors: the same question first, then those of one type that begin alike
        (`How large`), of one type and region, of one type, and all."""
        kind, opening = self.question_type, " ".join(self.asked[1].split()[:2])
        alike = [(kind, opening, self.body_region), (kind, opening), (kind, self.body_region), (kind,)]
        return [("asked", self.asked[1]), *(("type", *one) for one in alike), ("all",)]


def check_all(
    rows: Iterable[Row], fields: Fields, image_of: ImageOf, reading: Reading
) -> Iterator[tuple[str, dict[str, Any], Record | str]]:
    """Key, texts, and `Record` or why there is none, of every row; of other splits the sound ones alone."""
    seen: dict[tuple[str, str], str] = {}
    for row in rows:
        kept = {str(shown(name)): shown(row.values.get(name)) for name in fields.names}
        wanted = True
        try:
            if row.problem:
                raise Refused(row.problem)
            split = _split(row.values, fields, reading)
            wanted = reading.wants(split)
            record = _check(row, fields, image_of, reading, split)
            if wanted:
                _refuse_repeats(record, row.key, seen)
        except (Refused, ImageRefused, Unfair) as error:
            if wanted:
                yield row.key, kept, str(error)[:_LONGEST_REASON]
        else:
            yield row.key, kept, record


def _split(row: Mapping[str, Any], fields: Fields, reading: Reading) -> str:
    if "split" not in fields.columns:
        return reading.default_split
    return same_text(needed_text(fields.value(row, "split"), "split"))


def _check(whole: Row, fields: Fields, image_of: ImageOf, reading: Reading, split: str) -> Record:
    row = whole.values

    def optional(field: str) -> str | None:
        return text_of(fields.value(row, field), field) or None

    question = needed_text(fields.value(row, "question"), "question")
    options = _options(row, fields, reading)
    given = fields.value(row, "answer")
    answer = " ".join(needed_text(given, "answer").split())
    offered = None
    if options is None:
        if re.fullmatch("[A-Z]", visible(answer)):
            lack = "are empty" if "options" in fields.columns else "have no column (name it under `columns`)"
            raise Refused(f"options: {lack}, but the answer {answer!r} is the letter of one")
        answer, offered = _without_options(question, answer, optional("answer_type"))
    else:
        if isinstance(given, bool) and any(normalise(text) == "true" for text in options.texts):
            answer = str(given)
        answer = options.texts[options.answer_index(answer, reading.answer_is, reading.index_from)]
    return Record(
        own_id=needed_text(fields.value(row, "id"), "id") if "id" in fields.columns else None,
        split=split,
        image=image_of(whole),
        question=question,
        options=options.texts if options else None,
        answer=answer,
        offered=offered,
        question_type=optional("question_type") or UNTOLD,
        modality=optional("modality"),
        body_region=optional("body_region"),
        nota_valid=truth_of(fields.value(row, "nota_valid"), "nota_valid"),
        rephrased_question=optional("rephrased_question"),
        attributes=tuple(_attributes(row, fields)),
    )


def _attributes(row: Mapping[str, Any], fields: Fields) -> Iterator[Attribute]:
    """Those that the record has; an empty cell is none."""
    for column in fields.columns.get("attributes", ()):
        if text := text_of(row.get(column), column):
            yield Attribute(column, text)


def _options(row: Mapping[str, Any], fields: Fields, reading: Reading) -> GivenOptions | None:
    column = fields.columns.get("options")
    if column is None:
        return None
    cells = row.get(column) if isinstance(column, str) else [row.get(name) for name in column]
    return options_of(cells, reading.separator)


def _without_options(question: str, answer: str, kind: str | None) -> tuple[str, tuple[str, ...] | None]:
    """The answer written as an option, and the choices that the question offers, if it does."""
    folded = normalise(answer)
    bare = re.sub(r"^(a|an|the)\s+", "", answer, flags=re.IGNORECASE).rstrip(".")
    answer = {"true": "Yes", "false": "No"}.get(folded, folded if folded.isdecimal() else tidy(bare))
    kind = None if kind is None else visible(kind).casefold()
    if kind is not None and kind not in ("open", "closed"):
        raise Refused(f"answer_type: {shown(kind)!r} is neither OPEN nor CLOSED")
    try:
        return answer, closed_options(question, answer)
    except Unfair:
        if kind == "closed":
            raise
        return answer, None


def _refuse_repeats(record: Record, key: str, seen: dict[tuple[str, str], str]) -> None:
    """Raise `Refused` if an earlier row has its id or its content, or its image in another split."""
    own = ("id", same_text(record.item_id))
    owner = seen.get(own)
    first = seen.setdefault(("content", content_id(*record.content)), key)
    if first != key:
        raise Refused(f"the same image, question, options and answer as {first}")
    if owner:
        raise Refused(f"id: {record.item_id!r} is already that of {owner}")
    split = seen.setdefault(("image", record.image.sha256), record.split)
    if split != record.split:
        raise Refused(
            f"image: the same image also belongs to split {split!r}, which is read too; "
            f"read one of the two alone (`splits: [{record.split}]`)"
        )
    seen[own] = key

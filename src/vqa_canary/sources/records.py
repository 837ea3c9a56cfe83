"""From the rows of any table of questions to records: cells and images checked, one row at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from vqa_canary.quoting import quoted, shortened
from vqa_canary.rows import Attribute, content_id
from vqa_canary.sources.answer_cells import answers_of
from vqa_canary.sources.cells import Refused, needed_text, shown, text_of, truth_of
from vqa_canary.sources.columns import Fields
from vqa_canary.sources.given_options import GivenOptions
from vqa_canary.sources.images import CheckedImage, ImageRefused
from vqa_canary.sources.languages import QuestionLanguage, language_of
from vqa_canary.sources.multiple_choice import Unfair
from vqa_canary.sources.record_images import RecordImages, places_in_words
from vqa_canary.sources.record_options import (
    CellRules,
    options_in,
    refuse_doubtful_gaps,
    stop_at_another_base,
)
from vqa_canary.sources.set_aside import LeftOut, Repeat, Seen
from vqa_canary.sources.unlisted_choices import answer_without_options
from vqa_canary.sources.wording import normalise
from vqa_canary.spelling import same_text, visible
from vqa_canary.tabular import Row

UNTOLD = "not given"
"""Stands for the question type of a record that tells none."""

ImagesOf = Callable[[Row], RecordImages]
"""Gives the checked images of a row; raises `ImageRefused` or `Refused` where there is none, or one is unfit."""


@dataclass(frozen=True)
class QuestionRecord:
    """One row of a table of questions whose cells and images are sound."""

    own_id: str | None
    split: str
    images: tuple[CheckedImage, ...]
    """The images that the question shows, one or several, in order."""
    question: str
    options: tuple[str, ...] | None
    """The options that the record brings along; None where it brings none."""
    answer: str
    """The text of the right option, or of a record without options its answer, written as an option (see `tidy`); empty
    in a file that is read without right answers."""
    also_right: tuple[str, ...]
    """Other words for the right answer, written as options; none of them ever becomes an option of the item."""
    language: QuestionLanguage | None
    """The language of the question; None where nothing tells it."""
    offered: tuple[str, ...] | None
    """The choices that a closed question offers in its own words; None where it offers none."""
    question_type: str
    modality: str | None
    body_region: str | None
    nota_valid: bool | None
    rephrased_question: str | None
    attributes: tuple[Attribute, ...]

    @property
    def open(self) -> bool:
        """Whether options have to be made up for the question."""
        return self.options is None and self.offered is None

    @cached_property
    def asked(self) -> tuple[str, str]:
        """The images and the question: what two records share that ask the same."""
        return " ".join(image.sha256 for image in self.images), normalise(self.question)

    @cached_property
    def item_id(self) -> str:
        """The user's own id, or a hash of the images, the question, the options and the answer."""
        return self.own_id or content_id(*self.content)

    @property
    def content(self) -> tuple[Any, ...]:
        """All that has to be equal for two records to be the same question."""
        return (*self.asked, [normalise(text) for text in self.options or ()], normalise(self.answer))

    @property
    def pools(self) -> list[tuple[str | None, ...]]:
        """Where to look for distractors: the same question first, then those of one type that begin alike
        (`How large`), of one type and region, of one type, and all."""
        kind, opening = self.question_type, " ".join(self.asked[1].split()[:2])
        alike = [(kind, opening, self.body_region), (kind, opening), (kind, self.body_region), (kind,)]
        return [("asked", self.asked[1]), *(("type", *one) for one in alike), ("all",)]


def check_all(
    rows: Iterable[Row], fields: Fields, images_of: ImagesOf, rules: CellRules
) -> Iterator[tuple[str, dict[str, Any], QuestionRecord | Repeat | str | LeftOut]]:
    """Key, texts, and `QuestionRecord` or why there is none, of every row."""
    seen = Seen()
    for row in rows:
        kept = {str(shown(name)): shown(row.values.get(name)) for name in fields.names}
        wanted = True
        try:
            if row.problem:
                raise Refused(row.problem)
            # The split is read first: what is wrong with a record of a split that nobody asked for is no matter of this
            # study.
            split = _split(row.values, fields, rules)
            wanted = rules.wants(split)
            # Checked although it may be left out: its answer may become another question's wrong option.
            record = _check(row, fields, images_of, rules, split)
            repeat = _repeat_of(record, row.key, seen) if wanted else None
        except (Refused, ImageRefused, Unfair) as error:
            yield row.key, kept, shortened(str(error)) if wanted else LeftOut.SPLIT
        else:
            yield row.key, kept, repeat or record


def _split(row: Mapping[str, Any], fields: Fields, rules: CellRules) -> str:
    if "split" not in fields.columns:
        return rules.default_split
    return same_text(needed_text(fields.value(row, "split"), "split"))


def _check(whole: Row, fields: Fields, images_of: ImagesOf, rules: CellRules, split: str) -> QuestionRecord:
    row = whole.values

    def optional(field: str) -> str | None:
        return text_of(fields.value(row, field), field) or None

    question = needed_text(fields.value(row, "question"), "question")
    options = options_in(row, fields, rules)
    given = fields.value(row, "answer")
    answers = () if rules.unlabelled else answers_of(given)
    if not answers:
        return _unlabelled(whole, fields, images_of, split, question, options)
    language = language_of(question, answers[0])
    also_right: tuple[str, ...] = ()
    offered = None
    if options is None:
        # A letter without options cannot be an answer's text, and would become a wrong option of other questions.
        if any(re.fullmatch("[A-Z]", visible(answer)) for answer in answers):
            lack = "are empty" if "options" in fields.columns else "have no column (name it under `columns`)"
            raise Refused(f"options: {lack}, but the answer {quoted(answers[0])} is the letter of one")
        answer, offered, also_right = answer_without_options(
            question, answers, optional("answer_type"), language
        )
    else:
        # JSON's `true` would read as `Yes` (see `text_of`); beside options that say True and False it means True.
        if isinstance(given, bool) and any(normalise(text) == "true" for text in options.texts):
            answers = (str(given),)
        stop_at_another_base(whole.key, options, answers, rules)
        at = options.named_by_all(answers, rules.answer_is, rules.index_from)
        refuse_doubtful_gaps(fields, options, at)
        answer = options.texts[at]
    texts = options.texts if options else None
    nota_valid = truth_of(fields.value(row, "nota_valid"), "nota_valid")
    asked = _Asked(question, texts, answer, also_right, language, offered, nota_valid)
    return _record(whole, fields, images_of, split, asked)


def _unlabelled(
    whole: Row, fields: Fields, images_of: ImagesOf, split: str, question: str, options: GivenOptions | None
) -> QuestionRecord:
    """A record whose right answer nobody knows yet: it needs options of its own, for none can be made up."""
    if options is None:
        raise Refused(
            "options: a question without its right answer needs options of its own; write them down"
        )
    refuse_doubtful_gaps(fields, options, None)
    asked = _Asked(question, options.texts, "", (), language_of(question, ""), None, False)
    return _record(whole, fields, images_of, split, asked)


@dataclass(frozen=True)
class _Asked:
    """What a record asks, and what is right; its fields are those of `QuestionRecord`."""

    question: str
    options: tuple[str, ...] | None
    answer: str
    also_right: tuple[str, ...]
    language: QuestionLanguage | None
    offered: tuple[str, ...] | None
    nota_valid: bool | None


def _record(whole: Row, fields: Fields, images_of: ImagesOf, split: str, asked: _Asked) -> QuestionRecord:
    row = whole.values

    def optional(field: str) -> str | None:
        return text_of(fields.value(row, field), field) or None

    own_id = needed_text(fields.value(row, "id"), "id") if "id" in fields.columns else None
    # Images last: opening them is the costliest check, and what fails before needs none.
    shown = images_of(whole)
    record = QuestionRecord(
        own_id=own_id,
        split=split,
        images=shown.images,
        question=asked.question,
        options=asked.options,
        answer=asked.answer,
        also_right=asked.also_right,
        language=asked.language,
        offered=asked.offered,
        question_type=optional("question_type") or UNTOLD,
        modality=optional("modality"),
        body_region=optional("body_region"),
        nota_valid=asked.nota_valid,
        rephrased_question=optional("rephrased_question"),
        attributes=tuple(_attributes(row, fields)),
    )
    return _with_places_in_words(record, shown)


def _with_places_in_words(record: QuestionRecord, shown: RecordImages) -> QuestionRecord:
    """The record without marks such as `<image 1>` in its texts: see `places_in_words`."""

    def words(text: str, field: str) -> str:
        return places_in_words(text, shown, field, all_images=True)

    options = record.options and tuple(places_in_words(text, shown, "options") for text in record.options)
    if options and len({normalise(text) for text in options}) < len(options):
        raise Refused("options: two of them name the same image; write them differently")
    return replace(
        record,
        question=words(record.question, "question"),
        options=options,
        answer=places_in_words(record.answer, shown, "answer"),
        also_right=tuple(places_in_words(text, shown, "answer") for text in record.also_right),
        offered=record.offered and tuple(places_in_words(text, shown, "question") for text in record.offered),
        rephrased_question=record.rephrased_question
        and words(record.rephrased_question, "rephrased_question"),
    )


def _attributes(row: Mapping[str, Any], fields: Fields) -> Iterator[Attribute]:
    """The attributes that the record has; an empty cell is none."""
    for column in fields.columns.get("attributes", ()):
        if text := text_of(row.get(column), column):
            yield Attribute(column, text)


def _repeat_of(record: QuestionRecord, key: str, seen: Seen) -> Repeat | None:
    """The earlier record that has its id or its content; None where there is none, and then it is remembered.

    Raises
    ------
    Refused : one of its images belongs to another split
    """
    content = content_id(*record.content)
    clash = seen.add(key, record.split, content=content, own_id=record.item_id, images=record.images)
    if clash is None:
        return None
    if clash.kind == "content":
        told = f"the same image, question, options and answer as {clash.first}"
        return Repeat(clash.first, told, "leave out one of the two")
    if clash.kind == "id":
        told = f"id: {quoted(record.item_id)} is already that of {clash.first}"
        return Repeat(clash.first, told, "give each record an id of its own")
    raise Refused(
        f"image: the same image also belongs to split {quoted(clash.first)}, which is read too; "
        f"read one of the two alone (`splits: [{record.split}]`)"
    )

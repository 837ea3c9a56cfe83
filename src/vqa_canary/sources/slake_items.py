"""From checked SLAKE records to items: what the options of one record take from the others."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from vqa_canary.sources.images import CheckedImage
from vqa_canary.sources.multiple_choice import Unfair, arrange, closed_options, open_options
from vqa_canary.sources.overlap import terms
from vqa_canary.sources.slake_questions import (
    Family,
    ImageFacts,
    family_of,
    is_vague,
    system_of,
    wrong_for,
)
from vqa_canary.sources.wording import normalise
from vqa_canary.tables import Item, content_id

Split = Literal["train", "validate", "test"]


@dataclass(frozen=True, slots=True)
class Record:
    """One English record whose fields and image are sound."""

    split: Split
    qid: str
    image: CheckedImage
    question: str
    answer: str
    """Written as an option: see `tidy`."""
    closed: bool
    question_type: str
    modality: str | None
    region: str | None

    @property
    def item_id(self) -> str:
        """Equal image, question and answer, equal id."""
        return content_id("slake", *self.asked, normalise(self.answer))

    @property
    def asked(self) -> tuple[str, str]:
        """The image and the question."""
        return self.image.sha256, normalise(self.question)


class Context:
    """What all records together say: the answers to draw distractors from, and the facts of each image."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._pools: dict[tuple[str | None, ...], Counter[str]] = defaultdict(Counter)
        self._right: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._facts: dict[str, ImageFacts] = defaultdict(ImageFacts)
        for record in records:
            family = family_of(record.question)
            self._facts[record.image.sha256].add(record.question, record.answer, record.region)
            for asked in _same_question(record, family):
                self._right[asked].add(record.answer)
            if record.split == "train" and not record.closed and not is_vague(record.answer, family):
                for pool in (*_pools(record, family), ("system", system_of(record.question))):
                    self._pools[pool][record.answer] += 1

    def item(self, record: Record, seed: int, n_options: int) -> Item:
        """The item of one record.

        Raises
        ------
        Unfair : it has no fair options
        """
        options = self._closed(record) if record.closed else self._open(record, seed, n_options)
        shown, answer_index = arrange(options, record.answer, seed, record.item_id)
        return Item(
            dataset="slake",
            item_id=record.item_id,
            split=record.split,
            image_id=record.image.sha256[:16],
            image_path=record.image.path.as_posix(),
            image_sha256=record.image.sha256,
            question=record.question,
            options=shown,
            answer_index=answer_index,
            question_type=record.question_type,
            answer_type="closed" if record.closed else "open",
            nota_valid=_nota_valid(record, options),
            source_id=f"{record.split}.json qid {record.qid}",
            modality=record.modality,
            body_region=record.region,
        )

    def _closed(self, record: Record) -> tuple[str, ...]:
        answers = self._right[record.asked]
        if len(answers) > 1:
            raise Unfair(f"recorded with different answers: {', '.join(map(repr, sorted(answers)))}")
        return closed_options(record.question, record.answer)

    def _open(self, record: Record, seed: int, n_options: int) -> tuple[str, ...]:
        family, facts = family_of(record.question), self._facts[record.image.sha256]
        if family.unfair:
            raise Unfair(family.unfair)
        if is_vague(record.answer, family):
            raise Unfair("the answer describes a place by what lies near it; other descriptions fit as well")
        right = {answer for asked in _same_question(record, family) for answer in self._right[asked]}
        if family.name == "disease":
            right |= facts.diseases()
        if system := system_of(record.question):
            right |= set(self._pools["system", system])
        return open_options(
            record.answer,
            [self._pools[pool] for pool in _pools(record, family)],
            n_options=n_options,
            seed=seed,
            item_id=record.item_id,
            right=right,
            allowed=wrong_for(family, record.answer, facts),
        )


def _pools(record: Record, family: Family) -> list[tuple[str | None, ...]]:
    """Where to look for distractors: first the same question about the same region of the body."""
    question = normalise(record.question)
    return [(family.name, record.region, question), (family.name, record.region), (family.name,)]


def _same_question(record: Record, family: Family) -> list[tuple[str, str]]:
    """Under which keys answers count as right for one another."""
    shared = [(record.image.sha256, f"family {family.name}")] if family.shared else []
    return [record.asked, *shared]


def _nota_valid(record: Record, options: Sequence[str]) -> bool:
    if record.closed or any(normalise(option) == "none" for option in options):
        return False
    family = family_of(record.question)
    return not (family.debatable or (family.several and len(terms(record.answer)) > 1))

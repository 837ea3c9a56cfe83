"""From checked SLAKE records to items: what the options of one record take from the others."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from vqa_canary.quoting import listed
from vqa_canary.rows import Item, content_id
from vqa_canary.sources.images import CheckedImage
from vqa_canary.sources.languages import ENGLISH
from vqa_canary.sources.multiple_choice import Unfair, arrange, open_options
from vqa_canary.sources.overlap import overlap, terms
from vqa_canary.sources.slake_languages import Code, SlakeRules
from vqa_canary.sources.slake_questions import Family, ImageFacts, is_vague, wrong_for
from vqa_canary.sources.wording import normalise

Split = Literal["train", "validate", "test"]


@dataclass(frozen=True, slots=True)
class SlakeRecord:
    """One record of SLAKE whose fields and image are sound."""

    split: Split
    qid: str
    image: CheckedImage
    question: str
    answer: str
    """The recorded answer, written as an option: see `SlakeRules.written`."""
    closed: bool
    question_type: str
    modality: str | None
    region: str | None
    language: Code = "en"

    @property
    def item_id(self) -> str:
        """Id of the item: equal image, question and answer give an equal one."""
        return content_id("slake", *self.asked, normalise(self.answer))

    @property
    def asked(self) -> tuple[str, str]:
        """The image and the question: what two records share that ask the same."""
        return self.image.sha256, normalise(self.question)


class SlakeContext:
    """What all records of one language say: the answers to draw distractors from, and the facts of each image."""

    def __init__(self, records: Sequence[SlakeRecord], rules: SlakeRules) -> None:
        self._rules = rules
        self._pools: dict[tuple[str | None, ...], Counter[str]] = defaultdict(Counter)
        self._right: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._facts: dict[str, ImageFacts] = defaultdict(ImageFacts)
        for record in records:
            family = rules.family_of(record.question)
            said = self._said(record.answer)
            self._facts[record.image.sha256].add(rules.question_terms(record.question), said, record.region)
            for asked in _same_question(record, family):
                self._right[asked].add(record.answer)
            known = rules.knows(record.answer) and not is_vague(said, family)
            # Answers of the train split alone become distractors: see `slake`.
            if record.split == "train" and not record.closed and known:
                for pool in (*_pools(record, family), ("system", rules.system_of(record.question))):
                    self._pools[pool][record.answer] += 1

    def _said(self, answer: str) -> str:
        """The answer in English terms; Yes or No where it is one of these, and as it is where it has other terms."""
        yes_no = self._rules.language.yes_no
        if answer in yes_no:
            return ENGLISH.yes_no[yes_no.index(answer)]
        return self._rules.terms(answer) if self._rules.knows(answer) else answer

    def item(self, record: SlakeRecord, seed: int, n_options: int) -> Item:
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
            nota_valid=_nota_valid(record, options, self._rules),
            source_id=f"{record.split}.json qid {record.qid}",
            modality=record.modality,
            body_region=record.region,
        )

    def _closed(self, record: SlakeRecord) -> tuple[str, ...]:
        answers = self._right[record.asked]
        if len(answers) > 1:
            raise Unfair(f"recorded with different answers: {listed(sorted(answers))}")
        return self._rules.closed_options(record.question, record.answer)

    def _open(self, record: SlakeRecord, seed: int, n_options: int) -> tuple[str, ...]:
        rules = self._rules
        family, facts = rules.family_of(record.question), self._facts[record.image.sha256]
        if family.unfair:
            raise Unfair(family.unfair)
        answer = rules.terms(record.answer)
        if is_vague(answer, family):
            raise Unfair("the answer describes a place by what lies near it; other descriptions fit as well")
        right = {answer for asked in _same_question(record, family) for answer in self._right[asked]}
        # Raises where a right answer is in terms that are not known: nobody could tell then what means the same.
        for other in right:
            rules.terms(other)
        if family.name == "disease":
            right |= facts.diseases()
        # Every answer that names a part of the system is right as well.
        if system := rules.system_of(record.question):
            right |= set(self._pools["system", system])
        wrong = wrong_for(family, answer, facts)
        return open_options(
            record.answer,
            [self._pools[pool] for pool in _pools(record, family)],
            n_options=n_options,
            seed=seed,
            item_id=record.item_id,
            right=right,
            allowed=lambda other: wrong(rules.terms(other)),
            alike=lambda first, second: overlap(self._said(first), self._said(second)),
        )


def _pools(record: SlakeRecord, family: Family) -> list[tuple[str | None, ...]]:
    """Where to look for distractors: first the same question about the same region of the body."""
    question = normalise(record.question)
    return [(family.name, record.region, question), (family.name, record.region), (family.name,)]


def _same_question(record: SlakeRecord, family: Family) -> list[tuple[str, str]]:
    """Keys of the questions whose answers count as right for one another."""
    shared = [(record.image.sha256, f"family {family.name}")] if family.shared else []
    return [record.asked, *shared]


def _nota_valid(record: SlakeRecord, options: Sequence[str], rules: SlakeRules) -> bool:
    if record.closed or any(normalise(rules.terms(option)) == "none" for option in options):
        return False
    family = rules.family_of(record.question)
    return not (family.debatable or (family.several and len(terms(rules.terms(record.answer))) > 1))

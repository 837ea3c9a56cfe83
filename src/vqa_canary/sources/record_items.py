"""From the records of any table to items: one `Item` or `Refusal` a row, in order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from vqa_canary.quoting import listed, quoted
from vqa_canary.rows import UNLABELLED, Item, Refusal, ShownImage
from vqa_canary.sources.columns import Fields
from vqa_canary.sources.given_options import speaks_of_others
from vqa_canary.sources.languages import ENGLISH, LANGUAGES, UNKNOWN, QuestionLanguage
from vqa_canary.sources.multiple_choice import Unfair, arrange, open_options
from vqa_canary.sources.overlap import overlap
from vqa_canary.sources.record_flow import Checked, items_and_refusals
from vqa_canary.sources.record_options import CellRules
from vqa_canary.sources.records import ImagesOf, QuestionRecord, check_all
from vqa_canary.sources.registration import SourceError
from vqa_canary.sources.unfair_questions import counterpart, why_unfair
from vqa_canary.sources.unlisted_choices import GIVE_OPTIONS
from vqa_canary.sources.wording import normalise
from vqa_canary.tabular import Row


def items_of(
    rows: Iterable[Row], fields: Fields, images_of: ImagesOf, rules: CellRules, seed: int, nothing: str
) -> Iterator[Item | Refusal]:
    """One `Item` or `Refusal` per row of the splits asked for, in order: see `items_and_refusals`.

    Parameters
    ----------
    nothing : what to say where no row is in a split that is asked for

    Raises
    ------
    SourceError : there is no such row
    """

    def check(counted: Iterable[Row]) -> Iterator[Checked[QuestionRecord]]:
        return check_all(counted, fields, images_of, rules)

    def item_maker(records: Sequence[QuestionRecord]) -> Callable[[QuestionRecord, str], Item]:
        context = Context(records)
        return lambda record, key: context.item(record, key, seed, rules.n_options)

    found = False
    for row in items_and_refusals(rows, check, item_maker, rules.wants):
        found = True
        yield row
    if not found:
        raise SourceError(nothing)


class Context:
    """What all records together say: other right answers, and answers to draw distractors from."""

    def __init__(self, records: Sequence[QuestionRecord]) -> None:
        self._pools: dict[tuple[str | None, ...], Counter[str]] = defaultdict(Counter)
        self._right: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._of_image: dict[str, set[str]] = defaultdict(set)
        self._usual = _usual_language(records)
        for record in records:
            self._right[record.asked].update((record.answer, *record.also_right))
            language = self._language(record)
            if record.open and not _why_unfair(record, language):
                for image in record.images:
                    self._of_image[image.sha256].update((record.answer, *record.also_right))
                for pool in record.pools:
                    self._pools[(language.code, *pool)][record.answer] += 1

    def _language(self, record: QuestionRecord) -> QuestionLanguage:
        """The language of a question; of one that does not tell it, that of the file."""
        return record.language or self._usual

    def item(self, record: QuestionRecord, source_id: str, seed: int, n_options: int) -> Item:
        """The item of one record.

        Raises
        ------
        Unfair : it has no fair options
        """
        if record.open:
            options = self._open(record, seed, n_options)
        else:
            options = record.options or record.offered or ()
            self._refuse_contradiction(record, options)
        answer_index = UNLABELLED
        if record.answer:
            answer_index = [normalise(text) for text in options].index(normalise(record.answer))
        if record.options is None:
            options, answer_index = arrange(options, record.answer, seed, record.item_id)
        first, *more = (
            ShownImage(image.sha256[:16], image.path.as_posix(), image.sha256) for image in record.images
        )
        return Item(
            dataset="questions",
            item_id=record.item_id,
            split=record.split,
            **first._asdict(),
            question=record.question,
            options=options,
            answer_index=answer_index,
            question_type=record.question_type,
            answer_type="open" if record.open else "closed",
            nota_valid=_nota_valid(record, options),
            source_id=source_id,
            modality=record.modality,
            body_region=record.body_region,
            rephrased_question=record.rephrased_question,
            attributes=record.attributes or None,
            more_images=tuple(more) or None,
        )

    def _refuse_contradiction(self, record: QuestionRecord, options: tuple[str, ...]) -> None:
        shown_here = {normalise(text) for text in options}
        right = sorted(text for text in self._right[record.asked] if normalise(text) in shown_here)
        if len({normalise(text) for text in right}) > 1:
            raise Unfair(f"recorded with different answers: {listed(right)}; keep the right one")

    def _open(self, record: QuestionRecord, seed: int, n_options: int) -> tuple[str, ...]:
        try:
            return self._made_up(record, seed, n_options)
        except Unfair as error:
            reason = str(error)
            raise Unfair(reason if GIVE_OPTIONS in reason else f"{reason}; {GIVE_OPTIONS}") from error

    def _made_up(self, record: QuestionRecord, seed: int, n_options: int) -> tuple[str, ...]:
        language = self._language(record)
        if reason := _why_unfair(record, language):
            raise Unfair(reason)
        terms = language.terms or str
        question, answer = language.gist(record.question), terms(record.answer) or ""
        return open_options(
            record.answer,
            [self._pools[language.code, *pool] for pool in record.pools],
            n_options=n_options,
            seed=seed,
            item_id=record.item_id,
            # What is right for the image, to whichever question, is no wrong answer to this one.
            right=self._right[record.asked].union(*(self._of_image[image.sha256] for image in record.images)),
            allowed=lambda other: counterpart(terms(other) or "", question, answer),
            alike=lambda first, second: overlap(terms(first) or first, terms(second) or second),
        )


def _usual_language(records: Iterable[QuestionRecord]) -> QuestionLanguage:
    """The language of more than half of the questions that tell theirs; `UNKNOWN` where there is none."""
    told = Counter(record.language.code for record in records if record.language is not None)
    code, n = next(iter(told.most_common(1)), ("", 0))
    return next(
        (language for language in LANGUAGES if language.code == code and 2 * n > told.total()), UNKNOWN
    )


def _why_unfair(record: QuestionRecord, language: QuestionLanguage) -> str | None:
    """Why the answer of an open question cannot become one option among others, or None."""
    if language is ENGLISH:
        return why_unfair(record.question, record.answer)
    if language.terms is None:
        known = " and ".join(other.called for other in LANGUAGES if other.terms is not None)
        return (
            f"the question seems to be in {language.called}, and wrong options are made up in {known} alone; "
            f"{GIVE_OPTIONS} (`options` under `columns`)"
        )
    if language.asks_yes_no.search(record.question.strip()):
        return "the question asks for yes or no, and is answered otherwise"
    unknown = [text for text in (record.answer, *record.also_right) if language.terms(text) is None]
    if unknown:
        return (
            f"the answer {quoted(unknown[0])} is in none of the {language.called} terms that are known, so that what "
            f"means the same cannot be told; {GIVE_OPTIONS} (`options` under `columns`)"
        )
    return None


def _nota_valid(record: QuestionRecord, options: tuple[str, ...]) -> bool:
    few = len(options) < 3
    if record.nota_valid and few:
        raise Unfair("nota_valid: is yes, but hiding one of two options leaves no question; say no")
    # A reviewer's judgement comes before the rule, but two options stay two options.
    if record.nota_valid is not None:
        return record.nota_valid
    return not (few or record.offered or any(speaks_of_others(text) for text in options))

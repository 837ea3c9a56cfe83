"""The audit's section on what reviewers have corrected, and the warning that goes with it."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_uppercase

from vqa_canary.audit.record.document import Audit
from vqa_canary.audit.record.review import PolicyThen, Review, ReviewedItem
from vqa_canary.counting import counted
from vqa_canary.estimate import Estimate, bare
from vqa_canary.quoting import listed
from vqa_canary.report.audit.sheets import DATASET, MODEL
from vqa_canary.report.rendering import Section
from vqa_canary.report.sheet import Column, Sheet
from vqa_canary.report.warning import Warning


def section(audit: Audit) -> Iterator[Section]:
    """What a review changed; nothing where none is followed."""
    if audit.review is None:
        return
    found = changed(audit.review)
    yield Section(
        "review",
        "What a review changed",
        f"{found} {audit.review.caution}",
        sheets=(effects(audit, audit.review), *[items(audit, audit.review)] * bool(audit.review.items)),
    )


def warning(audit: Audit) -> Iterator[Warning]:
    """That right answers are those of reviewers, where they have changed something."""
    if audit.review is not None and audit.review.items:
        yield Warning(
            False,
            "Questions were corrected by reviewers",
            changed(audit.review),
            meaning=audit.review.caution,
        )


def changed(review: Review) -> str:
    """How many questions were listed, filled in and changed, and in which way."""
    parts = [
        f"{counted(review.keys, 'question')} got another right answer",
        f"{counted(review.nota_valid, 'question')} another judgement whether hiding the right option leaves it fair",
        f"{counted(review.unanswerable, 'question')} were left out as unanswerable",
    ]
    return (
        f"Of {counted(review.asked, 'question')} a reviewer was shown {review.listed:,}, and filled something in for "
        f"{review.filled:,} ({listed(one.file for one in review.files)}): {', '.join(parts[:2])}, and {parts[2]}."
    )


def effects(audit: Audit, review: Review) -> Sheet:
    """One row a data set and model: before and after."""
    columns = (
        MODEL, DATASET,
        Column("accuracy_before", "accuracy before, all questions"),
        Column("accuracy_after", "accuracy after, those left"),
        Column("difference", "difference, same questions"),
        Column("became_right", "answers now right", "count"),
        Column("became_wrong", "answers now wrong", "count"),
        Column("collapse_before", "collapse before"),
        Column("collapse_after", "collapse after"),
        Column("policy_before", "policy before", "text"),
        Column("threshold_before", "answered when at most, before", "threshold"),
        Column("risk_before", "errors before, held out"),
        Column("policy_after", "policy after", "text"),
        Column("threshold_after", "answered when at most, after", "threshold"),
        Column("risk_after", "errors after, held out"),
    )  # fmt: skip
    rows = tuple(
        (
            one.model, one.dataset, one.accuracy_before, one.accuracy_after, one.difference, one.became_right,
            one.became_wrong, one.collapse_before, one.collapse_after, *_policy(one.policy_before),
            *_policy(one.policy_after),
        )
        for one in review.effects
    )  # fmt: skip
    caption = (
        "Before: the audit that was reviewed, by the keys of the data. After: by the reviewed keys. The difference is "
        "that of the keys alone, paired on the same answers, by image. Intervals: 95 %."
    )
    return Sheet("review_effects", caption, columns, rows).without_constant(*_short(audit))


def items(audit: Audit, review: Review) -> Sheet:
    """One row a question about which something was changed; options by their letters alone."""
    columns = (
        Column("item_id", "item", "text"), DATASET,
        Column("answer_before", "key before", "text"),
        Column("answer_after", "key after", "text"),
        Column("nota_valid_before", "fair when hidden, before", "text"),
        Column("nota_valid_after", "fair when hidden, after", "text"),
        Column("unanswerable", "left out", "text", filtered=True),
    )  # fmt: skip
    rows = tuple((one.item_id, one.dataset, *_item(one)) for one in review.items)
    caption = "Every question about which reviewers have changed something"
    return Sheet("review_items", caption, columns, rows).without_constant(*_short(audit))


def _policy(one: PolicyThen) -> tuple[str, Estimate, Estimate]:
    why = None if one.threshold is not None else one.outcome
    return one.outcome, bare(one.threshold, why), one.risk


def _item(one: ReviewedItem) -> tuple[str, str, str, str, str]:
    return (
        ascii_uppercase[one.answer_before],
        "" if one.unanswerable else ascii_uppercase[one.answer_after],
        "yes" if one.nota_valid_before else "no",
        "yes" if one.nota_valid_after else "no",
        "yes" if one.unanswerable else "",
    )


def _short(audit: Audit) -> tuple[str, ...]:
    """Columns that tell nothing where there is one model, or one data set."""
    return (*["model"] * (not audit.several_models), *["dataset"] * (not audit.several_datasets))

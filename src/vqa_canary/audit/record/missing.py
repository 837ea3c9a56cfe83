"""Answers that are missing: which kinds of question failed, and between which ends accuracy lies for it."""

from __future__ import annotations

from vqa_canary.audit.record.part import Part
from vqa_canary.estimate import Estimate


class MissingKind(Part):
    """The questions with one value of one column, and how many of them have no answer."""

    column: str
    """The column of the table `items`; `options` for what the options of a question are."""
    value: str
    """The value of the column, such as `CT`; of `options`, `yes or no` or the number of options."""
    asked: int
    """Number of questions of this kind that were asked as they stand."""
    failed: int
    """Number of these that have no answer."""
    share: Estimate
    """Share of these that have no answer."""
    elsewhere: float | None
    """Share of all other questions that have no answer; null where there are no others."""
    p_value: float | None
    """Two-sided p-value of "questions of this kind fail as often as the others", images as the unit, adjusted for the
    number of kinds (Holm); null where there is nothing to compare."""


class Missing(Part):
    """The answers of one model to the questions as they stand that are missing."""

    dataset: str
    """Name of the data set."""
    model: str
    """Name of the model."""
    asked: int
    """Number of questions that were asked as they stand."""
    failed: int
    """Number of these that have no answer."""
    kinds: tuple[MissingKind, ...]
    """Kinds of question, those that are tied most to missing answers first; empty where no answer is missing."""
    sentence: str
    """How many questions were answered, and which are missing, in words; empty where none is missing."""
    tied: bool
    """Whether some kind of question is shown to fail more or less often than the others."""
    many: bool
    """Whether so many answers are missing that accuracy is told as a range as well."""
    all_wrong: Estimate
    """Accuracy if every missing answer were wrong."""
    all_right: Estimate
    """Accuracy if every missing answer were right."""

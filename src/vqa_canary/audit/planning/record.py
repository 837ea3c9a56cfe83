"""What a plan says, as types: `plan.json` is written from them and read back into them."""

from __future__ import annotations

from typing import Literal

from vqa_canary.audit.record.part import Part
from vqa_canary.audit.record.policies import AuditTarget

VERSION: Literal[1] = 1


class Guesses(Part):
    """What nobody knows before a model has answered, and a plan has to suppose."""

    errors: tuple[float, ...]
    """True shares of errors among the answers with the least uncertainty, ascending, each below the target."""
    accuracy: float
    """Share of right answers."""
    likeness: float
    """How alike answers about one image are: an intraclass correlation, 0 to 1."""
    changed: float
    """Share of questions that are answered rightly in one of two audits alone."""
    power: float
    """Probability with which a policy, or a difference, is to be found."""


class NeededImages(Part):
    """How many images a policy needs at one guess of the true error."""

    error: float
    images: int | None
    """Calibration images with an answer at which the test passes with the wanted power; None: no sensible number."""
    lasting: int | None
    """The number from which on it always does: a few images more than `images` may do a little worse."""
    search: int | None
    """Calibration images with an answer with which the search finds a policy with the wanted power. It begins with few
    of the surest, so where these are wrong often it takes many more than the test."""
    in_all: int | None
    """Images in all, those held out included, if every question is answered."""
    in_all_at_half: int | None
    """The same, if the model answers half of the questions."""


class PolicyPlan(Part):
    """The escalation policy of one model, for a method that is named or for the best of several."""

    n_methods: int
    """Number of methods among which the best may be chosen; 1 for one that was named before."""
    least: int
    """Calibration images with an answer that are needed even if all are right."""
    possible: bool
    """Whether the calibration images are so many."""
    coverage: float | None
    """Share of the calibration questions that are answered at the first threshold that is tested."""
    images: int | None
    """Calibration images with an answer at that threshold, about."""
    errors_allowed: int | None
    """Most of these that may be wrong."""
    chances: tuple[float, ...]
    """Probability that a policy is found, for each guess of the true error; empty where none can be."""
    needed: tuple[NeededImages, ...]
    """For each guess of the true error."""


class SharePlan(Part):
    """How exactly a share will be known."""

    name: str
    """`collapse:` and a condition; of accuracy `all`, or a column and its value as `column=value`."""
    questions: float
    """Number of questions that it will be about; of collapses those that are expected to be answered rightly."""
    images: int
    """Number of images that these questions are asked of."""
    share: float
    """The share that is guessed."""
    low: float | None
    """Lower end of its 95 % interval; None where there will be none."""
    high: float | None
    """Upper end of its 95 % interval."""
    warning: str | None
    """Why it will say little, if so."""


class CollapsePlan(SharePlan):
    """The collapse rate under one condition, and the fragility policy."""

    fair_images: int
    """Calibration images with a question that stays fair when its right option is hidden."""
    policy_possible: bool
    """Whether these are enough for the fragility policy that the audit seeks, if no answer collapses."""


class DatasetPlan(Part):
    """What the questions of one data set can show of one model."""

    dataset: str
    model: str
    costs: bool
    """Whether asking this model costs calls."""
    questions: int
    images: int
    calibration_questions: int
    calibration_images: int
    policies: tuple[PolicyPlan, ...]
    """The policy that the audit seeks first, then the other: of a named method, of the best of several."""
    collapses: tuple[CollapsePlan, ...]
    """Collapse rates under each condition that hides the right option and will be asked."""
    subgroups: tuple[SharePlan, ...]
    """Accuracy of all questions, then of each subgroup."""
    smallest_difference: float | None
    """Smallest difference of accuracy that a comparison with another audit of these questions will see; None where it
    will see none."""


class Plan(Part):
    """What an audit can show, reckoned from its questions before anything is asked."""

    version: Literal[1]
    target: AuditTarget
    guesses: Guesses
    looks: int
    """Number of planned looks at the answers, the first among them: each is tested at its share of the doubt."""
    datasets: tuple[DatasetPlan, ...]
    """One for each data set and model."""

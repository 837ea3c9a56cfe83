"""What reviewers have changed about an audit's questions, and what that changes in the audit."""

from __future__ import annotations

from vqa_canary.audit.record.part import Part
from vqa_canary.estimate import Estimate


class FollowedFile(Part):
    """A file that a reviewer has filled in."""

    file: str
    """The file, as the configuration names it."""
    attempt: int
    """Number of the attempt whose questions it lists."""
    rows: int
    """Number of questions that it lists."""
    filled: int
    """Number of questions of which the reviewer has filled something in."""


class ReviewedItem(Part):
    """A question about which a review has changed something."""

    dataset: str
    """Name of the data set."""
    item_id: str
    """Id of the question."""
    answer_before: int
    """Index of the option that the data call right, from 0."""
    answer_after: int
    """Index of the option that is right by the review, from 0."""
    nota_valid_before: bool
    """Whether the question was taken to stay fair when its right option is hidden."""
    nota_valid_after: bool
    """Whether it stays fair then by the review."""
    unanswerable: bool
    """Whether no answer can be called right, so that the question is left out."""


class PolicyThen(Part):
    """An audit's policy against errors, in short."""

    outcome: str
    """The verdict of the search, or `not sought`."""
    threshold: float | None
    """The largest uncertainty at which the model answers; null where no policy was found."""
    coverage: Estimate
    """Share of the held-out questions that the policy lets the model answer."""
    risk: Estimate
    """Share of errors among those answers."""


class ReviewEffect(Part):
    """What a review changes of one model's numbers."""

    dataset: str
    """Name of the data set."""
    model: str
    """Name of the model."""
    accuracy_before: Estimate
    """Share of right answers by the keys of the data, of all questions, in the audit that was reviewed."""
    accuracy_after: Estimate
    """Share of right answers by the reviewed keys, of the questions that can be answered."""
    difference: Estimate
    """Accuracy by the reviewed keys minus that by the keys of the data, on the questions that both are about."""
    became_right: int
    """Number of answers that are right by the reviewed keys alone."""
    became_wrong: int
    """Number of answers that are right by the keys of the data alone."""
    collapse_before: Estimate
    """Collapse rate in the audit that was reviewed."""
    collapse_after: Estimate
    """Collapse rate after the review."""
    policy_before: PolicyThen
    """The policy against errors in the audit that was reviewed."""
    policy_after: PolicyThen
    """The policy against errors after the review."""


class Review(Part):
    """What came back from reviewers, and what it changes."""

    files: tuple[FollowedFile, ...]
    """The files that were followed, in the order in which they are named."""
    asked: int
    """Number of questions that the data hold and the audit asks about, those that are left out now among them."""
    listed: int
    """Number of questions that stand on at least one of these lists: no other was shown to a reviewer."""
    filled: int
    """Number of questions of which at least one reviewer has filled something in."""
    keys: int
    """Number of questions whose right answer is another one now, those that are left out not among them."""
    nota_valid: int
    """Number of questions of which it is judged otherwise now whether hiding the right option leaves them fair."""
    unanswerable: int
    """Number of questions that are left out, because no answer can be called right."""
    items: tuple[ReviewedItem, ...]
    """Every question about which something was changed."""
    effects: tuple[ReviewEffect, ...]
    """What this changes, one entry a data set and model."""
    caution: str
    """Which way these numbers lean because only some questions were looked at, as a sentence or two."""

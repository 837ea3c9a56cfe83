"""Policies by subgroup: the worst one under the policy of all, and a policy that holds for each."""

from __future__ import annotations

from vqa_canary.audit.record.part import Part
from vqa_canary.estimate import Estimate


class WorstSubgroup(Part):
    """The subgroup whose answers are wrong most often under a policy, on images that had no part in finding it."""

    column: str
    """The column of the table `items`."""
    value: str
    """The value of the column."""
    error: Estimate
    """Share of errors among the answers of this subgroup, with the interval of this subgroup alone."""
    bound: float | None
    """With 95 % confidence no compared subgroup has a larger share of errors than this: of a random answered question
    of a random image, by one answer an image, for all compared subgroups and planned looks at once; null where no
    confidence may be claimed."""
    n_groups: int
    """Number of subgroups that were compared, over all columns; the limits allow for so many."""
    holds: str
    """`holds` where the bound keeps to the target, `exceeds` where a lower limit of some subgroup breaks it, else
    `cannot tell`."""
    too_few: tuple[str, ...]
    """Subgroups that were not compared, because fewer than 5 held-out images have an answer; as `column=value`."""


class HeldGroup(Part):
    """One subgroup under a policy that has to hold for each."""

    column: str
    """The column of the table `items`; empty for all questions."""
    value: str
    """The value of the column; `all` for all questions."""
    images: int
    """Number of calibration images with an answered question of this subgroup, at the threshold or, without a policy,
    at the first one that was tested."""
    errors: int
    """Number of errors that the test counted, one answer an image."""
    p_value: float | None
    """p-value of "more answers of this subgroup are wrong than the target allows" there; null without any answer."""
    coverage: Estimate
    """Share of the held-out questions of this subgroup that the policy lets the model answer."""
    error: Estimate
    """Share of errors among these answers."""


class GroupPolicy(Part):
    """One threshold at which errors are rare in every named subgroup; or why there is none."""

    dataset: str
    """Name of the data set."""
    model: str
    """Name of the model."""
    method: str
    """The UE method whose uncertainty decides."""
    columns: tuple[str, ...]
    """The columns for each of whose values it has to hold."""
    n_methods: int
    """Number of methods that the choice of this one is allowed for; 1 where it was named."""
    verdict: str
    """`policy found`, `no safe policy could be shown` or `too little data`."""
    threshold: float | None
    """The largest uncertainty at which the model answers; null where no policy was found."""
    coverage: float | None
    """Share of the calibration questions that the threshold lets the model answer."""
    sentence: str
    """The policy, or why there is none, as a sentence."""
    held_out: Estimate
    """Share of the held-out questions that it lets the model answer."""
    groups: tuple[HeldGroup, ...]
    """All questions, and every subgroup."""

"""What stands beside a collapse rate: chance, and the same questions with a wrong option replaced instead."""

from __future__ import annotations

from vqa_canary.audit.record.part import Part
from vqa_canary.estimate import Estimate


class BesideControl(Part):
    """Whether a collapse rate says anything: of a model that guesses, as many answers change whatever is replaced."""

    chance: float | None
    """Accuracy of guessing on the questions that stay fair when the right option is hidden: the mean of one over the
    number of options; null where none of them was answered."""
    above_chance: Estimate
    """Accuracy on these questions as they stand, minus chance."""
    p_value: float | None
    """One-sided p-value of "accuracy is no higher than chance", images as the unit; null where there is none."""
    condition: str | None
    """The control, which replaces a wrong option and leaves the right one; null where it was not asked."""
    rate: Estimate
    """Share of right answers that turn wrong under the control."""
    difference: Estimate
    """Collapse rate minus the rate under the control, of the right answers that were asked again in both ways."""

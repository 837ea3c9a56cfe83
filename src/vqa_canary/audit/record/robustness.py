"""The same questions asked in another way that leaves the right answer as it is: how often the answer changes."""

from __future__ import annotations

from vqa_canary.audit.record.part import Part
from vqa_canary.estimate import Estimate


class Robustness(Part):
    """What became of a model's answers when the questions were asked in another way."""

    dataset: str
    """Name of the data set."""
    model: str
    """Name of the model."""
    condition: str
    """The condition, such as `shuffled`; `any` for all of them together, without `asked_again`: an answer has changed
    if it did under one of them."""
    changed: Estimate
    """Share of questions with another answer, by the text of the option that is named; to name none is an answer."""
    beyond_repeat: Estimate
    """The same minus the share that changes when the question is asked again as it is, on the questions that were asked
    in both ways; undefined where `asked_again` was not asked."""
    changed_answered: Estimate
    """The same share of the questions that the headline's policy lets the model answer; undefined without a policy."""
    lost: Estimate
    """Share of right answers that are wrong when asked in this way."""
    gained: Estimate
    """Share of wrong answers that are right when asked in this way; undefined of `any`."""
    accuracy: Estimate
    """Share of right answers when asked in this way; of `any`, share of questions that are right as they stand and
    under every condition."""
    drop: Estimate
    """Accuracy as the questions stand minus that accuracy, on the same questions."""

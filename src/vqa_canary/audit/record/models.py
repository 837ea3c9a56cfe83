"""Several models in one audit: which of them may be the best, with the choice allowed for."""

from __future__ import annotations

from vqa_canary.audit.record.part import Part
from vqa_canary.audit.record.policies import Policy
from vqa_canary.estimate import Estimate


class ModelStanding(Part):
    """One model among several."""

    model: str
    """Name of the model."""
    policy: Policy | None
    """The policy against errors by the method of this model's headline, at the doubt that allows for the choice of a
    model and a method; null where there is no method to look for one with."""
    behind: Estimate
    """Accuracy of the most accurate model minus that of this one, on the questions that all of them answered; 95 %
    intervals of all models hold at once."""
    maybe_most_accurate: bool | None
    """Whether the most accurate model cannot be told from it; null where models cannot be compared."""


class ModelChoice(Part):
    """The model of a data set to be preferred, of those that were audited together."""

    dataset: str
    """Name of the data set."""
    models: tuple[ModelStanding, ...]
    """All models, by name."""
    n_choices: int
    """Number of pairs of a model and a method that were tried: the policies allow for the choice among so many."""
    recommended: str | None
    """The model whose policy answers the most calibration questions; null where none has a policy."""
    reason: str
    """Why it is recommended, or why none is, as a sentence."""

"""Escalation policies: what they are asked to keep, what was found, and the curves behind them."""

from __future__ import annotations

from pydantic import model_validator

from vqa_canary.audit.record.part import Part
from vqa_canary.audit.terms import FOUND
from vqa_canary.estimate import Estimate


class AuditTarget(Part):
    """What an escalation policy and the conformal sets must keep to, as it was configured."""

    alpha: float
    """Largest share of events (errors, or collapses) among answered questions that is tolerated."""
    delta: float
    """Probability, over calibrations, with which a policy that breaks this target may be found."""
    conformal: float
    """Probability that a conformal set has to hold the right option."""
    share: float
    """Share of the images that calibrate; the other images check what was found on these."""
    method: str | None
    """The UE method of the policies, named before the answers were seen; null where the audit chose one, and the
    policies allow for that choice."""
    hold_for: tuple[str, ...]
    """Columns for each of whose values one threshold is sought at which errors are rare; empty where none was named."""


class SplitSize(Part):
    """How much data one half of the images gives."""

    n: int
    """Number of questions about these images."""
    images: int
    """Number of these images."""


class CalibrationSplit(SplitSize):
    """A policy on the questions that it was found on. Without a policy: the first threshold that was tested."""

    coverage: float | None
    """Share of these questions that the threshold lets the model answer."""
    risk: float | None
    """Share of events among those answers."""
    images_used: int | None
    """Number of images with an answered question."""
    events_used: int | None
    """Number of events that the test counted: of one answer an image for the exact guarantee, of all answers for the
    cluster guarantee."""
    p_accepted: float | None
    """p-value at the threshold, of the hypothesis that more than `alpha` of answers are events."""
    p_refused: float | None
    """p-value at the next threshold, where the search stopped; null where it reached the last one."""
    lower_limit: float | None
    """One-sided 95 % lower limit of the risk at the first threshold, where that was refused."""


class HeldOut(Part):
    """A policy on questions about images that had no part in finding it."""

    coverage: Estimate
    """Share of these questions that the policy lets the model answer."""
    risk: Estimate
    """Share of events among those answers: what happens to a random answered question."""
    image_risk: Estimate
    """Mean over images of the share of events among their answers: what happens to a random answered question of a
    random image."""
    holds: str | None
    """`holds` where the upper limit of the risk keeps to the target, `exceeds` where the lower limit breaks it, else
    `cannot tell`; null where nothing could be checked."""


class Policy(Part):
    """Answer when uncertainty is at most `threshold`, else escalate; or why there is no such rule."""

    dataset: str
    """Name of the data set."""
    model: str
    """Name of the model."""
    event: str
    """What must be rare among answers: `error`, or `collapse:` and the condition that hides the right option."""
    method: str
    """The UE method whose uncertainty decides."""
    guarantee: str
    """`exact`: for a random answered question of a random image, in any finite sample. `cluster`: for a random
    answered question, approximately."""
    scope: str
    """`alone`: for a method that was named before the answers were seen. `best of M`: allows for choosing the best of
    all methods. `best of models`: for choosing the best of several models, too."""
    n_methods: int
    """Number of methods, or of pairs of a model and a method, that the choice is allowed for; 1 for a method alone."""
    alpha: float
    """Largest share of events among answered questions that is tolerated."""
    delta: float
    """Probability, over calibrations, with which a policy that breaks `alpha` may be found."""
    verdict: str | None
    """`policy found`, `no safe policy exists at this target`, `no safe policy could be shown` or `too little data`;
    null where the method has no value to set a threshold on."""
    threshold: float | None
    """The largest uncertainty at which the model answers; null where no policy was found."""
    sentence: str
    """The policy, or why there is none, in one sentence or two."""
    promise: str
    """What the policy keeps, with which confidence, or that none can be claimed, as a sentence; empty where no policy
    was found."""
    calibration: CalibrationSplit
    """What the search saw on the images that calibrate."""
    held_out: HeldOut
    """What the policy does on the other images."""
    needed_images: int | None
    """Number of calibration images with an answer that would do; null where a policy was found, or where no number
    would do."""
    reason: str | None
    """Why there is no policy, in words; null where there is one."""
    best: bool
    """Whether this method answers most calibration questions, of all methods of this model, event, guarantee and
    scope."""

    @property
    def found(self) -> bool:
        """Whether there is a rule to follow."""
        return self.threshold is not None and self.outcome.startswith(FOUND)

    @property
    def outcome(self) -> str:
        """The verdict, or that no policy was sought."""
        return self.verdict or "not sought"


class Curve(Part):
    """Risk against coverage: what answering only the least uncertain questions would do."""

    dataset: str
    """Name of the data set."""
    model: str
    """Name of the model."""
    event: str
    """What is counted among answers: `error`, or `collapse:` and the condition that hides the right option."""
    method: str
    """The UE method whose uncertainty orders the questions."""
    split: str
    """The half of the images that the curve is about: `calibration` or `held-out`."""
    coverage: tuple[float, ...]
    """Share of questions answered, by rising uncertainty."""
    risk: tuple[float | None, ...]
    """Share of events among them, for each value of `coverage`."""

    @model_validator(mode="after")
    def _as_long(self) -> Curve:
        if len(self.coverage) != len(self.risk):
            raise ValueError(f"{len(self.coverage)} values of coverage, {len(self.risk)} of risk")
        return self

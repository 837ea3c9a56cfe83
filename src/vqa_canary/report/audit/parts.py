"""The parts of `audit.json` about what was found: what a policy, a method, a subgroup and the others are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, model_validator

from vqa_canary.estimate import Estimate
from vqa_canary.report.audit.part import Part

ERROR = "error"
"""The event of the escalation policy; every other event is one of fragility."""
CALIBRATION = "calibration"


class Calibration(Part):
    """A policy on the questions it was found on."""

    n: int
    images: int
    coverage: float | None
    risk: float | None


class HeldOut(Part):
    """A policy on questions that had no part in finding it."""

    coverage: Estimate
    risk: Estimate
    holds: str | None


class Policy(Part):
    """Answer when uncertainty is at most `threshold`, else escalate; or why there is no such rule."""

    dataset: str
    model: str
    event: str
    method: str
    guarantee: str
    scope: str
    alpha: float
    delta: float
    verdict: Annotated[str, BeforeValidator(lambda verdict: verdict or "not sought")]
    """Null where the method has no value to set a threshold on."""
    threshold: float | None
    sentence: str | None
    calibration: Calibration | None
    held_out: HeldOut | None
    needed_images: int | None
    reason: str | None

    @property
    def found(self) -> bool:
        """Whether there is a rule to follow."""
        return self.threshold is not None and self.verdict.startswith("policy found")


class Headline(Part):
    """One data set and model, in short."""

    dataset: str
    model: str
    accuracy: Estimate
    nota_condition: str | None
    nota_accuracy: Estimate
    accuracy_drop: Estimate
    collapse_rate: Estimate
    overconfidence: Estimate
    recommended: str | None
    recommended_because: str
    policy: Policy | None
    fragility_policy: Policy | None
    answer: str


class Method(Part):
    """One UE method of one model."""

    dataset: str
    model: str
    method: str
    auroc: Estimate
    fragility_auroc: Estimate
    standing: str
    calls: int | None
    calls_why: str
    reason: str | None
    recommended: bool


class Curve(Part):
    """Risk among the answered, against the share answered."""

    dataset: str
    model: str
    event: str
    method: str
    split: str
    coverage: tuple[float, ...]
    risk: tuple[float | None, ...]

    @model_validator(mode="after")
    def _as_long(self) -> Curve:
        if len(self.coverage) != len(self.risk):
            raise ValueError(f"{len(self.coverage)} values of coverage, {len(self.risk)} of risk")
        return self


class Conformal(Part):
    """Sets of options that hold the right one at a stated rate."""

    dataset: str
    model: str
    score: str
    target: float
    quantile: float | None
    coverage: Estimate
    coverage_of_images: Estimate
    mean_size: float | None
    single: float | None
    empty: float | None
    all: float | None
    left_out: int
    population: str
    reason: str | None


class FragileItem(Part):
    """A question answered rightly as asked, and how likely it was to collapse."""

    dataset: str
    model: str
    item_id: str
    method: str
    uncertainty: float | None
    rank: int | None
    outcomes: Mapping[str, str]


class Subgroup(Part):
    """One value of one column."""

    dataset: str
    model: str
    column: str
    value: str
    accuracy: Estimate
    overconfidence: Estimate
    policy_coverage: Estimate
    policy_error: Estimate
    warning: str | None


class Accounted(Part):
    """Where the rows of one stage went: `parts` add up to `n`."""

    stage: str
    about: str
    """Model or method; empty where the row is about all of them."""
    what: str
    n: int
    parts: Mapping[str, int]


class Guideline(Part):
    """An item of a reporting guideline that the audit serves."""

    guideline: str
    item: str
    topic: str
    serves: str
    where: str


class Joined(Part):
    """How far two audits asked the same."""

    instances: int
    changed: int
    only_new: int
    only_old: int


class Difference(Part):
    """Current audit minus baseline."""

    dataset: str
    model: str
    quantity: str
    condition: str
    method: str
    subset: str
    baseline: float | None
    current: float | None
    difference: Estimate
    p_value: float | None
    verdict: str | None
    smallest_difference: float | None
    warning: str | None


class Comparison(Part):
    """Two audits of the same questions."""

    baseline: str
    models: tuple[tuple[str, str], ...]
    """Current model, and the baseline's that it is compared with."""
    joined: Joined
    differences: tuple[Difference, ...]
    items: Mapping[str, tuple[Any, ...]]

"""The parts of `audit.json`, each with its keys: what a policy, a method, a subgroup and the others are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainValidator, model_validator

from vqa_canary.report.numbers import Number

ERROR = "error"
"""The event of the escalation policy; every other event is one of fragility."""
CALIBRATION = "calibration"


class Part(BaseModel):
    """A mapping of the document; a number is finite or null."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class _Estimate(Part):
    value: float | None
    ci_low: float | None
    ci_high: float | None
    n: int
    n_clusters: int
    reason: str | None


def _number(value: Any) -> Number:
    return Number(*_Estimate.model_validate(value).model_dump().values())


Estimate = Annotated[Number, PlainValidator(_number)]


class AskedDataset(Part):
    """What of a data set was asked."""

    dataset: str
    items: int
    images: int
    open: int
    closed: int
    nota_valid: int
    instances: int
    joined: int | None = None
    """Clusters that the images make, where questions show several and share some."""


class Refused(Part):
    """Questions that were not usable."""

    dataset: str
    stage: str
    reason: str
    n: int


class Questions(Part):
    """All that was asked, and all that was refused."""

    datasets: tuple[AskedDataset, ...]
    refused: tuple[Refused, ...]


class Failure(Part):
    """One kind of failed instance."""

    error: str
    n: int


class Gap(Part):
    """One kind of evidence that a model did not give."""

    field: str
    reason: str
    n: int


class AskedModel(Part):
    """What answered, how often, and what it did not give."""

    model: str
    facts: Mapping[str, str]
    instances: int
    answered: int
    failed: int
    failures: tuple[Failure, ...]
    calls: int | None
    prompt_tokens: int | None
    completion_tokens: int | None
    uncounted: int = 0
    """Instances that took requests of which not all tokens are known."""
    cost: float | None = None
    """Of the tokens that are known, by the prices that the configuration gives."""
    currency: str = ""
    bounded: Estimate
    gaps: tuple[Gap, ...]


class Verified(Part):
    """What a model's parity certificate is worth; fields are null where there is none."""

    model: str
    standing: str
    detail: str
    made: str | None = None
    dtype: str | None = None
    fingerprint: str | None = None
    package: str | None = None
    code: str | None = None
    images: int | None = None
    instances: int | None = None


class Shape(Part):
    """What some of the texts that name no option look like."""

    shape: str
    n: int


class RangeOfAccuracy(Part):
    """The ends between which accuracy lies where too little could be read."""

    subset: str
    method: str
    unread_wrong: _Estimate
    unread_left_out: _Estimate


class Readability(Part):
    """What could be read of a model's answers under one condition; under "" of all."""

    dataset: str
    model: str
    condition: str
    answered: int
    answerable: int
    answers: int
    named: int
    read: _Estimate
    cut: int
    beyond: int
    samples: int
    samples_named: int
    cut_answers: int
    with_mass: int
    median_mass: float | None
    compared: int
    contrary: int
    shapes: tuple[Shape, ...]
    warnings: tuple[str, ...]
    accuracy: tuple[RangeOfAccuracy, ...]


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

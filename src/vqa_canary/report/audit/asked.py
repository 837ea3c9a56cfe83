"""The parts of `audit.json` about what was asked, what answered, and what could be read of it."""

from __future__ import annotations

from collections.abc import Mapping

from vqa_canary.estimate import Estimate
from vqa_canary.report.audit.part import Part


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
    uncounted_failed: int = 0
    """Those of them that failed: nothing but the calls is kept of a failed instance."""
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
    unread_wrong: Estimate
    unread_left_out: Estimate


class Readability(Part):
    """What could be read of a model's answers under one condition; under "" of all."""

    dataset: str
    model: str
    condition: str
    headline: str
    """The subset of the items that the condition is reported on."""
    instances: int
    answered: int
    failed: int
    answerable: int
    answers: int
    named: int
    read: Estimate
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

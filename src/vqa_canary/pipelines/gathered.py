"""Results that are handed to a node together, so that its inputs are few and the graph of a pipeline can be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class AskedTables:
    """What was asked and what came of it."""

    items: Any
    """The table `items`."""
    instances: Any
    """The table `instances`."""
    scores: Any
    """The table `scores`."""
    quarantine: Any
    """The table of refused records."""
    image_record: dict[str, Any]
    """What was done to images that are no plain pictures."""
    facts: dict[str, dict[str, str]]
    """What each model is, as its engine tells it."""


@dataclass(frozen=True)
class Checks:
    """What a reader must know before any number of a page."""

    accounting: list[dict[str, Any]]
    """Where the rows of each stage went."""
    verifications: list[dict[str, Any]]
    """What the parity certificate of each model is worth."""
    readability: list[dict[str, Any]]
    """What could be read of the answers of each model."""


@dataclass(frozen=True)
class Findings:
    """The numbers of a study's report."""

    metrics: Any
    """The table `metrics`."""
    curves: Any
    """Points of the curves that the report draws."""
    claims: list[dict[str, Any]]
    """The three claims, each with its verdict."""
    labels: list[dict[str, Any]]
    """How much it matters whose answer the label is about."""
    variants: list[dict[str, Any]]
    """Variants against their baselines."""
    comparison: list[dict[str, Any]]
    """Every pair of methods on clean input."""


@dataclass(frozen=True)
class DescribedRun:
    """What an audit tells of the run that it is made by."""

    answered: Any
    """What answered and at what cost."""
    checks: Any
    """What other steps of the run found."""
    provenance: Any
    """What is needed to repeat the run."""
    decided: Any
    """What its protocol decides."""
    review: dict[str, Any] | None = None
    """What reviewers have changed; None where no review is followed."""

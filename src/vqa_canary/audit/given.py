"""What the record of an audit is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vqa_canary.audit.methods import Cost
from vqa_canary.audit.record.answers import Accounted, ImageCounts, Readability, Verified
from vqa_canary.audit.record.asked import AskedModel, RefusalCount

if TYPE_CHECKING:
    import pandas as pd

    from vqa_canary.evaluation.grid import Grid


@dataclass(frozen=True)
class AuditTables:
    """What was asked, what came back and how it was scored."""

    grids: Sequence[Grid]
    """What was scored, one grid a data set; columns of their items can be subgroups."""
    items: pd.DataFrame
    instances: pd.DataFrame
    evidence: pd.DataFrame
    metrics: pd.DataFrame


@dataclass(frozen=True)
class Answered:
    """What answered, and what it was asked for."""

    models: Sequence[AskedModel]
    costs: Mapping[str, Mapping[str, Cost]]
    """Requests that each method costs an instance, by model."""


@dataclass(frozen=True)
class Provenance:
    """What is needed to repeat a run; its fields are those of the record."""

    study: str
    env: str | None
    runtime_params: Mapping[str, str]
    package: str
    seed: int
    fingerprints: Mapping[str, str | Mapping[str, str]]
    settings: Mapping[str, str]


@dataclass(frozen=True)
class RunChecks:
    """What other steps of the run found; its fields are those of the record."""

    refused: Sequence[RefusalCount]
    accounting: Sequence[Accounted]
    verifications: Sequence[Verified]
    readability: Sequence[Readability]
    images: ImageCounts

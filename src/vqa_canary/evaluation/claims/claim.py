"""A claim about the study: what was asked, the estimate, and the verdict by a rule fixed before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Verdict = Literal["supported", "supported (falls)", "not supported", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Claim:
    """One row of `claims`: a headline over models, or the cell of one model."""

    claim: str
    """`ue_tracks_accuracy`, `nota_blindness` or `fragility_is_foreseeable`."""
    level: Literal["headline", "cell"]
    dataset: str
    """Empty for a verdict over all datasets."""
    condition: str
    method: str
    statement: str
    """What is supported or not, as a sentence."""
    statistic: str
    """What `estimate` and its limits are, with their level."""
    rule: str
    model: str = ""
    """Empty for a headline."""
    group: str = ""
    """Group of models that a headline is about, or that a cell's model is in; empty for all."""
    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p_value: float | None = None
    """Adjusted as `rule` says."""
    verdict: Verdict | None = None
    """None where the claim cannot be asked; `reason` says why."""
    n_models: int = 0
    n_items: int = 0
    reason: str | None = None
    """Why a number or a verdict is missing, or why it is inconclusive."""
    details: dict[str, Any] = field(default_factory=dict)
    """Further numbers, JSON-ready; what is undefined is None."""

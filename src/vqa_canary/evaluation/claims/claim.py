"""A claim about the study: what is claimed, the estimate, and the verdict by a rule that was fixed beforehand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Verdict = Literal["supported", "supported (falls)", "not supported", "not supported (falls)", "inconclusive"]
"""What the data say of a claim; "(falls)" is claim 2 where uncertainty falls: it does not rise, nor does it stay."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One row of the table `claims`: a headline over models, or the cell of one model."""

    claim: str
    """`ue_tracks_accuracy` (over models) or `ue_tracks_accuracy_within_models`, `nota_blindness` (uncertainty does not
    rise) or `nota_hardly_moves`, or `fragility_is_foreseeable`."""
    level: Literal["headline", "cell"]
    """Whether the row is about several models together (`headline`), or about one model and method (`cell`)."""
    dataset: str
    """Dataset that the claim is about; empty for a verdict over all datasets."""
    condition: str
    """Condition under which it is asked."""
    method: str
    """UE method that it is about."""
    statement: str
    """The claim as a sentence, which is supported or not."""
    statistic: str
    """What `estimate` is, and the level of its limits."""
    rule: str
    """How the verdict follows from the numbers, with every threshold."""
    primary: bool = False
    """Whether `method` is the study's primary method, whose verdict is the headline."""
    model: str = ""
    """The model that a cell is about; empty for a headline."""
    group: str = ""
    """Group of models that a headline is about, or that a cell's model belongs to; empty where there are no groups."""
    estimate: float | None = None
    """The number that `statistic` describes."""
    ci_low: float | None = None
    """Lower limit of `estimate`."""
    ci_high: float | None = None
    """Upper limit of `estimate`."""
    p_value: float | None = None
    """p-value of the verdict "supported", adjusted for the number of tests as `rule` says."""
    verdict: Verdict | None = None
    """The verdict; None where the claim cannot be asked, and `reason` says why."""
    n_models: int = 0
    """How many models the row rests on."""
    n_items: int = 0
    """How many items it rests on; over several models, the most of any."""
    reason: str | None = None
    """Why a number or a verdict is missing, or why it is inconclusive."""
    details: dict[str, Any] = field(default_factory=dict)
    """Further numbers by name, ready for JSON; what is undefined is None."""

"""The two lines of claim 2, each with its rules: uncertainty does not rise (the headline), and it hardly moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from vqa_canary.estimate import ALPHA
from vqa_canary.evaluation.claims.claim import Verdict
from vqa_canary.evaluation.claims.group_verdict import two_thirds
from vqa_canary.evaluation.claims.nota_blindness import Blindness
from vqa_canary.evaluation.claims.primary import OVER_METHODS
from vqa_canary.statistics.multiplicity import reached_by

Reached = tuple[float, float, float]
"""What two thirds of the models keep to, with its 90 % limits."""

_ASKED = (
    "asked where clean accuracy's lower limit exceeds chance + 0.10, clean AUROC's lower limit exceeds 0.5 and "
    "clean uncertainty varies; supported: the paired accuracy drop exceeds 0.10 and "
)
_REFUTED = "not supported: the shift above 0.2 or the drop below 0.10; else inconclusive"
_OVER_MODELS = (
    "over eligible models, at least 3: supported: at least two thirds of them{} (tested by partial "
    f"conjunction: p at most 0.05, {OVER_METHODS}); not supported: the same for the opposite in more than a third; "
    "else inconclusive"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One of the two lines: what is claimed of uncertainty, how it is judged, and what the numbers are."""

    claim: str
    """Its name in the table `claims`."""
    says: str
    """What it says of uncertainty, as the end of a sentence."""
    cell_rule: str
    group_rule: str
    statistic: str
    """What the number of a headline is."""
    p_value: Callable[[Blindness], float]
    """p-value of a cell that does not show the line."""
    verdict: Callable[[Blindness], tuple[Verdict, str | None]]
    """The verdict of a cell, and why where it needs a reason."""
    reached: Callable[[Sequence[Blindness]], Reached]
    """The number of a headline, with its limits."""


def largest_rise(cells: Sequence[Blindness]) -> Reached:
    """The shift that two thirds of the models do not exceed, with its 90 % limits.

    That is the u-th smallest shift, with u two thirds of the models. `reached_by` gives u-th *largest* values, so it
    is asked about the negative shifts, and its limits are turned back.
    """
    values, lower, upper = zip(
        *((-cell.shift.value, partial(_least, cell), partial(_most, cell)) for cell in cells), strict=True
    )
    value, low, high = reached_by(values, lower, upper, two_thirds(len(cells)), ALPHA)
    return -value, -high, -low


def _least(cell: Blindness, alpha: float) -> float:
    return -cell.shift.upper(alpha)


def _most(cell: Blindness, alpha: float) -> float:
    return -cell.shift.lower(alpha)


def widest_move(cells: Sequence[Blindness]) -> Reached:
    """The size of shift within which two thirds of the models stay, with its 90 % limits: as in `largest_rise`, with
    |shift|."""
    values, lower, upper = zip(
        *((-abs(cell.shift.value), partial(_stillest, cell), partial(_liveliest, cell)) for cell in cells),
        strict=True,
    )
    value, low, high = reached_by(values, lower, upper, two_thirds(len(cells)), ALPHA)
    return -value, -high, -low


def _stillest(cell: Blindness, alpha: float) -> float:
    """Lower limit of -|shift|: the end of the shift's interval that is farther from 0."""
    return -max(cell.shift.upper(alpha), -cell.shift.lower(alpha))


def _liveliest(cell: Blindness, alpha: float) -> float:
    """Upper limit of -|shift|: how near to 0 the shift may be.

    It may err on either side, so both ends of the interval are asked at half the level.
    """
    return -max(0.0, cell.shift.lower(alpha / 2), -cell.shift.upper(alpha / 2))


BLIND = Line(
    claim="nota_blindness",
    says="does not rise",
    cell_rule=f"{_ASKED}the shift lies below 0.2 standard deviations (one-sided), each at 5 %; supported (falls): "
    f"the same drop and the shift below \N{MINUS SIGN}0.2; {_REFUTED}",
    group_rule=_OVER_MODELS.format(", falls included"),
    statistic="shift that two thirds of the models do not exceed, in standard deviations of clean uncertainty; 90 % "
    "interval",
    p_value=lambda cell: cell.p_blind,
    verdict=Blindness.blind,
    reached=largest_rise,
)
"""The headline of claim 2: what makes a model unsafe is that its uncertainty fails to rise."""

STILL = Line(
    claim="nota_hardly_moves",
    says="hardly moves",
    cell_rule=f"{_ASKED}the shift lies within ±0.2 standard deviations (two one-sided tests), each at 5 %; not "
    "supported (falls): the same drop and the shift below \N{MINUS SIGN}0.2, which does not count as refuted over "
    f"models; {_REFUTED}",
    group_rule=_OVER_MODELS.format(", falls not included"),
    statistic="shift, up or down, within which two thirds of the models stay, in standard deviations of clean "
    "uncertainty; 90 % interval",
    p_value=lambda cell: cell.p_still,
    verdict=Blindness.still,
    reached=widest_move,
)
"""What the paper says, beside the headline."""

LINES = BLIND, STILL

"""Claim 2: when the answer is hidden, accuracy collapses while uncertainty hardly moves.

"Hardly moves" has to be shown, so it is an equivalence test: a shift that is merely not significant would also be
found where the study is too small to see it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.estimate import ALPHA, LEVEL, Undefined
from vqa_canary.evaluation.claims.claim import Verdict
from vqa_canary.evaluation.collapse import accuracy_drop
from vqa_canary.statistics.auroc import Ranking, rank
from vqa_canary.statistics.proportions import proportion
from vqa_canary.statistics.standardised_shift import Shift, shift

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vqa_canary.statistics.means import Mean

MARGIN = 0.2
"""Largest shift that counts as hardly any, in standard deviations of clean uncertainty."""
LEAST_DROP = 0.10
"""Least accuracy that must be lost; also by how much clean accuracy must exceed chance, so that it can be lost."""
FROZEN = 0.95
"""Share of items with one and the same uncertainty from which on a method counts as unable to move."""
DESERVED = 0.2
"""Deserved shift below which passing the test means nothing: see `Blindness.vacuous`."""

CELL_RULE = (
    "asked where clean accuracy's lower limit exceeds chance + .10, clean AUROC's lower limit exceeds .5 and "
    "clean uncertainty varies; supported: the paired accuracy drop exceeds .10 and the shift lies within "
    "+-.2 SD (two one-sided tests), each at 5 %; supported (falls): the same drop and the shift below -.2; "
    "not supported: the shift above .2 or the drop below .10; else inconclusive"
)
GROUP_RULE = (
    "over eligible models, at least 3: supported: at least two thirds of them (partial conjunction, Holm over "
    "methods, 5 %); not supported: the same for the opposite in more than a third; else inconclusive"
)


@dataclass(frozen=True, slots=True)
class PairedItems:
    """Items of one model and method, clean and under a condition: arrays of shape (n,)."""

    clean: NDArray[np.float64]
    """Uncertainty when clean."""
    shown: NDArray[np.float64]
    """Uncertainty under the condition."""
    clean_correct: NDArray[np.float64]
    """Whether the clean answer is right: 1 or 0."""
    shown_correct: NDArray[np.float64]
    """Whether the answer under the condition is right: 1 or 0."""
    images: NDArray[np.int64]
    """Image of each item."""
    chance: float
    """Accuracy of guessing: the mean over items of one over the number of options."""


@dataclass(frozen=True, slots=True)
class Blindness:
    """One model and method under a condition."""

    drop: Mean
    """Accuracy that the condition costs, on the same items."""
    shift: Shift
    """How far uncertainty moves, in standard deviations of clean uncertainty."""
    rise: Ranking
    """AUROC of telling the condition from clean by uncertainty: 0.5 if uncertainty does not notice it."""
    deserved: float
    """Shift that an honest method would show: the drop times the clean gap in mean uncertainty between wrong and right
    answers, in standard deviations."""

    @property
    def p_supported(self) -> float:
        """p-value of "accuracy drops by .10 or less, or the shift is beyond +-.2": the largest of three p-values.

        All three parts must be shown at once, so each at 5 % keeps the whole at 5 % without a correction
        (intersection-union test: Berger 1982).
        """
        return max(self.drop.p_above(LEAST_DROP), self.shift.p_equivalent(MARGIN))

    @property
    def p_not_supported(self) -> float:
        """p-value of "accuracy drops by .10 or more, and the shift is .2 or less": twice the smaller of two p-values.

        Either part would be enough to oppose the claim, so Bonferroni corrects for asking both.
        """
        return min(1.0, 2 * min(self.shift.p_above(MARGIN), self.drop.p_below(LEAST_DROP)))

    @property
    def response(self) -> float:
        """Shift divided by the deserved one: 1 where uncertainty rises as much as the errors deserve, 0 where it is
        blind, NaN where no shift is deserved."""
        return self.shift.value / self.deserved if self.deserved > 0 else np.nan

    @property
    def vacuous(self) -> bool:
        """Whether even the deserved shift would have passed as hardly any, so that passing proves nothing."""
        return self.deserved < DESERVED

    def verdict(self) -> tuple[Verdict, str | None]:
        """The verdict of one cell by `CELL_RULE`, and why where it is inconclusive or vacuous."""
        falls = self.shift.upper(ALPHA) < -MARGIN
        if self.drop.lower(ALPHA) > LEAST_DROP and (falls or self.p_supported <= ALPHA):
            return ("supported (falls)", None) if falls else ("supported", self._for_free())
        if self.shift.lower(ALPHA) > MARGIN or self.drop.upper(ALPHA) < LEAST_DROP:
            return "not supported", None
        return "inconclusive", self._undecided()

    def _for_free(self) -> str | None:
        """What to add to a verdict that even an honest method would have got."""
        if not self.vacuous:
            return None
        return (
            f"vacuous: these errors deserve a shift of {self.deserved:.2f} SD, which passes as hardly any too"
        )

    def _undecided(self) -> str:
        ranges = [
            f"{name} between {one.lower(ALPHA):.3f} and {one.upper(ALPHA):.3f}"
            for name, one in (("accuracy drop", self.drop), ("shift", self.shift))
        ]
        return f"neither shown nor ruled out: {' and '.join(ranges)} (90 %)"


def blindness(pairs: PairedItems) -> Blindness:
    """Drop, shift and what goes with them, if the model and method are eligible.

    Raises
    ------
    Undefined : nothing to lose (clean accuracy too near chance), or an uncertainty that cannot move
    """
    _check_eligible(pairs)
    wrong = pairs.clean_correct == 0
    moved = shift(pairs.clean, pairs.shown, pairs.images)
    drop = accuracy_drop(pairs.clean_correct, pairs.shown_correct, pairs.images)
    gap = pairs.clean[wrong].mean() - pairs.clean[~wrong].mean()
    # Each item is there twice, clean and shown, and both are of one image: the clusters carry the pairing.
    is_shown = np.repeat([False, True], len(pairs.clean))
    rise = rank(np.concatenate([pairs.clean, pairs.shown]), is_shown, np.tile(pairs.images, 2))
    return Blindness(drop, moved, rise, float(drop.value * gap / moved.sd))


def _check_eligible(pairs: PairedItems) -> None:
    """Refuse models that cannot lose accuracy, and methods that could not show it: both would pass or fail for free.

    Raises
    ------
    Undefined
    """
    accuracy = proportion(pairs.clean_correct, pairs.images)
    if accuracy.ci_low is None:
        raise Undefined(f"nothing to lose: clean accuracy has {accuracy.reason}")
    if not accuracy.ci_low > pairs.chance + LEAST_DROP:
        raise Undefined(
            f"nothing to lose: the lower limit {accuracy.ci_low:.3f} of clean accuracy on these items is not above "
            f"chance {pairs.chance:.3f} + {LEAST_DROP}"
        )
    commonest = np.unique(pairs.clean, return_counts=True)[1].max() / len(pairs.clean)
    if commonest >= FROZEN:
        raise Undefined(f"this uncertainty cannot move: one value on {commonest:.0%} of clean items")
    try:
        low = rank(pairs.clean, pairs.clean_correct == 0, pairs.images).lower((1 - LEVEL) / 2)
    except Undefined as error:
        raise Undefined(f"clean AUROC is undefined: {error}") from error
    if not low > 0.5:
        raise Undefined(
            f"this uncertainty cannot move: the lower limit {low:.3f} of clean AUROC on these items is not above .5"
        )

"""Claim 2: when the answer is hidden, accuracy collapses while uncertainty does not rise, or hardly moves.

Two lines are judged. *Blind* is that uncertainty does not rise: what makes a model unsafe is that nothing warns, and a
fall is worse, not better. *Hardly moves* is what the paper says: neither a rise nor a fall. Either has to be shown: a
shift that is merely not significant would also be found where the study is too small to see it.
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
    def p_blind(self) -> float:
        """p-value of "accuracy drops by .10 or less, or uncertainty rises by .2 or more": the larger of two p-values.

        Both parts must be shown at once, so each at 5 % keeps the whole at 5 % without a correction
        (intersection-union test: Berger 1982).
        """
        return max(self.drop.p_above(LEAST_DROP), self.shift.p_below(MARGIN))

    @property
    def p_still(self) -> float:
        """p-value of "accuracy drops by .10 or less, or the shift is beyond +-.2": the largest of three p-values.

        An intersection-union test like `p_blind`, of the drop and of two one-sided tests of the shift.
        """
        return max(self.drop.p_above(LEAST_DROP), self.shift.p_equivalent(MARGIN))

    @property
    def p_against(self) -> float:
        """p-value of "accuracy drops by .10 or more, and the shift is .2 or less": twice the smaller of two p-values.

        Either part would be enough to oppose both lines, so Bonferroni corrects for asking both. A fall opposes
        neither line.
        """
        return min(1.0, 2 * min(self.shift.p_above(MARGIN), self.drop.p_below(LEAST_DROP)))

    @property
    def falls(self) -> bool:
        """Whether accuracy drops, and uncertainty is shown to fall by more than the margin."""
        return self.drop.lower(ALPHA) > LEAST_DROP and self.shift.upper(ALPHA) < -MARGIN

    @property
    def response(self) -> float:
        """Shift divided by the deserved one: 1 where uncertainty rises as much as the errors deserve, 0 where it is
        blind, NaN where no shift is deserved."""
        return self.shift.value / self.deserved if self.deserved > 0 else np.nan

    @property
    def vacuous(self) -> bool:
        """Whether even the deserved shift would have passed as hardly any, so that passing proves nothing."""
        return self.deserved < DESERVED

    def blind(self) -> tuple[Verdict, str | None]:
        """The verdict of one cell on "does not rise", and why where it is inconclusive or vacuous."""
        if self.falls:
            return "supported (falls)", None
        return self._judge(self.p_blind)

    def still(self) -> tuple[Verdict, str | None]:
        """The verdict of one cell on "hardly moves", and why where it is inconclusive or vacuous."""
        if self.falls:
            return "not supported (falls)", None
        return self._judge(self.p_still)

    def _judge(self, p_value: float) -> tuple[Verdict, str | None]:
        if p_value <= ALPHA:
            return "supported", self._for_free()
        if self.shift.lower(ALPHA) > MARGIN or self.drop.upper(ALPHA) < LEAST_DROP:
            return "not supported", None
        return "inconclusive", self._undecided()

    def _for_free(self) -> str | None:
        """What to add to a verdict that even an honest method would have got."""
        if not self.vacuous:
            return None
        return (
            f"proves little: these errors deserve a shift of {self.deserved:.2f} standard deviations, which passes as "
            "hardly any, too"
        )

    def _undecided(self) -> str:
        ranges = [
            f"{name} between {change.lower(ALPHA):.3f} and {change.upper(ALPHA):.3f}"
            for name, change in (("accuracy drop", self.drop), ("shift", self.shift))
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
            f"this uncertainty cannot move: the lower limit {low:.3f} of clean AUROC on these items is not above 0.5"
        )

"""Collapse beside its control: what hiding the right option does, and what replacing a wrong one does.

A model that guesses gives another answer whenever it is asked again in another way. Its right answers "collapse" as
often when the right option is hidden as when a wrong one is replaced, and neither says anything of what it knows. So
the rate under the control stands beside the collapse rate, and of a model that is not shown to be above chance no
collapse is reported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vqa_canary.audit.record.control import BesideControl
from vqa_canary.estimate import ALPHA, Estimate, number_or_none, undefined
from vqa_canary.evaluation.collapse import collapsed
from vqa_canary.numerals import p_equals, percent
from vqa_canary.rows import CLEAN, CONTROL
from vqa_canary.statistics.means import mean, mean_estimate
from vqa_canary.statistics.proportions import proportion

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from vqa_canary.evaluation.cell import Cell
    from vqa_canary.evaluation.grid import Grid

NO_CONTROL = undefined(f"{CONTROL} was not asked")
NO_ANSWER = "no answer to a question that stays fair when its right option is hidden"


class AboveChance(NamedTuple):
    """A model's accuracy against guessing."""

    chance: float | None
    """Mean of one over the number of options."""
    excess: Estimate
    """Accuracy minus chance."""
    p_value: float | None
    """One-sided p-value of "accuracy is no higher than chance"."""

    @property
    def shown(self) -> bool:
        """Whether the model is shown to be above chance, at 5 %."""
        return self.p_value is not None and self.p_value <= ALPHA

    @property
    def doubt(self) -> str:
        """Why no collapse is reported of a model that is not shown to be above chance."""
        if self.excess.value is None or self.chance is None:
            return str(self.excess.reason)
        accuracy = self.excess.value + self.chance
        p = "" if self.p_value is None else f", {p_equals(self.p_value)}"
        return (
            f"accuracy before anything is hidden, {percent(accuracy)}, is not shown to be above chance, "
            f"{percent(self.chance)}{p}: right answers that are guessed change whatever is replaced"
        )


def above_chance(correct: ArrayLike, chance: ArrayLike, images: ArrayLike) -> AboveChance:
    r"""Whether accuracy is above chance, when questions share images and differ in their number of options.

    The mean of :math:`c_i - 1/K_i` against 0 with its image-robust standard error, one-sided by t; see `Mean` for the
    case that all images are alike.

    Parameters
    ----------
    correct : shape (n,), 1, 0, or NaN where there is no answer: left out
    chance : shape (n,), one over the number of options
    images : shape (n,), image of each question

    Examples
    --------
    Fair coins on twenty questions of two options, and a model that knows eighteen of the answers.

    >>> above_chance([0, 1] * 10, [0.5] * 20, range(20)).shown
    False
    >>> above_chance([0, 0] + [1] * 18, [0.5] * 20, range(20)).shown
    True
    """
    given, by_guess = np.asarray(correct, np.float64), np.asarray(chance, np.float64)
    known = ~np.isnan(given)
    if not known.any():
        return AboveChance(None, undefined(NO_ANSWER), None)
    by_guess = by_guess[known]
    gap = given[known] - by_guess
    found = mean(gap, np.asarray(images)[known], -float(by_guess.max()), 1 - float(by_guess.min()))
    p_value = found.p_above(0.0)
    return AboveChance(float(by_guess.mean()), found.estimate(), None if np.isnan(p_value) else p_value)


def control_difference(
    clean: ArrayLike, hidden: ArrayLike, control: ArrayLike, images: ArrayLike
) -> Estimate:
    """Collapse rate minus the rate under the control, paired on the right answers that both asked again.

    Parameters
    ----------
    clean, hidden, control : shape (n,), 1, 0 or NaN: answers as the question stands, with its right option hidden, and
        with a wrong one replaced
    images : shape (n,), image of each question

    Returns
    -------
    value from -1 to 1; undefined where no right answer was asked again in both ways

    Examples
    --------
    >>> control_difference([1] * 8 + [0], [0] * 6 + [1] * 3, [0] + [1] * 8, range(9)).value  # 6 of 8, less 1 of 8
    0.625
    """
    before, shown, kept = (np.asarray(values, np.float64) for values in (clean, hidden, control))
    risk, lost = collapsed(before, shown)
    again, changed = collapsed(before, kept)
    both = risk & again
    if not both.any():
        return undefined("no right answer was asked again in both ways")
    gap = lost[both].astype(np.float64) - changed[both]
    return mean_estimate(gap, np.asarray(images)[both], -1.0, 1.0)


def beside_control(grid: Grid, model: str, method: str, condition: str) -> BesideControl:
    """What stands beside the collapse rate of one model under a condition that hides the right option.

    Parameters
    ----------
    method : whose own answers are meant, where methods have such; any other way
    condition : hides the right option; one of the grid's
    """
    fair = grid.nota_valid
    clean, hidden = (grid.cell(name, model, method, fair) for name in (CLEAN, condition))
    guessed = above_chance(clean.correct, clean.chance, clean.images)
    rate, difference = NO_CONTROL, NO_CONTROL
    if CONTROL in grid.conditions:
        control = grid.cell(CONTROL, model, method, fair)
        rate = _rate(clean, control)
        difference = control_difference(clean.correct, hidden.correct, control.correct, clean.images)
    if not guessed.shown:
        rate = difference = undefined(guessed.doubt)
    return BesideControl(
        chance=number_or_none(guessed.chance),
        above_chance=guessed.excess,
        p_value=number_or_none(guessed.p_value),
        condition=CONTROL if CONTROL in grid.conditions else None,
        rate=rate,
        difference=difference,
    )


def why_not_reported(beside: BesideControl) -> str | None:
    """Why no collapse is reported; None where the model is shown to be above chance."""
    guessed = AboveChance(beside.chance, beside.above_chance, beside.p_value)
    return None if guessed.shown else guessed.doubt


def _rate(clean: Cell, control: Cell) -> Estimate:
    """Share of right answers that turn wrong under the control, with the interval of a share over images."""
    risk, changed = collapsed(clean.correct, control.correct)
    return proportion(changed[risk], clean.images[risk])

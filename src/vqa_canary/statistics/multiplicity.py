"""Several tests at once: Holm, and "at least u of M"."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjusted p-values, shape (n,); NaN stays NaN and does not count as a test.

    References
    ----------
    Holm (1979), A Simple Sequentially Rejective Multiple Test Procedure.
    """
    p = np.asarray(p_values, np.float64)
    adjusted = np.full(p.shape, np.nan)
    order = np.argsort(p, kind="stable")[: int(np.isfinite(p).sum())]
    steps = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted


def partial_conjunction(p_values: Sequence[float], least: int) -> float:
    """p-value of "fewer than `least` of these hypotheses are false", under any dependence.

    (M - u + 1) p_(u), with p_(u) the u-th smallest of the M and u = `least`.

    References
    ----------
    Benjamini & Heller (2008), Screening for Partial Conjunction Hypotheses, section 2.
    """
    ordered = sorted(p_values)
    return min(1.0, (len(ordered) - least + 1) * ordered[least - 1])


def reached_by(
    values: Sequence[float],
    lower: Sequence[Callable[[float], float]],
    upper: Sequence[Callable[[float], float]],
    least: int,
    alpha: float,
) -> tuple[float, float, float]:
    """What at least `least` of M models reach: the u-th largest value, with limits for the true one.

    The u-th largest of the lower limits at level alpha / (M - u + 1), and the u-th largest of the
    upper limits at alpha / u, each miss with probability at most `alpha`: Bonferroni over the
    M - u + 1 models that do not exceed the true value, and over the u that reach it. The lower one
    exceeds x exactly if `partial_conjunction` rejects "fewer than u exceed x" at `alpha`.

    Parameters
    ----------
    values : estimate of each model
    lower, upper : each model's one-sided limit as a function of its level
    """
    for_lower, for_upper = alpha / (len(values) - least + 1), alpha / least
    lows, highs = [one(for_lower) for one in lower], [one(for_upper) for one in upper]
    value, low, high = (sorted(numbers)[-least] for numbers in (values, lows, highs))
    return value, low, high

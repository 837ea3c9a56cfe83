"""Several tests at once: Holm's correction, and what at least u of M hypotheses or estimates say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjusted p-values, shape (n,); NaN stays NaN and does not count as a test.

    Whoever rejects the hypotheses whose adjusted p-value is at most alpha rejects a true one with probability at most
    alpha, however the tests depend on each other.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])  # times 3 the smallest, then times 2, then times 1, and never falling
    array([0.03, 0.06, 0.06])
    >>> holm([0.01, np.nan, 0.04])
    array([0.02,  nan, 0.04])

    References
    ----------
    Holm (1979), A Simple Sequentially Rejective Multiple Test Procedure.
    """
    p = np.asarray(p_values, np.float64)
    adjusted = np.full(p.shape, np.nan)
    order = np.argsort(p, kind="stable")[: int(np.isfinite(p).sum())]
    steps = p[order] * np.arange(len(order), 0, -1)
    # A later step cannot reject what an earlier one did not, so adjusted values never fall along the order.
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted


def partial_conjunction(p_values: Sequence[float], least: int) -> float:
    """p-value of "fewer than `least` of these hypotheses are false", under any dependence.

    (M - u + 1) p_(u), with p_(u) the u-th smallest of the M and u = `least`. If fewer than u are false, at least
    M - u + 1 are true, and p_(u) is no smaller than the smallest p-value of these: Bonferroni over them is enough.

    Parameters
    ----------
    p_values : one for each hypothesis
    least : u, from 1 to the number of hypotheses

    Examples
    --------
    >>> partial_conjunction([0.001, 0.01, 0.02, 0.6], least=3)  # the third smallest, times two
    0.04
    >>> partial_conjunction([0.001, 0.01, 0.02, 0.6], least=4)
    0.6

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
    """The value that at least `least` of M models reach: the u-th largest one, with limits for the true one.

    The u-th largest of the lower limits at level alpha / (M - u + 1), and the u-th largest of the
    upper limits at alpha / u, each miss with probability at most `alpha`: Bonferroni over the
    M - u + 1 models that do not exceed the true value, and over the u that reach it. The lower one
    exceeds x exactly if `partial_conjunction` rejects "fewer than u exceed x" at `alpha`.

    Parameters
    ----------
    values : estimate of each model
    lower, upper : each model's one-sided limit as a function of its level
    least : u, from 1 to the number of models
    alpha : probability with which either limit may miss

    Returns
    -------
    the u-th largest estimate, its lower and its upper limit

    Examples
    --------
    Three models with a standard error of 0.1; two of them reach 0.7.

    >>> from functools import partial
    >>> from scipy.stats import norm
    >>> values = [0.9, 0.7, 0.6]
    >>> lower = [lambda alpha, x=x: x - 0.1 * norm.isf(alpha) for x in values]
    >>> upper = [lambda alpha, x=x: x + 0.1 * norm.isf(alpha) for x in values]
    >>> [round(float(x), 3) for x in reached_by(values, lower, upper, least=2, alpha=0.05)]
    [0.7, 0.504, 0.896]

    References
    ----------
    The inversion of Benjamini & Heller (2008), Screening for Partial Conjunction Hypotheses, section 2.
    """
    for_lower, for_upper = alpha / (len(values) - least + 1), alpha / least
    lows, highs = [one(for_lower) for one in lower], [one(for_upper) for one in upper]
    value, low, high = (sorted(numbers)[-least] for numbers in (values, lows, highs))
    return value, low, high

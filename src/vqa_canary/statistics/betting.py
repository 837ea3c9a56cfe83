"""Bets against "the mean is at most m", whose winnings are evidence however often one looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp

from vqa_canary.errors import BadInput

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

FRACTIONS = np.array([0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95])
"""Shares of the capital that are staked on every value. They are fixed before any value is seen, and none is 1, so that
no value can take everything."""

_HALVINGS = 60
"""Steps of the search for a limit: its error is then below the last digit of a number between 0 and 1."""


def log_wealth(values: ArrayLike, mean: float) -> NDArray[np.float64]:
    r"""Natural log of the capital after each value of a bet against "the mean is at most `mean`", which begins at 1.

    .. math:: K_t = \frac{1}{C} \sum_{c} \prod_{s \le t} (1 + \lambda_c (X_s - m)), \quad \lambda_c = c / m

    with c from `FRACTIONS`. Each factor is positive and has a conditional mean of at most 1 where the conditional mean
    of the value is at most m: so K is a non-negative supermartingale, and by Ville's inequality it ever reaches 1/delta
    with a probability of at most delta. Values need not be independent or alike, only bounded, and each has its
    conditional mean given the ones before it. The larger m is, the smaller K.

    Parameters
    ----------
    values : shape (n,), in the order in which they came, each from 0 to 1
    mean : above 0 and below 1

    Returns
    -------
    shape (n,); with no value, shape (0,)

    Raises
    ------
    BadInput : a value is not from 0 to 1, or `mean` not between 0 and 1

    References
    ----------
    Waudby-Smith & Ramdas (2024), Estimating means of bounded random variables by betting (arXiv 2010.09686): the
    capital process of section 4, with the mean of a grid of constant bets in place of one bet.

    Examples
    --------
    Four errors in a row against "at most half are errors":

    >>> [round(float(one), 2) for one in np.exp(log_wealth([1, 1, 1, 1], 0.5))]
    [1.39, 2.05, 3.17, 5.15]
    """
    return _mixed(np.cumsum(_log_factors(_checked(values), mean), axis=1))


def log_detector(values: ArrayLike, mean: float) -> NDArray[np.float64]:
    r"""Natural log, after each value, of the sum of all bets that were begun at some value up to this one.

    .. math:: M_t = \frac{1}{C} \sum_c M_t^{c}, \quad M_t^{c} = (1 + M_{t-1}^{c}) (1 + \lambda_c (X_t - m))

    A bet that began in good times has lost its capital when bad ones come; here a new bet begins at every value. While
    the mean is at most m, the expected sum after t values is at most t: so until it first reaches c, c values pass on
    average, or more. That is no bound of the probability that it ever does.

    Parameters
    ----------
    values, mean : as in `log_wealth`

    References
    ----------
    Shin, Ramdas & Rinaldo (2024), E-detectors: a nonparametric framework for sequential change detection (arXiv
    2203.03532), the e-detector of the Shiryaev-Roberts kind.

    Examples
    --------
    >>> [round(float(one), 2) for one in np.exp(log_detector([0, 0, 1, 1], 0.5))]
    [0.61, 1.09, 2.68, 5.0]
    """
    factors = _log_factors(_checked(values), mean)
    sums = np.empty_like(factors)
    before = np.full(len(FRACTIONS), -np.inf)
    for at in range(factors.shape[1]):
        before = np.logaddexp(0.0, before) + factors[:, at]
        sums[:, at] = before
    return _mixed(sums)


def warnings(values: ArrayLike, mean: float, every: float) -> list[int]:
    """Places of the values at which the detector reaches `every`; after each it begins anew.

    While the mean is at most `mean`, `every` values or more lie between two of them on average.

    Parameters
    ----------
    values, mean : as in `log_wealth`
    every : above 1

    Examples
    --------
    Twenty right answers, then errors alone:

    >>> warnings([0] * 20 + [1] * 10, 0.2, every=100)
    [23, 27]
    """
    x = _checked(values)
    places: list[int] = []
    begin = 0
    while begin < len(x):
        reached = np.flatnonzero(log_detector(x[begin:], mean) >= np.log(every))
        if not len(reached):
            break
        begin += int(reached[0]) + 1
        places.append(begin - 1)
    return places


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a sequence of values says against "the mean is at most `mean`", after its last value."""

    mean: float
    """The mean that was bet against."""
    delta: float
    """The probability, at most, of an alarm while the mean is at most `mean`, however long one looks."""
    n: int
    """Number of values."""
    log_e: float
    """Natural log of the capital after the last value; 0 before the first."""
    log_most: float
    """Natural log of the largest capital that there ever was, 0 at the beginning included."""
    alarm: int | None
    """Place of the value, from 0, at which the capital first reached 1/delta; None where it never did."""
    low: float
    """Lower limit of the mean: see `limits`; 0 with no value."""
    high: float
    """Upper limit of the mean; 1 with no value."""

    @property
    def p_value(self) -> float:
        """Anytime-valid p-value: one over the largest capital so far, at most 1. It never rises again."""
        return float(min(1.0, np.exp(-self.log_most)))


def evidence(values: ArrayLike, mean: float, delta: float) -> Evidence:
    """The bet against "the mean is at most `mean`", looked at after every value.

    Parameters
    ----------
    values, mean : as in `log_wealth`
    delta : above 0 and below 1

    Raises
    ------
    BadInput : as `log_wealth`; `delta` is not between 0 and 1

    Examples
    --------
    >>> found = evidence([1] * 12, 0.2, delta=0.05)
    >>> found.alarm, found.n, found.p_value < 0.05
    (2, 12, True)
    """
    _between("delta", delta)
    path = log_wealth(values, mean)
    reached = np.flatnonzero(path >= -np.log(delta))
    low, high = limits(values, delta)
    return Evidence(
        mean,
        delta,
        len(path),
        float(path[-1]) if len(path) else 0.0,
        float(max(0.0, path.max(initial=0.0))),
        int(reached[0]) if len(reached) else None,
        low,
        high,
    )


def limits(values: ArrayLike, delta: float) -> tuple[float, float]:
    """The confidence sequence of the mean after the last value: all means that no bet refutes at `delta` / 2.

    With probability 1 - `delta` it holds the mean after every value at once, as long as the mean stays what it is. It
    always holds the mean of the values, for no bet wins against that. (0, 1) with no value.

    Raises
    ------
    BadInput : as `evidence`

    References
    ----------
    Waudby-Smith & Ramdas (2024), theorem 3: a bet to each side, each with half of the doubt.

    Examples
    --------
    >>> low, high = limits([0, 1] * 100, 0.05)
    >>> round(low, 2), round(high, 2)
    (0.38, 0.62)
    """
    _between("delta", delta)
    x = _checked(values)
    if not len(x):
        return 0.0, 1.0
    worth = -np.log(delta / 2)

    def refuted(mean: float, side: NDArray[np.float64]) -> bool:
        return bool(log_wealth(side, mean)[-1] >= worth)

    low = _edge(lambda mean: refuted(mean, x), float(x.mean()))
    high = 1 - _edge(lambda mean: refuted(mean, 1 - x), float(1 - x.mean()))
    return low, high


def _edge(refuted: Callable[[float], bool], top: float) -> float:
    """The largest mean up to `top` that is refuted; 0 where none is. Whoever refutes a mean refutes smaller ones."""
    low, high = 0.0, top
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if refuted(middle) else (low, middle)
    return low


def _log_factors(values: NDArray[np.float64], mean: float) -> NDArray[np.float64]:
    """Log of what each bet makes of its capital at each value, shape (bets, n)."""
    _between("mean", mean)
    return np.log1p(FRACTIONS[:, None] * (values / mean - 1))


def _mixed(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log of the mean over bets, shape (n,)."""
    mixed: NDArray[np.float64] = logsumexp(logs, axis=0) - np.log(len(logs))
    return mixed


def _checked(values: ArrayLike) -> NDArray[np.float64]:
    x = np.asarray(values, np.float64).reshape(-1)
    if not ((x >= 0) & (x <= 1)).all():
        raise BadInput(
            "a value of the sequence is not from 0 to 1: give shares of wrong answers, and leave out gaps."
        )
    return x


def _between(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise BadInput(f"{name}: {value} is not between 0 and 1. For 5 % give 0.05.")

"""How many images the test behind an `exact` policy needs, and how often it passes."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import bdtr, bdtrik

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

MOST_IMAGES = 20_000
"""Most images that are looked at; where these are too few, no number is given."""
USUAL_ERROR, USUAL_POWER = 0.2, 0.8
"""What a search begins for: the share of errors among the surest answers, as a share of what is tolerated, and the
probability with which such answers are to pass."""
_FEW_ERRORS = 64
"""More than a search begins with, whose power is far above `USUAL_POWER` when so many errors are allowed."""


def errors_allowed(images: ArrayLike, alpha: float, delta: float) -> NDArray[np.int64]:
    r"""Most errors, one answer an image, with which the test passes; -1 where it fails even without any.

    The largest k with :math:`P(Bin(m, \alpha) \le k) \le \delta`: the same p-value as `Steps.first_answers_p`.

    Parameters
    ----------
    images : m, number of images with an answer, 0 upwards
    alpha : largest share of errors that is tolerated, above 0 and below 1
    delta : level of the test, above 0 and below 1

    Examples
    --------
    >>> errors_allowed([58, 59, 93, 124], 0.05, 0.05)
    array([-1,  0,  1,  2])
    """
    m = np.asarray(images, np.float64)
    # The inverse of the sum is no whole number and may miss by its last digits, so its neighbours are looked at.
    near = np.floor(np.nan_to_num(bdtrik(delta, np.maximum(m, 1), alpha), nan=0.0))
    allowed = np.full(m.shape, -1.0)
    for step in (-1, 0, 1):
        k = near + step
        passes = (k >= 0) & (k < m) & (bdtr(np.clip(k, 0, m), m, alpha) <= delta)
        allowed = np.where(passes, k, allowed)
    return allowed.astype(np.int64)


def power(images: ArrayLike, error: float, alpha: float, delta: float) -> NDArray[np.float64]:
    """Probability that the test passes where a share `error` of answers is wrong; 0 to 1.

    Parameters
    ----------
    images, alpha, delta : as in `errors_allowed`
    error : true share of errors among the first answers of images, 0 to 1

    Examples
    --------
    >>> power([59, 123, 124], 0.01, 0.05, 0.05).round(2)
    array([0.55, 0.65, 0.87])
    """
    m = np.asarray(images, np.float64)
    return _chance(errors_allowed(m, alpha, delta), m, error)


def images_for_power(error: float, alpha: float, delta: float, wanted: float) -> int | None:
    """The smallest number of images with an answer at which the test passes with probability `wanted`.

    The power does not rise evenly: with each more image it falls a little, and it jumps where one more error is
    allowed. So somewhat more images may do a little worse; `images_for_lasting_power` is where that ends.

    Returns
    -------
    None where more than `MOST_IMAGES` would be needed, or no number would do
    """
    enough = np.flatnonzero(powers(error, alpha, delta) >= wanted)
    return int(enough[0]) + 1 if len(enough) else None


@lru_cache(maxsize=256)
def images_to_begin_with(alpha: float, delta: float) -> int | None:
    """The number of images with an answer at which a search for a policy begins.

    With them a policy whose answers are wrong a fifth as often as is tolerated passes its first test with a probability
    of 80 % or more; with somewhat fewer it would be two thirds, since one error less is allowed.

    Returns
    -------
    None where more than `MOST_IMAGES` would be needed

    Examples
    --------
    >>> images_to_begin_with(0.05, 0.05), images_to_begin_with(0.1, 0.05)
    (124, 61)
    """
    # Power only jumps where one more error is allowed, so one of these numbers is the smallest with enough of it.
    images = images_for_errors(alpha, delta, _FEW_ERRORS)
    chances = bdtr(np.arange(len(images), dtype=np.float64), images, USUAL_ERROR * alpha)
    enough = np.flatnonzero(chances >= USUAL_POWER)
    return int(images[enough[0]]) if len(enough) else None


def images_for_errors(alpha: float, delta: float, n: int = MOST_IMAGES) -> NDArray[np.int64]:
    r"""The smallest number of images with which 0, 1, 2, ... `n` - 1 errors are allowed, ascending.

    Those that would take more than `MOST_IMAGES` are left out.

    By bisection, since :math:`P(Bin(m, \alpha) \le k)` falls with m.

    Examples
    --------
    >>> images_for_errors(0.05, 0.05)[:4]
    array([ 59,  93, 124, 153])
    """
    k = np.arange(n, dtype=np.float64)
    k = k[bdtr(k, MOST_IMAGES, alpha) <= delta]
    low, high = (
        k.astype(np.int64),
        np.full(len(k), MOST_IMAGES),
    )  # k images with k errors never pass, the most do
    while (high - low > 1).any():
        middle = (low + high) // 2
        passes = bdtr(k, middle, alpha) <= delta
        low, high = np.where(passes, low, middle), np.where(passes, middle, high)
    return high


def images_for_lasting_power(error: float, alpha: float, delta: float, wanted: float) -> int | None:
    """The smallest number of images with an answer from which on no larger one has less power than `wanted`.

    Returns
    -------
    None where more than `MOST_IMAGES` would be needed, or no number would do
    """
    short = np.flatnonzero(powers(error, alpha, delta) < wanted)
    last = int(short[-1]) + 1 if len(short) else 0
    return last + 1 if last < MOST_IMAGES else None


def powers(error: float, alpha: float, delta: float) -> NDArray[np.float64]:
    """The power at 1, 2, ... `MOST_IMAGES` images; 0 throughout where more errors are made than are tolerated."""
    if error >= alpha:
        return np.zeros(MOST_IMAGES)  # such a policy must not pass; that it does by chance is no power
    return _chance(_allowed(alpha, delta), np.arange(1.0, MOST_IMAGES + 1), error)


@lru_cache(maxsize=16)
def _allowed(alpha: float, delta: float) -> NDArray[np.int64]:
    """Errors allowed at 1, 2, ... images; all guesses of the true error share them."""
    return np.searchsorted(images_for_errors(alpha, delta), np.arange(1, MOST_IMAGES + 1), side="right") - 1


def _chance(allowed: NDArray[np.int64], images: NDArray[np.float64], error: float) -> NDArray[np.float64]:
    return np.where(allowed >= 0, bdtr(np.maximum(allowed, 0.0), images, error), 0.0)

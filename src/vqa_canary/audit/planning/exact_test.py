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
    enough = np.flatnonzero(_powers(error, alpha, delta) >= wanted)
    return int(enough[0]) + 1 if len(enough) else None


def images_for_lasting_power(error: float, alpha: float, delta: float, wanted: float) -> int | None:
    """The smallest number of images with an answer from which on no larger one has less power than `wanted`.

    Returns
    -------
    None where more than `MOST_IMAGES` would be needed, or no number would do
    """
    short = np.flatnonzero(_powers(error, alpha, delta) < wanted)
    last = int(short[-1]) + 1 if len(short) else 0
    return last + 1 if last < MOST_IMAGES else None


def _powers(error: float, alpha: float, delta: float) -> NDArray[np.float64]:
    """The power at 1, 2, ... images."""
    if error >= alpha:
        return np.zeros(MOST_IMAGES)  # such a policy must not pass; that it does by chance is no power
    return _chance(_allowed(alpha, delta), np.arange(1.0, MOST_IMAGES + 1), error)


@lru_cache(maxsize=16)
def _allowed(alpha: float, delta: float) -> NDArray[np.int64]:
    """Errors allowed at 1, 2, ... images; all guesses of the true error share them."""
    return errors_allowed(np.arange(1, MOST_IMAGES + 1), alpha, delta)


def _chance(allowed: NDArray[np.int64], images: NDArray[np.float64], error: float) -> NDArray[np.float64]:
    return np.where(allowed >= 0, bdtr(np.maximum(allowed, 0.0), images, error), 0.0)

"""Where the search for a policy will begin on given images: with how many answers, and how many may be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln

from vqa_canary.audit.exact_test import MOST_IMAGES, errors_allowed, images_to_begin_with, power, powers
from vqa_canary.audit.policy import images_needed
from vqa_canary.audit.policy_search import COVERAGES, first_tested, questions_answered

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_ROUNDING = 1e-9
"""As in the search: a product such as .15 * 20 may lie a little above the whole number that it stands for."""


@dataclass(frozen=True, slots=True)
class FirstThreshold:
    """The first threshold of a search. A policy is found if this one passes its test, and else there is none."""

    coverage: float
    """Share of the calibration questions that are answered at it: those with the least uncertainty."""
    images: int
    """Number of calibration images with an answer, about: which questions are answered is not known beforehand."""
    errors_allowed: int
    """Most of these answers, one an image, that may be wrong; -1 where the test fails even without any."""
    alpha: float
    delta: float

    def chance(self, error: float) -> float:
        """Probability that it passes where a share `error` of the answers with the least uncertainty is wrong."""
        return float(power(self.images, error, self.alpha, self.delta))


def first_threshold(sizes: ArrayLike, alpha: float, delta: float) -> FirstThreshold | None:
    """Where `policy.find_policy` begins on images with so many questions, by the same rule; None where it has no place.

    Which questions have the least uncertainty is not known beforehand. As if that were drawn: the number of images with
    an answer is its expectation, exact where each image has one question. Questions of an image that are alike in
    uncertainty leave fewer images.

    Parameters
    ----------
    sizes : shape (images,), number of calibration questions that each image has
    alpha, delta : as in `policy.find_policy`
    """
    n = np.asarray(sizes, np.int64)
    if not n.sum():
        return None
    images = np.rint(images_with_an_answer(n)).astype(np.int64)
    coverage = questions_answered(int(n.sum())) / n.sum()
    at = first_tested(images, coverage, images_needed(alpha, delta), images_to_begin_with(alpha, delta))
    if at is None:
        return None
    allowed = int(errors_allowed(images[at], alpha, delta))
    return FirstThreshold(float(coverage[at]), int(images[at]), allowed, alpha, delta)


def images_for_search(error: float, alpha: float, delta: float, wanted: float) -> int | None:
    """The smallest number of calibration images with which `find_policy` finds a policy with probability `wanted`.

    By the rule of the search itself: each image has one question, all are answered, and a share `error` of the surest
    answers is wrong, whichever are tested first. What is tested first grows with the file only where a tenth of it is
    more than a search begins with. So where the surest answers are wrong more often than a search begins for, many more
    images are needed than the test itself would take (`images_for_power`).

    Parameters
    ----------
    error : true share of errors among the answers that are tested first, 0 to 1
    alpha, delta : as in `policy.find_policy`
    wanted : a probability, below 1

    Returns
    -------
    None where more than `MOST_IMAGES` would be needed, or no number would do

    Examples
    --------
    >>> [images_for_search(error, 0.05, 0.05, 0.8) for error in (0, 0.01, 0.02)]
    [59, 124, 2331]
    """
    begun = _images_begun_with(alpha, delta)
    enough = np.where(begun > 0, powers(error, alpha, delta)[begun - 1], 0.0) >= wanted
    return int(enough.argmax()) + 1 if enough.any() else None


@lru_cache(maxsize=16)
def _images_begun_with(alpha: float, delta: float) -> NDArray[np.int64]:
    """Images at the first threshold where each of 1, 2, ... `MOST_IMAGES` images has one question; 0 without any."""
    n = np.arange(1, MOST_IMAGES + 1)
    answered = np.ceil(COVERAGES * n[:, None] - _ROUNDING).astype(np.int64)
    least, begin = images_needed(alpha, delta), images_to_begin_with(alpha, delta)
    enough = answered >= begin if begin is not None else np.zeros(answered.shape, bool)
    half = (answered >= least) & (COVERAGES >= 0.5 - _ROUNDING)
    enough = np.where(enough.any(axis=1, keepdims=True), enough, half)
    return np.where(enough.any(axis=1), answered[np.arange(len(n)), enough.argmax(axis=1)], 0)


def can_find(images: int, alpha: float, delta: float) -> bool:
    """Whether so many calibration images are enough for a policy if every question is answered, and rightly."""
    return images >= images_needed(alpha, delta) and int(errors_allowed(images, alpha, delta)) >= 0


def least_error(images: int, delta: float) -> float | None:
    """The smallest share of errors, to a tenth of a percent, that so many calibration images could ever show.

    Parameters
    ----------
    images : number of calibration images, all of them with a right answer
    delta : as in `policy.find_policy`

    Returns
    -------
    None where no share below 1 can be shown
    """
    shares = np.arange(1, 1000) / 1000
    possible = [share for share in shares.tolist() if can_find(images, share, delta)]
    return possible[0] if possible else None


def images_with_an_answer(sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    r"""Expected number of images with an answered question at each coverage of the search's grid.

    .. math:: E = \sum_g 1 - \binom{N - n_g}{a} \Big/ \binom{N}{a}

    where a of N questions are answered, drawn without replacement, n_g of which show image g.

    Parameters
    ----------
    sizes : n_g, shape (images,); their sum N is 1 or more
    """
    whole = int(sizes.sum())
    answered = questions_answered(whole)[:, None].astype(np.float64)
    rest = (whole - sizes)[None, :]
    possible = answered <= rest
    fits = np.where(possible, answered, 0.0)
    log_none = _log_choose(rest, fits) - _log_choose(np.full_like(rest, whole), fits)
    none = np.where(possible, np.exp(log_none), 0.0)
    return np.asarray(((1 - none) * (sizes > 0)).sum(axis=1), np.float64)


def _log_choose(n: NDArray[np.int64], k: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1), np.float64)

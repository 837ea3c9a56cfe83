"""Thresholds that a policy may have, and what answering below each of them would have done."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Context
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import bdtr, betainc, ndtri, stdtrit

from vqa_canary.statistics.clusters import number, sums

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

COVERAGES = np.arange(2, 21) / 20
"""Shares of questions at which thresholds are tried: .10, .15, ... 1."""

DIGITS = 6
"""Significant digits of a threshold. It is rounded before it is tested, so that what is printed is what was tested."""

_ROUNDING = 1e-9
"""A product such as .15 * 20 may lie a little above the whole number that it stands for; it is not rounded up then."""


@dataclass(frozen=True)
class Steps:
    """Calibration questions at each threshold, ascending; arrays of shape (thresholds,) but for the last three."""

    thresholds: NDArray[np.float64]
    """A question is answered if its uncertainty is at most this; of 6 significant digits."""
    answered: NDArray[np.int64]
    """Number of questions that are answered."""
    events: NDArray[np.int64]
    """Number of events among these answers."""
    images: NDArray[np.int64]
    """Number of images with an answered question."""
    first_events: NDArray[np.int64]
    """Number of events among the first answered question of each image, in the fixed order: one draw an image, so that
    these counts are binomial though questions of one image are alike."""
    n: int
    """Number of questions, those that are always escalated included."""
    n_images: int
    """Number of images that all these questions show."""
    uncertainty: NDArray[np.float64]
    """Uncertainty of each question that can be answered, shape (questions,), by image and then by priority."""
    event: NDArray[np.bool_]
    """Whether the event happened to each of them."""
    image: NDArray[np.int64]
    """Image of each of them, numbered from 0."""

    @property
    def coverage(self) -> NDArray[np.float64]:
        """Share of all questions that are answered."""
        return self.answered / max(1, self.n)

    def first_answers_p(self, alpha: float) -> NDArray[np.float64]:
        """p-values of "more than `alpha` of answers are events": P(Bin(m, alpha) <= k), one answer an image."""
        return np.asarray(bdtr(self.first_events.astype(np.float64), self.images, alpha), np.float64)

    def cluster_p(self, alpha: float, delta: float) -> NDArray[np.float64]:
        """p-values of the same for all answers, counted at their effective size; approximate."""
        size, share = self.effective_size(delta), self.events / self.answered
        return binomial_p(share, size, alpha)

    def effective_size(self, delta: float) -> NDArray[np.float64]:
        """Independent answers that the answered questions are worth, in a test at level `delta`; 0 with one image.

        The design effect takes away what questions of one image repeat. The variance behind it is itself estimated from
        few images, so that a t quantile would stand where a binomial test has a normal one: the size shrinks by the
        square of their ratio.
        """
        df = self.images - 1.0
        shrink = (ndtri(1 - delta) / stdtrit(np.maximum(df, 1), 1 - delta)) ** 2
        return np.where(df > 0, self.answered / self._design_effect * shrink, 0.0)

    @cached_property
    def _design_effect(self) -> NDArray[np.float64]:
        """By how much shared images inflate the variance of a share: the largest of two guesses, at least 1.

        One is the image-robust variance over the binomial one; with few events at a low threshold it can be too small
        by chance. The other is 1 + (sum n_g^2 / sum n_g - 1) * ICC, with the intraclass correlation of all calibration
        questions, which does not depend on the threshold. Without any event neither says anything: then all answers
        count for no more than there are images.
        """
        correlation, n_images = (
            intraclass_correlation(self.event, self.image),
            int(self.image.max(initial=0)) + 1,
        )
        effect = np.ones(len(self.thresholds))
        for step, threshold in enumerate(self.thresholds):
            chosen = self.uncertainty <= threshold
            sizes = np.bincount(self.image[chosen], minlength=n_images)
            m, k, g = int(self.answered[step]), int(self.events[step]), int(self.images[step])
            effect[step] = max(1.0, 1 + ((sizes**2).sum() / m - 1) * correlation)
            p = k / m
            if k == 0:
                effect[step] = max(effect[step], m / g)
            elif k < m and g > 1:
                gaps = sums(self.event[chosen], self.image[chosen], n_images) - p * sizes
                robust = g / (g - 1) * (gaps**2).sum() / m**2
                effect[step] = max(effect[step], robust / (p * (1 - p) / m))
        return effect


def search_steps(
    uncertainty: ArrayLike,
    event: ArrayLike,
    images: ArrayLike,
    priority: ArrayLike,
    at: NDArray[np.float64] | None = None,
) -> Steps:
    """Every threshold of the grid, and its counts.

    Thresholds are the uncertainties at which .10, .15, ... 1 of all questions are answered, rounded up to 6 significant
    digits: a threshold that is rounded where it is printed would answer other questions than those it was tested on,
    and of 1/3 none that tie. Questions that tie are answered together, so a threshold's true coverage may be higher,
    and with few levels there are few thresholds.

    Parameters
    ----------
    uncertainty : shape (n,); NaN or infinite is always escalated
    event : shape (n,), 1, 0, or NaN where there is no answer to judge: always escalated too
    images : shape (n,), image of each question
    priority : shape (n,), all different: of an image's answered questions the lowest is its first
    at : thresholds to count at, ascending, in the place of those of these questions: of a part of the questions, those
        of the whole
    """
    u, happened = np.asarray(uncertainty, np.float64), np.asarray(event, np.float64)
    codes, n_images = number(images)
    known = np.isfinite(u) & ~np.isnan(happened)
    order = np.flatnonzero(known)[np.lexsort((np.asarray(priority)[known], codes[known]))]
    u, bad, image = u[order], happened[order] > 0, codes[order]
    # Shares are of all questions: where more are wanted than have a value, the largest uncertainty is the threshold.
    wanted = questions_answered(len(codes))
    ranked = np.sort(u)
    levels = ranked[np.minimum(wanted, len(u)) - 1] if len(u) else ranked
    thresholds = np.unique([rounded_up(float(level)) for level in levels]) if at is None else at
    answered = u <= thresholds[:, None]
    # Questions lie image by image, so the first answered one of an image is the smallest place among its own; where
    # none is answered it is len(u), behind all events, where no event is counted.
    starts = np.flatnonzero(np.diff(image, prepend=-1))
    place = np.where(answered, np.arange(len(u)), len(u))
    first = np.minimum.reduceat(place, starts, axis=1) if len(u) else place
    return Steps(
        thresholds=thresholds,
        answered=answered.sum(axis=1),
        events=(answered & bad).sum(axis=1),
        images=(first < len(u)).sum(axis=1),
        first_events=np.append(bad, False)[first].sum(axis=1),
        n=len(codes),
        n_images=n_images,
        uncertainty=u,
        event=bad,
        image=image,
    )


def questions_answered(n: int) -> NDArray[np.int64]:
    """How many of `n` questions are answered at each share of the grid, where none tie; shape (19,)."""
    return np.ceil(COVERAGES * n - _ROUNDING).astype(np.int64)


def first_tested(
    images: NDArray[np.int64], coverage: NDArray[np.float64], least: int, begin: int | None
) -> int | None:
    """Place of the first threshold that is tested; it is chosen without a look at events. None where there is none.

    It is the first with `begin` images. Where there never are so many, as it is with small files, it is the first with
    `least` and half of the questions.

    Parameters
    ----------
    images : number of images with an answer at each threshold, ascending
    coverage : share of questions answered at each
    least : images with an answer without which no test can pass
    begin : images with an answer with which a search begins; None where no number is known
    """
    enough = images >= begin if begin is not None else np.zeros(len(images), bool)
    if not enough.any():
        enough = (images >= least) & (coverage >= 0.5 - _ROUNDING)
    return int(enough.argmax()) if enough.any() else None


def rounded_up(value: float) -> float:
    """The smallest number of 6 significant digits that is not below `value`."""
    return float(Context(prec=DIGITS, rounding=ROUND_CEILING).create_decimal(repr(value)))


def binomial_p(share: ArrayLike, size: ArrayLike, alpha: float) -> NDArray[np.float64]:
    """P(Bin(size, alpha) <= share * size) in its beta form; counts need not be whole. 1 for nothing but events.

    An effective size is no whole number, and neither is the count at it: the incomplete beta function is the binomial
    sum where they are, and goes smoothly between where they are not.
    """
    m = np.asarray(size, np.float64)
    k = np.asarray(share, np.float64) * m
    return np.where(m > k, betainc(np.maximum(m - k, _ROUNDING), k + 1, 1 - alpha), 1.0)


def size_needed(share: float, alpha: float, delta: float) -> int | None:
    """Independent answers that, with this share of events, pass a test at `delta`; None if 10 million would not."""
    low, high = 1, 10_000_000
    if share >= alpha or binomial_p(share, high, alpha) > delta:
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if binomial_p(share, middle, alpha) <= delta else (middle + 1, high)
    return low


def intraclass_correlation(values: ArrayLike, images: NDArray[np.int64]) -> float:
    """How alike items of one image are, by analysis of variance: 0 to 1, 0 where it cannot be told.

    References
    ----------
    Donner (1986), A Review of Inference Procedures for the Intraclass Correlation Coefficient, section 2.
    """
    x = np.asarray(values, np.float64)
    codes, g = number(images)
    n = len(x)
    if g < 2 or n == g:
        return 0.0
    sizes, totals = np.bincount(codes, minlength=g), sums(x, codes, g)
    between = (sizes * (totals / sizes - x.mean()) ** 2).sum() / (g - 1)
    within = ((x - (totals / sizes)[codes]) ** 2).sum() / (n - g)
    typical = (n - (sizes**2).sum() / n) / (g - 1)
    whole = between + (typical - 1) * within
    return float(np.clip((between - within) / whole, 0, 1)) if whole > 0 else 0.0

"""Whether uncertainty says more about collapse than the other models' errors do.

Uncertainty may rank collapses high only because both happen on items that many models get wrong.
The share of the other models that are right is a *noisy* reading of an item's difficulty, so a
positive answer here does not mean "beyond difficulty": where collapse and uncertainty depend on true
difficulty alone the test rejects too often (14 % with 60 images, 44 % with 200).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.estimate import MIN_IMAGES, Undefined, check_sides
from vqa_canary.statistics.clusters import count, number
from vqa_canary.statistics.logistic import fit_logistic, image_covariance, log_likelihood
from vqa_canary.statistics.stratified_auroc import stratified_auroc
from vqa_canary.statistics.student import chance_above

if TYPE_CHECKING:
    from numpy.typing import NDArray

N_FOLDS = 5
"""Parts into which images are dealt to measure the gain on images that were not fitted on."""
LEVELS_TO_BEND = 4
"""How many different values the others' accuracy x needs for x^2 to be a term: with three, x and x^2 would fit each
value by itself, and the rarest perhaps without error, where no finite fit exists."""
_FLAT = 1e-9
"""Spread up to which numbers count as alike."""


@dataclass(frozen=True, slots=True)
class AtRisk:
    """Items answered right when clean: arrays of shape (n,)."""

    uncertainty: NDArray[np.float64]
    """Uncertainty of the clean answer."""
    collapse: NDArray[np.bool_]
    """Whether the answer under the condition is wrong."""
    others: NDArray[np.float64]
    """Share of the other models that are right when clean; NaN where none was judged."""
    n_options: NDArray[np.float64]
    """Number of options."""
    question_type: NDArray[np.str_]
    """Type of the question."""
    question_words: NDArray[np.float64]
    """Length of the question in words."""
    images: NDArray[np.int64]
    """Image of each item."""

    def known(self) -> AtRisk:
        """The items that at least one other model was judged on.

        Raises
        ------
        Undefined : there are none
        """
        known = ~np.isnan(self.others)
        if not known.any():
            raise Undefined("no other model was judged on these items")
        return self if known.all() else AtRisk(*(getattr(self, field.name)[known] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Beyond:
    """What uncertainty says about collapse beyond the other models' accuracy."""

    slope: float
    """Change of the log-odds of collapse for one standard deviation of uncertainty, all covariates alike."""
    se: float
    """Standard error of `slope` over images."""
    df: int
    """Degrees of freedom of the t distribution behind `p_value`."""
    strata_auroc: float | None
    """Effect size: AUROC for collapse among items that equally many other models get right; None where no such stratum
    holds both collapses and holds."""
    gain: float | None
    """Log-likelihood per item that uncertainty adds on images that were not fitted on; it is shown, never tested. None
    where a fit without some of the images does not exist."""
    n: int
    """How many items were at risk and judged by another model."""
    n_clusters: int
    """How many images these items show."""

    @property
    def p_value(self) -> float:
        """p-value of "the slope is at most 0": t with (images with a collapse, with a hold, the smaller) - 1 df."""
        return chance_above(self.slope / self.se, self.df)


def others_right(correct: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each model, the share of the *other* models that are right on an item.

    Parameters
    ----------
    correct : shape (models, items), 1, 0 or NaN

    Returns
    -------
    shape (models, items), 0 to 1; NaN where no other model was judged
    """
    judged, right = ~np.isnan(correct), np.nan_to_num(correct)
    n_others = judged.sum(axis=0) - judged
    with np.errstate(invalid="ignore"):
        return np.asarray(
            np.where(n_others > 0, (right.sum(axis=0) - right) / np.maximum(n_others, 1), np.nan)
        )


def beyond_others(items: AtRisk) -> Beyond:
    r"""Image-robust logistic regression of collapse on uncertainty, given the other models' accuracy.

    .. math:: \mathrm{logit} P(collapse) = \alpha + \beta\, z(u) + \gamma_1 x + \gamma_2 x^2 + \delta^\top c

    with z(u) the standardised uncertainty, x the share of the other models that are right, and c the
    number of options, the words of the question and its type. A type is a term of its own where at
    least 5 images have a collapse and 5 a hold; rarer ones join the commonest. The square of x needs
    four values of x: with two other models there are three. Columns that depend on each other count once.

    Raises
    ------
    Undefined : fewer than 5 images with a collapse or with a hold; no other model, or the same share
        of them right on all items; uncertainty that does not vary beyond the covariates; no finite fit

    References
    ----------
    The sandwich over images: `vqa_canary.statistics.logistic.image_covariance`; a noisy measure of what is to be held
    alike leaves a part of it: Westfall & Yarkoni (2016), Statistically Controlling for Confounding Constructs Is
    Harder than You Think.
    """
    items = items.known()
    y = items.collapse.astype(np.float64)
    sides = count(items.images[items.collapse]), count(items.images[~items.collapse])
    check_sides(*sides)
    if np.ptp(items.others) < _FLAT:
        raise Undefined("the other models are right alike on all these items")
    given = _covariates(items)
    design = np.column_stack([_z(items.uncertainty), given])
    # The covariates are orthogonal with mean square 1, so this is the least-squares residual of uncertainty on them.
    rest = design[:, 0] - given @ (given.T @ design[:, 0]) / len(y)
    if np.abs(rest).max() < 1e-6:
        raise Undefined("uncertainty does not vary beyond the covariates")
    beta = fit_logistic(design, y)
    se = float(np.sqrt(image_covariance(design, y, beta, items.images)[0, 0]))
    if not se > _FLAT:
        raise Undefined("no standard error: all images are alike")
    return Beyond(
        slope=float(beta[0]),
        se=se,
        df=min(sides) - 1,
        strata_auroc=stratified_auroc(items.uncertainty, items.collapse, items.others),
        gain=_gain(design, y, items.images),
        n=len(y),
        n_clusters=count(items.images),
    )


def _covariates(items: AtRisk) -> NDArray[np.float64]:
    """The constant and an orthogonal basis of all covariates, columns of mean square 1."""
    x = (
        items.others - items.others.mean()
    )  # centred, so that x and its square do not depend on each other needlessly
    bend = [x**2] if len(np.unique(items.others)) >= LEVELS_TO_BEND else []
    columns = [x, *bend, items.n_options, items.question_words, *_types(items)]
    scaled = np.stack([_z(column) for column in columns if np.ptp(column) > _FLAT], axis=1)
    # An orthogonal basis drops columns that depend on others and keeps Newton's steps well scaled; the fit is the same.
    basis, size, _ = np.linalg.svd(scaled, full_matrices=False)
    kept = basis[:, size > 1e-6 * size[0]]
    return np.column_stack([np.ones(len(x)), kept * np.sqrt(len(x))])


def _types(items: AtRisk) -> list[NDArray[np.float64]]:
    """An indicator for each question type with 5 images on both sides, the commonest of them aside.

    That one is the reference; rarer types join it, as they would be separated or carry no weight.
    """
    found = []
    for name in np.unique(items.question_type):
        of_type = items.question_type == name
        sides = (count(items.images[of_type & side]) for side in (items.collapse, ~items.collapse))
        if min(sides) >= MIN_IMAGES:
            found.append(of_type.astype(np.float64))
    return sorted(found, key=np.sum)[:-1]


def _gain(design: NDArray[np.float64], y: NDArray[np.float64], images: NDArray[np.int64]) -> float | None:
    """Held-out log-likelihood per item with uncertainty (column 0) minus that without, over five folds of images."""
    fold = number(images)[0] % N_FOLDS  # whole images: items of a held-out image must not be fitted on
    gain = 0.0
    for one in range(N_FOLDS):
        inside, out = fold != one, fold == one
        try:
            for columns, sign in ((design, 1.0), (design[:, 1:], -1.0)):
                beta = fit_logistic(columns[inside], y[inside])
                gain += sign * float(log_likelihood(columns[out] @ beta, y[out]).sum())
        except Undefined:
            return None
    return gain / len(y)


def _z(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values with mean 0 and standard deviation 1; all 0 where they do not vary."""
    spread = values.std()
    return np.asarray((values - values.mean()) / (spread if spread > _FLAT else 1.0))

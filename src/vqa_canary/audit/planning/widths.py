"""How exactly a share will be known, and which difference will be seen, before any answer is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri, stdtrit

from vqa_canary.estimate import ALPHA
from vqa_canary.statistics.proportions import clopper_pearson
from vqa_canary.statistics.student import exceeded_by

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def design_effect(sizes: ArrayLike, likeness: float) -> float:
    r"""By how much questions that share images inflate the variance of a share: 1 upwards.

    .. math:: 1 + \left(\sum_g n_g^2 / \sum_g n_g - 1\right) \rho

    Parameters
    ----------
    sizes : n_g, number of questions of each image, shape (images,); need not be whole
    likeness : rho, intraclass correlation of what is measured, 0 to 1

    References
    ----------
    Kish (1965), Survey Sampling, section 5.4; the form for unequal sizes is that of `Steps`.
    """
    n = np.asarray(sizes, np.float64)
    return float(1 + max(0.0, (n**2).sum() / n.sum() - 1) * likeness)


def interval_of_share(share: float, sizes: ArrayLike, likeness: float) -> tuple[float, float] | None:
    """The 95 % interval that `proportion` will give, about: Korn and Graubard's, with the variance that is expected.

    Parameters
    ----------
    share : that will be found, above 0 and below 1
    sizes, likeness : as in `design_effect`

    Returns
    -------
    None with fewer than two images that have questions
    """
    n = np.asarray(sizes, np.float64)
    n = n[n > 0]
    if len(n) < 2:
        return None
    spread = (-ndtri(ALPHA / 2) / exceeded_by(ALPHA / 2, len(n) - 1)) ** 2
    worth = float(n.sum() / design_effect(n, likeness) * spread)
    return clopper_pearson(share * worth, worth, ALPHA)


def smallest_paired_difference(
    changed: float, sizes: ArrayLike, likeness: float, power: float
) -> float | None:
    r"""Smallest difference of accuracy between two audits of the same questions that a two-sided 5 % test will see.

    .. math:: \left(t_{.975, G-1} + t_{power, G-1}\right) \sqrt{c \cdot deff / n}

    An answer that is right in one audit alone counts 1 or -1, all others 0: with a share c of such answers the variance
    of one question's difference is at most c.

    Parameters
    ----------
    changed : c, share of questions that are answered rightly in one audit alone, 0 to 1
    sizes, likeness : as in `design_effect`, of the questions that both audits ask
    power : probability with which the difference is seen

    Returns
    -------
    0 to `changed`; None where not even a difference of `changed`, the largest that there can be, would be seen, and
    with fewer than two images

    References
    ----------
    Bloom (1995), Minimum Detectable Effects; McNemar (1947) for the variance.
    """
    n = np.asarray(sizes, np.float64)
    n = n[n > 0]
    if len(n) < 2:
        return None
    df = len(n) - 1
    se = float(np.sqrt(changed * design_effect(n, likeness) / n.sum()))
    smallest = float(exceeded_by(ALPHA / 2, df) + stdtrit(df, power)) * se
    return smallest if smallest <= changed else None

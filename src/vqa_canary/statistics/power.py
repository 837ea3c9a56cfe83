"""Minimum detectable effects: the smallest ones that a study with this standard error finds with 80 % power."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scipy.special import ndtri

from vqa_canary.estimate import ALPHA, Estimate, estimate, undefined

if TYPE_CHECKING:
    from vqa_canary.statistics.auroc import Ranking

POWER = 0.8
"""Probability with which a difference of that size would be found."""


def smallest_seen(se: float, alpha: float) -> float:
    r"""Smallest difference that a one-sided test at `alpha` finds with 80 % power.

    .. math:: (z_{1-\alpha} + z_{.8})\, se

    2.49 se one-sided at 5 %; 2.80 se for a two-sided pair; 3.96 se at the first step of Holm over
    28 pairs. The standard error is that of the study; its own noise and the t distribution are
    left out.

    Examples
    --------
    >>> round(smallest_seen(0.04, alpha=0.05), 3)
    0.099

    References
    ----------
    Bloom (1995), Minimum Detectable Effects: A Simple Way to Report the Statistical Power of Experimental Designs.
    """
    return float((-ndtri(alpha) + ndtri(POWER)) * se)


def smallest_auroc_seen(found: Ranking) -> Estimate:
    """Smallest AUROC above .5 that a study with this standard error finds; no interval.

    Returns
    -------
    0.5 to 1; null where there is no standard error, or where not even 1 would be found

    Examples
    --------
    >>> from vqa_canary.statistics.auroc import rank
    >>> wrong = [1] * 5 + [0] * 5
    >>> smallest_auroc_seen(rank([0.9, 0.8, 0.7, 0.6, 0.3, 0.1, 0.2, 0.4, 0.4, 0.5], wrong, range(10)))
    0.804 (n = 10, 10 images)
    >>> smallest_auroc_seen(rank(wrong, wrong, range(10)))
    - (n = 10, 10 images; no standard error: all images are alike)
    """
    if not found.varies or found.value in (0.0, 1.0):
        return undefined("no standard error: all images are alike", found.n, found.n_clusters)
    smallest = 0.5 + smallest_seen(found.se, ALPHA)
    if smallest > 1:
        return undefined(
            f"not even 1 would be found: standard error {found.se:.3f}", found.n, found.n_clusters
        )
    return estimate(smallest, None, found.n, found.n_clusters)

"""How large a study would decide what this one leaves open, if its estimates stayed as they are.

It is a forecast for planning and no verdict: with other images or models the estimates will differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np
from scipy import stats

from vqa_canary.estimate import ALPHA
from vqa_canary.evaluation.claims.group_verdict import MIN_MODELS, group_verdicts
from vqa_canary.evaluation.claims.tracking_accuracy import FEWEST, MODERATE, fisher_limits

MOST_TIMES = 100
"""Sizes are sought up to so many times today's; beyond it, more of the same is no practical answer."""
STEP = 1.1
"""Factor between two sizes that are tried: the answer is that coarse, and is rounded up to two digits."""

Cells = Mapping[str, Sequence[tuple[float, float]]]


def images_to_decide(p_values: Cells, primary: str | None, n_images: int) -> dict[str, dict[str, Any]]:
    """For each method how many images would lead to a verdict over models, for or against.

    A p-value of a cell stands for so many standard errors of distance; with k times the images the distance has
    square root of k times as many, and the rule of `group_verdicts` is asked again.

    Parameters
    ----------
    p_values : as for `group_verdicts`
    n_images : today's

    Returns
    -------
    by method: `what` is "images", `now` today's number, `needed` the number that would do; None where up to 100
    times as many would not, because the models themselves disagree, or fewer than three can be asked
    """
    needed: dict[str, int | None] = dict.fromkeys(p_values)
    distances = {method: stats.norm.isf(np.clip(cells, 1e-300, 1)) for method, cells in p_values.items()}
    times = 1.0
    while times <= MOST_TIMES and not all(needed.values()):
        grown = {
            method: [tuple(map(float, pair)) for pair in stats.norm.sf(far * np.sqrt(times)).reshape(-1, 2)]
            for method, far in distances.items()
        }
        for method, judged in group_verdicts(grown, primary).items():  # type: ignore[arg-type]
            if needed[method] is None and judged.verdict != "inconclusive":
                needed[method] = n_images if times == 1 else two_digits(times * n_images)
        times *= STEP
    asked = {method: len(cells) >= MIN_MODELS for method, cells in p_values.items()}
    return {
        method: {"what": "images", "now": n_images, "needed": needed[method] if asked[method] else None}
        for method in p_values
    }


def points_to_decide(rho: float, n: int, n_methods: int, what: str) -> dict[str, Any]:
    """How many points, such as models, would decide a rank correlation, for or against.

    By the interval of `fisher_limits`: for it, once the one-sided lower limit is above 0 at the level of the first
    step of Holm; against it, once the one-sided 95 % upper limit is below 0.5; never with fewer than five.

    Parameters
    ----------
    rho : the correlation found, -1 to 1
    n : points that it was found on
    n_methods : that p-values are adjusted for; 1 for the primary method
    what : what a point is, in the plural

    Returns
    -------
    as `images_to_decide`
    """

    def decided(size: int) -> bool:
        if size < FEWEST:
            return False
        low, _ = fisher_limits(rho, size, 1 - 2 * ALPHA / n_methods)
        _, high = fisher_limits(rho, size, 1 - 2 * ALPHA)
        return bool(low > 0 or high < MODERATE)

    return {"what": what, "now": n, "needed": _first(decided, n)}


def _first(decided: Callable[[int], bool], n: int) -> int | None:
    """The least number above today's that decides; None beyond 100 times today's."""
    return next((size for size in range(n + 1, MOST_TIMES * max(n, 1) + 1) if decided(size)), None)


def two_digits(number: float) -> int:
    """Rounded up to two digits, as a forecast is not surer than that.

    Examples
    --------
    >>> two_digits(64), two_digits(311.2), two_digits(12001)
    (64, 320, 13000)
    """
    unit = int(10 ** max(0, len(str(int(number))) - 2))
    return ceil(number / unit) * unit

"""How large a study would decide what this one leaves open, if its estimates stayed as they are.

It is a forecast for planning and no verdict: with other images or models the estimates will differ. A size is told
with the verdict that it would lead to, and none where both verdicts could follow.
"""

from __future__ import annotations

from bisect import bisect_left
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

POWER = 0.8
"""Chance with which a study of the forecast size decides, if today's estimates are the truth."""

Cells = Mapping[str, Sequence[tuple[float, float]]]


def images_to_decide(p_values: Cells, primary: str | None, n_images: int) -> dict[str, dict[str, Any] | None]:
    """For each method how many images would lead to a verdict over models, for or against.

    A p-value of a cell stands for so many standard errors of distance; with k times the images the distance has
    square root of k times as many, less 0.84 for what chance may take away in four of five studies, and the rule of
    `group_verdicts` is asked again, for each verdict by itself.

    Parameters
    ----------
    p_values : as for `group_verdicts`
    n_images : today's

    Returns
    -------
    by method: `what` is "images", `now` today's number, `needed` the number that would do, and `side` the verdict that
    it would lead to. `needed` is None where up to 100 times as many would not do, because the models themselves
    disagree, or lie too near the line; and where more images may lead to either verdict (`side` is "either"), because
    the estimates lie between what counts for the claim and what counts against it. None in place of all that where
    fewer than three models can be asked: what is missing are models, as the reason of the verdict says.
    """
    shown = _sizes(p_values, primary, n_images, 0)
    ruled_out = _sizes(p_values, primary, n_images, 1)
    return {
        method: _told("images", n_images, shown[method], ruled_out[method])
        if len(cells) >= MIN_MODELS
        else None
        for method, cells in p_values.items()
    }


def _told(what: str, now: int, shown: int | None, ruled_out: int | None) -> dict[str, Any]:
    """The size to be told, of that which shows the claim and that which rules it out.

    A claim that is shown is not asked whether it is ruled out, so the first size counts where it is no larger. Where it
    is larger, a study of the second size may end either way.
    """
    if shown is not None and (ruled_out is None or shown <= ruled_out):
        needed, side = shown, "supported"
    elif ruled_out is not None and (shown is None or ruled_out == now):
        needed, side = ruled_out, "not supported"
    else:
        needed, side = None, "" if shown is None else "either"
    return {"what": what, "now": now, "needed": needed, "side": side}


def _sizes(p_values: Cells, primary: str | None, n_images: int, side: int) -> dict[str, int | None]:
    """By method the number of images at which one verdict is reached: `side` 0 for the claim, 1 against it."""
    needed: dict[str, int | None] = dict.fromkeys(p_values)
    distances = {
        method: stats.norm.isf(np.clip([pair[side] for pair in cells], 1e-300, 1))
        for method, cells in p_values.items()
    }
    verdict, lost, times = ("supported", "not supported")[side], 0.0, 1.0
    while times <= MOST_TIMES and not all(needed.values()):
        grown = {}
        for method, far in distances.items():
            found = stats.norm.sf(far * np.sqrt(times) - lost)
            grown[method] = [(1.0, p) if side else (p, 1.0) for p in map(float, found)]
        for method, judged in group_verdicts(grown, primary).items():
            if needed[method] is None and judged.verdict == verdict:
                needed[method] = n_images if times == 1 else two_digits(times * n_images)
        times, lost = times * STEP, float(stats.norm.isf(1 - POWER))
    return needed


def points_to_decide(rho: float, n: int, n_methods: int, what: str) -> dict[str, Any]:
    """How many points, such as models, would decide a rank correlation, for or against.

    By the interval of `fisher_limits`: for it, once the one-sided lower limit is above 0 at the level of the first
    step of Holm; against it, once the one-sided 95 % upper limit is below 0.5; never with fewer than five. Either with
    a chance of 80 %, if today's correlation is the truth.

    Parameters
    ----------
    rho : the correlation found, -1 to 1
    n : points that it was found on
    n_methods : that p-values are adjusted for; 1 for the primary method
    what : what a point is, in the plural

    Returns
    -------
    as `images_to_decide` has of a method
    """

    def shown(size: int) -> bool:
        return size >= FEWEST and _worse_limit(rho, size, ALPHA / n_methods, 0) > 0

    def ruled_out(size: int) -> bool:
        return size >= FEWEST and _worse_limit(rho, size, ALPHA, 1) < MODERATE

    return _told(what, n, _first(shown, n), _first(ruled_out, n))


def _worse_limit(rho: float, size: int, alpha: float, end: int) -> float:
    """The limit that four of five studies of this size are better than: of the lower (0) or the upper (1) end.

    The reach of an interval is as many standard errors as its level asks for; here 0.84 more.
    """
    reach = stats.norm.isf(alpha) + stats.norm.isf(1 - POWER)
    return float(fisher_limits(rho, size, 1 - 2 * float(stats.norm.sf(reach)))[end])


def _first(decided: Callable[[int], bool], n: int) -> int | None:
    """The least number above today's that decides, as every larger one then does; None beyond 100 times today's."""
    sizes = range(n + 1, MOST_TIMES * max(n, 1) + 1)
    at = bisect_left(sizes, True, key=decided)
    return sizes[at] if at < len(sizes) else None


def two_digits(number: float) -> int:
    """Rounded up to two digits, as a forecast is not surer than that.

    Examples
    --------
    >>> two_digits(64), two_digits(311.2), two_digits(12001)
    (64, 320, 13000)
    """
    unit = int(10 ** max(0, len(str(int(number))) - 2))
    return ceil(number / unit) * unit

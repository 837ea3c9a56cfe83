"""Answer when uncertainty is at most t, else escalate: the largest t whose errors are bounded with confidence."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log
from typing import TYPE_CHECKING, get_args

import numpy as np

from vqa_canary.audit.exact_test import images_to_begin_with
from vqa_canary.audit.policy_search import Steps, first_tested, size_needed
from vqa_canary.audit.terms import EXACT, FOUND, NONE_EXISTS, NONE_SHOWN, TOO_LITTLE, Guarantee, Verdict
from vqa_canary.errors import BadInput
from vqa_canary.statistics.proportions import proportion

if TYPE_CHECKING:
    from numpy.typing import NDArray

GUARANTEES: tuple[Guarantee, ...] = get_args(Guarantee)

_ROUNDING = 1e-9
"""A quotient such as ln .05 / ln .95 or a share such as .5 may miss the number it stands for by its last digits."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What the search for one policy found, and what it rests on: the calibration images alone."""

    guarantee: Guarantee
    """What the policy promises: `exact` of a random answered question of a random image, `cluster` of a random answered
    question."""
    alpha: float
    """Largest share of events among answered questions that is tolerated."""
    delta: float
    """Probability with which a policy that breaks `alpha` may be found."""
    verdict: Verdict
    """Whether there is a policy, or why there is none."""
    threshold: float | None = None
    """The model answers where its uncertainty is at most this."""
    coverage: float | None = None
    """Share of calibration questions answered at the threshold; without a policy, at the first threshold tested."""
    risk: float | None = None
    """Share of events among those answers."""
    images_used: int = 0
    """Number of calibration images with an answered question at that threshold."""
    events_used: int = 0
    """Number of events that the test counted: for `exact` among one answer of each of these images, for `cluster` among
    all answers."""
    p_accepted: float | None = None
    """p-value at the threshold."""
    p_refused: float | None = None
    """p-value at the next threshold, where the search stopped; None where it reached the last one."""
    needed_images: int | None = None
    """Number of images with an answer that would do at this share of events; None where a policy was found, or where no
    number would do."""
    too_many_everywhere: bool = False
    """Whether, at every threshold of the grid, the share of events that was seen reaches `alpha`, where none passed."""
    lower_limit: float | None = None
    """One-sided 95 % lower limit of the risk at the first threshold, where that was refused."""


def images_needed(alpha: float, delta: float) -> int:
    """Images with an answer that a policy needs even if every answer is right: ln delta / ln(1 - alpha)."""
    return ceil(log(delta) / log(1 - alpha) - _ROUNDING)


def find_policy(steps: Steps, alpha: float, delta: float, guarantee: Guarantee = "exact") -> SearchResult:
    r"""Walk thresholds upwards while "more than `alpha` of answers are events" is rejected at `delta`.

    `exact` counts one answered question an image, in a fixed order. Questions about one image are not independent,
    images are: so the counts are binomial, and :math:`p = P(Bin(m, \alpha) \le k)`. The error of a random answered
    question of a random image with an answer is then at most `alpha` with probability 1 - `delta`, in finite samples,
    for thresholds fixed in advance. Here thresholds are quantiles of the calibration uncertainties, and the start
    depends on them; simulations show that this does no harm. `cluster` counts all answers at their effective size, is
    about a random answered question, and is approximate.

    The walk starts where so many images have an answer that answers which are wrong a fifth as often as `alpha` allows
    pass with a probability of 80 % (`images_to_begin_with`): with fewer than n0 (`images_needed`) no test can pass, and
    with just n0 a single error would end the walk before it began. Where so many images never have an answer, it starts
    where n0 have one and half of the questions are answered. It goes in one direction and stops at the first failure.
    That is why every threshold may be tested at the whole `delta`: a policy can break `alpha` only if the first
    threshold that breaks it passes its test, and that is one test.

    Parameters
    ----------
    steps : of the calibration questions
    alpha : above 0 and below 1
    delta : above 0 and below .5; with an `alpha` of .05, .05 reads "at most 5 % with 95 % confidence"

    Raises
    ------
    BadInput : `alpha` is not between 0 and 1, or `delta` not between 0 and .5

    References
    ----------
    Angelopoulos, Bates, Candes, Jordan & Lei (2021), Learn then Test (arXiv 2110.01052), fixed-sequence testing.
    """
    for name, level, highest in (("alpha", alpha, 1.0), ("delta", delta, 0.5)):
        if not 0 < level < highest:
            raise BadInput(f"policy {name}: {level} is not between 0 and {highest:g}. For 5 % give 0.05.")
    least = images_needed(alpha, delta)
    start = first_tested(steps.images, steps.coverage, least, images_to_begin_with(alpha, delta))
    if start is None:
        images, needed = int(steps.images.max(initial=0)), least
        return SearchResult(guarantee, alpha, delta, TOO_LITTLE, images_used=images, needed_images=needed)
    exact = guarantee == EXACT
    p = steps.first_answers_p(alpha) if exact else steps.cluster_p(alpha, delta)
    refused = np.flatnonzero(~(p[start:] <= delta))  # so that a p-value that is no number is a failure
    end = start + int(refused[0]) if len(refused) else len(p)
    at = max(start, end - 1)  # the last threshold that passed; where none did, the first that was tested
    found = SearchResult(
        guarantee,
        alpha,
        delta,
        FOUND,
        float(steps.thresholds[at]),
        float(steps.coverage[at]),
        float(steps.events[at] / steps.answered[at]),
        int(steps.images[at]),
        int((steps.first_events if exact else steps.events)[at]),
        float(p[at]),
        float(p[end]) if end < len(p) else None,
    )
    return found if end > start else _refused(found, steps, start)


def _refused(found: SearchResult, steps: Steps, start: int) -> SearchResult:
    """Even the first threshold failed: are there surely too many events, or too few images to tell?"""
    chosen = steps.uncertainty <= steps.thresholds[start]
    # The lower end of a two-sided 90 % interval is a one-sided 95 % limit.
    low = proportion(steps.event[chosen], steps.image[chosen], level=0.9).ci_low
    surely = low is not None and low > found.alpha
    return SearchResult(
        found.guarantee,
        found.alpha,
        found.delta,
        NONE_EXISTS if surely else NONE_SHOWN,
        coverage=found.coverage,
        risk=found.risk,
        images_used=found.images_used,
        events_used=found.events_used,
        p_refused=found.p_accepted,
        needed_images=None if surely else _more_images(found, steps, start),
        too_many_everywhere=bool((_shares(found, steps) >= found.alpha).all()),
        lower_limit=low,
    )


def _shares(found: SearchResult, steps: Steps) -> NDArray[np.float64]:
    """Share of events at each threshold of the grid, tested or not, as the test counts them."""
    if found.guarantee == EXACT:
        return steps.first_events / steps.images
    return steps.events / steps.answered


def _more_images(found: SearchResult, steps: Steps, start: int) -> int | None:
    """Images at which the share of events that was seen would pass."""
    if found.guarantee == EXACT:
        return size_needed(found.events_used / found.images_used, found.alpha, found.delta)
    worth: NDArray[np.float64] = steps.effective_size(found.delta)
    answers = size_needed(float(steps.events[start] / steps.answered[start]), found.alpha, found.delta)
    if answers is None or worth[start] <= 0:
        return None
    return ceil(answers * found.images_used / float(worth[start]))

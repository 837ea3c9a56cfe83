"""Answer when uncertainty is at most t, else escalate: the largest t whose errors are bounded with confidence."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from vqa_canary.audit.policy_search import Steps, first_tested, size_needed
from vqa_canary.audit.terms import (
    ERROR,
    FOUND,
    NONE_EXISTS,
    NONE_SHOWN,
    TOO_LITTLE,
    Verdict,
    hiding_condition,
)
from vqa_canary.counting import counted
from vqa_canary.errors import BadInput
from vqa_canary.statistics.proportions import proportion

if TYPE_CHECKING:
    from numpy.typing import NDArray

Guarantee = Literal["exact", "cluster"]
GUARANTEES: tuple[Guarantee, ...] = get_args(Guarantee)
EXACT: Guarantee = "exact"
"""The guarantee that an audit's headline rests on; `cluster` is approximate, and stands beside it."""

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

    The walk starts where 2 n0 images have an answer (n0 is `images_needed`): with fewer than n0 no test can pass, and
    with just n0 a single error would end the walk before it began. Where 2 n0 images never have an answer, it starts
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
    start = first_tested(steps.images, steps.coverage, least)
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
        lower_limit=low,
    )


def _more_images(found: SearchResult, steps: Steps, start: int) -> int | None:
    """Images at which the share of events that was seen would pass."""
    if found.guarantee == EXACT:
        return size_needed(found.events_used / found.images_used, found.alpha, found.delta)
    worth: NDArray[np.float64] = steps.effective_size(found.delta)
    answers = size_needed(float(steps.events[start] / steps.answered[start]), found.alpha, found.delta)
    if answers is None or worth[start] <= 0:
        return None
    return ceil(answers * found.images_used / float(worth[start]))


def policy_sentence(
    policy: SearchResult,
    method: str,
    event: str = ERROR,
    n_methods: int = 1,
    *,
    looks: int = 1,
    claimed: bool = True,
) -> str:
    """The policy, or why there is none, as a sentence.

    Parameters
    ----------
    event : `error`, or `collapse:` and a condition
    n_methods : how many methods were tried, if this is the best of them
    looks : how many looks at the same answers were planned beforehand
    claimed : whether the confidence may be claimed: not where rules were chosen in sight of the answers
    """
    bad = "errors" if event == ERROR else f"collapses under {hiding_condition(event)}"
    target, sure = _stated(policy.alpha), _stated(1 - policy.delta * n_methods * looks)
    if policy.verdict == FOUND:
        about = "a random answered question of a random image"
        if policy.guarantee == "cluster":
            about = "a random answered question (approximate)"
        allowed = [f"the choice among {n_methods} methods"] * (n_methods > 1)
        allowed += [f"{looks} planned looks"] * (looks > 1)
        choice = f"; this allows for {' and '.join(allowed)}" if allowed else ""
        if not claimed:
            return (
                f"Answer when {method} <= {policy.threshold:.6g}, else escalate: {_percent(policy.coverage)} of the "
                f"calibration questions are answered. A test of at most {target} {bad} among answered passed at "
                f"{sure}, but no confidence can be claimed for it."
            )
        return (
            f"Answer when {method} <= {policy.threshold:.6g}, else escalate: {_percent(policy.coverage)} of the "
            f"calibration questions are answered; at most {target} {bad} among answered, with {sure} "
            f"confidence, for {about}{choice}."
        )
    if policy.verdict == TOO_LITTLE:
        return (
            f"Too little data: {policy.needed_images} calibration images with an answer that has a value of {method} "
            f"are needed even if all are right{_and_here(policy)}."
        )
    seen = f"where {_percent(policy.coverage)} of the calibration questions are answered, the fewest that were tested"
    if policy.verdict == NONE_EXISTS:
        return (
            f"No safe policy exists at this target: {seen}, at least {_percent(policy.lower_limit)} of answers are "
            f"{bad}, with 95 % confidence; the target is {target}."
        )
    more = (
        f"about {policy.needed_images} calibration images with such an answer would be needed at this share"
        if policy.needed_images
        else "at this share no number of images would do"
    )
    found = f"{_percent(policy.risk)} of the answers on {counted(policy.images_used, 'image')} are {bad}"
    if policy.guarantee == EXACT:
        are = "is" if policy.events_used == 1 else "are"
        found = f"{policy.events_used} of {counted(policy.images_used, 'answer')}, one an image, {are} {bad}"
    return f"No safe policy could be shown: {seen}, {found} (p = {policy.p_refused:.2g}); {more}."


def _and_here(policy: SearchResult) -> str:
    """How many images there are, after how many are needed."""
    have = "has" if policy.images_used == 1 else "have"
    if policy.images_used >= (policy.needed_images or 0):
        few = counted(policy.images_used, "image")
        return f", on at least half of the questions; only {few} {have} one, on fewer"
    return f"; {policy.images_used:,} {have} one"


def _stated(share: float) -> str:
    """A share as it was set: one that is rounded might say more than was tested."""
    return f"{100 * share:.10g} %"


def _percent(share: float | None) -> str:
    return f"{100 * (share or 0.0):.3g} %"

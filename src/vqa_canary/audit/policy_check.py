"""What a policy does on images that had no part in finding it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.audit.record.policies import HeldOut
from vqa_canary.audit.terms import CANNOT_TELL, EXCEEDS, HOLDS
from vqa_canary.estimate import Estimate, undefined
from vqa_canary.statistics.means import image_mean_estimate
from vqa_canary.statistics.proportions import proportion

if TYPE_CHECKING:
    from vqa_canary.audit.population import Population


def held_out(questions: Population, threshold: float, alpha: float) -> HeldOut:
    """What answering at most `threshold` does to these questions, and whether the risk keeps to `alpha`.

    A question without an uncertainty or without a judged answer is never answered, and counts where coverage is
    counted.
    """
    answered = (questions.uncertainty <= threshold) & ~np.isnan(questions.event)
    coverage = proportion(answered, questions.images)
    if not answered.any():
        nothing = undefined("no question is answered")
        return HeldOut(coverage=coverage, risk=nothing, image_risk=nothing, holds=None)
    event, images = questions.event[answered] > 0, questions.images[answered]
    risk = proportion(event, images)
    return HeldOut(
        coverage=coverage,
        risk=risk,
        image_risk=image_mean_estimate(event, images, 0.0, 1.0),
        holds=_holds(risk, alpha),
    )


def unchecked(reason: str) -> HeldOut:
    """The check of a policy that does not exist."""
    nothing = undefined(reason)
    return HeldOut(coverage=nothing, risk=nothing, image_risk=nothing, holds=None)


def _holds(risk: Estimate, alpha: float) -> str | None:
    """The whole interval has to lie on one side of the target before anything is said."""
    if risk.value is None:
        return None
    if risk.ci_high is not None and risk.ci_high <= alpha:
        return HOLDS
    return EXCEEDS if risk.ci_low is not None and risk.ci_low > alpha else CANNOT_TELL

"""Whether an audit can find a policy at all, told before money is spent on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vqa_canary.audit.planning.first_threshold import least_error
from vqa_canary.counting import counted
from vqa_canary.numerals import percent, stated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vqa_canary.audit.planning.record import DatasetPlan, Plan


def hopeless(plan: Plan, model: str) -> str | None:
    """Why no policy of a model can be found on any data set though every answer were right; None where one can.

    Returns
    -------
    a sentence that names the number of images there are, how many would do, and every way to fewer
    """
    own = [one for one in plan.datasets if one.model == model]
    if not own or any(one.policies[0].possible for one in own):
        return None
    best = max(own, key=lambda one: one.calibration_images)
    return " ".join(_sentences(plan, best))


def at_its_share(looks: int) -> str:
    """What several planned looks mean for each test, to stand behind whose test it is; empty for one look."""
    return f", tested at its share of {looks} planned looks" if looks > 1 else ""


def _sentences(plan: Plan, best: DatasetPlan) -> Iterator[str]:
    sought, share = best.policies[0], plan.target.share
    who = "the named method" if plan.target.method else f"the best of {counted(sought.n_methods, 'method')}"
    yield (
        f"no escalation policy can be found for models.{best.model}, even if every answer is right. A policy "
        f"of at most {stated(plan.target.alpha)} errors with {stated(1 - plan.target.delta)} confidence, "
        f"for {who}{at_its_share(plan.looks)}, takes {counted(sought.least, 'calibration image')} with an "
        f"answer, and {best.dataset} has "
        f"{best.calibration_images:,} (of {counted(best.images, 'image')}; calibration_share is {share:g})."
    )
    alone = next((one for one in best.policies if one.n_methods == 1), None)
    ways = []
    if alone is not None and alone is not sought:
        does = "does" if alone.possible else "would still not do"
        ways.append(f"name one method before you see answers (audit.method; {alone.least:,}, which {does})")
    least = least_error(best.calibration_images, plan.target.delta / (sought.n_methods * plan.looks))
    larger = f"; {percent(least)} would be the least" if least is not None else ""
    if plan.looks > 1:
        ways.append("fewer looks (audit.planned_looks)")
    ways += [f"a larger error (audit.largest_error{larger})", "less confidence (audit.confidence)"]
    yield f"More images would do, or {', '.join(ways)}."
    yield "No call was made. To ask all the same, for accuracy and the rest, set planning.without_policy: true."

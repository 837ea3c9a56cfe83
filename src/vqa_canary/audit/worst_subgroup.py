"""Where a policy over all questions fails most: the worst subgroup, with a bound that allows for picking it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vqa_canary.audit.population import population
from vqa_canary.audit.record.groups import WorstSubgroup
from vqa_canary.audit.subgroups import subgroup_masks
from vqa_canary.audit.terms import CANNOT_TELL, ERROR, EXCEEDS, HOLDS
from vqa_canary.estimate import ALPHA, MIN_IMAGES
from vqa_canary.rows import CLEAN
from vqa_canary.statistics.clusters import count
from vqa_canary.statistics.proportions import clopper_pearson, proportion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vqa_canary.audit.record.policies import Policy
    from vqa_canary.evaluation.grid import Grid


class Answered(NamedTuple):
    """The answers of one subgroup that a policy lets through."""

    column: str
    value: str
    wrong: NDArray[np.bool_]
    """Shape (n,), whether each answer is wrong."""
    images: NDArray[np.int64]
    """Shape (n,), image of each answer."""
    priority: NDArray[np.int64]
    """Shape (n,), all different: of an image's answers the lowest counts in the bound."""

    def first_answers(self) -> tuple[int, int]:
        """Number of errors among the first answer of each image, and number of images."""
        order = np.lexsort((self.priority, self.images))
        _, first = np.unique(self.images[order], return_index=True)
        return int(self.wrong[order][first].sum()), len(first)


def worst_of(
    groups: Sequence[Answered], alpha: float, *, looks: int = 1, claimed: bool = True
) -> WorstSubgroup | None:
    """The subgroup with the largest share of errors; None where none has enough images.

    The bound counts one answer an image, taken in a fixed order, so that counts are binomial though answers about one
    image are alike, and is the one-sided limit of Clopper and Pearson at 5 % / K (Bonferroni), K the subgroups with
    enough images: all limits hold at once, and the worst subgroup may be picked after the look. Like the guarantee of
    the policy it is about a random answered question of a random image. An interval for all answers by an effective
    sample size would be narrower and is not good enough this far out: of ten subgroups of 40 images, all alike inside
    (intraclass correlation .7), it would have been too low for one of them in a fifth of simulated audits.

    Parameters
    ----------
    groups : they may overlap
    alpha : largest share of errors that the policy allows
    looks : how many looks at these answers were planned; the limits of all looks hold at once
    claimed : whether a confidence may be claimed; there is no bound where it may not, for a policy that was chosen in
        sight of the held-out answers is judged too kindly by them
    """
    enough = [one for one in groups if count(one.images) >= MIN_IMAGES]
    if not enough:
        return None
    # Two-sided limits at twice the level are one-sided ones at the level itself.
    limits = [clopper_pearson(*one.first_answers(), 2 * ALPHA / (len(enough) * looks)) for one in enough]
    told = [proportion(one.wrong, one.images) for one in enough]
    order = [
        (-(one.value or 0.0), -upper, group.column, group.value)
        for one, (_, upper), group in zip(told, limits, enough, strict=True)
    ]
    worst = order.index(min(order))
    bound = max(upper for _, upper in limits)
    surely = max(lower for lower, _ in limits) > alpha
    return WorstSubgroup(
        column=enough[worst].column,
        value=enough[worst].value,
        error=told[worst],
        bound=bound if claimed else None,
        n_groups=len(enough),
        holds=EXCEEDS if surely else HOLDS if claimed and bound <= alpha else CANNOT_TELL,
        too_few=tuple(f"{one.column}={one.value}" for one in groups if count(one.images) < MIN_IMAGES),
    )


def worst_subgroup(
    grid: Grid,
    policy: Policy,
    columns: Sequence[str],
    calibrates: NDArray[np.bool_],
    priority: NDArray[np.int64],
    *,
    looks: int = 1,
    claimed: bool = True,
) -> WorstSubgroup | None:
    """The worst subgroup under a policy against errors, on held-out images.

    None without a policy, without a column that cuts, or where no subgroup has enough images.

    Parameters
    ----------
    columns : of `items`; one with a single value is no cut
    calibrates : which items of the grid calibrate, shape (items of the grid,)
    priority : the order in which an image's questions are taken, shape (items of the grid,)
    looks, claimed : as in `worst_of`
    """
    if policy.threshold is None or policy.event != ERROR:
        return None
    questions = population(grid, policy.model, ERROR, policy.method)
    through = np.zeros(len(grid.items), bool)
    answered = (questions.uncertainty <= policy.threshold) & ~np.isnan(questions.event)
    through[np.flatnonzero(questions.asked)[answered]] = True
    wrong = grid.cell(CLEAN, policy.model, policy.method).wrong
    masks = list(subgroup_masks(grid, columns))
    cut = [one for one in masks if sum(other[0] == one[0] for other in masks) > 1]
    groups = []
    for column, value, mask in cut:
        kept = mask & through & ~calibrates
        groups.append(Answered(column, value, wrong[kept], grid.images[kept], priority[kept]))
    return worst_of(groups, policy.alpha, looks=looks, claimed=claimed)

"""One threshold at which errors are rare in every named subgroup, not over all questions alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.audit.exact_test import images_to_begin_with
from vqa_canary.audit.policy import images_needed
from vqa_canary.audit.policy_check import held_out, unchecked
from vqa_canary.audit.policy_search import Steps, first_tested, search_steps
from vqa_canary.audit.policy_words import Allowed, handed_over, unclaimed
from vqa_canary.audit.population import population
from vqa_canary.audit.record.groups import GroupPolicy, HeldGroup
from vqa_canary.audit.subgroups import check_columns, subgroup_masks
from vqa_canary.audit.terms import ERROR, FOUND, NONE_SHOWN, TOO_LITTLE, Verdict
from vqa_canary.counting import counted
from vqa_canary.estimate import number_or_none
from vqa_canary.numerals import stated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vqa_canary.evaluation.grid import Grid

EVERY = "", "all"
"""Column and value that stand for all questions."""


@dataclass(frozen=True, slots=True)
class GroupSearch:
    """What a search for one threshold for several groups found."""

    verdict: Verdict
    at: int | None
    """Place of the threshold among those of the grid; without a policy, of the first that was tested; None where none
    was."""
    stopped_by: int | None
    """Place of the group with the largest p-value where the walk stopped; without enough data, of the group with the
    fewest images; None where the walk reached the last threshold."""


def search_for_groups(groups: Sequence[Steps], alpha: float, delta: float) -> GroupSearch:
    r"""Walk thresholds upwards while "some group has more than `alpha` of errors" is rejected at `delta`.

    That hypothesis is the union of those of single groups, so it is rejected where each of them is: an
    intersection-union test, whose level is that of its parts without any division of `delta` by the number of groups.
    At the first threshold that breaks the promise some group has too many errors, and only if the test of that one
    group errs at that one threshold is it passed. The price is that the smallest and the worst group decide: each needs
    as many images as a policy of its own.

    Each test is the exact one of `find_policy`: one answered question of the group an image. The walk starts where
    every group has as many images with an answer as `find_policy` begins with, else where every group has n0 and half
    of all questions are answered; it is chosen without a look at errors.

    Parameters
    ----------
    groups : steps of all questions first, then of each group, at the same thresholds
    alpha : largest share of errors among the answers of every group
    delta : probability with which a policy may be found that breaks this in some group

    References
    ----------
    Berger (1982), Multiparameter Hypothesis Testing and Acceptance Sampling, Technometrics 24(4).
    """
    least = images_needed(alpha, delta)
    images = np.array([one.images for one in groups])
    fewest = images.min(axis=0)  # ascending, since the images of every group are
    start = first_tested(fewest, groups[0].coverage, least, images_to_begin_with(alpha, delta))
    if start is None:
        most = images.max(axis=1, initial=0)
        return GroupSearch(TOO_LITTLE, None, int(most.argmin()))
    each = np.array([one.first_answers_p(alpha) for one in groups])
    each = np.where(images > 0, each, 1.0)
    p = each.max(axis=0)
    refused = np.flatnonzero(~(p[start:] <= delta))
    end = start + int(refused[0]) if len(refused) else len(p)
    stopped = int(each[:, end].argmax()) if end < len(p) else None
    return GroupSearch(FOUND if end > start else NONE_SHOWN, max(start, end - 1), stopped)


def group_policy(
    grid: Grid,
    model: str,
    method: str,
    columns: Sequence[str],
    calibrates: NDArray[np.bool_],
    priority: NDArray[np.int64],
    *,
    alpha: float,
    delta: float,
    allowed: Allowed,
) -> GroupPolicy:
    """The policy of one model that holds for each value of the columns.

    Parameters
    ----------
    columns : of `items`; null is a value, too
    calibrates : which items of the grid calibrate, shape (items of the grid,)
    priority : the order in which an image's questions are taken, shape (items of the grid,)
    delta : the doubt that was configured; tests are made at its share for each method and each planned look
    allowed : how many of these there are, and whether the confidence may be claimed; the sentence says so

    Raises
    ------
    BadInput : no such column
    """
    check_columns(grid.items, columns)
    questions = population(grid, model, ERROR, method)
    everything = np.ones(len(grid.items), bool)
    named = [(*EVERY, everything), *subgroup_masks(grid, columns)]
    inside = [questions.only(mask & calibrates) for _, _, mask in named]
    whole = inside[0]
    first = search_steps(whole.uncertainty, whole.event, whole.images, priority[whole.asked])
    steps = [first] + [
        search_steps(one.uncertainty, one.event, one.images, priority[one.asked], first.thresholds)
        for one in inside[1:]
    ]
    found = search_for_groups(steps, alpha, delta / allowed.tests)
    threshold = None
    if found.verdict == FOUND and found.at is not None:
        threshold = float(first.thresholds[found.at])
    checks = [
        unchecked(found.verdict)
        if threshold is None
        else held_out(questions.only(mask & ~calibrates), threshold, alpha)
        for _, _, mask in named
    ]
    return GroupPolicy(
        dataset=grid.dataset,
        model=model,
        method=method,
        columns=tuple(columns),
        n_methods=allowed.n_methods,
        verdict=found.verdict,
        threshold=threshold,
        coverage=None if threshold is None or found.at is None else float(first.coverage[found.at]),
        sentence=_sentence(found, steps, [one[:2] for one in named], method, columns, alpha, delta, allowed),
        held_out=checks[0].coverage,
        groups=tuple(
            HeldGroup(
                column=column,
                value=value,
                images=0 if found.at is None else int(one.images[found.at]),
                errors=0 if found.at is None else int(one.first_events[found.at]),
                p_value=_p(one, found.at, alpha),
                coverage=check.coverage,
                error=check.risk,
            )
            for (column, value, _), one, check in zip(named, steps, checks, strict=True)
        ),
    )


def _p(steps: Steps, at: int | None, alpha: float) -> float | None:
    if at is None or not steps.images[at]:
        return None
    return number_or_none(float(steps.first_answers_p(alpha)[at]))


def _sentence(
    found: GroupSearch,
    steps: Sequence[Steps],
    names: Sequence[tuple[str, str]],
    method: str,
    columns: Sequence[str],
    alpha: float,
    delta: float,
    allowed: Allowed,
) -> str:
    """The policy, or which group stands in its way."""
    each = f"in each of {counted(len(names) - 1, 'subgroup')} by {' and '.join(columns)}"
    target = f"at most {stated(alpha)} errors among answered {each}"
    least = images_needed(alpha, delta / allowed.tests)
    group = "" if found.stopped_by is None else _named(*names[found.stopped_by])
    if found.verdict == FOUND and found.at is not None:
        done, sure = handed_over(float(steps[0].coverage[found.at])), stated(1 - delta)
        done = f"{done[:1].upper()}{done[1:]}, by their {method}"
        if not allowed.claimed:
            return f"{done}. {unclaimed(target, sure)}"
        return f"{done}: {target}, with {sure} confidence for all of them at once{allowed.clause}."
    if found.stopped_by is not None and found.at is None:
        n_images = int(steps[found.stopped_by].images.max(initial=0))
        fewer = " on at least half of the questions" if n_images >= least else ""
        return (
            f"Too little data for {target}: every subgroup needs {least} calibration images with an answer{fewer}, and "
            f"{group} has {counted(n_images, 'such image')}{', on fewer' if fewer else ''}."
        )
    return f"No threshold is shown to keep {target}: {group} stands in the way."


def _named(column: str, value: str) -> str:
    return f"{column.replace('_', ' ')} “{value}”" if column else "the share over all questions"

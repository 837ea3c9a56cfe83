"""Does what holds overall hold for each kind of question?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.audit.policy_check import held_out, unchecked
from vqa_canary.audit.population import population
from vqa_canary.audit.record.findings import Subgroup, SubgroupEstimate
from vqa_canary.audit.terms import ERROR
from vqa_canary.counting import counted
from vqa_canary.errors import BadInput, did_you_mean
from vqa_canary.estimate import Estimate, undefined
from vqa_canary.evaluation.grid import Grid
from vqa_canary.numerals import POINTS, percent
from vqa_canary.rows import CLEAN
from vqa_canary.statistics.calibration import overconfidence
from vqa_canary.statistics.proportions import proportion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from vqa_canary.audit.record.policies import HeldOut, Policy

FEW_IMAGES_OF_A_SUBGROUP = 10
"""Below it a share of a subgroup can hardly be told from any other; that a whole study has few images is another matter
(`report.endangered`), because a study has to carry a policy."""
WIDE = 0.3
"""A share whose 95 % interval is wider than this says little."""
UNKNOWN = "unknown"
"""The value of a column that is null."""


def subgroups_table(
    grids: Sequence[Grid],
    calibrates: Mapping[str, NDArray[np.bool_]],
    *,
    columns: Sequence[str],
    policies: Sequence[Policy],
    confidence_method: str | None,
) -> list[Subgroup]:
    """Every value of each column, for each data set and model; first of all questions (column "").

    Intervals are not adjusted for the number of subgroups: some of many will stand out by chance.

    Parameters
    ----------
    calibrates : items of each grid that calibrate, by data set, as `splitting.calibration_masks` gives them
    columns : of `items`; null is the value `unknown`
    policies : at most one for each data set and model, against errors, found with the same `calibrates`
    confidence_method : whose confidence overconfidence is about; accuracy is about the answers of the policy's method,
        where each method has answers of its own

    Raises
    ------
    BadInput : no such column, two policies of one model, a policy of another event
    """
    chosen = _by_model(policies)
    rows: list[Subgroup] = []
    for grid in grids:
        check_columns(grid.items, columns)
        if CLEAN in grid.conditions:
            for model in grid.models:
                policy = chosen.get((grid.dataset, model))
                rows += _rows(grid, model, columns, policy, confidence_method, calibrates[grid.dataset])
    return rows


def subgroup_masks(grid: Grid, columns: Sequence[str]) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """Column, value and the items that have it, by column and value."""
    for column in columns:
        values = grid.items[column].astype(object)
        named = values.where(values.notna(), UNKNOWN).astype(str).to_numpy(str)
        for value in np.unique(named):
            yield column, str(value), named == value


def check_columns(items: pd.DataFrame, columns: Sequence[str]) -> None:
    """Refuse a column that items do not have.

    Raises
    ------
    BadInput : no such column
    """
    known = [str(name) for name in items.columns]
    for column in columns:
        if column not in known:
            hint = did_you_mean(column, known)
            raise BadInput(f"subgroups: items have no column {column!r}.{hint} They have {known}.")


def warning(estimate: Estimate) -> str | None:
    """Why an estimate says little: few images, no interval, or a wide one; None if it says enough."""
    if estimate.value is None:
        return None
    if estimate.n_clusters < FEW_IMAGES_OF_A_SUBGROUP:
        return f"too few to say: {counted(estimate.n_clusters, 'image')}"
    if estimate.ci_low is None or estimate.ci_high is None:
        return "too few to say: no interval"
    if (width := estimate.ci_high - estimate.ci_low) > WIDE:
        return f"too few to say: the interval is {percent(width, unit=POINTS)} wide"
    return None


def _by_model(policies: Sequence[Policy]) -> dict[tuple[str, str], Policy]:
    chosen: dict[tuple[str, str], Policy] = {}
    for policy in policies:
        key = policy.dataset, policy.model
        if key in chosen or policy.event != ERROR:
            raise BadInput(f"subgroups, policy of {key[1]} on {key[0]}: give one row, of event {ERROR!r}.")
        chosen[key] = policy
    return chosen


def _rows(
    grid: Grid,
    model: str,
    columns: Sequence[str],
    policy: Policy | None,
    confidence_method: str | None,
    calibrates: NDArray[np.bool_],
) -> Iterator[Subgroup]:
    method = confidence_method if confidence_method in grid.methods else None
    judge = policy.method if policy else method  # where each method has answers of its own
    every = "", "all", np.ones(len(grid.items), bool)
    for column, value, mask in (every, *subgroup_masks(grid, columns)):
        cell = grid.cell(CLEAN, model, judge or grid.methods[0], mask)
        asked, answered = cell.only(cell.asked), cell.only(cell.judged)
        accuracy = _doubted(proportion(answered.correct, answered.images))
        check = _checked(grid, model, policy, mask & ~calibrates)
        policy_error = _doubted(check.risk)
        yield Subgroup(
            dataset=grid.dataset,
            model=model,
            column=column,
            value=value,
            n=len(asked.images),
            n_clusters=len(np.unique(asked.images)),
            accuracy=accuracy,
            overconfidence=_doubted(_overconfidence(grid, model, method, confidence_method, mask)),
            policy_error=policy_error,
            policy_coverage=_doubted(check.coverage),
            warning=accuracy.warning or policy_error.warning,
        )


def _doubted(estimate: Estimate) -> SubgroupEstimate:
    return SubgroupEstimate(**estimate.columns(), warning=warning(estimate))


def _overconfidence(
    grid: Grid, model: str, method: str | None, asked_for: str | None, mask: NDArray[np.bool_]
) -> Estimate:
    if method is None:
        return undefined(f"{asked_for} was not scored" if asked_for else "no method gives a confidence")
    every = grid.cell(CLEAN, model, method).as_stated()
    told = every.only(mask).confident()
    if not len(told.confidence):
        missing = every.no_value if np.isnan(every.uncertainty).all() else None
        return undefined(missing or f"{method} gives no confidence here")
    return overconfidence(told.confidence, told.correct, told.images)


def _checked(grid: Grid, model: str, policy: Policy | None, mask: NDArray[np.bool_]) -> HeldOut:
    if policy is None:
        return unchecked("no policy")
    if policy.threshold is None:
        return unchecked(str(policy.reason))
    questions = population(grid, model, ERROR, policy.method).only(mask)
    return held_out(questions, policy.threshold, policy.alpha)

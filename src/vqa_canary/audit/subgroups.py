"""Does what holds overall hold for each kind of question?"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from vqa_canary.audit.policy_check import ERROR, HeldOut, held_out, in_calibration, population
from vqa_canary.audit.splitting import SHARE
from vqa_canary.counting import counted
from vqa_canary.errors import BadInput, did_you_mean
from vqa_canary.estimate import Estimate, undefined
from vqa_canary.evaluation.grid import Grid, grids
from vqa_canary.statistics.calibration import overconfidence
from vqa_canary.statistics.proportions import proportion
from vqa_canary.tables import CLEAN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

FEW_IMAGES = 10
WIDE = 0.3
"""A share whose 95 % interval is wider than this says little."""


def subgroups_table(
    scores: pd.DataFrame,
    instances: pd.DataFrame,
    items: pd.DataFrame,
    *,
    columns: Sequence[str],
    policies: Sequence[Mapping[str, Any]],
    confidence_method: str | None,
    seed: int,
    share: float = SHARE,
) -> list[dict[str, Any]]:
    """Rows dataset x model x value of each column of `items`, JSON-ready; first of all questions (column "").

    Intervals are not adjusted for the number of subgroups: some of many will stand out by chance.

    Parameters
    ----------
    columns : of `items`; null is the value `unknown`
    policies : rows of `policies_table`, at most one for each dataset and model, event `error`; made with the same
        `seed` and `share`
    confidence_method : whose confidence overconfidence is about; accuracy is about the answers of the policy's method,
        where each method has answers of its own

    Returns
    -------
    keys dataset, model, column, value, n, n_clusters, accuracy, overconfidence, policy_error, policy_coverage (the
    last two on the held-out images); each an estimate {value, ci_low, ci_high, n, n_clusters, reason} with `warning`,
    None or why it says little (`warning`)

    Raises
    ------
    BadInput : no such column, two policies of one model, a policy of another event; a score whose item or instance is
        unknown, or two scores of one key
    """
    check_columns(items, columns)
    chosen = _by_model(policies)
    rows: list[dict[str, Any]] = []
    for grid in grids(scores, instances, items):
        if CLEAN in grid.conditions:
            calibrates = in_calibration(grid, items, seed, share)
            for model in grid.models:
                policy = chosen.get((grid.dataset, model))
                rows += _rows(grid, model, columns, policy, confidence_method, calibrates)
    return rows


def subgroup_masks(grid: Grid, columns: Sequence[str]) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """Column, value and the items that have it, by column and value."""
    for column in columns:
        values = grid.items[column].astype(object)
        named = values.where(values.notna(), "unknown").astype(str).to_numpy(str)
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


def warning(one: Estimate) -> str | None:
    """Why an estimate says little: fewer than 10 images, no interval, or one wider than .3; None if it says enough."""
    if one.value is None:
        return None
    if one.n_clusters < FEW_IMAGES:
        return f"too few to say: {counted(one.n_clusters, 'image')}"
    if one.ci_low is None or one.ci_high is None:
        return "too few to say: no interval"
    if (width := one.ci_high - one.ci_low) > WIDE:
        return f"too few to say: the interval is {width:.2f} wide"
    return None


def _by_model(policies: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], Mapping[str, Any]]:
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in policies:
        key = row["dataset"], row["model"]
        if key in found or row["event"] != ERROR:
            raise BadInput(f"subgroups, policy of {key[1]} on {key[0]}: give one row, of event {ERROR!r}.")
        found[key] = row
    return found


def _rows(
    grid: Grid,
    model: str,
    columns: Sequence[str],
    policy: Mapping[str, Any] | None,
    confidence_method: str | None,
    calibrates: NDArray[np.bool_],
) -> Iterator[dict[str, Any]]:
    method = confidence_method if confidence_method in grid.methods else None
    judge = policy["method"] if policy else method  # where each method has answers of its own
    at = grid.at(CLEAN, model, judge or grid.methods[0])
    asked = grid.failed[at] | ~np.isnan(grid.named[at])
    every = "", "all", np.ones(len(grid.items), bool)
    for column, value, mask in (every, *subgroup_masks(grid, columns)):
        judged = mask & ~np.isnan(grid.correct[at])
        check = _checked(grid, model, policy, mask & ~calibrates)
        found = {
            "accuracy": proportion(grid.correct[at][judged], grid.images[judged]),
            "overconfidence": _overconfidence(grid, model, method, confidence_method, mask),
            "policy_error": check.risk,
            "policy_coverage": check.coverage,
        }
        yield {
            "dataset": grid.dataset,
            "model": model,
            "column": column,
            "value": value,
            "n": int((mask & asked).sum()),
            "n_clusters": len(np.unique(grid.images[mask & asked])),
            **{name: asdict(one) | {"warning": warning(one)} for name, one in found.items()},
        }


def _overconfidence(
    grid: Grid, model: str, method: str | None, asked_for: str | None, mask: NDArray[np.bool_]
) -> Estimate:
    if method is None:
        return undefined(f"{asked_for} was not scored" if asked_for else "no method gives a confidence")
    at = grid.at(CLEAN, model, method)
    kept = mask & ~np.isnan(grid.confidence[at]) & ~np.isnan(grid.correct[at])
    if not kept.any():
        missing = grid.reasons.get((CLEAN, model, method)) if np.isnan(grid.uncertainty[at]).all() else None
        return undefined(missing or f"{method} gives no confidence here")
    return overconfidence(grid.confidence[at][kept], grid.correct[at][kept], grid.images[kept])


def _checked(grid: Grid, model: str, policy: Mapping[str, Any] | None, mask: NDArray[np.bool_]) -> HeldOut:
    if policy is None or policy["threshold"] is None:
        nothing = undefined("no policy" if policy is None else str(policy["reason"]))
        return HeldOut(nothing, nothing, nothing)
    return held_out(population(grid, model, ERROR, policy["method"]).only(mask), policy["threshold"])

"""The table `claims`: the three claims of the benchmark, judged by rules written down before."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.evaluation.claims.blindness import blindness_claims
from vqa_canary.evaluation.claims.foresight import foresight_claims
from vqa_canary.evaluation.claims.tracking import tracking_claims
from vqa_canary.evaluation.claims.tracking_points import OptionLogprobs
from vqa_canary.evaluation.claims.tracking_subgroups import subgroup_claims
from vqa_canary.rows import CLEAN, CONTROL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from vqa_canary.evaluation.grid import Grid


def claims_table(
    grids: Sequence[Grid],
    families: Mapping[str, str],
    groups: Mapping[str, str],
    seed: int,
    nota_conditions: Sequence[str],
    logprobs: OptionLogprobs | None = None,
    primary: str | None = None,
    over: str | None = None,
) -> list[dict[str, Any]]:
    """Rows of `claims`, JSON-ready: fields of `Claim`, headlines before cells.

    Parameters
    ----------
    families : training family of each model; a model without one stands alone
    groups : group that each model is judged in (claim 2); models without one form a group of theirs
    nota_conditions : conditions that hide the answer, in the order in which their claims are told
    logprobs : see `option_logprobs`; if given, claim 1 adds what a calibrated model of equal accuracy would show
    primary : the method that was named before the run, whose p-values over models are not adjusted for the others
    over : the column of items over whose values claim 1 is asked inside models too; None: it is not
    """
    claims = tracking_claims(grids, families, seed, logprobs or {}, primary)
    for grid in grids:
        if CLEAN not in grid.conditions:
            continue
        if over is not None:
            claims += subgroup_claims(grid, over, seed, primary)
        for condition in (*nota_conditions, CONTROL):
            if condition in grid.conditions:
                claims += blindness_claims(grid, condition, groups, primary)
        for condition in nota_conditions:
            if condition in grid.conditions:
                claims += foresight_claims(grid, condition, primary)
    return [asdict(claim) for claim in claims]


def option_logprobs(evidence: pd.DataFrame, instances: pd.DataFrame) -> OptionLogprobs:
    """Each model's log-probabilities of the options of clean instances, by data set and model."""
    clean = instances.loc[instances["condition"] == CLEAN, ["instance_id", "dataset"]]
    known = evidence.loc[evidence["option_logprobs"].notna(), ["model", "instance_id", "option_logprobs"]]
    rows = known.merge(clean, on="instance_id").sort_values(["model", "instance_id"])
    logprobs: OptionLogprobs = {}
    for (dataset, model), lists in rows.groupby(["dataset", "model"])["option_logprobs"]:
        padded = np.full((len(lists), max(map(len, lists))), -np.inf)
        for row, values in zip(padded, lists, strict=True):
            row[: len(values)] = values
        logprobs[str(dataset), str(model)] = padded[np.isfinite(padded).any(axis=1)]
    return logprobs

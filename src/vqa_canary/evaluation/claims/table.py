"""The table `claims`: the three claims of the benchmark, judged by rules written down before."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.evaluation.claims.blindness import blindness_claims
from vqa_canary.evaluation.claims.foresight import foresight_claims
from vqa_canary.evaluation.claims.tracking import OptionLogprobs, tracking_claims
from vqa_canary.evaluation.grid import CLEAN, grids

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

NOTA_CONDITIONS = ("nota_replace", "nota_last")
CONTROL = "nota_control"
"""Run through the rule of claim 2 beside them: it must show no drop."""


def claims_table(
    scores: pd.DataFrame,
    instances: pd.DataFrame,
    items: pd.DataFrame,
    families: Mapping[str, str],
    groups: Mapping[str, str],
    seed: int,
    evidence: pd.DataFrame | None = None,
    nota_conditions: Sequence[str] = NOTA_CONDITIONS,
) -> list[dict[str, Any]]:
    """Rows of `claims`, JSON-ready: fields of `Claim`, headlines before cells.

    Parameters
    ----------
    families : training family of each model; a model without one stands alone
    groups : group that each model is judged in (claim 2); models without one form a group of theirs
    evidence : if given, claim 1 adds what a calibrated model of equal accuracy would show

    Raises
    ------
    BadInput : a score whose item or instance is unknown, or two scores of one key
    """
    found = list(grids(scores, instances, items))
    logprobs = {} if evidence is None else _option_logprobs(evidence, instances)
    claims = tracking_claims(found, families, seed, logprobs)
    for grid in found:
        if CLEAN not in grid.conditions:
            continue
        for condition in (*nota_conditions, CONTROL):
            if condition in grid.conditions:
                claims += blindness_claims(grid, condition, groups)
        for condition in nota_conditions:
            if condition in grid.conditions:
                claims += foresight_claims(grid, condition)
    return [asdict(claim) for claim in claims]


def _option_logprobs(evidence: pd.DataFrame, instances: pd.DataFrame) -> OptionLogprobs:
    clean = instances.loc[instances["condition"] == CLEAN, ["instance_id", "dataset"]]
    known = evidence.loc[evidence["option_logprobs"].notna(), ["model", "instance_id", "option_logprobs"]]
    rows = known.merge(clean, on="instance_id").sort_values(["model", "instance_id"])
    found: OptionLogprobs = {}
    for (dataset, model), lists in rows.groupby(["dataset", "model"])["option_logprobs"]:
        padded = np.full((len(lists), max(map(len, lists))), -np.inf)
        for row, values in zip(padded, lists, strict=True):
            row[: len(values)] = values
        found[str(dataset), str(model)] = padded[np.isfinite(padded).any(axis=1)]
    return found

"""Rows of claim 1 inside models: for each method one headline over the subgroups of a column, such as modality."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from vqa_canary.estimate import Undefined, number_or_none
from vqa_canary.evaluation.claims.claim import Claim
from vqa_canary.evaluation.claims.decisive_size import points_to_decide
from vqa_canary.evaluation.claims.primary import n_tests, over_methods, p_named
from vqa_canary.evaluation.claims.subgroup_points import SubgroupPoints, subgroup_points, values_of
from vqa_canary.evaluation.claims.tracking_within import RULE, WithinCorrelation, track_within, verdict
from vqa_canary.evaluation.grid import Grid
from vqa_canary.rows import CLEAN
from vqa_canary.seeding import generator_for


def subgroup_claims(grid: Grid, column: str, seed: int, primary: str | None = None) -> list[Claim]:
    """One headline a method of one dataset, on its clean questions.

    Parameters
    ----------
    column : of the grid's items, such as `modality`; questions without a value there are left out and counted
    seed : of the random permutations
    primary : the method whose p-values are not adjusted for the others
    """
    subgroup = values_of(grid, column)
    names = sorted(set(subgroup) - {""})
    points = {method: subgroup_points(grid, method, subgroup, names) for method in grid.methods}
    found: dict[str, WithinCorrelation | Undefined] = {}
    for method, own in points.items():
        try:
            if not names:
                raise Undefined(f"no question has a {column}")
            rng = generator_for(seed, grid.dataset, "claim 1 permutations of subgroups")
            found[method] = track_within(own.accuracy, own.auroc, rng)
        except Undefined as error:
            found[method] = error
    p_values = over_methods(
        {
            method: result.p_value if isinstance(result, WithinCorrelation) else np.nan
            for method, result in found.items()
        },
        primary,
    )
    without = int((subgroup == "").sum())
    claims = []
    for method, result in found.items():
        details = _details(column, points[method], result) | {"n_without_subgroup": without}
        claim = _claim(grid, column, method, result, (p_values[method], p_named(method, primary)))
        if claim.verdict == "inconclusive" and isinstance(result, WithinCorrelation):
            tests = n_tests(p_values, primary, method)
            details["to_decide"] = points_to_decide(
                result.rho, result.n_subgroups, tests, f"values of {column}"
            )
        claims.append(replace(claim, primary=method == primary, details=details))
    return claims


def _claim(
    grid: Grid, column: str, method: str, result: WithinCorrelation | Undefined, p: tuple[float, str]
) -> Claim:
    claim = Claim(
        claim="ue_tracks_accuracy_within_models",
        level="headline",
        dataset=grid.dataset,
        condition=CLEAN,
        method=method,
        statement=f"Within models, the AUROC of {method} rises with accuracy over the values of {column}.",
        statistic=f"Spearman correlation of accuracy and AUROC over the values of {column}, mean over models; 95 % "
        "interval",
        rule=RULE,
        verdict="inconclusive",
        n_items=len(grid.images),
    )
    if isinstance(result, Undefined):
        return replace(claim, reason=str(result))
    outcome, reason = verdict(result, *p)
    return replace(
        claim,
        estimate=result.rho,
        ci_low=number_or_none(result.ci_low),
        ci_high=number_or_none(result.ci_high),
        p_value=p[0],
        verdict=outcome,
        n_models=int((~np.isnan(result.of_model)).sum()),
        reason=reason,
    )


def _details(column: str, points: SubgroupPoints, result: WithinCorrelation | Undefined) -> dict[str, Any]:
    of_model = (
        result.of_model if isinstance(result, WithinCorrelation) else np.full(len(points.models), np.nan)
    )
    return {
        "column": column,
        "n_subgroups": result.n_subgroups if isinstance(result, WithinCorrelation) else 0,
        "n_left_out": len(points.left_out),
        "of_models": [
            {"model": model, "rho": number_or_none(float(rho))}
            for model, rho in zip(points.models, of_model, strict=True)
        ],
        "points": [
            {
                "model": model,
                "subgroup": name,
                "accuracy": number_or_none(float(points.accuracy[m, s])),
                "auroc": number_or_none(float(points.auroc[m, s])),
                "n": int(points.n[m, s]),
                "reason": points.left_out.get((model, name)),
            }
            for m, model in enumerate(points.models)
            for s, name in enumerate(points.subgroups)
        ],
    }

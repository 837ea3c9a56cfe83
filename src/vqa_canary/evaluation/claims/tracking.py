"""Rows of claim 1: for each method one headline over all models."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.counting import counted
from vqa_canary.estimate import Undefined, number_or_none
from vqa_canary.evaluation.claims.claim import Claim
from vqa_canary.evaluation.claims.decisive_size import points_to_decide
from vqa_canary.evaluation.claims.primary import n_tests, over_methods, p_named
from vqa_canary.evaluation.claims.tracking_accuracy import MIN_RANGE, RULE, RankCorrelation, track, verdict
from vqa_canary.evaluation.claims.tracking_points import (
    ModelPoint,
    OptionLogprobs,
    accuracy_and_auroc,
    points_of,
)
from vqa_canary.evaluation.claims.tracking_same_models import same_models_limits
from vqa_canary.evaluation.grid import Grid
from vqa_canary.rows import CLEAN
from vqa_canary.seeding import generator_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def tracking_claims(
    grids: Sequence[Grid],
    families: Mapping[str, str],
    seed: int,
    logprobs: OptionLogprobs,
    primary: str | None = None,
) -> list[Claim]:
    """One headline a method for each dataset, and over all of them if there are several.

    Parameters
    ----------
    families : training family by model; a model without one is a family of its own
    seed : of the random permutations
    logprobs : of the options, for the AUROC that a calibrated model would have
    primary : the method whose p-values are not adjusted for the others
    """
    grids = [grid for grid in grids if CLEAN in grid.conditions]
    scopes = [[grid] for grid in grids] + ([list(grids)] if len(grids) > 1 else [])
    claims = (claim for scope in scopes for claim in _scope_claims(scope, families, seed, logprobs, primary))
    return [replace(claim, primary=claim.method == primary) for claim in claims]


def _scope_claims(
    grids: list[Grid], families: Mapping[str, str], seed: int, logprobs: OptionLogprobs, primary: str | None
) -> list[Claim]:
    methods = sorted(set.intersection(*(set(grid.methods) for grid in grids)))
    name = grids[0].dataset if len(grids) == 1 else ""
    results: dict[str, tuple[RankCorrelation | Undefined, dict[str, Any], int]] = {}
    beyond: dict[str, RankCorrelation | Undefined] = {}
    for method in methods:
        points, dropped = points_of(grids, method, logprobs)
        models = sorted(points)
        family = [families.get(model, model) for model in models]
        rng = generator_for(seed, name, "claim 1 permutations")
        details = _details(grids, points, dropped, family, seed)
        beyond[method] = _beyond(points, family, seed, name)
        try:
            result: RankCorrelation | Undefined = track(*accuracy_and_auroc(points, models), family, rng)
        except Undefined as error:
            result = error
        results[method] = result, details, len(models)
    p_values = _p_values({method: result for method, (result, _, _) in results.items()}, primary)
    beyond_p = _p_values(beyond, primary)
    for method, (_, details, _) in results.items():
        details["beyond_arithmetic"] = _beyond_details(beyond[method], beyond_p[method])
    n_items = sum(len(grid.images) for grid in grids)
    return [
        _claim(
            name,
            method,
            *result,
            (p_values[method], p_named(method, primary)),
            n_items,
            n_tests(p_values, primary, method),
        )
        for method, result in results.items()
    ]


def _p_values(
    correlations: Mapping[str, RankCorrelation | Undefined], primary: str | None
) -> dict[str, float]:
    found = {
        method: correlation.p_value if isinstance(correlation, RankCorrelation) else np.nan
        for method, correlation in correlations.items()
    }
    return over_methods(found, primary)


def _claim(
    dataset: str,
    method: str,
    correlation: RankCorrelation | Undefined,
    details: dict[str, Any],
    n_models: int,
    p: tuple[float, str],
    n_items: int,
    allowed_for: int,
) -> Claim:
    n_families = details["n_families"]
    who = f"{counted(n_models, 'model')} of {counted(n_families, 'family', 'families')}"
    claim = Claim(
        claim="ue_tracks_accuracy",
        level="headline",
        dataset=dataset,
        condition=CLEAN,
        method=method,
        statement=f"Over {who if n_families < n_models else 'models'}, the AUROC of {method} rises with accuracy.",
        statistic="Spearman correlation of accuracy and AUROC over models, mean over datasets; 95 % interval",
        rule=RULE,
        verdict="inconclusive",
        n_models=n_models,
        n_items=n_items,
        details=details,
    )
    if isinstance(correlation, Undefined):
        return replace(claim, reason=str(correlation))
    outcome, reason = verdict(correlation, *p)
    if outcome == "inconclusive" and correlation.accuracy_range >= MIN_RANGE:
        details["to_decide"] = points_to_decide(correlation.rho, n_models, allowed_for, "models")
    if n_families < n_models:
        reason = "; ".join(filter(None, [reason, f"{who}, not {n_models} independent models"]))
    return replace(
        claim,
        estimate=correlation.rho,
        ci_low=number_or_none(correlation.ci_low),
        ci_high=number_or_none(correlation.ci_high),
        p_value=p[0],
        verdict=outcome,
        reason=reason,
    )


def _details(
    grids: list[Grid],
    points: dict[str, list[ModelPoint]],
    dropped: dict[str, str],
    family: list[str],
    seed: int,
) -> dict[str, Any]:
    models = sorted(points)
    low, high = same_models_limits(grids, points, seed) if len(models) > 2 else (np.nan, np.nan)
    rows = [
        {
            "dataset": grid.dataset,
            "model": model,
            "accuracy": point.accuracy,
            "auroc": point.ranking.value,
            "auroc_if_calibrated": point.reference,
        }
        for model in models
        for grid, point in zip(grids, points[model], strict=True)
    ]
    return {
        "points": rows,
        "n_families": len(set(family)),
        "left_out": dropped,
        "same_models_low": number_or_none(low),
        "same_models_high": number_or_none(high),
    }


def _beyond(
    points: dict[str, list[ModelPoint]], family: list[str], seed: int, name: str
) -> RankCorrelation | Undefined:
    """The same test on what AUROC has beyond that of a calibrated model; it is reported, but no verdict rests on it."""
    known = [all(point.reference is not None for point in points[model]) for model in sorted(points)]
    models = [model for model, has in zip(sorted(points), known, strict=True) if has]
    kept = [member for member, has in zip(family, known, strict=True) if has]
    try:
        if not models:
            raise Undefined("no model has a calibrated reference")
        accuracy, auroc = accuracy_and_auroc(points, models)
        reference = np.array([[point.reference for point in points[model]] for model in models], np.float64).T
        rng = generator_for(seed, name, "claim 1 permutations")
        return track(accuracy, auroc - reference, kept, rng)
    except Undefined as error:
        return error


def _beyond_details(correlation: RankCorrelation | Undefined, p_value: float) -> dict[str, Any]:
    """What `_beyond` found, for the details of the claim; its p-value is adjusted as the claim's is."""
    if isinstance(correlation, Undefined):
        return {"rho": None, "p_value": None, "n_models": 0, "reason": str(correlation)}
    return {"rho": correlation.rho, "p_value": p_value, "n_models": correlation.n_models, "reason": None}

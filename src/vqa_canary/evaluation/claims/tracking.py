"""Rows of claim 1: for each method one headline over all models."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import rankdata

from vqa_canary.counting import counted
from vqa_canary.estimate import LEVEL, Undefined, number_or_none
from vqa_canary.evaluation.claims.claim import Claim
from vqa_canary.evaluation.claims.tracking_accuracy import RULE, RankCorrelation, track, verdict
from vqa_canary.evaluation.grid import Grid
from vqa_canary.seeding import generator_for
from vqa_canary.statistics.auroc import Ranking, rank
from vqa_canary.statistics.calibrated_auroc import calibrated_auroc
from vqa_canary.statistics.clusters import sums
from vqa_canary.statistics.multiplicity import holm
from vqa_canary.tables import CLEAN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

N_DRAWS = 1000
"""Bootstrap samples of images behind the limits for the same models."""

OptionLogprobs = dict[tuple[str, str], "NDArray[np.float64]"]
"""Clean log-probabilities of the options by (dataset, model): shape (items, most options of any item), -inf where an
item has fewer options."""


@dataclass(frozen=True, slots=True)
class _Point:
    """One model in one dataset, by one method."""

    accuracy: float
    """Share of right answers when clean."""
    ranking: Ranking
    """AUROC of the method for wrong answers."""
    correct: NDArray[np.float64]
    """Shape (items,): 1 right, 0 wrong, NaN not judged."""
    reference: float | None
    """AUROC of a calibrated model of the same accuracy; None where it is undefined."""


def tracking_claims(
    grids: Sequence[Grid], families: Mapping[str, str], seed: int, logprobs: OptionLogprobs
) -> list[Claim]:
    """One headline a method for each dataset, and over all of them if there are several.

    Parameters
    ----------
    families : training family by model; a model without one is a family of its own
    seed : of the random permutations
    logprobs : of the options, for the AUROC that a calibrated model would have
    """
    grids = [grid for grid in grids if CLEAN in grid.conditions]
    scopes = [[grid] for grid in grids] + ([list(grids)] if len(grids) > 1 else [])
    return [claim for scope in scopes for claim in _scope_claims(scope, families, seed, logprobs)]


def _scope_claims(
    grids: list[Grid], families: Mapping[str, str], seed: int, logprobs: OptionLogprobs
) -> list[Claim]:
    methods = sorted(set.intersection(*(set(grid.methods) for grid in grids)))
    name = grids[0].dataset if len(grids) == 1 else ""
    results: list[tuple[RankCorrelation | Undefined, dict[str, Any], int]] = []
    beyond: list[RankCorrelation | Undefined] = []
    for method in methods:
        points, dropped = _points(grids, method, logprobs)
        models = sorted(points)
        family = [families.get(model, model) for model in models]
        rng = generator_for(seed, name, "claim 1 permutations")
        details = _details(grids, points, dropped, family, seed)
        beyond.append(_beyond(points, family, seed, name))
        try:
            result: RankCorrelation | Undefined = track(*_arrays(points, models), family, rng)
        except Undefined as error:
            result = error
        results.append((result, details, len(models)))
    adjusted = _holm([result for result, _, _ in results])
    for (_, details, _), second, p in zip(results, beyond, _holm(beyond), strict=True):
        details["beyond_arithmetic"] = _beyond_details(second, p)
    n_items = sum(len(grid.images) for grid in grids)
    return [
        _claim(name, method, *result, p, n_items)
        for method, result, p in zip(methods, results, adjusted, strict=True)
    ]


def _holm(found: Sequence[RankCorrelation | Undefined]) -> list[float]:
    p_values = holm([one.p_value if isinstance(one, RankCorrelation) else np.nan for one in found])
    return [float(p) for p in p_values]


def _claim(
    dataset: str,
    method: str,
    found: RankCorrelation | Undefined,
    details: dict[str, Any],
    n_models: int,
    p_value: float,
    n_items: int,
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
    if isinstance(found, Undefined):
        return replace(claim, reason=str(found))
    outcome, reason = verdict(found, p_value)
    if n_families < n_models:
        reason = "; ".join(filter(None, [reason, f"{who}, not {n_models} independent models"]))
    return replace(
        claim,
        estimate=found.rho,
        ci_low=number_or_none(found.ci_low),
        ci_high=number_or_none(found.ci_high),
        p_value=p_value,
        verdict=outcome,
        reason=reason,
    )


def _points(
    grids: list[Grid], method: str, logprobs: OptionLogprobs
) -> tuple[dict[str, list[_Point]], dict[str, str]]:
    """Each model's points, one a dataset, and for every model that is left out the reason."""
    points: dict[str, list[_Point]] = {}
    dropped: dict[str, str] = {}
    for model in sorted({model for grid in grids for model in grid.models}):
        try:
            points[model] = [_point(grid, model, method, logprobs) for grid in grids]
        except Undefined as error:
            dropped[model] = str(error)
    return points, dropped


def _point(grid: Grid, model: str, method: str, logprobs: OptionLogprobs) -> _Point:
    if model not in grid.models:
        raise Undefined(f"not run on {grid.dataset}")
    cell = grid.cell(CLEAN, model, method)
    scored, correct = cell.scored(), cell.correct
    ranking = rank(scored.uncertainty, scored.wrong, scored.images, int(grid.images.max()) + 1)
    accuracy = float(np.nanmean(correct))
    try:
        reference = calibrated_auroc(logprobs.get((grid.dataset, model), np.empty((0, 2))), accuracy)
    except Undefined:
        return _Point(accuracy, ranking, correct, None)
    return _Point(accuracy, ranking, correct, reference)


def _arrays(
    points: dict[str, list[_Point]], models: list[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Accuracy and AUROC, both of shape (datasets, models)."""
    accuracy = np.array([[one.accuracy for one in points[model]] for model in models]).T
    return accuracy, np.array([[one.ranking.value for one in points[model]] for model in models]).T


def _details(
    grids: list[Grid],
    points: dict[str, list[_Point]],
    dropped: dict[str, str],
    family: list[str],
    seed: int,
) -> dict[str, Any]:
    models = sorted(points)
    low, high = _same_models(grids, points, seed) if len(models) > 2 else (np.nan, np.nan)
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
    points: dict[str, list[_Point]], family: list[str], seed: int, name: str
) -> RankCorrelation | Undefined:
    """The same test on what AUROC has beyond that of a calibrated model; it is reported, but no verdict rests on it."""
    known = [all(one.reference is not None for one in points[model]) for model in sorted(points)]
    models = [model for model, has in zip(sorted(points), known, strict=True) if has]
    kept = [one for one, has in zip(family, known, strict=True) if has]
    try:
        if not models:
            raise Undefined("no model has a calibrated reference")
        accuracy, auroc = _arrays(points, models)
        reference = np.array([[one.reference for one in points[model]] for model in models], np.float64).T
        rng = generator_for(seed, name, "claim 1 permutations")
        return track(accuracy, auroc - reference, kept, rng)
    except Undefined as error:
        return error


def _beyond_details(found: RankCorrelation | Undefined, p_value: float) -> dict[str, Any]:
    """What `_beyond` found, for the details of the claim; its p-value is after Holm over methods, as the claim's is."""
    if isinstance(found, Undefined):
        return {"rho": None, "p_value": None, "n_models": 0, "reason": str(found)}
    return {"rho": found.rho, "p_value": p_value, "n_models": found.n_models, "reason": None}


def _same_models(grids: list[Grid], points: dict[str, list[_Point]], seed: int) -> tuple[float, float]:
    """95 % bootstrap limits of the correlation for new images and the same models; no verdict rests on them.

    NaN where in some draw all accuracies or all AUROCs are alike.
    """
    rhos = np.zeros(N_DRAWS)
    for d, grid in enumerate(grids):
        n_images = int(grid.images.max()) + 1
        rng = generator_for(seed, grid.dataset, "claim 1 images")
        weights = rng.multinomial(n_images, np.full(n_images, 1 / n_images), N_DRAWS).astype(np.float64)
        drawn = [_drawn(weights, points[model][d], grid.images) for model in sorted(points)]
        x, y = (np.stack(values, axis=1) for values in zip(*drawn, strict=True))
        rhos += _row_spearman(x, y) / len(grids)
    low, high = np.quantile(rhos, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _drawn(
    weights: NDArray[np.float64], point: _Point, images: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Accuracy and AUROC of a model for each bootstrap sample.

    The AUROC of a sample is taken to first order, by the influences of the images, which spares ranking all items anew
    for each of the samples (infinitesimal jackknife: Efron 1982, The Jackknife, the Bootstrap and Other Resampling
    Plans, chapter 6).

    Parameters
    ----------
    weights : shape (samples, images), how often each image is in the sample
    """
    known, n_images = ~np.isnan(point.correct), weights.shape[1]
    right = sums(point.correct[known], images[known], n_images)
    shown = sums(np.ones(known.sum()), images[known], n_images)
    accuracy = (weights @ right) / np.maximum(weights @ shown, 1)
    return accuracy, point.ranking.value + (weights - 1) @ point.ranking.influence


def _row_spearman(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Spearman's correlation of each row of `x` with the same row of `y`; NaN where either is constant."""
    a, b = (rankdata(values, axis=1) for values in (x, y))
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    length = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return np.asarray((a * b).sum(axis=1) / np.where(length > 0, length, np.nan))

"""The table `metrics`: every metric of every model, dataset, condition, subset and method."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from vqa_canary.evaluation.auroc import auroc
from vqa_canary.evaluation.calibration import brier, calibration, confident_error_share, overconfidence
from vqa_canary.evaluation.clusters import count
from vqa_canary.evaluation.estimate import Estimate, Undefined, estimate, undefined
from vqa_canary.evaluation.fragility import accuracy_drop, collapsed, shift_estimate
from vqa_canary.evaluation.grid import CLEAN, Grid, grids
from vqa_canary.evaluation.means import mean_estimate
from vqa_canary.evaluation.precision_recall import auprc
from vqa_canary.evaluation.proportions import proportion
from vqa_canary.evaluation.risk_coverage import aurc, caught, excess_aurc, prr
from vqa_canary.seeding import generator_for
from vqa_canary.tables import KEYS, SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

SUBGROUPS = ("question_type", "modality", "answer_type")

Metrics = dict[str, Estimate]


def metrics_table(
    scores: pd.DataFrame,
    instances: pd.DataFrame,
    items: pd.DataFrame,
    seed: int,
    subgroups: Sequence[str] = SUBGROUPS,
) -> pd.DataFrame:
    """Rows of `metrics`, sorted by key. A value that does not exist is null and `reason` says why.

    `subset` is `all`, `nota_valid`, or a value of a column of items, such as `modality=CT` (of all
    items, not only the `nota_valid` ones; null is `modality=unknown`). `method` is empty for what no
    method has a part in. If methods are judged on answers of their own, accuracy and collapse are
    theirs too.

    Every condition but `clean` is also held against `clean`, on the items answered in both:
    accuracy_drop, collapse_rate, and for each method uncertainty_shift, fragility_auroc and
    collapse_caught_at_20.

    Parameters
    ----------
    seed : of the resamples behind calibration errors
    subgroups : columns of `items`

    Raises
    ------
    BadInput : a score whose item or instance is unknown, or two scores of one key
    """
    rows = [row for grid in grids(scores, instances, items) for row in _grid_rows(grid, seed, subgroups)]
    names = SCHEMAS["metrics"].names
    table = pd.DataFrame(rows, columns=names).astype({"n": "Int64", "n_clusters": "Int64"})
    table = table.astype(dict.fromkeys(("value", "ci_low", "ci_high"), np.float64))
    return table.sort_values(list(KEYS["metrics"]), ignore_index=True)


def _grid_rows(grid: Grid, seed: int, subgroups: Sequence[str]) -> Iterator[dict[str, object]]:
    for subset, mask in _subsets(grid, subgroups):
        for c, condition in enumerate(grid.conditions):
            for m, model in enumerate(grid.models):
                about = {"dataset": grid.dataset, "condition": condition, "subset": subset, "model": model}
                for method, metrics in _cells(grid, c, m, mask, seed, subset):
                    for name, one in metrics.items():
                        yield about | {"method": method, "metric": name} | _columns(one)


def _columns(one: Estimate) -> dict[str, object]:
    return {
        "value": one.value,
        "ci_low": one.ci_low,
        "ci_high": one.ci_high,
        "n": one.n,
        "n_clusters": one.n_clusters,
        "reason": one.reason,
    }


def _subsets(grid: Grid, subgroups: Sequence[str]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    yield "all", np.ones(len(grid.items), bool)
    yield "nota_valid", grid.nota_valid
    for column in subgroups:
        values = grid.items[column].fillna("unknown").to_numpy(str)
        for value in np.unique(values):
            yield f"{column}={value}", values == value


def _cells(
    grid: Grid, c: int, m: int, mask: NDArray[np.bool_], seed: int, subset: str
) -> Iterator[tuple[str, Metrics]]:
    """Each method's metrics of a model under a condition; first, as method "", those of none."""
    answers = _answer_metrics(grid, c, m, 0, mask)
    yield "", _model_metrics(grid, c, m, mask) | (answers if grid.one_label else {})
    for k, method in enumerate(grid.methods):
        rng = generator_for(seed, f"{grid.dataset}/{subset}", "calibration")
        metrics = {} if grid.one_label else _answer_metrics(grid, c, m, k, mask)
        yield method, metrics | _method_metrics(grid, c, m, k, mask) | _calibration(grid, c, m, k, mask, rng)


def _model_metrics(grid: Grid, c: int, m: int, mask: NDArray[np.bool_]) -> Metrics:
    shown = mask & ~np.isnan(grid.chance[c])
    chance = grid.chance[c][shown]
    about = len(chance), count(grid.images[shown])
    return {
        "chance": estimate(float(chance.mean()), None, *about) if len(chance) else undefined("no items"),
        "failed_share": proportion(grid.failed[c, m, 0][shown], grid.images[shown]),
    }


def _answer_metrics(grid: Grid, c: int, m: int, k: int, mask: NDArray[np.bool_]) -> Metrics:
    """What depends on the answers alone."""
    correct, named = grid.correct[c, m, k], grid.named[c, m, k]
    judged, answered = mask & ~np.isnan(correct), mask & ~np.isnan(named)
    metrics = {
        "accuracy": _unless_nothing(proportion(correct[judged], grid.images[judged]), grid, c, m, k),
        "no_option_share": proportion(named[answered] == 0, grid.images[answered]),
    }
    if grid.conditions[c] == CLEAN or CLEAN not in grid.conditions:
        return metrics
    clean = grid.correct[grid.at(CLEAN), m, k]
    both = judged & ~np.isnan(clean)
    risk, collapse = collapsed(clean, correct)
    kept = risk & mask
    try:
        drop = accuracy_drop(clean[both], correct[both], grid.images[both]).estimate()
    except Undefined as error:
        drop = undefined(str(error))
    rate = proportion(collapse[kept], grid.images[kept])
    return metrics | {
        "accuracy_drop": _unless_nothing(drop, grid, c, m, k),
        "collapse_rate": _unless_nothing(rate, grid, c, m, k),
    }


def _method_metrics(grid: Grid, c: int, m: int, k: int, mask: NDArray[np.bool_]) -> Metrics:
    """What depends on a method's uncertainty."""
    u, correct = grid.uncertainty[c, m, k], grid.correct[c, m, k]
    known = mask & ~np.isnan(u)
    answered = mask & ~np.isnan(grid.named[c, m, k])
    judged = known & ~np.isnan(correct)
    wrong, images = correct[judged] == 0, grid.images[judged]
    ranking = {
        metric.__name__: _unless_nothing(metric(u[judged], wrong, images), grid, c, m, k)
        for metric in (auroc, auprc, aurc, excess_aurc, prr)
    }
    metrics = ranking | {
        "mean_uncertainty": _explained(
            mean_estimate(u[known], grid.images[known], 0.0, np.inf), grid, c, m, k
        ),
        "defined_share": proportion(known[answered], grid.images[answered]),
    }
    if grid.conditions[c] == CLEAN or CLEAN not in grid.conditions:
        return metrics
    before = grid.uncertainty[grid.at(CLEAN), m, k]
    both = known & ~np.isnan(before)
    risk, collapse = collapsed(grid.correct[grid.at(CLEAN), m, k], correct)
    kept = risk & mask & ~np.isnan(before)
    fragility = before[kept], collapse[kept], grid.images[kept]
    return metrics | {
        "uncertainty_shift": _explained(
            shift_estimate(before[both], u[both], grid.images[both]), grid, c, m, k
        ),
        "fragility_auroc": _unless_nothing(auroc(*fragility), grid, c, m, k),
        "collapse_caught_at_20": _unless_nothing(caught(*fragility), grid, c, m, k),
    }


def _calibration(
    grid: Grid, c: int, m: int, k: int, mask: NDArray[np.bool_], rng: np.random.Generator
) -> Metrics:
    """What depends on a confidence; nothing for methods that give none."""
    if np.isnan(grid.confidence[:, :, k]).all():
        return {}
    confidence, correct = grid.confidence[c, m, k], grid.correct[c, m, k]
    kept = mask & ~np.isnan(confidence) & ~np.isnan(correct)
    data = confidence[kept], correct[kept], grid.images[kept]
    found = calibration(*data, rng)
    metrics = {
        "ece": found.ece,
        "ece_noise_floor": found.noise_floor,
        "ece_p_value": found.p_value,
        "calibration_error_debiased": found.debiased,
        "brier": brier(*data),
        "overconfidence": overconfidence(*data),
        "confident_error_share": confident_error_share(*data),
    }
    return {name: _unless_nothing(one, grid, c, m, k) for name, one in metrics.items()}


def _unless_nothing(one: Estimate, grid: Grid, c: int, m: int, k: int) -> Estimate:
    """The estimate; where it has no items because nothing can be right, that as the reason."""
    if one.n == 0 and np.isnan(grid.correct[c]).all() and not np.isnan(grid.named[c]).all():
        return undefined("nothing is right under this condition")
    return _explained(one, grid, c, m, k)


def _explained(one: Estimate, grid: Grid, c: int, m: int, k: int) -> Estimate:
    """The estimate; where it has no items because the method has no value, the commonest reason why."""
    key = grid.conditions[c], grid.models[m], grid.methods[k]
    if one.n == 0 and np.isnan(grid.uncertainty[c, m, k]).all() and key in grid.reasons:
        return undefined(grid.reasons[key])
    return one

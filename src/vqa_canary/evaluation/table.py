"""The table `metrics`: every metric of every model, dataset, condition, subset and method."""

from __future__ import annotations

from functools import lru_cache, partial
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from vqa_canary.estimate import Estimate, Undefined, estimate, undefined
from vqa_canary.evaluation.cell_calibration import calibration_metrics
from vqa_canary.evaluation.cell_metrics import answer_metrics, method_metrics
from vqa_canary.evaluation.comparison import Contest, compare_methods
from vqa_canary.evaluation.grid import Grid, subsets
from vqa_canary.evaluation.stacked_metrics import Metrics, Pair
from vqa_canary.evaluation.swap import SWAP
from vqa_canary.rows import CLEAN
from vqa_canary.seeding import generator_for
from vqa_canary.statistics.bins import Binning
from vqa_canary.statistics.calibration import EQUAL_MASS, Draws, draw
from vqa_canary.statistics.clusters import count
from vqa_canary.statistics.proportions import proportion
from vqa_canary.tables import KEYS, SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray


def metrics_table(
    grids: Sequence[Grid],
    seed: int,
    subgroups: Sequence[str],
    lowest: Mapping[str, float] = MappingProxyType({}),
    binning: Binning = EQUAL_MASS,
) -> pd.DataFrame:
    """Rows of `metrics`, sorted by key. A value that does not exist is null and `reason` says why.

    `subset` is `all`, `nota_valid`, or a value of a column of items, such as `modality=CT` (of all
    items, not only the `nota_valid` ones; null is `modality=unknown`). `method` is empty for what no
    method has a part in. If methods are judged on answers of their own, accuracy and collapse are
    theirs too.

    Under `clean`, `auroc_not_distinguishable_from_best` is 1 for the methods of the best set, else 0.

    Every condition but `clean` is also held against `clean`, on the items answered in both:
    accuracy_drop, collapse_rate, and for each method uncertainty_shift, fragility_auroc and
    collapse_caught_at_20. Under `image_swap_pair` there are swap_kept_share and, for each method,
    swap_sensitivity too, and clusters are pairs of images.

    Metrics of a confidence are about that of the grids, see `confidences.with_confidence`. Those of methods that are
    probabilities themselves stand there once more as `stated_ece` and so on, whatever the setting, for `all` and
    `nota_valid`.

    Parameters
    ----------
    seed : of the resamples behind calibration errors
    subgroups : columns of the grids' items
    lowest : smallest possible uncertainty of methods for which it is not 0, by method
    binning : the bins of calibration errors
    """
    return joined([metrics_part(grid, seed, subgroups, lowest, binning) for grid in grids])


def metrics_part(
    grid: Grid,
    seed: int,
    subgroups: Sequence[str],
    lowest: Mapping[str, float] = MappingProxyType({}),
    binning: Binning = EQUAL_MASS,
    turn: tuple[int, int] = (0, 1),
) -> pd.DataFrame:
    """Those rows of `metrics_table`, in any order, that are about every n-th subset of a grid.

    Parameters
    ----------
    turn : the first of these subsets, counted from 0, and n
    """
    first, step = turn
    rows = [
        *_rows(grid, seed, islice(subsets(grid, subgroups), first, None, step), lowest, binning),
        *(_best_rows(grid, seed) if first == 0 else ()),
    ]
    return pd.DataFrame(rows, columns=SCHEMAS["metrics"].names).astype(_TYPES)


def joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The table `metrics` of all its parts, sorted by key."""
    nothing = pd.DataFrame(columns=SCHEMAS["metrics"].names).astype(_TYPES)
    table = pd.concat(parts or [nothing])
    return table.sort_values(list(KEYS["metrics"]), ignore_index=True)


_TYPES: Mapping[str, Any] = {
    **dict.fromkeys((*KEYS["metrics"], "reason"), "str"),  # also where a part has no reason at all
    **dict.fromkeys(("n", "n_clusters"), "Int64"),
    **dict.fromkeys(("value", "ci_low", "ci_high"), np.float64),
}


def _rows(
    grid: Grid,
    seed: int,
    shown: Iterable[tuple[str, NDArray[np.bool_]]],
    lowest: Mapping[str, float],
    binning: Binning,
) -> Iterator[dict[str, object]]:
    for subset, mask in shown:
        for condition in grid.conditions:
            pairs = _pairs(grid, condition, mask, lowest)
            of_methods = method_metrics(pairs, condition == SWAP)
            for model in grid.models:
                about = {"dataset": grid.dataset, "condition": condition, "subset": subset, "model": model}
                draws = partial(_draws, seed, f"{grid.dataset}/{subset}")
                own = {method: (pairs[model, method], of_methods[model, method]) for method in grid.methods}
                cells = _cells(grid, condition, model, mask, own)
                whole = "=" not in subset
                sure = calibration_metrics(grid, condition, model, mask, draws, binning, whole)
                for method, metrics in (*cells, *sure):
                    for name, number in metrics.items():
                        yield about | {"method": method, "metric": name} | number.columns()


def _pairs(
    grid: Grid, condition: str, mask: NDArray[np.bool_], lowest: Mapping[str, float]
) -> dict[tuple[str, str], Pair]:
    """The cell of each model and method on the items of `mask`, beside the same when clean."""
    held = condition != CLEAN and CLEAN in grid.conditions
    return {
        (model, method): Pair(
            grid.cell(condition, model, method, mask),
            grid.cell(CLEAN, model, method, mask) if held else None,
            lowest.get(method, 0.0),
        )
        for model in grid.models
        for method in grid.methods
    }


def _best_rows(grid: Grid, seed: int) -> Iterator[dict[str, object]]:
    """Which methods may be the best, for each model."""
    for model in grid.models if CLEAN in grid.conditions else ():
        contest = compare_methods(grid, CLEAN, [model], seed)
        for method in grid.methods:
            best = _best(contest, method)
            about = {"dataset": grid.dataset, "condition": CLEAN, "subset": "all", "model": model}
            metric = {"method": method, "metric": "auroc_not_distinguishable_from_best"}
            yield about | metric | best.columns()


def _best(contest: Contest, method: str) -> Estimate:
    if isinstance(contest.result, Undefined):
        return undefined(str(contest.result), contest.n, contest.n_clusters)
    if method not in contest.methods:
        return undefined("not compared: no value on half of the items", contest.n, contest.n_clusters)
    best = contest.result.maybe_best[contest.methods.index(method)]
    return estimate(float(best), None, contest.n, contest.n_clusters)


def _cells(
    grid: Grid,
    condition: str,
    model: str,
    mask: NDArray[np.bool_],
    own: Mapping[str, tuple[Pair, Metrics]],
) -> Iterator[tuple[str, Metrics]]:
    """Metrics that no method has a part in, as method "", then those of each method, with what depends on its
    uncertainty as given."""
    one_label = grid.one_label
    for k, (method, ((cell, clean, _), metrics)) in enumerate(own.items()):
        answers = answer_metrics(cell, clean, condition == SWAP) if k == 0 or not one_label else {}
        if k == 0:
            yield "", _shown_metrics(grid, condition, model, mask) | (answers if one_label else {})
        yield method, metrics | ({} if one_label else answers)


def _shown_metrics(grid: Grid, condition: str, model: str, mask: NDArray[np.bool_]) -> Metrics:
    """What depends on what was shown, and on whether there was any answer."""
    cell = grid.cell(condition, model, grid.methods[0], mask)
    shown = cell.only(~np.isnan(cell.chance))
    chance, images = shown.chance, shown.images
    if not len(chance):
        return dict.fromkeys(("chance", "failed_share"), undefined("no items"))
    return {
        "chance": estimate(float(chance.mean()), None, len(chance), count(images)),
        "failed_share": proportion(shown.failed, images),
    }


@lru_cache(maxsize=8)
def _draws(seed: int, place: str, n_clusters: int) -> Draws:
    return draw(n_clusters, generator_for(seed, place, "calibration"))

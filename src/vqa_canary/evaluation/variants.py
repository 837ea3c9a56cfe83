"""Variants of a model, such as quantised copies, against the model itself: the same items, paired by image."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.estimate import ALPHA, Undefined
from vqa_canary.evaluation.claims.foresight import at_risk
from vqa_canary.evaluation.grid import Grid
from vqa_canary.evaluation.variant_difference import (
    ALL_MODELS,
    QUANTITIES,
    Variant,
    VariantDifference,
    filled,
)
from vqa_canary.rows import CLEAN
from vqa_canary.statistics.auroc import rank
from vqa_canary.statistics.means import mean
from vqa_canary.statistics.multiplicity import holm
from vqa_canary.statistics.paired_aurocs import Paired, Sides, paired_aurocs
from vqa_canary.statistics.power import smallest_seen
from vqa_canary.statistics.proportions import proportion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

RULE = (
    "better or worse: the difference is not 0, two-sided at 5 %, adjusted (Holm) for all differences of one quantity "
    "(those of single models, and those of means over models, each among themselves); identical: no image tells "
    "the two apart; else cannot tell"
)


def variants_table(
    grids: Sequence[Grid], variants: Mapping[str, Variant], nota_conditions: Sequence[str]
) -> list[dict[str, Any]]:
    """Rows of `variants`, JSON-ready: fields of `VariantDifference`, means over models first.

    Accuracy and changed answers under each condition (NOTA conditions on `nota_valid` items), AUROC on clean
    input, and fragility AUROC under each NOTA condition.
    """
    rows: list[VariantDifference] = []
    for grid in grids:
        own = {
            name: variant
            for name, variant in variants.items()
            if {name, variant.baseline} <= set(grid.models)
        }
        for change in dict.fromkeys(variant.change for variant in own.values()):
            names = [name for name, variant in own.items() if variant.change == change]
            rows += differences(grid, ALL_MODELS, names, own, nota_conditions)
            for name in names:
                rows += differences(grid, name, [name], own, nota_conditions)
    return [asdict(row) for row in sorted(judged(rows), key=_place)]


def differences(
    grid: Grid, model: str, names: list[str], variants: Mapping[str, Variant], nota: Sequence[str]
) -> Iterator[VariantDifference]:
    """Rows of one variant, or of the mean over `names`; p-values not adjusted, verdicts not yet given."""
    pairs = [(variants[name].baseline, name) for name in names]
    baseline, change = pairs[0][0] if model else ALL_MODELS, variants[names[0]].change
    hidden = [condition for condition in grid.conditions if condition in nota]

    def row(quantity: Any, condition: str, method: str = "") -> VariantDifference:
        return VariantDifference(grid.dataset, change, model, baseline, quantity, condition, method)

    for condition in [name for name in grid.conditions if name == CLEAN or name in nota]:
        for method in ("",) if grid.one_label else grid.methods:
            yield _accuracy(row("accuracy", condition, method), grid, pairs)
            yield _changed(row("changed_answers", condition, method), grid, pairs)
    for method in grid.methods:
        if CLEAN in grid.conditions:
            yield _ranked(row("auroc", CLEAN, method), grid, pairs)
            for condition in hidden:
                yield _ranked(row("fragility_auroc", condition, method), grid, pairs)


def _answers(
    values: NDArray[np.float64], grid: Grid, row: VariantDifference, pairs: list[tuple[str, str]]
) -> NDArray[np.float64]:
    """Shape (pairs, 2, items): what baselines and variants answered; only items of the condition's headline."""
    method = row.method or grid.methods[0]
    both = [[values[grid.at(row.condition, model, method)] for model in pair] for pair in pairs]
    return np.array(both)[:, :, grid.fair(row.condition)]


def _images(grid: Grid, row: VariantDifference) -> NDArray[np.int64]:
    return grid.images[grid.fair(row.condition)]


def _accuracy(row: VariantDifference, grid: Grid, pairs: list[tuple[str, str]]) -> VariantDifference:
    """Mean over items of the paired gap; of several models, over items that all of them answered."""
    correct = _answers(grid.correct, grid, row, pairs)
    kept = ~np.isnan(correct).any(axis=(0, 1))
    before, after = correct[:, :, kept].mean(axis=0)
    try:
        gain = mean(after - before, _images(grid, row)[kept], -1.0, 1.0)
    except Undefined as error:
        return replace(row, n_models=len(pairs), reason=str(error))
    p_value = min(1.0, 2 * min(gain.p_above(0.0), gain.p_below(0.0)))
    paired = Paired(before.mean(), after.mean(), gain.estimate(), p_value, gain.se)
    return filled(replace(row, n_models=len(pairs)), paired)


def _changed(row: VariantDifference, grid: Grid, pairs: list[tuple[str, str]]) -> VariantDifference:
    """Share of items with another answer; to name no option is an answer, a failure is none."""
    choice, named = (_answers(values, grid, row, pairs) for values in (grid.choice, grid.named))
    kept = ~np.isnan(named).any(axis=(0, 1))
    choice = np.nan_to_num(choice[:, :, kept], nan=-1.0)
    share = (choice[:, 0] != choice[:, 1]).mean(axis=0)
    images = _images(grid, row)[kept]
    try:
        share_changed = (
            proportion(share, images) if len(pairs) == 1 else mean(share, images, 0.0, 1.0).estimate()
        )
    except Undefined as error:
        return replace(row, n_models=len(pairs), reason=str(error))
    return replace(
        row,
        n_models=len(pairs),
        difference=share_changed.value,
        ci_low=share_changed.ci_low,
        ci_high=share_changed.ci_high,
        n=share_changed.n,
        n_clusters=share_changed.n_clusters,
        reason=share_changed.reason,
    )


def _ranked(row: VariantDifference, grid: Grid, pairs: list[tuple[str, str]]) -> VariantDifference:
    """A paired difference of AUROCs, or the mean of several; a pair of which one is undefined is left out."""
    known, reasons = [], []
    for pair in pairs:
        try:
            known.append(_pair(row, grid, pair))
        except Undefined as error:
            reasons.append(f"{pair[1]}: {error}")
    left_out = f"{len(reasons)} of {len(pairs)} left out: {'; '.join(reasons)}" if reasons else None
    if not known:
        return replace(row, n_models=0, reason=left_out if len(pairs) > 1 else reasons[0].partition(": ")[2])
    areas = paired_aurocs(known, grid.images)
    return replace(
        filled(replace(row, n_models=len(known)), areas), reason=areas.difference.reason or left_out
    )


def _pair(row: VariantDifference, grid: Grid, pair: tuple[str, str]) -> Sides:
    """Both on the items that both have an uncertainty and an answer for; of fragility, each on the items that it
    answered rightly when clean itself."""
    n_images = int(grid.images.max()) + 1
    if row.quantity == "fragility_auroc":
        risks = [at_risk(grid, row.condition, model, row.method) for model in pair]
        before, after = (rank(items.uncertainty, items.collapse, items.images, n_images) for items in risks)
        shown = np.isin(grid.images, np.concatenate([items.images for items in risks]))
        return Sides(before, after, shown)
    cells = [grid.at(row.condition, model, row.method) for model in pair]
    kept = ~np.any([np.isnan(grid.uncertainty[at]) | np.isnan(grid.correct[at]) for at in cells], axis=0)
    before, after = (
        rank(grid.uncertainty[at][kept], grid.correct[at][kept] == 0, grid.images[kept], n_images)
        for at in cells
    )
    return Sides(before, after, kept)


def judged(rows: Sequence[VariantDifference]) -> Iterator[VariantDifference]:
    """Holm within each family, and the verdicts."""
    families: dict[tuple[str, str, bool], list[VariantDifference]] = {}
    for row in rows:
        families.setdefault((row.dataset, row.quantity, bool(row.model)), []).append(row)
    for family in families.values():
        p_values = [np.nan if row.p_value is None else row.p_value for row in family]
        n_tests = max(1, int(np.isfinite(p_values).sum()))
        for row, p in zip(family, holm(p_values), strict=True):
            yield _judge(row, float(p), n_tests)


def _judge(row: VariantDifference, p_value: float, n_tests: int) -> VariantDifference:
    if row.difference is None or row.se is None or np.isnan(p_value):
        return row
    if row.se == 0 and row.difference == 0:
        return replace(row, p_value=p_value, verdict="identical")
    gain = -row.difference if row.quantity == "collapse_rate" else row.difference
    verdict: Any = "cannot tell" if p_value > ALPHA else "better" if gain > 0 else "worse"
    smallest = smallest_seen(row.se, ALPHA / 2 / n_tests) if row.se else None
    return replace(row, p_value=p_value, smallest_difference=smallest, verdict=verdict)


def _place(row: VariantDifference) -> tuple[Any, ...]:
    quantity = QUANTITIES.index(row.quantity)
    return row.dataset, row.model != ALL_MODELS, row.model, row.change, quantity, row.condition, row.method

"""Two audits of the same questions: better, worse, or can't we tell?"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.audit.shared_questions import (
    Audit,
    after,
    before,
    one_study,
    paired_models,
    shared_methods,
    shared_questions,
)
from vqa_canary.audit.subgroups import check_columns, subgroup_masks, warning
from vqa_canary.estimate import Estimate, Undefined
from vqa_canary.evaluation.collapse import collapsed
from vqa_canary.evaluation.grid import Grid, grids
from vqa_canary.evaluation.variants import Difference, Variant, differences, filled, judged
from vqa_canary.statistics.paired_shares import share_difference
from vqa_canary.tables import CLEAN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

RULE = (
    "better or worse: the difference is not 0, two-sided at 5 % after Holm over all differences of one quantity on a "
    "dataset (those on all questions among themselves, and those of subgroups among themselves); identical: no image "
    "tells the two apart; else cannot tell"
)


def compare_audits(
    baseline: Audit,
    current: Audit,
    *,
    nota_conditions: Sequence[str],
    subgroups: Sequence[str] = (),
    pairs: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What changed from `baseline` to `current`, on the questions that both put to a model alike; JSON-ready.

    Questions are alike if their contents are (equal `instance_id`), under clean input or a NOTA condition.
    Subgroups, and which questions are `nota_valid`, are those of the current audit.

    Parameters
    ----------
    subgroups : columns of `items`
    pairs : baseline model by current model; by default the one model of each audit, or models of equal names

    Returns
    -------
    rule : of the verdicts, in words
    pairs : list of {baseline, model}
    questions : {shared: number of instances compared, changed, only_baseline, only_current: lists of {dataset,
        item_id, condition}; never used}
    methods : {shared, only_baseline, only_current}: names
    differences : rows dataset, model, baseline, column "", value "", quantity (`accuracy`, `changed_answers`, `auroc`,
        `fragility_auroc`, `collapse_rate`), condition, method, baseline_value, current_value, difference (current minus
        baseline), ci_low, ci_high, se, p_value (Holm), smallest_difference, verdict (`better`, `worse`, `cannot
        tell`, `identical`, None), n, n_clusters, reason, warning (None or why it says little)
    subgroups : the same rows with `column` and `value` set
    questions_moved : rows dataset, model, baseline, method ("" if one answer for all methods), gained (wrong, now
        right), lost, newly_collapsed {condition: ids}, no_longer_collapsed {condition: ids}; lists of item ids

    Raises
    ------
    BadInput : a subgroup that is no column, models that cannot be paired, no method or no question in both audits; a
        score whose item or instance is unknown, or two scores of one key
    """
    check_columns(current.items, subgroups)
    matched = paired_models(baseline, current, pairs)
    conditions = [CLEAN, *nota_conditions]
    questions, alike = shared_questions(baseline, current, conditions)
    methods = shared_methods(baseline, current)
    study = one_study(baseline, current, matched, alike, methods["shared"])
    whole: list[Difference] = []
    parts: list[tuple[str, str, Difference]] = []
    moved: list[dict[str, Any]] = []
    for grid in grids(*study):
        if CLEAN not in grid.conditions:
            continue
        for model in [name for name in matched if {after(name), before(name)} <= set(grid.models)]:
            whole += _differences(grid, model, nota_conditions)
            moved += _moved(grid, model, matched[model], nota_conditions)
            for column, value, mask in subgroup_masks(grid, subgroups):
                rows = _differences(grid.only(mask), model, nota_conditions)
                parts += [(column, value, row) for row in rows]
    places = [(column, value) for column, value, _ in parts]
    return {
        "rule": RULE,
        "pairs": [{"baseline": old, "model": name} for name, old in matched.items()],
        "questions": questions,
        "methods": methods,
        "differences": _rows(whole, [("", "")] * len(whole), matched),
        "subgroups": _rows([row for *_, row in parts], places, matched),
        "questions_moved": moved,
    }


def _differences(grid: Grid, model: str, nota: Sequence[str]) -> Iterator[Difference]:
    variant = {after(model): Variant(before(model), "")}
    yield from differences(grid, after(model), [after(model)], variant, nota)
    for condition in [one for one in grid.conditions if one in nota]:
        for method in ("",) if grid.one_label else grid.methods:
            yield _collapse_rates(grid, model, condition, method)


def _collapse_rates(grid: Grid, model: str, condition: str, method: str) -> Difference:
    """Each on the fair questions that it answered rightly when clean itself."""
    row = Difference(grid.dataset, "", after(model), before(model), "collapse_rate", condition, method)
    old, new = (_collapses(grid, side, condition, method) for side in (before(model), after(model)))
    try:
        return filled(row, share_difference(old, new, grid.images))
    except Undefined as error:
        return replace(row, reason=str(error))


def _collapses(
    grid: Grid, side: str, condition: str, method: str
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    risk, collapse = collapsed(_correct(grid, side, CLEAN, method), _correct(grid, side, condition, method))
    return risk & grid.nota_valid, collapse & grid.nota_valid


def _correct(grid: Grid, side: str, condition: str, method: str) -> NDArray[np.float64]:
    return np.asarray(grid.correct[grid.at(condition, side, method or grid.methods[0])])


def _moved(grid: Grid, model: str, baseline: str, nota: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Item by item, among those that both answered."""

    def ids(mask: NDArray[np.bool_]) -> list[str]:
        return grid.items.loc[mask, "item_id"].astype(str).tolist()

    sides = before(model), after(model)
    for method in ("",) if grid.one_label else grid.methods:
        old, new = (_correct(grid, side, CLEAN, method) for side in sides)
        fell: dict[str, list[str]] = {}
        rose: dict[str, list[str]] = {}
        for condition in [one for one in grid.conditions if one in nota]:
            shown = [_correct(grid, side, condition, method) for side in sides]
            known = ~np.isnan([old, new, *shown]).any(axis=0)
            was, now = (_collapses(grid, side, condition, method)[1] & known for side in sides)
            fell[condition], rose[condition] = ids(now & ~was), ids(was & ~now)
        yield {
            "dataset": grid.dataset,
            "model": model,
            "baseline": baseline,
            "method": method,
            "gained": ids((old == 0) & (new == 1)),
            "lost": ids((old == 1) & (new == 0)),
            "newly_collapsed": fell,
            "no_longer_collapsed": rose,
        }


def _rows(
    rows: Sequence[Difference], places: Sequence[tuple[str, str]], matched: Mapping[str, str]
) -> list[dict[str, Any]]:
    names = {after(model): model for model in matched}
    found = []
    tagged = [replace(row, change=str(place)) for place, row in enumerate(rows)]  # `judged` sorts by family
    for row in sorted(judged(tagged), key=lambda one: int(one.change)):
        column, value = places[int(row.change)]
        told = asdict(row)
        model = names[told.pop("model")]
        del told["change"], told["n_models"], told["baseline"]
        estimate = Estimate(row.difference, row.ci_low, row.ci_high, row.n, row.n_clusters)
        found.append(
            {
                "dataset": told.pop("dataset"),
                "model": model,
                "baseline": matched[model],
                "column": column,
                "value": value,
                **{("current_value" if name == "value" else name): one for name, one in told.items()},
                "warning": None if row.verdict == "identical" else warning(estimate),
            }
        )
    return found

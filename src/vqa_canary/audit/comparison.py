"""Two audits of the same questions: better, worse, or can't we tell?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vqa_canary.audit.record.comparing import (
    BaselineComparison,
    BaselineDifference,
    MovedQuestions,
    SharedPrompts,
)
from vqa_canary.audit.shared_questions import (
    StudyTables,
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
from vqa_canary.evaluation.variant_difference import Variant, VariantDifference, filled
from vqa_canary.evaluation.variants import differences, judged
from vqa_canary.rows import CLEAN
from vqa_canary.statistics.paired_shares import share_difference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

RULE = (
    "better or worse: the difference is not 0, two-sided at 5 % after Holm over all differences of one quantity on a "
    "dataset (those on all questions among themselves, and those of subgroups among themselves); identical: no image "
    "tells the two apart; else cannot tell"
)
WHOLE = "all"
"""The subset of all questions."""


class _Placed(NamedTuple):
    """A difference and the questions that it is about."""

    subset: str
    difference: VariantDifference


def compare_audits(
    baseline: StudyTables,
    current: StudyTables,
    *,
    name: str,
    nota_conditions: Sequence[str],
    subgroups: Sequence[str] = (),
    pairs: Mapping[str, str] | None = None,
) -> BaselineComparison:
    """What changed from `baseline` to `current`, on the questions that both put to a model alike.

    Questions are alike if their contents are (equal `instance_id`), under clean input or a NOTA condition.
    Subgroups, and which questions are `nota_valid`, are those of the current audit.

    Parameters
    ----------
    name : of the baseline's study
    subgroups : columns of `items`
    pairs : baseline model by current model; by default the one model of each audit, or models of equal names

    Raises
    ------
    BadInput : a subgroup that is no column, models that cannot be paired, no method or no question in both audits; a
        score whose item or instance is unknown, or two scores of one key
    """
    check_columns(current.items, subgroups)
    matched = paired_models(baseline, current, pairs)
    shared = shared_questions(baseline, current, [CLEAN, *nota_conditions])
    study = one_study(baseline, current, matched, shared.alike, shared_methods(baseline, current))
    whole: list[_Placed] = []
    parts: list[_Placed] = []
    moved = _Moved()
    for grid in grids(*study):
        if CLEAN not in grid.conditions:
            continue
        for model in [model for model in matched if {after(model), before(model)} <= set(grid.models)]:
            whole += [_Placed(WHOLE, row) for row in _differences(grid, model, nota_conditions)]
            moved.add(grid, model, nota_conditions, told=model if len(matched) > 1 else "")
            for column, value, mask in subgroup_masks(grid, subgroups):
                rows = _differences(grid.only(mask), model, nota_conditions)
                parts += [_Placed(f"{column}={value}", row) for row in rows]
    return BaselineComparison(
        baseline=name,
        rule=RULE,
        models=tuple(matched.items()),
        joined=SharedPrompts(
            instances=len(shared.alike),
            changed=len(shared.changed),
            only_new=len(shared.only_current),
            only_old=len(shared.only_baseline),
        ),
        differences=(*_judged(whole, matched), *_judged(parts, matched)),
        items=moved.questions(),
    )


def _differences(grid: Grid, model: str, nota: Sequence[str]) -> Iterator[VariantDifference]:
    variant = {after(model): Variant(before(model), "")}
    yield from differences(grid, after(model), [after(model)], variant, nota)
    for condition in [condition for condition in grid.conditions if condition in nota]:
        for method in ("",) if grid.one_label else grid.methods:
            yield _collapse_rates(grid, model, condition, method)


def _collapse_rates(grid: Grid, model: str, condition: str, method: str) -> VariantDifference:
    """Each on the fair questions that it answered rightly when clean itself."""
    row = VariantDifference(grid.dataset, "", after(model), before(model), "collapse_rate", condition, method)
    old, new = (_collapses(grid, side, condition, method) for side in (before(model), after(model)))
    try:
        return filled(row, share_difference(old, new, grid.images))
    except Undefined as error:
        return replace(row, reason=str(error))


def _collapses(
    grid: Grid, side: str, condition: str, method: str
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which items could collapse, and which of them did."""
    risk, collapse = collapsed(_correct(grid, side, CLEAN, method), _correct(grid, side, condition, method))
    return risk & grid.nota_valid, collapse & grid.nota_valid


def _correct(grid: Grid, side: str, condition: str, method: str) -> NDArray[np.float64]:
    return grid.cell(condition, side, method or grid.methods[0]).correct


class _Moved:
    """Collects the questions that changed sides."""

    def __init__(self) -> None:
        self._gained: list[str] = []
        self._lost: list[str] = []
        self._fell: list[str] = []
        self._rose: list[str] = []

    def add(self, grid: Grid, model: str, nota: Sequence[str], told: str) -> None:
        """Item by item, among those that both audits answered; by the answers of the first method.

        Parameters
        ----------
        told : the model, where it has to be named; else empty
        """
        of = f" ({told})" if told else ""
        names = np.array([f"{grid.dataset}/{item}" for item in grid.items["item_id"]], object)
        sides, method = (before(model), after(model)), grid.methods[0]
        old, new = (_correct(grid, side, CLEAN, method) for side in sides)
        self._gained += [f"{name}{of}" for name in names[(old == 0) & (new == 1)]]
        self._lost += [f"{name}{of}" for name in names[(old == 1) & (new == 0)]]
        for condition in [condition for condition in grid.conditions if condition in nota]:
            shown = [_correct(grid, side, condition, method) for side in sides]
            known = ~np.isnan([old, new, *shown]).any(axis=0)
            was, now = (_collapses(grid, side, condition, method)[1] & known for side in sides)
            self._fell += [f"{name}, {condition}{of}" for name in names[now & ~was]]
            self._rose += [f"{name}, {condition}{of}" for name in names[was & ~now]]

    def questions(self) -> MovedQuestions:
        return MovedQuestions(
            gained=tuple(self._gained),
            lost=tuple(self._lost),
            newly_collapsed=tuple(self._fell),
            no_longer_collapsed=tuple(self._rose),
        )


def _judged(placed: Sequence[_Placed], matched: Mapping[str, str]) -> Iterator[BaselineDifference]:
    """Verdicts after Holm over these differences, in their order."""
    names = {after(model): model for model in matched}
    # `judged` sorts by family. A difference remembers its place in `change`, which has no other use here.
    tagged = [replace(row, change=str(place)) for place, (_, row) in enumerate(placed)]
    for row in sorted(judged(tagged), key=lambda row: int(row.change)):
        estimate = Estimate(row.difference, row.ci_low, row.ci_high, row.n, row.n_clusters, row.reason)
        yield BaselineDifference(
            dataset=row.dataset,
            model=names[row.model],
            quantity=row.quantity,
            condition=row.condition,
            method=row.method,
            p_value=row.p_value,
            verdict=row.verdict,
            smallest_difference=row.smallest_difference,
            warning=None if row.verdict == "identical" else warning(estimate),
            subset=placed[int(row.change)].subset,
            baseline=row.baseline_value,
            current=row.value,
            difference=estimate,
        )

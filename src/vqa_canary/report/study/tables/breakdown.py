"""The same numbers by kind of question, modality and body region."""

from __future__ import annotations

from vqa_canary.estimate import Estimate
from vqa_canary.report.numbers import is_measured
from vqa_canary.report.sheet import Cell, Column, Sheet
from vqa_canary.report.study.contents import View
from vqa_canary.rows import CLEAN


def dimensions(view: View) -> dict[str, list[str]]:
    """Columns of items that the metrics are broken down by, each with its values."""
    values: dict[str, list[str]] = {}
    metrics = view.study.metrics
    for subset in sorted(metrics.loc[metrics["dataset"] == view.dataset, "subset"].unique()):
        column, is_subgroup, value = subset.partition("=")
        if is_subgroup:
            values.setdefault(column, []).append(value)
    return values


def breakdown(view: View) -> Sheet:
    """One row a subgroup and model."""
    columns = [
        Column("by", "by", "text", filtered=True),
        Column("value", "value", "text", filtered=True),
        Column("model", "model", "text", filtered=True),
        Column("n", "items", "count"),
        Column("accuracy", "accuracy"),
        Column("method", "best method over all items", "text"),
        Column("auroc", "AUROC of it"),
    ]
    if view.nota:
        columns += [
            Column("accuracy_nota", f"accuracy, {view.nota}"),
            Column("collapse_rate", "collapse rate"),
            Column("fragility_auroc", "fragility AUROC of it"),
        ]
    rows = tuple(
        _row(view, column, value, model)
        for column, values in dimensions(view).items()
        for value in values
        for model in view.study.asked
    )
    caption = (
        f"Breakdown, {view.dataset}; 95 % intervals, not adjusted for looking at many subgroups. All items, "
        "those included that are no fair question when the answer is hidden."
    )
    return Sheet(view.name("breakdown"), caption, tuple(columns), rows)


def _row(view: View, column: str, value: str, model: str) -> tuple[Cell, ...]:
    subset, best = f"{column}={value}", view.best.get(model, "")

    def get(condition: str, metric: str, method: str = "") -> Estimate:
        return view.get(model, condition, metric, method, subset)

    right = view.shown_accuracy(model, CLEAN, best, subset)
    row: list[Cell] = [column, value, model, right.n, right, best, get(CLEAN, "auroc", best)]
    if view.nota:
        collapse = get(view.nota, "collapse_rate")
        row += [
            view.shown_accuracy(model, view.nota, best, subset),
            collapse if is_measured(collapse) else get(view.nota, "collapse_rate", best),
            get(view.nota, "fragility_auroc", best),
        ]
    return tuple(row)

"""The numbers of the heat maps as matrices: a row a model, a column a method."""

from __future__ import annotations

from vqa_canary.report.method_names import abbreviated
from vqa_canary.report.sheet import Column, Sheet
from vqa_canary.report.study.contents import View
from vqa_canary.report.study.figures.overview import Measure, measures
from vqa_canary.rows import CLEAN


def matrices(view: View) -> tuple[Sheet, ...]:
    """One a claim; in LaTeX without intervals and with the paper's abbreviations, so that it fits a page."""
    return tuple(_matrix(view, one) for one in measures(view))


def _matrix(view: View, one: Measure) -> Sheet:
    methods = view.study.methods
    columns = (
        Column("model", "model", "text"),
        Column("accuracy", "accuracy", short="acc."),
        *(Column(method, method, short=abbreviated(method)) for method in methods),
    )
    rows = tuple(
        (
            model,
            view.shown_accuracy(model, CLEAN, view.plainest),
            *(view.get(model, one.condition, one.metric, method) for method in methods),
        )
        for model in view.study.models
    )
    under = "" if one.condition == CLEAN else f", under {one.condition}"
    caption = f"{one.title}{under}, {view.dataset}; 95 % intervals"
    name = view.name(f"overview_{one.key}")
    return Sheet(name, caption, columns, rows, compact=True, shortened=view.study.short)

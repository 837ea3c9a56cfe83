"""Accuracy and AUROC by kind of question, modality and body region."""

from __future__ import annotations

from collections.abc import Callable

from vqa_canary.report.drawing import Figure, Panel, Pen, figure
from vqa_canary.report.numbers import Number, prose
from vqa_canary.report.study import CLEAN, View
from vqa_canary.report.tables.breakdown import dimensions


def breakdown(view: View) -> Figure | None:
    """Two panels a dimension: accuracy, and AUROC of each model's best method."""

    def accuracy(model: str, subset: str) -> Number:
        return view.accuracy(model, CLEAN, view.best.get(model, view.plainest), subset)

    def auroc(model: str, subset: str) -> Number:
        return view.get(model, CLEAN, "auroc", view.best.get(model, ""), subset)

    panels = [
        _panel(view, column, values, title, get)
        for column, values in dimensions(view).items()
        for title, get in (("accuracy", accuracy), ("AUROC", auroc))
    ]
    if not panels:
        return None
    caption = (
        "Each mark is a model, clean. AUROC is that of the model's best method over all items, and is to be "
        "read beside the accuracy to its left; where it is undefined there is no mark."
    )
    return figure(view.name("breakdown"), "Breakdown", caption, panels, view.looks.values())


def _panel(
    view: View, column: str, values: list[str], title: str, get: Callable[[str, str], Number]
) -> Panel:
    def draw(pen: Pen) -> None:
        if title == "AUROC":
            pen.ink([0.5, 0.5], [-0.5, len(values) - 0.5], "chance", ":")
        for row, value in enumerate(values):
            for model in view.study.models:
                number = get(model, f"{column}={value}")
                if number.value is not None:
                    text = f"{model}, {value}: {title} {prose(number.value)} ({number.n} items)"
                    pen.point(view.looks[model], number.value, row, text, alpha=0.8)
        pen.axes.set_yticks(range(len(values)), values)
        pen.axes.set_ylim(len(values) - 0.5, -0.5)
        pen.axes.set_xlim(-0.02, 1.02)

    name = column.replace("_", " ")
    return Panel(f"{title} by {name}", draw, width=3.4, height=0.75 + 0.21 * len(values))

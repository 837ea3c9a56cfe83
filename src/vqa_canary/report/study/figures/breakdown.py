"""Accuracy and AUROC by kind of question, modality and body region."""

from __future__ import annotations

from collections.abc import Callable

from vqa_canary.counting import counted
from vqa_canary.estimate import Estimate
from vqa_canary.report.drawing import Figure, Panel, Pen, figure
from vqa_canary.report.numbers import Range, prose
from vqa_canary.report.study.contents import View
from vqa_canary.report.study.tables.breakdown import dimensions
from vqa_canary.rows import CLEAN


def breakdown(view: View) -> Figure | None:
    """Two panels a dimension: accuracy, and AUROC of each model's best method."""

    def accuracy(model: str, subset: str) -> Estimate | Range:
        return view.shown_accuracy(model, CLEAN, view.best.get(model, view.plainest), subset)

    def auroc(model: str, subset: str) -> Estimate:
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
        "read beside the accuracy to its left; where it is undefined there is no mark. "
        "Two marks joined by a broad line: a range, because not all answers could be read."
    )
    return figure(view.name("breakdown"), "Breakdown", caption, panels, view.looks.values())


def _panel(
    view: View, column: str, values: list[str], title: str, get: Callable[[str, str], Estimate | Range]
) -> Panel:
    def draw(pen: Pen) -> None:
        if title == "AUROC":
            pen.ink([0.5, 0.5], [-0.5, len(values) - 0.5], "chance", ":")
        for row, value in enumerate(values):
            for model in view.study.models:
                number = get(model, f"{column}={value}")
                look, about = view.looks[model], f"{model}, {value}: {title}"
                if isinstance(number, Range) and number.value is not None:
                    text = f"{about} {number.text}: not all could be read ({counted(number.n, 'item')})"
                    pen.between(look, number.value, number.most.value, row, text)
                elif number.value is not None:
                    text = f"{about} {prose(number.value)} ({counted(number.n, 'item')})"
                    pen.point(look, number.value, row, text, alpha=0.8)
        pen.axes.set_yticks(range(len(values)), values)
        pen.axes.set_ylim(len(values) - 0.5, -0.5)
        pen.axes.set_xlim(-0.02, 1.02)
        pen.axes.set_xlabel(title)

    name = column.replace("_", " ")
    return Panel(f"{title} by {name}", draw, width=3.4, height=0.9 + 0.21 * len(values))

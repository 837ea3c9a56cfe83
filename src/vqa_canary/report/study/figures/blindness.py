"""Claim 2: clean against a NOTA condition."""

from __future__ import annotations

from collections.abc import Callable

from vqa_canary.estimate import Estimate
from vqa_canary.report.drawing import Figure, Panel, Pen, figure
from vqa_canary.report.numbers import prose, span
from vqa_canary.report.study.contents import View
from vqa_canary.report.study.tables.claims import BLINDNESS, detail
from vqa_canary.rows import CLEAN

FARTHEST = 2.0
"""Standard deviations that the first picture reaches to."""


def picture(view: View) -> Figure | None:
    """Drop of accuracy against shift of uncertainty, every model and method, for the first screen."""
    cells = [
        cell
        for cell in (view.claims(BLINDNESS, "cell", view.nota) if view.nota else [])
        if cell["estimate"] is not None and cell["details"].get("accuracy_drop") is not None
    ]
    if not cells:
        return None
    margin, least = view.study.margins.get("shift"), view.study.margins.get("drop")
    high = 0.1 + max(0.5, *(cell["details"]["accuracy_drop"] for cell in cells))

    def draw(pen: Pen) -> None:
        if margin is not None and least is not None:
            pen.band([least, high], [-1.1 * FARTHEST] * 2, [margin] * 2, "blind: accuracy lost, and no rise")
            pen.ink([least, high], [-margin] * 2, "hardly moves: between this line and the edge of the shade")
        pen.ink([0, 0], [-FARTHEST, FARTHEST], "no drop", ":")
        pen.ink([-0.15, high], [0, 0], "no shift", ":")
        for cell in cells:
            drop = detail(cell, "accuracy_drop", "drop_low", "drop_high")
            assert drop.value is not None
            title = f"{cell['model']}, {cell['method']}: accuracy lost {_with_limits(drop)}, uncertainty moves by "
            title += f"{prose(cell['estimate'], sign=True)} SD"
            at = max(-FARTHEST, min(FARTHEST, cell["estimate"]))
            pen.point(view.looks[cell["model"]], drop.value, at, title, ms=4, alpha=0.85)
        pen.axes.set_xlim(-0.15, high)
        pen.axes.set_ylim(-1.1 * FARTHEST, 1.1 * FARTHEST)
        pen.axes.set_xlabel("accuracy lost")
        pen.axes.set_ylabel("shift of uncertainty, SD")

    caption = f"Each mark is a model and method, clean against {view.nota}. Shaded: where an estimate "
    caption += "and its limits have to lie for “blind”; above the dashed line, for “hardly moves”. "
    caption += f"Shifts beyond {FARTHEST:g} SD are drawn at the edge."
    title = "Accuracy lost against shift of uncertainty"
    return figure(
        view.name("claim2"),
        title,
        caption,
        [Panel(f"clean to {view.nota}", draw, height=2.0)],
        view.looks.values(),
    )


def slopes(view: View) -> Figure | None:
    """Accuracy, then each method's mean uncertainty, clean and under the NOTA condition."""
    nota = view.nota
    if nota is None:
        return None

    def accuracy(model: str, condition: str) -> Estimate:
        return view.accuracy(model, condition, view.plainest, "nota_valid")

    def mean(method: str) -> Callable[[str, str], Estimate]:
        return lambda model, condition: view.get(model, condition, "mean_uncertainty", method, "nota_valid")

    panels = [_slope(view, nota, "accuracy", accuracy, top=1.0)]
    panels += [_slope(view, nota, f"mean {method}", mean(method)) for method in view.study.methods]
    caption = (
        f"Clean against {nota}, on the same items: those that stay a fair question when the answer is "
        "hidden. A model that notices goes down in accuracy and up in uncertainty."
    )
    drawn = figure(
        view.name("clean_against_nota"),
        "Clean against NOTA",
        caption,
        [panel for panel in panels if panel],
        view.looks.values(),
    )
    return drawn if drawn.panels else None


def _slope(
    view: View, nota: str, title: str, get: Callable[[str, str], Estimate], top: float | None = None
) -> Panel | None:
    pairs = {model: (get(model, CLEAN), get(model, nota)) for model in view.study.models}
    known = {
        model: (before.value, after.value)
        for model, (before, after) in pairs.items()
        if before.value is not None and after.value is not None
    }
    if not known:
        return None

    def draw(pen: Pen) -> None:
        for model, (before, after) in known.items():
            look = view.looks[model]
            text = f"{model}, {title}: {prose(before)} clean, {prose(after)} {nota}"
            pen.line(look, [0, 1], [before, after], text, marker=look.mark, ms=4)
        pen.axes.set_xticks([0, 1], ["clean", nota])
        pen.axes.set_xlim(-0.15, 1.15)
        values = [value for pair in known.values() for value in pair]
        lowest, highest = min(0, *values), max(0, *values)  # a method may declare a lower bound below 0
        pen.axes.set_ylim(1.08 * lowest, top or 1.08 * highest or (0 if lowest else 1))

    return Panel(title, draw, width=2.4)


def _with_limits(number: Estimate) -> str:
    assert number.value is not None
    limits = (
        ""
        if number.ci_low is None or number.ci_high is None
        else f" (90 %: {span(number.ci_low, number.ci_high)})"
    )
    return prose(number.value) + limits

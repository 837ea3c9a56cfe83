"""Claim 3: does clean uncertainty rank the answers that collapse above those that hold?"""

from __future__ import annotations

from vqa_canary.report.drawing import Figure, Panel, Pen, figure
from vqa_canary.report.method_names import in_order
from vqa_canary.report.numbers import prose, span
from vqa_canary.report.study.contents import View
from vqa_canary.report.study.tables.claims import FORESIGHT
from vqa_canary.rows import CLEAN


def picture(view: View) -> Figure | None:
    """Every model with its interval by one method, for the first screen."""
    panel = _panel(view, view.plainest)
    if panel is None:
        return None
    caption = (
        f"How often clean {view.plainest} ranks an answer that collapses under {view.nota} above one that holds; bars: "
        "95 %. Dotted: chance, and below what foresight counts as absent. Beside each model its clean accuracy on the "
        "questions that stay fair when the right option is hidden."
    )
    return figure(
        view.name("claim3"), "Fragility AUROC", caption, [panel], view.looks.values(), pictured=True
    )


def by_method(view: View) -> Figure | None:
    """Every model and method, a row a method, with what two thirds of the models reach."""
    if view.nota is None:
        return None
    cells = [cell for cell in view.claims(FORESIGHT, "cell", view.nota) if cell["estimate"] is not None]
    heads = {
        claim["method"]: claim
        for claim in view.claims(FORESIGHT, "headline", view.nota)
        if claim["estimate"] is not None
    }
    methods = in_order({cell["method"] for cell in cells})
    if not methods:
        return None

    def draw(pen: Pen) -> None:
        _chance(pen, view, len(methods))
        for row, method in enumerate(methods):
            for claim in (cell for cell in cells if cell["method"] == method):
                title = _title(
                    view, claim["model"], method, claim["estimate"], claim["ci_low"], claim["ci_high"]
                )
                pen.point(
                    view.looks[claim["model"]], claim["estimate"], row + 0.16, title, ms=3.5, alpha=0.85
                )
            if method in heads:
                head = heads[method]
                title = f"{method}: two thirds of the models reach {prose(head['estimate'])}"
                if head["ci_low"] is not None and head["ci_high"] is not None:
                    title += f" (95 %: {span(head['ci_low'], head['ci_high'])})"
                    pen.ink([head["ci_low"], head["ci_high"]], [row - 0.2] * 2, title, "-")
                pen.ink([head["estimate"]] * 2, [row - 0.34, row - 0.06], title, "-")
        pen.axes.set_yticks(range(len(methods)), methods)
        pen.axes.set_ylim(len(methods) - 0.5, -0.6)
        pen.axes.set_xlabel("fragility AUROC")

    panel = Panel(f"collapse under {view.nota}", draw, height=max(2.0, 0.7 + 0.2 * len(methods)))
    caption = (
        "Marks: models. Line: what two thirds of them reach, with its 95 % interval. Dotted: chance, and below "
        "what foresight counts as absent."
    )
    title = "Fragility AUROC by method"
    return figure(view.name("claim3_methods"), title, caption, [panel], view.looks.values())


def intervals(view: View) -> Figure | None:
    """A panel a method, a row a model, with its interval."""
    panels = [panel for method in view.study.methods if (panel := _panel(view, method))]
    if not panels:
        return None
    caption = (
        f"Fragility AUROC under {view.nota}; bars: 95 %. The number behind each model is its clean accuracy on the "
        "questions that stay fair when the right option is hidden."
    )
    return figure(
        view.name("fragility_auroc"), "Fragility AUROC, model by model", caption, panels, view.looks.values()
    )


def _panel(view: View, method: str) -> Panel | None:
    numbers = {
        model: number
        for model in view.study.models
        if view.nota and (number := view.get(model, view.nota, "fragility_auroc", method)).value is not None
    }
    if not numbers:
        return None

    def draw(pen: Pen) -> None:
        _chance(pen, view, len(numbers))
        labels = []
        for row, (model, number) in enumerate(numbers.items()):
            assert number.value is not None
            title = _title(view, model, method, number.value, number.ci_low, number.ci_high)
            pen.bar(view.looks[model], [number.ci_low, number.ci_high], [row, row], title)
            pen.point(view.looks[model], number.value, row, title)
            right = view.accuracy(model, CLEAN, method, "nota_valid").value
            name = view.study.beside[model]
            labels.append(name if right is None else f"{name} {prose(right)}")
        pen.axes.set_yticks(range(len(labels)), labels)
        pen.axes.set_ylim(len(labels) - 0.5, -0.5)
        pen.axes.set_xlim(0, 1)
        pen.axes.set_xlabel("fragility AUROC")

    return Panel(method, draw, width=3.0, height=0.85 + 0.16 * len(numbers))


def _chance(pen: Pen, view: View, rows: int) -> None:
    for name, at in (("chance", 0.5), ("absent below", view.study.margins.get("weak"))):
        if at is not None:
            pen.ink([at, at], [-0.6, rows - 0.5], name, ":")


def _title(view: View, model: str, method: str, value: float, low: float | None, high: float | None) -> str:
    right = view.accuracy(model, CLEAN, method, "nota_valid").value
    text = f"{model}, {method}: fragility AUROC {prose(value)}"
    text += "" if low is None or high is None else f" (95 %: {span(low, high)})"
    return text if right is None else f"{text} at clean accuracy {prose(right)}"

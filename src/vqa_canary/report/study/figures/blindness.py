"""Claim 2: clean against a NOTA condition."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from vqa_canary.estimate import Estimate
from vqa_canary.report.drawing import Figure, Panel, Pen, figure
from vqa_canary.report.numbers import prose, span
from vqa_canary.report.study.contents import View
from vqa_canary.report.study.tables.claims import BLINDNESS, detail


def picture(view: View) -> Figure | None:
    """Drop of accuracy against shift of uncertainty, every model by one method, for the first screen."""
    cells = [
        cell
        for cell in (view.claims(BLINDNESS, "cell", view.nota) if view.nota else [])
        if cell["method"] == view.plainest
        and cell["estimate"] is not None
        and cell["details"].get("accuracy_drop") is not None
    ]
    if not cells:
        return None
    margin, least = view.study.margins.get("shift"), view.study.margins.get("drop")
    ends = [(detail(cell, "accuracy_drop", "drop_low", "drop_high"), _number_of(cell)) for cell in cells]
    left, right = _around([drop for drop, _ in ends], 0.0, 0.5)
    low, high = _around([shift for _, shift in ends], -0.4, 0.4)

    def draw(pen: Pen) -> None:
        if margin is not None and least is not None:
            pen.band([least, right], [low] * 2, [margin] * 2, "blind: accuracy lost, and no rise")
            pen.ink(
                [least, right], [-margin] * 2, "hardly moves: between this line and the edge of the shade"
            )
        pen.ink([0, 0], [low, high], "no drop", ":")
        pen.ink([left, right], [0, 0], "no shift", ":")
        for cell, (drop, shift) in zip(cells, ends, strict=True):
            look = view.looks[cell["model"]]
            title = f"{cell['model']}, {cell['method']}: accuracy lost {_with_limits(drop)}, change of uncertainty "
            title += f"{_with_limits(shift, sign=True)} standard deviations"
            pen.bar(look, [drop.ci_low, drop.ci_high], [shift.value] * 2, title, lw=0.9, alpha=0.6)
            pen.bar(look, [drop.value] * 2, [shift.ci_low, shift.ci_high], title, lw=0.9, alpha=0.6)
            pen.point(look, drop.value or 0.0, shift.value or 0.0, title, ms=5)
        pen.axes.set_xlim(left, right)
        pen.axes.set_ylim(low, high)
        pen.axes.set_xlabel(f"accuracy lost, clean to {view.nota}")
        pen.axes.set_ylabel("change of uncertainty, SD")

    caption = f"Each mark is a model; bars: 90 %. SD: standard deviations of clean {view.plainest}. Shaded: where an "
    caption += "estimate and its limits have to lie for “blind”; above the dashed line, for “hardly moves”."
    title = "Accuracy lost against change of uncertainty"
    panel = Panel(view.plainest, draw, height=2.3)
    return figure(view.name("claim2"), title, caption, [panel], view.looks.values(), pictured=True)


def changes(view: View) -> Figure | None:
    """What hiding the answer changes in each model, with its interval: accuracy, then uncertainty by each method."""
    nota = view.nota
    if nota is None:
        return None

    def accuracy(model: str) -> Estimate:
        drop = view.accuracy_drop(model, nota)
        return replace(
            drop,
            value=None if drop.value is None else -drop.value,
            ci_low=None if drop.ci_high is None else -drop.ci_high,
            ci_high=None if drop.ci_low is None else -drop.ci_low,
        )

    def shift(method: str) -> Callable[[str], Estimate]:
        return lambda model: view.get(model, nota, "uncertainty_shift", method)

    panels = [_changes(view, "accuracy", "change of accuracy", accuracy)]
    panels += [
        _changes(view, method, "change of uncertainty, SD", shift(method)) for method in view.study.methods
    ]
    caption = (
        f"From clean to {nota}, on the same items: those that stay a fair question when the answer is hidden. Bars: "
        "95 %. SD: standard deviations of the method's clean uncertainty. An honest model that loses accuracy lies "
        "left of the line in the first panel and right of it in all others."
    )
    drawn = figure(
        view.name("clean_against_nota"),
        "What hiding the answer changes",
        caption,
        [panel for panel in panels if panel],
        view.looks.values(),
    )
    return drawn if drawn.panels else None


def _changes(view: View, title: str, label: str, get: Callable[[str], Estimate]) -> Panel | None:
    numbers = {model: get(model) for model in view.study.models}
    if all(number.value is None for number in numbers.values()):
        return None
    low, high = _around(list(numbers.values()), -0.25, 0.25)

    def draw(pen: Pen) -> None:
        pen.ink([0, 0], [-0.6, len(numbers) - 0.4], "no change", ":")
        for row, (model, number) in enumerate(numbers.items()):
            if number.value is not None:
                text = f"{model}, {title}: {label} {_with_limits(number, '95 %', sign=True)}"
                pen.bar(view.looks[model], [number.ci_low, number.ci_high], [row, row], text)
                pen.point(view.looks[model], number.value, row, text)
        pen.axes.set_yticks(range(len(numbers)), [view.study.beside[model] for model in numbers])
        pen.axes.set_ylim(len(numbers) - 0.4, -0.6)
        pen.axes.set_xlim(low, high)
        pen.axes.set_xlabel(label)

    return Panel(title, draw, width=3.0, height=0.75 + 0.16 * len(numbers))


def _around(numbers: Sequence[Estimate], low: float, high: float) -> tuple[float, float]:
    """Ends of an axis that cuts no mark and no interval, and reaches from `low` to `high` at least."""
    known = [
        end for number in numbers for end in (number.value, number.ci_low, number.ci_high) if end is not None
    ]
    first, last = min(low, *known), max(high, *known)
    room = 0.06 * (last - first)
    return first - room, last + room


def _number_of(cell: Mapping[str, Any]) -> Estimate:
    """The number of a claim with its limits."""
    return Estimate(cell["estimate"], cell["ci_low"], cell["ci_high"], 0, 0)


def _with_limits(number: Estimate, level: str = "90 %", sign: bool = False) -> str:
    assert number.value is not None
    limits = (
        ""
        if number.ci_low is None or number.ci_high is None
        else f" ({level}: {span(number.ci_low, number.ci_high, sign)})"
    )
    return prose(number.value, sign=sign) + limits

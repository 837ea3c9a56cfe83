"""The result at a glance: what each method is worth for each model, one heat map a claim."""

from __future__ import annotations

from typing import NamedTuple

from vqa_canary.estimate import Estimate
from vqa_canary.report.drawing import Figure, Panel, Pen, figure
from vqa_canary.report.numbers import prose, span
from vqa_canary.report.study.contents import View
from vqa_canary.report.study.figures.shades import MISSING, shade
from vqa_canary.rows import CLEAN

CELL, LETTER, TITLE_LETTER = 0.28, 0.047, 0.068
"""Inches of a cell, which has to hold a bold negative number, and of a letter of a model's name and of the title: with
eight methods two panels fit a page beside one another with type of 6 points, and one a column with type of 5.8."""


class Measure(NamedTuple):
    """One of the heat maps."""

    claim: int
    """Number of the claim, as the cards have it."""
    key: str
    """Of its table."""
    title: str
    condition: str
    metric: str
    middle: float
    """Value that tells nothing, which has the neutral colour."""
    reach: float
    """Distance from the middle at which a colour is at its fullest."""
    sign: bool = False
    """Whether numbers have a plus where they are above 0."""


def measures(view: View) -> list[Measure]:
    """One a claim; without a condition that hides the answer, the first alone."""
    found = [Measure(1, "auroc", "Finds wrong answers: AUROC, clean", CLEAN, "auroc", 0.5, 0.5)]
    if nota := view.nota:
        shift = "Rises when the answer is hidden: SD"
        found += [
            Measure(2, "shift", shift, nota, "uncertainty_shift", 0.0, 1.0, sign=True),
            Measure(3, "fragility", "Foresees collapse: AUROC", nota, "fragility_auroc", 0.5, 0.5),
        ]
    return found


def overview(view: View) -> Figure | None:
    """A heat map a claim: a row a model, the least accurate first, a column a method."""
    panels = [_panel(view, one) for one in measures(view) if _is_known(view, one)]
    if not panels:
        return None
    caption = (
        "Each row is a model, the least accurate first, with its clean accuracy; each column a method. Green: the "
        "uncertainty warns; white: it tells nothing (an AUROC of 0.5, which is chance, or no change); brown: it "
        "misleads. Bold: the 95 % interval leaves the white out. Grey, with a dash: no such number exists. Point at "
        "a cell for its interval or the reason; the tables below have both. SD: standard deviations of the method's "
        "clean uncertainties; a rise of less than 0.2 counts as hardly any."
    )
    if view.nota:
        caption += f" The answer is hidden by {view.nota}: the right option becomes “None of the above”."
    return figure(
        view.name("overview"),
        "Every model by every method",
        caption,
        panels,
        view.looks.values(),
        pictured=True,
    )


def _is_known(view: View, one: Measure) -> bool:
    return any(
        view.get(model, one.condition, one.metric, method).value is not None
        for model in view.study.models
        for method in view.study.methods
    )


def _panel(view: View, one: Measure) -> Panel:
    models, methods = view.study.models, view.study.methods

    def draw(pen: Pen) -> None:
        for row, model in enumerate(models):
            for column, method in enumerate(methods):
                number = view.get(model, one.condition, one.metric, method)
                _cell(pen, (column, row), one, number, model, method)
            pen.point(
                view.looks[model], -0.28, row + 0.5, f"{model}: {view.looks[model].note or 'no group'}",
                ms=4, clip_on=False,
            )  # fmt: skip
        axes = pen.axes
        axes.set_yticks([row + 0.5 for row in range(len(models))], [_label(view, model) for model in models])
        axes.set_xticks(
            [at + 0.5 for at in range(len(methods))], methods, rotation=50, ha="right", rotation_mode="anchor"
        )
        axes.tick_params(length=0, pad=2, labelsize=6.35)
        axes.tick_params(axis="y", pad=12)
        axes.set_xlim(0, len(methods))
        axes.set_ylim(len(models), 0)
        axes.spines[["left", "bottom"]].set_visible(False)

    title = f"{one.claim}  {one.title}"
    longest = max(len(_label(view, model)) for model in models)
    width = max(0.3 + LETTER * longest + CELL * len(methods), 0.1 + TITLE_LETTER * len(title))
    below = 0.045 * max(map(len, methods))
    return Panel(title, draw, width=width, height=0.35 + below + 0.18 * len(models))


def _label(view: View, model: str) -> str:
    right = view.accuracy(model, CLEAN, view.plainest).value
    return view.study.beside[model] + ("" if right is None else f"  {prose(right)}")


def _cell(pen: Pen, place: tuple[int, int], one: Measure, number: Estimate, model: str, method: str) -> None:
    about = f"{model}, {method}: "
    if number.value is None:
        pen.cell(place, MISSING, "\u2013", model, f"{about}{number.reason or 'not measured'}")
        return
    text = prose(number.value)
    about += prose(number.value, sign=one.sign)
    limits, clear = "", False
    if number.ci_low is not None and number.ci_high is not None:
        limits = f" (95 %: {span(number.ci_low, number.ci_high, one.sign)})"
        clear = not number.ci_low <= one.middle <= number.ci_high
    colour = shade((number.value - one.middle) / one.reach)
    pen.cell(place, colour, text, model, f"{about}{limits}", bold=clear)

"""Reliability, risk against coverage, and the ROC of collapse, one curve a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vqa_canary.report.drawing import Figure, Panel, Pen, figure
from vqa_canary.report.numbers import prose
from vqa_canary.report.study.contents import View
from vqa_canary.report.study.words.confidence import BINS
from vqa_canary.report.styles import HUES, Style
from vqa_canary.rows import CLEAN

if TYPE_CHECKING:
    import pandas as pd

POOLED = "pooled_reliability"
BEST = (
    "Each model by its own method of the highest clean AUROC (named when pointed at), which was chosen on "
    "the same items: read it as the best case."
)


def reliability(view: View) -> Figure | None:
    """A panel a method: answers of each group of models, clean, and hollow under the NOTA condition."""
    drawn = view.curves.index
    groups = list(dict.fromkeys(drawn[drawn.get_level_values("curve") == POOLED].get_level_values("model")))
    looks = {
        (group, condition): Style(
            f"{group}, {condition}", HUES[at % len(HUES)], mark, dash, fill="none" if dash else "full"
        )
        for at, group in enumerate(groups)
        for condition, mark, dash in ((CLEAN, "o", ()), (view.nota or "", "s", (5, 2)))
        if condition
    }
    panels = []
    for method in view.study.methods:
        curves = {
            look: points
            for (group, condition), look in looks.items()
            if len(points := _points(view, POOLED, condition, group, method))
        }
        if curves:
            panels.append(_diagram(method, curves))
    if not panels:
        return None
    caption = (
        f"Mean confidence against the share of right answers, all answers of a group of models together, in "
        f"{BINS[view.study.bins]}; bars: 95 %. On the dashed line confidence is what it says; below it, too high."
    )
    return figure(view.name("reliability"), "Reliability, by method", caption, panels, looks.values())


def stated_reliability(view: View, method: str) -> Figure | None:
    """A panel a model: a method's own probability, clean, and hollow under the NOTA condition."""
    looks = {CLEAN: Style(CLEAN, HUES[0], "o")}
    if view.nota:
        looks[view.nota] = Style(view.nota, HUES[1], "s", (5, 2), fill="none")
    panels = []
    for model in view.study.models:
        curves = {
            look: points
            for condition, look in looks.items()
            if len(points := _points(view, "stated_reliability", condition, model, method))
        }
        if curves:
            panels.append(_diagram(model, curves))
    if not panels:
        return None
    caption = (
        f"{method} as it stands, 1 - uncertainty: mean confidence against the share of right answers in "
        f"{BINS[view.study.bins]}; bars: 95 %. On the dashed line confidence is what it says; below it, too high."
    )
    name = view.name(f"stated_reliability_{method}")
    return figure(name, f"Reliability of {method} as it stands", caption, panels, looks.values())


def risk_coverage(view: View) -> Figure | None:
    """A panel clean and one for the NOTA condition."""
    panels = []
    for condition in (CLEAN, view.nota or ""):
        if curves := _best_curves(view, "risk_coverage", condition):
            panels.append(_lines(view, condition, curves, "share answered", "share wrong among them"))
    if not panels:
        return None
    caption = f"What share is wrong if only the least uncertain answers are given. {BEST}"
    return figure(view.name("risk_coverage"), "Risk against coverage", caption, panels, view.looks.values())


def fragility_roc(view: View) -> Figure | None:
    """A panel a NOTA condition."""
    panels = []
    for condition in view.study.nota_conditions:
        if curves := _best_curves(view, "fragility_roc", condition):
            panels.append(
                _lines(view, condition, curves, "share of holds flagged", "share of collapses flagged", True)
            )
    if not panels:
        return None
    caption = (
        "Flag the answers, right when clean, of the highest clean uncertainty: how many collapses are "
        f"flagged, and how many holds with them. {BEST}"
    )
    return figure(view.name("fragility_roc"), "ROC of collapse", caption, panels, view.looks.values())


def _diagram(title: str, curves: dict[Style, pd.DataFrame]) -> Panel:
    """One curve for each look."""

    def draw(pen: Pen) -> None:
        pen.ink([0, 1], [0, 1], "confidence is what it says")
        for look, points in curves.items():
            xs, ys = points["x"].tolist(), points["y"].tolist()
            for x, low, high in zip(xs, points["y_low"], points["y_high"], strict=True):
                if low == low and high == high:
                    pen.bar(look, [x, x], [low, high], f"{title}, {look.series}", lw=0.7, alpha=0.45)
            pen.line(look, xs, ys, f"{title}, {look.series}", marker=look.mark, ms=3.5, lw=1)
        pen.axes.set_xlim(-0.03, 1.03)
        pen.axes.set_ylim(-0.03, 1.03)
        pen.axes.set_xlabel("confidence")
        pen.axes.set_ylabel("share right")

    return Panel(title, draw, width=2.4)


def _best_curves(view: View, curve: str, condition: str) -> dict[str, tuple[str, pd.DataFrame]]:
    best = {}
    for model, method in view.best.items():
        points = _points(view, curve, condition, model, method)
        if len(points):
            best[model] = (method, points)
    return best


def _lines(
    view: View,
    condition: str,
    curves: dict[str, tuple[str, pd.DataFrame]],
    x_label: str,
    y_label: str,
    chance: bool = False,
) -> Panel:
    def draw(pen: Pen) -> None:
        if chance:
            pen.ink([0, 1], [0, 1], "chance")
        for at, (model, (method, points)) in enumerate(curves.items()):
            right = view.accuracy(model, CLEAN, method).value
            title = f"{model}, {method}" + ("" if right is None else f", clean accuracy {prose(right)}")
            xs, ys = points["x"].tolist(), points["y"].tolist()
            look, every = view.looks[model], max(1, len(xs) // 5)
            pen.line(look, xs, ys, title, marker=look.mark, ms=3.5, lw=1, markevery=(at % every, every))
        pen.axes.set_xlim(0, 1)
        pen.axes.set_ylim(0, 1)
        pen.axes.set_xlabel(x_label)
        pen.axes.set_ylabel(y_label)

    return Panel(condition, draw, width=3.6, height=2.9)


def _points(view: View, curve: str, condition: str, model: str, method: str) -> pd.DataFrame:
    table = view.curves
    key = (curve, condition, model, method)
    return table.loc[[key]] if key in table.index else table.iloc[:0]

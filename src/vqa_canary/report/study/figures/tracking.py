"""Claim 1: AUROC against accuracy, and the rank correlations."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any

from vqa_canary.counting import counted
from vqa_canary.report.drawing import Figure, Panel, Pen, figure
from vqa_canary.report.numbers import prose, span
from vqa_canary.report.study.contents import View
from vqa_canary.report.study.tables.claims import TRACKING
from vqa_canary.report.styles import HUES, Style
from vqa_canary.rows import CLEAN

BAND = (
    "Shaded: where 95 % of useless methods would fall, had they as many independent questions. Crosses: "
    "a perfectly calibrated model of the same accuracy."
)


def picture(view: View) -> Figure | None:
    """One method, for the first screen."""
    panel = _panel(view, view.plainest, height=2.3)
    if panel is None:
        return None
    title = f"AUROC of {view.plainest} against accuracy"
    caption = f"Each mark is a model, with its 95 % interval. {BAND}"
    return figure(view.name("claim1"), title, caption, [panel], _shown(view), pictured=True)


def scatter(view: View) -> Figure | None:
    """A panel a method."""
    panels = [panel for method in view.study.methods if (panel := _panel(view, method))]
    if not panels:
        return None
    caption = f"AUROC of uncertainty for a wrong answer against accuracy, clean; bars: 95 %. {BAND}"
    title = "AUROC against accuracy, by method"
    return figure(view.name("auroc_against_accuracy"), title, caption, panels, _shown(view))


def correlations(view: View) -> Figure | None:
    """Rank correlation of each method: the interval over models, and dotted that of new images alone."""
    claims = known_by_method(view, TRACKING)
    if not claims:
        return None

    def draw(pen: Pen) -> None:
        look = Style("", HUES[0])
        pen.ink([0, 0], [-0.5, len(claims) - 0.5], "no correlation", ":")
        for row, claim in enumerate(claims):
            low, high = (claim["details"].get(f"same_models_{end}") for end in ("low", "high"))
            text = f"{claim['method']}: {prose(claim['estimate'])}"
            pen.bar(look, [claim["ci_low"], claim["ci_high"]], [row] * 2, _limits(text, claim))
            pen.bar(look, [low, high], [row + 0.25] * 2, f"{text}; new images, same models", ls=":")
            pen.point(look, claim["estimate"], row, text)
        pen.axes.set_yticks(range(len(claims)), [claim["method"] for claim in claims])
        pen.axes.set_ylim(len(claims) - 0.4, -0.6)
        pen.axes.set_xlim(-1.05, 1.05)
        pen.axes.set_xlabel("rank correlation")

    panel = Panel("", draw, width=3.4, height=0.8 + 0.24 * len(claims))
    caption = (
        "Solid: 95 % over models, where there are enough. Dotted: “new images, same models”, on which no "
        "verdict rests."
    )
    return figure(view.name("claim1_correlations"), "Rank correlation by method", caption, [panel])


def known_by_method(view: View, name: str) -> list[Mapping[str, Any]]:
    """The headlines of a claim that have a number, in the order of methods that all figures have."""
    claims = [claim for claim in view.claims(name, "headline") if claim["estimate"] is not None]
    return sorted(claims, key=lambda claim: view.study.methods.index(claim["method"]))


def _panel(view: View, method: str, height: float = 2.4) -> Panel | None:
    points = []
    for model in view.study.models:
        accuracy, auroc = view.accuracy(model, CLEAN, method), view.get(model, CLEAN, "auroc", method)
        if accuracy.value is not None and auroc.value is not None:
            points.append((model, accuracy, auroc))
    if not points:
        return None
    reference = _calibrated(view, method)
    n = max(auroc.n for _, _, auroc in points)

    def draw(pen: Pen) -> None:
        _null_band(pen, n)
        for name, (x, y) in reference.items():
            text = f"{name}, if perfectly calibrated: AUROC {prose(y)} at accuracy {prose(x)}"
            pen.point(view.looks[name], x, y, text, marker="x", ms=3.5, mew=0.9, alpha=0.8)
        for model, accuracy, auroc in points:
            assert accuracy.value is not None
            assert auroc.value is not None
            look, x = view.looks[model], accuracy.value
            title = f"{model}, {method}: AUROC {prose(auroc.value)} at accuracy {prose(x)}"
            if auroc.ci_low is not None and auroc.ci_high is not None:
                title += f" (95 %: {span(auroc.ci_low, auroc.ci_high)})"
            pen.bar(look, [x, x], [auroc.ci_low, auroc.ci_high], title, alpha=0.6, lw=1)
            pen.point(look, x, auroc.value, title)
        pen.axes.set_xlim(0, 1)
        pen.axes.set_ylim(0.3, 1.02)
        pen.axes.set_xlabel("accuracy")
        pen.axes.set_ylabel("AUROC")

    return Panel(method, draw, height=height)


def _null_band(pen: Pen, n: int) -> None:
    """Chance, and the 95 % range of AUROC at chance: variance (n + 1) / (12 n_right n_wrong)."""
    shares = [at / 100 for at in range(3, 98)]
    reach = [1.96 * sqrt((n + 1) / (12 * n * n * share * (1 - share))) for share in shares]
    pen.band(
        shares,
        [0.5 - distance for distance in reach],
        [0.5 + distance for distance in reach],
        f"chance, {counted(n, 'question')}",
    )
    pen.ink([0, 1], [0.5, 0.5], "chance", ":")


def _calibrated(view: View, method: str) -> Mapping[str, tuple[float, float]]:
    pairs: dict[str, tuple[float, float]] = {}
    for claim in view.claims(TRACKING, "headline"):
        for point in claim["details"].get("points", ()) if claim["method"] == method else ():
            if point["dataset"] == view.dataset and point.get("auroc_if_calibrated") is not None:
                pairs[point["model"]] = (point["accuracy"], point["auroc_if_calibrated"])
    return pairs


def _limits(text: str, claim: Mapping[str, Any]) -> str:
    if claim["ci_low"] is None or claim["ci_high"] is None:
        return text
    return f"{text} (95 %: {span(claim['ci_low'], claim['ci_high'])})"


def _shown(view: View) -> list[Style]:
    return list(view.looks.values())

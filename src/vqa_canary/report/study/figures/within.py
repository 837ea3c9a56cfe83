"""Claim 1 inside models: AUROC against accuracy over subgroups of the questions, such as modalities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vqa_canary.counting import counted
from vqa_canary.report.drawing import Figure, Panel, Pen, figure
from vqa_canary.report.numbers import prose, span
from vqa_canary.report.study.contents import View
from vqa_canary.report.study.figures.tracking import known_by_method
from vqa_canary.report.study.tables.claims import WITHIN, column_of, points_of
from vqa_canary.report.study.words.finding import headlines
from vqa_canary.report.styles import HUES, MARKS, Style

Points = Sequence[Mapping[str, Any]]


def scatter(view: View) -> Figure | None:
    """A panel a model, a mark a subgroup: the primary method, or where there is none the one that pictures show."""
    claim = _pictured(view)
    points = [] if claim is None else [one for one in points_of(claim) if one["auroc"] is not None]
    if claim is None or not points:
        return None
    looks = _looks(points_of(claim))
    of_model = {one["model"]: one["rho"] for one in claim["details"]["of_models"]}
    panels = [
        _panel(_panel_title(view.study.short[model], of_model[model]), model, own, looks)
        for model in view.study.models
        if (own := [one for one in points if one["model"] == model])
    ]
    what = column_of(claim)
    left_out = claim["details"]["n_left_out"]
    caption = f"{claim['method']}, clean: each mark is one {what}. "
    caption += "Before each model its own rank correlation, where three marks or more allow one."
    if left_out:
        caption += f" {counted(left_out, 'mark')} missing, for want of wrong or of right answers."
    title = f"AUROC against accuracy within each model, by {what}"
    return figure(view.name("claim1_within"), title, caption, panels, looks.values())


def correlations(view: View) -> Figure | None:
    """A row a method: the mean over models with its interval over subgroups, and each model's own correlation."""
    claims = known_by_method(view, WITHIN)
    if not claims:
        return None

    def draw(pen: Pen) -> None:
        pen.ink([0, 0], [-0.5, len(claims) - 0.5], "no correlation", ":")
        for row, claim in enumerate(claims):
            for one in claim["details"]["of_models"]:
                if one["rho"] is not None and one["model"] in view.looks:
                    text = f"{one['model']}, {claim['method']}: {prose(one['rho'])}"
                    pen.point(view.looks[one["model"]], one["rho"], row + 0.2, text, ms=3.5, alpha=0.85)
            text = f"{claim['method']}: mean over models {prose(claim['estimate'])}"
            if claim["ci_low"] is not None and claim["ci_high"] is not None:
                text += f" (95 %: {span(claim['ci_low'], claim['ci_high'])})"
                pen.ink([claim["ci_low"], claim["ci_high"]], [row - 0.2] * 2, text, "-")
            pen.ink([claim["estimate"]] * 2, [row - 0.34, row - 0.06], text, "-")
        pen.axes.set_yticks(range(len(claims)), [claim["method"] for claim in claims])
        pen.axes.set_ylim(len(claims) - 0.4, -0.6)
        pen.axes.set_xlim(-1.05, 1.05)
        pen.axes.set_xlabel("rank correlation")

    what = column_of(claims[0])
    caption = (
        f"Rank correlation of AUROC with accuracy over the values of {what}. Marks: models. Line: their mean, with its "
        "95 % interval."
    )
    return figure(
        view.name("claim1_within_correlations"),
        "Rank correlation within models, by method",
        caption,
        [Panel("", draw, width=3.4, height=0.8 + 0.28 * len(claims))],
        view.looks.values(),
    )


def _pictured(view: View) -> Mapping[str, Any] | None:
    claims = view.claims(WITHIN, "headline")
    wanted = [claim for claim in headlines(claims) if claim["method"] == view.plainest]
    return wanted[0] if wanted else None


def _looks(points: Points) -> dict[str, Style]:
    """One look a subgroup, the same in every panel."""
    names = list(dict.fromkeys(one["subgroup"] for one in points))
    return {
        name: Style(name, HUES[at % len(HUES)], MARKS[at // len(HUES) % len(MARKS)])
        for at, name in enumerate(names)
    }


def _panel_title(model: str, rho: float | None) -> str:
    """The number stands first, so that a name too long for its panel is cut and never the number."""
    return model if rho is None else f"{prose(rho)}, {model}"


def _panel(title: str, model: str, points: Points, looks: Mapping[str, Style]) -> Panel:
    def draw(pen: Pen) -> None:
        pen.ink([0, 1], [0.5, 0.5], "chance", ":")
        for one in points:
            text = f"{model}, {one['subgroup']}: AUROC {prose(one['auroc'])} at accuracy {prose(one['accuracy'])} "
            text += f"({counted(one['n'], 'question')})"
            pen.point(looks[one["subgroup"]], one["accuracy"], one["auroc"], text)
        pen.axes.set_xlim(0, 1)
        pen.axes.set_ylim(min(0.3, *(one["auroc"] for one in points)) - 0.02, 1.02)
        pen.axes.set_xlabel("accuracy")
        pen.axes.set_ylabel("AUROC")

    return Panel(title, draw, width=2.4, height=2.0)

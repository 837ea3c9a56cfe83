"""Variants against their baselines: every difference with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vqa_canary.counting import counted
from vqa_canary.report.drawing import Figure, Panel, Pen, figure
from vqa_canary.report.numbers import prose, span
from vqa_canary.report.study.contents import View
from vqa_canary.report.study.tables.variants import QUANTITIES
from vqa_canary.report.styles import HUES, MARKS, Style

Row = Mapping[str, Any]


def forest(view: View) -> Figure | None:
    """A panel a quantity and condition, a row a method: means over models with their intervals, and the models."""
    rows = [
        row for row in view.study.variants if row["dataset"] == view.dataset and row["difference"] is not None
    ]
    changes = list(dict.fromkeys(row["change"] for row in rows))
    looks = {
        change: Style(change, HUES[at % len(HUES)], MARKS[at % len(MARKS)])
        for at, change in enumerate(changes)
    }
    panels = [
        panel
        for quantity in ("accuracy", "auroc", "fragility_auroc")
        if (panel := _panel([row for row in rows if row["quantity"] == quantity], quantity, looks))
    ]
    if not panels:
        return None
    caption = (
        "Variant minus baseline, on the same items; right of the line the variant is better. Full marks: mean over "
        "models with its 95 % interval, not adjusted; pale marks: single models."
    )
    return figure(view.name("variants"), "Variants against their baselines", caption, panels, looks.values())


def _panel(rows: Sequence[Row], quantity: str, looks: Mapping[str, Style]) -> Panel | None:
    names = list(dict.fromkeys((row["condition"], row["method"]) for row in rows))
    if not names:
        return None
    several = len({condition for condition, _ in names}) > 1

    def draw(pen: Pen) -> None:
        pen.ink([0, 0], [-0.6, len(names) - 0.4], "no difference", ":")
        for row in sorted(rows, key=lambda row: not row["model"]):
            style = looks[row["change"]]
            step = (list(looks).index(row["change"]) + 0.5) / len(looks) - 0.5
            y = names.index((row["condition"], row["method"])) + 0.6 * step
            if row["model"]:
                pen.point(style, row["difference"], y, _title(row), ms=3, alpha=0.35, mew=0)
            else:
                pen.bar(style, [row["ci_low"], row["ci_high"]], [y, y], _title(row), lw=1.6)
                pen.point(style, row["difference"], y, _title(row), ms=5)
        labels = [
            ", ".join(filter(None, (method, condition if several or not method else "")))
            for condition, method in names
        ]
        pen.axes.set_yticks(range(len(names)), labels)
        pen.axes.set_ylim(len(names) - 0.4, -0.6)
        pen.axes.set_xlabel("variant minus baseline")

    title = QUANTITIES[quantity] + ("" if several else f", {names[0][0]}")
    return Panel(title, draw, width=3.8, height=0.9 + 0.28 * len(names))


def _title(row: Row) -> str:
    who = row["model"] or f"{row['change']}, mean over {counted(row['n_models'], 'model')}"
    what = " ".join(filter(None, (row["method"], QUANTITIES[row["quantity"]])))
    text = f"{who}: {what}, {row['condition']} {prose(row['difference'], 3, sign=True)}"
    if row["ci_low"] is not None and row["ci_high"] is not None:
        text += f" (95 %: {span(row['ci_low'], row['ci_high'], sign=True)})"
    return f"{text}: {row['verdict']}" if row["verdict"] else text

"""The audit's figures draw the audit's numbers, at their places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest
from tests.report import audits

from vqa_canary.audit.record.document import read
from vqa_canary.report.audit import comparing, figures
from vqa_canary.report.drawing import Panel, Pen
from vqa_canary.report.styles import Style


class Recorder:
    """Stands in for the pen, and for its axes, and remembers what was drawn."""

    def __init__(self) -> None:
        self.axes = self
        self.drawn: list[tuple[str, str, Any, Any]] = []
        self.limits: dict[str, tuple[float, float]] = {}
        self.rows: list[str] = []

    def point(self, style: Style, x: float, y: float, title: str, **_: Any) -> None:
        self.drawn.append(("point", style.series, x, y))

    def bar(self, style: Style, x: Sequence[float], y: Sequence[float], title: str, **_: Any) -> None:
        self.drawn.append(("bar", style.series, list(x), list(y)))

    def line(self, style: Style, xs: Sequence[float], ys: Sequence[float], title: str, **_: Any) -> None:
        self.drawn.append(("line", style.series, list(xs), list(ys)))

    def between(self, style: Style, low: float, high: float | None, y: float, title: str, **_: Any) -> None:
        self.drawn.append(("range", style.series, low, high))

    def ink(self, xs: Sequence[float], ys: Sequence[float], title: str, ls: str = "--") -> None:
        self.drawn.append(("ink", title, list(xs), list(ys)))

    def set_xlim(self, low: float, high: float) -> None:
        self.limits["x"] = low, high

    def set_ylim(self, low: float, high: float) -> None:
        self.limits["y"] = low, high

    def set_yticks(self, at: Sequence[int], labels: Sequence[str]) -> None:
        self.rows = list(labels)

    def in_percent(self, *axes: str, unit: str = "%") -> None: ...

    def set_xlabel(self, text: str) -> None: ...

    def set_ylabel(self, text: str) -> None: ...


@pytest.fixture
def panels(monkeypatch: pytest.MonkeyPatch) -> dict[str, Recorder]:
    """What each panel draws, by its title, once a figure is made."""
    found: dict[str, Recorder] = {}

    def record(name: str, title: str, caption: str, made: Sequence[Panel], legend: Any = ()) -> None:
        for panel in made:
            found[panel.title] = Recorder()
            panel.draw(cast(Pen, found[panel.title]))

    monkeypatch.setattr(figures, "figure", record)
    monkeypatch.setattr(comparing, "figure", record)
    return found


def test_a_threshold_stands_at_its_coverage_and_risk(panels: dict[str, Recorder]) -> None:
    audit = audits.found()
    figures.risk_coverage(read(audit), error=True)
    [pen] = panels.values()
    policy = audit["headline"][0]["policy"]
    held = policy["held_out"]
    x, risk = held["coverage"]["value"], held["risk"]
    assert [one for one in pen.drawn if one[0] in {"point", "bar"}] == [
        ("point", "calibration", policy["calibration"]["coverage"], policy["calibration"]["risk"]),
        ("bar", "held out", [x, x], [risk["ci_low"], risk["ci_high"]]),
        ("point", "held out", x, risk["value"]),
    ]
    assert ("ink", "target: at most 10 %", [0, 1], [0.1, 0.1]) in pen.drawn
    lines = {series: (xs, ys) for kind, series, xs, ys in pen.drawn if kind == "line"}
    curves = [one for one in audit["curves"] if (one["event"], one["method"]) == ("error", policy["method"])]
    for one in curves:
        series = "calibration" if one["split"] == "calibration" else "held out"
        assert lines[series] == (one["coverage"], one["risk"])
    assert pen.limits["y"][1] >= max(risk for one in curves for risk in one["risk"])


def test_methods_and_subgroups_stand_in_their_rows_with_their_intervals(panels: dict[str, Recorder]) -> None:
    audit = audits.found()
    figures.methods(read(audit))
    figures.subgroups(read(audit))
    rows = [one["auroc"] for one in audit["methods"]]
    _stand(panels["AUROC"], [one["method"] for one in audit["methods"]], rows)
    counted = [one for one in audit["subgroups"] if one["column"] == "question_type"]
    _stand(
        panels["errors under the policy by question type"],
        [one["value"] for one in counted],
        [one["policy_error"] for one in counted],
    )


def test_a_range_of_accuracy_is_drawn_with_both_ends(panels: dict[str, Recorder]) -> None:
    figures.subgroups(read(audits.unread()))
    drawn = panels["accuracy by modality"].drawn
    assert [one for one in drawn if one[0] == "range"] == [("range", "radiology-vlm-7b", 0.3, 0.75)]
    assert len([one for one in drawn if one[0] == "point"]) == 2  # MRI and X-ray can be read


def test_differences_stand_in_their_rows_with_their_verdicts(panels: dict[str, Recorder]) -> None:
    audit = audits.compared()
    comparing.forest(read(audit))
    rows = [one for one in audit["comparison"]["differences"] if one["quantity"] == "accuracy"]
    pen = panels["accuracy"]
    assert pen.rows == [
        "clean",
        "nota_replace",
        *(f"clean, modality={name}" for name in ("CT", "MRI", "X-ray")),
    ]
    assert [one[1] for one in pen.drawn if one[0] == "point"] == [one["verdict"] for one in rows]
    _stand(pen, pen.rows, [one["difference"] for one in rows])


def _stand(pen: Recorder, names: list[str], numbers: list[dict[str, Any]]) -> None:
    assert pen.rows == names
    known = [(at, one) for at, one in enumerate(numbers) if one["value"] is not None]
    points = [(x, y) for kind, _, x, y in pen.drawn if kind == "point"]
    bars = [(x, y) for kind, _, x, y in pen.drawn if kind == "bar"]
    assert points == [(one["value"], at) for at, one in known]
    assert bars == [([one["ci_low"], one["ci_high"]], [at, at]) for at, one in known]
    for low, high in [pen.limits["x"]] if "x" in pen.limits else []:
        assert all(low <= x <= high for x, _ in points)

"""Model by method: what each confidence is worth, clean and with the right option hidden."""

from __future__ import annotations

from vqa_canary.estimate import Estimate, undefined
from vqa_canary.report.numbers import is_measured
from vqa_canary.report.sheet import Cell, Column, Sheet
from vqa_canary.report.study.contents import View
from vqa_canary.report.study.words.confidence import BINS
from vqa_canary.rows import CLEAN

NO_CONFIDENCE = undefined("no confidence")
NOT_STATED = undefined("the method is no probability")

_SHOWN = (
    ("Brier", "brier"),
    ("ECE", "ece"),
    ("ECE of a calibrated model", "ece_noise_floor"),
    ("overconfidence", "overconfidence"),
    ("confident errors", "confident_error_share"),
)
_OPEN = (("ECE lost", "ece_lost"), ("answers in no bin", "ece_unbinned_share"))
_STATED = (
    ("Brier as it stands", "stated_brier"),
    ("ECE as it stands", "stated_ece"),
    ("overconfidence as it stands", "stated_overconfidence"),
)


def calibration(view: View) -> Sheet:
    """One row a model and method; none where no method has a confidence."""
    wanted = [(name, CLEAN) for name in _SHOWN]
    wanted += [(name, view.nota) for name in _SHOWN if view.nota]
    wanted += [(name, CLEAN) for name in _OPEN if view.study.bins == "equal_width_open"]
    wanted += [(name, CLEAN) for name in _STATED]
    columns = [
        Column("model", "model", "text", filtered=True),
        Column("method", "method", "text", filtered=True),
    ]
    columns += [_column(title, metric, condition) for (title, metric), condition in wanted]
    rows = tuple(
        (model, method, *(_cell(view, model, method, metric, condition) for (_, metric), condition in wanted))
        for model in view.study.asked
        for method in view.study.methods
    )
    known = any(
        isinstance(cell, Estimate) and cell not in (NO_CONFIDENCE, NOT_STATED) for row in rows for cell in row
    )
    caption = (
        f"Calibration, {view.dataset}; 95 % intervals. Clean input unless the column says otherwise. ECE in "
        f"{BINS[view.study.bins]}. Confident errors: the share of errors made at a confidence of 0.9 or more. “As it "
        "stands”: of the method's own probability, 1 - uncertainty, clean."
    )
    return Sheet(view.name("calibration"), caption, tuple(columns), rows if known else ())


def _column(title: str, metric: str, condition: str) -> Column:
    return Column(metric, title) if condition == CLEAN else Column(f"{metric}_nota", f"{title}, {condition}")


def _cell(view: View, model: str, method: str, metric: str, condition: str) -> Cell:
    number = view.get(model, condition, metric, method)
    if is_measured(number):
        return number
    return NOT_STATED if metric.startswith("stated_") else NO_CONFIDENCE

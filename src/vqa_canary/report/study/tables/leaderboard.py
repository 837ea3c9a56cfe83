"""Model by method: what each uncertainty is worth, beside the accuracy it comes with."""

from __future__ import annotations

from vqa_canary.audit.terms import ALIKE, BEST
from vqa_canary.estimate import Estimate, undefined
from vqa_canary.report.numbers import is_measured
from vqa_canary.report.sheet import Cell, Column, Sheet
from vqa_canary.report.study.contents import View
from vqa_canary.rows import CLEAN, UNSEEN

OF_CONFIDENCE = ("brier", "ece", "ece_noise_floor", "overconfidence")
"""Metrics of methods that give a probability of being right."""
NO_PROBABILITY = undefined("no probability")
NOT_ASKED = undefined(f"neither {' nor '.join(UNSEEN)} was asked")
SMALLEST = "smallest_auroc_seen"

_ON_CLEAN = (
    ("AUPRC", "auprc"),
    ("excess AURC", "excess_aurc"),
    ("PRR", "prr"),
    ("Brier", "brier"),
    ("ECE", "ece"),
    ("ECE of a calibrated model", "ece_noise_floor"),
    ("overconfidence", "overconfidence"),
)


def leaderboard(view: View) -> Sheet:
    """One row a model and method, best clean AUROC first within a model."""
    nota = view.nota
    columns = [
        Column("model", "model", "text", filtered=True),
        Column("method", "method", "text", filtered=True),
        Column("accuracy", "accuracy"),
        Column("accuracy_unseen", f"accuracy, {view.unseen or 'without the image'}"),
        Column("auroc", "AUROC"),
        Column("standing", "against the model's best", "text", filtered=True),
        Column(SMALLEST, "smallest AUROC this study would see"),
        *(Column(metric, title) for title, metric in _ON_CLEAN),
    ]
    if nota:
        columns += [
            Column("accuracy_nota", f"accuracy, {nota}"),
            Column("auroc_nota", f"AUROC, {nota}"),
            Column("overconfidence_nota", f"overconfidence, {nota}"),
            Column("fragility_auroc", "fragility AUROC"),
        ]
    rows = [_row(view, model, method) for model in view.study.asked for method in _ordered(view, model)]
    caption = f"Leaderboard, {view.dataset}. Clean input unless the column says otherwise; 95 % intervals."
    return Sheet(view.name("leaderboard"), caption, tuple(columns), tuple(rows)).without_empty(SMALLEST)


def _row(view: View, model: str, method: str) -> tuple[Cell, ...]:
    def get(condition: str, metric: str) -> Estimate:
        number = view.get(model, condition, metric, method)
        return NO_PROBABILITY if not is_measured(number) and metric in OF_CONFIDENCE else number

    smallest = get(CLEAN, SMALLEST)
    row: list[Cell] = [
        model,
        method,
        view.shown_accuracy(model, CLEAN, method),
        view.shown_accuracy(model, view.unseen, method) if view.unseen else NOT_ASKED,
        get(CLEAN, "auroc"),
        standing(view, model, method),
        smallest if is_measured(smallest) else None,
        *(get(CLEAN, metric) for _, metric in _ON_CLEAN),
    ]
    if view.nota:
        row += [view.shown_accuracy(model, view.nota, method)]
        row += [get(view.nota, metric) for metric in ("auroc", "overconfidence", "fragility_auroc")]
    return tuple(row)


def standing(view: View, model: str, method: str) -> str:
    """Whether it is the model's best by clean AUROC, or may be (paired, adjusted over methods)."""
    if view.best.get(model) == method:
        return BEST
    alike = view.get(model, CLEAN, "auroc_not_distinguishable_from_best", method)
    if alike.value is None:
        return f"not compared: {alike.reason}"
    return ALIKE if alike.value == 1 else ""


def _ordered(view: View, model: str) -> list[str]:
    aurocs = {method: view.get(model, CLEAN, "auroc", method).value for method in view.study.methods}
    return sorted(aurocs, key=lambda method: (-(aurocs[method] or 0.0), method))

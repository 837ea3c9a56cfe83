"""Variants against their baselines: what a change such as quantisation does, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vqa_canary.estimate import Estimate, bare
from vqa_canary.report.sheet import Cell, Column, Sheet
from vqa_canary.report.study.contents import Study

QUANTITIES = {
    "accuracy": "accuracy",
    "changed_answers": "changed answers",
    "auroc": "AUROC",
    "fragility_auroc": "fragility AUROC",
}


def over_models(study: Study) -> Sheet:
    """One row a change and quantity: the mean over all variants of that change."""
    rows = [row for row in study.variants if not row["model"]]
    sheet = _sheet("variants", "Variants minus their baselines, mean over models", rows)
    return sheet.without_empty("model", "baseline", "dataset", "reason")


def by_model(study: Study) -> Sheet:
    """One row a variant and quantity."""
    rows = [row for row in study.variants if row["model"]]
    return _sheet("variants_by_model", "Variants minus their baselines, model by model", rows).without_empty(
        "dataset", "reason"
    )


def _sheet(name: str, caption: str, rows: list[Mapping[str, Any]]) -> Sheet:
    several = len({row["dataset"] for row in rows}) > 1
    columns = (
        Column("dataset", "data set", "text"),
        Column("model", "variant", "text", filtered=True),
        Column("baseline", "baseline", "text"),
        Column("change", "change", "text", filtered=True),
        Column("quantity", "quantity", "text", filtered=True),
        Column("condition", "condition", "text", filtered=True),
        Column("method", "method", "text", filtered=True),
        Column("n_models", "pairs", "count"),
        Column("baseline_value", "baseline"),
        Column("value", "variant"),
        Column("difference", "difference"),
        Column("p", "p, adjusted", "p"),
        Column("verdict", "verdict", "text", filtered=True),
        Column("smallest_difference", "smallest difference this study would see"),
        Column("reason", "why", "text"),
    )
    return Sheet(name, f"{caption}; 95 % intervals", columns, tuple(_row(row, several) for row in rows))


def _row(row: Mapping[str, Any], several: bool) -> tuple[Cell, ...]:
    difference = Estimate(row["difference"], row["ci_low"], row["ci_high"], 0, 0, row["reason"])
    return (
        row["dataset"] if several else "",
        row["model"],
        row["baseline"],
        row["change"],
        QUANTITIES[row["quantity"]],
        row["condition"],
        row["method"],
        row["n_models"] if not row["model"] else None,
        bare(row["baseline_value"]),
        bare(row["value"]),
        difference,
        bare(row["p_value"]),
        row["verdict"] or ("" if row["quantity"] == "changed_answers" else "not asked"),
        bare(row["smallest_difference"]),
        row["reason"] or "",
    )

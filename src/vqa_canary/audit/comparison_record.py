"""Two audits compared, as `audit.json` tells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ESTIMATE = ("ci_low", "ci_high", "n", "n_clusters", "reason")
SIDES, COLLAPSES = ("gained", "lost"), ("newly_collapsed", "no_longer_collapsed")
KEPT = (
    "dataset", "model", "quantity", "condition", "method", "p_value", "verdict", "smallest_difference", "warning",
)  # fmt: skip


def comparison_of(baseline: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """The result of `audits_compared.compare_audits` with the baseline's name.

    Returns
    -------
    keys baseline, rule, models (pairs of current and baseline), joined (counts of instances: compared, changed,
    on one side only), differences (subset `all` or `column=value`), items (lists of ids: gained, lost, newly_collapsed,
    no_longer_collapsed; by the answers of the first method, where each has answers of its own)
    """
    questions = found["questions"]
    return {
        "baseline": baseline,
        "rule": found["rule"],
        "models": [[pair["model"], pair["baseline"]] for pair in found["pairs"]],
        "joined": {
            "instances": questions["shared"],
            "changed": len(questions["changed"]),
            "only_new": len(questions["only_current"]),
            "only_old": len(questions["only_baseline"]),
        },
        "differences": [_difference(row) for row in (*found["differences"], *found["subgroups"])],
        "items": _moved(found),
    }


def _difference(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in KEPT} | {
        "subset": f"{row['column']}={row['value']}" if row["column"] else "all",
        "baseline": row["baseline_value"],
        "current": row["current_value"],
        "difference": {"value": row["difference"], **{name: row[name] for name in ESTIMATE}},
    }


def _moved(found: Mapping[str, Any]) -> dict[str, list[str]]:
    """Questions that changed sides, as data set and id, with the model or condition where there are several."""
    moved: dict[str, list[str]] = {name: [] for name in (*SIDES, *COLLAPSES)}
    seen: set[tuple[str, str]] = set()
    for row in found["questions_moved"]:
        if (cell := (row["dataset"], row["model"])) in seen:
            continue
        seen.add(cell)
        of = f" ({row['model']})" if len(found["pairs"]) > 1 else ""
        for name in SIDES:
            moved[name] += [f"{row['dataset']}/{item}{of}" for item in row[name]]
        for name in COLLAPSES:
            moved[name] += [
                f"{row['dataset']}/{item}, {condition}{of}"
                for condition, items in row[name].items()
                for item in items
            ]
    return moved

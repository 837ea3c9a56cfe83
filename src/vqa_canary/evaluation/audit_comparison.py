"""Two audits compared, as `audit.json` tells it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

ESTIMATE = ("ci_low", "ci_high", "n", "n_clusters", "reason")
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
        "items": [row for model in found["pairs"] for row in _moved(found, model["model"])],
    }


def _difference(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in KEPT} | {
        "subset": f"{row['column']}={row['value']}" if row["column"] else "all",
        "baseline": row["baseline_value"],
        "current": row["current_value"],
        "difference": {"value": row["difference"], **{name: row[name] for name in ESTIMATE}},
    }


def _moved(found: Mapping[str, Any], model: str) -> Iterator[dict[str, Any]]:
    """One row a data set of the model: which questions changed sides."""
    seen: set[str] = set()
    for row in found["questions_moved"]:
        if row["model"] == model and row["dataset"] not in seen:
            seen.add(row["dataset"])
            yield {key: value for key, value in row.items() if key not in ("baseline", "method")}

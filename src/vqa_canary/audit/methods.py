"""Every method of an audit: what it is worth for this model, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from vqa_canary.audit.numbers import find
from vqa_canary.counting import counted
from vqa_canary.tables import CLEAN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

Row = dict[str, Any]
BEST, ALIKE = "best", "not distinguishable from best"


class Cost(NamedTuple):
    """What a method asks for."""

    calls: int
    """Requests an instance."""
    why: str


def costs_of_methods(
    needs: Mapping[str, Sequence[str]], n_samples: int, samples_a_call: int
) -> dict[str, Cost]:
    """The cost of each method: the question, and what its evidence needs besides.

    Parameters
    ----------
    needs : evidence columns of each method
    """
    extra = {
        "samples": Cost(-(-n_samples // samples_a_call), counted(n_samples, "sample")),
        "p_true": Cost(1, "is it true?"),
        "verbalized_confidence": Cost(1, "how sure?"),
    }
    found = {}
    for name, columns in needs.items():
        asked = [Cost(1, "the question"), *(extra[one] for one in columns if one in extra)]
        found[name] = Cost(sum(one.calls for one in asked), ", ".join(one.why for one in asked))
    return found


def methods_of(
    metrics: pd.DataFrame,
    costs: Mapping[str, Mapping[str, Cost]],
    chosen: Mapping[tuple[str, str], str | None],
    nota_conditions: Sequence[str],
) -> list[Row]:
    """Rows dataset, model, method, auroc, fragility_auroc, standing, calls, calls_why, reason, recommended.

    Best AUROC first.
    """
    named = metrics[(metrics["method"] != "") & (metrics["condition"] == CLEAN)]
    nota = next((one for one in nota_conditions if one in set(metrics["condition"])), "")
    rows = []
    for (dataset, model), part in named.groupby(["dataset", "model"], sort=True):
        about = {"dataset": str(dataset), "model": str(model)}
        found = [
            _method(metrics, about | {"method": str(method)}, costs.get(str(model), {}), nota)
            for method in sorted(part["method"].unique())
        ]
        found.sort(key=lambda row: -(row["auroc"]["value"] or 0.0))
        for place, row in enumerate(found):
            alike = row.pop("alike")
            row["standing"] = _standing(alike, first=place == 0 and row["auroc"]["value"] is not None)
            row["recommended"] = chosen.get((str(dataset), str(model))) == row["method"]
        rows += found
    return rows


def _method(metrics: pd.DataFrame, about: Row, costs: Mapping[str, Cost], nota: str) -> Row:
    area = find(metrics, **about, condition=CLEAN, subset="all", metric="auroc")
    cost = costs.get(about["method"])
    best = "auroc_not_distinguishable_from_best"
    return about | {
        "auroc": area,
        "fragility_auroc": find(
            metrics, **about, condition=nota, subset="nota_valid", metric="fragility_auroc"
        ),
        "alike": find(metrics, **about, condition=CLEAN, subset="all", metric=best),
        "calls": cost.calls if cost else None,
        "calls_why": cost.why if cost else "",
        "reason": area["reason"],
    }


def _standing(alike: Row, first: bool) -> str:
    if alike["value"] is None:
        why = str(alike["reason"])
        return why if why.startswith("not compared") else f"not compared: {why}"
    if first:
        return BEST
    return ALIKE if alike["value"] == 1 else ""

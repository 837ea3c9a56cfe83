"""Every method of an audit: what it is worth for this model, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vqa_canary.audit.measured import measured
from vqa_canary.audit.record.findings import MethodResult
from vqa_canary.audit.terms import ALIKE, BEST
from vqa_canary.counting import counted
from vqa_canary.rows import CLEAN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from vqa_canary.estimate import Estimate

NOT_COMPARED = "not compared"


class Cost(NamedTuple):
    """What a method asks for."""

    calls: int
    """Number of requests that it takes for an instance."""
    why: str
    """What these requests are for."""


def costs_of_methods(
    needs: Mapping[str, Sequence[str]], n_samples: int, samples_a_call: int
) -> dict[str, Cost]:
    """The cost of each method: the question, and what its evidence needs besides.

    Parameters
    ----------
    needs : evidence columns of each method
    """
    samples = Cost(-(-n_samples // samples_a_call), counted(n_samples, "sample"))
    extra = {
        "samples": samples,
        "sample_embeddings": samples,
        "p_true": Cost(1, "is it true?"),
        "verbalized_confidence": Cost(1, "how sure?"),
    }
    found = {}
    for name, columns in needs.items():
        # Each once: what several columns rest on is asked for once.
        asked = [Cost(1, "the question"), *dict.fromkeys(extra[one] for one in columns if one in extra)]
        found[name] = Cost(sum(one.calls for one in asked), ", ".join(one.why for one in asked))
    return found


def methods_of(
    metrics: pd.DataFrame,
    costs: Mapping[str, Mapping[str, Cost]],
    chosen: Mapping[tuple[str, str], str | None],
    nota_conditions: Sequence[str],
) -> list[MethodResult]:
    """Every method of each data set and model, best AUROC first.

    Parameters
    ----------
    costs : of each method, by model
    chosen : the recommended method of each data set and model
    """
    named = metrics[(metrics["method"] != "") & (metrics["condition"] == CLEAN)]
    nota = next((name for name in nota_conditions if name in set(metrics["condition"])), "")
    results: list[MethodResult] = []
    for (dataset, model), part in named.groupby(["dataset", "model"], sort=True):
        about = _About(str(dataset), str(model), nota, chosen.get((str(dataset), str(model))))
        own_costs = costs.get(about.model, {})
        areas = {name: _auroc(metrics, about, name) for name in map(str, sorted(part["method"].unique()))}
        ordered = sorted(areas, key=lambda name: -(areas[name].value or 0.0))
        results += [
            _result(metrics, about, name, areas[name], own_costs.get(name), first=place == 0)
            for place, name in enumerate(ordered)
        ]
    return results


class _About(NamedTuple):
    """What the methods of one table are about."""

    dataset: str
    model: str
    nota: str
    """The condition that hides the right option; empty without one."""
    recommended: str | None


def _auroc(metrics: pd.DataFrame, about: _About, method: str) -> Estimate:
    return measured(
        metrics,
        dataset=about.dataset,
        model=about.model,
        method=method,
        condition=CLEAN,
        subset="all",
        metric="auroc",
    )


def _result(
    metrics: pd.DataFrame, about: _About, method: str, area: Estimate, cost: Cost | None, first: bool
) -> MethodResult:
    place = {"dataset": about.dataset, "model": about.model, "method": method}
    alike = measured(
        metrics, **place, condition=CLEAN, subset="all", metric="auroc_not_distinguishable_from_best"
    )
    return MethodResult(
        dataset=about.dataset,
        model=about.model,
        method=method,
        auroc=area,
        fragility_auroc=measured(
            metrics, **place, condition=about.nota, subset="nota_valid", metric="fragility_auroc"
        ),
        calls=cost.calls if cost else None,
        calls_why=cost.why if cost else "",
        reason=area.reason,
        standing=_standing(alike, first=first and area.value is not None),
        recommended=about.recommended == method,
    )


def _standing(alike: Estimate, first: bool) -> str:
    if alike.value is None:
        why = str(alike.reason)
        return why if why.startswith(NOT_COMPARED) else f"{NOT_COMPARED}: {why}"
    if first:
        return BEST
    return ALIKE if alike.value == 1 else ""

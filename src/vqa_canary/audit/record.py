"""The audit as one record: everything that its page says, and what is needed to repeat it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from vqa_canary.audit.conformal import conformal_table
from vqa_canary.audit.curves import curves
from vqa_canary.audit.fragility_list import fragility_list
from vqa_canary.audit.method_choice import recommend
from vqa_canary.audit.methods import Cost, methods_of
from vqa_canary.audit.models import models_of, questions_of
from vqa_canary.audit.numbers import all_failed, find
from vqa_canary.audit.policies import policies_table
from vqa_canary.audit.policy_check import COLLAPSE, ERROR
from vqa_canary.audit.subgroups import subgroups_table
from vqa_canary.audit.verdict import answer
from vqa_canary.errors import BadInput, did_you_mean
from vqa_canary.estimate import undefined
from vqa_canary.tables import CLEAN

if TYPE_CHECKING:
    import pandas as pd

VERSION = "1"
"""Of the record's layout."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """What an escalation policy must keep to."""

    alpha: float
    """Largest share of events among answered questions."""
    delta: float
    """Probability with which a policy may be found that breaks it."""
    conformal: float
    """Probability that a conformal set holds the right option."""
    share: float
    """Of the images that calibrate."""
    method: str | None
    """Named before the data were seen; None: the recommended one, with the adjustment that choosing costs."""


@dataclass(frozen=True)
class Tables:
    """What was asked, what came back and how it was scored."""

    items: pd.DataFrame
    instances: pd.DataFrame
    evidence: pd.DataFrame
    scores: pd.DataFrame
    metrics: pd.DataFrame


def audit_record(
    tables: Tables,
    target: Target,
    *,
    seed: int,
    nota_conditions: Sequence[str],
    subgroups: Sequence[str],
    costs: Mapping[str, Mapping[str, Cost]],
    facts: Mapping[str, Mapping[str, str]],
    refused: Sequence[Row],
    comparison: Row | None,
) -> Row:
    """The computed part of `audit.json`, JSON-ready; see docs/how-to/audit.md for its keys.

    Parameters
    ----------
    costs : of each method, by model
    facts : what answered, by model
    refused : what was refused, counted
    comparison : of `audit_comparison.comparison_of`

    Raises
    ------
    BadInput : the method that was named was not scored
    """
    _check_named(target.method, sorted(tables.scores["method"].unique()))
    scored = tables.scores, tables.instances, tables.items
    found = policies_table(
        *scored,
        alpha=target.alpha,
        delta=target.delta,
        seed=seed,
        nota_conditions=nota_conditions,
        share=target.share,
    )
    choices = [
        row
        for model in sorted(tables.scores["model"].unique())
        for row in recommend(*_of(model, tables), seed=seed, calls=_calls(costs.get(model, {})))
    ]
    chosen = {
        (row["dataset"], row["model"]): target.method or row["method"] or _fallback(row, found)
        for row in choices
    }
    recommended = {(row["dataset"], row["model"]): row["method"] for row in choices}
    scope = "alone" if target.method else "best of M"
    headlines = [_headline(row, tables, found, chosen, scope, nota_conditions) for row in choices]
    cut = [row["policy"] for row in headlines if row["policy"]]
    return {
        "version": VERSION,
        "target": asdict(target),
        "questions": {"datasets": questions_of(tables.items, tables.instances), "refused": list(refused)},
        "models": models_of(tables.evidence, tables.items, tables.instances, facts),
        "headline": headlines,
        "methods": methods_of(tables.metrics, costs, recommended, nota_conditions),
        "policies": found,
        "curves": curves(*scored, chosen, nota_conditions, seed, target.share),
        "conformal": _conformal(tables, target, seed),
        "fragility": [
            {key: value for key, value in row.items() if key not in ("question", "image_id")}
            for method in sorted({one for one in chosen.values() if one})
            for row in fragility_list(*scored, method=method, nota_conditions=nota_conditions)
            if chosen[row["dataset"], row["model"]] == method
        ],
        "subgroups": [
            _with_warning(row)
            for row in subgroups_table(
                *scored,
                columns=subgroups,
                policies=cut,
                confidence_method=_confident(tables.scores, target.method),
                seed=seed,
                share=target.share,
            )
        ],
        "comparison": comparison,
    }


def _check_named(method: str | None, known: Sequence[str]) -> None:
    if method is not None and method not in known:
        raise BadInput(
            f"parameters: audit.method: {method!r} was not scored.{did_you_mean(method, known)} Use {list(known)}."
        )


def _conformal(tables: Tables, target: Target, seed: int) -> list[Row]:
    """LAC and APS by the weighting whose level is proven."""
    rows = conformal_table(
        tables.evidence,
        tables.instances,
        tables.items,
        seed=seed,
        target=target.conformal,
        share=target.share,
    )
    named = {
        "image_coverage": "coverage_of_images",
        **{f"{one}_share": one for one in ("empty", "single", "all")},
    }
    return [
        {named.get(name, name): value for name, value in row.items()}
        for row in rows
        if row["weighting"] == "images"
    ]


def _with_warning(row: Row) -> Row:
    """One warning a subgroup: what is said of its accuracy, else of its policy."""
    return row | {"warning": row["accuracy"]["warning"] or row["policy_error"]["warning"]}


def _fallback(choice: Row, policies: Sequence[Row]) -> str | None:
    """Where no method is recommended, the one whose policy answers most, else the first that has a verdict.

    A model that is nearly always right may be let answer though no uncertainty is shown to tell its errors.
    """
    wanted = {name: choice[name] for name in ("dataset", "model")}
    wanted |= {"event": ERROR, "guarantee": "exact", "scope": "best of M"}
    rows = [row for row in policies if wanted.items() <= row.items() and row["verdict"]]
    return next((str(row["method"]) for row in sorted(rows, key=lambda row: not row["best"])), None)


def _calls(costs: Mapping[str, Cost]) -> dict[str, float]:
    return {method: cost.calls for method, cost in costs.items()}


def _of(model: str, tables: Tables) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    return tables.scores[tables.scores["model"] == model], tables.instances, tables.items


def _headline(
    choice: Row,
    tables: Tables,
    policies: Sequence[Row],
    chosen: Mapping[tuple[str, str], str | None],
    scope: str,
    nota_conditions: Sequence[str],
) -> Row:
    """What one model's page begins with."""
    about = {name: choice[name] for name in ("dataset", "model")}
    method = chosen[choice["dataset"], choice["model"]]
    shown = set(tables.instances.loc[tables.instances["dataset"] == choice["dataset"], "condition"])
    nota = next((one for one in nota_conditions if one in shown), None)
    confident = _confident(tables.scores[tables.scores["model"] == choice["model"]], method)

    own = _own_answers(tables.metrics, choice["dataset"], method)

    def number(condition: str | None, metric: str, of: str = own) -> Row:
        subset = "all" if condition == CLEAN else "nota_valid"
        found = find(tables.metrics, **about, condition=condition, subset=subset, method=of, metric=metric)
        known = found["value"] is not None or metric not in ("accuracy", "overconfidence")
        failed = None if known else _all_failed(tables, choice, condition)
        return asdict(undefined(failed)) if failed else found

    def policy(event: str) -> Row | None:
        wanted = about | {"event": event, "method": method, "guarantee": "exact", "scope": scope}
        return next((row for row in policies if wanted.items() <= row.items()), None)

    row = about | {
        "accuracy": number(CLEAN, "accuracy"),
        "overconfidence": number(CLEAN, "overconfidence", confident or ""),
        "nota_condition": nota,
        "nota_accuracy": number(nota, "accuracy"),
        "accuracy_drop": number(nota, "accuracy_drop"),
        "collapse_rate": number(nota, "collapse_rate"),
        "recommended": choice["method"],
        "recommended_because": choice["reason"],
        "named": method if scope == "alone" else None,
        "policy": policy(ERROR),
        "fragility_policy": policy(f"{COLLAPSE}:{nota}"),
    }
    return row | {"answer": answer(row)}


def _all_failed(tables: Tables, about: Row, condition: str | None) -> str | None:
    shown = tables.instances
    shown = shown[(shown["dataset"] == about["dataset"]) & (shown["condition"] == condition)]
    return all_failed(tables.evidence[tables.evidence["model"] == about["model"]], shown)


def _own_answers(metrics: pd.DataFrame, dataset: str, method: str | None) -> str:
    """The method whose answers accuracy and collapse are about; empty where all methods share one answer."""
    shared = (metrics["dataset"] == dataset) & (metrics["method"] == "") & (metrics["metric"] == "accuracy")
    return "" if shared.any() else method or ""


def _confident(scores: pd.DataFrame, preferred: str | None) -> str | None:
    """The method whose confidence is spoken of: the preferred one if it has any, else the first by name that has."""
    known = sorted(scores.loc[scores["confidence"].notna(), "method"].unique())
    return preferred if preferred in known else next(iter(known), None)

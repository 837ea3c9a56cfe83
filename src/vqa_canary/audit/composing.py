"""The record of an audit, measured: everything that its page says, and what is needed to repeat it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vqa_canary.audit.conformal import BY_IMAGE, conformal_table
from vqa_canary.audit.curves import curves
from vqa_canary.audit.fragility_list import fragility_list
from vqa_canary.audit.guidelines import NOT_COVERED, SERVED
from vqa_canary.audit.measured import all_failed, measured
from vqa_canary.audit.method_choice import MethodChoice, recommend
from vqa_canary.audit.methods import Cost, methods_of
from vqa_canary.audit.models import questions_of
from vqa_canary.audit.policies import ALONE, BEST_OF_ALL, Scope, policies_table
from vqa_canary.audit.policy import EXACT
from vqa_canary.audit.record.answers import Accounted, ImageCounts, Readability, Verified
from vqa_canary.audit.record.asked import AskedModel, Questions, RefusalCount
from vqa_canary.audit.record.comparing import BaselineComparison
from vqa_canary.audit.record.document import VERSION, Audit
from vqa_canary.audit.record.findings import Conformal, FragileItem, Headline
from vqa_canary.audit.record.policies import AuditTarget, Policy
from vqa_canary.audit.splitting import calibration_masks
from vqa_canary.audit.subgroups import subgroups_table
from vqa_canary.audit.terms import ERROR, collapse_under
from vqa_canary.audit.verdict import answer
from vqa_canary.errors import BadInput, did_you_mean
from vqa_canary.estimate import Estimate, undefined
from vqa_canary.evaluation.grid import Grid, grids
from vqa_canary.tables import CLEAN

if TYPE_CHECKING:
    import pandas as pd

Chosen = Mapping[tuple[str, str], str | None]
"""A method by data set and model."""


@dataclass(frozen=True)
class AuditTables:
    """What was asked, what came back and how it was scored."""

    items: pd.DataFrame
    instances: pd.DataFrame
    evidence: pd.DataFrame
    scores: pd.DataFrame
    metrics: pd.DataFrame


@dataclass(frozen=True)
class Provenance:
    """What is needed to repeat a run; its fields are those of the record."""

    study: str
    env: str | None
    runtime_params: Mapping[str, str]
    package: str
    seed: int
    fingerprints: Mapping[str, str | Mapping[str, str]]
    settings: Mapping[str, str]


@dataclass(frozen=True)
class RunChecks:
    """What other steps of the run found; its fields are those of the record."""

    refused: Sequence[RefusalCount]
    accounting: Sequence[Accounted]
    verifications: Sequence[Verified]
    readability: Sequence[Readability]
    images: ImageCounts


def audit_record(
    tables: AuditTables,
    target: AuditTarget,
    provenance: Provenance,
    checks: RunChecks,
    *,
    models: Sequence[AskedModel],
    costs: Mapping[str, Mapping[str, Cost]],
    nota_conditions: Sequence[str],
    subgroups: Sequence[str],
    comparison: BaselineComparison | None,
) -> Audit:
    """One audit of all models of a study; see docs/how-to/audit.md and docs/audit.schema.json.

    Parameters
    ----------
    models : what answered, as `models.models_of` tells it
    costs : of each method, by model
    nota_conditions : the conditions that hide the right option; the headline is about the first that was asked
    subgroups : columns of `items`
    comparison : with the baseline that was named

    Raises
    ------
    BadInput : the method that was named was not scored; no such column of `items`; a score whose item or instance is
        unknown, or two scores of one key
    """
    _check_named(target.method, sorted(tables.scores["method"].unique()))
    every = grids(tables.scores, tables.instances, tables.items)
    calibrates = calibration_masks(every, tables.items, provenance.seed, target.share)
    policies = policies_table(
        every,
        calibrates,
        alpha=target.alpha,
        delta=target.delta,
        seed=provenance.seed,
        nota_conditions=nota_conditions,
    )
    calls = {model: {name: cost.calls for name, cost in own.items()} for model, own in costs.items()}
    choices = recommend(every, seed=provenance.seed, calls=calls)
    chosen = {
        (choice.dataset, choice.model): target.method or choice.method or _fallback(choice, policies)
        for choice in choices
    }
    scope = ALONE if target.method else BEST_OF_ALL
    headlines = [
        _headline(choice, chosen[choice.dataset, choice.model], scope, tables, policies, nota_conditions)
        for choice in choices
    ]
    recommended = {(choice.dataset, choice.model): choice.method for choice in choices}
    asked = questions_of(tables.items, tables.instances)
    return Audit(
        version=VERSION,
        target=target,
        questions=Questions(datasets=tuple(asked), refused=tuple(checks.refused)),
        models=tuple(models),
        headline=tuple(headlines),
        methods=tuple(methods_of(tables.metrics, costs, recommended, nota_conditions)),
        policies=tuple(policies),
        curves=tuple(curves(every, calibrates, chosen=chosen, nota_conditions=nota_conditions)),
        conformal=_conformal(tables, target, provenance.seed),
        fragility=_fragility(every, chosen, nota_conditions),
        subgroups=tuple(
            subgroups_table(
                every,
                calibrates,
                columns=subgroups,
                policies=[headline.policy for headline in headlines if headline.policy],
                confidence_method=_confident(tables.scores, target.method),
            )
        ),
        comparison=comparison,
        accounting=tuple(checks.accounting),
        verifications=tuple(checks.verifications),
        readability=tuple(checks.readability),
        images=checks.images,
        env=provenance.env,
        runtime_params=provenance.runtime_params,
        study=provenance.study,
        package=provenance.package,
        seed=provenance.seed,
        fingerprints=provenance.fingerprints,
        settings=provenance.settings,
        guidelines=SERVED,
        not_covered=NOT_COVERED,
    )


def _check_named(method: str | None, known: Sequence[str]) -> None:
    if method is not None and method not in known:
        raise BadInput(
            f"parameters: audit.method: {method!r} was not scored.{did_you_mean(method, known)} Use {list(known)}."
        )


def _conformal(tables: AuditTables, target: AuditTarget, seed: int) -> tuple[Conformal, ...]:
    """LAC and APS by the weighting whose level is proven."""
    rows = conformal_table(
        tables.evidence,
        tables.instances,
        tables.items,
        seed=seed,
        target=target.conformal,
        share=target.share,
    )
    return tuple(row for row in rows if row.weighting == BY_IMAGE)


def _fragility(
    every: Sequence[Grid], chosen: Chosen, nota_conditions: Sequence[str]
) -> tuple[FragileItem, ...]:
    """The questions of each data set and model in the order of its own method."""
    return tuple(
        row
        for method in sorted({method for method in chosen.values() if method})
        for row in fragility_list(every, method=method, nota_conditions=nota_conditions)
        if chosen[row.dataset, row.model] == method
    )


def _fallback(choice: MethodChoice, policies: Sequence[Policy]) -> str | None:
    """Where no method is recommended, the one whose policy answers most, else the first that has a verdict.

    A model that is nearly always right may be let answer though no uncertainty is shown to tell its errors.
    """
    sought = [
        policy
        for policy in policies
        if (policy.dataset, policy.model, policy.event) == (choice.dataset, choice.model, ERROR)
        and (policy.guarantee, policy.scope) == (EXACT, BEST_OF_ALL)
        and policy.verdict
    ]
    return next((policy.method for policy in sorted(sought, key=lambda policy: not policy.best)), None)


def _headline(
    choice: MethodChoice,
    method: str | None,
    scope: Scope,
    tables: AuditTables,
    policies: Sequence[Policy],
    nota_conditions: Sequence[str],
) -> Headline:
    """What one model's page begins with.

    Parameters
    ----------
    method : of the policies: the one that was named, the recommended one, or the one that is left
    """
    about = {"dataset": choice.dataset, "model": choice.model}
    shown = set(tables.instances.loc[tables.instances["dataset"] == choice.dataset, "condition"])
    nota = next((name for name in nota_conditions if name in shown), None)
    confident = _confident(tables.scores[tables.scores["model"] == choice.model], method)
    own = _own_answers(tables.metrics, choice.dataset, method)

    def number(condition: str | None, metric: str, of: str = own) -> Estimate:
        subset = "all" if condition == CLEAN else "nota_valid"
        found = measured(
            tables.metrics, **about, condition=condition, subset=subset, method=of, metric=metric
        )
        known = found.value is not None or metric not in ("accuracy", "overconfidence")
        failed = None if known else _all_failed(tables, choice, condition)
        return undefined(failed) if failed else found

    def policy(event: str) -> Policy | None:
        wanted = choice.dataset, choice.model, event, method, EXACT, scope
        return next((one for one in policies if _key(one) == wanted), None)

    headline = Headline(
        **about,
        accuracy=number(CLEAN, "accuracy"),
        overconfidence=number(CLEAN, "overconfidence", confident or ""),
        nota_condition=nota,
        nota_accuracy=number(nota, "accuracy"),
        accuracy_drop=number(nota, "accuracy_drop"),
        collapse_rate=number(nota, "collapse_rate"),
        recommended=choice.method,
        recommended_because=choice.reason,
        named=method if scope == ALONE else None,
        policy=policy(ERROR),
        fragility_policy=policy(collapse_under(nota)) if nota else None,
        answer="",
    )
    return headline.model_copy(update={"answer": answer(headline)})


def _key(policy: Policy) -> tuple[str | None, ...]:
    return policy.dataset, policy.model, policy.event, policy.method, policy.guarantee, policy.scope


def _all_failed(tables: AuditTables, about: MethodChoice, condition: str | None) -> str | None:
    shown = tables.instances
    shown = shown[(shown["dataset"] == about.dataset) & (shown["condition"] == condition)]
    return all_failed(tables.evidence[tables.evidence["model"] == about.model], shown)


def _own_answers(metrics: pd.DataFrame, dataset: str, method: str | None) -> str:
    """The method whose answers accuracy and collapse are about; empty where all methods share one answer."""
    shared = (metrics["dataset"] == dataset) & (metrics["method"] == "") & (metrics["metric"] == "accuracy")
    return "" if shared.any() else method or ""


def _confident(scores: pd.DataFrame, preferred: str | None) -> str | None:
    """The method whose confidence is spoken of: the preferred one if it has any, else the first by name that has."""
    known = sorted(scores.loc[scores["confidence"].notna(), "method"].unique())
    return preferred if preferred in known else next(iter(known), None)

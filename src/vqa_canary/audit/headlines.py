"""What an audit says of one data set and model, in short."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.audit.control import beside_control, why_not_reported
from vqa_canary.audit.measured import all_failed, measured
from vqa_canary.audit.policies import ALONE, Scope
from vqa_canary.audit.record.findings import Headline
from vqa_canary.audit.record.missing import Missing
from vqa_canary.audit.record.policies import Policy
from vqa_canary.audit.terms import ERROR, EXACT, collapse_under
from vqa_canary.audit.verdict import answer
from vqa_canary.estimate import Estimate, undefined
from vqa_canary.rows import CLEAN, UNSEEN

if TYPE_CHECKING:
    import pandas as pd

    from vqa_canary.audit.given import AuditTables
    from vqa_canary.audit.method_choice import MethodChoice
    from vqa_canary.evaluation.grid import Grid


UNSEEN_NOT_ASKED = undefined(f"neither {' nor '.join(UNSEEN)} was asked")


def headline(
    choice: MethodChoice,
    method: str | None,
    scope: Scope,
    tables: AuditTables,
    policies: Sequence[Policy],
    nota_conditions: Sequence[str],
    missing: Missing,
) -> Headline:
    """What one model's page begins with.

    Parameters
    ----------
    method : of the policies: the one that was named, the recommended one, or the one that is left
    missing : which of its answers are missing
    """
    about = {"dataset": choice.dataset, "model": choice.model}
    shown = set(tables.instances.loc[tables.instances["dataset"] == choice.dataset, "condition"])
    nota = next((name for name in nota_conditions if name in shown), None)
    unseen = next((name for name in UNSEEN if name in shown), None)
    confident = confident_method(tables.grids, method, choice.model)
    own = _own_answers(tables.metrics, choice.dataset, method)

    def number(condition: str | None, metric: str, of: str = own) -> Estimate:
        subset = "all" if condition in (CLEAN, unseen) else "nota_valid"
        found = measured(
            tables.metrics, **about, condition=condition, subset=subset, method=of, metric=metric
        )
        known = found.value is not None or metric not in ("accuracy", "stated_overconfidence")
        failed = None if known else _all_failed(tables, choice, condition)
        return undefined(failed) if failed else found

    def policy(event: str) -> Policy | None:
        wanted = choice.dataset, choice.model, event, method, EXACT, scope
        return next((one for one in policies if _key(one) == wanted), None)

    collapse, beside = number(nota, "collapse_rate"), None
    if nota is not None:
        grid = next(one for one in tables.grids if one.dataset == choice.dataset)
        if nota in grid.conditions:
            beside = beside_control(grid, choice.model, own or grid.methods[0], nota)
            collapse = undefined(doubt) if (doubt := why_not_reported(beside)) else collapse
    told = Headline(
        **about,
        accuracy=number(CLEAN, "accuracy"),
        missing=missing,
        unseen_condition=unseen,
        unseen_accuracy=number(unseen, "accuracy") if unseen else UNSEEN_NOT_ASKED,
        overconfidence=number(CLEAN, "stated_overconfidence", confident or ""),
        nota_condition=nota,
        nota_accuracy=number(nota, "accuracy"),
        accuracy_drop=number(nota, "accuracy_drop"),
        collapse_rate=collapse,
        beside_control=beside,
        recommended=choice.method,
        recommended_because=choice.reason,
        named=method if scope == ALONE else None,
        policy=policy(ERROR),
        worst_subgroup=None,
        fragility_policy=policy(collapse_under(nota)) if nota else None,
        answer="",
    )
    return told.model_copy(update={"answer": answer(told)})


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


def confident_method(grids: Sequence[Grid], preferred: str | None, model: str | None = None) -> str | None:
    """The method whose confidence is spoken of: the preferred one if it has any, else the first by name that has.

    Parameters
    ----------
    model : whose confidence; all models by default
    """
    known = set()
    for grid in grids:
        asked = [at for at, name in enumerate(grid.models) if model in (None, name)]
        told = ~np.isnan(grid.stated[:, asked])
        known |= {method for at, method in enumerate(grid.methods) if told[:, :, at].any()}
    return preferred if preferred in known else min(known, default=None)

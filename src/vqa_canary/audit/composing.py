"""The record of an audit, measured: everything that its page says, and what is needed to repeat it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from vqa_canary.audit.conformal import BY_IMAGE, conformal_table
from vqa_canary.audit.curves import curves
from vqa_canary.audit.fragility_list import fragility_list
from vqa_canary.audit.given import Answered, AuditTables, Provenance, RunChecks
from vqa_canary.audit.guidelines import NOT_COVERED, served
from vqa_canary.audit.headlines import confident_method, headline
from vqa_canary.audit.method_choice import MethodChoice, recommend
from vqa_canary.audit.methods import methods_of
from vqa_canary.audit.missing import missing_table
from vqa_canary.audit.model_choice import choose_models
from vqa_canary.audit.models import questions_of
from vqa_canary.audit.policies import ALONE, BEST_OF_ALL, policies_table
from vqa_canary.audit.policy_for_groups import group_policy
from vqa_canary.audit.policy_words import Allowed
from vqa_canary.audit.record.asked import Questions
from vqa_canary.audit.record.comparing import BaselineComparison
from vqa_canary.audit.record.document import VERSION, Audit
from vqa_canary.audit.record.findings import Conformal, FragileItem, Headline
from vqa_canary.audit.record.groups import GroupPolicy
from vqa_canary.audit.record.policies import AuditTarget, Policy
from vqa_canary.audit.record.protocol import Protocol
from vqa_canary.audit.review_effect import GivenReview, review_effect
from vqa_canary.audit.robustness import robustness_table
from vqa_canary.audit.splitting import calibration_masks, priorities
from vqa_canary.audit.subgroups import subgroups_table
from vqa_canary.audit.terms import ERROR, EXACT
from vqa_canary.audit.verdict import answer
from vqa_canary.audit.worst_subgroup import worst_subgroup
from vqa_canary.errors import BadInput, did_you_mean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vqa_canary.evaluation.grid import Grid

    Masks = Mapping[str, NDArray[np.bool_]]
    """Which items of each data set's grid calibrate."""

Chosen = Mapping[tuple[str, str], str | None]
"""A method by data set and model."""


def audit_record(
    tables: AuditTables,
    target: AuditTarget,
    provenance: Provenance,
    checks: RunChecks,
    protocol: Protocol,
    *,
    answered: Answered,
    nota_conditions: Sequence[str],
    subgroups: Sequence[str],
    comparison: BaselineComparison | None,
    robustness: Sequence[str] = (),
    review: GivenReview | None = None,
) -> Audit:
    """One audit of all models of a study; see docs/how-to/audit.md and docs/audit.schema.json.

    Parameters
    ----------
    protocol : which attempt this is; its policies allow for the looks that were planned
    nota_conditions : the conditions that hide the right option; the headline is about the first that was asked
    subgroups : columns of `items`
    comparison : with the baseline that was named
    robustness : conditions that leave the right answer as it is, under which answers should not change
    review : what reviewers have corrected

    Raises
    ------
    BadInput : the method that was named was not scored; no such column of `items`
    """
    _check_named(target.method, sorted({method for grid in tables.grids for method in grid.methods}))
    calibrates = calibration_masks(tables.grids, tables.items, provenance.seed, target.share)
    policies = policies_table(
        tables.grids,
        calibrates,
        alpha=target.alpha,
        delta=target.delta,
        seed=provenance.seed,
        nota_conditions=nota_conditions,
        looks=protocol.looks,
        claimed=protocol.claimed,
    )
    calls = {model: {name: cost.calls for name, cost in own.items()} for model, own in answered.costs.items()}
    choices = recommend(tables.grids, seed=provenance.seed, calls=calls)
    chosen = {
        (choice.dataset, choice.model): target.method or choice.method or _fallback(choice, policies)
        for choice in choices
    }
    scope = ALONE if target.method else BEST_OF_ALL
    missing = {(row.dataset, row.model): row for row in missing_table(tables.grids, subgroups)}
    headlines = [
        headline(
            choice,
            chosen[choice.dataset, choice.model],
            scope,
            tables,
            policies,
            nota_conditions,
            missing[choice.dataset, choice.model],
        )
        for choice in choices
    ]
    headlines = [
        _with_worst(row, tables.grids, calibrates, subgroups, provenance.seed, protocol) for row in headlines
    ]
    recommended = {(choice.dataset, choice.model): choice.method for choice in choices}
    asked = questions_of(tables.items, tables.instances)
    record = Audit(
        version=VERSION,
        target=target,
        protocol=protocol,
        questions=Questions(datasets=tuple(asked), refused=tuple(checks.refused)),
        models=tuple(answered.models),
        headline=tuple(headlines),
        model_choices=tuple(
            choose_models(
                tables.grids,
                calibrates,
                {(row.dataset, row.model): row.policy for row in headlines},
                target,
                provenance.seed,
                looks=protocol.looks,
                claimed=protocol.claimed,
            )
        ),
        methods=tuple(methods_of(tables.metrics, answered.costs, recommended, nota_conditions)),
        policies=tuple(policies),
        group_policies=tuple(
            _for_groups(headlines, tables.grids, calibrates, target, provenance.seed, protocol)
        ),
        curves=tuple(curves(tables.grids, calibrates, chosen=chosen, nota_conditions=nota_conditions)),
        conformal=_conformal(tables, target, provenance.seed),
        fragility=_fragility(tables.grids, chosen, nota_conditions),
        subgroups=tuple(
            subgroups_table(
                tables.grids,
                calibrates,
                columns=subgroups,
                policies=[row.policy for row in headlines if row.policy],
                confidence_method=confident_method(tables.grids, target.method),
            )
        ),
        robustness=tuple(
            robustness_table(
                tables.grids,
                tables.instances,
                conditions=robustness,
                policies={(row.dataset, row.model): row.policy for row in headlines},
            )
        ),
        review=review_effect(review, tables.grids, headlines, sum(one.items for one in asked))
        if review
        else None,
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
        guidelines=(),
        not_covered=NOT_COVERED,
    )
    return record.model_copy(update={"guidelines": served(record)})


def _check_named(method: str | None, known: Sequence[str]) -> None:
    if method is not None and method not in known:
        raise BadInput(
            f"parameters: audit.method: {method!r} was not scored.{did_you_mean(method, known)} Use {list(known)}."
        )


def _with_worst(
    row: Headline,
    grids: Sequence[Grid],
    calibrates: Masks,
    subgroups: Sequence[str],
    seed: int,
    protocol: Protocol,
) -> Headline:
    """The headline with the worst subgroup under its policy, which its answer tells of."""
    if row.policy is None:
        return row
    grid = _grid(grids, row.dataset)
    order = priorities(grid.items["item_id"], seed)
    worst = worst_subgroup(
        grid,
        row.policy,
        subgroups,
        calibrates[row.dataset],
        order,
        looks=protocol.looks,
        claimed=protocol.claimed,
    )
    told = row.model_copy(update={"worst_subgroup": worst})
    return told.model_copy(update={"answer": answer(told)})


def _for_groups(
    headlines: Sequence[Headline],
    grids: Sequence[Grid],
    calibrates: Masks,
    target: AuditTarget,
    seed: int,
    protocol: Protocol,
) -> Iterator[GroupPolicy]:
    """By the method of each headline, one policy for the columns that were named."""
    for row in headlines:
        if target.hold_for and row.policy is not None:
            grid = _grid(grids, row.dataset)
            yield group_policy(
                grid,
                row.model,
                row.policy.method,
                target.hold_for,
                calibrates[row.dataset],
                priorities(grid.items["item_id"], seed),
                alpha=target.alpha,
                delta=target.delta,
                allowed=Allowed(row.policy.n_methods, looks=protocol.looks, claimed=protocol.claimed),
            )


def _grid(grids: Sequence[Grid], dataset: str) -> Grid:
    return next(grid for grid in grids if grid.dataset == dataset)


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
    grids: Sequence[Grid], chosen: Chosen, nota_conditions: Sequence[str]
) -> tuple[FragileItem, ...]:
    """The questions of each data set and model in the order of its own method."""
    return tuple(
        row
        for method in sorted({method for method in chosen.values() if method})
        for row in fragility_list(grids, method=method, nota_conditions=nota_conditions)
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

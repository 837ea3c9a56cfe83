"""Nodes of `planning`."""

from __future__ import annotations

from typing import Any

from vqa_canary.pipelines.parameters import (
    AuditSettings,
    EmbedderSettings,
    Evaluation,
    Planning,
    Sampling,
    Scoring,
)


def gather_aims(
    audit: AuditSettings,
    planning: Planning,
    scoring: Scoring,
    sampling: Sampling,
    embedder: EmbedderSettings,
    models: dict[str, dict[str, Any]],
) -> Any:
    """Whom an audit asks, what it is to show, and what is guessed of the answers."""
    from vqa_canary.audit.planning.plan import usual_errors
    from vqa_canary.audit.planning.record import Guesses
    from vqa_canary.audit.record.policies import AuditTarget
    from vqa_canary.pipelines.planning.asked_models import planned_models

    errors = planning.guessed_errors or usual_errors(audit.largest_error)
    target = AuditTarget(
        alpha=audit.largest_error,
        delta=1 - audit.confidence,
        conformal=audit.conformal_coverage,
        share=audit.calibration_share,
        method=audit.method,
        hold_for=audit.hold_for,
    )
    guesses = Guesses(
        errors=tuple(sorted(set(errors))),
        accuracy=planning.guessed_accuracy,
        likeness=planning.guessed_likeness,
        changed=planning.guessed_changes,
        power=planning.power,
    )
    looks = 1 + len(audit.planned_looks)
    return planned_models(models, scoring, sampling, embedder), target, guesses, looks


def plan_audit(items: Any, instances: Any, aims: Any, evaluation: Evaluation, seed: int) -> dict[str, Any]:
    """`plan.json`: how many images a policy needs, and what these questions can show."""
    from vqa_canary.audit.planning.plan import make_plan
    from vqa_canary.frames import spread

    plan = make_plan(
        spread(items),
        instances,
        *aims,
        seed=seed,
        nota_conditions=evaluation.nota_conditions,
        subgroups=evaluation.subgroups,
    )
    return plan.model_dump(mode="json")

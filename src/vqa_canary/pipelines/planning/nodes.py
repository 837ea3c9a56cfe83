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


def plan_audit(
    items: Any,
    instances: Any,
    audit: AuditSettings,
    planning: Planning,
    evaluation: Evaluation,
    scoring: Scoring,
    sampling: Sampling,
    embedder: EmbedderSettings,
    models: dict[str, dict[str, Any]],
    seed: int,
) -> dict[str, Any]:
    """`plan.json`: how many images a policy needs, and what these questions can show."""
    from vqa_canary.audit.planning.plan import make_plan, usual_errors
    from vqa_canary.audit.planning.record import Guesses
    from vqa_canary.audit.record.policies import AuditTarget
    from vqa_canary.frames import spread
    from vqa_canary.pipelines.planning.asked_models import planned_models

    errors = planning.guessed_errors or usual_errors(audit.largest_error)
    plan = make_plan(
        spread(items),
        instances,
        planned_models(models, scoring, sampling, embedder),
        AuditTarget(
            alpha=audit.largest_error,
            delta=1 - audit.confidence,
            conformal=audit.conformal_coverage,
            share=audit.calibration_share,
            method=audit.method,
            hold_for=audit.hold_for,
        ),
        Guesses(
            errors=tuple(sorted(set(errors))),
            accuracy=planning.guessed_accuracy,
            likeness=planning.guessed_likeness,
            changed=planning.guessed_changes,
            power=planning.power,
        ),
        seed=seed,
        nota_conditions=evaluation.nota_conditions,
        subgroups=evaluation.subgroups,
    )
    return plan.model_dump(mode="json")

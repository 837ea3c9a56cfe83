"""Nodes of `auditing`."""

from __future__ import annotations

from typing import Any

from vqa_canary.pipelines.parameters import AuditSettings, Evaluation, Report


def compare_with_baseline(
    scores: Any,
    instances: Any,
    items: Any,
    old_scores: Any,
    old_instances: Any,
    old_items: Any,
    evaluation: Evaluation,
    parameters: dict[str, Any],
) -> dict[str, Any]:
    """This audit against the one that `baseline` names; empty without."""
    from vqa_canary.audit.comparison import compare_audits
    from vqa_canary.audit.shared_questions import StudyTables
    from vqa_canary.tables import spread

    baseline = parameters["baseline"]
    if not baseline:
        return {}
    compared = compare_audits(
        StudyTables(old_scores, old_instances, old_items),
        StudyTables(scores, instances, spread(items)),
        name=str(baseline),
        nota_conditions=evaluation.nota_conditions,
        subgroups=evaluation.subgroups,
    )
    return compared.model_dump(mode="json")


def draw_sets(
    evidence: Any, instances: Any, items: Any, audit: AuditSettings, seed: int
) -> list[dict[str, Any]]:
    """The conformal sets of each held-out question."""
    from vqa_canary.audit.conformal import conformal_sets

    target, share = audit.conformal_coverage, audit.calibration_share
    sets = conformal_sets(evidence, instances, items, seed=seed, target=target, share=share)
    return [row.model_dump(mode="json") for row in sets]


def compose(
    scores: Any,
    instances: Any,
    items: Any,
    evidence: Any,
    metrics: Any,
    quarantine: Any,
    facts: dict[str, dict[str, str]],
    comparison: dict[str, Any],
    accounting: list[dict[str, Any]],
    verifications: list[dict[str, Any]],
    readability: list[dict[str, Any]],
    image_record: dict[str, Any],
    audit: AuditSettings,
    evaluation: Evaluation,
    parameters: dict[str, Any],
) -> dict[str, Any]:
    """`audit.json`: every figure of the page, and what is needed to repeat it."""
    from vqa_canary.audit.composing import AuditTables, RunChecks, audit_record
    from vqa_canary.audit.models import models_of
    from vqa_canary.audit.record.answers import Accounted, ImageCounts, Readability, Verified
    from vqa_canary.audit.record.asked import RefusalCount
    from vqa_canary.audit.record.comparing import BaselineComparison
    from vqa_canary.audit.record.policies import AuditTarget
    from vqa_canary.pipelines.auditing.provenance import costs_by_model, priced, provenance
    from vqa_canary.report.images import summary_of
    from vqa_canary.sources.refusals import count_refusals
    from vqa_canary.tables import spread

    tables = {"items": items, "instances": instances, "evidence": evidence, "scores": scores}
    spread_items = spread(items)
    answered = models_of(evidence, spread_items, instances, facts)
    record = audit_record(
        AuditTables(spread_items, instances, evidence, scores, metrics),
        AuditTarget(
            alpha=audit.largest_error,
            delta=1 - audit.confidence,
            conformal=audit.conformal_coverage,
            share=audit.calibration_share,
            method=audit.method,
        ),
        provenance(parameters, tables, facts),
        RunChecks(
            refused=[RefusalCount.model_validate(row) for row in count_refusals(quarantine)],
            accounting=[Accounted.model_validate(row) for row in accounting],
            verifications=[Verified.model_validate(row) for row in verifications],
            readability=[Readability.model_validate(row) for row in readability],
            images=ImageCounts.model_validate(summary_of(image_record)),
        ),
        models=[priced(row, parameters["models"].get(row.model)) for row in answered],
        costs=costs_by_model(parameters, facts),
        nota_conditions=evaluation.nota_conditions,
        subgroups=evaluation.subgroups,
        comparison=BaselineComparison.model_validate(comparison) if comparison else None,
    )
    return record.model_dump(mode="json")


def render(audit: dict[str, Any], items: Any, report: Report) -> tuple[str, dict[str, str], dict[str, str]]:
    """The audit as one HTML page, its figures as SVG files, its tables as CSV and LaTeX files."""
    from vqa_canary.report.audit.page import make_audit_report

    texts = None
    if report.allows(report.show_questions, items):
        texts = {
            (row.dataset, row.item_id): (row.question, tuple(row.options), row.options[row.answer_index])
            for row in items.itertuples()
        }
    return make_audit_report(audit, texts)

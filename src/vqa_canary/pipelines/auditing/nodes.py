"""Nodes of `auditing`."""

from __future__ import annotations

from typing import Any

from vqa_canary.pipelines.parameters import AuditSettings, Evaluation, Report, typed

NOTHING = ""
"""Stands for a comparison that nobody asked for: Kedro takes no None from a node."""


def gather_studies(
    scores: Any, instances: Any, items: Any, old_scores: Any, old_instances: Any, old_items: Any
) -> tuple[Any, Any]:
    """The tables of the study that `baseline` names, and of this one.

    Without a baseline both are this study, whose tables have to be written before they are read under the other name:
    that is why one node takes them all.
    """
    from vqa_canary.audit.shared_questions import StudyTables
    from vqa_canary.tables import spread

    old = StudyTables(old_scores, old_instances, old_items)
    return old, StudyTables(scores, instances, spread(items))


def compare_with_baseline(
    studies: tuple[Any, Any], evaluation: Evaluation, parameters: dict[str, Any]
) -> Any:
    """This audit against the one that `baseline` names; `NOTHING` without."""
    from vqa_canary.audit.comparison import compare_audits

    name = parameters["baseline"]
    if not name:
        return NOTHING
    return compare_audits(
        *studies,
        name=str(name),
        nota_conditions=evaluation.nota_conditions,
        subgroups=evaluation.subgroups,
    )


def draw_sets(
    evidence: Any, instances: Any, items: Any, audit: AuditSettings, seed: int
) -> list[dict[str, Any]]:
    """The conformal sets of each held-out question."""
    from vqa_canary.audit.conformal import conformal_sets

    target, share = audit.conformal_coverage, audit.calibration_share
    sets = conformal_sets(evidence, instances, items, seed=seed, target=target, share=share)
    return [row.model_dump(mode="json") for row in sets]


def gather_tables(grids: list[Any], items: Any, instances: Any, evidence: Any, metrics: Any) -> Any:
    """What was asked, what came back and how it was scored, for the audit."""
    from vqa_canary.audit.given import AuditTables
    from vqa_canary.tables import spread

    return AuditTables(grids, spread(items), instances, evidence, metrics)


def describe_models(
    evidence: Any, items: Any, instances: Any, facts: dict[str, dict[str, str]], parameters: dict[str, Any]
) -> Any:
    """What answered and at what cost, and how many requests each method takes."""
    from vqa_canary.audit.given import Answered
    from vqa_canary.audit.models import models_of
    from vqa_canary.pipelines.auditing.provenance import costs_by_model, priced

    answered = models_of(evidence, items, instances, facts)
    models = [priced(row, parameters["models"].get(row.model)) for row in answered]
    return Answered(models, costs_by_model(parameters, facts))


def gather_checks(
    quarantine: Any,
    accounting: list[dict[str, Any]],
    verifications: list[dict[str, Any]],
    readability: list[dict[str, Any]],
    image_record: dict[str, Any],
) -> Any:
    """What other steps of the run found, as the audit's record tells it."""
    from vqa_canary.audit.given import RunChecks
    from vqa_canary.audit.record.answers import Accounted, ImageCounts, Readability, Verified
    from vqa_canary.audit.record.asked import RefusalCount
    from vqa_canary.report.images import summary_of
    from vqa_canary.sources.refusals import count_refusals

    return RunChecks(
        refused=[RefusalCount.model_validate(row) for row in count_refusals(quarantine)],
        accounting=[Accounted.model_validate(row) for row in accounting],
        verifications=[Verified.model_validate(row) for row in verifications],
        readability=[Readability.model_validate(row) for row in readability],
        images=ImageCounts.model_validate(summary_of(image_record)),
    )


def describe_run(
    scores: Any,
    instances: Any,
    items: Any,
    evidence: Any,
    facts: dict[str, dict[str, str]],
    parameters: dict[str, Any],
) -> Any:
    """What is needed to repeat the audit."""
    from vqa_canary.pipelines.auditing.provenance import provenance

    tables = {"items": items, "instances": instances, "evidence": evidence, "scores": scores}
    return provenance(parameters, tables, facts)


def compose(
    tables: Any, answered: Any, comparison: Any, checks: Any, provenance: Any, parameters: dict[str, Any]
) -> dict[str, Any]:
    """`audit.json`: every figure of the page, and what is needed to repeat it."""
    from vqa_canary.audit.composing import audit_record
    from vqa_canary.audit.record.policies import AuditTarget

    settings = typed(parameters)
    asked: AuditSettings = settings["audit"]
    evaluation: Evaluation = settings["evaluation"]
    record = audit_record(
        tables,
        AuditTarget(
            alpha=asked.largest_error,
            delta=1 - asked.confidence,
            conformal=asked.conformal_coverage,
            share=asked.calibration_share,
            method=asked.method,
        ),
        provenance,
        checks,
        answered=answered,
        nota_conditions=evaluation.nota_conditions,
        subgroups=evaluation.subgroups,
        comparison=comparison or None,
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

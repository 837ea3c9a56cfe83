"""Nodes of `auditing`."""

from __future__ import annotations

from typing import Any

from vqa_canary.pipelines.parameters import AuditSettings, Evaluation, ReportSettings


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
    from vqa_canary.audit.comparison_record import comparison_of
    from vqa_canary.audit.shared_questions import Audit as Tables
    from vqa_canary.tables import spread

    baseline = parameters["baseline"]
    if not baseline:
        return {}
    old = Tables(old_scores, old_instances, old_items)
    new = Tables(scores, instances, spread(items))
    found = compare_audits(
        old, new, nota_conditions=evaluation.nota_conditions, subgroups=evaluation.subgroups
    )
    return comparison_of(str(baseline), found)


def draw_sets(
    evidence: Any, instances: Any, items: Any, audit: AuditSettings, seed: int
) -> list[dict[str, Any]]:
    """The conformal sets of each held-out question."""
    from vqa_canary.audit.conformal import conformal_sets

    target, share = audit.conformal_coverage, audit.calibration_share
    return conformal_sets(evidence, instances, items, seed=seed, target=target, share=share)


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
    from vqa_canary.audit.record import Tables, Target, audit_record
    from vqa_canary.pipelines.auditing.provenance import costs_by_model, priced, provenance
    from vqa_canary.report.images import summary_of
    from vqa_canary.sources.refusals import count_refusals
    from vqa_canary.tables import spread

    record = audit_record(
        Tables(spread(items), instances, evidence, scores, metrics),
        Target(
            alpha=audit.largest_error,
            delta=1 - audit.confidence,
            conformal=audit.conformal_coverage,
            share=audit.calibration_share,
            method=audit.method,
        ),
        seed=parameters["seed"],
        nota_conditions=evaluation.nota_conditions,
        subgroups=evaluation.subgroups,
        costs=costs_by_model(parameters, facts),
        facts=facts,
        refused=count_refusals(quarantine),
        comparison=comparison or None,
    )
    record["models"] = [priced(row, parameters["models"].get(row["model"])) for row in record["models"]]
    tables = {"items": items, "instances": instances, "evidence": evidence, "scores": scores}
    measured = {
        "accounting": accounting,
        "verifications": verifications,
        "readability": readability,
        "images": summary_of(image_record),
    }
    return record | measured | provenance(parameters, tables, facts)


def render(
    audit: dict[str, Any], items: Any, report: ReportSettings
) -> tuple[str, dict[str, str], dict[str, str]]:
    """The audit as one HTML page, its figures as SVG files, its tables as CSV and LaTeX files."""
    from vqa_canary.report.audit.page import make_audit_report

    texts = None
    if report.allows(report.show_questions, items):
        texts = {
            (row.dataset, row.item_id): (row.question, tuple(row.options), row.options[row.answer_index])
            for row in items.itertuples()
        }
    return make_audit_report(audit, texts)

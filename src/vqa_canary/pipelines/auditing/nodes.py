"""Nodes of `auditing`."""

from __future__ import annotations

from typing import Any

from vqa_canary.pipelines.gathered import AskedTables, Checks, DescribedRun
from vqa_canary.pipelines.parameters import AuditSettings, Evaluation, ReportSettings, Scoring

NOTHING = ""
"""Stands for a comparison that nobody asked for: Kedro takes no None from a node."""


def gather_studies(
    asked: AskedTables, old_scores: Any, old_instances: Any, old_items: Any
) -> tuple[Any, Any]:
    """The tables of the study that `baseline` names, and of this one.

    Without a baseline both are this study, whose tables have to be written before they are read under the other name:
    that is why one node takes them all.
    """
    from vqa_canary.audit.shared_questions import StudyTables
    from vqa_canary.frames import spread

    old = StudyTables(old_scores, old_instances, old_items)
    return old, StudyTables(asked.scores, asked.instances, spread(asked.items))


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


def gather_tables(grids: list[Any], asked: AskedTables, evidence: Any, metrics: Any) -> Any:
    """What was asked, what came back and how it was scored, for the audit."""
    from vqa_canary.audit.given import AuditTables
    from vqa_canary.frames import spread

    return AuditTables(grids, spread(asked.items), asked.instances, evidence, metrics)


def describe_run(
    asked: AskedTables,
    checks: Checks,
    evidence: Any,
    scoring: Scoring,
    seed: int,
    parameters: dict[str, Any],
    review: dict[str, Any] | None = None,
) -> DescribedRun:
    """What answered and at what cost, what other steps of the run found, and what is needed to repeat it.

    `scoring` and `seed` are among all parameters as well. Named by themselves, they are part of what the audit is
    known to be made from, so that a page is never made from an audit of other settings.
    """
    from vqa_canary.pipelines.auditing.deciding import decided
    from vqa_canary.pipelines.auditing.provenance import answered, provenance, run_checks

    models = {name: facts.get("fingerprint") for name, facts in asked.facts.items()}
    return DescribedRun(
        answered(asked, evidence, parameters),
        run_checks(asked, checks),
        provenance(asked, evidence, parameters),
        decided(parameters, models, asked.items, asked.instances, review),
        review,
    )


def lock_protocol(run: DescribedRun) -> Any:
    """What this audit is made with, to find its lock by; one that is not locked yet is locked now, as what it is."""
    from vqa_canary.datasets.protocol_locks import Decided

    return Decided(run.decided)


def compose(
    tables: Any,
    run: DescribedRun,
    comparison: Any,
    attempts: Any,
    audit: AuditSettings,
    evaluation: Evaluation,
) -> dict[str, Any]:
    """`audit.json`: every figure of the page, and what is needed to repeat it."""
    from vqa_canary.audit.composing import audit_record
    from vqa_canary.audit.record.policies import AuditTarget
    from vqa_canary.pipelines.auditing.provenance import given_review, protocol

    record = audit_record(
        tables,
        AuditTarget(
            alpha=audit.largest_error,
            delta=1 - audit.confidence,
            conformal=audit.conformal_coverage,
            share=audit.calibration_share,
            method=audit.method,
            hold_for=audit.hold_for,
        ),
        run.provenance,
        run.checks,
        protocol(run, attempts),
        answered=run.answered,
        nota_conditions=evaluation.nota_conditions,
        subgroups=evaluation.subgroups,
        comparison=comparison or None,
        robustness=audit.robustness,
        review=given_review(run.review, attempts) if run.review else None,
    )
    return record.model_dump(mode="json")


def render(
    audit: dict[str, Any], items: Any, report: ReportSettings
) -> tuple[str, dict[str, str | bytes], dict[str, str]]:
    """The audit as one HTML page, its figures as SVG and PDF files, its tables as CSV and LaTeX files."""
    from vqa_canary.report.audit.page import make_audit_report

    texts = None
    if report.allows(report.show_questions, items):
        texts = {
            (row.dataset, row.item_id): (row.question, tuple(row.options), row.options[row.answer_index])
            for row in items.itertuples()
        }
    return make_audit_report(audit, texts)


def render_for_committee(audit: dict[str, Any]) -> str:
    """The audit on one or two printed pages, for whoever decides."""
    from vqa_canary.report.audit.committee import make_committee_page

    return make_committee_page(audit)


def list_for_review(
    tables: Any, audit: dict[str, Any], items: Any, report: ReportSettings
) -> tuple[str, str, dict[str, str]]:
    """`review.csv` and `review.html`, the questions that a person should look at, and both by their names.

    Texts of questions and copies of images are in them only where every data set that was asked may be shown.
    """
    from vqa_canary.audit.record.document import read
    from vqa_canary.audit.review_list import review_list
    from vqa_canary.frames import to_rows
    from vqa_canary.project import project_root
    from vqa_canary.report.reviewing.entries import entries
    from vqa_canary.report.reviewing.file import review_csv
    from vqa_canary.report.reviewing.page import IMAGE_ROOM, IMAGE_SIDE, MOST_SHOWN, review_page
    from vqa_canary.report.study.thumbnails import thumbnails
    from vqa_canary.review_form import audit_name
    from vqa_canary.rows import Item
    from vqa_canary.sources.images import image_opener

    record = read(audit)
    listed = review_list(tables.grids, record.headline)
    texts = report.allows(report.show_questions, tables.instances)
    found = entries(listed, items, tables.instances, texts)
    name = audit_name(record.protocol.attempt, record.protocol.hash)
    images = None
    if report.allows(report.show_images, tables.instances):
        wanted = {(one.dataset, one.item_id) for one in listed[:MOST_SHOWN]}
        shown = items[[pair in wanted for pair in zip(items["dataset"], items["item_id"], strict=True)]]
        images = thumbnails(to_rows(shown, Item), image_opener(project_root()), IMAGE_ROOM, IMAGE_SIDE)
    file, page = review_csv(found, name), review_page(record, found, listed, images, texts, name)
    return file, page, {"review.csv": file, "review.html": page}


def gather_pages(page: str, committee: str, review: dict[str, str]) -> dict[str, str]:
    """What people read of an audit, by file name."""
    return {"audit.html": page, "committee.html": committee} | review


def keep_attempt(
    audit: dict[str, Any],
    sets: list[dict[str, Any]],
    pages: dict[str, str],
    figures: dict[str, str | bytes],
    tables: dict[str, str],
) -> Any:
    """The files of this audit, to be kept with its attempt."""
    import json

    from vqa_canary.datasets.kept_attempts import KeptAudit

    files: dict[str, str | bytes] = {
        "audit.json": json.dumps(audit, indent=2),
        "conformal_sets.json": json.dumps(sets, indent=2),
        **pages,
        **{f"audit_figures/{name}": file for name, file in figures.items()},
        **{f"audit_tables/{name}": text for name, text in tables.items()},
    }
    return KeptAudit(audit["protocol"]["attempt"], files)

"""The pipeline `auditing`: when may this model be trusted?"""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from vqa_canary.pipelines.auditing.nodes import (
    compare_with_baseline,
    compose,
    describe_run,
    draw_sets,
    gather_pages,
    gather_studies,
    gather_tables,
    keep_attempt,
    list_for_review,
    lock_protocol,
    render,
    render_for_committee,
)
from vqa_canary.pipelines.configuration import is_reviewed
from vqa_canary.pipelines.measuring.pipeline import create_pipeline as measuring

BASELINE = ("baseline_scores", "baseline_instances", "baseline_items")
"""Tables of the study that `baseline` names; without one they are this study's own, and nothing is compared."""


def create_pipeline() -> Pipeline:
    """Scores -> policies, conformal sets and all else of `audit.json` -> page, and the list for a reviewer."""
    review = ["applied_review"] * is_reviewed()
    return measuring() + Pipeline(
        [
            Node(gather_studies, ["asked", *BASELINE], "compared_studies", name="gather_studies"),
            Node(
                compare_with_baseline,
                ["compared_studies", "params:evaluation", "parameters"],
                "baseline_comparison",
                name="compare_with_baseline",
            ),
            Node(
                draw_sets,
                ["all_evidence", "instances", "items", "params:audit", "params:seed"],
                "conformal_sets",
                name="draw_conformal_sets",
            ),
            Node(
                gather_tables,
                ["grids", "asked", "all_evidence", "metrics"],
                "audited_study",
                name="gather_tables",
            ),
            Node(
                describe_run,
                ["asked", "checks", "all_evidence", "params:scoring", "params:seed", "parameters", *review],
                "described_run",
                name="describe_run",
            ),
            Node(lock_protocol, "described_run", "protocol", name="lock_protocol"),
            Node(
                compose,
                [
                    "audited_study",
                    "described_run",
                    "baseline_comparison",
                    "protocol",
                    "params:audit",
                    "params:evaluation",
                ],
                "audit",
                name="compose_audit",
            ),
            Node(
                render,
                ["audit", "items", "params:report"],
                ["audit_report", "audit_figures", "audit_tables"],
                name="render_audit",
            ),
            Node(render_for_committee, "audit", "committee_page", name="render_for_committee"),
            Node(
                list_for_review,
                ["audited_study", "audit", "items", "params:report"],
                ["review_csv", "review_page", "review_files"],
                name="list_for_review",
            ),
            Node(
                gather_pages,
                ["audit_report", "committee_page", "review_files"],
                "audit_pages",
                name="gather_pages",
            ),
            Node(
                keep_attempt,
                [
                    "audit",
                    "conformal_sets",
                    "audit_pages",
                    "audit_figures",
                    "audit_tables",
                ],
                "kept_attempts",
                name="keep_attempt",
            ),
        ]
    )

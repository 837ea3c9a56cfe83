"""The pipeline `auditing`: when may this model be trusted?"""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from vqa_canary.pipelines.auditing.nodes import (
    compare_with_baseline,
    compose,
    describe_models,
    describe_run,
    draw_sets,
    gather_checks,
    gather_studies,
    gather_tables,
    render,
)
from vqa_canary.pipelines.measuring.pipeline import create_pipeline as measuring

TABLES = ("scores", "instances", "items")

BASELINE = ("baseline_scores", "baseline_instances", "baseline_items")
"""Tables of the study that `baseline` names; without one they are this study's own, and nothing is compared."""


def create_pipeline() -> Pipeline:
    """Scores -> policies, conformal sets and all else of `audit.json` -> page."""
    return measuring() + Pipeline([*_gathering(), *_auditing()])


def _gathering() -> list[Node]:
    """What the record is made from, grouped by what belongs together."""
    return [
        Node(gather_studies, [*TABLES, *BASELINE], "compared_studies", name="gather_studies"),
        Node(
            gather_tables,
            ["grids", "items", "instances", "all_evidence", "metrics"],
            "audited_study",
            name="gather_tables",
        ),
        Node(
            describe_models,
            ["all_evidence", "items", "instances", "model_facts", "parameters"],
            "answered",
            name="describe_models",
        ),
        Node(
            gather_checks,
            ["quarantine", "accounting", "verifications", "readability", "image_record"],
            "run_checks",
            name="gather_checks",
        ),
        Node(
            describe_run,
            [*TABLES, "all_evidence", "model_facts", "parameters"],
            "provenance",
            name="describe_run",
        ),
    ]


def _auditing() -> list[Node]:
    return [
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
            compose,
            ["audited_study", "answered", "baseline_comparison", "run_checks", "provenance", "parameters"],
            "audit",
            name="compose_audit",
        ),
        Node(
            render,
            ["audit", "items", "params:report"],
            ["audit_report", "audit_figures", "audit_tables"],
            name="render_audit",
        ),
    ]

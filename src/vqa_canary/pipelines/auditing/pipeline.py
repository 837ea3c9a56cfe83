"""The pipeline `auditing`: when may this model be trusted?"""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from vqa_canary.pipelines.auditing.nodes import compare_with_baseline, compose, draw_sets, render
from vqa_canary.pipelines.measuring.pipeline import create_pipeline as measuring

TABLES = ("scores", "instances", "items")

BASELINE = ("baseline_scores", "baseline_instances", "baseline_items")
"""Tables of the study that `baseline` names; without one they are this study's own, and nothing is compared."""


def create_pipeline() -> Pipeline:
    """Scores -> policies, conformal sets and all else of `audit.json` -> page."""
    about = ["params:audit", "params:evaluation", "parameters"]
    return measuring() + Pipeline(
        [
            Node(
                compare_with_baseline,
                [*TABLES, *BASELINE, "params:evaluation", "parameters"],
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
                [
                    *TABLES,
                    "all_evidence",
                    "metrics",
                    "quarantine",
                    "model_facts",
                    "baseline_comparison",
                    "accounting",
                    "verifications",
                    "readability",
                    "image_record",
                    *about,
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
        ]
    )

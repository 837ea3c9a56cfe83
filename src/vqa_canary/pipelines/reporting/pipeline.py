"""The pipeline `reporting`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from vqa_canary.pipelines.measuring.pipeline import create_pipeline as measuring
from vqa_canary.pipelines.reporting.nodes import (
    compare,
    compare_labels,
    compare_variants,
    gather_findings,
    judge,
    render,
    trace,
)


def create_pipeline() -> Pipeline:
    """Scores -> metrics (the pipeline `measuring`) and claims -> page."""
    return measuring() + Pipeline(
        [
            Node(
                judge,
                ["grids", "all_evidence", "instances", "params:models", "params:evaluation", "params:seed"],
                "claims",
                name="judge",
            ),
            Node(compare, ["grids", "params:seed"], "comparison", name="compare_methods"),
            Node(
                compare_labels,
                ["grids", "all_evidence", "instances", "items", "params:scoring"],
                "label_effect",
                name="compare_labels",
            ),
            Node(
                compare_variants,
                ["grids", "params:models", "params:evaluation"],
                "variants",
                name="compare_variants",
            ),
            Node(trace, ["grids", "params:models", "params:evaluation"], "curves", name="trace_curves"),
            Node(
                gather_findings,
                ["metrics", "curves", "claims", "label_effect", "variants", "comparison"],
                "findings",
                name="gather_findings",
            ),
            Node(
                render,
                ["asked", "findings", "checks", "all_evidence", "params:report", "parameters"],
                ["report", "report_figures", "report_tables"],
                name="render_report",
            ),
        ]
    )

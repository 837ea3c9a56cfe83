"""The pipeline `reporting`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from vqa_canary.pipelines.configuration import configured, namespaces
from vqa_canary.pipelines.reporting.nodes import (
    account,
    build_grids,
    compare,
    compare_labels,
    compare_variants,
    evaluate,
    gather,
    judge,
    read_answers,
    render,
    trace,
)
from vqa_canary.pipelines.verification.nodes import gather_certificates

TABLES = ("scores", "instances", "items")


def create_pipeline() -> Pipeline:
    """Scores -> metrics and claims -> page."""
    shown = [
        *(
            "items",
            "instances",
            "scores",
            "quarantine",
            "metrics",
            "curves",
            "claims",
            "label_effect",
        ),
        *("params:scoring", "params:evaluation", "params:report", "parameters"),
        *("model_facts", "variants", "accounting", "verifications", "readability", "image_record"),
    ]
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
            Node(trace, ["grids", "params:evaluation"], "curves", name="trace_curves"),
            Node(render, shown, ["report", "report_figures", "report_tables"], name="render_report"),
        ]
    )


def measuring() -> Pipeline:
    """Scores -> metrics: what every page rests on."""
    spaces = list(namespaces(list(configured("models"))).values())
    evidence = [f"{space}_evidence" for space in spaces]
    return Pipeline(
        [
            Node(gather, evidence, ["all_evidence", "model_facts"], name="gather_evidence"),
            Node(
                build_grids,
                ["scores", "instances", "items", "all_evidence", "params:evaluation", "params:seed"],
                "grids",
                name="build_grids",
            ),
            Node(
                evaluate,
                ["grids", "all_evidence", "instances", "items", "params:evaluation", "params:seed"],
                "metrics",
                name="evaluate",
            ),
            Node(
                account,
                [
                    *TABLES,
                    "all_evidence",
                    "metrics",
                    "quarantine",
                    "params:models",
                    "params:conditions",
                    "params:scoring",
                ],
                "accounting",
                name="account_for_rows",
            ),
            Node(
                read_answers,
                ["grids", "all_evidence", "instances", "items", "params:evaluation"],
                "readability",
                name="read_answers",
            ),
            Node(
                gather_certificates,
                ["all_evidence", "parameters", *(f"{space}_verification" for space in spaces)],
                "verifications",
                name="gather_certificates",
            ),
        ]
    )

"""The pipeline `measuring`: scores become metrics, and every row is accounted for. What every page rests on."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from vqa_canary.pipelines.configuration import configured, namespaces
from vqa_canary.pipelines.measuring.nodes import (
    account,
    build_grids,
    draw_parts,
    evaluate,
    gather,
    gather_asked,
    gather_certificates,
    gather_checks,
    read_answers,
)


def create_pipeline() -> Pipeline:
    """Scores -> metrics."""
    spaces = list(namespaces(list(configured("models"))).values())
    evidence = [f"{space}_evidence" for space in spaces]
    tables = ["all_evidence", "instances", "items"]
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
                ["grids", *tables, "params:evaluation", "params:seed"],
                "metrics",
                name="evaluate",
            ),
            Node(
                gather_asked,
                ["items", "instances", "scores", "quarantine", "image_record", "model_facts"],
                "asked",
                name="gather_asked",
            ),
            Node(
                draw_parts,
                ["items", "instances", "quarantine", "params:conditions", "params:seed"],
                "asked_parts",
                name="draw_parts",
            ),
            Node(
                account,
                ["asked", "asked_parts", "all_evidence", "metrics", "params:models", "params:scoring"],
                "accounting",
                name="account_for_rows",
            ),
            Node(
                read_answers,
                ["grids", *tables, "params:evaluation"],
                "readability",
                name="read_answers",
            ),
            Node(
                gather_certificates,
                ["all_evidence", "parameters", *(f"{space}_verification" for space in spaces)],
                "verifications",
                name="gather_certificates",
            ),
            Node(
                gather_checks, ["accounting", "verifications", "readability"], "checks", name="gather_checks"
            ),
        ]
    )

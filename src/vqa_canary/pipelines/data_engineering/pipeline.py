"""The pipeline `data_engineering`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from vqa_canary.pipelines.configuration import is_audit
from vqa_canary.pipelines.data_engineering.nodes import collect, estimate, gather, show
from vqa_canary.pipelines.planning.pipeline import create_pipeline as planning


def create_pipeline() -> Pipeline:
    """Raw files become items, and items become instances; what both steps refuse goes into one quarantine, and what
    asking will cost is estimated. Where an audit is what is run, so is what it can show."""
    made = Pipeline(
        [
            Node(
                collect,
                ["params:datasets", "params:images", "params:converted_images", "params:seed", "parameters"],
                ["items", "refused_records", "image_record"],
                name="collect_items",
            ),
            Node(
                show,
                [
                    "items",
                    "params:selection",
                    "params:conditions",
                    "params:seed",
                    "parameters",
                ],
                ["instances", "refused_conditions"],
                name="show_items",
            ),
            Node(
                gather,
                ["refused_records", "refused_conditions"],
                ["quarantine", "quarantine_csv"],
                name="gather_refusals",
            ),
            Node(
                estimate,
                ["items", "instances", "quarantine", "params:models", "params:prompts", "params:sampling"],
                "forecast",
                name="estimate_cost",
            ),
        ]
    )
    return made + planning() if is_audit() else made

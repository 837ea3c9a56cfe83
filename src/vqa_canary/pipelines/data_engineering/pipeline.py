"""The pipeline `data_engineering`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from vqa_canary.pipelines.configuration import is_audit, is_reviewed
from vqa_canary.pipelines.data_engineering.nodes import collect, estimate, gather, show
from vqa_canary.pipelines.data_engineering.reviewing import apply_review, leave_out
from vqa_canary.pipelines.planning.pipeline import create_pipeline as planning


def create_pipeline() -> Pipeline:
    """Raw files become items, and items become instances; what both steps refuse goes into one quarantine, and what
    asking will cost is estimated. Where an audit is what is run, so is what it can show; and what a reviewer has
    written about its questions is followed."""
    reviewed = is_reviewed()
    made = Pipeline(
        [
            Node(
                collect,
                ["params:datasets", "params:images", "params:converted_images", "params:seed", "parameters"],
                ["given_items" if reviewed else "items", "refused_records", "image_record"],
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
                ["shown_instances" if reviewed else "instances", "refused_conditions"],
                name="show_items",
            ),
            Node(
                gather,
                ["refused_records", "refused_conditions", *["refused_by_review"] * reviewed],
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
    made += _review() if reviewed else Pipeline([])
    return made + planning() if is_audit() else made


def _review() -> Pipeline:
    """Keys and questions as reviewers have corrected them."""
    return Pipeline(
        [
            Node(
                apply_review,
                ["given_items", "params:review", "earlier_attempts", "parameters"],
                ["items", "applied_review"],
                name="apply_review",
            ),
            Node(
                leave_out,
                ["shown_instances", "applied_review", "params:models"],
                ["instances", "refused_by_review"],
                name="leave_out",
            ),
        ]
    )

"""The pipeline `planning`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from vqa_canary.pipelines.planning.nodes import plan_audit

SETTINGS = ("audit", "planning", "evaluation", "scoring", "sampling", "embedder", "models", "seed")
"""The sections of the parameters that a plan rests on."""


def create_pipeline() -> Pipeline:
    """Items and instances -> what an audit of them can show.

    Where an audit is what is run, `data_engineering` ends with this pipeline.
    """
    return Pipeline(
        [
            Node(
                plan_audit,
                ["items", "instances", *(f"params:{name}" for name in SETTINGS)],
                "plan",
                name="plan_audit",
            )
        ]
    )

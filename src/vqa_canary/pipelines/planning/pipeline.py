"""The pipeline `planning`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from vqa_canary.pipelines.planning.nodes import gather_aims, plan_audit

AIMS = ("audit", "planning", "scoring", "sampling", "embedder", "models")
"""The sections of the parameters that say what an audit is to show, and of whom."""


def create_pipeline() -> Pipeline:
    """Items and instances -> what an audit of them can show.

    Where an audit is what is run, `data_engineering` ends with this pipeline.
    """
    return Pipeline(
        [
            Node(gather_aims, [f"params:{name}" for name in AIMS], "aims", name="gather_aims"),
            Node(
                plan_audit,
                ["items", "instances", "aims", "params:evaluation", "params:seed"],
                "plan",
                name="plan_audit",
            ),
        ]
    )

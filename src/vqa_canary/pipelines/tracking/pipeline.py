"""The pipeline `tracking`: records in MLflow the runs of all studies that are kept for it. It is no run itself."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from vqa_canary.pipelines.tracking.nodes import record_kept_runs
from vqa_canary.tracking.hook import UNTRACKED


def create_pipeline() -> Pipeline:
    """Nothing is computed, and no table is read or written."""
    return Pipeline([Node(record_kept_runs, "parameters", None, name="record_kept_runs", tags=UNTRACKED)])

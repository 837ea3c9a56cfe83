"""The pipeline `monitoring`: does a policy in use still keep to what its audit promised?"""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from vqa_canary.pipelines.configuration import configured, namespaces
from vqa_canary.pipelines.measuring.nodes import gather
from vqa_canary.pipelines.monitoring.nodes import agree, enter, hold_audit, observe_batch, render

AUDITED = ("audited_record", "audited_scores", "audited_instances", "audited_items")
"""The audit, and tables of the study, that `audited` names."""


def create_pipeline() -> Pipeline:
    """Scores of a batch, and an audit -> an entry of the log -> page."""
    evidence = [f"{space}_evidence" for space in namespaces(list(configured("models"))).values()]
    return Pipeline(
        [
            Node(gather, evidence, ["all_evidence", "model_facts"], name="gather_evidence"),
            Node(hold_audit, [*AUDITED, "params:monitor"], "held_audit", name="hold_audit"),
            Node(
                agree,
                ["held_audit", "model_facts", "params:monitor", "parameters"],
                "watched",
                name="agree_on_model",
            ),
            Node(
                observe_batch,
                ["watched", "scores", "instances", "items", "watch_log"],
                ["observations", "batch_facts"],
                name="observe_batch",
            ),
            Node(
                enter,
                ["watched", "observations", "batch_facts", "watch_log"],
                "watch_entries",
                name="enter_batch",
            ),
            Node(
                render,
                ["watch_entries", "params:watch"],
                ["watch_report", "watch_figures", "watch_tables"],
                name="render_watch",
            ),
        ]
    )

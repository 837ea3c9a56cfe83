"""The pipeline `inference`: one namespace a model, made from the configured models."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from vqa_canary.pipelines.configuration import configured, namespaces
from vqa_canary.pipelines.inference.nodes import plan_evidence_of


def create_pipeline() -> Pipeline:
    """Every configured model is asked in a namespace of its own.

    `kedro run --pipeline inference --namespaces NAME` asks one model alone.
    """
    return sum(
        (_one_model(name, space) for name, space in namespaces(list(configured("models"))).items()),
        Pipeline([]),
    )


def _one_model(name: str, space: str) -> Pipeline:
    shared = ["params:prompts", "params:sampling", "parameters"]
    node = Node(
        plan_evidence_of(name),
        ["instances", "image_record", "params:model", *shared],
        "evidence",
        name="answer",
    )
    return Pipeline(
        [node],
        namespace=space,
        inputs={"instances", "image_record"},
        parameters={"params:model": f"params:models.{name}", **{key: key for key in shared}},
        outputs={"evidence": f"{space}_evidence"},
    )

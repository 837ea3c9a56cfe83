"""The pipeline `verification`: one namespace a model, and one certificate."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from vqa_canary.pipelines.configuration import configured, namespaces
from vqa_canary.pipelines.verification.nodes import verify_model


def create_pipeline() -> Pipeline:
    """Every configured model is verified in a namespace of its own.

    `kedro run --pipeline verification --namespaces NAME` verifies one model alone.
    """
    return sum(
        (_one_model(name, space) for name, space in namespaces(list(configured("models"))).items()),
        Pipeline([]),
    )


def _one_model(name: str, space: str) -> Pipeline:
    shared = ["params:verification", "parameters"]
    node = Node(
        verify_model(name),
        ["items", "instances", "evidence", "params:model", *shared],
        "verification",
        name="verify",
    )
    return Pipeline(
        [node],
        namespace=space,
        inputs={"items": "items", "instances": "instances", "evidence": f"{space}_evidence"},
        parameters={"params:model": f"params:models.{name}", **{name: name for name in shared}},
        outputs={"verification": f"{space}_verification"},
    )

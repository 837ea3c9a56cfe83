"""The pipeline `ue_scoring`: one namespace a model, then all models in one table."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from vqa_canary.pipelines.configuration import configured, namespaces
from vqa_canary.pipelines.ue_scoring.nodes import gather, score


def create_pipeline() -> Pipeline:
    """Every configured model's evidence is scored in a namespace of its own, then all scores become one table.

    `kedro run --pipeline ue_scoring --namespaces NAME` scores one model alone.
    """
    spaces = list(namespaces(list(configured("models"))).values())
    gathering = Node(gather, [f"{space}_scores" for space in spaces], "scores", name="gather_scores")
    return sum((_one_model(space) for space in spaces), Pipeline([gathering]))


def _one_model(space: str) -> Pipeline:
    node = Node(score, ["evidence", "instances", "params:scoring"], "scores", name="score")
    return Pipeline(
        [node],
        namespace=space,
        inputs={"evidence": f"{space}_evidence", "instances": "instances"},
        parameters={"params:scoring"},
        outputs={"scores": f"{space}_scores"},
    )

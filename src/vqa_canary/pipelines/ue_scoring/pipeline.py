"""The pipeline `ue_scoring`: one namespace a model, then all models in one table."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from vqa_canary.pipelines.configuration import configured, namespaces
from vqa_canary.pipelines.ue_scoring.nodes import embed, gather, score


def create_pipeline() -> Pipeline:
    """Every configured model's samples are embedded and its evidence is scored in a namespace of its own, then all
    scores become one table.

    `kedro run --pipeline ue_scoring --namespaces NAME` scores one model alone.
    """
    spaces = list(namespaces(list(configured("models"))).values())
    gathering = Node(gather, [f"{space}_scores" for space in spaces], "scores", name="gather_scores")
    return sum((_one_model(space) for space in spaces), Pipeline([gathering]))


def _one_model(space: str) -> Pipeline:
    asked = ["evidence", "instances"]
    embedding = Node(embed, [*asked, "params:scoring", "params:embedder"], "embeddings", name="embed")
    scoring = Node(score, [*asked, "embeddings", "params:scoring"], "scores", name="score")
    return Pipeline(
        [embedding, scoring],
        namespace=space,
        inputs={"evidence": f"{space}_evidence", "instances": "instances"},
        parameters={"params:scoring", "params:embedder"},
        outputs={"embeddings": f"{space}_embeddings", "scores": f"{space}_scores"},
    )

"""The pipeline `reference_models`: one namespace a training run."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from vqa_canary.pipelines.configuration import configured, namespaces
from vqa_canary.pipelines.data_engineering.pipeline import create_pipeline as data_engineering
from vqa_canary.pipelines.parameters import ReferenceModel
from vqa_canary.pipelines.reference_models.nodes import (
    checkpoints,
    train_on_items_of,
    train_on_phantoms_of,
)


def create_pipeline() -> Pipeline:
    """Every configured training run; where one of them learns from items, the node that collects items runs first."""
    runs = {name: ReferenceModel(**settings) for name, settings in configured("reference_models").items()}
    spaces = namespaces(list(runs))
    pipelines = [_one_run(name, spaces[name], run) for name, run in runs.items()]
    if any(run.learns_from == "items" for run in runs.values()):
        pipelines.append(data_engineering().only_nodes("collect_items"))
    return sum(pipelines, Pipeline([]))


def _one_run(name: str, space: str, run: ReferenceModel) -> Pipeline:
    folders = [f"{model}_folder" for model in checkpoints(space, run.training.lengths)]
    settings = ["params:model", "params:prompts", "params:seed"]
    progress = f"{space}_progress"
    from_items = run.learns_from == "items"
    node = Node(
        train_on_items_of(name) if from_items else train_on_phantoms_of(name),
        [*(["items"] if from_items else []), *settings, progress],
        [*folders, "curves"],
        name="train",
    )
    parameters: dict[str, Any] = {key: key for key in settings} | {
        "params:model": f"params:reference_models.{name}"
    }
    return Pipeline(
        [node],
        namespace=space,
        inputs={progress, *(["items"] if from_items else [])},
        parameters=parameters,
        outputs={**{folder: folder for folder in folders}, "curves": f"{space}_curves"},
    )

"""Which runs can be known again as finished: those of which everything can be compared that they read and make."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from vqa_canary.datasets.store import is_local
from vqa_canary.finished.basis import UNIMPORTANT, uncounted_packages
from vqa_canary.finished.places import are_comparable
from vqa_canary.pipelines.origins import PARAMETERS, hides_secret, pipeline_of
from vqa_canary.pipelines.storing import store_of

PLANNING = "planning"
STAGES = frozenset({"data_engineering", "inference", "ue_scoring", "measuring", "reporting", PLANNING})
"""Stages whose results rest on nothing but what `basis_of` counts. The attempts of an audit and the log of a watch are
entered by every run, and a verification asks a model anew, so a run of theirs is none of these."""
PAGE = "report"
"""Dataset of the page in which a study ends; a run that does not make it is always done."""


def can_be_finished(run_params: dict[str, Any], pipeline: Pipeline, catalog: Any) -> bool:
    """Whether the same run need not be made again where nothing has changed.

    Parameters
    ----------
    run_params : as Kedro gives them to hooks
    """
    parameters = catalog.load("parameters")
    return (
        PAGE in pipeline.all_outputs()
        and {pipeline_of(node) for node in pipeline.nodes} <= STAGES
        and is_local(store_of(parameters))
        and not run_params.get("only_missing_outputs")
        and not parameters.get("retry_failed")
        and not parameters.get("shown_images")
        and are_comparable(pipeline, catalog)
        and all(hasattr(catalog.get(name), "holds") for name in _read_outputs(pipeline))
        and not any(hides_secret(f"{PARAMETERS}{name}", parameters[name]) for name in _important(parameters))
        and not uncounted_packages()
    )


def reading_nodes(pipeline: Pipeline) -> list[Node]:
    """Nodes that read settings and files alone. The aims of a plan are settings and no files."""
    return [
        node
        for node in pipeline.nodes
        if pipeline_of(node) != PLANNING
        and all(name.startswith(PARAMETERS) or name == "parameters" for name in node.inputs)
    ]


def _read_outputs(pipeline: Pipeline) -> list[str]:
    return [name for node in reading_nodes(pipeline) for name in node.outputs]


def _important(parameters: dict[str, Any]) -> list[str]:
    return [name for name in parameters if name not in UNIMPORTANT]

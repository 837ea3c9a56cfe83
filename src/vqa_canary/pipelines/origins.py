"""What each stored result of a pipeline is made from: the tables and the settings that the pipeline's nodes read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from pydantic import BaseModel

from vqa_canary.masking import masked
from vqa_canary.pipelines.parameters import TYPES, EmbedderSettings
from vqa_canary.seals import Damaged, Origin, code_version
from vqa_canary.ue.configured import code_of

PARAMETERS = "params:"
"""Begins the name by which a node reads one section of the parameters."""

PACE = frozenset(
    {"batch_size", "device", "device_map", "concurrency", "requests_per_minute", "timeout", "retries"}
    | {"min_wait", "max_wait", "max_calls", "max_tokens", "max_cost", "image_tokens", "credentials", "canary"}
    | {"stop_after_failures", "stop_at_failure_share", "stop_after_outage"}
    | {"data_leave_the_site", "identity_checked"}
)
"""The settings of a model that say where and how fast it is asked. No result rests on them."""


def origin_of(node: Node, pipeline: Pipeline, catalog: Any) -> Origin:
    """What the outputs of `node` are made from, as it stands in `catalog` now.

    What the node reads from memory is followed back, within `pipeline`, to what is stored.
    """
    inputs: dict[str, str] = {}
    settings: dict[str, Any] = {}
    for name in sorted(stored_inputs(node, pipeline, lambda name: is_stored(catalog, name))):
        if name.startswith(PARAMETERS):
            settings[name] = plain_setting(name, catalog.load(name))
        elif is_stored(catalog, name):
            try:
                inputs[name] = catalog.get(name).stored_seal().content
            except (Damaged, FileNotFoundError):  # loading it says what is wrong with it
                inputs[name] = "unknown"
    return Origin(f"{pipeline_of(node)}.{node.name}", inputs, settings, code=code_version())


def stored_inputs(node: Node, pipeline: Pipeline, stored: Callable[[str], bool]) -> set[str]:
    """Names of the stored tables and parameters that a node's result rests on. What the node reads from memory is
    followed back to what it was made from."""
    makers = {output: maker for maker in pipeline.nodes for output in maker.outputs}

    def back(name: str) -> Iterator[str]:
        if name.startswith(PARAMETERS) or stored(name) or name not in makers:
            yield name
            return
        for needed in makers[name].inputs:
            yield from back(needed)

    return {origin for name in node.inputs for origin in back(name)}


def is_stored(catalog: Any, name: str) -> bool:
    """Whether the catalog stores a table or file of this name with a seal, and requires it to be there."""
    if name.startswith(PARAMETERS) or name == "parameters":
        return False
    dataset = catalog.get(name)
    return hasattr(dataset, "stored_seal") and not getattr(dataset, "optional", False)


def plain_setting(name: str, value: Any) -> Any:
    """A parameter as a JSON value with its defaults filled in. Settings on which no result rests are left out, and of
    secrets only `hidden` is left."""
    return _as_json(masked(_stated(name, value)))


def hides_secret(name: str, value: Any) -> bool:
    """Whether `plain_setting` hides a part of a parameter, and so is the same for two values of that part."""
    return bool(plain_setting(name, value) != _as_json(_stated(name, value)))


def _stated(name: str, value: Any) -> Any:
    section = name.removeprefix(PARAMETERS)
    if section in TYPES and not isinstance(value, BaseModel):
        value = TYPES[section].model_validate(value or {})
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if section == "scoring":
        value = {**value, "code": code_of(value["methods"])}
    if section == "embedder":
        value = {"fingerprint": EmbedderSettings.model_validate(value).fingerprint}  # wherever it lies
    if section == "models" and isinstance(value, Mapping):
        value = {model: _without_pace(own) for model, own in value.items()}
    return value


def _as_json(value: Any) -> Any:
    def plain(part: Any) -> Any:
        return part.model_dump() if isinstance(part, BaseModel) else str(part)

    return json.loads(json.dumps(value, default=plain))


def pipeline_of(node: Node) -> str:
    """Name of the pipeline whose module defines the node's function: `vqa_canary.pipelines.<name>.nodes`."""
    parts = str(node.func.__module__).split(".")
    return parts[2] if len(parts) > 2 and parts[1] == "pipelines" else node.name


def _without_pace(model: Any) -> Any:
    if not isinstance(model, Mapping):
        return model
    return {name: value for name, value in model.items() if name not in PACE}

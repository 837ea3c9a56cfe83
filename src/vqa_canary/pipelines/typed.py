"""The parameters of a run as their types, whichever pipelines run: Kedro builds only what a node asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.registration import Sampling
from vqa_canary.images.settings import ImageSettings
from vqa_canary.pipelines.data_engineering.nodes import Selection
from vqa_canary.pipelines.reporting.nodes import Evaluation
from vqa_canary.pipelines.ue_scoring.nodes import Scoring

TYPES: Mapping[str, type[BaseModel]] = {
    "selection": Selection,
    "images": ImageSettings,
    "prompts": Prompts,
    "sampling": Sampling,
    "scoring": Scoring,
    "evaluation": Evaluation,
}


def typed(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """`parameters` with every section of `TYPES` built, defaults filled in."""
    built = {
        name: value
        if isinstance(value := parameters.get(name, {}), BaseModel)
        else kind.model_validate(value)
        for name, kind in TYPES.items()
    }
    return {**parameters, **built}

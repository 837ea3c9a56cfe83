"""What the study asked and whom, as fingerprints: equal ones mean that answers can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel


def fingerprints(parameters: Mapping[str, Any], project: Path) -> dict[str, Any]:
    """`prompts`: fingerprint; `conditions` and `models`: fingerprint by name.

    Where one cannot be had any more, such as that of a model whose folder is gone, the reason
    stands in its place.
    """
    from vqa_canary.conditions.registration import fingerprint
    from vqa_canary.engines.prompts import Prompts
    from vqa_canary.engines.registration import Sampling, make_engine
    from vqa_canary.errors import BadInput
    from vqa_canary.masking import mask

    prompts = Prompts(**_plain(parameters["prompts"]))
    sampling = Sampling(**_plain(parameters["sampling"]))

    def of_model(name: str, model: Mapping[str, Any]) -> str:
        try:
            return make_engine(name, model, prompts, sampling, parameters["seed"], project).fingerprint
        except (BadInput, OSError) as error:
            return mask(f"unknown: {error}")

    return {
        "prompts": prompts.fingerprint,
        "conditions": {name: fingerprint(name) for name in parameters["conditions"]},
        "models": {name: of_model(name, model) for name, model in parameters["models"].items()},
    }


def _plain(settings: Any) -> Mapping[str, Any]:
    """Settings as a mapping; Kedro may have built the model that a node asks for."""
    plain: Mapping[str, Any] = settings.model_dump() if isinstance(settings, BaseModel) else settings
    return plain

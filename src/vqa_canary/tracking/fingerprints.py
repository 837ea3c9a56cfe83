"""What the study asked and whom, as fingerprints: equal ones mean that answers can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def fingerprints(parameters: Mapping[str, Any], facts: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """`prompts`: fingerprint; `conditions` and `models`: fingerprint by name.

    A model's is the one that its evidence was made with, whatever its folder holds today.

    Parameters
    ----------
    parameters : of the study
    facts : what answered, by model, as the evidence tells it
    """
    from vqa_canary.conditions.registration import fingerprint
    from vqa_canary.engines.prompts import Prompts

    prompts = Prompts.model_validate(parameters["prompts"])  # settings, or the model that Kedro built of them
    return {
        "prompts": prompts.fingerprint,
        "conditions": {name: fingerprint(name) for name in parameters["conditions"]},
        "models": {
            name: facts.get(name, {}).get("fingerprint", "unknown: its evidence does not say")
            for name in parameters["models"]
        },
    }

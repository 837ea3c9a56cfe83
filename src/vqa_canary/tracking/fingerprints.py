"""Fingerprints of the prompts, conditions and models of a study: answers can be compared where they are equal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def fingerprints(parameters: Mapping[str, Any], facts: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The fingerprint of the `prompts`, and fingerprints by name of the `conditions` and the `models`.

    That of a model is the one that its evidence was made with, whatever its folder holds today.

    Parameters
    ----------
    parameters : settings of the study
    facts : by model, what answered, as the evidence records it
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

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


def settings_of_methods(parameters: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The settings of each configured UE method that has some, by the name that its rows bear."""
    from vqa_canary.ue.configured import methods_of

    scoring = parameters.get("scoring") or {}  # settings, or the model that Kedro built of them
    entries = scoring.get("methods", ()) if isinstance(scoring, Mapping) else scoring.methods
    return {method.name: method.settings for method in methods_of(entries) if method.settings}

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
    from vqa_canary.conditions.configured import settings_of_conditions
    from vqa_canary.conditions.registration import fingerprint
    from vqa_canary.engines.prompts import Prompts

    prompts = Prompts.model_validate(parameters["prompts"])  # settings, or the model that Kedro built of them
    return {
        "prompts": prompts.fingerprint,
        "conditions": {name: fingerprint(name) for name in settings_of_conditions(parameters["conditions"])},
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

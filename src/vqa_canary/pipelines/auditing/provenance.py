"""What is needed to repeat an audit: settings and fingerprints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vqa_canary import __version__
from vqa_canary.pipelines.configuration import repeated_by
from vqa_canary.pipelines.parameters import typed

if TYPE_CHECKING:
    from vqa_canary.audit.methods import Cost


def provenance(
    parameters: Mapping[str, Any],
    tables: Mapping[str, Any],
    facts: Mapping[str, Mapping[str, str]],
) -> dict[str, Any]:
    """The part of `audit.json` that is about the run, not about the model.

    Parameters
    ----------
    tables : frames by name of their table
    facts : what answered, by model, as the evidence tells it
    """
    from vqa_canary.audit.guidelines import NOT_COVERED, rows
    from vqa_canary.digests import digest
    from vqa_canary.report.commands import flat
    from vqa_canary.report.settings import settings_to_repeat
    from vqa_canary.tables import KEYS, from_frame
    from vqa_canary.tracking.fingerprints import fingerprints

    made = {
        name: digest(from_frame(data.sort_values(list(KEYS[name])), name))[:16]
        for name, data in tables.items()
    }
    env, given = repeated_by()
    return {
        "env": env,
        "runtime_params": flat(given),
        "study": str(parameters["study"]),
        "package": __version__,
        "seed": parameters["seed"],
        "fingerprints": made | fingerprints(parameters, facts),
        "settings": settings_to_repeat(typed(parameters)),
        "guidelines": rows(),
        "not_covered": list(NOT_COVERED),
    }


def costs_by_model(
    parameters: Mapping[str, Any], facts: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, Cost]]:
    """Requests that each method costs an instance, by model; a model that runs here costs a prompt instead."""
    from vqa_canary.audit.methods import costs_of_methods
    from vqa_canary.ue.registration import METHODS

    settings = typed(parameters)
    needs = {name: METHODS[name].needs for name in settings["scoring"].methods}
    return {
        name: costs_of_methods(needs, settings["sampling"].n_samples, _samples_a_call(facts.get(name, {})))
        for name in parameters["models"]
    }


def priced(row: dict[str, Any], model: Mapping[str, Any] | None) -> dict[str, Any]:
    """A model's row of the audit with `cost` and `currency`, where the configuration gives prices and tokens are known.

    Parameters
    ----------
    row : with `prompt_tokens` and `completion_tokens`: sums over the instances whose tokens are known
    model : its entry of `params:models`
    """
    from vqa_canary.engines.endpoint.options import Price

    given = (model or {}).get("price_per_million")
    tokens = row["prompt_tokens"], row["completion_tokens"]
    if not given or tokens == (None, None):
        return row
    price = Price.model_validate(given)
    return row | {"cost": price.of(*(one or 0 for one in tokens)), "currency": price.currency}


def _samples_a_call(facts: Mapping[str, str]) -> int:
    """How many samples the endpoint gives in one call, from a fact such as `10 a call`; 1 where it gives no more."""
    found = re.match(r"(\d+) a call", facts.get("n", ""))
    return int(found[1]) if found else 1

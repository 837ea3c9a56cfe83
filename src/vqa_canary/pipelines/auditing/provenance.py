"""What is needed to repeat an audit: settings and fingerprints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vqa_canary import __version__
from vqa_canary.pipelines.configuration import repeated_by
from vqa_canary.pipelines.parameters import typed

if TYPE_CHECKING:
    from vqa_canary.audit.given import Provenance
    from vqa_canary.audit.methods import Cost
    from vqa_canary.audit.record.asked import AskedModel


def provenance(
    parameters: Mapping[str, Any],
    tables: Mapping[str, Any],
    facts: Mapping[str, Mapping[str, str]],
) -> Provenance:
    """The part of an audit's record that is about the run, not about the model.

    Parameters
    ----------
    tables : frames by name of their table
    facts : what answered, by model, as the evidence tells it
    """
    from vqa_canary.audit.given import Provenance
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
    return Provenance(
        study=str(parameters["study"]),
        env=env,
        runtime_params=flat(given),
        package=__version__,
        seed=parameters["seed"],
        fingerprints=made | fingerprints(parameters, facts),
        settings=settings_to_repeat(typed(parameters)),
    )


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


def priced(row: AskedModel, model: Mapping[str, Any] | None) -> AskedModel:
    """What answered, with its cost and currency where the configuration gives prices and tokens are known.

    Parameters
    ----------
    model : its entry of `params:models`
    """
    from vqa_canary.engines.endpoint.options import Price

    given = (model or {}).get("price_per_million")
    tokens = row.prompt_tokens, row.completion_tokens
    if not given or tokens == (None, None):
        return row
    price = Price.model_validate(given)
    cost = price.of(*(known or 0 for known in tokens))
    return row.model_copy(update={"cost": cost, "currency": price.currency})


def _samples_a_call(facts: Mapping[str, str]) -> int:
    """How many samples the endpoint gives in one call, from a fact such as `10 a call`; 1 where it gives no more."""
    found = re.match(r"(\d+) a call", facts.get("n", ""))
    return int(found[1]) if found else 1

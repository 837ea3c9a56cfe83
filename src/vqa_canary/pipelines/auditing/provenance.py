"""What an audit's record tells of the run itself: what answered, what was checked, and what is needed to repeat it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vqa_canary import __version__
from vqa_canary.pipelines.configuration import repeated_by
from vqa_canary.pipelines.parameters import typed

if TYPE_CHECKING:
    from vqa_canary.audit.given import Answered, Provenance, RunChecks
    from vqa_canary.audit.methods import Cost
    from vqa_canary.audit.record.asked import AskedModel
    from vqa_canary.audit.record.protocol import Protocol
    from vqa_canary.audit.review_effect import GivenReview
    from vqa_canary.datasets.protocol_locks import Attempts
    from vqa_canary.pipelines.gathered import AskedTables, Checks, DescribedRun


def answered(asked: AskedTables, evidence: Any, parameters: Mapping[str, Any]) -> Answered:
    """What answered and at what cost, and how many requests each method takes."""
    from vqa_canary.audit.given import Answered
    from vqa_canary.audit.models import models_of

    rows = models_of(evidence, asked.items, asked.instances, asked.facts)
    models = [priced(row, parameters["models"].get(row.model)) for row in rows]
    return Answered(models, costs_by_model(parameters, asked.facts))


def run_checks(asked: AskedTables, checks: Checks) -> RunChecks:
    """What other steps of the run found, as an audit's record tells it."""
    from vqa_canary.audit.given import RunChecks
    from vqa_canary.audit.record.answers import Accounted, ImageCounts, Readability, Verified
    from vqa_canary.audit.record.asked import RefusalCount
    from vqa_canary.report.images import summary_of
    from vqa_canary.sources.refusals import count_refusals

    return RunChecks(
        refused=[RefusalCount.model_validate(row) for row in count_refusals(asked.quarantine)],
        accounting=[Accounted.model_validate(row) for row in checks.accounting],
        verifications=[Verified.model_validate(row) for row in checks.verifications],
        readability=[Readability.model_validate(row) for row in checks.readability],
        images=ImageCounts.model_validate(summary_of(asked.image_record)),
    )


def provenance(asked: AskedTables, evidence: Any, parameters: Mapping[str, Any]) -> Provenance:
    """What is needed to repeat a run: settings, and fingerprints of what was asked and answered."""
    from vqa_canary.audit.given import Provenance
    from vqa_canary.pipelines.auditing.deciding import fingerprint_of_table
    from vqa_canary.report.commands import flat
    from vqa_canary.report.settings import settings_to_repeat
    from vqa_canary.tracking.fingerprints import fingerprints

    tables = {
        "items": asked.items,
        "instances": asked.instances,
        "evidence": evidence,
        "scores": asked.scores,
    }
    made = {name: fingerprint_of_table(data, name) for name, data in tables.items()}
    env, given = repeated_by()
    return Provenance(
        study=str(parameters["study"]),
        env=env,
        runtime_params=flat(given),
        package=__version__,
        seed=parameters["seed"],
        fingerprints=made | fingerprints(parameters, asked.facts),
        settings=settings_to_repeat(typed(parameters)),
    )


def protocol(run: DescribedRun, attempts: Attempts) -> Protocol:
    """Which attempt this audit is, and what may be claimed for it."""
    from vqa_canary.audit.looks import KeptAnswers, protocol_of

    now = KeptAnswers(
        str(run.provenance.fingerprints["evidence"]),
        sum(row.answered for row in run.answered.models),
        sum(row.failed for row in run.answered.models),
    )
    audits = {
        number: [
            KeptAnswers(
                audit["fingerprints"]["evidence"],
                sum(row["answered"] for row in audit["models"]),
                sum(row["failed"] for row in audit["models"]),
            )
            for audit in kept
        ]
        for number, kept in attempts.audits.items()
    }
    return protocol_of(attempts.locks, run.decided, now, audits)


def given_review(applied: Mapping[str, Any], attempts: Attempts) -> GivenReview:
    """What reviewers have changed, with the audit that they looked at first."""
    from vqa_canary.audit.review_effect import GivenReview

    kept = attempts.audits.get(applied["files"][0]["attempt"])
    return GivenReview(applied, kept[-1] if kept else None)


def costs_by_model(
    parameters: Mapping[str, Any], facts: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, Cost]]:
    """Requests that each method costs an instance, by model; a model that runs here costs a prompt instead."""
    from vqa_canary.audit.methods import costs_of_methods
    from vqa_canary.ue.configured import methods_of

    settings = typed(parameters)
    needs = {method.name: method.needs for method in methods_of(settings["scoring"].methods)}
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

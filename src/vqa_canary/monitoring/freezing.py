"""The policy of an audit, frozen; and whether what is asked now is what was audited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from vqa_canary.answering_names import answering_names
from vqa_canary.audit.record.document import Audit
from vqa_canary.audit.record.findings import Headline
from vqa_canary.digests import digest
from vqa_canary.errors import BadInput, did_you_mean
from vqa_canary.frames import from_frame
from vqa_canary.monitoring.record import FrozenPolicy
from vqa_canary.tables import KEYS

SETTINGS = ("sampling", "images", "embedder")
"""Settings, besides prompts and the model, on which answers and uncertainties rest: they have to be the audit's."""
RECORDED = "recorded"
"""The engine whose answers come from a file: its fingerprint is that of the file, and tells nothing of the model."""


@dataclass(frozen=True)
class AskedNow:
    """What a batch is asked of, and how."""

    models: tuple[str, ...]
    """Names of the configured models."""
    engines: Mapping[str, str]
    """Engine of each model."""
    fingerprints: Mapping[str, str]
    """Fingerprint of each model, as its evidence records it."""
    prompts: str
    """Fingerprint of the prompts."""
    settings: Mapping[str, str]
    """Settings of the run, in words, by name, as an audit's record tells them."""
    methods: tuple[str, ...]
    """UE methods that are scored."""
    label: str
    """Whose answers are judged: the setting `scoring.label`."""
    seed: int
    """The seed of every random choice."""


def refuse_other_tables(audit: Audit, tables: Mapping[str, pd.DataFrame]) -> None:
    """Refuse tables that the audit was not made from: a batch would be held against other questions.

    Parameters
    ----------
    tables : by name

    Raises
    ------
    BadInput : one of them has another fingerprint than the audit says
    """
    for name, data in tables.items():
        found = digest(from_frame(data.sort_values(list(KEYS[name])), name))[:16]
        if found != audit.fingerprints.get(name):
            raise BadInput(
                f"monitor: the table {name} of the study {audit.study!r} is not the one that its audit was made from "
                f"(fingerprint {found}, and the audit says {audit.fingerprints.get(name)}). Run the audit again, or "
                "put its tables back from a backup."
            )


def frozen_policy(
    audit: Audit, digest: str, *, dataset: str | None, model: str | None, warn_every: int
) -> FrozenPolicy:
    """The escalation policy of an audit's headline.

    Parameters
    ----------
    digest : SHA-256 of what `audit.json` holds
    dataset, model : which headline, where there are several

    Raises
    ------
    BadInput : there is no such headline, or several; it has no policy
    """
    headline = _chosen(audit, dataset, model)
    policy = headline.policy
    if policy is None or policy.threshold is None:
        why = policy.outcome if policy else "none was sought"
        raise BadInput(
            f"monitor: the audit {audit.study!r} has no policy for {headline.model} on {headline.dataset} ({why}), so "
            "there is nothing to watch. Audit more images, or another target, first."
        )
    protocol = getattr(audit, "protocol", None)
    claimed = getattr(protocol, "claimed", True)
    models = audit.fingerprints.get("models", {})
    return FrozenPolicy(
        study=audit.study,
        audit=digest,
        lock=getattr(protocol, "hash", None),
        unclaimed=None if claimed else str(getattr(protocol, "because", "")),
        dataset=headline.dataset,
        model=headline.model,
        fingerprint=str(models.get(headline.model, "unknown") if isinstance(models, Mapping) else "unknown"),
        answered_as=_answered_as(audit, headline.model),
        prompts=str(audit.fingerprints["prompts"]),
        method=policy.method,
        threshold=policy.threshold,
        alpha=policy.alpha,
        delta=policy.delta,
        seed=audit.seed,
        warn_every=warn_every,
    )


def _answered_as(audit: Audit, model: str) -> tuple[str, ...]:
    facts = next((one.facts for one in audit.models if one.model == model), {})
    return answering_names(facts.get("reported_model"))


def _chosen(audit: Audit, dataset: str | None, model: str | None) -> Headline:
    for setting, wanted in (("dataset", dataset), ("model", model)):
        known = sorted({getattr(row, setting) for row in audit.headline})
        if wanted is not None and wanted not in known:
            raise BadInput(
                f"parameters: monitor.{setting}: the audit {audit.study!r} has no {setting} {wanted!r}."
                f"{did_you_mean(wanted, known)} It has: {', '.join(known)}."
            )
    fits = [row for row in audit.headline if dataset in (None, row.dataset) and model in (None, row.model)]
    if len(fits) > 1:
        told = "; ".join(f"dataset: {row.dataset}, model: {row.model}" for row in fits)
        raise BadInput(
            f"parameters: monitor: the audit {audit.study!r} is about more than one model or data set. Say which "
            f"policy is watched, by monitor.dataset and monitor.model: {told}."
        )
    if not fits:
        raise BadInput(f"monitor: the audit {audit.study!r} has no headline for {model} on {dataset}.")
    return fits[0]


def refuse_another_model(
    policy: FrozenPolicy, audit: Audit, now: AskedNow, vouched_by: str | None
) -> str | None:
    """Refuse to apply a policy to anything else than it was found on; else the name of who vouches for the model.

    A policy is a statement about one model asked in one way. Under another prompt, sampling or version its uncertainty
    is another quantity, and its threshold means nothing.

    Raises
    ------
    BadInput : the model, its prompts, its sampling, its images or its method are not those of the audit; answers come
        from a file, and nobody says whose they are
    """
    if policy.model not in now.models:
        raise BadInput(
            f"parameters: models: the audit's model {policy.model!r} is not configured."
            f"{did_you_mean(policy.model, now.models)} Give it under the same name as in the audit."
        )
    if policy.method not in now.methods:
        raise BadInput(
            f"parameters: scoring.methods: the policy decides by {policy.method!r}, which is not among them. "
            "Add it, with the settings that it had in the audit."
        )
    changed = [
        f"{name}: {audit.settings.get(name)} in the audit, {now.settings.get(name)} now"
        for name in SETTINGS
        if audit.settings.get(name) != now.settings.get(name)
    ]
    if policy.prompts != now.prompts:
        changed.insert(0, f"prompts: fingerprint {policy.prompts} in the audit, {now.prompts} now")
    if policy.seed != now.seed:
        changed.append(f"seed: {policy.seed} in the audit, {now.seed} now")
    scoring = audit.settings.get("scoring", "")
    if not scoring.endswith(f"label: {now.label}"):
        changed.append(f"scoring: {scoring} in the audit, label: {now.label} now")
    here = now.fingerprints.get(policy.model, "unknown")
    recorded = now.engines[policy.model] == RECORDED
    if not recorded and policy.fingerprint != here:
        changed.insert(0, f"models.{policy.model}: fingerprint {policy.fingerprint} in the audit, {here} now")
    if changed:
        raise BadInput(
            "monitor: what is asked now is not what was audited, and a policy is about that alone:\n  "
            + "\n  ".join(changed)
            + "\nAsk as in the audit, or audit anew what you ask now."
        )
    if not recorded:
        return None
    if not vouched_by:
        raise BadInput(
            f"parameters: monitor.vouched_by: the answers of {policy.model!r} come from a file, and no fingerprint can "
            "tell that the audited model gave them. Write down who says so, by name or role; it stands on the page."
        )
    return vouched_by


def engines_of(models: Mapping[str, Any]) -> dict[str, str]:
    """The engine of each configured model."""
    return {name: str(model.get("engine", "transformers")) for name, model in models.items()}

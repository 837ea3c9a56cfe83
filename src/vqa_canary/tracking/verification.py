"""Parity certificates as child runs: the verdicts are tags, what was measured are metrics."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqa_canary.tracking.record import Record, flat, legal_name, shown

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol

    from vqa_canary.tracking.client import Store

SUFFIX = "_verification"
"""How the names of the datasets that hold certificates end."""


def write_certificates(
    store: Store, parent_id: str, made: Collection[str], catalog: CatalogProtocol[Any, Any]
) -> None:
    """A child run for each certificate among the datasets `made`, with the certificate as its artifact."""
    for name in sorted(name for name in made if name.endswith(SUFFIX)):
        record = verification(catalog.load(name))
        with store.child(record, parent_id) as run_id:
            store.write(run_id, record)
            file = Path(str(getattr(catalog.get(name), "_filepath", "")))
            if file.is_file():
                store.attach(run_id, file)


def verification(certificate: Mapping[str, Any]) -> Record:
    """`verification.<check>` is a tag with the verdict, `verification.<check>.<measure>` a metric with its value.

    What is null is no metric but a tag with the reason, as elsewhere.
    """
    tags = {
        "kind": "verification",
        "model": str(certificate["model"]),
        "verification.verdict": str(certificate["verdict"]),
    }
    metrics: dict[str, float] = {}
    for check in certificate["checks"]:
        name = f"verification.{check['name']}"
        tags[legal_name(name)] = str(check["verdict"])
        if check["reason"]:
            tags[legal_name(f"{name}.reason")] = shown(check["reason"])
        for one in check["measures"]:
            key = legal_name(f"{name}.{one['name']}")
            if one["value"] is None:
                tags[legal_name(f"undefined.{key}")] = shown(one["reason"])
            else:
                metrics[key] = float(one["value"])
    params = {"model": str(certificate["model"]), "made": str(certificate["made"])}
    params |= flat(certificate["identity"], "identity") | flat(certificate["facts"], "engine")
    params |= flat(certificate["sample"], "sample")
    return Record(f"{certificate['model']} verification", tags, params, metrics)

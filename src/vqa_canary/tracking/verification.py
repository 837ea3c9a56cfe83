"""Parity certificates as child runs: the verdicts are tags, what was measured are metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vqa_canary.tracking.record import RunRecord, flat, legal_name, shown

SUFFIX = "_verification"
"""Ending of the names of Kedro datasets that hold certificates."""


def verification(certificate: Mapping[str, Any]) -> RunRecord:
    """The certificate of one model as a run: `verification.<check>` is a tag with the verdict of a check, and
    `verification.<check>.<measure>` a metric with the value of a measure.

    A value that is null becomes a tag with the reason instead.
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
    return RunRecord(f"{certificate['model']} verification", tags, params, metrics)

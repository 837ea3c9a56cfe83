"""A batch of a watch as a child run: what was found are metrics, the verdict and the fingerprints are tags."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from vqa_canary.monitoring.record import read_log
from vqa_canary.monitoring.standing import error_of, standings
from vqa_canary.tracking.record import RunRecord, flat, legal_name, shown

ENTRIES = "watch_entries"
"""Name of the Kedro dataset that holds the log after a run."""


def watching(log: Sequence[Mapping[str, Any]], watch: str) -> RunRecord:
    """The latest entry of a log as a run; a value that is null becomes a tag with the reason instead."""
    last = standings(read_log(log))[-1]
    entry, found = last.entry, last.evidence
    tags = {
        "kind": "watch",
        "watch": watch,
        "watch.verdict": last.verdict,
        "watch.drift": ", ".join(row.quantity for row in last.drift) or "none found",
        "watch.entry": str(entry.number),
        "watch.hash": entry.hash,
        "watch.previous": entry.previous or "none",
    }
    error = error_of(entry)
    metrics = {
        "watch.log10_evidence": found.log_e / math.log(10),
        "watch.anytime_p": found.p_value,
        "watch.images": float(found.n),
        "watch.warnings": float(len(last.warned)),
        **{f"watch.{name}": float(n) for name, n in entry.counts.model_dump().items() if name != "images"},
    }
    for name, value in (("error", last.mean), ("batch_error", error.value)):
        if value is None:
            tags[legal_name(f"undefined.watch.{name}")] = shown(error.reason or "no labels")
        else:
            metrics[f"watch.{name}"] = value
    for row in entry.drift:
        if row.adjusted is not None:
            metrics[legal_name(f"watch.drift_p.{row.quantity}")] = row.adjusted
    params = {"date": entry.day.isoformat(), "study": entry.study} | flat(entry.policy.model_dump(), "policy")
    return RunRecord(f"watch {watch} {entry.day}", tags, params, metrics)

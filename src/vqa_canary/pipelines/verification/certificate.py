"""The parity certificate of a model, and what it is worth today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from vqa_canary.evaluation.checks import verdict_on
from vqa_canary.pipelines.verification.identity import differences

if TYPE_CHECKING:
    from vqa_canary.pipelines.verification.checks import Found
    from vqa_canary.pipelines.verification.sample import VerifiedSample

VERSION = "1"
"""The version of the layout of a certificate; a certificate of another version is out of date."""
NOT_VERIFIED, OUT_OF_DATE = "not verified", "out of date"
"""What the pages say in place of a verdict: the model has no certificate, or what it is about has changed since."""
SHOWN = ("made", "dtype", "fingerprint", "package", "code", "images", "instances")
"""The parts of a certificate that the pages show beside its verdict."""


def certificate(
    model: str, identity: Mapping[str, str], sample: VerifiedSample, seed: int, found: Found
) -> dict[str, Any]:
    """The certificate of a model, in the layout in which it is written to `verification/<model>.json`."""
    return {
        "version": VERSION,
        "model": model,
        "verdict": verdict_on(found.checks),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "identity": dict(identity),
        "facts": found.facts,
        "sample": {
            "seed": seed,
            "instances": len(sample.instances),
            "images": len(set(sample.images.values())),
            "whole_study": sample.whole,
        },
        "checks": [asdict(one) for one in found.checks],
    }


def standing(
    model: str, found: Mapping[str, Any], present: Mapping[str, str] | None, command: str
) -> dict[str, Any]:
    """What the pages say of a model's certificate: a row of `verifications`.

    Parameters
    ----------
    found : the certificate; empty where there is none
    present : the identity of what the study holds now; None where there is no certificate to hold against it
    command : what makes a certificate of this study
    """
    row: dict[str, Any] = {"model": model, **dict.fromkeys(SHOWN)}
    if not found or present is None:
        return row | {
            "standing": NOT_VERIFIED,
            "detail": f"No certificate was made yet. This command makes one: {command}",
        }
    certified, sample = found.get("identity", {}), found.get("sample", {})
    row |= {name: sample.get(name) for name in ("instances", "images")}
    row |= {name: certified.get(name) for name in ("fingerprint", "package", "code")}
    row |= {"made": found.get("made"), "dtype": found.get("facts", {}).get("dtype")}
    changed = differences(certified, present)
    if found.get("version") != VERSION or changed:
        what = " and ".join(changed) or "the layout of certificates"
        return row | {
            "standing": OUT_OF_DATE,
            "detail": f"Since then, {what} changed: run `{command}` again.",
        }
    return row | {"standing": found["verdict"], "detail": summary(found)}


def summary(found: Mapping[str, Any]) -> str:
    """One sentence about how the checks of a certificate ended."""
    by_verdict: dict[str, list[Any]] = {}
    for check in found["checks"]:
        by_verdict.setdefault(check["verdict"], []).append(check)
    if failed := by_verdict.get("failed"):
        return "; ".join(f"{one['name']}: {one['reason']}" for one in failed) + "."
    passed, others = by_verdict.get("passed", []), by_verdict.get("not applicable", [])
    if not passed:
        return f"No check could be made: {others[0]['reason']}."
    told = f"{len(passed)} of {len(found['checks'])} checks passed"
    return told + (f"; not applicable: {', '.join(one['name'] for one in others)}." if others else ".")

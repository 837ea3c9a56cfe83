"""What was done to images that are no plain pictures, in one line for the data section of both pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vqa_canary.counting import counted


def summary_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """The counts of an image record (`images.json`), without the name of any file."""
    return {
        "plain": record["plain"],
        "converted": record["converted"],
        "steps": {step["step"]: step["images"] for step in record["steps"]},
        "may_show_identity": len(record["may_show_identity"]),
    }


def told(summary: Mapping[str, Any]) -> str:
    """The line; empty where every image was shown as its file holds it."""
    if not summary.get("converted"):
        return ""
    steps = "; ".join(f"{n} x {step}" for step, n in summary["steps"].items())
    line = (
        f"{counted(summary['plain'], 'image file')} {_were(summary['plain'])} shown unchanged, "
        f"{summary['converted']:,} {_were(summary['converted'])} converted ({steps})."
    )
    if n := summary["may_show_identity"]:
        line += (
            f" By the DICOM header of {n}, text on the picture may say who the patient is: images.json names the "
            f"{'file' if n == 1 else 'files'}."
        )
    return line


def _were(n: int) -> str:
    return "was" if n == 1 else "were"

"""A certificate as a child run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline

from vqa_canary.datasets.sealed import WholeJSON
from vqa_canary.tracking.results import results_of
from vqa_canary.tracking.verification import verification


def measure(name: str, value: float | None, reason: str | None = None) -> dict[str, Any]:
    return {"name": name, "value": value, "reason": reason}


def certificate(model: str) -> dict[str, Any]:
    checks = [
        {"name": "fast_reading", "verdict": "passed", "reason": None, "measures": [measure("gap", 2e-6)]},
        {
            "name": "sees_the_image",
            "verdict": "failed",
            "reason": "two images are alike",
            "measures": [measure("smallest", 0.0), measure("share", None, "no samples")],
        },
    ]
    return {
        "model": model,
        "verdict": "failed",
        "made": "2026-11-28T00:00:00+00:00",
        "identity": {"fingerprint": "f"},
        "facts": {"dtype": "float32"},
        "sample": {"images": 4},
        "checks": checks,
    }


def test_verdicts_are_tags_and_values_are_metrics_and_null_is_neither() -> None:
    record = verification(certificate("m"))
    assert record.tags["verification.verdict"] == "failed"
    assert record.tags["verification.fast_reading"] == "passed"
    assert record.tags["verification.sees_the_image"] == "failed"
    assert record.tags["verification.sees_the_image.reason"] == "two images are alike"
    assert record.metrics == {
        "verification.fast_reading.gap": 2e-6,
        "verification.sees_the_image.smallest": 0.0,
    }
    assert record.tags["undefined.verification.sees_the_image.share"] == "no samples"
    assert record.params["identity.fingerprint"] == "f"
    assert record.params["engine.dtype"] == "float32"


def test_each_certificate_of_a_run_is_a_child_and_its_file_belongs_to_the_run(project: Path) -> None:
    data = {name: WholeJSON(filepath=str(project / f"{name}.json")) for name in ("a", "b")}
    for name, one in data.items():
        one.save(certificate(name))
    catalog = DataCatalog(
        {f"{name}_verification": one for name, one in data.items()} | {"parameters": MemoryDataset({})}
    )
    outputs = ["a_verification", "b_verification", "x"]
    made = results_of(project, Pipeline([Node(lambda _: None, "i", outputs, name="verify")]), catalog)
    assert [child.tags["model"] for child in made.children] == ["a", "b"]
    assert [file.name for file in made.artifacts] == ["a.json", "b.json"]

"""What MLflow holds of a batch of a watch."""

from __future__ import annotations

import math

import pytest
from tests.monitoring.conftest import batch_of, grid, logged

from vqa_canary.monitoring.standing import standings
from vqa_canary.tracking.watching import watching


def test_the_latest_entry_is_a_run_with_its_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vqa_canary.statistics.image_gaps.N_EXCHANGES", 99)
    entries = logged(batch_of(grid(name="x")), batch_of(grid(name="y", error=0.5, seed=2), "2026-10-31"))
    found = watching([entry.stored for entry in entries], "monitor")
    last = standings(entries)[-1]
    assert found.name == "watch monitor 2026-10-31"
    assert found.tags["watch.verdict"] == last.verdict == "alarm"
    assert found.tags["watch.hash"] == entries[1].hash
    assert found.metrics["watch.log10_evidence"] == pytest.approx(last.evidence.log_e / math.log(10))
    assert found.metrics["watch.error"] == last.mean
    assert found.metrics["watch.answered"] == entries[1].counts.answered
    assert found.params["policy.threshold"] == "0.5"


def test_a_number_that_is_not_there_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vqa_canary.statistics.image_gaps.N_EXCHANGES", 99)
    made = grid(name="x", n_images=4, correct=[float("nan")] * 12)
    found = watching([entry.stored for entry in logged(batch_of(made))], "monitor")
    assert found.tags["undefined.watch.error"] == "no labels"
    assert "watch.error" not in found.metrics
    assert not any(name.startswith("watch.drift_p") and "uncertainty" in name for name in found.metrics)

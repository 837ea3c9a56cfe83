"""Comparisons with the audit: what is compared, Holm, and chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.monitoring.conftest import POLICY, grid
from tests.optional import not_none

from vqa_canary.monitoring.drifting import QUANTITIES, drifted, drifts
from vqa_canary.monitoring.observing import observe
from vqa_canary.statistics.multiplicity import holm


def seen(**given: Any) -> pd.DataFrame:
    return observe(grid(**given), POLICY, ())


def test_each_quantity_is_told_with_holm() -> None:
    rows = drifts(seen(name="a", seed=1), seen(name="b", seed=2, shift=0.3), 7, "batch")
    assert [row.quantity for row in rows] == list(QUANTITIES)
    assert [row.adjusted for row in rows] == pytest.approx(
        holm([not_none(row.p_value) for row in rows]).tolist()
    )
    coverage = rows[1]
    assert coverage.gap == pytest.approx(abs(not_none(coverage.audit) - not_none(coverage.batch)))
    assert {row.quantity for row in drifted(rows)} == {"uncertainty", "coverage"}


def test_the_same_rows_in_any_order_give_the_same() -> None:
    audit, batch = seen(name="a", seed=1), seen(name="b", seed=2)
    mixed = batch.sample(frac=1, random_state=3)
    assert drifts(audit, batch, 7, "x") == drifts(audit, mixed, 7, "x")


def test_what_cannot_be_compared_has_a_reason() -> None:
    nothing = np.full(120, np.nan)
    rows = drifts(seen(name="a"), seen(name="b", margin=nothing), 7, "x")
    assert rows[0].reason == "no question has an uncertainty on one of the two sides"
    assert rows[0].p_value is None
    assert rows[1].p_value is not None  # nothing is answered, and that is a difference
    assert rows[1].batch == 0


@pytest.mark.slow
def test_alike_batches_are_named_no_oftener_than_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vqa_canary.statistics.image_gaps.N_EXCHANGES", 99)
    named = sum(
        bool(drifted(drifts(seen(name="a", seed=at), seen(name="b", seed=1000 + at), 7, str(at))))
        for at in range(80)
    )
    assert named / 80 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 80)

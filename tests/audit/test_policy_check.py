"""What a policy does on images that it was not found on, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from vqa_canary.audit.policy_check import held_out
from vqa_canary.audit.population import Population

NAN = np.nan


def test_the_threshold_itself_is_answered_and_what_has_no_value_is_escalated() -> None:
    u = np.array([0.1, 0.2, 0.2, 0.3, NAN, 0.1])
    event = np.array([0, 1, 0, 1, 0, NAN])
    images = np.array([0, 0, 1, 1, 2, 2])
    found = held_out(Population(u, event, images, np.ones(6, bool)), 0.2, 0.1)
    assert found.coverage.value == pytest.approx(3 / 6)
    assert (found.coverage.n, found.risk.n) == (6, 3)
    assert found.risk.value == pytest.approx(1 / 3)
    assert found.image_risk.value == pytest.approx((1 / 2 + 0) / 2)


def test_where_nothing_is_answered_there_is_no_risk() -> None:
    found = held_out(Population(np.array([0.5]), np.array([0.0]), np.array([0]), np.ones(1, bool)), 0.2, 0.1)
    assert found.coverage.value == 0
    assert (found.risk.value, found.risk.reason, found.holds) == (None, "no question is answered", None)

"""One verdict for a group of models."""

from __future__ import annotations

import pytest

from vqa_canary.evaluation.claims.group_verdict import group_verdicts, two_thirds


def test_group_verdicts_need_three_models_and_exclude_each_other() -> None:
    yes, no, open_ = (0.001, 1.0), (1.0, 0.001), (0.5, 0.5)
    found = group_verdicts(
        {"yes": [yes] * 4 + [no] * 2, "no": [no] * 3 + [yes] * 3, "open": [open_] * 6, "few": [yes] * 2}
    )
    assert {name: one.verdict for name, one in found.items()} == {
        "yes": "supported",
        "no": "not supported",
        "open": "inconclusive",
        "few": "inconclusive",
    }
    assert found["few"].reason == "fewer than 3 models that can be asked (2)"
    assert found["yes"].p_value == pytest.approx(0.001 * 3 * 3)  # M - u + 1 = 3, Holm over three methods
    named = group_verdicts({"yes": [yes] * 6, "near": [(0.04 / 3, 1.0)] * 6, "no": [no] * 6}, primary="near")
    assert named["near"].p_value == pytest.approx(0.04)  # as it is: named before the run
    assert named["near"].verdict == "supported"
    assert named["yes"].p_value == pytest.approx(0.001 * 3 * 2)  # Holm over the two others
    unnamed = group_verdicts({"yes": [yes] * 6, "near": [(0.04 / 3, 1.0)] * 6, "no": [no] * 6})
    assert unnamed["near"].verdict == "inconclusive"
    assert unnamed["near"].reason == "neither shown (adjusted p 0.080) nor ruled out (adjusted p 1.000)"
    assert [two_thirds(m) for m in (3, 4, 6, 12)] == [2, 3, 4, 8]

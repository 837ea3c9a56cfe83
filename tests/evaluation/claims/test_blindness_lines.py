"""The numbers over models of claim 2's two lines: what two thirds of the models keep to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vqa_canary.evaluation.claims.blindness_lines import BLIND, STILL, largest_rise, widest_move
from vqa_canary.evaluation.claims.nota_blindness import Blindness
from vqa_canary.statistics.multiplicity import partial_conjunction
from vqa_canary.statistics.standardised_shift import Shift


def cells(*shifts: float, se: float = 0.05) -> list[Blindness]:
    nothing: Any = None
    return [Blindness(nothing, Shift(d, se, 1.0, 300, 100), nothing, 0.3) for d in shifts]


def test_four_of_six_models() -> None:
    """By hand: the fourth smallest shift, and the fourth smallest size of shift."""
    found = cells(-0.5, -0.3, 0.0, 0.1, 0.15, 0.6)
    assert largest_rise(found)[0] == 0.1
    assert widest_move(found)[0] == 0.3
    for line in (BLIND, STILL):
        value, low, high = (line.reached(found)[at] for at in (0, 1, 2))
        assert low < value < high


def test_the_limit_lies_below_the_margin_where_the_test_rejects() -> None:
    """The upper limit inverts the partial conjunction of the one-sided tests, whatever the shifts."""
    rng, both = np.random.default_rng(0), set()
    for _ in range(300):
        found = cells(*rng.normal(0.08, 0.08, 6))
        p = partial_conjunction([cell.shift.p_below(0.2) for cell in found], 4)
        (_, _, high) = largest_rise(found)
        assert (high < 0.2) == (p < 0.05)
        still = partial_conjunction([cell.shift.p_equivalent(0.2) for cell in found], 4)
        assert (widest_move(found)[2] < 0.2) == (still < 0.05)
        both.add(p < 0.05)
    assert both == {True, False}


def test_a_higher_shift_of_any_model_never_lowers_the_number() -> None:
    before = np.array([-0.5, -0.3, 0.0, 0.1, 0.15, 0.6])
    for at in range(6):
        moved = before + 0.2 * (np.arange(6) == at)
        for lower, higher in zip(largest_rise(cells(*before)), largest_rise(cells(*moved)), strict=True):
            assert higher >= lower - 1e-12


def test_falls_count_for_the_first_line_alone() -> None:
    fallen = cells(*[-0.6] * 6)
    assert largest_rise(fallen)[2] < 0 < 0.2 < widest_move(fallen)[1]


@pytest.mark.parametrize("line", [BLIND, STILL])
def test_rules_name_every_threshold(line: Any) -> None:
    for threshold in (" 0.10", " 0.5", "0.2 ", "5 %"):
        assert threshold in line.cell_rule
    for threshold in ("two thirds", "at least 3", "p at most 0.05", "more than a third"):
        assert threshold in line.group_rule

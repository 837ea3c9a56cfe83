"""Collapse beside its control: the definitions by hand, and nothing reported of a model that guesses."""

from __future__ import annotations

import doctest
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_1samp
from tests.made_up_answers import MakeAnswers
from tests.optional import not_none

from vqa_canary.audit import control
from vqa_canary.audit.control import above_chance, beside_control, control_difference, why_not_reported
from vqa_canary.statistics.proportions import proportion

NOTA, CONTROL = "nota_replace", "nota_control"
rows = st.lists(
    st.tuples(st.sampled_from([0.0, 1.0, np.nan]), st.sampled_from([2, 3, 4]), st.integers(0, 7)),
    min_size=1,
    max_size=40,
)


def test_examples() -> None:
    assert doctest.testmod(control).failed == 0
    assert doctest.testmod(control).attempted > 0


def test_accuracy_above_chance_is_a_t_test_where_each_image_has_one_question() -> None:
    rng = np.random.default_rng(3)
    chance = 1 / rng.integers(2, 6, 60)
    correct = (rng.random(60) < chance + 0.1).astype(float)
    found = above_chance(correct, chance, rng.permutation(60))
    expected = ttest_1samp(correct - chance, 0.0, alternative="greater")
    assert found.p_value == pytest.approx(expected.pvalue)
    interval = ttest_1samp(correct - chance, 0.0).confidence_interval()
    assert (found.excess.ci_low, found.excess.ci_high) == pytest.approx(tuple(interval))


def test_questions_of_one_image_are_not_taken_for_independent() -> None:
    correct = np.repeat([0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0], 10)
    images = np.repeat(np.arange(7), 10)
    alone, tenfold = (
        above_chance(correct[::10], [0.5] * 7, range(7)),
        above_chance(correct, [0.5] * 70, images),
    )
    assert tenfold.p_value == pytest.approx(alone.p_value)


@given(rows)
def test_chance_and_excess_are_means_and_row_order_does_not_matter(
    given_rows: list[tuple[float, int, int]],
) -> None:
    correct, options, images = (np.array(column) for column in zip(*given_rows, strict=True))
    found = above_chance(correct, 1 / options, images)
    known = ~np.isnan(correct)
    if not known.any():
        assert (found.chance, found.p_value, found.shown) == (None, None, False)
        assert "no answer" in found.doubt
        return
    assert found.chance == pytest.approx((1 / options)[known].mean())
    assert found.excess.value == pytest.approx((correct - 1 / options)[known].mean())
    back = above_chance(correct[::-1], (1 / options)[::-1], images[::-1])
    assert back.p_value == (None if found.p_value is None else pytest.approx(found.p_value))
    if found.p_value is not None:
        assert 0 <= found.p_value <= 1
    if len(set(images[known])) < 2:
        assert not found.shown


def test_one_more_right_answer_never_speaks_against_the_model() -> None:
    correct = np.tile([0.0, 1.0, 1.0], 12)
    before = above_chance(correct, np.full(36, 0.5), np.arange(36))
    correct[0] = 1
    after = above_chance(correct, np.full(36, 0.5), np.arange(36))
    assert not_none(after.p_value) < not_none(before.p_value)


@given(st.lists(st.tuples(*[st.sampled_from([0.0, 1.0, np.nan])] * 3, st.integers(0, 5)), max_size=40))
def test_the_difference_is_counted_pair_by_pair(
    given_rows: list[tuple[float, float, float, int]],
) -> None:
    asked = [row for row in given_rows if row[0] == 1 and not np.isnan(row[1:3]).any()]
    pairs = [(hidden, kept) for _, hidden, kept, _ in asked]
    columns = [np.array(column, float) for column in zip(*given_rows, strict=True)] or [np.array([])] * 4
    found = control_difference(*columns)
    if not pairs:
        assert found.value is None
        assert found.reason == "no right answer was asked again in both ways"
        return
    lost, changed = (sum(pair[at] == 0 for pair in pairs) / len(pairs) for at in (0, 1))
    assert found.value == pytest.approx(lost - changed)
    assert found.n == len(pairs)


def study_of(make_study: Callable[..., Any], right: float, seed: int = 5, n_images: int = 120) -> Any:
    """A model that is right with this probability whatever is shown; options are four, so chance is a quarter."""
    rng = np.random.default_rng(seed)
    images = np.repeat(np.arange(n_images), 2)
    shown = {
        ("m", name): {
            "correct": (rng.random(len(images)) < right).astype(float),
            "u": rng.random(len(images)),
        }
        for name in ("clean", NOTA, CONTROL)
    }
    return make_study(shown, images, nota_valid=np.arange(len(images)) % 3 > 0)


def test_a_model_that_guesses_collapses_under_the_control_too_and_nothing_is_reported(
    make_study: Callable[..., Any],
) -> None:
    [grid] = study_of(make_study, 0.25).grids
    found = beside_control(grid, "m", "u", NOTA)
    assert found.chance == 0.25
    assert found.rate.value is None
    assert found.difference.value is None
    doubt = why_not_reported(found)
    assert doubt == found.rate.reason
    assert "is not shown to be above chance, 25.0 %" in str(doubt)


def test_rates_are_those_of_the_fair_questions(make_study: Callable[..., Any]) -> None:
    study = study_of(make_study, 0.7)
    found = beside_control(study.grids[0], "m", "u", NOTA)
    assert why_not_reported(found) is None
    wide = study.scores.pivot_table(index="item_id", columns="condition", values="correct", aggfunc="first")
    wide = wide.join(study.items.set_index("item_id")[["image_id", "nota_valid"]])
    risk = wide[wide["nota_valid"] & wide["clean"].astype(bool)]
    expected = proportion(~risk[CONTROL].astype(bool), risk["image_id"].to_numpy(str))
    assert (found.rate.value, found.rate.ci_low, found.rate.ci_high) == pytest.approx(
        (expected.value, expected.ci_low, expected.ci_high)
    )
    gap = (~risk[NOTA].astype(bool)).mean() - (~risk[CONTROL].astype(bool)).mean()
    assert found.difference.value == pytest.approx(gap)
    assert found.condition == CONTROL


def test_without_a_control_the_rate_says_so(make_study: Callable[..., Any]) -> None:
    [grid] = study_of(make_study, 0.7).grids
    kept = [at for at, name in enumerate(grid.conditions) if name != CONTROL]
    arrays = {name: getattr(grid, name)[kept] for name in ("correct", "named", "choice", "failed", "chance")}
    arrays |= {name: getattr(grid, name)[kept] for name in ("uncertainty", "confidence", "stated")}
    found = beside_control(
        replace(grid, conditions=tuple(grid.conditions[at] for at in kept), **arrays), "m", "u", NOTA
    )
    assert found.condition is None
    assert found.rate.reason == "nota_control was not asked"


@pytest.mark.slow
@pytest.mark.parametrize("icc", [0.0, 0.3, 0.7])
@pytest.mark.parametrize(("n_images", "chance"), [(30, 0.25), (30, 0.5), (100, 0.25)])
def test_a_guessing_model_is_seldom_taken_for_better(
    icc: float, n_images: int, chance: float, answers: MakeAnswers
) -> None:
    rng, runs = np.random.default_rng(17), 2000
    taken = 0
    for _ in range(runs):
        one = answers(rng, n_images, chance, 0.0, icc)
        taken += above_chance(~one.wrong, np.full(len(one.wrong), chance), one.images).shown
    assert taken / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)

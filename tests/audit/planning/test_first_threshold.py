"""Where the search will begin, against the search itself on drawn answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.audit.planning.drawn import several_sizes

from vqa_canary.audit.exact_test import images_to_begin_with
from vqa_canary.audit.planning.first_threshold import (
    can_find,
    first_threshold,
    images_for_search,
    images_with_an_answer,
    least_error,
)
from vqa_canary.audit.policy import SearchResult, find_policy, images_needed
from vqa_canary.audit.policy_search import questions_answered, search_steps
from vqa_canary.audit.terms import FOUND

sizes_of_images = st.lists(st.integers(0, 6), min_size=1, max_size=40)


def searched(rng: np.random.Generator, sizes: NDArray[np.int64], error: float, alpha: float) -> SearchResult:
    """A search on answers whose uncertainty says nothing, so that the share of errors is the same at all thresholds."""
    n = int(sizes.sum())
    images = np.repeat(np.arange(len(sizes)), sizes)
    wrong = (rng.random(n) < error).astype(float)
    return find_policy(search_steps(rng.random(n), wrong, images, rng.permutation(n)), alpha, 0.05)


@pytest.mark.slow
@pytest.mark.parametrize("n_images", [59, 80, 117, 118, 150, 400])
@pytest.mark.parametrize("error", [0.005, 0.02])
def test_a_policy_is_found_as_often_as_the_first_threshold_passes(n_images: int, error: float) -> None:
    """Of 1,000 searches; three standard errors of a share are at most .048."""
    rng, sizes = np.random.default_rng(1000 + n_images), np.ones(n_images, np.int64)
    first = first_threshold(sizes, 0.05, 0.05)
    assert first is not None
    found = [searched(rng, sizes, error, 0.05) for _ in range(1000)]
    assert np.mean([one.verdict == FOUND for one in found]) == pytest.approx(first.chance(error), abs=0.048)


@pytest.mark.parametrize("n_images", [124, 130, 248, 600])
def test_a_policy_is_found_as_often_as_the_plan_says_it_is_from_the_number_on_that_it_names(
    n_images: int,
) -> None:
    """A search that began with twice the fewest images would find it in two of three cases: of 1,000 searches here;
    three standard errors are .04."""
    assert images_for_search(0.01, 0.05, 0.05, 0.8) == images_to_begin_with(0.05, 0.05) == 124
    rng, sizes = np.random.default_rng(n_images), np.ones(n_images, np.int64)
    found = [searched(rng, sizes, 0.01, 0.05).verdict == FOUND for _ in range(1000)]
    assert np.mean(found) >= 0.8 - 0.04


@pytest.mark.parametrize("error", [0.0, 0.01, 0.02])
def test_images_for_a_search_are_the_fewest_that_begin_with_enough_of_them(error: float) -> None:
    wanted = images_for_search(error, 0.1, 0.05, 0.8)
    chances = [
        first.chance(error) if (first := first_threshold(np.ones(n, np.int64), 0.1, 0.05)) else 0.0
        for n in range(1, 130)
    ]
    assert next(n for n, chance in enumerate(chances, 1) if chance >= 0.8) == wanted


def test_with_several_questions_an_image_too() -> None:
    rng = np.random.default_rng(3)
    sizes = several_sizes(rng, 200)
    first = first_threshold(sizes, 0.1, 0.05)
    assert first is not None
    found = [searched(rng, sizes, 0.03, 0.1) for _ in range(400)]
    assert np.mean([one.verdict == FOUND for one in found]) == pytest.approx(first.chance(0.03), abs=0.1)
    refused = [one for one in found if one.verdict != FOUND]
    assert first.coverage == pytest.approx(np.mean([one.coverage for one in refused]), abs=0.03)
    assert first.images == pytest.approx(np.mean([one.images_used for one in refused]), abs=3)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200), st.sampled_from([0.05, 0.1, 0.2]))
def test_it_can_find_a_policy_just_where_the_search_finds_one_without_errors(
    n_images: int, alpha: float
) -> None:
    sizes = np.ones(n_images, np.int64)
    best = searched(np.random.default_rng(0), sizes, 0.0, alpha)
    assert can_find(n_images, alpha, 0.05) == (best.verdict == FOUND)
    first = first_threshold(sizes, alpha, 0.05)
    assert (first is not None) == can_find(n_images, alpha, 0.05) == (n_images >= images_needed(alpha, 0.05))


@settings(max_examples=40, deadline=None)
@given(sizes_of_images.filter(any))
def test_images_with_an_answer_are_those_of_drawn_questions(sizes: list[int]) -> None:
    """The mean over 300 draws; bounds and order hold exactly."""
    n = np.array(sizes)
    expected = images_with_an_answer(n)
    wanted = questions_answered(int(n.sum()))
    assert (np.diff(expected) >= -1e-9).all()
    assert (expected <= np.minimum(wanted, (n > 0).sum()) + 1e-9).all()
    assert expected[-1] == pytest.approx((n > 0).sum())
    rng, images = np.random.default_rng(1), np.repeat(np.arange(len(n)), n)
    drawn = np.zeros(len(wanted))
    for _ in range(300):
        order = rng.permutation(images)
        drawn += [len(set(order[:k])) / 300 for k in wanted.tolist()]
    assert drawn == pytest.approx(expected, abs=0.05 + 3 * np.sqrt((n > 0).sum() / 4 / 300))


@settings(max_examples=40, deadline=None)
@given(sizes_of_images.filter(any), st.randoms())
def test_the_order_of_images_does_not_matter_nor_those_without_questions(
    sizes: list[int], random: object
) -> None:
    shuffled = [*sizes, 0, 0][::-1]
    assert first_threshold(sizes, 0.3, 0.1) == first_threshold(shuffled, 0.3, 0.1)


def test_where_one_question_is_about_each_image_their_number_is_exact() -> None:
    expected = images_with_an_answer(np.ones(100, np.int64))
    assert expected == pytest.approx(questions_answered(100))


@pytest.mark.parametrize("images", [1, 2, 20, 75, 300])
@pytest.mark.parametrize("delta", [0.05, 0.05 / 11])
def test_no_smaller_error_than_the_least_can_be_shown(images: int, delta: float) -> None:
    """Without an error in so many answers the exact upper limit of the share of errors is 1 - delta^(1/m)."""
    least = least_error(images, delta)
    assert least is not None
    assert can_find(images, least, delta)
    assert not can_find(images, round(least - 0.001, 3), delta)
    assert 0 <= least - (1 - delta ** (1 / images)) <= 0.001 + 1e-9


def test_no_image_shows_nothing() -> None:
    assert least_error(0, 0.05) is None
    assert least_error(1, 0.0001) is None


@pytest.mark.parametrize("sizes", [[], [0, 0], [1], [5] * 10])
def test_too_few_images_have_no_first_threshold(sizes: list[int]) -> None:
    assert first_threshold(sizes, 0.05, 0.05) is None

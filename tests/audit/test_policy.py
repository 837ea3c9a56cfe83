"""The search for a policy against a plain walk in Python, and what must hold whatever the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import ceil, inf, isfinite, log, nan
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from tests.made_up_answers import MakeAnswers
from tests.optional import not_none

from vqa_canary.audit.policy import GUARANTEES, SearchResult, find_policy, images_needed
from vqa_canary.audit.policy_search import (
    binomial_p,
    intraclass_correlation,
    rounded_up,
    search_steps,
    size_needed,
)
from vqa_canary.audit.policy_words import Allowed, policy_sentence
from vqa_canary.errors import BadInput
from vqa_canary.numerals import significant as threshold


@lru_cache
def images_begun_with(alpha: float, delta: float) -> float:
    """The fewest with which answers that are wrong a fifth as often as allowed pass in four of five cases."""
    for m in range(1, 2000):
        allowed = sum(stats.binom.cdf(np.arange(m), m, alpha) <= delta) - 1
        if stats.binom.cdf(allowed, m, alpha / 5) >= 0.8:
            return m
    return inf


def plain_policy(
    u: np.ndarray,
    event: np.ndarray,
    images: np.ndarray,
    priority: Sequence[int],
    alpha: float,
    delta: float,
) -> tuple[str, float | None]:
    """Section by section as it is written down, one question at a time."""
    rows = list(zip(u, event, images, priority, strict=True))
    usable = [row for row in rows if isfinite(row[0]) and row[1] == row[1]]
    ranked = sorted(row[0] for row in usable)
    grid = []
    for percent in range(10, 101, 5):
        if ranked:
            grid.append(ranked[min(ceil(percent * len(rows) / 100), len(ranked)) - 1])
    steps = []
    for t in sorted(set(grid)):
        answered = [row for row in usable if row[0] <= t]
        first: dict[float, tuple[int, float]] = {}
        for _, bad, image, place in answered:
            if image not in first or place < first[image][0]:
                first[image] = (place, bad)
        wrong = sum(bad for _, bad in first.values())
        steps.append((t, len(answered) / len(rows), len(first), wrong))
    n0 = ceil(log(delta) / log(1 - alpha))
    begin = images_begun_with(alpha, delta)
    start = next((i for i, (_, _, m, _) in enumerate(steps) if m >= begin), None)
    if start is None:
        start = next((i for i, (_, c, m, _) in enumerate(steps) if m >= n0 and c >= 0.5), None)
    if start is None:
        return "too little data", None
    accepted = None
    for t, _, m, wrong in steps[start:]:
        if stats.binom.cdf(wrong, m, alpha) > delta:
            break
        accepted = t
    return ("policy found" if accepted is not None else "refused"), accepted


values = st.one_of(st.integers(0, 6).map(float), st.just(nan), st.just(inf))
Questions = list[tuple[float, float, int]]
questions = st.lists(
    st.tuples(values, st.sampled_from([0.0, 0.0, 0.0, 1.0, nan]), st.integers(0, 25)), max_size=120
)


@settings(max_examples=200, deadline=None)
@given(questions, st.sampled_from([(0.3, 0.2), (0.5, 0.1), (0.2, 0.3)]), st.randoms())
def test_exact_is_the_walk_as_written(rows: Questions, levels: tuple[float, float], random: Random) -> None:
    priority = list(range(len(rows)))
    random.shuffle(priority)
    u, event, images = (np.array([row[k] for row in rows], float) for k in range(3))
    found = find_policy(search_steps(u, event, images.astype(np.int64), priority), *levels)
    verdict, threshold = plain_policy(u, event, images, priority, *levels)
    assert found.threshold == threshold
    assert found.verdict == verdict if verdict != "refused" else found.verdict.startswith("no safe policy")
    if threshold is not None:
        answered = (u <= threshold) & ~np.isnan(event)
        assert found.coverage == pytest.approx(answered.sum() / len(u))
        assert found.risk == pytest.approx(event[answered].mean())
        assert not_none(found.p_accepted) <= levels[1]
        assert found.p_refused is None or found.p_refused > levels[1]


@settings(max_examples=60, deadline=None)
@given(questions, st.permutations(range(120)))
def test_row_order_and_the_scale_of_uncertainty_do_not_matter(rows: Questions, order: list[int]) -> None:
    u, event, images = (np.array([row[k] for row in rows], float) for k in range(3))
    at = [k for k in order if k < len(rows)]
    priority = np.arange(len(rows))
    for guarantee in GUARANTEES:
        one = find_policy(search_steps(u, event, images, priority), 0.3, 0.2, guarantee)
        moved = find_policy(search_steps(u[at], event[at], images[at], priority[at]), 0.3, 0.2, guarantee)
        assert moved == one
        bent = find_policy(search_steps(np.exp(u), event, images, priority), 0.3, 0.2, guarantee)
        assert (bent.verdict, bent.coverage) == (one.verdict, one.coverage)
        if one.threshold is not None:
            assert 0 <= bent.threshold / np.exp(one.threshold) - 1 < 1e-5  # rounded up


@given(st.floats(1e-300, 1e300) | st.integers(0, 12).map(lambda k: k / 12))
def test_a_threshold_is_the_next_number_of_six_digits(value: float) -> None:
    up = rounded_up(value)
    assert up >= value
    assert up <= value * (1 + 1.1e-5)
    assert float(f"{up:.6g}") == up == rounded_up(up)


def test_who_applies_the_printed_threshold_answers_the_same_questions() -> None:
    u = np.tile([0.0, 1 / 3, 1 - 1 / 3], 100)
    found = found_for(u == 1 - 1 / 3, u, alpha=0.1, delta=0.05)
    printed = float(threshold(found.threshold))
    assert found.coverage == pytest.approx((u <= printed).mean()) == pytest.approx(2 / 3)


def found_for(
    wrong: np.ndarray, u: np.ndarray | None = None, per_image: int = 1, **kwargs: Any
) -> SearchResult:
    n = len(wrong)
    u = np.zeros(n) if u is None else u
    return find_policy(search_steps(u, wrong, np.arange(n) // per_image, np.arange(n)), **kwargs)


def test_the_least_numbers_of_images() -> None:
    assert images_needed(0.05, 0.05) == 59
    assert images_needed(0.10, 0.05) == 29
    for n, verdict in ((58, "too little data"), (59, "policy found")):
        found = found_for(np.zeros(n), alpha=0.05, delta=0.05)
        assert found.verdict == verdict
    assert found.p_accepted == pytest.approx(0.95**59)
    short = found_for(np.zeros(40), alpha=0.05, delta=0.05)
    assert (short.needed_images, short.images_used) == (59, 40)
    assert (
        "59 calibration images with an answer that has a value of margin are needed even if all are right; 40 have"
        in policy_sentence(short, "margin")
    )


def test_one_level_is_answered_wholly_or_not_at_all() -> None:
    wrong = np.arange(200) % 50 == 0
    found = found_for(wrong, alpha=0.05, delta=0.05)
    assert (found.threshold, found.coverage, found.verdict) == (0.0, 1.0, "policy found")
    surely = found_for(np.arange(200) % 2, alpha=0.05, delta=0.05)
    assert surely.verdict == "no safe policy exists at this target"
    assert surely.needed_images is None
    assert 0.4 < not_none(surely.lower_limit) < 0.5
    assert "No safe policy exists" in policy_sentence(surely, "margin")


def test_what_could_not_be_shown_says_how_many_images_would_do() -> None:
    wrong = np.arange(120) % 30 == 0  # 4 of 120: p = .29
    found = found_for(wrong, alpha=0.05, delta=0.05)
    assert found.verdict == "no safe policy could be shown"
    assert found.p_refused == pytest.approx(stats.binom.cdf(4, 120, 0.05))
    more = not_none(found.needed_images)
    assert binomial_p(4 / 120, more, 0.05) <= 0.05 < binomial_p(4 / 120, more - 1, 0.05)
    assert f"about {more} calibration images" in policy_sentence(found, "margin")
    never = found_for(np.arange(120) % 20 == 0, alpha=0.05, delta=0.05)
    assert (never.verdict, never.needed_images) == ("no safe policy could be shown", None)
    assert never.too_many_everywhere  # all questions tie, so there is one coverage
    assert "at such shares no number of images would do" in policy_sentence(never, "margin")


@pytest.mark.parametrize("guarantee", GUARANTEES)
def test_that_no_number_of_images_would_do_is_said_only_where_every_coverage_is_as_bad(
    guarantee: Any,
) -> None:
    """Right where it is sure: below the first threshold that enough images have an answer for, none is wrong."""
    u = np.arange(160)
    wrong = (u >= 30) & (u % 14 == 0)
    found = found_for(wrong, u, alpha=0.05, delta=0.05, guarantee=guarantee)
    assert (found.verdict, found.needed_images) == ("no safe policy could be shown", None)
    assert not found.too_many_everywhere
    words = policy_sentence(found, "margin")
    assert "no number of images would do" not in words
    assert "not every coverage was tried" in words


def test_what_has_no_value_is_escalated_and_counts_in_coverage() -> None:
    u = np.where(np.arange(300) % 3 == 0, nan, 0.5)
    found = found_for(np.zeros(300), u, alpha=0.05, delta=0.05)
    assert found.coverage == pytest.approx(2 / 3)
    unanswered = np.where(np.arange(300) % 3 == 0, nan, 0.0)
    assert found_for(unanswered, np.full(300, 0.5), alpha=0.05, delta=0.05) == found
    nothing = found_for(np.zeros(300), np.full(300, nan), alpha=0.05, delta=0.05)
    assert (nothing.verdict, nothing.images_used) == ("too little data", 0)
    few = found_for(np.zeros(300), np.where(np.arange(300) < 100, 0.5, nan), alpha=0.05, delta=0.05)
    assert few.verdict == "too little data"
    assert "only 100 images have one, on fewer" in policy_sentence(few, "margin")


def test_a_sentence_says_target_confidence_and_population() -> None:
    found = found_for(np.zeros(200), np.linspace(0, 0.5, 200), alpha=0.05, delta=0.05)
    assert policy_sentence(found, "max_probability") == (
        "Of 100 calibration questions it answers 100 and hands 0 to a person, by their max_probability. At most 5 % "
        "errors among answered, with 95 % confidence, for a random answered question of a random image."
    )
    best = found_for(np.zeros(400), alpha=0.05, delta=0.05 / 4, guarantee="cluster")
    words = policy_sentence(best, "margin", "collapse:nota_replace", Allowed(4))
    assert "At most 5 % collapses under nota_replace among answered, with 95 % confidence" in words
    assert "(approximate); this allows for the choice among 4 methods" in words


@pytest.mark.parametrize(
    "levels", [(0.0, 0.05), (1.0, 0.05), (0.05, 0.0), (0.05, nan), (5, 0.05), (0.05, 0.5)]
)
def test_levels_that_are_none_are_refused(levels: tuple[float, float]) -> None:
    with pytest.raises(BadInput, match="is not between 0 and"):
        find_policy(search_steps([0.1], [0], [0], [0]), *levels)


@given(st.integers(1, 300), st.data())
def test_the_beta_form_is_the_binomial(m: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, m))
    assert binomial_p(k / m, m, 0.1) == pytest.approx(stats.binom.cdf(k, m, 0.1), abs=1e-9)


def test_cluster_counts_what_it_says() -> None:
    """Effective size by hand: no event, all alike inside images, and one question an image."""
    n, g = 400, 100
    images = np.repeat(np.arange(g), 4)
    shrink = (stats.norm.ppf(0.95) / stats.t.ppf(0.95, g - 1)) ** 2
    clean = search_steps(np.zeros(n), np.zeros(n), images, np.arange(n))
    assert clean.effective_size(0.05) == pytest.approx([g * shrink])
    alike = search_steps(np.zeros(n), images < 20, images, np.arange(n))
    robust = (g / (g - 1) * 16 * g * 0.2 * 0.8 / n**2) / (0.2 * 0.8 / n)
    assert robust > 4  # the other guess: 1 + (4 - 1) * 1
    assert alike.effective_size(0.05) == pytest.approx([n / robust * shrink])
    assert alike.cluster_p(0.3, 0.05) == pytest.approx([float(binomial_p(0.2, n / robust * shrink, 0.3))])
    single = search_steps(np.zeros(g), np.arange(g) < 20, np.arange(g), np.arange(g))
    assert single.effective_size(0.05) == pytest.approx([g * (g - 1) / g * shrink])
    lone = search_steps(np.zeros(9), np.zeros(9), np.zeros(9), np.arange(9))
    assert lone.cluster_p(0.1, 0.05) == 1.0


def test_intraclass_correlation_at_its_ends_and_against_its_truth() -> None:
    images = np.repeat(np.arange(4000), 5)
    rng = np.random.default_rng(1)
    assert intraclass_correlation(images % 2, images) == pytest.approx(1)
    assert intraclass_correlation(np.tile([0, 0, 0, 0, 1], 4000), images) == 0
    assert intraclass_correlation(np.ones(10), np.arange(10)) == 0
    x = np.sqrt(0.3) * rng.standard_normal(4000)[images] + np.sqrt(0.7) * rng.standard_normal(20000)
    assert intraclass_correlation(x, images) == pytest.approx(0.3, abs=0.02)


def test_size_needed_without_any_event_is_the_least_number() -> None:
    assert size_needed(0.0, 0.05, 0.05) == 59
    assert size_needed(0.05, 0.05, 0.05) is None


def test_more_events_never_answer_more(answers: MakeAnswers) -> None:
    rng = np.random.default_rng(4)
    for _ in range(40):
        one = answers(rng, 150, 0.9, 0.8)
        worse = one.wrong | (rng.random(len(one.wrong)) < 0.03)
        order = rng.permutation(len(one.wrong))
        a, b = (find_policy(search_steps(one.uncertainty, bad, one.images, order), 0.1, 0.05)
                for bad in (one.wrong, worse))  # fmt: skip
        assert (b.threshold or -9) <= (a.threshold or -9)


def test_a_sentence_tells_the_target_as_it_was_set() -> None:
    found = found_for(np.zeros(400), alpha=0.1234, delta=0.0004)
    assert "At most 12.34 % errors among answered, with 99.96 % confidence" in policy_sentence(found, "u")

"""Bets against their definition in exact fractions, against one another, and under looks after every value."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from tests.made_up_answers import image_noise

from vqa_canary.errors import BadInput
from vqa_canary.statistics.betting import (
    FRACTIONS,
    evidence,
    limits,
    log_detector,
    log_wealth,
    warnings,
)

shares = st.builds(lambda k, n: min(k, n) / n, st.integers(0, 12), st.integers(1, 12))
sequences = st.lists(shares, min_size=1, max_size=12)
short_sequences = st.lists(shares, min_size=1, max_size=6)
"""For what looks at every beginning of a sequence again, which takes time that grows with the square of the length."""
means = st.sampled_from([0.01, 0.05, 0.1, 0.3, 0.5, 0.9])


def exact_capital(values: list[float], mean: float) -> list[Fraction]:
    """The capital after each value, bet by bet and without rounding."""
    m, capital, told = Fraction(mean), [Fraction(1)] * len(FRACTIONS), []
    for value in values:
        for at, share in enumerate(FRACTIONS):
            stake = Fraction(float(share)) / m
            capital[at] *= 1 + stake * (Fraction(value) - m)
        told.append(sum(capital, Fraction(0)) / len(capital))
    return told


@given(sequences, means)
def test_the_capital_is_that_of_its_definition(values: list[float], mean: float) -> None:
    found = np.exp(log_wealth(values, mean))
    assert found == pytest.approx([float(one) for one in exact_capital(values, mean)], rel=1e-9)
    assert (found > 0).all()


@given(short_sequences, means)
def test_the_detector_is_the_sum_of_all_bets_begun_since(values: list[float], mean: float) -> None:
    expected = [
        sum(exact_capital(values[begin : end + 1], mean)[-1] for begin in range(end + 1))
        for end in range(len(values))
    ]
    assert np.exp(log_detector(values, mean)) == pytest.approx([float(one) for one in expected], rel=1e-9)


@given(st.integers(1, 6), means)
def test_the_capital_is_fair_where_the_mean_is_just_allowed(n: int, mean: float) -> None:
    """Over all sequences of 0 and 1, each weighted by its probability, the capital is 1: a martingale, by brute force;
    and with a smaller mean it is less."""
    every = [[(number >> at) & 1 for at in range(n)] for number in range(2**n)]
    capital = np.array([np.exp(log_wealth(one, mean))[-1] for one in every])
    ones = np.array([sum(one) for one in every])

    def expected(p: float) -> float:
        return float((capital * p**ones * (1 - p) ** (n - ones)).sum())

    assert expected(mean) == pytest.approx(1)
    assert expected(mean / 2) < 1
    assert expected((1 + mean) / 2) > 1


@given(sequences, means, st.integers(0, 11))
def test_a_worse_value_is_more_evidence(values: list[float], mean: float, at: int) -> None:
    at %= len(values)
    worse = [*values[:at], 1.0, *values[at + 1 :]]
    assert log_wealth(worse, mean)[-1] >= log_wealth(values, mean)[-1]
    assert log_detector(worse, mean)[-1] >= log_detector(values, mean)[-1]


@given(sequences, means)
def test_the_last_capital_does_not_depend_on_the_order(values: list[float], mean: float) -> None:
    assert log_wealth(values[::-1], mean)[-1] == pytest.approx(log_wealth(values, mean)[-1])


@given(sequences)
def test_larger_means_are_harder_to_refute(values: list[float]) -> None:
    capital = [log_wealth(values, mean)[-1] for mean in (0.01, 0.05, 0.2, 0.5, 0.9)]
    assert capital == sorted(capital, reverse=True)


@settings(max_examples=50)  # each searches for limits
@given(sequences, st.sampled_from([0.01, 0.05, 0.2]))
def test_limits_hold_the_mean_and_are_the_edge_of_what_is_refuted(values: list[float], delta: float) -> None:
    low, high = limits(values, delta)
    assert 0 <= low <= np.mean(values) + 1e-12
    assert np.mean(values) - 1e-12 <= high <= 1
    worth, mirrored = np.log(2 / delta), 1 - np.array(values)
    for mean in np.linspace(0.001, 0.999, 12):
        if abs(mean - low) > 1e-9 and mean <= np.mean(values):
            assert (log_wealth(values, mean)[-1] >= worth) == (mean < low)
        if abs(mean - high) > 1e-9 and mean >= np.mean(values):
            assert (log_wealth(mirrored, 1 - mean)[-1] >= worth) == (mean > high)
    wider = limits(values, delta / 2)
    assert wider[0] <= low
    assert wider[1] >= high
    assert limits(mirrored, delta) == pytest.approx((1 - high, 1 - low), abs=1e-9)


def test_of_nothing_and_of_one_value() -> None:
    nothing = evidence([], 0.05, 0.05)
    assert (nothing.n, nothing.log_e, nothing.alarm, nothing.p_value) == (0, 0, None, 1)
    assert (nothing.low, nothing.high) == (0, 1)
    one = evidence([1.0], 0.05, 0.05)
    assert np.exp(one.log_e) == pytest.approx(np.mean(1 + FRACTIONS / 0.05 * 0.95))
    assert (one.n, one.alarm) == (1, None)  # one wrong answer is worth 8.3, and an alarm takes 20
    assert warnings([], 0.05, 100) == []


@settings(max_examples=50)  # each searches for limits
@given(short_sequences, means, st.sampled_from([0.05, 0.3]))
def test_an_alarm_stays_and_the_p_value_never_rises(values: list[float], mean: float, delta: float) -> None:
    told = [evidence(values[:n], mean, delta) for n in range(len(values) + 1)]
    p = [one.p_value for one in told]
    assert p == pytest.approx(sorted(p, reverse=True), rel=1e-12)  # sums of other lengths round otherwise
    assert all(0 < one <= 1 for one in p)
    first = next((one.alarm for one in told if one.alarm is not None), None)
    for n, one in enumerate(told):
        assert one.alarm == (first if first is not None and n > first else None)
        assert (one.alarm is not None) == (one.p_value <= delta)


@given(sequences, means)
def test_after_a_warning_the_detector_begins_anew(values: list[float], mean: float) -> None:
    every, expected, begin = 5.0, [], 0
    for at in range(len(values)):
        if log_detector(values[begin : at + 1], mean)[-1] >= np.log(every):
            expected.append(at)
            begin = at + 1
    assert warnings(values, mean, every) == expected


@pytest.mark.parametrize("values", [[1.1], [-0.1], [float("nan")], [0.2, float("inf")]])
def test_what_is_no_share_is_refused(values: list[float]) -> None:
    with pytest.raises(BadInput, match="not from 0 to 1"):
        log_wealth(values, 0.05)


@pytest.mark.parametrize(("mean", "delta"), [(0.0, 0.05), (1.0, 0.05), (0.05, 0.0), (0.05, 1.0)])
def test_levels_are_between_0_and_1(mean: float, delta: float) -> None:
    with pytest.raises(BadInput, match="is not between 0 and 1"):
        evidence([0.5], mean, delta)


def image_means(rng: np.random.Generator, n_images: int, error: float, icc: float) -> np.ndarray:
    """Shares of wrong answers of images with 1 to 12 questions, whose errors are alike within an image."""
    images = np.repeat(np.arange(n_images), 1 + np.minimum(rng.geometric(0.2, n_images) - 1, 11))
    latent = image_noise(rng, images, icc)
    wrong = latent > norm.isf(error)
    shares: np.ndarray = np.bincount(images, wrong) / np.bincount(images)
    return shares


def rates(error: float, icc: float, repetitions: int, n_images: int) -> tuple[float, float]:
    """Share of watches with an alarm, and the median image of the first; looked at after every image."""
    rng = np.random.default_rng(17)
    alarms = [evidence(image_means(rng, n_images, error, icc), 0.05, 0.05).alarm for _ in range(repetitions)]
    found = [one for one in alarms if one is not None]
    return len(found) / repetitions, float(np.median(found)) + 1 if found else np.nan


def test_continuous_looks_raise_no_more_false_alarms_and_twice_the_errors_one() -> None:
    """A small run of the simulation below."""
    size, _ = rates(0.05, 0.3, 60, 200)
    assert size <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 60)
    power, delay = rates(0.15, 0.3, 20, 200)
    assert power == 1
    assert delay < 60


@pytest.mark.slow
@pytest.mark.parametrize("icc", [0.0, 0.3, 0.7])
def test_size_under_continuous_looks_and_delay_when_the_error_doubles(icc: float) -> None:
    """600 images, looked at after each; the Monte-Carlo error of the size is .009."""
    size, _ = rates(0.05, icc, 600, 600)
    power, delay = rates(0.10, icc, 200, 600)
    print(f"ICC {icc}: size {size:.3f}; at twice the error {power:.3f}, median at image {delay:.0f}")
    assert size <= 0.05 + 3 * 0.009
    assert power > 0.97
    assert delay < 150


@pytest.mark.slow
def test_the_detector_warns_falsely_no_oftener_than_it_is_told() -> None:
    """Images between false warnings, on average, where the error is just allowed; and it is quicker than the bet since
    release where good times came first."""
    rng = np.random.default_rng(5)
    every, n_images, repetitions = 200.0, 4000, 60
    told = [len(warnings(image_means(rng, n_images, 0.05, 0.3), 0.05, every)) for _ in range(repetitions)]
    between = n_images * repetitions / max(1, sum(told))
    print(f"{between:.0f} images between two false warnings")
    assert between >= every
    late, early = [], []
    for _ in range(60):
        values = np.concatenate([image_means(rng, 200, 0.03, 0.3), image_means(rng, 600, 0.15, 0.3)])
        late.append(evidence(values, 0.05, 0.05).alarm or len(values))
        early.append(next((one for one in warnings(values, 0.05, 1000.0) if one >= 200), len(values)))
    print(
        f"after 200 good images: alarm {np.median(late) - 200:.0f}, warning {np.median(early) - 200:.0f} late"
    )
    assert np.median(early) < np.median(late)

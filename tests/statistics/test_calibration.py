"""Calibration errors against scikit-learn and binning by hand."""

from __future__ import annotations

from dataclasses import fields
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss
from tests.optional import not_none

from vqa_canary.statistics.bins import Binning
from vqa_canary.statistics.calibration import (
    Draws,
    Sample,
    brier,
    calibration,
    calibrations,
    confident_error_share,
    draw,
    overconfidence,
)

draws = partial(draw, rng=np.random.default_rng(0), n_draws=200)


def made_up(seed: int, n: int = 150) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    confidence = rng.uniform(0.2, 1, n)
    return confidence, (rng.random(n) < confidence).astype(float), np.arange(n) // 3


@given(st.integers(0, 1000))
def test_ece_is_the_weighted_gap_of_bins(seed: int) -> None:
    confidence, correct, images = made_up(seed)
    parts = np.array_split(np.argsort(confidence), 15)  # 150 distinct values: ten a bin
    gaps = [abs(correct[part].mean() - confidence[part].mean()) * len(part) / 150 for part in parts]
    found = calibration(confidence, correct, images, draws)
    assert found.ece.value == pytest.approx(sum(gaps))
    assert 0 <= not_none(found.ece.ci_low) <= not_none(found.ece.value) <= not_none(found.ece.ci_high)
    order = np.random.default_rng(seed).permutation(150)
    again = calibration(confidence[order], correct[order], images[order], draws)
    assert again.ece.value == pytest.approx(found.ece.value)
    assert again.debiased.value == pytest.approx(found.debiased.value)


def test_debiased_error_by_hand() -> None:
    confidence, correct, images = made_up(3)
    total = 0.0
    for part in np.array_split(np.argsort(confidence), 15):
        residual, names = correct[part] - confidence[part], images[part]
        r, g = residual.mean(), len(set(names))
        gaps = [(residual[names == name] - r).sum() for name in set(names)]
        total += len(part) / 150 * (r**2 - g / (g - 1) * sum(x**2 for x in gaps) / len(part) ** 2)
    assert calibration(confidence, correct, images, draws).debiased.value == pytest.approx(total)


def test_the_floor_tells_noise_from_error() -> None:
    confidence, correct, images = made_up(4, 600)
    honest = calibration(confidence, correct, images, draws)
    assert not_none(honest.p_value.value) > 0.05
    assert honest.ece.ci_low == 0
    assert not_none(honest.noise_floor.value) > not_none(honest.ece.value)
    boastful = calibration(np.sqrt(confidence), correct, images, draws)
    assert not_none(boastful.p_value.value) < 0.01
    assert not_none(boastful.noise_floor.value) < not_none(boastful.ece.value)
    assert not_none(boastful.ece.ci_low) > 0
    assert boastful.noise_floor.ci_low is None


def test_the_floor_flips_whole_images() -> None:
    confidence, correct, _images = made_up(5, 60)
    once = calibration(confidence, correct, np.arange(60), partial(draw, rng=np.random.default_rng(1)))
    confidences, answers, images = (np.repeat(x, 20) for x in (confidence, correct, np.arange(60)))
    tenfold = calibration(confidences, answers, images, partial(draw, rng=np.random.default_rng(1)))
    assert tenfold.noise_floor.value == pytest.approx(once.noise_floor.value, rel=0.02)


def test_brier_is_scikit_learns_and_overconfidence_the_gap_of_means() -> None:
    confidence, correct, images = made_up(6)
    assert brier(confidence, correct, images).value == pytest.approx(brier_score_loss(correct, confidence))
    gap = overconfidence(confidence, correct, images)
    assert gap.value == pytest.approx(confidence.mean() - correct.mean())
    assert not_none(gap.ci_low) < not_none(gap.value) < not_none(gap.ci_high)


def test_confident_errors_are_a_share_of_errors() -> None:
    found = confident_error_share([0.9, 0.89, 1.0, 0.95], [0, 0, 0, 1], range(4))
    assert found.value == pytest.approx(2 / 3)  # a stated 0.9 counts
    assert confident_error_share([0.9], [1], [0]).reason == "no errors"


def test_too_little_is_said() -> None:
    nothing = calibration([], [], [], draws)
    assert nothing.ece.reason == "no items"
    few = calibration([0.5] * 6, [0, 1] * 3, [0, 0, 1, 1, 2, 2], draws)
    assert (few.ece.value, few.ece.ci_low) == (0, None)
    assert few.noise_floor.value is None
    assert not_none(few.p_value.reason).startswith("too few: 3 images")
    alone = calibration(np.arange(10) / 10, np.ones(10), range(10), draws)
    assert alone.debiased.reason == "a bin holds a single image"


def test_ece_in_bins_of_equal_width_is_that_of_scikit_learns_bins() -> None:
    confidence, correct, images = made_up(7, 400)
    share, mean = calibration_curve(correct, confidence, n_bins=10, strategy="uniform")
    sizes = np.histogram(confidence, np.linspace(0, 1, 11))[0]
    expected = (np.abs(share - mean) * sizes[sizes > 0]).sum() / 400
    for kind in ("equal_width", "equal_width_open"):  # no confidence is exactly 1
        found = calibration(confidence, correct, images, draws, Binning(kind, 10))
        assert found.ece.value == pytest.approx(expected)
        assert found.lost.value == 0
        assert not_none(found.ece.ci_low) <= expected <= not_none(found.ece.ci_high)


def open_ece(confidence: np.ndarray, correct: np.ndarray, n_bins: int) -> float:
    """The definition of the open bins, bin by bin."""
    edges, total = np.linspace(0, 1, n_bins + 1), 0.0
    for low, high in pairwise(edges):
        inside = (confidence >= low) & (confidence < high)
        if inside.any():
            total += abs(correct[inside].mean() - confidence[inside].mean()) * inside.mean()
    return total


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=40))
def test_open_bins_lose_what_is_exactly_one(rows: list[tuple[int, bool]]) -> None:
    confidence, correct = np.array([c for c, _ in rows]) / 20, np.array([x for _, x in rows], float)
    images = np.arange(len(rows))
    closed, opened = (
        calibration(confidence, correct, images, draws, Binning(kind, 10))
        for kind in ("equal_width", "equal_width_open")
    )
    lost = not_none(opened.lost.value)
    if (confidence == 1).all():  # an error of 0 would say that all is well
        assert (opened.ece.value, opened.noise_floor.value) == (None, None)
        assert opened.ece.reason == "every confidence is exactly 1, which falls in no bin"
        assert lost == pytest.approx(closed.ece.value)
    else:
        assert opened.ece.value == pytest.approx(open_ece(confidence, correct, 10), abs=1e-12)
        assert lost == pytest.approx(not_none(closed.ece.value) - not_none(opened.ece.value))
        assert opened.ece.n == len(rows)  # those in no bin count among all
    assert closed.lost.value == 0
    assert lost == 0 or (confidence == 1).any()


def test_many_samples_at_once_are_each_alone() -> None:
    samples = [
        Sample(*made_up(8, 150)),
        Sample([], [], []),
        Sample(*made_up(9, 30)),
        Sample([0.5] * 6, [0, 1] * 3, [0, 0, 1, 1, 2, 2]),
        Sample(*made_up(10, 150)),
    ]

    def seeded(n_images: int) -> Draws:
        return draw(n_images, np.random.default_rng(n_images), 100)

    together = calibrations(samples, seeded)
    for sample, found in zip(samples, together, strict=True):
        alone = calibration(sample.confidence, sample.correct, sample.clusters, seeded)
        for field in fields(alone):
            one, other = getattr(found, field.name), getattr(alone, field.name)
            assert one.reason == other.reason
            for name in ("value", "ci_low", "ci_high", "n", "n_clusters"):
                assert getattr(one, name) == pytest.approx(getattr(other, name)), field.name

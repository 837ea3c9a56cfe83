"""No confidence is given by a map that has seen the image that it is about."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from vqa_canary.estimate import Undefined
from vqa_canary.statistics.confidence_maps import isotonic, platt
from vqa_canary.statistics.cross_fitting import Fit, cross_fitted

N_IMAGES, N_FOLDS = 60, 5
IMAGES = np.arange(3 * N_IMAGES) // 3
FOLDS = IMAGES * 7 % N_FOLDS
CrossFit = Callable[..., np.ndarray]


def made_up(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Clean uncertainty, whether the clean answers are right, and uncertainty under two conditions, with gaps."""
    rng = np.random.default_rng(seed)
    clean = np.round(rng.random(len(IMAGES)), 2)
    correct = (rng.random(len(IMAGES)) > clean).astype(float)
    clean[rng.random(len(IMAGES)) < 0.05] = np.nan
    correct[rng.random(len(IMAGES)) < 0.05] = np.nan
    other = np.clip(clean + rng.normal(0, 0.1, len(IMAGES)), 0, 1.2)
    return clean, correct, np.stack([clean, other])


@pytest.mark.parametrize("fit", [isotonic, platt])
def test_each_item_has_the_confidence_of_a_map_fitted_without_its_fold(fit: Fit) -> None:
    clean, correct, shown = made_up()
    found = cross_fitted(fit, clean, correct, IMAGES, FOLDS, shown)
    assert np.array_equal(np.isnan(found), np.isnan(shown))
    for item in range(0, len(IMAGES), 4):
        others = (FOLDS[item] != FOLDS) & ~np.isnan(clean) & ~np.isnan(correct)
        for condition in range(2):
            if not np.isnan(shown[condition, item]):
                alone = fit(clean[others], correct[others])(shown[condition, item : item + 1])
                assert found[condition, item] == pytest.approx(alone[0], abs=1e-12)


def in_sample(
    fit: Fit,
    clean: np.ndarray,
    correct: np.ndarray,
    _images: np.ndarray,
    _folds: np.ndarray,
    shown: np.ndarray,
) -> np.ndarray:
    """What a cross-fit must not be: one map that has seen every image."""
    known = ~(np.isnan(clean) | np.isnan(correct))
    return fit(clean[known], correct[known])(np.nan_to_num(shown))


def by_item(
    fit: Fit,
    clean: np.ndarray,
    correct: np.ndarray,
    _images: np.ndarray,
    _folds: np.ndarray,
    shown: np.ndarray,
) -> np.ndarray:
    """Nor this: a map that has not seen the item, but has seen the others about its image."""
    items = np.arange(len(clean))
    return cross_fitted(fit, clean, correct, items, items % N_FOLDS, shown)


def seen_images(cross_fit: CrossFit, fit: Fit) -> list[int]:
    """Images whose confidences change when their own clean answers are turned round and their clean values moved."""
    clean, correct, shown = made_up(1)
    before = cross_fit(fit, clean, correct, IMAGES, FOLDS, shown)
    seen = []
    for image in range(0, N_IMAGES, 6):
        own = image == IMAGES
        moved = np.where(own, 1 - clean, clean)
        after = cross_fit(fit, moved, np.where(own, 1 - correct, correct), IMAGES, FOLDS, shown)
        assert not np.array_equal(after, before, equal_nan=True)  # the change is felt by others
        if not np.array_equal(after[:, own], before[:, own], equal_nan=True):
            seen.append(image)
    return seen


@pytest.mark.parametrize("fit", [isotonic, platt])
def test_no_map_has_seen_the_image_that_it_is_applied_to(fit: Fit) -> None:
    assert seen_images(cross_fitted, fit) == []
    assert seen_images(in_sample, fit)  # the same look finds a map that has
    assert seen_images(by_item, fit)


def test_uncertainty_that_knows_nothing_does_not_look_calibrated_by_being_learnt_by_heart() -> None:
    """Answers that share an image are alike, and uncertainty names the image: a map that has seen it knows the rest."""
    rng = np.random.default_rng(2)
    right = np.repeat(rng.random(N_IMAGES) < 0.5, 3).astype(float)
    clean = np.repeat(rng.random(N_IMAGES), 3)
    known = right.mean() * (
        1 - right.mean()
    )  # the Brier score of knowing how many are right and nothing else

    def error(cross_fit: CrossFit) -> float:
        confidence = cross_fit(isotonic, clean, right, IMAGES, FOLDS, clean[None])
        return float(((confidence[0] - right) ** 2).mean())

    assert error(in_sample) < known <= error(cross_fitted)


def test_an_image_in_two_folds_is_refused() -> None:
    clean, correct, shown = made_up()
    folds = FOLDS.copy()
    folds[0] = (folds[0] + 1) % N_FOLDS
    with pytest.raises(ValueError, match="items of one image are in two folds"):
        cross_fitted(isotonic, clean, correct, IMAGES, folds, shown)


def test_too_little_to_learn_from_is_undefined() -> None:
    clean, _, shown = made_up()
    for right, reason in (
        (np.ones(len(IMAGES)), "one class only: no wrong answer"),
        ((IMAGES >= 4).astype(float), "too few: .* with a wrong answer"),
        (np.full(len(IMAGES), np.nan), "no items"),
    ):
        with pytest.raises(Undefined, match=reason):
            cross_fitted(isotonic, clean, right, IMAGES, FOLDS, shown)
    with pytest.raises(Undefined, match="no items"):
        cross_fitted(isotonic, clean[:1], np.ones(1), IMAGES[:1], FOLDS[:1], shown[:, :1])
    assert cross_fitted(isotonic, clean[:0], clean[:0], IMAGES[:0], FOLDS[:0], shown[:, :0]).shape == (2, 0)

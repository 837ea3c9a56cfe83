"""Limits of claim 1's correlation for new images and the same models: a bootstrap over images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

from vqa_canary.estimate import LEVEL
from vqa_canary.evaluation.claims.tracking_points import ModelPoint
from vqa_canary.evaluation.grid import Grid
from vqa_canary.seeding import generator_for
from vqa_canary.statistics.clusters import sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

N_DRAWS = 1000
"""Bootstrap samples of images behind the limits for the same models."""


def same_models_limits(
    grids: list[Grid], points: dict[str, list[ModelPoint]], seed: int
) -> tuple[float, float]:
    """95 % bootstrap limits of the correlation for new images and the same models; no verdict rests on them.

    NaN where in some draw all accuracies or all AUROCs are alike.
    """
    rhos = np.zeros(N_DRAWS)
    for d, grid in enumerate(grids):
        n_images = int(grid.images.max()) + 1
        rng = generator_for(seed, grid.dataset, "claim 1 images")
        weights = rng.multinomial(n_images, np.full(n_images, 1 / n_images), N_DRAWS).astype(np.float64)
        drawn = [_drawn(weights, points[model][d], grid.images) for model in sorted(points)]
        x, y = (np.stack(values, axis=1) for values in zip(*drawn, strict=True))
        rhos += _row_spearman(x, y) / len(grids)
    low, high = np.quantile(rhos, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _drawn(
    weights: NDArray[np.float64], point: ModelPoint, images: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Accuracy and AUROC of a model for each bootstrap sample.

    The AUROC of a sample is taken to first order, by the influences of the images, which spares ranking all items anew
    for each of the samples (infinitesimal jackknife: Efron 1982, The Jackknife, the Bootstrap and Other Resampling
    Plans, chapter 6).

    Parameters
    ----------
    weights : shape (samples, images), how often each image is in the sample
    """
    known, n_images = ~np.isnan(point.correct), weights.shape[1]
    right = sums(point.correct[known], images[known], n_images)
    shown = sums(np.ones(known.sum()), images[known], n_images)
    accuracy = (weights @ right) / np.maximum(weights @ shown, 1)
    return accuracy, point.ranking.value + (weights - 1) @ point.ranking.influence


def _row_spearman(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Spearman's correlation of each row of `x` with the same row of `y`; NaN where either is constant."""
    a, b = (rankdata(values, axis=1) for values in (x, y))
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    length = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return np.asarray((a * b).sum(axis=1) / np.where(length > 0, length, np.nan))

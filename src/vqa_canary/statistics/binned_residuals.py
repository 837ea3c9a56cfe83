"""What calibration errors are computed from: how far answers are from their confidences, by image and bin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.estimate import Estimate, estimate, undefined
from vqa_canary.statistics.bins import NO_BIN
from vqa_canary.statistics.clusters import finite, number, sums

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from vqa_canary.statistics.bins import Binning


@dataclass(frozen=True, slots=True)
class BinnedResiduals:
    """Sums over the items of each image in each bin; a residual is 1 or 0 for right or wrong, less the confidence."""

    residuals: NDArray[np.float64]
    """Shape (images, bins), sum of residuals: R_gb of `calibration`."""
    items: NDArray[np.float64]
    """Shape (images, bins), how many items there are."""
    shown: NDArray[np.float64]
    """Shape (images,), how many items each image has, those in no bin included."""
    outside: float
    """Sum of the residuals of items in no bin."""
    n: int
    """How many items there are, those in no bin included."""

    @property
    def n_clusters(self) -> int:
        """How many images there are."""
        return len(self.shown)

    @property
    def ece(self) -> float:
        """The expected calibration error of the items in bins, as a share of all items; needs one item."""
        return float(np.abs(self.residuals.sum(axis=0)).sum() / self.n)

    @property
    def lost(self) -> float:
        """What `ece` would be with the items of no bin in the last one, less `ece`; needs one item."""
        last = float(self.residuals[:, -1].sum())
        return (abs(last + self.outside) - abs(last)) / self.n

    def debiased(self) -> Estimate:
        """The debiased squared error of `calibration`.

        A bin's squared mean residual exceeds the true one by the variance of that mean on average, so this is
        subtracted (Kumar, Liang & Ma 2019, section 4), with the variance over images instead of over items.
        """
        used = self.items.sum(axis=0) > 0
        residuals, items = self.residuals[:, used], self.items[:, used]
        size, images = items.sum(axis=0), (items > 0).sum(axis=0)
        if (images < 2).any():
            return undefined("a bin holds a single image", self.n, self.n_clusters)
        r = residuals.sum(axis=0) / size
        variance = images / (images - 1) * ((residuals - r * items) ** 2).sum(axis=0) / size**2
        return estimate(float((size / self.n * (r**2 - variance)).sum()), None, self.n, self.n_clusters)


def bin_residuals(
    confidence: ArrayLike, correct: ArrayLike, clusters: ArrayLike, binning: Binning
) -> BinnedResiduals:
    """Residuals summed by image and bin.

    Parameters
    ----------
    confidence, correct, clusters : shape (n,), as in `calibration`

    Raises
    ------
    ValueError : a confidence or an answer is NaN

    Examples
    --------
    >>> from vqa_canary.statistics.bins import Binning
    >>> found = bin_residuals([0.2, 0.8, 0.9], [0, 1, 1], ["a", "a", "b"], Binning("equal_width", 2))
    >>> found.residuals.round(1)
    array([[-0.2,  0.2],
           [ 0. ,  0.1]])
    """
    p, x = finite("confidence", confidence), finite("correct", correct)
    codes, n_clusters = number(clusters)
    bins = binning.of(p) if len(p) else np.empty(0, np.int64)
    inside = bins != NO_BIN
    # One number for each pair of image and bin, so that one count sums over both.
    cells, shape = (codes * binning.number + bins)[inside], (n_clusters, binning.number)
    total = n_clusters * binning.number
    return BinnedResiduals(
        residuals=sums((x - p)[inside], cells, total).reshape(shape),
        items=sums(np.ones(len(cells)), cells, total).reshape(shape),
        shown=sums(np.ones(len(p)), codes, n_clusters),
        outside=float((x - p)[~inside].sum()),
        n=len(p),
    )


def redrawn(samples: Sequence[BinnedResiduals], draws: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each draw of images the sum over bins of the absolute sum of residuals: shape (draws, samples).

    Parameters
    ----------
    samples : of the same number of images and of bins
    draws : shape (draws, images), by what each image's residuals are multiplied

    Examples
    --------
    >>> from vqa_canary.statistics.bins import Binning
    >>> found = bin_residuals([0.2, 0.8, 0.9], [0, 1, 1], ["a", "a", "b"], Binning("equal_width", 2))
    >>> redrawn([found], np.array([[1.0, 1.0], [1.0, -1.0]])).round(1)  # |-0.2| + |0.2 + 0.1|, |-0.2| + |0.2 - 0.1|
    array([[0.5],
           [0.3]])
    """
    residuals = np.concatenate([one.residuals for one in samples], axis=1)
    n_bins = samples[0].residuals.shape[1]
    return np.asarray(np.abs(draws @ residuals).reshape(len(draws), len(samples), n_bins).sum(axis=2))

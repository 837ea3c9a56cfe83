"""Bins of confidence: which items are taken together when confidence is held against the share that is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

N_BINS = 15
"""Bins of the expected calibration error, where nothing else is said."""
NO_BIN = -1
"""Stands for the bin of an item that falls in none."""

Kind = Literal["equal_mass", "equal_width", "equal_width_open"]


@dataclass(frozen=True, slots=True)
class Binning:
    """How confidences are cut into bins.

    - `equal_mass`: equal numbers of items, see `equal_mass_bins`.
    - `equal_width`: [0, 1/B), [1/B, 2/B), ..., [1 - 1/B, 1]: the last bin holds 1 itself.
    - `equal_width_open`: the same with the last bin open as well, [1 - 1/B, 1), so that a confidence of exactly 1 falls
      in no bin. That is how code of the paper's authors computes it; what such items add to the error is lost.

    Examples
    --------
    >>> confidence = np.array([0.0, 0.1, 0.95, 1.0])
    >>> Binning("equal_width", 10).of(confidence)
    array([0, 1, 9, 9])
    >>> Binning("equal_width_open", 10).of(confidence)
    array([ 0,  1,  9, -1])
    >>> Binning("equal_mass", 2).of(confidence)
    array([0, 0, 1, 1])

    References
    ----------
    Equal width: Naeini, Cooper & Hauskrecht (2015), Obtaining Well Calibrated Probabilities Using Bayesian Binning;
    equal mass: Nguyen & O'Connor (2015), Posterior Calibration and Exploratory Analysis for Natural Language Processing
    Models; open: the code of arXiv 2506.10769, by authors of the paper that this project follows.
    """

    kind: Kind = "equal_mass"
    number: int = N_BINS
    """How many bins there are."""

    @property
    def open(self) -> bool:
        """Whether a confidence of exactly 1 falls in no bin."""
        return self.kind == "equal_width_open"

    def of(self, confidence: NDArray[np.float64]) -> NDArray[np.int64]:
        """Bin of each item, shape (n,), from 0; `NO_BIN` for an item that falls in none.

        Parameters
        ----------
        confidence : shape (n,), 0 to 1
        """
        if self.kind == "equal_mass":
            return equal_mass_bins(confidence, self.number)
        # By the edges themselves and not by `confidence * number`, which rounds some edges to the wrong side.
        edges = np.linspace(0, 1, self.number + 1)
        bins = (np.searchsorted(edges, confidence, side="right") - 1).astype(np.int64)
        bins[confidence == 1] = NO_BIN if self.open else self.number - 1
        return bins


def equal_mass_bins(values: NDArray[np.float64], n_bins: int = N_BINS) -> NDArray[np.int64]:
    """Bin of each item, shape (n,), from 0: equal numbers of items, equal values together.

    Bins are cut by mid-rank, so every item has one, a stated 0 or 1 too.

    Examples
    --------
    >>> equal_mass_bins(np.array([0.1, 0.5, 0.5, 0.9]), n_bins=2)
    array([0, 1, 1, 1])
    """
    _, level, size = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(size) - size / 2  # of each value's ranks, less a half
    return (middle * n_bins / len(values)).astype(np.int64)[level.ravel()]

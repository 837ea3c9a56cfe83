"""Ranks of many rows of values at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def dense_ranks(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rank of each value in its row, from 0, equal values alike and without gaps; shape (rows, n) like `values`.

    Examples
    --------
    >>> dense_ranks(np.array([[0.5, 0.1, 0.5], [3.0, 2.0, 1.0]]))
    array([[1, 0, 1],
           [2, 1, 0]])
    """
    order = np.argsort(values, axis=1)
    ascending = np.take_along_axis(values, order, axis=1)
    steps = np.zeros(values.shape, np.int64)
    steps[:, 1:] = ascending[:, 1:] != ascending[:, :-1]
    ranks = np.empty_like(steps)
    np.put_along_axis(ranks, order, steps.cumsum(axis=1), axis=1)
    return ranks

"""Images as clusters: which items share one, directly or by way of others, and sums over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray


def joined_by_images(shown: Sequence[Sequence[str]]) -> list[str]:
    """The cluster of each question: questions that share an image, directly or through a chain of others, have one.

    A cluster is named by the smallest id of its images, so that the order of questions does not matter, and questions
    about one image each are in the cluster of that image.

    Parameters
    ----------
    shown : for each question the ids of its images, one or several

    Examples
    --------
    >>> joined_by_images([["x"], ["x", "y"], ["z", "y"], ["q"]])
    ['x', 'x', 'x', 'q']
    """
    above: dict[
        str, str
    ] = {}  # a forest: each image points towards the smallest id of its cluster (union-find)

    def root(image: str) -> str:
        while (higher := above.setdefault(image, image)) != image:
            above[image] = above[higher]  # "path halving": the next look-up has half the way
            image = higher
        return image

    for first, *more in shown:
        for image in more:
            low, high = sorted((root(first), root(image)))
            above[high] = low
    return [root(images[0]) for images in shown]


def number(clusters: ArrayLike) -> tuple[NDArray[np.int64], int]:
    """Clusters numbered from 0 in the order of their ids, shape (n,), and how many there are.

    Examples
    --------
    >>> number(["b", "a", "b"])
    (array([1, 0, 1]), 2)
    """
    ids = np.asarray(clusters)
    if _small(ids):  # counting is ten times as fast as sorting
        seen = np.bincount(ids) > 0
        return (np.cumsum(seen) - 1)[ids].astype(np.int64), int(seen.sum())
    names, codes = np.unique(ids, return_inverse=True)
    return codes.astype(np.int64).ravel(), len(names)


def count(clusters: ArrayLike) -> int:
    """How many different clusters there are.

    Examples
    --------
    >>> count(["b", "a", "b"])
    2
    """
    ids = np.asarray(clusters)
    return int((np.bincount(ids) > 0).sum()) if _small(ids) else len(np.unique(ids))


def _small(ids: NDArray[Any]) -> bool:
    """Whether ids are whole numbers from 0 to some ten times their count."""
    return bool(ids.dtype == np.int64 and len(ids) and ids.min() >= 0 and ids.max() < 10 * len(ids) + 1000)


def sums(values: ArrayLike, codes: NDArray[np.int64], n_clusters: int) -> NDArray[np.float64]:
    """Sum of the values of each cluster, shape (n_clusters,).

    Examples
    --------
    >>> sums([1.0, 2.0, 3.0], np.array([0, 1, 0]), n_clusters=3)
    array([4., 2., 0.])
    """
    return np.bincount(codes, np.asarray(values, np.float64), n_clusters).astype(np.float64)


def images_with(items: NDArray[np.bool_], codes: NDArray[np.int64], n_clusters: int) -> NDArray[np.int64]:
    """How many clusters have one of the marked items, row by row; shape (rows,).

    Parameters
    ----------
    items : shape (rows, n), the marked items of each row
    codes : shape (n,), the cluster of each item, numbered from 0

    Examples
    --------
    >>> images_with(np.array([[True, True, False], [True, False, True]]), np.array([0, 0, 1]), n_clusters=2)
    array([1, 2])
    """
    cell = codes + n_clusters * np.arange(len(items))[:, None]
    seen = np.bincount(cell[items], minlength=items.shape[0] * n_clusters) > 0
    return np.asarray(seen.reshape(len(items), n_clusters).sum(axis=1))


def row_sums(values: NDArray[np.float64], codes: NDArray[np.int64], n_clusters: int) -> NDArray[np.float64]:
    """Sum of the values of each cluster, row by row: `sums` of each row, shape (rows, n_clusters).

    Parameters
    ----------
    values : shape (rows, n)

    Examples
    --------
    >>> row_sums(np.array([[1.0, 2.0, 3.0], [1.0, 1.0, 1.0]]), np.array([0, 1, 0]), n_clusters=2)
    array([[4., 2.],
           [2., 1.]])
    """
    cell = codes + n_clusters * np.arange(len(values))[:, None]
    return sums(values.ravel(), cell.ravel(), len(values) * n_clusters).reshape(len(values), n_clusters)


def finite(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """The values as float64.

    Raises
    ------
    ValueError : one is NaN or infinite

    Examples
    --------
    >>> finite("uncertainty", [1, 2])
    array([1., 2.])
    >>> finite("uncertainty", [1, float("nan")])
    Traceback (most recent call last):
    ValueError: uncertainty holds NaN or infinity: leave undefined items out first
    """
    array: NDArray[Any] = np.asarray(values, np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinity: leave undefined items out first")
    return array

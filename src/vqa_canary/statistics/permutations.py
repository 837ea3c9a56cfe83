"""Permutation tests: in which orders exchangeable units could have come, and how many are as extreme."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations, product
from math import factorial, prod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

N_PERMUTATIONS = 9999
"""Up to this many permutations all are tried, beyond as many random ones: with the observed one they make 10,000."""
_ROUNDING = 1e-12
"""By how much equal statistics may differ in the last digits."""


@dataclass(frozen=True, slots=True)
class Orders:
    """Orders of n units."""

    places: NDArray[np.int64]
    """Shape (orders, n): at [o, i] the unit that order o puts at place i."""
    exact: bool
    """Whether these are all orders that there are, the observed one among them, or random ones."""

    def p_value(self, observed: float, permuted: NDArray[np.float64]) -> float:
        """p-value of "the units are exchangeable" against a large statistic.

        If all orders were tried, the share of them that reach `observed`, which is one of them. Else (1 + hits) /
        (1 + orders): without the 1, p could be 0 by chance.

        Parameters
        ----------
        permuted : shape (orders,), the statistic under each order

        References
        ----------
        Phipson & Smyth (2010), Permutation P-Values Should Never Be Zero.
        """
        hits = int((permuted >= observed - _ROUNDING).sum())
        n = len(self.places)
        return hits / n if self.exact else (1 + hits) / (1 + n)


def orders_inside(sets: Sequence[str], rng: np.random.Generator) -> Orders:
    """Orders of units that are exchanged inside their sets alone; units alone in their set form one set.

    Parameters
    ----------
    sets : the set of each unit
    rng : draws the orders, if there are more than 9,999

    Examples
    --------
    >>> orders_inside(["a", "a", "b", "b"], np.random.default_rng(0)).places.tolist()
    [[0, 1, 2, 3], [0, 1, 3, 2], [1, 0, 2, 3], [1, 0, 3, 2]]

    References
    ----------
    Winkler et al. (2015), Multi-Level Block Permutation.
    """
    names, member, sizes = np.unique(np.asarray(sets), return_inverse=True, return_counts=True)
    # A set of one unit has nothing to exchange it with, so all such units form a set of their own.
    member = np.where(sizes[member] == 1, len(names), member)
    groups = [np.flatnonzero(member == name) for name in np.unique(member)]
    # A permutation is put together set by set; `back` brings its columns into the order of the units.
    back = np.argsort(np.concatenate(groups))
    if prod(factorial(len(own)) for own in groups) <= N_PERMUTATIONS:
        combined = product(*(permutations(own) for own in groups))
        return Orders(np.array([np.concatenate(order) for order in combined])[:, back], exact=True)
    # Sorting random keys gives a random order of each set, one a row: every order is equally likely.
    keys = rng.random((N_PERMUTATIONS, len(member)))
    shuffled = [own[np.argsort(keys[:, own], axis=1)] for own in groups]
    return Orders(np.concatenate(shuffled, axis=1)[:, back], exact=False)


def first_return(places: NDArray[np.int64], kept: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Orders of some of the units, made from orders of all: a unit that is not kept is passed over.

    A place gets the unit that its order puts there, or if that unit is not kept, the one that is put at *that* unit's
    place, and so on. Each result is an order of the kept units; of orders that are all equally likely it gives orders
    that are all equally likely; and where every unit is kept nothing changes. So several rows of units that lack
    different ones are still exchanged together wherever they can be.

    Parameters
    ----------
    places : shape (orders, n), as in `Orders`
    kept : shape (n,)

    Returns
    -------
    shape (orders, kept units), the numbers of kept units, counted among all n

    Examples
    --------
    >>> first_return(np.array([[1, 2, 0]]), np.array([True, False, True]))  # 0 gets 1, which is not there, so 2
    array([[2, 0]])
    """
    found = places[:, kept]
    while (lost := ~kept[found]).any():
        found = np.where(lost, np.take_along_axis(places, found, axis=1), found)
    return found

"""Which row of a cache each answer sits in while answers part, go on and leave."""

from __future__ import annotations

from collections.abc import Sequence


class Seats:
    """Which row each of the last distributions belongs to, so that as many answers as can be go on in their row.

    Parameters
    ----------
    n : rows at the outset, in the order of the distributions
    """

    def __init__(self, n: int) -> None:
        self._row_of = list(range(n))

    def take(self, ways: Sequence[tuple[int, int]]) -> tuple[list[int], list[int], list[int]]:
        """Seat the ways, each a place of the last distributions and a token.

        Returns
        -------
        For each new row the row that it continues, and the token that it takes; and for each way its row.
        """
        sources = [self._row_of[at] for at, _ in ways]
        self._row_of = settle(sources)
        order = sorted(range(len(ways)), key=self._row_of.__getitem__)
        return [sources[way] for way in order], [ways[way][1] for way in order], self._row_of


def settle(sources: Sequence[int]) -> list[int]:
    """A new row for each way, so that as many as can be go on in the row that they come from.

    Parameters
    ----------
    sources : the row that each way comes from, several from one where answers part
    """
    places: dict[int, int] = {}
    for way, source in enumerate(sources):
        if source < len(sources):
            places.setdefault(source, way)
    staying = {way: row for row, way in places.items()}
    free = iter(sorted(set(range(len(sources))) - places.keys()))
    return [staying[way] if way in staying else next(free) for way in range(len(sources))]

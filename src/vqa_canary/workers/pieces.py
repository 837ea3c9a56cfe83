"""Pieces of work, and which one a worker gets next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from vqa_canary.planned_shard import Needs, do_nothing


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Piece:
    """One shard of a model that is missing, and how it is computed."""

    model: str
    """Name of the model; a worker that computes one piece of it has it loaded for the next."""
    key: str
    """Key of the shard."""
    size: int
    """Instances that are asked for it."""
    run: Callable[[], Any]
    """Computes it in this process."""
    needs: Needs | None = None
    """What a process takes to compute it; None where it has to be computed in this process."""
    wanted: Callable[[], bool] = _always
    """Asked right before it is begun, each time that it is, in this process: whether it is still to be computed.
    Whoever shares the work with other machines claims the shard here."""
    put_away: Callable[[], None] = do_nothing
    """Gives up what this process has loaded to compute pieces of the model."""

    def to_send(self, far_away: bool = False) -> Callable[[], Any]:
        """What computes it in another process, to be pickled, where there are `needs`; taken once it is `wanted`.

        Parameters
        ----------
        far_away : on another machine; then it leaves nothing there
        """
        return self.run


P = TypeVar("P", bound=Piece)
Found = Generator[tuple[P, Any], None, None]
"""Gives each piece with its result, as they come."""


class Waiting(Generic[P]):
    """Pieces that nobody has begun.

    A worker that holds a model goes on with it. One that holds none, or whose model has no more pieces, takes the model
    that is shared by the fewest workers, and of these the one with most left to ask; of a model the largest piece. So
    models are loaded seldom, and at the end all workers share what is left, which is small.

    Parameters
    ----------
    drop : told of each piece that is not wanted any more when its turn comes
    """

    def __init__(self, pieces: Sequence[P], drop: Callable[[P], object] = lambda piece: None) -> None:
        self._pieces, self._drop = list(pieces), drop
        self._at = Counter[str]()

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def put_back(self, pieces: Sequence[P]) -> None:
        """Pieces that were begun by workers which have ended; no other worker is at any."""
        self._pieces = [*pieces, *self._pieces]
        self._at.clear()

    def next(self, before: str | None) -> P | None:
        """The piece to begin with; None where no wanted one is left.

        Parameters
        ----------
        before : model of the piece that the same worker has ended; None where it has had none
        """
        if before is not None:
            self._at[before] -= 1
        for piece in self._in_order(before):
            self._pieces.remove(piece)
            if piece.wanted():
                self._at[piece.model] += 1
                return piece
            self._drop(piece)
        return None

    def _in_order(self, before: str | None) -> Iterator[P]:
        left = Counter[str]()
        for piece in self._pieces:
            left[piece.model] += piece.size
        place = {model: at for at, model in enumerate(left)}
        models = sorted(
            left, key=lambda model: (model != before, self._at[model], -left[model], place[model])
        )
        for model in models:
            own = [piece for piece in self._pieces if piece.model == model]
            yield from sorted(own, key=lambda piece: -piece.size)

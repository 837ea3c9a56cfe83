"""Computes pieces in the way that the settings say."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vqa_canary.counting import counted
from vqa_canary.workers.pieces import Found, P, Piece
from vqa_canary.workers.serial import one_by_one
from vqa_canary.workers.settings import Number, Ray, most_needs, n_processes


def side_by_side(
    pieces: Sequence[P], workers: Number, ray: Ray, visible_gpus: Callable[[], list[str]]
) -> Found[P]:
    """Each wanted piece that can be computed elsewhere, with its result as soon as it is there.

    Nothing is computed where that would be of no use: with one worker, this process does as well. Pieces that have to
    be computed in this process are left out, too.

    Parameters
    ----------
    visible_gpus : gives what `CUDA_VISIBLE_DEVICES` names each GPU of this machine by

    Raises
    ------
    BadInput : the settings cannot be followed, or a model cannot be asked
    """
    if (found := _elsewhere(pieces, workers, ray, visible_gpus)) is not None:
        yield from found


def everywhere(
    pieces: Sequence[P], workers: Number, ray: Ray, visible_gpus: Callable[[], list[str]]
) -> Found[P]:
    """Each wanted piece with its result: what `side_by_side` computes, and then the rest in this process."""
    found = _elsewhere(pieces, workers, ray, visible_gpus)
    if found is not None:
        yield from found
    here = [piece for piece in pieces if found is None or piece.needs is None]
    yield from one_by_one(here, _models(here))


def _elsewhere(
    pieces: Sequence[P], workers: Number, ray: Ray, visible_gpus: Callable[[], list[str]]
) -> Found[P] | None:
    movable = [piece for piece in pieces if piece.needs is not None]
    if not movable:
        return None
    if ray.address is not None:
        from vqa_canary.workers.on_ray import on_ray

        return on_ray(movable, workers, ray, f"{_models(movable)} on Ray")
    gpus = visible_gpus() if most_needs(movable).gpu else []
    n = n_processes(workers, movable, gpus)
    if n == 1:
        return None
    from vqa_canary.workers.processes import in_processes

    return in_processes(movable, n, gpus, f"{_models(movable)} by {n} workers")


def _models(pieces: Sequence[Piece]) -> str:
    return counted(len({piece.model for piece in pieces}), "model")

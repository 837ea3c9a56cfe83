"""Pieces computed side by side by actors of a Ray cluster.

An actor is a process somewhere in the cluster that keeps what it has loaded, so each holds a model like a process of
this machine does. Ray places the actors by the CPUs and GPUs that they reserve, and begins a piece again whose actor or
machine was lost. Nothing is scheduled here but which piece an actor gets when it has ended one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import ceil
from typing import Any

from vqa_canary.errors import BadInput
from vqa_canary.masking import mask
from vqa_canary.progress import Progress
from vqa_canary.workers.answers import Answers
from vqa_canary.workers.pieces import Found, P, Piece, Waiting
from vqa_canary.workers.settings import Number, Ray, most_needs, n_cores
from vqa_canary.workers.worker import (
    ONE_THREAD,
    QUIET,
    Levels,
    Outcome,
    compute,
    environment,
    levels_of_log,
    prepare_log,
)


class Actor:
    """What an actor does: see `worker.compute`."""

    def __init__(self, levels: Levels) -> None:
        os.environ.update(QUIET)
        prepare_log(levels)

    def compute(self, run: Callable[[], Any]) -> Outcome:
        """Compute one piece."""
        return compute(run)


def on_ray(pieces: Sequence[P], workers: Number, settings: Ray, name: str) -> Found[P]:
    """Each wanted piece with its result, as they come; all of them can be sent to another process.

    Parameters
    ----------
    workers : how many actors; `auto` for as many as the cluster has room for at present
    name : what the display of progress is called

    Raises
    ------
    BadInput : Ray is not installed, or there is no such cluster, or it has no room
    Exception : the error of a piece, or Ray's own where it has given up beginning one again
    """
    ray = _library()
    with _connected(ray, settings, workers), Progress(_total(pieces), name) as progress:
        waiting, answers, running = Waiting(pieces), Answers(), dict[Any, tuple[Any, P]]()

        def begin(actor: Any, before: str | None) -> None:
            if (piece := waiting.next(before)) is not None:
                running[actor.compute.remote(piece.to_send(far_away=True))] = actor, piece

        for actor in _actors(ray, pieces, workers, settings):
            begin(actor, None)
        done = 0
        while running:
            [ended, *_], _ = ray.wait(list(running), num_returns=1)
            actor, piece = running.pop(ended)
            try:
                outcome = ray.get(ended)
            except ray.exceptions.RayError as error:
                raise BadInput(_given_up(piece, settings, error)) from error
            begin(actor, piece.model)
            done += piece.size
            progress.reach(done)
            yield piece, answers.result_of(piece, outcome)


def _actors(ray: Any, pieces: Sequence[Piece], workers: Number, settings: Ray) -> list[Any]:
    """The actors, each with the CPUs and GPUs that it reserves."""
    needs, there = most_needs(pieces), ray.cluster_resources()
    cpus = needs.threads if settings.cpus_per_worker is None else settings.cpus_per_worker
    gpus = settings.gpus_per_worker
    if gpus is None:
        gpus = 1 if needs.gpu and there.get("GPU") else 0
    room = int(there.get("CPU", 0) // cpus)
    if gpus:
        room = min(room, int(there.get("GPU", 0) // gpus))
    if workers == "auto" and room < 1:
        raise BadInput(
            f"parameters: ray: the cluster has no room for a worker that reserves {cpus:g} CPUs and {gpus:g} GPUs. Set "
            "`ray.cpus_per_worker` and `ray.gpus_per_worker` lower, or `workers` to a number: then the run waits until "
            "the cluster has grown."
        )
    kind = ray.remote(Actor).options(
        num_cpus=cpus, num_gpus=gpus, max_restarts=settings.retries, max_task_retries=settings.retries
    )
    n = room if workers == "auto" else workers
    levels = levels_of_log()
    return [kind.remote(levels) for _ in range(max(1, min(n, len(pieces))))]


@contextmanager
def _connected(ray: Any, settings: Ray, workers: Number) -> Iterator[None]:
    """A block in which this process is connected to the cluster."""
    # Ray's own messages go past the log, and name machines.
    more: dict[str, Any] = {"log_to_driver": False, "configure_logging": False}
    if settings.address == "local":
        more["include_dashboard"] = False
        if workers != "auto":  # as many as were asked for, though there be fewer cores
            more["num_cpus"] = max(n_cores(), ceil(workers * (settings.cpus_per_worker or 1)))
    try:
        with environment(ONE_THREAD | {"RAY_USAGE_STATS_ENABLED": "0"}):  # nothing phones home
            ray.init(address=settings.address, **more)
    except Exception as error:
        raise BadInput(
            f"parameters: ray.address: {settings.address!r} cannot be reached ({type(error).__name__}: "
            f"{mask(str(error))[:300]}). `local` starts Ray on this machine; `auto` takes the cluster that "
            "`ray start` has made this machine a part of."
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def _library() -> Any:
    try:
        import ray
    except ImportError as error:
        raise BadInput(
            "parameters: ray: the package ray is not installed: pip install 'vqa-canary[ray]', or leave `ray.address` "
            "out, and the processes of this machine share the work."
        ) from error
    return ray


def _given_up(piece: Piece, settings: Ray, error: Exception) -> str:
    return (
        f"Ray gave up a shard of {piece.model}: its worker was lost {settings.retries + 1} times, killed, for want of "
        f"memory or with its machine ({type(error).__name__}). Run the same command again, with fewer workers or more "
        "memory for each; what is finished is kept."
    )


def _total(pieces: Sequence[Piece]) -> int:
    return sum(piece.size for piece in pieces)

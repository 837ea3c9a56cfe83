"""Pieces computed side by side by actors of a Ray cluster.

An actor is a process somewhere in the cluster that keeps what it has loaded, so each holds a model like a process of
this machine does. Ray places the actors by the CPUs and GPUs that they reserve, and begins a piece again whose actor or
machine was lost. Nothing is scheduled here but which piece an actor gets when it has ended one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import ceil
from typing import Any, NamedTuple

from vqa_canary.errors import BadInput
from vqa_canary.masking import mask
from vqa_canary.progress import Progress
from vqa_canary.workers.answers import Answers
from vqa_canary.workers.pieces import Found, P, Piece, Waiting
from vqa_canary.workers.settings import Number, Ray, most_needs, n_cores
from vqa_canary.workers.telling import Telling
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

MOST_TOLD = 300
"""Most characters of an error of Ray's that a message quotes."""


class Reserved(NamedTuple):
    """What Ray reserves for an actor."""

    cpus: float
    gpus: float


class Actor:
    """What an actor does: see `worker.compute`."""

    def __init__(self, levels: Levels) -> None:
        os.environ.update(QUIET)
        prepare_log(levels)

    def ready(self) -> None:
        """It is done when the actor has found a place in the cluster."""

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
    BadInput : Ray is not installed, or there is no such cluster, or it has no room, or it has given up a piece
    Exception : the error of a piece
    """
    ray = _library()
    total = sum(piece.size for piece in pieces)
    with (
        _connected(ray, settings, workers, pieces),
        Progress(total, name) as progress,
        Telling(pieces) as telling,
    ):
        waiting, answers, done, failed = Waiting(pieces, telling.dropped), Answers(), 0, 0
        # A piece is given to an actor that has a place, for another may get one late or never.
        running: dict[Any, tuple[Any, P | None]] = {
            actor.ready.remote(): (actor, None) for actor in _actors(ray, pieces, workers, settings)
        }
        while any(piece is not None for _, piece in running.values()) or (running and waiting):
            [ended, *_], _ = ray.wait(list(running), num_returns=1)
            actor, piece = running.pop(ended)
            try:
                outcome = ray.get(ended)
            except ray.exceptions.RayError as error:
                raise BadInput(_given_up(ray, piece, settings, error)) from error
            if (following := waiting.next(None if piece is None else piece.model)) is not None:
                telling.begun(following)
                running[actor.compute.remote(following.to_send(far_away=True))] = actor, following
            if piece is not None:
                done, failed = done + piece.size, failed + outcome.failed
                progress.reach(done, failed)
                result = answers.result_of(piece, outcome)
                telling.ended(piece)
                yield piece, result


def _actors(ray: Any, pieces: Sequence[Piece], workers: Number, settings: Ray) -> list[Any]:
    """The actors, each with the CPUs and GPUs that it reserves."""
    reserved = _reserved(pieces, settings, bool(ray.cluster_resources().get("GPU")))
    n = room(ray.nodes(), ray.available_resources(), reserved) if workers == "auto" else workers
    if n < 1:
        raise BadInput(
            f"parameters: ray: the cluster has no room for a worker that reserves {reserved.cpus:g} CPUs and "
            f"{reserved.gpus:g} GPUs. Set `ray.cpus_per_worker` and `ray.gpus_per_worker` lower, or `workers` to a "
            "number: then the run waits until the cluster has grown."
        )
    kind = ray.remote(Actor).options(
        num_cpus=reserved.cpus, num_gpus=reserved.gpus,
        max_restarts=settings.retries, max_task_retries=settings.retries,
    )  # fmt: skip
    levels = levels_of_log()
    return [kind.remote(levels) for _ in range(max(1, min(n, len(pieces))))]


def room(nodes: Iterable[Mapping[str, Any]], free: Mapping[str, float], reserved: Reserved) -> int:
    """How many actors a cluster has room for.

    Each lies on one machine as a whole, so what is left over on several does not add up to a place.

    Parameters
    ----------
    nodes : the machines, as `ray.nodes` tells of them
    free : what the whole cluster has left at present
    """
    places = sum(_fitting(node.get("Resources", {}), reserved) for node in nodes if node.get("Alive", True))
    return min(places, _fitting(free, reserved))


def _fitting(there: Mapping[str, float], reserved: Reserved) -> int:
    n = int(there.get("CPU", 0) // reserved.cpus)
    return min(n, int(there.get("GPU", 0) // reserved.gpus)) if reserved.gpus else n


def _reserved(pieces: Sequence[Piece], settings: Ray, has_gpus: bool) -> Reserved:
    needs = most_needs(pieces)
    cpus, gpus = settings.cpus_per_worker, settings.gpus_per_worker
    return Reserved(
        needs.threads if cpus is None else cpus, float(needs.gpu and has_gpus) if gpus is None else gpus
    )


@contextmanager
def _connected(ray: Any, settings: Ray, workers: Number, pieces: Sequence[Piece]) -> Iterator[None]:
    """A block in which this process is connected to the cluster."""
    # Ray's own messages go past the log, and name machines.
    more: dict[str, Any] = {"log_to_driver": False, "configure_logging": False}
    if settings.address == "local":
        more["include_dashboard"] = False
        if workers != "auto":  # as many as were asked for, though there be fewer cores
            more["num_cpus"] = max(n_cores(), ceil(workers * _reserved(pieces, settings, False).cpus))
    try:
        with environment(ONE_THREAD | {"RAY_USAGE_STATS_ENABLED": "0"}):  # nothing phones home
            ray.init(address=settings.address, **more)
    except Exception as error:
        raise BadInput(
            f"parameters: ray.address: {settings.address!r} cannot be reached ({type(error).__name__}: "
            f"{mask(str(error))[:MOST_TOLD]}). `local` starts Ray on this machine; `auto` takes the cluster that "
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


def _given_up(ray: Any, piece: Piece | None, settings: Ray, error: Exception) -> str:
    """What to say of an error of Ray's own; with no piece, of one at the beginning of a worker."""
    kinds, what = ray.exceptions, "a worker" if piece is None else f"a shard of {piece.model}"
    told = " ".join(mask(str(error)).split())
    gone = kinds.RayActorError, kinds.WorkerCrashedError, kinds.NodeDiedError, kinds.OutOfMemoryError
    if isinstance(error, gone) and not getattr(error, "actor_init_failed", False):
        return (
            f"Ray gave up {what}: its process was lost {settings.retries + 1} times, killed, for want of memory or "
            f"with its machine ({type(error).__name__}: {told[:MOST_TOLD]}). Run the same command again, with fewer "
            "workers or more memory for each; what is finished is kept."
        )
    return (  # the end of a traceback says what happened
        f"Ray could not have {what} done ({type(error).__name__}: {told[-MOST_TOLD:]}). If a module or a name is said "
        "to be missing there: every machine of the cluster needs this package in the same version, and the same "
        "versions of PyTorch and transformers; see docs/how-to/workers.md. What is finished is kept."
    )

"""The settings of workers, and how many they come to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from vqa_canary.planned_shard import Needs
from vqa_canary.workers.pieces import Piece

MOST = 1024
"""Most workers that can be asked for."""

CGROUP = Path("/sys/fs/cgroup/cpu.max")
"""File of Linux with the time of the CPU that a container gets in a period, and the period; both in microseconds."""

Number = Literal["auto"] | int


class Ray(BaseModel):
    """`params:ray`: a cluster whose actors take the place of this machine's processes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: str | None = None
    """What `ray.init` takes: `local` starts Ray on this machine for the run, `auto` takes the cluster that this machine
    belongs to. None: no Ray."""
    cpus_per_worker: float | None = Field(None, gt=0)
    """CPUs that Ray reserves for a worker; None for the threads that its models take."""
    gpus_per_worker: float | None = Field(None, ge=0)
    """GPUs that Ray reserves for a worker, such as 1, or 0.5 where two share one; None for one GPU where the cluster
    has GPUs and a model takes one."""
    retries: int = Field(3, ge=0)
    """How often Ray begins a piece of work again whose worker or machine was lost."""


def most_needs(pieces: Sequence[Piece]) -> Needs:
    """What a process takes that has to compute any of the pieces."""
    needs = [piece.needs for piece in pieces if piece.needs is not None]
    return Needs(max((one.threads for one in needs), default=1), any(one.gpu for one in needs))


def n_processes(workers: Number, pieces: Sequence[Piece], gpus: Sequence[str]) -> int:
    """How many processes compute the pieces side by side on this machine.

    `auto` is one for each GPU where a model takes one and there are any, else as many as the cores have threads for;
    and never more than there are pieces.
    """
    room = (len(gpus) or n_cores() // most_needs(pieces).threads) if workers == "auto" else workers
    return max(1, min(room, len(pieces)))


def n_cores() -> int:
    """How many cores of the CPU this process may use: a container may grant fewer than the machine has."""
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = CGROUP.read_text().split()
    except (OSError, ValueError):
        return own
    return own if quota == "max" else max(1, min(own, int(quota) // int(period)))

"""Pieces that need no model, and a program that has them computed by processes.

`python -m tests.workers.made_up KIND WORKERS FOLDER` prints what came back as JSON; with the word `ray` behind it, by
actors of Ray. It is run by tests in a process of its own, because the server that forks the workers stays until that
ends.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import signal
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vqa_canary.errors import BadInput
from vqa_canary.planned_shard import Needs
from vqa_canary.progress import Progress
from vqa_canary.workers import processes
from vqa_canary.workers.pieces import Piece
from vqa_canary.workers.settings import Ray


@dataclass(frozen=True)
class Work:
    """What a piece does; the file `done` gets a line for each time that one is begun."""

    kind: str
    number: int
    done: Path

    def __call__(self) -> Any:
        with self.done.open("a") as file:
            file.write(f"{self.number}\n")
        while self.kind != "crowded" and len(self.done.read_text().split()) < 2:
            time.sleep(0.01)  # until another worker has begun, too
        with Progress(10, "inner") as progress:
            progress.update(10, failed=self.number % 2)
        logging.getLogger("vqa_canary.made_up").warning("the same of all")
        logging.getLogger("quiet").info("nobody wants to know")
        warnings.warn("from a library", stacklevel=1)
        match self.kind:
            case "bad" if self.number == 3:
                raise BadInput("models.m.path: file, row and remedy")
            case "dies" if self.number == 3 and self.done.read_text().split().count("3") == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            case "always dies" if self.number == 3:
                os.kill(os.getpid(), signal.SIGKILL)
            case "odd":
                raise _unsendable()
        places = os.environ.get("CUDA_VISIBLE_DEVICES"), os.environ["OMP_NUM_THREADS"]
        return self.number, os.getpid(), places


def _unsendable() -> Exception:
    error = ValueError("what it says")
    error.held = lambda: None  # type: ignore[attr-defined]  # which cannot be pickled
    return error


def one_core() -> str:
    """Address of a cluster that has one core, and so room for one worker; it ends with this process."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    atexit.register(cluster.shutdown)
    return str(cluster.address)


def run(kind: str, workers: int, folder: Path, ray: bool = False) -> dict[str, Any]:
    """Six pieces of two models, and what came of them."""
    heard: list[tuple[str, str]] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append((record.name, record.getMessage()))

    logging.getLogger().handlers[:] = [Ear()]
    logging.getLogger("vqa_canary").setLevel(logging.INFO)
    pieces = [
        Piece("ab"[n % 2], str(n), 10, Work(kind, n, folder / "done"), Needs(gpu=True)) for n in range(6)
    ]
    found: list[Any] = []
    told, counts = None, []
    show: Callable[..., Any] = lambda self, *reached: counts.append(reached)  # noqa: E731
    Progress.reach = show  # type: ignore[method-assign]
    try:
        if ray:
            from vqa_canary.workers.on_ray import on_ray

            address = one_core() if kind == "crowded" else "local"
            computed = on_ray(pieces, workers, Ray(address=address, retries=1), "made up")
        else:
            computed = processes.in_processes(pieces, workers, ["7", "9"], "made up")
        for piece, result in computed:
            found.append((piece.key, *result))
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
    return {"found": found, "error": told, "log": heard, "counted": counts[-1:]}


if __name__ == "__main__":
    processes.PRELOADED.clear()
    print(json.dumps(run(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), "ray" in sys.argv)))

"""Kedro's hook: takes the lock of what a run writes, and frees it when the run has ended."""

from __future__ import annotations

import atexit
import math
import os
from collections.abc import Callable, Iterator, Mapping
from multiprocessing import parent_process
from pathlib import Path
from threading import enumerate as living_threads
from threading import get_ident
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from kedro.framework.hooks import hook_impl

from vqa_canary.errors import BadInput
from vqa_canary.locking.study_lock import StudyLock
from vqa_canary.pipelines.storing import store_of
from vqa_canary.processes import end_with

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline

MODELS = "data"
"""Where reference models lie, in the project, whatever the store of the studies is."""
REFERENCE_MODELS = "reference_models"
"""Name of their lock."""


class _Held(NamedTuple):
    """A lock and who took it."""

    run: str
    process: int
    thread: int
    lock: StudyLock


_held: list[_Held] = []
"""Every lock of this process; a forked process has a copy with those of its parent."""
_watching: set[int] = set()
"""Processes that end with their parents."""


class LockHook:
    """Lets one run at a time, or the workers of one, write a study, and one train reference models.

    A run that cannot have its lock ends with a message, or waits for `params:wait_for_lock` seconds first. Commands
    that run no pipeline (`kedro viz`, `kedro registry`) call no hook and take no lock.
    """

    @hook_impl(tryfirst=True)
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]
    ) -> None:
        """Settings are checked by then (`ConfigurationHook`), and nothing is tracked yet."""
        _free_ended_runs()
        parameters = catalog.load("parameters")
        wait = _seconds(parameters.get("wait_for_lock", 0))
        project, worker = Path(run_params["project_path"]), parameters.get("worker") is not None
        command = _command(run_params)
        for name, what in sorted(set(_written(pipeline, catalog, parameters))):
            store = str(project / MODELS) if name == REFERENCE_MODELS else store_of(parameters, project)
            lock = StudyLock(store, name, what, command, worker)
            lock.acquire(wait)
            _held.append(_Held(run_params["run_id"], os.getpid(), get_ident(), lock))

    @hook_impl
    def before_node_run(self) -> None:
        """In a worker process: end with the run that the worker belongs to.

        A worker whose run was killed would go on writing, and the lock is free by then.
        """
        parent, this = parent_process(), os.getpid()
        if parent is None or this in _watching or any(held.process == this for held in _held):
            return
        _watching.add(this)
        end_with(parent.sentinel)

    @hook_impl(trylast=True)
    def after_pipeline_run(self, run_params: dict[str, Any]) -> None:
        """Results are tracked by then, too."""
        _free(lambda held: held.run == run_params["run_id"])

    @hook_impl(trylast=True)
    def on_pipeline_error(self, run_params: dict[str, Any]) -> None:
        _free(lambda held: held.run == run_params["run_id"])


class RefusedRunHook:
    """Frees the lock of a run that another hook refuses before it begins: Kedro calls no hook then."""

    @hook_impl(wrapper=True)
    def before_pipeline_run(self, run_params: dict[str, Any]) -> Iterator[None]:
        try:
            return (yield)
        except BaseException:
            _free(lambda held: held.run == run_params["run_id"])
            raise


def _free(chosen: Callable[[_Held], bool]) -> None:
    for held in [held for held in _held if held.process == os.getpid() and chosen(held)]:
        held.lock.release()
        _held.remove(held)


def _free_ended_runs() -> None:
    """A run has ended when another begins in its thread; Kedro does not tell of Ctrl-C."""
    threads = {thread.ident for thread in living_threads()}
    _free(lambda held: held.thread == get_ident() or held.thread not in threads)


atexit.register(
    _free, lambda held: True
)  # after Ctrl-C; the system frees the lock itself even after `kill -9`


def _written(
    pipeline: Pipeline, catalog: CatalogProtocol[Any, Any], parameters: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Name of the lock of each thing that the pipeline writes, and what that is."""
    from vqa_canary.datasets.growing_log import GrowingLog
    from vqa_canary.datasets.model_folder import ModelFolder

    study, watch = str(parameters.get("study", "phantom")), str(parameters.get("watch"))
    for node in pipeline.nodes:
        if any(isinstance(catalog.get(name), GrowingLog) for name in node.outputs):
            yield f"watch-{quote(watch, safe=' ')[:150]}", f"watch {watch!r}"
        if any(isinstance(catalog.get(name), ModelFolder) for name in node.outputs):
            yield REFERENCE_MODELS, "the reference models"
        elif node.outputs:
            yield f"study-{quote(study, safe=' ')[:150]}", f"study {study!r}"


def _seconds(setting: Any) -> float:
    """`wait_for_lock` as seconds."""
    if not isinstance(setting, int | float) or isinstance(setting, bool) or not 0 <= setting < math.inf:
        raise BadInput(
            f"parameters: wait_for_lock: {setting!r} is no number of seconds, such as 3600, or 0 to end at once"
        )
    return float(setting)


def _command(run_params: Mapping[str, Any]) -> str:
    """What runs, without the values of parameters: one may be a secret."""
    words = ["kedro run"]
    if run_params.get("env"):
        words.append(f"--env {run_params['env']}")
    if run_params.get("pipeline_names"):
        words.append(f"--pipelines {','.join(run_params['pipeline_names'])}")
    if run_params.get("runtime_params"):
        words.append("--params ...")
    return " ".join(words)

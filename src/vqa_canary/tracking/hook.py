"""Kedro's hook: opens a parent run, and closes it with its children or with its failure."""

from __future__ import annotations

import atexit
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from kedro.framework.hooks import hook_impl

from vqa_canary.errors import BadInput
from vqa_canary.masking import mask
from vqa_canary.tracking.run import TrackedRun

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline

UNTRACKED = "untracked"
"""Tag of Kedro nodes that are not recorded if a run has no others."""

_open: dict[str, tuple[int, TrackedRun]] = {}
"""Process id and record of each Kedro run that has not ended. A forked worker has a copy with its parent's runs, which
are not its own: hence the process id."""


_told: dict[str, str] = {}
"""Fingerprint of the results that MLflow has of each Kedro run of this process."""


class TrackingHook:
    """Records every `kedro run` in MLflow, unless `params:tracking.enabled` is false.

    A run that ends well is FINISHED, one whose node fails FAILED, an interrupted one KILLED. A process
    that is killed outright leaves its run RUNNING, and the next run of the study closes it. Where MLflow is away,
    the pipelines run all the same.
    """

    @hook_impl(trylast=True)
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]
    ) -> None:
        """Open the parent run; by now all other hooks have found the settings good."""
        parameters = catalog.load("parameters")
        if not is_enabled(parameters) or _is_untracked(pipeline) or parameters.get("worker") is not None:
            return  # workers make no results, only what the run after them has results from
        from vqa_canary.tracking.parent import commit_of, parent, study_of

        project, kedro_run = Path(run_params["project_path"]), run_params["run_id"]
        record = parent(run_params, parameters, commit_of(project))
        run = TrackedRun(project, study_of(parameters), record, kedro_run)
        _open[kedro_run] = os.getpid(), run
        try:
            run.open()
        except BadInput:
            del _open[kedro_run]
            raise

    @hook_impl(trylast=True)
    def after_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]
    ) -> None:
        """Add datasets, artifacts and children; end the parent run."""
        if run_params["run_id"] not in _open:
            return
        try:
            results = _results(run_params, pipeline, catalog)
        except Exception as error:
            _end(run_params, "FAILED")
            raise BadInput(
                "the pipelines have finished and their tables are written, but what MLflow should hold of them could "
                f"not be put together: {mask(str(error))}"
            ) from error
        try:
            _told[run_params["run_id"]] = _open[run_params["run_id"]][1].record(results)
        except Exception:  # Ctrl-C is none: the run is still to be ended then
            del _open[run_params["run_id"]]
            raise
        del _open[run_params["run_id"]]

    @hook_impl
    def on_pipeline_error(self, run_params: dict[str, Any]) -> None:
        """End the parent run as failed; the message stays out, for it may quote a question."""
        _end(run_params, "FAILED")


class ToldAgain(NamedTuple):
    """What MLflow knows of a study that was finished before."""

    fingerprint: str | None
    """Of what it was told, now or before; None where it was never told anything."""
    line: str | None = None
    """Says that it has the study, where that was found out."""
    now: bool = False
    """Whether it was told now."""


def told_of(kedro_run: str) -> str | None:
    """Fingerprint of what MLflow was told of a run of this process; None where it was told nothing."""
    return _told.get(kedro_run)


def told_again(
    run_params: Mapping[str, Any], pipeline: Pipeline, catalog: CatalogProtocol[Any, Any], told: str | None
) -> ToldAgain:
    """See to it that MLflow has a finished study whose results are stored.

    It is told only what it does not have: because its store is another one now, or tracking was switched off.

    Parameters
    ----------
    told : fingerprint of what it was told when the study was finished

    Raises
    ------
    NotRecorded : MLflow takes nothing; it is kept, or the message says why not
    """
    parameters = catalog.load("parameters")
    if not is_enabled(parameters):
        return ToldAgain(told)
    from vqa_canary.tracking.parent import commit_of, parent, study_of
    from vqa_canary.tracking.run import where_it_is

    project, study = Path(run_params["project_path"]), study_of(parameters)
    if told is not None and (where := where_it_is(project, study, told)):
        return ToldAgain(told, line=where)
    record = parent(run_params, parameters, commit_of(project))
    run = TrackedRun(project, study, record, run_params["run_id"])
    return ToldAgain(run.record(_results(run_params, pipeline, catalog)), now=True)


def _results(run_params: Mapping[str, Any], pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> Any:
    from vqa_canary.tracking.results import results_of

    return results_of(Path(run_params["project_path"]), pipeline, catalog)


def kill_open_runs() -> None:
    """End all runs of this process as killed."""
    for kedro_run, (process, _) in list(_open.items()):
        if process == os.getpid():
            _end({"run_id": kedro_run}, "KILLED")


atexit.register(kill_open_runs)


def is_enabled(parameters: Mapping[str, Any]) -> bool:
    """Whether the settings want MLflow."""
    return bool((parameters.get("tracking") or {}).get("enabled", True))


def _is_untracked(pipeline: Pipeline) -> bool:
    return bool(pipeline.nodes) and all(UNTRACKED in node.tags for node in pipeline.nodes)


def _end(run_params: Mapping[str, Any], status: str) -> None:
    if opened := _open.pop(run_params["run_id"], None):
        opened[1].end(status)

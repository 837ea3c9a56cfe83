"""Kedro's hook: opens a parent run, and closes it with its children or with its failure."""

from __future__ import annotations

import atexit
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from kedro.framework.hooks import hook_impl

from vqa_canary.errors import BadInput
from vqa_canary.masking import mask

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline

    from vqa_canary.tracking.client import Store

_logger = logging.getLogger(__name__)


class TrackingHook:
    """Records every `kedro run` in MLflow, unless `params:tracking.enabled` is false.

    A run that ends well is FINISHED, one whose node fails FAILED, an interrupted one KILLED. A process
    that is killed outright leaves its run RUNNING.
    """

    def __init__(self) -> None:
        self._open: dict[str, tuple[Store, str]] = {}
        """Store and parent run of each Kedro run that has not ended."""

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], catalog: CatalogProtocol[Any, Any]) -> None:
        """Open the parent run."""
        parameters = catalog.load("parameters")
        if not _is_enabled(parameters):
            return
        from vqa_canary.tracking.client import Store
        from vqa_canary.tracking.parent import commit_of, parent, study_of

        project = Path(run_params["project_path"])
        try:
            store = Store(project, study_of(parameters))
            record = parent(run_params, parameters, commit_of(project))
            run_id = store.start(record)
            self._open[run_params["run_id"]] = store, run_id
            atexit.register(self._kill, run_params["run_id"], os.getpid())
            store.write(run_id, record)
        except Exception as error:
            self._end(run_params, "FAILED")
            raise BadInput(
                f"MLflow cannot record this run: {mask(str(error))}\nMend MLFLOW_TRACKING_URI or the store, or run "
                "with `--params tracking.enabled=false`."
            ) from error

    @hook_impl
    def after_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]
    ) -> None:
        """Add datasets, artifacts and children; end the parent run."""
        if run_params["run_id"] not in self._open:
            return
        store, run_id = self._open[run_params["run_id"]]
        try:
            from vqa_canary.tracking.results import write_results

            write_results(store, run_id, Path(run_params["project_path"]), pipeline, catalog)
        except Exception as error:
            self._end(run_params, "FAILED")
            raise BadInput(
                "the pipelines have finished and their tables are written, but MLflow could not record them: "
                f"{mask(str(error))}"
            ) from error
        self._end(run_params, "FINISHED")
        click.echo(f"MLflow: {mask(store.where_to_look())}")

    @hook_impl
    def on_pipeline_error(self, error: Exception, run_params: dict[str, Any]) -> None:
        """End the parent run as failed; the message stays out, for it may quote a question."""
        self._end(run_params, "FAILED")

    def _end(self, run_params: Mapping[str, Any], status: str) -> None:
        if opened := self._open.pop(run_params["run_id"], None):
            store, run_id = opened
            try:
                store.end(run_id, status)
            except Exception as error:  # nothing may hide why the run ended
                _logger.error("MLflow run %s is %s, but its status stays RUNNING: %s", run_id, status, error)

    def _kill(self, kedro_run: str, process: int) -> None:
        if os.getpid() == process:  # not in a forked worker
            self._end({"run_id": kedro_run}, "KILLED")


def _is_enabled(parameters: Mapping[str, Any]) -> bool:
    return bool(parameters.get("tracking", {}).get("enabled", True))

"""Writing runs to MLflow."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

from filelock import FileLock
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

from vqa_canary.tracking.record import Point

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

    from vqa_canary.tracking.record import Record


MOST_METRICS, MOST_PARAMS = 1000, 100
"""What one request may hold: of metrics, and of parameters or tags."""


class Store:
    """The experiment `vqa-canary/<study>` of an MLflow store.

    The store is `mlflow.db` in the project, with artifacts in `mlartifacts`, unless
    MLFLOW_TRACKING_URI names another. MLflow's global run is not used: it marks interrupted runs
    FINISHED.
    """

    def __init__(self, project: Path, study: str) -> None:
        given = os.environ.get("MLFLOW_TRACKING_URI")
        self._uri = given or f"sqlite:///{project / 'mlflow.db'}"
        artifacts = None if given else (project / "mlartifacts").as_uri()
        # MLflow makes the tables of a new store on first use, and two runs that do so at once both fail.
        with FileLock(project / ".mlflow.db.lock"):
            self._client = MlflowClient(tracking_uri=self._uri)
            self._experiment_id = self._find_or_make(f"vqa-canary/{study}", artifacts)

    def start(self, record: Record, parent_id: str | None = None) -> str:
        """Create a run in status RUNNING; its id."""
        links = {"mlflow.parentRunId": parent_id} if parent_id else {}
        run = self._client.create_run(self._experiment_id, run_name=record.name, tags=links)
        return str(run.info.run_id)

    def write(self, run_id: str, record: Record) -> None:
        """Add what `record` holds."""
        now = int(time.time() * 1000)
        points = [Point(name, 0, value) for name, value in record.metrics.items()] + list(record.curves)
        metrics = [Metric(point.metric, point.value, now, point.step) for point in points]
        params = [Param(name, value) for name, value in record.params.items()]
        tags = [RunTag(name, value) for name, value in record.tags.items()]
        parts = max(len(metrics) // MOST_METRICS, len(params) // MOST_PARAMS, len(tags) // MOST_PARAMS) + 1
        for part in range(parts):
            self._client.log_batch(
                run_id,
                metrics=metrics[part::parts],
                params=params[part::parts],
                tags=tags[part::parts],
            )

    def link(self, run_id: str, datasets: Sequence[DatasetInput]) -> None:
        """Say which datasets the run is about."""
        self._client.log_inputs(run_id, datasets=list(datasets))

    def attach(self, run_id: str, file: Path) -> None:
        """Copy a file into the run's artifacts."""
        self._client.log_artifact(run_id, str(file))

    def end(self, run_id: str, status: str) -> None:
        """Give the run its last status: FINISHED, FAILED or KILLED."""
        self._client.set_terminated(run_id, status)

    @contextmanager
    def child(self, record: Record, parent_id: str) -> Iterator[str]:
        """A run below another: FINISHED if the block succeeds, FAILED if it raises, KILLED if interrupted."""
        run_id = self.start(record, parent_id)
        try:
            yield run_id
        except BaseException as error:
            self.end(run_id, "FAILED" if isinstance(error, Exception) else "KILLED")
            raise
        self.end(run_id, "FINISHED")

    def where_to_look(self) -> str:
        """A command and an address."""
        page = f"#/experiments/{self._experiment_id}/runs"
        if self._uri.startswith("http"):
            return f"{page} of the MLflow server in MLFLOW_TRACKING_URI"
        own = self._uri if "MLFLOW_TRACKING_URI" not in os.environ else "$MLFLOW_TRACKING_URI"
        return f"mlflow ui --backend-store-uri {shlex.quote(own)}, then http://127.0.0.1:5000/{page}"

    def _find_or_make(self, name: str, artifacts: str | None) -> str:
        found = self._client.get_experiment_by_name(name)
        if found is None:
            return str(self._client.create_experiment(name, artifact_location=artifacts))
        if found.lifecycle_stage == "deleted":
            self._client.restore_experiment(found.experiment_id)
        return str(found.experiment_id)

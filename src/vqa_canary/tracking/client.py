"""Writing runs to MLflow."""

from __future__ import annotations

import json
import logging
import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

# Each holds unless the environment says otherwise. MLflow itself would try an address that is not there for minutes.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")

from filelock import FileLock
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException

from vqa_canary.tracking.address import (
    VARIABLE,
    address_of,
    bad_address,
    check_database,
    is_mistake,
    is_server,
)
from vqa_canary.tracking.away import Away, reason, within
from vqa_canary.tracking.entry import FINGERPRINT, KEY, SAME, Entry, Results
from vqa_canary.tracking.headlines import (
    FIGURES,
    LEADERBOARD,
    VIEW,
    leaderboard,
    note,
    of_methods,
    view_of,
)
from vqa_canary.tracking.record import MetricPoint, RunRecord

T = TypeVar("T")

MOST_METRICS, MOST_PARAMS = 1000, 100
"""Most metrics, and most parameters or tags, that MLflow takes in one request."""

SOON, REQUEST, NEW_DATABASE = 8.0, 45.0, 120.0
"""Most seconds to wait for the first answer of a server, for any other request, and for a local database, in which
MLflow may have to make its tables first."""
LOCKED = 3.0
"""Most seconds to wait for a database file that another process is writing to."""

_NAME = re.compile(r"[^\w\- ]")
"""Marks that the name of a logged model may not hold."""

for _name in ("mlflow.store.db.utils", "urllib3.connectionpool"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)  # what they report is raised, too, and told once


class Store:
    """The experiment `vqa-canary/<study>` of an MLflow store.

    The store is `mlflow.db` in the project, with artifacts in `mlartifacts`, unless MLFLOW_TRACKING_URI names another.
    MLflow's global run is not used: it marks interrupted runs FINISHED. Whatever is asked of MLflow takes a bounded
    time, and raises `Away` where it fails.

    Raises
    ------
    BadInput : a mistake in the configuration, which waiting does not mend
    Away : MLflow cannot be reached, or its database cannot be written to
    """

    def __init__(self, project: Path, study: str) -> None:
        self._uri = address_of(project)
        self._check()
        own = not is_server(self._uri)
        # MLflow makes the tables of a new store on first use, and two runs that do so at once both fail.
        lock = FileLock(project / ".mlflow.db.lock", timeout=NEW_DATABASE / 2) if own else nullcontext()
        artifacts = None if os.environ.get(VARIABLE) else (project / "mlartifacts").as_uri()

        def opened() -> tuple[MlflowClient, str]:
            with lock:
                client = MlflowClient(tracking_uri=self._uri)
                return client, _find_or_make(client, f"vqa-canary/{study}", artifacts)

        local = self._uri.startswith("sqlite:")
        self._client, self._experiment_id = self._ask(NEW_DATABASE if local else SOON, opened)

    def begin(self, entry: Entry) -> None:
        """Open the entry's run, in status RUNNING."""
        runs = self._runs_of(entry)
        self._write(self._run(runs, entry, entry.parent), entry.parent, entry.begun)

    def record(self, entry: Entry) -> str | None:
        """Write the entry as a whole; returns the id of another run that has the same results, if there is one.

        Runs that are there already are completed, so that an entry may be written again after it was cut off; nothing
        is written twice. Results that another finished run has are not written again: the run is given its id as a tag.
        """
        self._check()
        runs = self._runs_of(entry)
        parent_id = self._run(runs, entry, entry.parent)
        self._write(parent_id, entry.parent, entry.begun)
        has_results = entry.status == "FINISHED" and entry.results.children
        same = self.finished(entry.fingerprint) if has_results else None
        if same is not None and same.info.run_id != parent_id:
            self.tag(parent_id, SAME, str(same.info.run_id))
            self.end(parent_id, entry.status, entry.ended)
            return str(same.info.run_id)
        self._link(parent_id, entry.results.datasets)
        self._write(parent_id, replace(entry.parent, metrics=entry.results.metrics), entry.ended)
        self._add_artifacts(parent_id, entry.results)
        if entry.results.verdicts:
            names = [file.name for file in entry.results.artifacts]
            text = note(entry.study, entry.results.verdicts, names, parent_id)
            self.tag(parent_id, "mlflow.note.content", text)
        models = self._models(parent_id, of_methods(entry.results.children))
        for child in entry.results.children:
            run_id = self._run(runs, entry, child, parent_id)
            self._write(run_id, child, entry.ended, models.get(child.tags.get("model", "")))
            if of_methods([child]):
                self._link(run_id, entry.results.datasets)
            self.end(run_id, "FINISHED", entry.ended)
        meant = {entry.parent.name, *(child.name for child in entry.results.children)}
        for name, run in runs.items():
            if name not in meant and run.info.status == "RUNNING":
                self.end(run.info.run_id, "KILLED", entry.ended)
        if has_results:
            self.tag(parent_id, FINGERPRINT, entry.fingerprint)
            self._ask(REQUEST, self._client.set_experiment_tag, self._experiment_id, VIEW, view_of(entry))
        self.end(parent_id, entry.status, entry.ended)
        return None

    def _add_artifacts(self, parent_id: str, results: Results) -> None:
        """Files, the figures in a folder of their own, and the leaderboard."""
        for file in results.artifacts:
            folder = "figures" if file.suffix in FIGURES else None
            self._ask(REQUEST, self._client.log_artifact, parent_id, str(file), folder)
        if (
            rows := of_methods(results.children)
        ):  # as MLflow's own `log_table` writes it, which adds to a table that is there instead of replacing it
            self._ask(REQUEST, self._client.log_dict, parent_id, leaderboard(rows), LEADERBOARD)
            self.tag(
                parent_id, "mlflow.loggedArtifacts", json.dumps([{"path": LEADERBOARD, "type": "table"}])
            )

    def _models(self, parent_id: str, children: Sequence[RunRecord]) -> dict[str, str]:
        """The id of MLflow's logged model of each model that was asked; new ones where there are none."""
        what = f"source_run_id = '{parent_id}'"
        search = self._client.search_logged_models
        found = self._ask(REQUEST, search, [self._experiment_id], filter_string=what) if children else []
        models = {str(one.tags.get("model")): str(one.model_id) for one in found if one.status == "READY"}
        for child in children:
            name = child.tags["model"]
            if name not in models:
                params = {key: value for key, value in child.params.items() if key.startswith("model")}
                made = self._ask(
                    REQUEST, self._client.create_logged_model, self._experiment_id, _NAME.sub("-", name), parent_id,
                    {"model": name}, params, "vision-language model",
                )  # fmt: skip
                self._ask(REQUEST, self._client.finalize_logged_model, made.model_id, "READY")
                models[name] = str(made.model_id)
        return models

    def end(self, run_id: str, status: str, time: int | None = None) -> None:
        """Set the final status of a run: FINISHED, FAILED or KILLED."""
        self._ask(REQUEST, self._client.set_terminated, run_id, status, time)

    def tag(self, run_id: str, name: str, value: str) -> None:
        """Add a tag to a run."""
        self._ask(REQUEST, self._client.set_tag, run_id, name, value)

    def finished(self, fingerprint: str) -> Run | None:
        """The run that has results of this fingerprint, with a child for each model and method."""
        what = f"tags.`{FINGERPRINT}` = '{fingerprint}' and attributes.status = 'FINISHED'"
        return next(iter(self._search(what)), None)

    def running(self) -> Iterator[Run]:
        """Runs of the experiment that MLflow lists as RUNNING."""
        return self._search("attributes.status = 'RUNNING'")

    def where_to_look(self) -> str:
        """For the user: the command that shows the experiment and its address, or the server's page of it."""
        page = f"#/experiments/{self._experiment_id}/runs?workflowType=machine_learning"
        tags = self._ask(REQUEST, self._client.get_experiment, self._experiment_id).tags
        if VIEW in tags:
            page += f"&viewStateShareKey={VIEW.rpartition('.')[2]}"
        if is_server(self._uri):
            return f"{page} of the MLflow server in {VARIABLE}"
        own = f"${VARIABLE}" if os.environ.get(VARIABLE) else self._uri
        command = f"mlflow ui --workers 1 --backend-store-uri {shlex.quote(own)}"
        return f"MLFLOW_DISABLE_TELEMETRY=true {command}, then http://127.0.0.1:5000/{page}"

    def _check(self) -> None:
        self._ask(SOON, check_database, self._uri, LOCKED)

    def _runs_of(self, entry: Entry) -> dict[str, Run]:
        """Runs of the entry that MLflow has already, by name."""
        return {str(run.info.run_name): run for run in self._search(f"tags.`{KEY}` = '{entry.key}'")}

    def _run(
        self, runs: Mapping[str, Run], entry: Entry, record: RunRecord, parent_id: str | None = None
    ) -> str:
        """The id of the run of a record; a new one, in status RUNNING, where there is none."""
        if record.name in runs:
            return str(runs[record.name].info.run_id)
        process = {name: value for name, value in entry.parent.tags.items() if name.startswith("process.")}
        tags = {KEY: entry.key, **process} | ({"mlflow.parentRunId": parent_id} if parent_id else {})
        begun = entry.ended if parent_id else entry.begun
        create = self._client.create_run
        made = self._ask(REQUEST, create, self._experiment_id, begun, tags, record.name)
        return str(made.info.run_id)

    def _write(self, run_id: str, record: RunRecord, time: int, model: str | None = None) -> None:
        """Add what the record holds to a run, and its metrics to a logged model, too. Adding it again with the same
        time changes nothing."""
        points = [MetricPoint(name, 0, value) for name, value in record.metrics.items()] + list(record.curves)
        metrics = [Metric(point.metric, point.value, time, point.step, model) for point in points]
        params = [Param(name, value) for name, value in record.params.items()]
        tags = [RunTag(name, value) for name, value in record.tags.items()]
        parts = max(len(metrics) // MOST_METRICS, len(params) // MOST_PARAMS, len(tags) // MOST_PARAMS) + 1
        for part in range(parts):
            some = metrics[part::parts], params[part::parts], tags[part::parts]
            self._ask(REQUEST, self._client.log_batch, run_id, *some)

    def _link(self, run_id: str, datasets: Sequence[Mapping[str, Any]]) -> None:
        """Say which datasets the run is about."""
        if datasets:
            used = InputTag("mlflow.data.context", "evaluation")
            inputs = [DatasetInput(Dataset(**facts), [used]) for facts in datasets]
            self._ask(REQUEST, self._client.log_inputs, run_id, datasets=inputs)

    def _search(self, what: str) -> Iterator[Run]:
        token = None
        while True:
            page = self._ask(
                REQUEST,
                self._client.search_runs,
                [self._experiment_id],
                what,
                max_results=1000,
                page_token=token,
            )
            yield from page
            if not (token := page.token):
                return

    def _ask(self, seconds: float, call: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        try:
            return within(seconds, lambda: call(*args, **kwargs))
        except Exception as error:
            if is_mistake(error):
                raise bad_address(error) from error
            raise Away(reason(error)) from error


def _find_or_make(client: MlflowClient, name: str, artifacts: str | None) -> str:
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        try:
            return str(client.create_experiment(name, artifact_location=artifacts))
        except MlflowException:
            if (experiment := client.get_experiment_by_name(name)) is None:  # another run was not faster
                raise
    if experiment.lifecycle_stage == "deleted":
        client.restore_experiment(experiment.experiment_id)
    return str(experiment.experiment_id)

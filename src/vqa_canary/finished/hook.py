"""Kedro's hook: ends the command that would make a finished study again, and leaves the record by which it is known.

The record is written only where everything that the run rests on was the same before it and after it. So it is never a
file that was edited during the run which it vouches for.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline

from vqa_canary.finished import record
from vqa_canary.finished.basis import basis_of, code_changed_at, key_of
from vqa_canary.finished.places import digests_of_outputs
from vqa_canary.finished.which import can_be_finished, reading_nodes
from vqa_canary.pipelines.storing import store_of

SLACK = 20.0
"""Seconds before this module was imported in which changed code may be another than the one that runs."""

_by_command: ContextVar[bool] = ContextVar("by_command", default=False)
_imported = time.time()
_logger = logging.getLogger(__name__)


class NothingChanged(Exception):
    """The study is finished already. The message says so, and where its page is."""


@contextmanager
def by_command() -> Iterator[None]:
    """A block that is a command: there, a finished study ends by `NothingChanged`. Python code that runs a session is
    given the run that it asks for."""
    token = _by_command.set(True)
    try:
        yield
    finally:
        _by_command.reset(token)


class FinishedHook:
    """Recognises a finished study; see the module."""

    def __init__(self) -> None:
        self._entries: dict[str, Any] = {}
        self._before: dict[str, dict[str, str]] = {}

    @hook_impl
    def after_catalog_created(self, conf_catalog: dict[str, Any]) -> None:
        self._entries = conf_catalog

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: Any) -> None:
        """The lock is held by now, and MLflow knows of nothing.

        Raises
        ------
        NothingChanged : in a command, where the study is finished
        """
        if not can_be_finished(run_params, pipeline, catalog):
            return
        rests_on = basis_of(run_params, pipeline, catalog, self._entries)
        if _by_command.get():
            _end_if_finished(run_params, pipeline, catalog, rests_on)
        self._before[run_params["run_id"]] = rests_on

    @hook_impl(trylast=True)
    def after_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: Any) -> None:
        """MLflow has been told by now, and the lock is still held."""
        before = self._before.pop(run_params["run_id"], None)
        if before is None or code_changed_at() >= _imported - SLACK:
            return
        if before != basis_of(run_params, pipeline, catalog, self._entries):
            return
        from vqa_canary.tracking.hook import told_of

        ended = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        made = digests_of_outputs(pipeline, catalog, Path(run_params["project_path"]))
        told = told_of(run_params["run_id"])
        record.write(_path(run_params, catalog), record.Finished(ended, before, made, told))


def _end_if_finished(
    run_params: dict[str, Any], pipeline: Pipeline, catalog: Any, rests_on: dict[str, str]
) -> None:
    path = _path(run_params, catalog)
    if (finished := record.read(path)) is None:
        return
    changed = finished.changed(
        rests_on, digests_of_outputs(pipeline, catalog, Path(run_params["project_path"]))
    )
    changed = changed or list(_read_otherwise(pipeline, catalog))
    if changed:
        _logger.info(
            "Finished %s, and made again: changed since is %s.", finished.ended, record.told(changed)
        )
        return
    from vqa_canary.closing import findings
    from vqa_canary.tracking.hook import told_again

    told = told_again(run_params, pipeline, catalog, finished.told)
    if told.fingerprint != finished.told:
        record.write(path, replace(finished, told=told.fingerprint))
    spared = "evaluation and rendering" if told.now else "evaluation, rendering and tracking"
    lines = [
        f"Nothing changed since {finished.ended}: asking, {spared} were not repeated. "
        f"To repeat them, remove {os.path.relpath(path)}.",
        *filter(None, [told.line]),
        *findings(catalog, pipeline.all_outputs()),
    ]
    raise NothingChanged("\n".join(lines))


def _read_otherwise(pipeline: Pipeline, catalog: Any) -> Iterator[str]:
    """Which tables would be others now, of those that are made of settings and files alone: their nodes are called
    again.

    What a source reads is known to the source alone, which may be one of another package.
    """
    for node in reading_nodes(pipeline):
        made = node.func(*(catalog.load(name) for name in node.inputs))
        for name, data in zip(node.outputs, made if len(node.outputs) > 1 else [made], strict=True):
            if not catalog.get(name).holds(data):
                yield f"what the datasets hold ({name})"


def _path(run_params: dict[str, Any], catalog: Any) -> Path:
    parameters = catalog.load("parameters")
    folder = Path(store_of(parameters), "08_reporting", str(parameters["study"]))
    return folder / f".finished-{key_of(run_params)}.json"

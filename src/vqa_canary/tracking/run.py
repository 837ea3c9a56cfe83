"""One `kedro run` on its way into MLflow, which may be away at any time."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import click

from vqa_canary.errors import BadInput
from vqa_canary.tracking.away import REPLAY, Away, NotRecorded, within
from vqa_canary.tracking.entry import KEY, Entry, Results, new_key, now
from vqa_canary.tracking.process import this_process
from vqa_canary.tracking.record import RunRecord
from vqa_canary.tracking.replay import keep, kept, replay

CLOSING = 5.0
"""Most seconds that an interrupted or failed run spends on telling MLflow."""

_logger = logging.getLogger(__name__)


class TrackedRun:
    """A run from its beginning to its end; the order of calls is `open`, then `record` or `end`.

    Parameters
    ----------
    project : folder of the project
    study : name of the study
    parent : what is known of the run before anything runs
    kedro_run : Kedro's own id of the run
    """

    def __init__(self, project: Path, study: str, parent: RunRecord, kedro_run: str) -> None:
        self._project = project
        key = new_key(kedro_run)
        tags = {**parent.tags, **this_process().tags, KEY: key}
        self._entry = Entry(key, study, now(), replace(parent, tags=tags))
        self._is_open = False

    def open(self) -> None:
        """Open the run in MLflow, and close what killed runs of the study left open there.

        Where MLflow is away there is one warning, and the run goes on.

        Raises
        ------
        BadInput : a mistake in the configuration, which waiting does not mend
        """
        from vqa_canary.tracking.client import Store
        from vqa_canary.tracking.orphans import close_orphans

        try:
            store = Store(self._project, self._entry.study)
            store.begin(self._entry)
            close_orphans(store, [folder.name for folder in kept(self._project, self._entry.study)])
        except Away as away:
            _logger.warning(
                "MLflow cannot be reached: %s. The run goes on without it; what MLflow should hold is offered again "
                "at the end, and kept if it is still not taken.",
                away,
            )
        self._is_open = True

    def record(self, results: Results) -> str:
        """End the run as FINISHED, with its results; then write what earlier runs of the study had to keep. Returns the
        fingerprint of the results, by which MLflow finds them again.

        Raises
        ------
        NotRecorded : MLflow takes nothing; it is kept, or the message says why not
        """
        entry = replace(self._entry, status="FINISHED", ended=now(), results=results)
        try:
            where = self._write(entry)
        except NotRecorded as error:
            raise NotRecorded(f"The results are complete and saved. {error}") from error
        click.echo(f"MLflow: {where}")
        for folder, why in replay(self._project, self._entry.study).items():
            _logger.warning("MLflow does not have the earlier run in %s yet: %s", folder, why)
        return entry.fingerprint

    def end(self, status: str) -> None:
        """End the run as FAILED or KILLED within seconds; nothing is raised that could hide why it ended.

        One that was interrupted while it was being opened is left: MLflow may be half loaded then, and the next run of
        the study closes what is there.
        """
        if not self._is_open:
            return
        entry = replace(self._entry, status=status, ended=now())
        try:
            within(CLOSING, lambda: self._write(entry))
        except TimeoutError as error:
            with suppress(OSError):
                keep(self._project, entry)
            _logger.error("MLflow run is %s, but MLflow gives %s. Tell it later: %s", status, error, REPLAY)
        except Exception as error:
            _logger.error("The run is %s. %s", status, error)

    def _write(self, entry: Entry) -> str:
        """Write the entry to MLflow, or else keep it for later; returns where to look at it.

        Raises
        ------
        NotRecorded : MLflow takes nothing
        """
        from vqa_canary.tracking.client import Store

        try:
            store = Store(self._project, entry.study)
            same = store.record(entry)
            again = f"has these results already, of run {same}, and was told nothing twice; " if same else ""
            return f"{again}{store.where_to_look()}"
        except (Away, BadInput) as error:
            why = str(error)
        try:
            folder = keep(self._project, entry)
        except OSError as error:
            raise NotRecorded(
                f"MLflow does not have this run: {why}. Nor could it be kept for later: {error}."
            ) from error
        raise NotRecorded(
            f"MLflow does not have this run yet: {why}. It is kept in {folder.relative_to(self._project)}; once MLflow "
            f"can be reached, record it by: {REPLAY}"
        )


def where_it_is(project: Path, study: str, fingerprint: str) -> str | None:
    """A line on where MLflow has these results already; None where it does not have them.

    Where MLflow is away that cannot be known, and the line says so.
    """
    from vqa_canary.tracking.client import Store

    try:
        store = Store(project, study)
        run = store.finished(fingerprint)
    except Away as away:
        return f"MLflow was told of this study before; whether it still has it cannot be seen now: {away}"
    return None if run is None else f"MLflow has this study already: {store.where_to_look()}"

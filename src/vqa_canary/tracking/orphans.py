"""Runs that MLflow lists as RUNNING though their process was killed: the next run of the study closes them."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import TYPE_CHECKING

from vqa_canary.tracking.entry import KEY, now
from vqa_canary.tracking.process import is_gone, process_of

if TYPE_CHECKING:
    from vqa_canary.tracking.client import Store

TAG = "process.ended"
"""Tag that says why a run is FAILED though nothing in it failed."""
LONG = 7 * 24 * 3600 * 1000
"""Milliseconds after which a run is mentioned in the log if its process cannot be seen from this machine."""

_logger = logging.getLogger(__name__)


def close_orphans(store: Store, kept: Collection[str] = ()) -> list[str]:
    """Close, as FAILED, runs whose process is gone for certain; returns their names.

    KILLED is what MLflow calls a run that its user ended, which is Ctrl-C; nobody knows who or what ended these.

    Runs of other machines and containers, and those that do not say which process is theirs, are left alone.

    Parameters
    ----------
    kept : keys of entries that are still to be written; their runs are left open, and end when these are written
    """
    closed, unsure = [], []
    for run in list(store.running()):
        tags = run.data.tags
        if tags.get(KEY) in kept:
            continue
        process = process_of(tags)
        gone = None if process is None else is_gone(process)
        if gone:
            store.tag(
                run.info.run_id, TAG, "killed from outside; found by a later run, which closed this one"
            )
            store.end(run.info.run_id, "FAILED")
            closed.append(str(run.info.run_name))
        elif gone is None and now() - run.info.start_time > LONG:
            unsure.append(f"{run.info.run_name} ({run.info.run_id}) of {tags.get('process.host', 'unknown')}")
    if closed:
        _logger.warning(
            "MLflow: closed as FAILED, for their process is gone: %s", ", ".join(dict.fromkeys(closed))
        )
    if unsure:
        _logger.info(
            "MLflow lists as RUNNING for more than a week, and from here it cannot be seen whether they live: %s",
            ", ".join(unsure),
        )
    return closed

"""The node of the pipeline `tracking`."""

from __future__ import annotations

from typing import Any

import click

from vqa_canary.errors import BadInput
from vqa_canary.project import project_root
from vqa_canary.tracking.away import REPLAY, NotRecorded
from vqa_canary.tracking.hook import is_enabled


def record_kept_runs(parameters: dict[str, Any]) -> None:
    """Write every kept run to MLflow, and remove what is written.

    Raises
    ------
    BadInput : the settings want no MLflow
    NotRecorded : some could not be written
    """
    from vqa_canary.tracking.replay import kept, replay

    if not is_enabled(parameters):
        raise BadInput("parameters: tracking.enabled: is false, so MLflow is given nothing; set it to true")
    n_kept = len(kept(project_root()))
    left = replay(project_root())
    click.echo(f"MLflow: {n_kept - len(left)} of {n_kept} kept runs recorded.")
    if left:
        told = "; ".join(f"{folder}: {why}" for folder, why in left.items())
        raise NotRecorded(
            f"MLflow does not have these runs yet: {told}. Once that is mended: {REPLAY}. Removing such a folder gives "
            "its run up."
        )

"""The last lines of a run: where to look."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline


class ClosingHook:
    """Names the report that a run has made, and how to see the pipelines."""

    @hook_impl
    def after_pipeline_run(self, pipeline: Pipeline, catalog: Any) -> None:
        if "report" not in pipeline.all_outputs():
            return
        file = Path(str(getattr(catalog.get("report"), "_filepath", "in memory")))
        click.echo(f"Report: {os.path.relpath(file)}")
        click.echo("Pipelines: kedro viz run")

"""The hook that refuses a runner under which a pipeline's steps could not pass on what they make."""

from __future__ import annotations

from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.io import MemoryDataset
from kedro.pipeline import Pipeline

from vqa_canary.errors import BadInput


class RunnerHook:
    """Refuses `--runner ParallelRunner` for pipelines whose steps pass results on in memory.

    That runner gives each step a process of its own, and what the catalog keeps in memory is not shared by processes: a
    later step would find nothing there.
    """

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: Any) -> None:
        if "ParallelRunner" not in str(run_params.get("runner")):
            return
        passed_on = pipeline.all_outputs() & pipeline.all_inputs()
        unshared = sorted(name for name in passed_on if isinstance(catalog.get(name), MemoryDataset))
        if unshared:
            raise BadInput(
                f"--runner ParallelRunner: the steps of this run pass {unshared[0]!r} on in memory, and that runner's "
                "processes do not share it. Run it without `--runner`: several processes ask the models anyway, see "
                "`workers` in docs/how-to/workers.md. The pipelines data_engineering, inference and ue_scoring can be "
                "run so, each by itself."
            )

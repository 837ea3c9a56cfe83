"""What kedro-viz shows of the last run: rows of tables, and how long each node took. It need not be installed.

Its own hooks would write the message and the traceback of an error to a file, and a message may quote a question. They
are switched off in `settings`, and these take their place.
"""

from __future__ import annotations

from typing import Any

from kedro.framework.hooks import hook_impl

from vqa_canary.viz.network import ask_nobody


def viz_hooks() -> tuple[Any, ...]:
    """Hooks that leave `.viz/stats.json` and `.viz/kedro_pipeline_events.json` in the project.

    Kedro asks for them before any command of kedro-viz begins, which is kept from asking the network here.
    """
    try:
        from kedro_viz.integrations.kedro.hooks import DatasetStatsHook
        from kedro_viz.integrations.kedro.hooks_utils import is_default_run, is_sequential_runner
        from kedro_viz.integrations.kedro.run_hooks import PipelineRunStatusHook
    except ImportError:
        return ()
    ask_nobody()

    class StatusHook(PipelineRunStatusHook):  # type: ignore[misc]
        """Status and duration of each node of a whole run, without what errors say."""

        @hook_impl
        def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Any) -> None:
            """Of a part of the pipelines there is no status: it would replace that of the whole. kedro-viz itself looks
            for settings that Kedro has renamed, and warns at each run of the others."""
            part = run_params.get("pipeline_names") or run_params.get("namespaces")
            if not part and is_default_run(run_params) and is_sequential_runner(run_params):
                super().before_pipeline_run(run_params, pipeline)

        def _add_event(self, event: dict[str, Any], flush: bool = False) -> None:
            super()._add_event(without_messages(event), flush)

    return DatasetStatsHook(), StatusHook()


def without_messages(event: dict[str, Any]) -> dict[str, Any]:
    """An event without what its error says, which the run itself has told."""
    told = {"error": "The run says at its end what went wrong.", "traceback": ""}
    return {name: told.get(name, value) for name, value in event.items()}

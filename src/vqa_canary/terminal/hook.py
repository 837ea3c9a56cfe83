"""Kedro's hook: opens the display when a run begins, tells it of each node, and closes it before the last lines."""

from __future__ import annotations

import logging
from multiprocessing import parent_process
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from vqa_canary.pipelines.origins import pipeline_of
from vqa_canary.progress import show_on
from vqa_canary.terminal.display import MEANINGS, RunDisplay
from vqa_canary.terminal.estimate import in_words
from vqa_canary.terminal.lines import Lines, console

if TYPE_CHECKING:
    from rich.live import Live

ASKING = "inference"
"""The stage in which models are asked."""
LONG = 5.0
"""Seconds from which on a stage has a line where nobody watches."""

_logger = logging.getLogger(__name__)
_live: Live | None = None


class DisplayHook:
    """Shows the stages of a run: live on a terminal, a line each elsewhere. One run of a process at a time."""

    def __init__(self) -> None:
        self._display: RunDisplay | None = None
        self._n_of_asking = 0

    @hook_impl(trylast=True)
    def before_pipeline_run(self, pipeline: Pipeline) -> None:
        stages = [pipeline_of(node) for node in pipeline.nodes]
        self._display, self._n_of_asking = RunDisplay(stages), stages.count(ASKING)
        if parent_process() is None and _is_watched():
            _begin(self._display)

    @hook_impl
    def before_node_run(self, node: Node, catalog: Any) -> None:
        if self._display is None:
            return
        stage = pipeline_of(node)
        if stage == ASKING and _live is not None and not self._display.n_instances:
            self._display.n_instances = self._n_of_asking * len(catalog.load("instances"))
        self._display.begin(stage)

    @hook_impl
    def after_node_run(self, node: Node) -> None:
        if self._display is None:
            return
        stage = pipeline_of(node)
        seconds = self._display.end(stage)
        if seconds is not None and seconds >= LONG and _live is None:
            _logger.info("%s: done after %s", MEANINGS.get(stage, stage), in_words(seconds))

    @hook_impl(tryfirst=True)
    def after_pipeline_run(self) -> None:
        """Before any closing line is told."""
        end_display()

    @hook_impl(tryfirst=True)
    def on_pipeline_error(self) -> None:
        end_display()


def end_display() -> None:
    """Take the display away, if there is one; lines stay where they are."""
    global _live
    if _live is not None:
        live, _live = _live, None
        show_on(None)
        live.stop()


def _begin(display: RunDisplay) -> None:
    global _live
    from rich.live import Live

    end_display()
    _live = Live(display, console=console(), refresh_per_second=4, transient=True)
    _live.start()
    show_on(display)


def _is_watched() -> bool:
    """Whether somebody sees the display: a terminal that can redraw, whose lines go the same way."""
    lines = any(isinstance(handler, Lines) for handler in logging.getLogger().handlers)
    return lines and console().is_terminal and not console().is_dumb_terminal

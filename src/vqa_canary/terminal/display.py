"""The live display of a run: its stages, how far each is, and how long the whole will take."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from vqa_canary.terminal.estimate import in_words, seconds_left

if TYPE_CHECKING:
    from rich.console import RenderableType

MEANINGS = {
    "data_engineering": "questions and images",
    "inference": "asking the models",
    "ue_scoring": "uncertainties",
    "measuring": "metrics",
    "verification": "verification",
    "reporting": "claims and report",
    "tracking": "MLflow",
}
"""What a stage does, in few words."""


class RunDisplay:
    """What is known of a run, and how it is shown. Each time that rich asks for it, it is made anew.

    Parameters
    ----------
    stages : of each node of the pipeline, in order
    n_instances : instances of all models together; 0 where that is not known yet
    clock : gives the time in seconds, never going back
    """

    def __init__(
        self, stages: Sequence[str], n_instances: int = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.n_instances = n_instances
        self._clock, self._begun = clock, clock()
        known = [*MEANINGS, *stages]
        self._nodes, self._done = Counter(sorted(stages, key=known.index)), Counter[str]()
        self._begun_nodes: dict[str, float] = {}
        # No plain dict: a process of `ParallelRunner` may hear of nodes of another run.
        self._spent = defaultdict[str, float](float)
        self._stage = ""
        self._step = (0, 0, "", "")
        self._step_begun = self._begun
        self._models = (0, 0)

    def begin(self, stage: str) -> None:
        """A node of this stage begins."""
        if stage != self._stage:
            self._models = (0, 0)
        self._stage = stage
        self._begun_nodes[stage] = self._clock()
        self._step = (0, 0, "", "")

    def end(self, stage: str) -> float | None:
        """A node of this stage has ended; the seconds that all its nodes took, when it was the last one."""
        self._done[stage] += 1
        self._spent[stage] += self._clock() - self._begun_nodes.get(stage, self._clock())
        self._step = (0, 0, "", "")
        return self._spent[stage] if self._is_done(stage) else None

    def _is_done(self, stage: str) -> bool:
        return self._done[stage] >= self._nodes[stage]

    def count(self, done: int, total: int, unit: str, note: str) -> None:
        """Show how far the present step is."""
        if done == 0:
            self._step_begun = self._clock()
        self._step = (done, total, unit, note)

    def models(self, done: int, total: int) -> None:
        """Show of how many models all is answered."""
        if total > 1:
            self._models = (done, total)

    def __rich__(self) -> RenderableType:
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        for stage in self._nodes:
            table.add_row(*(Text(cell, no_wrap=True, overflow="ellipsis") for cell in self._row(stage)))
        return Group(table, Text(self.whole, style="bold", no_wrap=True, overflow="ellipsis"))

    def _row(self, stage: str) -> tuple[str, str, str]:
        name = MEANINGS.get(stage, stage)
        if self._is_done(stage):
            return "✓", name, in_words(self._spent[stage])
        if stage != self._stage:
            begun = self._done[stage]
            return " ", name, f"{begun} of {self._nodes[stage]} steps" if begun else ""
        return "▸", name, self.present

    @property
    def present(self) -> str:
        """How far the present stage is."""
        done, total, unit, note = self._step
        if not total:
            return f"{self._done[self._stage]} of {self._nodes[self._stage]} steps"
        parts = [f"{self._models[0]} of {self._models[1]} models"] if self._models[1] else []
        parts.append(f"{done:,} of {total:,} {unit}s")
        if done:
            parts.append(f"{done / max(self._clock() - self._step_begun, 1e-3):,.0f} {unit}s/s")
        return ", ".join([*parts, *[note] * bool(note)])

    @property
    def whole(self) -> str:
        """How long the run has taken, and how long it will probably still take."""
        done, total, _, _ = self._step
        later = [stage for stage in self._nodes if stage not in self._begun_nodes]
        spent = self._clock() - self._step_begun
        left = seconds_left(done, total, spent, later, self.n_instances)
        so_far = f"The whole run: {in_words(self._clock() - self._begun)} so far"
        return f"{so_far}, about {in_words(left)} left" if left else so_far

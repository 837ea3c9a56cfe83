"""A shard of evidence that is to be computed, here or in another process, from the rows of it that are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vqa_canary.datasets.journal import Journal
from vqa_canary.planned_shard import Compute, PlannedShard, Row
from vqa_canary.rows import Evidence
from vqa_canary.workers.pieces import Piece

if TYPE_CHECKING:
    import pandas as pd


def do_nothing() -> None:
    """What is called where there is nothing to do."""


@dataclass(frozen=True)
class AskRest:
    """Computes a shard of which some rows are there; it can be sent to another process where `compute` can."""

    compute: Compute
    rows: Mapping[str, Row]
    """The rows that are there, by instance."""
    journal: Journal
    """Keeps new rows as they come."""
    facts: list[Mapping[str, str]]
    """What answered the rows that are there."""
    go_on: Callable[[], None] = do_nothing
    """Called before a new row is kept; it raises where another worker has taken the shard over."""

    def __call__(self) -> pd.DataFrame:
        def keep(row: Evidence) -> None:
            self.go_on()
            self.journal.keep(row)

        with self.journal:
            shard = self.compute(self.rows, keep)
        shard.attrs["facts"] = [*self.facts, shard.attrs.get("engine", {})]
        return shard


@dataclass(frozen=True, kw_only=True)
class MissingShard(Piece):
    """A shard that is to be computed."""

    run: AskRest
    planned: PlannedShard
    stored: Callable[[], None] = do_nothing
    """Called when the shard is written."""

    @property
    def run_far_away(self) -> AskRest:
        """Without a journal: rows are kept where the shards are, and a piece that is lost is begun anew."""
        return replace(self.run, journal=Journal(None))

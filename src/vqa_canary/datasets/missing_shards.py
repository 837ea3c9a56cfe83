"""A shard of evidence that is to be computed, here or in another process, from the rows of it that are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from vqa_canary.datasets.journal import Journal
from vqa_canary.planned_shard import Compute, PlannedShard, Row, do_nothing
from vqa_canary.rows import Evidence
from vqa_canary.workers.pieces import Piece

if TYPE_CHECKING:
    import pandas as pd


class Kept(NamedTuple):
    """What is there of a shard."""

    rows: Mapping[str, Row]
    """By instance."""
    facts: Sequence[Mapping[str, str]]
    """What answered them."""


@dataclass(frozen=True)
class AskRest:
    """Computes a shard of which some rows are there."""

    compute: Compute
    kept: Callable[[], Kept]
    """Gives what is there when the shard is begun: until then another worker may have been at it."""
    journal: Journal
    """Keeps new rows as they come."""
    go_on: Callable[[], None] = do_nothing
    """Called before a new row is kept; it raises where another worker has taken the shard over."""

    def __call__(self) -> pd.DataFrame:
        def keep(row: Evidence) -> None:
            self.go_on()
            self.journal.keep(row)

        kept = self.kept()
        with self.journal:
            shard = self.compute(kept.rows, keep)
        shard.attrs["facts"] = [*kept.facts, shard.attrs.get("engine", {})]
        return shard


@dataclass(frozen=True, kw_only=True)
class MissingShard(Piece):
    """A shard that is to be computed."""

    run: AskRest
    planned: PlannedShard

    def to_send(self, far_away: bool = False) -> AskRest:
        """What computes the shard in another process (pickled), from what is there now.

        On another machine it has no journal: rows are kept where the shards are, and what is lost is begun anew.
        """
        kept = self.run.kept()
        run = replace(self.run, kept=partial(Kept, kept.rows, kept.facts))
        return replace(run, journal=Journal(None)) if far_away else run

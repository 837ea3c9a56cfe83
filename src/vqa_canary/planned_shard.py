"""A plan of a model's evidence, shard by shard: what makes each shard, and what the shard then has to hold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from vqa_canary.rows import Evidence

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Any]
Compute = Callable[[Mapping[str, Row], Callable[[Evidence], None]], "pd.DataFrame"]
"""Makes a shard. Its arguments are the rows that are there already, by instance, and a function that stores a new row
as soon as it exists, so that an interruption does not lose it."""
Check = Callable[["pd.DataFrame"], "pd.DataFrame"]
"""Gives back a shard that keeps its contract, and raises where it does not."""
Finished = Mapping[str, Collection[str]]
"""Ids of the instances of each shard that is finished, by the shard's key."""


@dataclass(frozen=True)
class Needs:
    """What a process takes to compute a shard."""

    threads: int = 1
    """Threads of the CPU."""
    gpu: bool = False
    """Whether it computes on a GPU where there is one; then it takes one."""


def do_nothing() -> None:
    """What is called where there is nothing to do."""


def no_calls() -> int:
    """What is told of an engine that sends no requests."""
    return 0


def _as_it_is(shard: pd.DataFrame) -> pd.DataFrame:
    return shard


@dataclass(frozen=True)
class PlannedShard:
    """One shard of a model's evidence; its key hashes `settings` and what every instance shows."""

    compute: Compute
    """Asks the model, which may take hours; so it is called only when the shard is needed and not there."""
    expected: tuple[str, ...]
    """Ids of the instances that the shard must hold, one row each."""
    settings: Mapping[str, Any]
    """Everything besides the instances that could change the shard's content, as JSON values; see
    `engines.shards.settings_of`."""
    needs: Needs | None = None
    """What computing it in another process takes, where `compute` can be sent to one (pickled); None where the shard
    has to be computed in this process."""
    check: Check = _as_it_is
    """Holds a computed shard to its contract; it is called in this process, wherever the shard was computed."""
    untold_calls: Callable[[], int] = no_calls
    """How many requests the model was sent in this process, up to now, that no row tells of."""
    stored_as: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Ids under which another finished shard may hold the answer to the very prompt of an instance, by instance, the
    likeliest first; an answer that is found is taken over. Empty where none is looked for."""
    put_away: Callable[[], None] = do_nothing
    """Gives up what computing shards of this model has loaded in this process; it is loaded anew when it is needed."""

    @property
    def model(self) -> str:
        """Name of the model that answers."""
        return str(self.settings["model"])


class ShardPlan(Mapping[str, PlannedShard]):
    """The shards of one model by key, and how they are cut otherwise where some are finished.

    Parameters
    ----------
    cut : gives the shards by key, in order, so that every finished shard of the same settings that it is told of stays
        one, and the other instances are cut anew
    """

    def __init__(self, cut: Callable[[Finished], Mapping[str, PlannedShard]]) -> None:
        self._cut = cut
        self._shards = cut({})

    def around(self, finished: Finished) -> ShardPlan:
        """The plan in which the shards that are finished stay, whatever size they have."""
        return ShardPlan(lambda more: self._cut({**finished, **more}))

    def checked(self, check: Callable[[str, pd.DataFrame], pd.DataFrame]) -> ShardPlan:
        """The plan whose shards are checked, by key, once they are computed."""

        def of(key: str, planned: PlannedShard) -> PlannedShard:
            return replace(planned, check=lambda shard: check(key, shard))

        return ShardPlan(
            lambda finished: {key: of(key, planned) for key, planned in self._cut(finished).items()}
        )

    def __getitem__(self, key: str) -> PlannedShard:
        return self._shards[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._shards)

    def __len__(self) -> int:
        return len(self._shards)

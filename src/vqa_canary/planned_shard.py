"""A plan of one shard of a model's evidence: the function that makes it, and what the shard then has to hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vqa_canary.rows import Evidence

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Any]
Compute = Callable[[Mapping[str, Row], Callable[[Evidence], None]], "pd.DataFrame"]
"""Makes a shard. Its arguments are the rows that are there already, by instance, and a function that stores a new row
as soon as it exists, so that an interruption does not lose it."""


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

    @property
    def model(self) -> str:
        """Name of the model that answers."""
        return str(self.settings["model"])

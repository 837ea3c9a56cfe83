"""A part of a model's evidence before it is there: what makes it, and what it has to hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vqa_canary.tables import Evidence

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Any]
Compute = Callable[[Mapping[str, Row], Callable[[Evidence], None]], "pd.DataFrame"]
"""Makes a shard. It is given the rows that are there already, by instance, and what keeps a new one at once."""


@dataclass(frozen=True)
class PlannedShard:
    """One shard of a model's evidence; its key hashes `settings` and what every instance shows."""

    compute: Compute
    expected: tuple[str, ...]
    """Ids of the instances that it holds, one row each."""
    settings: Mapping[str, Any]
    """All but the instances that could change its content, as JSON values; see `engines.shards.settings_of`."""

    @property
    def model(self) -> str:
        """Name of the model that answers."""
        return str(self.settings["model"])

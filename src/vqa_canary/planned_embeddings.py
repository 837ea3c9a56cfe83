"""A plan of a model's embeddings: the texts, and what turns those that are not known yet into vectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

Compute = Callable[[Sequence[str]], "NDArray[np.float32]"]
"""Makes the vectors of texts, shape (n, d). That of a text is the same in whatever company it is embedded."""
Check = Callable[["pd.DataFrame"], "pd.DataFrame"]
"""Gives back a table that keeps its contract, and raises where it does not."""


def _as_it_is(table: pd.DataFrame) -> pd.DataFrame:
    return table


@dataclass(frozen=True)
class PlannedEmbeddings:
    """The table `embeddings` of one model before its vectors are made."""

    texts: Mapping[str, str]
    """Each distinct text of the model's samples, by its hash."""
    embedder: str
    """Fingerprint of what makes the vectors."""
    compute: Compute
    """Loads the embedder, and so it is called only for texts of which no vector is stored."""
    check: Check = _as_it_is
    """Holds the whole table to its contract before it is stored."""

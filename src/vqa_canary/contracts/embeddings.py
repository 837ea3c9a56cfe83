"""What a row of `embeddings` promises: one vector of unit length for each text, all made by one embedder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from vqa_canary.contracts.expectations import matching, not_blank, unique_key, whole_columns

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.expectations.expectation import Expectation

UNIT_TOLERANCE = 1e-4
"""How far the length of a vector may be from 1 by rounding: its numbers have seven digits."""


def suite() -> list[Expectation]:
    """Expectations of table `embeddings`. It may be empty: where no method needs vectors, or there is no embedder."""
    return [
        unique_key("embeddings"),
        *not_blank("embedder"),
        matching("text_sha256", "^[0-9a-f]{64}$"),
        *whole_columns("embeddings", made_by_one_embedder, vectors_of_one_size, vectors_of_unit_length),
    ]


def made_by_one_embedder(embedder: pd.Series) -> pd.Series:
    """the embedder of the first row: vectors of different embedders cannot be compared"""
    return embedder == embedder.iloc[0] if len(embedder) else embedder.astype(bool)


def vectors_of_one_size(vector: pd.Series) -> pd.Series:
    """as many numbers as the first row has, and two at least"""
    sizes = _flat(vector)[1]
    return _as_column((sizes == sizes[:1]) & (sizes >= 2), vector)


def vectors_of_unit_length(vector: pd.Series) -> pd.Series:
    """finite numbers whose squares add up to 1"""
    numbers, sizes = _flat(vector)
    squares = np.zeros(len(sizes))
    np.add.at(squares, np.repeat(np.arange(len(sizes)), sizes), numbers.astype(np.float64) ** 2)
    return _as_column(np.abs(np.sqrt(squares) - 1) <= UNIT_TOLERANCE, vector)


def _flat(vector: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """All numbers of the column one after the other, and how many each row has."""
    lists = pa.array(vector, from_pandas=True)
    sizes = lists.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    return lists.flatten().to_numpy(zero_copy_only=False), sizes


def _as_column(found: np.ndarray, like: pd.Series) -> pd.Series:
    import pandas as pd

    return pd.Series(found, index=like.index)

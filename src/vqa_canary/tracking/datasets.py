"""The datasets of a study as MLflow knows them: name, digest, column names and counts, no content."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vqa_canary.frames import from_frame
from vqa_canary.rows import content_id

if TYPE_CHECKING:
    import pandas as pd


def described_datasets(items: pd.DataFrame, source: Path) -> Iterator[dict[str, str | None]]:
    """The fields of an `mlflow.entities.Dataset` for each dataset in the table `items`.

    The digest is of every value of the table; MLflow's own leaves out lists and stops at 10,000 rows.

    Parameters
    ----------
    source : the file that holds `items`
    """
    from mlflow.data.pandas_dataset import from_pandas

    for name, rows in items.groupby("dataset"):
        digest = content_id(from_frame(rows, "items").to_pylist())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on integer columns, which have no gaps here
            dataset = from_pandas(rows, source=str(source), name=str(name), digest=digest)
            described: dict[str, str | None] = dataset._to_mlflow_entity().to_dictionary()
        yield described

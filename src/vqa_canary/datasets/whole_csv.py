"""A frame as a CSV file that is whole or not there, and that a spreadsheet can open without running it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from vqa_canary.csv_text import frame_csv
from vqa_canary.datasets.sealed import WholeText

if TYPE_CHECKING:
    import pandas as pd


class WholeCSV(WholeText):
    """See `vqa_canary.csv_text` for what becomes of a cell that looks like a formula."""

    def save(self, data: Any) -> None:
        super().save(frame_csv(data))

    def load(self) -> pd.DataFrame:  # type: ignore[override]
        import pandas as pd

        return pd.read_csv(io.StringIO(super().load()), float_precision="round_trip")

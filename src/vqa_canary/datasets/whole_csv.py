"""A frame as a CSV file that is whole or not there, and that a spreadsheet can open without running it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from kedro_datasets.text import TextDataset

from vqa_canary.csv_text import frame_csv
from vqa_canary.datasets.sealed import WholeFiles
from vqa_canary.masking import conceal

if TYPE_CHECKING:
    import pandas as pd


class WholeCSV(TextDataset):
    """See `vqa_canary.csv_text` for what becomes of a cell that looks like a formula.

    It carries no seal: nothing is made from it, and the repository keeps such files.
    """

    _fs: Any

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._fs = WholeFiles(self._fs)

    def save(self, data: Any) -> None:
        super().save(conceal(frame_csv(data)))

    def load(self) -> pd.DataFrame:  # type: ignore[override]  # its text is a frame's
        import pandas as pd

        return pd.read_csv(io.StringIO(super().load()), float_precision="round_trip")

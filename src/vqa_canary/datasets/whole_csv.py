"""A frame as a CSV file that is whole or not there, and that a spreadsheet can open without running it."""

from __future__ import annotations

from typing import Any

from kedro_datasets.pandas import CSVDataset

from vqa_canary.csv_text import frame_csv
from vqa_canary.datasets.sealed import WholeFiles
from vqa_canary.datasets.unshown import Unshown
from vqa_canary.masking import conceal


class WholeCSV(Unshown, CSVDataset):
    """See `vqa_canary.csv_text` for what becomes of a cell that looks like a formula.

    It carries no seal: nothing is made from it, and the repository keeps such files.
    """

    _fs: Any

    def __init__(self, **kwargs: Any) -> None:
        exactly = {"float_precision": "round_trip"} | (kwargs.pop("load_args", None) or {})
        super().__init__(load_args=exactly, **kwargs)
        self._fs = WholeFiles(self._fs)

    def save(self, data: Any) -> None:
        with self._fs.open(str(self._get_save_path()), "w") as file:
            file.write(conceal(frame_csv(data)))
        self._invalidate_cache()

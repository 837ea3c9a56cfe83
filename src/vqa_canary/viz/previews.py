"""What kedro-viz shows of a result: the verdicts, the leaderboard and the overview.

Other tables and files show nothing; see `datasets.unshown`. kedro-viz calls `preview`, and takes the name of the type
that it returns for the kind of preview.
"""

from __future__ import annotations

import base64
import re

from kedro.io import DatasetError
from kedro_datasets._typing import ImagePreview, TablePreview

from vqa_canary.datasets.sealed import SealedTable, WholeJSON
from vqa_canary.datasets.whole_folder import WholeFolder


class VerdictsJSON(WholeJSON):
    """The claims, shown as a table with the verdict of each."""

    def preview(self) -> TablePreview:  # type: ignore[override]
        """One row for each claim and data set."""
        from vqa_canary.report.verdict_lines import verdict_lines

        lines = [line.partition(": ") for line in verdict_lines(self.load())]
        return _table(["claim", "verdict"], [[claim, verdict] for claim, _, verdict in lines])


class MetricsTable(SealedTable):
    """The table `metrics`, shown as a leaderboard of all models and methods on clean questions."""

    def preview(self) -> TablePreview:  # type: ignore[override]
        """One row for each model and method, the most accurate first."""
        from vqa_canary.tracking.children import children
        from vqa_canary.tracking.headlines import leaderboard

        table = leaderboard(children(self.load(), parameters={}, fingerprints={}, offers_nota=()))
        return _table(table["columns"], [[_shown(cell) for cell in row] for row in table["data"]])


class FigureFolder(WholeFolder):
    """Figures, of which the overview is shown."""

    def preview(self) -> ImagePreview:
        """The overview as PNG, in base64; of several data sets the first.

        Raises
        ------
        DatasetError : the study has none
        """
        for name, file in sorted(self.load().items()):
            if re.fullmatch(r"overview.*(?<!_small)\.png", name) and isinstance(file, bytes):
                return ImagePreview(base64.b64encode(file).decode())
        raise DatasetError("the study has no overview")


def _shown(cell: str | float | None) -> str | float | None:
    return round(cell, 3) if isinstance(cell, float) else cell


def _table(columns: list[str], rows: list[list[str | float | None]]) -> TablePreview:
    return TablePreview({"index": list(range(len(rows))), "columns": columns, "data": rows})

"""The file from which a step that was ended goes on; the step itself reads, writes and removes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset, DatasetError


class ResumableFile(AbstractDataset[None, Path]):
    """Loading gives the path, whether the file is there or not; saving is not for it."""

    def __init__(self, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._path = Path(filepath)
        self.metadata = metadata

    def load(self) -> Path:
        return self._path

    def save(self, data: None) -> None:
        raise DatasetError(f"{self._path} is written by the step that goes on from it, not by Kedro")

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._path)}

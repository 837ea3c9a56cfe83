"""A trained model's folder, replaced as a whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset, DatasetError


class ModelFolder(AbstractDataset["Callable[[Path], None]", Path]):
    """Saving calls the given writer on an empty folder beside the target, then swaps the two.

    Loading gives the folder's path.
    """

    def __init__(self, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._folder = Path(filepath)
        self.metadata = metadata

    def save(self, data: Callable[[Path], None]) -> None:
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder.parent, prefix=".") as scratch:
            new, old = Path(scratch) / "new", Path(scratch) / "old"
            new.mkdir()
            data(new)
            if self._folder.exists():
                os.replace(self._folder, old)
            os.replace(new, self._folder)

    def load(self) -> Path:
        if not self._exists():
            raise DatasetError(
                f"{self._folder} does not exist: `kedro run --pipeline reference_models` makes it"
            )
        return self._folder

    def _exists(self) -> bool:
        return self._folder.is_dir()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._folder)}

"""A trained model's folder, replaced as a whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset, DatasetError

from vqa_canary.datasets.swapped_folder import heal, replace_folder
from vqa_canary.unfinished import naming, remove, unfinished_path


class ModelFolder(AbstractDataset["Callable[[Path], None]", Path]):
    """Saving calls the given writer on an empty folder beside the target, then swaps the two.

    Loading gives the folder's path. A save that is killed leaves the old model; see `swapped_folder`.
    """

    def __init__(self, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._folder = Path(filepath)
        self.metadata = metadata

    def save(self, data: Callable[[Path], None]) -> None:
        folder = self._folder.resolve()  # a link to another disk stays a link
        folder.parent.mkdir(parents=True, exist_ok=True)
        heal(folder)
        new = unfinished_path(folder)
        try:
            with naming(new, folder):
                new.mkdir()
                data(new)
                replace_folder(new, folder)
        finally:
            remove(new)

    def load(self) -> Path:
        if not self._exists():
            raise DatasetError(
                f"{self._folder} does not exist: `kedro run --pipeline reference_models` makes it"
            )
        return self._folder

    def _exists(self) -> bool:
        heal(self._folder.resolve())
        return self._folder.is_dir()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._folder)}

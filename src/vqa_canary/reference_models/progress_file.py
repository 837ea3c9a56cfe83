"""How far a training is, in a file from which it goes on as if it had never ended."""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vqa_canary.unfinished import remove, write_file

_logger = logging.getLogger(__name__)


class ProgressFile:
    """A file with tensors, numbers and texts, there as a whole or not at all.

    Parameters
    ----------
    path : where it lies; its folder is made
    settings : digest of all that the training rests on; a file with another one is not gone on from
    """

    def __init__(self, path: Path, settings: str) -> None:
        self._path, self._settings = path, settings

    def load(self) -> Mapping[str, Any] | None:
        """What was saved last, or None where there is nothing to go on from."""
        import torch

        if not self._path.is_file():
            return None
        try:
            # Tensors and plain values alone: no code of the file is run.
            saved: dict[str, Any] = torch.load(self._path, weights_only=True)
        except Exception as error:  # whatever torch finds wrong with the file
            _logger.warning("%s cannot be read (%s), so the training begins anew", self._path, error)
            return None
        if saved.get("settings") != self._settings:
            _logger.warning(
                "%s is of a training with other settings, so this one begins anew and replaces it", self._path
            )
            return None
        return saved

    def save(self, state: Mapping[str, Any]) -> None:
        """Replace what was saved before."""
        import torch

        buffer = io.BytesIO()
        torch.save({**state, "settings": self._settings}, buffer)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_file(self._path, buffer.getvalue())

    def remove(self) -> None:
        """Forget what was saved: the training has ended."""
        remove(self._path)

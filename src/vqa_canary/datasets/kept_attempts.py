"""The files of every attempt of an audit, kept beside its lock; none is written over by a later attempt."""

from __future__ import annotations

from collections.abc import Mapping
from glob import escape
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from kedro.io import AbstractDataset

from vqa_canary.datasets.protocol_locks import AUDIT, kept_folders, place_of
from vqa_canary.datasets.store import file_system, protocol_of
from vqa_canary.datasets.whole_file import whole_file
from vqa_canary.masking import conceal


class KeptAudit(NamedTuple):
    """An audit as files."""

    attempt: int
    files: Mapping[str, str | bytes]
    """Contents by name, `audit.json` among them; a name may begin with a folder's."""


class KeptAttempts(AbstractDataset[KeptAudit, list[int]]):
    """A folder with a folder for each attempt.

    An audit that is there already, to the last byte of its record, stays as it is, but that its page and tables are
    brought up to date. Another one of the same attempt is kept beside it, in `again-2` and so on. The record is
    written last, so that a folder that has one has all.

    Parameters
    ----------
    filepath : folder of the attempts, or any fsspec URL
    credentials : keyword arguments of the file system of `filepath`
    """

    def __init__(
        self,
        filepath: str,
        credentials: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._fs, root = file_system(filepath, credentials)
        self._protocol = protocol_of(filepath)
        self._root = PurePosixPath(root)
        self.metadata = metadata

    def save(self, data: KeptAudit) -> None:
        files = {
            name: conceal(held).encode() if isinstance(held, str) else held
            for name, held in data.files.items()
        }
        folder = self._folder_for(data.attempt, files[AUDIT])
        for name in sorted(files, key=lambda name: (name == AUDIT, name)):
            path = str(folder / name)
            if not self._holds(path, files[name]):
                with whole_file(self._fs, path) as file:
                    file.write(files[name])

    def load(self) -> list[int]:
        """Numbers of the attempts of which an audit is kept."""
        found = self._fs.glob(f"{escape(str(self._root))}/*/{AUDIT}")
        return sorted(int(PurePosixPath(path).parent.name) for path in found)

    def _folder_for(self, attempt: int, record: bytes) -> PurePosixPath:
        own = self._root / str(attempt)
        kept = list(kept_folders(self._fs, own))
        same = (folder for folder in kept if self._holds(str(folder / AUDIT), record))
        return next(same, place_of(own, len(kept) + 1))

    def _holds(self, path: str, content: bytes) -> bool:
        try:
            return bool(self._fs.cat_file(path) == content)
        except FileNotFoundError:
            return False

    def _exists(self) -> bool:
        return bool(self.load())

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._root), "protocol": self._protocol}

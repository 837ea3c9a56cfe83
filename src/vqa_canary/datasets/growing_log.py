"""A log that only grows: one file an entry, numbered, each made once and never changed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from kedro.io import AbstractDataset, DatasetError

from vqa_canary.datasets.exclusive import create_file
from vqa_canary.datasets.store import file_system, protocol_of
from vqa_canary.masking import concealed

_NAME = re.compile(r"\d{6}\.json")


class GrowingLog(AbstractDataset["Mapping[str, Any]", "list[dict[str, Any]]"]):
    """Loading gives all entries in order; saving adds one, which says its `number`, or nothing if it is empty.

    An entry appears whole or not at all, and of several runs that add an entry of one number at once exactly one
    succeeds: the others are told so. No entry is ever written over. Every secret that this process knows is masked.

    Parameters
    ----------
    filepath : folder of the entries, or any fsspec URL
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
        self._filepath = PurePosixPath(root)
        self.metadata = metadata

    def load(self) -> list[dict[str, Any]]:
        """The entries.

        Raises
        ------
        DatasetError : one cannot be read
        """
        return [self._read(path) for path in self._paths()]

    def save(self, data: Mapping[str, Any]) -> None:
        """Add an entry; an empty one adds nothing.

        Raises
        ------
        DatasetError : another run has added an entry of this number
        """
        if not data:
            return
        path = str(self._filepath / f"{data['number']:06d}.json")
        content = json.dumps(concealed(dict(data)), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        if not create_file(self._fs, path, content.encode()):
            raise DatasetError(
                f"{path}: another run has added this entry in the meantime. Nothing was written over; run again, and "
                "this batch will follow that one."
            )

    def _paths(self) -> list[str]:
        if not self._fs.exists(str(self._filepath)):
            return []
        found = self._fs.ls(str(self._filepath), detail=False)
        return sorted(str(path) for path in found if _NAME.fullmatch(PurePosixPath(str(path)).name))

    def _read(self, path: str) -> dict[str, Any]:
        try:
            entry = json.loads(self._fs.cat_file(path))
        except ValueError as error:
            raise DatasetError(
                f"{path}: it is no JSON, so the log cannot be read. Put it back from a backup."
            ) from error
        if not isinstance(entry, dict):
            raise DatasetError(f"{path}: it holds no entry of a log. Put it back from a backup.")
        return entry

    def _exists(self) -> bool:
        return bool(self._paths())

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "protocol": self._protocol}

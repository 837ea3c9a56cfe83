"""Which instances a run that stopped of itself wants asked again: those on which a model failed just before.

They failed because of whatever stopped the run, so their rows, of which some are in finished shards, are no lasting
failures. Each process has a file of its own beside the shards; a run alone that finishes the evidence removes them all.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import PurePosixPath

from fsspec import AbstractFileSystem

from vqa_canary.datasets.whole_file import whole_file
from vqa_canary.processes import own_token

_PREFIX, _SUFFIX = "ask_again.", ".json"


class AskAgain:
    """The files in one model's folder `root`."""

    def __init__(self, fs: AbstractFileSystem, root: PurePosixPath) -> None:
        self._fs, self._root = fs, root

    def ids(self) -> frozenset[str]:
        """Ids of all instances that are to be asked again; a file that cannot be read names none."""
        found: set[str] = set()
        for path in self._paths():
            with suppress(FileNotFoundError, ValueError, TypeError, KeyError):
                found.update(map(str, json.loads(self._fs.cat_file(path))["instances"]))
        return frozenset(found)

    def add(self, ids: frozenset[str]) -> None:
        """Have these instances asked again, too, by whoever goes on."""
        if not ids:
            return
        path = str(self._root / f"{_PREFIX}{own_token()}{_SUFFIX}")
        with whole_file(self._fs, path) as file:
            file.write(json.dumps({"instances": sorted(ids | self.ids())}).encode())

    def clear(self) -> None:
        """All of them were asked again."""
        for path in self._paths():
            with suppress(FileNotFoundError):
                self._fs.rm_file(path)

    def _paths(self) -> list[str]:
        # Not by a pattern: the folder's own name may hold what a pattern would read as one.
        names = self._fs.find(str(self._root), maxdepth=1)
        return sorted(
            path
            for path in map(str, names)
            if PurePosixPath(path).name.startswith(_PREFIX) and path.endswith(_SUFFIX)
        )

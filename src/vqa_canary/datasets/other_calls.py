"""Requests that no row of the evidence tells of: a canary's, those of answers that were never written, and those of
failed rows that were asked again and gave way.

They cost money like all others, so each process that makes some keeps their number in a file of its own beside the
shards, by the settings of the evidence. A process that is killed outright leaves those unwritten that it has not yet
added, so the sum is at least what it says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any

from fsspec import AbstractFileSystem

from vqa_canary.datasets.whole_file import whole_file
from vqa_canary.digests import digest_of_json
from vqa_canary.processes import own_token

_PREFIX, _SUFFIX = "other_calls.", ".json"


class OtherCalls:
    """The files in one model's folder `root`."""

    def __init__(self, fs: AbstractFileSystem, root: PurePosixPath) -> None:
        self._fs, self._root = fs, root

    def total(self, settings: Mapping[str, Any]) -> int:
        """How many there were for the evidence of these settings; a file that cannot be read counts for none."""
        key = _key(settings)
        paths = map(str, self._fs.find(str(self._root), maxdepth=1))
        own = (path for path in paths if PurePosixPath(path).name.startswith(_PREFIX))
        return sum(self._read(path).get(key, 0) for path in own)

    def add(self, n: int, settings: Mapping[str, Any]) -> None:
        """Count `n` more."""
        if n <= 0:
            return
        path, key = str(self._root / f"{_PREFIX}{own_token()}{_SUFFIX}"), _key(settings)
        counts = self._read(path)
        with whole_file(self._fs, path) as file:
            file.write(json.dumps(counts | {key: counts.get(key, 0) + n}).encode())

    def _read(self, path: str) -> dict[str, int]:
        with suppress(FileNotFoundError, ValueError):
            found = json.loads(self._fs.cat_file(path))
            if isinstance(found, dict) and all(type(n) is int and n >= 0 for n in found.values()):
                return found
        return {}


def _key(settings: Mapping[str, Any]) -> str:
    return digest_of_json(json.loads(json.dumps(settings)))

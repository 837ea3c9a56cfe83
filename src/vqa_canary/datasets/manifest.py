"""The list of the shards that are a model's evidence, sealed over their contents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fsspec import AbstractFileSystem
from kedro.io import DatasetError

from vqa_canary.datasets.exclusive import create_file
from vqa_canary.datasets.shard_files import NODE
from vqa_canary.datasets.whole_file import whole_file
from vqa_canary.digests import digest_of_json
from vqa_canary.seals import Damaged, Origin, Seal, code_version

MANIFEST = "manifest.json"
"""Name of the file that lists the shards; without it the evidence is incomplete."""


class Manifest:
    """The file at `path`, which says which shards belong together."""

    def __init__(self, fs: AbstractFileSystem, path: str) -> None:
        self._fs, self._path = fs, path

    def exists(self) -> bool:
        return bool(self._fs.exists(self._path))

    def seal(self) -> Seal:
        """What the file says: its content is a digest over the contents of all shards.

        Raises
        ------
        Damaged : it cannot be read, or was changed
        FileNotFoundError
        """
        seal = Seal.from_json(self._fs.cat_file(self._path))
        seal.check(digest_of_json(seal.origin.about.get("shards")))
        return seal

    def lists(self, keys: Iterable[str]) -> bool:
        """Whether it is there and sound, and about just these shards in this order."""
        found = self._sound()
        return found is not None and [key for key, _ in found.origin.about["shards"]] == list(keys)

    def write(self, shards: list[list[str]], settings: Mapping[str, Any], *, alone: bool) -> None:
        """Write the file; of several workers (not `alone`) the first one does, and the others find it.

        Parameters
        ----------
        shards : key and content of each

        Raises
        ------
        DatasetError : a worker with other settings has written it
        """
        origin = Origin(NODE, settings=settings, about={"shards": shards}, code=code_version())
        content = Seal(digest_of_json(shards), origin).to_json().encode()
        if not alone and not create_file(self._fs, self._path, content):
            found = self._sound()
            if found is not None and [key for key, _ in found.origin.about["shards"]] != [
                key for key, _ in shards
            ]:
                raise DatasetError(
                    f"{self._path}: a worker with other settings has written it meanwhile. Start all workers of a "
                    "study with the same settings; what they have finished is kept."
                )
            if found is not None and found.content == digest_of_json(
                shards
            ):  # another worker's, which says the same
                return
        with whole_file(self._fs, self._path) as file:
            file.write(content)

    def _sound(self) -> Seal | None:
        """What the file says; None where it is damaged, or somebody has just removed it."""
        try:
            return self.seal()
        except (Damaged, FileNotFoundError):
            return None

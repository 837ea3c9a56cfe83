"""One model's shards as files: written with a seal, checked when they are read, set aside when they do not fit."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from fsspec import AbstractFileSystem
from kedro.io import DatasetError

from vqa_canary.datasets.exclusive import create_file
from vqa_canary.datasets.parquet import read_seal, read_sealed, sealed, write_sealed
from vqa_canary.datasets.whole_file import whole_file
from vqa_canary.digests import kinds_of
from vqa_canary.planned_shard import PlannedShard
from vqa_canary.seals import Damaged, Origin, Seal, code_version, differences
from vqa_canary.tables import SCHEMAS

if TYPE_CHECKING:
    import pyarrow as pa

REJECTED = "rejected"
"""Folder beside the shards for files that are not what their names say."""
NODE = "inference.answer"
"""The pipeline and node that make shards, as their seals name it."""
_TRIES = 5
"""How often a shard is tried to be written where a file that is no sound one has its name."""

logger = logging.getLogger(__name__)


class ShardFiles:
    """The folder `root` with a file `<key>.parquet` a shard."""

    def __init__(self, fs: AbstractFileSystem, root: PurePosixPath) -> None:
        self._fs, self._root = fs, root

    def path(self, key: str) -> str:
        return str(self._root / f"{key}.parquet")

    def read(self, key: str) -> tuple[pa.Table, Seal]:
        """A shard whose content answers to its seal, and its seal to its file name.

        Raises
        ------
        Damaged : it does not
        FileNotFoundError
        """
        table, seal = read_sealed(self._fs, self.path(key))
        if kinds_of(table.schema) != kinds_of(SCHEMAS["evidence"]):
            raise Damaged("its columns are not those of the table evidence")
        if seal.origin.about.get("key") != key:
            raise Damaged(f"it is shard {seal.origin.about.get('key')!r} under another name")
        _check_rows(table, seal.origin.about.get("expected", ()), str(seal.origin.settings.get("model")))
        return table, seal

    def finished(self, settings: Mapping[str, object]) -> dict[str, list[str]]:
        """Ids of the instances of every shard that was made with these settings, by its key, as the seals say."""
        found: dict[str, list[str]] = {}
        # Not by a pattern: the folder's own name may hold what a pattern would read as one.
        for path in sorted(self._fs.find(str(self._root), maxdepth=1)):
            if PurePosixPath(path).suffix != ".parquet":
                continue
            key = PurePosixPath(path).stem
            try:
                origin = read_seal(self._fs, path).origin
            except (Damaged, FileNotFoundError):  # `standing` sets it aside, if it is planned
                continue
            if origin.about.get("key") == key and not differences(origin.settings, _plain(settings)):
                found[key] = list(origin.about.get("expected", ()))
        return found

    def standing(
        self, key: str, planned: PlannedShard, set_aside: bool = True
    ) -> tuple[pa.Table, Seal] | None:
        """The shard if it is there and is what was planned; else None.

        Parameters
        ----------
        set_aside : move what is there but is something else away, with a warning. Of several workers, that is for the
            one with the claim on the key: any other might move away what that one has just made
        """
        try:
            table, seal = self.read(key)
            if changed := differences(seal.origin.settings, _plain(planned.settings)):
                raise Damaged(f"it was made with other settings ({'; '.join(changed[:3])})")
            _check_rows(table, planned.expected, planned.model)
        except FileNotFoundError:
            return None
        except Damaged as error:
            if set_aside:
                with suppress(FileNotFoundError):  # another worker, which was paused, does the same
                    self._set_aside(key, str(error))
            return None
        return table, seal

    def taken_over(self, planned: PlannedShard) -> tuple[list[dict[str, Any]], list[Mapping[str, str]]]:
        """Rows of finished shards that answer prompts of a planned one, as rows of its instances, and what answered.

        Of several, that under the first id which the plan names is taken.
        """
        wanted = {
            stored: (place, instance)
            for instance, ids in planned.stored_as.items()
            for place, stored in enumerate(ids)
        }
        found: dict[str, tuple[int, dict[str, Any]]] = {}
        facts: list[Mapping[str, str]] = []
        finished = self.finished(planned.settings) if wanted else {}
        for key, ids in finished.items():
            if wanted.keys().isdisjoint(ids):
                continue
            try:
                table, seal = self.read(key)
            except (Damaged, FileNotFoundError):  # it is as good as not there
                continue
            facts.append(seal.origin.about["facts"])
            for row in table.to_pylist():
                place, instance = wanted.get(row["instance_id"], (0, None))
                if instance is not None and (instance not in found or place < found[instance][0]):
                    found[instance] = place, {**row, "instance_id": instance}
        return [row for _, row in found.values()], facts

    def write(self, key: str, planned: PlannedShard, shard: pa.Table, facts: Mapping[str, str]) -> Seal:
        """Write a shard, whole or not at all."""
        return write_sealed(self._fs, self.path(key), shard, self._origin(key, planned, facts))

    def write_first(
        self, key: str, planned: PlannedShard, shard: pa.Table, facts: Mapping[str, str]
    ) -> tuple[pa.Table, Seal]:
        """Write a shard unless another worker has written it already; the one that stands, and its seal.

        So a shard never changes once it is there, whatever a worker that was paused does when it goes on.
        """
        content, seal = sealed(shard, self._origin(key, planned, facts))
        for _ in range(_TRIES):
            if create_file(self._fs, self.path(key), content):
                return shard, seal
            if found := self.standing(key, planned):  # what is not sound is set aside, and makes room
                return found
        raise DatasetError(
            f"{self.path(key)}: cannot be written: a file of this name that is no sound shard comes back each time "
            "that it is moved away. Look for what else writes to this folder, and remove the file."
        )

    def _origin(self, key: str, planned: PlannedShard, facts: Mapping[str, str]) -> Origin:
        about = {"key": key, "expected": sorted(planned.expected), "facts": dict(facts)}
        return Origin(NODE, settings=_plain(planned.settings), about=about, code=code_version())

    def _set_aside(self, key: str, why: str) -> None:
        # Not by `mv`, which takes the name of a bucket's folder for a pattern where it looks like one.
        source = self.path(key)
        content = self._fs.cat_file(source)
        target = str(self._root / REJECTED / f"{key}-{sha256(content).hexdigest()[:8]}.parquet")
        with whole_file(self._fs, target) as file:
            file.write(content)
        if self._fs.cat_file(source) == content:  # another worker may have put a sound one there meanwhile
            self._fs.rm_file(source)
        logger.warning(
            "%s is not used: %s. It is kept as %s, and its instances are asked again.", source, why, target
        )


def _check_rows(table: pa.Table, expected: Iterable[str], model: str) -> None:
    """One row of `model` for each expected instance, and no others."""
    if strangers := set(table["model"].to_pylist()) - {model}:
        raise Damaged(f"it holds rows of model {min(strangers)!r}, not of {model!r}")
    given, wanted = Counter(table["instance_id"].to_pylist()), Counter(expected)
    for what, rows in (("missing", wanted - given), ("doubled or not asked for", given - wanted)):
        if rows:
            raise Damaged(f"{rows.total()} of {wanted.total()} rows are {what}, such as {min(rows)}")


def _plain(settings: Mapping[str, object]) -> dict[str, object]:
    """Settings as JSON gives them back, so that they compare equal to stored ones."""
    plain: dict[str, object] = json.loads(json.dumps(settings))
    return plain

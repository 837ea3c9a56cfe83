"""The journals of a model's unfinished shards, beside the shards: this process's own, and what others have left."""

from __future__ import annotations

from glob import escape
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

from vqa_canary.datasets.journal import Journal
from vqa_canary.planned_shard import PlannedShard, Row
from vqa_canary.processes import own_token

if TYPE_CHECKING:
    import pyarrow as pa


class Journals:
    """The journals in one folder. On a file system where files cannot be appended to there are none.

    Parameters
    ----------
    root : of the shards, in the file system `fs`
    shared : whether several workers make the shards. Then each has journals of its own: one that was paused may still
        write to one when another has taken over.
    """

    def __init__(self, fs: AbstractFileSystem, root: PurePosixPath, shared: bool) -> None:
        self._folder = Path(str(root)) if isinstance(fs, LocalFileSystem) else None
        self._shared = shared
        self.calls_given_way = 0
        """Requests of failed rows that gave way to later ones, in the journals that `rows` has read last."""

    def own(self, key: str, planned: PlannedShard) -> Journal:
        """The journal of a shard to which this process writes."""
        return self._journal(self._own_path(key), key, planned)

    def rows(self, key: str, planned: PlannedShard) -> list[Row]:
        """What is answered of a shard, in any journal, and need not be asked again; this process's own rows last.

        Only whoever may compute the shard may call this: others are still at work on it.
        """
        others, own = self._others(key, planned), self.own(key, planned)
        found = [row for journal in others for row in journal.rows(own=False)] + own.rows()
        self.calls_given_way = sum(journal.calls_given_way for journal in (*others, own))
        return found

    def remove(self, key: str, planned: PlannedShard) -> None:
        """Remove the journals of a shard that is finished."""
        for journal in (*self._others(key, planned), self.own(key, planned)):
            journal.remove()

    def remove_what_it_has(self, key: str, planned: PlannedShard, table: pa.Table) -> None:
        """Remove the journals of a finished shard, which stay where a run is killed after it wrote the shard.

        One that holds an answer to an instance which failed in the shard stays: `retry_failed` was interrupted, and
        goes on from there.
        """
        journals = [one for one in (*self._others(key, planned), self.own(key, planned)) if one.exists]
        if not journals:
            return
        states = zip(table["instance_id"].to_pylist(), table["status"].to_pylist(), strict=True)
        failed = {instance_id for instance_id, status in states if status == "failed"}
        for journal in journals:
            rows = journal.rows(own=False)
            if not any(row["instance_id"] in failed and row["status"] == "ok" for row in rows):
                journal.remove()

    def _own_path(self, key: str) -> Path | None:
        if self._folder is None:
            return None
        return self._folder / (f".{key}.{own_token()}.jsonl" if self._shared else f".{key}.jsonl")

    def _others(self, key: str, planned: PlannedShard) -> list[Journal]:
        """Those of a shard that other processes have left."""
        if self._folder is None:
            return []
        found = {*self._folder.glob(f".{escape(key)}.*.jsonl"), self._folder / f".{key}.jsonl"}
        paths = sorted(path for path in found - {self._own_path(key)} if path.exists())
        return [self._journal(path, key, planned) for path in paths]

    def _journal(self, path: Path | None, key: str, planned: PlannedShard) -> Journal:
        return Journal(path, key, planned.model, planned.expected)

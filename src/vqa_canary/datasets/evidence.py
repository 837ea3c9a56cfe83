"""Evidence of one model: shards that are computed once, and a manifest that lists those of the current settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import fsspec
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem
from kedro.io import AbstractDataset, DatasetError

from vqa_canary.datasets.journal import Journal
from vqa_canary.datasets.shard_files import NODE, ShardFiles
from vqa_canary.datasets.whole_file import whole_file
from vqa_canary.digests import digest_of_json
from vqa_canary.frames import from_frame, to_frame
from vqa_canary.planned_shard import PlannedShard
from vqa_canary.progress import Progress
from vqa_canary.seals import Damaged, Origin, Seal, code_version

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Shards = Mapping[str, PlannedShard]
"""Plans of shards by key; one is carried out only if its shard is missing, or has failures that shall be retried."""

MANIFEST = "manifest.json"
"""Name of the file that lists the shards; without it the evidence is incomplete."""


class EvidenceShards(AbstractDataset["Shards", "pd.DataFrame"]):
    """A folder of Parquet shards named by their keys, and `manifest.json`.

    Saving computes the missing shards one after the other and then writes the manifest.
    Interrupted, it leaves finished shards, the rows of an unfinished one where its engine gives them one by
    one (in a local folder), and no manifest; saved again, it goes on with the rest.
    Loading reads exactly the shards of the manifest, and refuses a folder without one.
    Shards of other configurations stay: going back to one costs nothing.

    Every shard carries a seal: a digest of its rows, its key, the ids that it must hold, the settings and the
    versions that it was made with. The manifest is sealed too, over the seals of its shards. A shard that does not
    answer to its key or its seal is set aside in the folder `rejected` and computed again; on loading it is an error.

    `attrs["engine"]` of a frame, fact to text, says what answered. It is kept with each shard, and the
    loaded frame has it for all shards together: values that differ stand one after the other.
    `attrs["settings"]` of a loaded frame are the settings that its evidence was made with.

    Parameters
    ----------
    filepath : folder, or any fsspec URL
    retry_failed : compute the failed rows of finished shards again, and these alone
    """

    remedy = "kedro run --pipeline inference"
    """Command that makes the evidence again where it cannot be used."""

    def __init__(
        self, filepath: str, retry_failed: bool = False, metadata: dict[str, Any] | None = None
    ) -> None:
        self._fs, root = url_to_fs(filepath)
        self._root = PurePosixPath(root)
        self._files = ShardFiles(self._fs, self._root)
        self._retry_failed = retry_failed
        self._failures: Counter[str] | None = None
        self.metadata = metadata

    def save(self, data: Shards) -> None:
        if self._exists() and not self._manifest_lists(data):  # an interrupted run must not pass for whole
            self._fs.rm(self._path(MANIFEST))
        seals: dict[str, Seal] = {}
        failures: dict[str, Counter[str]] = {}
        for key, planned in data.items():
            if standing := self._files.standing(key, planned):
                failures[key], seals[key] = _failures_of(standing[0]), standing[1]
                self._remove_what_the_shard_has(key, planned, standing[0])
        missing = [key for key in data if key not in seals]
        again = [key for key in seals if self._retry_failed and failures[key]]
        to_ask = {key: len(data[key].expected) for key in missing} | {
            key: failures[key].total() for key in again
        }
        with Progress(sum(to_ask.values()), self._root.name) as progress:
            asked = 0
            for key, n in to_ask.items():
                seals[key], failures[key] = self._compute(key, data[key], stands=key in seals)
                asked += n
                progress.reach(asked)
        self._write_manifest(data, seals)
        self._failures = sum(failures.values(), Counter[str]())

    def failures(self) -> Counter[str]:
        """How many instances have no answer, for each error."""
        if self._failures is None:
            rows = self.load()
            self._failures = Counter(rows.loc[rows["status"] == "failed", "error"].astype(str))
        return self._failures

    def stored_seal(self) -> Seal:
        """The manifest: its content is a digest over the contents of all shards.

        Raises
        ------
        Damaged : it cannot be read, or was changed
        FileNotFoundError : inference did not finish
        """
        seal = Seal.from_json(self._fs.cat_file(self._path(MANIFEST)))
        seal.check(digest_of_json(seal.origin.about.get("shards")))
        return seal

    def _compute(self, key: str, planned: PlannedShard, stands: bool) -> tuple[Seal, Counter[str]]:
        """Make one shard from what is there of it and what is not; its seal, and the errors of its failed rows."""
        journal = Journal(self._journal_path(key), key, planned.model, planned.expected)
        rows = list(journal.rows())
        facts: list[Mapping[str, str]] = []
        if stands:
            table, seal = self._files.read(key)
            rows, facts = [*table.to_pylist(), *rows], [seal.origin.about["facts"]]
        if self._retry_failed:
            rows = [row for row in rows if row["status"] != "failed"]
        with journal:
            shard = planned.compute({row["instance_id"]: row for row in rows}, journal.keep)
        facts.append(shard.attrs.get("engine", {}))
        table = from_frame(shard, "evidence")
        seal = self._files.write(key, planned, table, joined_facts(facts))
        journal.remove()
        return seal, _failures_of(table)

    def _remove_what_the_shard_has(self, key: str, planned: PlannedShard, table: pa.Table) -> None:
        """Remove the journal of a finished shard, which stays where a run is killed after it wrote the shard.

        One that holds an answer to an instance which failed in the shard stays: `retry_failed` was interrupted, and
        goes on from there.
        """
        path = self._journal_path(key)
        if path is None or not path.exists():
            return
        journal = Journal(path, key, planned.model, planned.expected)
        states = zip(table["instance_id"].to_pylist(), table["status"].to_pylist(), strict=True)
        failed = {instance_id for instance_id, status in states if status == "failed"}
        if not any(row["instance_id"] in failed and row["status"] == "ok" for row in journal.rows()):
            journal.remove()

    def load(self) -> pd.DataFrame:
        import pandas as pd

        if not self._exists():
            raise DatasetError(
                f"{self._root} holds no whole evidence: inference did not finish. "
                f"Run `{self.remedy}`; finished shards are kept."
            )
        place = MANIFEST
        try:
            manifest = self.stored_seal()
            shards = []
            for key, content in manifest.origin.about["shards"]:
                place = f"{key}.parquet"
                table, seal = self._files.read(key)
                if seal.content != content or seal.origin.settings != manifest.origin.settings:
                    raise Damaged("it is not the shard that manifest.json means")
                shards.append((to_frame(table), seal))
        except (Damaged, FileNotFoundError) as error:
            why = "it is not there" if isinstance(error, FileNotFoundError) else str(error)
            raise DatasetError(
                f"{self._root / place} cannot be used: {why}. Run `{self.remedy}`: it sets aside "
                "what is not sound, and asks for that again."
            ) from error
        data = pd.concat([table for table, _ in shards], ignore_index=True)
        facts = joined_facts(seal.origin.about["facts"] for _, seal in shards)
        settings = manifest.origin.settings
        data.attrs = {"engine": facts | {"fingerprint": settings["fingerprint"]}, "settings": settings}
        return data

    def _manifest_lists(self, data: Shards) -> bool:
        """Whether the manifest is about just these shards."""
        try:
            return [key for key, _ in self.stored_seal().origin.about["shards"]] == list(data)
        except (Damaged, FileNotFoundError):
            return False

    def _write_manifest(self, data: Shards, seals: Mapping[str, Seal]) -> None:
        shards = [[key, seals[key].content] for key in data]
        settings = next((seal.origin.settings for seal in seals.values()), {})
        origin = Origin(NODE, settings=settings, about={"shards": shards}, code=code_version())
        with whole_file(self._fs, self._path(MANIFEST), "w") as file:
            file.write(Seal(digest_of_json(shards), origin).to_json())

    def _journal_path(self, key: str) -> Path | None:
        """Path of a shard's journal, beside the shards; None on a file system where files cannot be appended to."""
        local = isinstance(self._fs, LocalFileSystem)
        return Path(self._path(f".{key}.jsonl")) if local else None

    def _path(self, name: str) -> str:
        return str(self._root / name)

    def _exists(self) -> bool:
        return bool(self._fs.exists(self._path(MANIFEST)))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._root), "protocol": fsspec.utils.get_protocol(str(self._root))}


def joined_facts(shards: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Facts of several shards as those of one: values that differ are joined by `; ` in order of appearance."""
    values: dict[str, dict[str, None]] = {}
    for facts in shards:
        for name, text in facts.items():
            values.setdefault(name, {})[text] = None
    return {name: "; ".join(texts) for name, texts in values.items()}


def _failures_of(shard: pa.Table) -> Counter[str]:
    """How many instances of a shard failed, for each error."""
    status, errors = shard["status"].to_pylist(), shard["error"].to_pylist()
    return Counter(str(error) for state, error in zip(status, errors, strict=True) if state == "failed")

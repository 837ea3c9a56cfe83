"""Evidence of one model: shards that are computed once, and a manifest that lists those of the current settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
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
from vqa_canary.masking import mask
from vqa_canary.planned_shard import Compute, PlannedShard, Row, ShardPlan
from vqa_canary.seals import Damaged, Origin, Seal, code_version
from vqa_canary.workers.pieces import Piece
from vqa_canary.workers.serial import one_by_one

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Shards = Mapping[str, PlannedShard]
"""Plans of shards by key; one is carried out only if its shard is missing, or has failures that shall be retried."""

MANIFEST = "manifest.json"
"""Name of the file that lists the shards; without it the evidence is incomplete."""


@dataclass(frozen=True)
class AskRest:
    """Computes a shard of which some rows are there; it can be sent to another process where `compute` can."""

    compute: Compute
    rows: Mapping[str, Row]
    """The rows that are there, by instance."""
    journal: Journal
    """Keeps new rows as they come."""
    facts: list[Mapping[str, str]]
    """What answered the rows that are there."""

    def __call__(self) -> pd.DataFrame:
        with self.journal:
            shard = self.compute(self.rows, self.journal.keep)
        shard.attrs["facts"] = [*self.facts, shard.attrs.get("engine", {})]
        return shard


@dataclass(frozen=True, kw_only=True)
class MissingShard(Piece):
    """A shard that is to be computed."""

    run: AskRest
    planned: PlannedShard

    @property
    def run_far_away(self) -> AskRest:
        """Without a journal: rows are kept where the shards are, and a piece that is lost is begun anew."""
        return replace(self.run, journal=Journal(None))


class EvidenceShards(AbstractDataset["Shards", "pd.DataFrame"]):
    """A folder of Parquet shards named by their keys, and `manifest.json`.

    Saving computes the missing shards one after the other and then writes the manifest. Before it, `missing` shards may
    be computed side by side and handed to `store`.
    A finished shard stays as it is where the same settings are planned with shards of another size.
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
        data = self._around_finished(data)
        if self._exists() and not self._manifest_lists(data):  # an interrupted run must not pass for whole
            self._fs.rm(self._path(MANIFEST))
        seals, failures = self._standing(data)
        for piece, shard in one_by_one(self._pieces(data, failures), self._root.name):
            seals[piece.key], failures[piece.key] = self.store(piece, shard)
        self._write_manifest(data, seals)
        self._failures = sum(failures.values(), Counter[str]())

    def missing(self, data: Shards) -> list[MissingShard]:
        """What is to be computed before all shards of a plan are there. It may be computed anywhere and in any order,
        and each result is given to `store`; then `save` has nothing left to compute."""
        data = self._around_finished(data)
        return self._pieces(data, self._standing(data)[1])

    def store(self, piece: MissingShard, shard: pd.DataFrame) -> tuple[Seal, Counter[str]]:
        """Write what was computed for a piece; its seal, and the errors of its failed rows.

        Raises
        ------
        ContractError : it breaks the contract of the catalog's entry; nothing is written
        """
        for at, error in shard["error"].dropna().items():  # another machine does not know what is secret here
            shard.at[at, "error"] = mask(error)
        table = from_frame(piece.planned.check(shard), "evidence")
        seal = self._files.write(piece.key, piece.planned, table, joined_facts(shard.attrs["facts"]))
        self._journal(piece.key, piece.planned).remove()
        return seal, _failures_of(table)

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

    def _around_finished(self, data: Shards) -> Shards:
        """The plan, with finished shards as they are where it would cut them otherwise."""
        if not isinstance(data, ShardPlan) or all(self._fs.exists(self._files.path(key)) for key in data):
            return data
        settings = next((planned.settings for planned in data.values()), {})
        return data.around(self._files.finished(settings))

    def _standing(self, data: Shards) -> tuple[dict[str, Seal], dict[str, Counter[str]]]:
        """Seals of the shards that are there, and the errors of their failed rows."""
        seals: dict[str, Seal] = {}
        failures: dict[str, Counter[str]] = {}
        for key, planned in data.items():
            if standing := self._files.standing(key, planned):
                failures[key], seals[key] = _failures_of(standing[0]), standing[1]
                self._remove_what_the_shard_has(key, planned, standing[0])
        return seals, failures

    def _pieces(self, data: Shards, failures: Mapping[str, Counter[str]]) -> list[MissingShard]:
        """What is to be computed of a plan of which some shards stand, with so many failures each."""
        missing = [self._piece(key, planned) for key, planned in data.items() if key not in failures]
        again = [key for key, errors in failures.items() if self._retry_failed and errors]
        return missing + [self._piece(key, data[key], failures[key].total()) for key in again]

    def _piece(self, key: str, planned: PlannedShard, failed: int = 0) -> MissingShard:
        """One shard to be computed, from what is there of it and what is not.

        Parameters
        ----------
        failed : how many rows of it failed, where it stands; 0 where it does not stand
        """
        journal = self._journal(key, planned)
        rows = list(journal.rows())
        facts: list[Mapping[str, str]] = []
        if failed:
            table, seal = self._files.read(key)
            rows, facts = [*table.to_pylist(), *rows], [seal.origin.about["facts"]]
        if self._retry_failed:
            rows = [row for row in rows if row["status"] != "failed"]
        run = AskRest(planned.compute, {row["instance_id"]: row for row in rows}, journal, facts)
        size = failed or len(planned.expected)
        return MissingShard(planned.model, key, size, run=run, needs=planned.needs, planned=planned)

    def _journal(self, key: str, planned: PlannedShard) -> Journal:
        return Journal(self._journal_path(key), key, planned.model, planned.expected)

    def _remove_what_the_shard_has(self, key: str, planned: PlannedShard, table: pa.Table) -> None:
        """Remove the journal of a finished shard, which stays where a run is killed after it wrote the shard.

        One that holds an answer to an instance which failed in the shard stays: `retry_failed` was interrupted, and
        goes on from there.
        """
        path = self._journal_path(key)
        if path is None or not path.exists():
            return
        journal = self._journal(key, planned)
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
        # However the instances are cut into shards, their order is one.
        data = data.sort_values("instance_id", kind="stable", ignore_index=True)
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

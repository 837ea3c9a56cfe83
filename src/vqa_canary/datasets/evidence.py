"""Evidence of one model: shards that are computed once, and a manifest that lists those of the current settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from glob import escape
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from fsspec.implementations.local import LocalFileSystem
from kedro.io import AbstractDataset, DatasetError

from vqa_canary.datasets.claims import LEASE, ClaimLost, Claims, Unclaimed
from vqa_canary.datasets.journal import Journal
from vqa_canary.datasets.manifest import MANIFEST, Manifest
from vqa_canary.datasets.missing_shards import AskRest, MissingShard, do_nothing
from vqa_canary.datasets.shard_files import ShardFiles
from vqa_canary.datasets.store import file_system, protocol_of
from vqa_canary.datasets.worker_share import WaitForOthers, Worker
from vqa_canary.frames import from_frame, to_frame
from vqa_canary.masking import mask
from vqa_canary.planned_shard import PlannedShard, Row, ShardPlan
from vqa_canary.processes import own_token
from vqa_canary.seals import Damaged, Seal
from vqa_canary.workers.serial import one_by_one

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Shards = Mapping[str, PlannedShard]
"""Plans of shards by key; one is carried out only if its shard is missing, or has failures that shall be retried."""

CLAIMS = "claims"
"""Folder beside the shards in which workers say which shards they are at."""


class EvidenceShards(AbstractDataset["Shards", "pd.DataFrame"]):
    """A folder of Parquet shards named by their keys, and `manifest.json`.

    Saving computes the missing shards one after the other and then writes the manifest. Before it, `missing` shards may
    be computed side by side and handed to `store`. One of several workers computes those that no other has a claim on,
    waits for the others, and takes over from those that die.
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
    worker : `i/N` where this is one of several workers; see `worker_share`
    lease : seconds without a sign of life after which a worker counts as dead
    credentials : keyword arguments of the file system of `filepath`
    """

    remedy = "kedro run --pipeline inference"
    """Command that makes the evidence again where it cannot be used."""

    def __init__(
        self,
        filepath: str,
        retry_failed: bool = False,
        worker: str | None = None,
        lease: float = LEASE,
        credentials: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._fs, root = file_system(filepath, credentials)
        self._protocol = protocol_of(filepath)
        self._root = PurePosixPath(root)
        self._files = ShardFiles(self._fs, self._root)
        self._manifest = Manifest(self._fs, self._path(MANIFEST))
        self._retry_failed = retry_failed
        self.worker, self._lease = Worker.parsed(worker), lease
        """Which of several workers this run is; None where it is none."""
        self._failures: Counter[str] | None = None
        self.metadata = metadata

    def save(self, data: Shards) -> None:
        data = self._around_finished(data)
        if self._manifest.exists() and not self._manifest.lists(
            data
        ):  # an interrupted run must not pass for whole
            with suppress(FileNotFoundError):  # another worker has removed it
                self._fs.rm_file(self._path(MANIFEST))
        seals, failures = self._standing(data)
        others = WaitForOthers(self._root.name)
        with self.claims(data) as claims:
            again = {key for key in seals if self._retry_failed and failures[key]}
            while left := [key for key in data if key not in seals or key in again]:
                pieces = self._pieces({key: data[key] for key in left}, failures, claims)
                made = False
                with suppress(ClaimLost):  # another worker has it now, and goes on from what was answered
                    for piece, shard in one_by_one(pieces, self._root.name):
                        seals[piece.key], failures[piece.key] = self.store(piece, shard)
                        again.discard(piece.key)
                        made = True
                self._find_those_of_others(data, left, seals, failures)
                if not made and not seals.keys() >= data.keys():
                    others.wait([key for key in left if key not in seals])
        self._write_manifest(data, seals)
        self._failures = sum(failures.values(), Counter[str]())

    def claims(self, data: Shards) -> Claims | Unclaimed:
        """What says which shards of a plan this process may compute; a block of it, while they are computed."""
        if self.worker is None:
            return Unclaimed()
        data = self._around_finished(data)
        return Claims(
            self._fs,
            self._root / CLAIMS,
            lambda key: key in data and self._files.standing(key, data[key], set_aside=False) is not None,
            self._lease,
        )

    def missing(self, data: Shards, claims: Claims | Unclaimed | None = None) -> list[MissingShard]:
        """What is to be computed before all shards of a plan are there. It may be computed anywhere and in any order,
        and each result is given to `store`, in a block of `claims`; then `save` has nothing left to compute but what
        other machines are at."""
        data = self._around_finished(data)
        return self._pieces(data, self._standing(data)[1], claims or Unclaimed())

    def store(self, piece: MissingShard, shard: pd.DataFrame) -> tuple[Seal, Counter[str]]:
        """Write what was computed for a piece; its seal, and the errors of its failed rows.

        Raises
        ------
        ContractError : it breaks the contract of the catalog's entry; nothing is written
        """
        for at, error in shard["error"].dropna().items():  # another machine does not know what is secret here
            shard.at[at, "error"] = mask(error)
        key, planned = piece.key, piece.planned
        table, facts = from_frame(planned.check(shard), "evidence"), joined_facts(shard.attrs["facts"])
        if self.worker is None:
            seal = self._files.write(key, planned, table, facts)
        else:
            table, seal = self._files.write_first(key, planned, table, facts)
        for journal in self._journals(key, planned):
            journal.remove()
        piece.stored()
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
        return self._manifest.seal()

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
            if standing := self._files.standing(key, planned, set_aside=self.worker is None):
                failures[key], seals[key] = _failures_of(standing[0]), standing[1]
                self._remove_what_the_shard_has(key, planned, standing[0])
        return seals, failures

    def _find_those_of_others(
        self, data: Shards, left: Iterable[str], seals: dict[str, Seal], failures: dict[str, Counter[str]]
    ) -> None:
        """Add the shards that other workers have finished."""
        for key in left:
            if key not in seals and (found := self._files.standing(key, data[key], set_aside=False)):
                failures[key], seals[key] = _failures_of(found[0]), found[1]

    def _pieces(
        self, data: Shards, failures: Mapping[str, Counter[str]], claims: Claims | Unclaimed
    ) -> list[MissingShard]:
        """What is to be computed of a plan of which some shards stand, with so many failures each."""
        keys = list(data) if self.worker is None else self.worker.in_turn(list(data))
        missing = [self._piece(key, data[key], claims) for key in keys if key not in failures]
        again = [key for key in keys if self._retry_failed and failures.get(key)]
        return missing + [self._piece(key, data[key], claims, failures[key].total()) for key in again]

    def _piece(
        self, key: str, planned: PlannedShard, claims: Claims | Unclaimed, failed: int = 0
    ) -> MissingShard:
        """One shard to be computed, from what is there of it and what is not.

        Parameters
        ----------
        failed : how many rows of it failed, where it stands; 0 where it does not stand
        """
        *others, journal = self._journals(key, planned)
        rows: list[Row] = [row for kept in (*others, journal) for row in kept.rows()]
        facts: list[Mapping[str, str]] = []
        if failed:
            table, seal = self._files.read(key)
            rows, facts = [*table.to_pylist(), *rows], [seal.origin.about["facts"]]
        if self._retry_failed:
            rows = [row for row in rows if row["status"] != "failed"]
        # What is computed in another process cannot ask for the claim there, and keeps no rows before it has all.
        go_on = partial(claims.check, key) if planned.needs is None else do_nothing
        run = AskRest(planned.compute, {row["instance_id"]: row for row in rows}, journal, facts, go_on)
        return MissingShard(
            planned.model, key, failed or len(planned.expected), run=run, needs=planned.needs, planned=planned,
            wanted=partial(claims.take, key), stored=partial(claims.clear, key),
        )  # fmt: skip

    def _journals(self, key: str, planned: PlannedShard) -> list[Journal]:
        """All journals of a shard, this process's own last. What is answered in others' need not be asked again."""
        own = self._own_journal(key)
        paths = [*self._journals_of_others(key), own]
        return [Journal(path, key, planned.model, planned.expected) for path in paths]

    def _remove_what_the_shard_has(self, key: str, planned: PlannedShard, table: pa.Table) -> None:
        """Remove the journals of a finished shard, which stay where a run is killed after it wrote the shard.

        One that holds an answer to an instance which failed in the shard stays: `retry_failed` was interrupted, and
        goes on from there.
        """
        if not any(journal.exists for journal in self._journals(key, planned)):
            return
        states = zip(table["instance_id"].to_pylist(), table["status"].to_pylist(), strict=True)
        failed = {instance_id for instance_id, status in states if status == "failed"}
        for journal in self._journals(key, planned):
            if not any(row["instance_id"] in failed and row["status"] == "ok" for row in journal.rows()):
                journal.remove()

    def load(self) -> pd.DataFrame:
        import pandas as pd

        if not self._manifest.exists():
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

    def _write_manifest(self, data: Shards, seals: Mapping[str, Seal]) -> None:
        shards = [[key, seals[key].content] for key in data]
        settings = next((seal.origin.settings for seal in seals.values()), {})
        self._manifest.write(shards, settings, alone=self.worker is None)
        if self.worker is None:
            for claim in self._fs.find(self._path(CLAIMS)):  # of workers that died, and need them no more
                self._fs.rm_file(claim)

    def _own_journal(self, key: str) -> Path | None:
        """Path of a shard's journal, beside the shards; None on a file system where files cannot be appended to.

        Each of several workers has its own: one that was paused may still write to it when another has taken over.
        """
        if not isinstance(self._fs, LocalFileSystem):
            return None
        return Path(self._path(f".{key}.jsonl" if self.worker is None else f".{key}.{own_token()}.jsonl"))

    def _journals_of_others(self, key: str) -> list[Path]:
        """The journals that others have left of a shard; what is answered in them need not be asked again."""
        own = self._own_journal(key)
        if own is None:
            return []
        found = {*own.parent.glob(f".{escape(key)}.*.jsonl"), own.parent / f".{key}.jsonl"}
        return sorted(path for path in found - {own} if path.exists())

    def _path(self, name: str) -> str:
        return str(self._root / name)

    def _exists(self) -> bool:  # what Kedro's `exists` asks
        return self._manifest.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._root), "protocol": self._protocol}


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

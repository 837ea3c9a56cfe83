"""Evidence of one model: shards that are computed once, and a manifest that lists those of the current settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from glob import escape
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from fsspec.implementations.local import LocalFileSystem
from kedro.io import AbstractDataset, DatasetError

from vqa_canary.datasets.claims import LEASE, ClaimLost, Claims, Unclaimed
from vqa_canary.datasets.exclusive import create_file
from vqa_canary.datasets.journal import Journal
from vqa_canary.datasets.shard_files import NODE, ShardFiles
from vqa_canary.datasets.store import file_system, protocol_of
from vqa_canary.datasets.whole_file import whole_file
from vqa_canary.datasets.worker_share import Waiting, Worker
from vqa_canary.digests import digest_of_json
from vqa_canary.frames import from_frame, to_frame
from vqa_canary.planned_shard import PlannedShard, Row
from vqa_canary.processes import own_token
from vqa_canary.progress import Progress
from vqa_canary.rows import Evidence
from vqa_canary.seals import Damaged, Origin, Seal, code_version

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Shards = Mapping[str, PlannedShard]
"""Plans of shards by key; one is carried out only if its shard is missing, or has failures that shall be retried."""

MANIFEST = "manifest.json"
"""Name of the file that lists the shards; without it the evidence is incomplete."""
CLAIMS = "claims"
"""Folder beside the shards in which workers say which shards they are at."""

Made = tuple["Seal", Counter[str]]
"""A shard that stands: its seal, and the errors of its failed rows."""


class EvidenceShards(AbstractDataset["Shards", "pd.DataFrame"]):
    """A folder of Parquet shards named by their keys, and `manifest.json`.

    Saving computes the missing shards one after the other and then writes the manifest. One of several workers
    computes those that no other has a claim on, waits for the others, and takes over from those that die.
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
        self._retry_failed = retry_failed
        self.worker, self._lease = Worker.parsed(worker), lease
        """Which of several workers this run is; None where it is none."""
        self._failures: Counter[str] | None = None
        self.metadata = metadata

    def save(self, data: Shards) -> None:
        if self._exists() and not self._manifest_lists(data):  # an interrupted run must not pass for whole
            with suppress(FileNotFoundError):  # another worker has removed it
                self._fs.rm_file(self._path(MANIFEST))
        seals: dict[str, Seal] = {}
        failures: dict[str, Counter[str]] = {}
        for key, planned in data.items():
            if standing := self._files.standing(key, planned, set_aside=self.worker is None):
                failures[key], seals[key] = _failures_of(standing[0]), standing[1]
                self._remove_what_the_shard_has(key, planned, standing[0])
        missing = [key for key in data if key not in seals]
        again = [key for key in seals if self._retry_failed and failures[key]]
        to_ask = {key: len(data[key].expected) for key in missing} | {
            key: failures[key].total() for key in again
        }
        with Progress(sum(to_ask.values()), self._root.name) as progress, self._claims(data) as claims:
            waiting = Waiting(self._root.name)
            left = [key for key in self._in_turn(data) if key in to_ask]
            while left:
                made: set[str] = set()
                for key, (seal, failed) in self._made(data, left, seals, claims):
                    seals[key], failures[key] = seal, failed
                    made.add(key)
                    progress.reach(progress.done + to_ask[key])
                left = [key for key in left if key not in made]
                if left and not made:
                    waiting.wait(left)
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

    def _in_turn(self, data: Shards) -> list[str]:
        return list(data) if self.worker is None else self.worker.in_turn(list(data))

    def _claims(self, data: Shards) -> Claims | Unclaimed:
        """What says which shards this process may compute."""
        if self.worker is None:
            return Unclaimed()
        return Claims(
            self._fs,
            self._root / CLAIMS,
            lambda key: self._files.standing(key, data[key], set_aside=False) is not None,
            self._lease,
        )

    def _made(
        self, data: Shards, keys: Iterable[str], stand: Collection[str], claims: Claims | Unclaimed
    ) -> Iterator[tuple[str, Made]]:
        """Compute, of `keys`, those that no other worker is at; and say which the others have finished."""
        for key in keys:
            if claims.take(key):
                try:
                    made = self._compute(key, data[key], key in stand, claims)
                except ClaimLost:  # another worker has it now, and goes on from what was answered
                    continue
                claims.clear(key)
                yield key, made
            elif found := self._files.standing(key, data[key], set_aside=False):
                yield key, (found[1], _failures_of(found[0]))

    def _compute(self, key: str, planned: PlannedShard, stands: bool, claims: Claims | Unclaimed) -> Made:
        """Make one shard from what is there of it and what is not; its seal, and the errors of its failed rows."""
        journal = self._journal(self._own_journal(key), key, planned)
        others = [self._journal(path, key, planned) for path in self._journals_of_others(key)]
        rows: list[Row] = [row for kept in (*others, journal) for row in kept.rows()]
        facts: list[Mapping[str, str]] = []
        if stands:
            table, seal = self._files.read(key)
            rows, facts = [*table.to_pylist(), *rows], [seal.origin.about["facts"]]
        if self._retry_failed:
            rows = [row for row in rows if row["status"] != "failed"]

        def keep(row: Evidence) -> None:
            claims.check(key)
            journal.keep(row)

        with journal:
            shard = planned.compute({row["instance_id"]: row for row in rows}, keep)
        facts.append(shard.attrs.get("engine", {}))
        table, joined = from_frame(shard, "evidence"), joined_facts(facts)
        if self.worker is None:
            seal = self._files.write(key, planned, table, joined)
        else:
            table, seal = self._files.write_first(key, planned, table, joined)
        for kept in (*others, journal):
            kept.remove()
        return seal, _failures_of(table)

    def _remove_what_the_shard_has(self, key: str, planned: PlannedShard, table: pa.Table) -> None:
        """Remove the journals of a finished shard, which stay where a run is killed after it wrote the shard.

        One that holds an answer to an instance which failed in the shard stays: `retry_failed` was interrupted, and
        goes on from there.
        """
        paths = [path for path in (self._own_journal(key),) if path is not None and path.exists()]
        paths += self._journals_of_others(key)
        if not paths:
            return
        states = zip(table["instance_id"].to_pylist(), table["status"].to_pylist(), strict=True)
        failed = {instance_id for instance_id, status in states if status == "failed"}
        for journal in (self._journal(path, key, planned) for path in paths):
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
        content = Seal(digest_of_json(shards), origin).to_json().encode()
        path = self._path(MANIFEST)
        if self.worker is not None and not create_file(self._fs, path, content):
            if not self._manifest_lists(data):
                raise DatasetError(
                    f"{path}: a worker with other settings has written it meanwhile. Start all workers of a study with "
                    "the same settings; what they have finished is kept."
                )
            if self.stored_seal().content == digest_of_json(shards):  # another worker's, which says the same
                return
        with whole_file(self._fs, path) as file:
            file.write(content)
        if self.worker is None:
            for claim in self._fs.find(self._path(CLAIMS)):  # of workers that died, and need them no more
                self._fs.rm_file(claim)

    def _journal(self, path: Path | None, key: str, planned: PlannedShard) -> Journal:
        return Journal(path, key, planned.model, planned.expected)

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

    def _exists(self) -> bool:
        return bool(self._fs.exists(self._path(MANIFEST)))

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

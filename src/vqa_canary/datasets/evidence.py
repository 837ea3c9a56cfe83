"""Evidence of one model: shards that are computed once, and a manifest that lists those of the current settings."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset, DatasetError

from vqa_canary.datasets.ask_again import AskAgain
from vqa_canary.datasets.claim_facts import LEASE, checked_lease
from vqa_canary.datasets.claims import BEATS, Claims, Unclaimed
from vqa_canary.datasets.gathering import Gathering, Shards, gather_all, joined_facts
from vqa_canary.datasets.journals import Journals
from vqa_canary.datasets.manifest import MANIFEST, Manifest
from vqa_canary.datasets.other_calls import OtherCalls
from vqa_canary.datasets.shard_files import ShardFiles
from vqa_canary.datasets.store import file_system, protocol_of
from vqa_canary.datasets.worker_share import WaitForOthers, Worker
from vqa_canary.frames import to_frame
from vqa_canary.planned_shard import ShardPlan
from vqa_canary.seals import Damaged, Seal
from vqa_canary.workers.serial import one_by_one

if TYPE_CHECKING:
    import pandas as pd

CLAIMS = "claims"
"""Folder beside the shards in which workers say which shards they are at."""

_logger = logging.getLogger(__name__)


class EvidenceShards(AbstractDataset["Shards", "pd.DataFrame"]):
    """A folder of Parquet shards named by their keys, and `manifest.json`.

    Saving computes the missing shards one after the other and then writes the manifest. Before it, what is missing may
    be gathered from computations side by side (`gather`). One of several workers computes what no other has a claim on,
    waits for the others, and takes over from those that die.
    A finished shard stays as it is where the same settings are planned with shards of another size.
    Interrupted, it leaves finished shards, the rows of an unfinished one where its engine gives them one by
    one (in a local folder), and no manifest; saved again, it goes on with the rest.
    Loading reads exactly the shards of the manifest, and refuses a folder without one.
    A run that stopped of itself, because the model failed too often, says which instances failed last: whoever goes on
    asks those again.
    Shards of other configurations stay: going back to one costs nothing.

    Every shard carries a seal: a digest of its rows, its key, the ids that it must hold, the settings and the
    versions that it was made with. The manifest is sealed too, over the seals of its shards. A shard that does not
    answer to its key or its seal is set aside in the folder `rejected` and computed again; on loading it is an error.

    `attrs["engine"]` of a frame, fact to text, says what answered. It is kept with each shard, and the
    loaded frame has it for all shards together: values that differ stand one after the other.
    `calls` of it is the number of all requests, where some were sent that no row tells of.
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
        self.worker, self._lease = Worker.parsed(worker), checked_lease(lease, self._root.name)
        """Which of several workers this run is; None where it is none."""
        self._journals = Journals(self._fs, self._root, shared=self.worker is not None)
        self._failures: Counter[str] | None = None
        self.metadata = metadata

    def save(self, data: Shards) -> None:
        with self.gather(data) as gathering:
            # An interrupted run must not pass for whole.
            if self._manifest.exists() and not self._manifest.lists(gathering.data):
                with suppress(FileNotFoundError):  # another worker has removed it
                    self._fs.rm_file(self._path(MANIFEST))
            gather_all([gathering], partial(one_by_one, name=self._root.name), self.waiting(self._root.name))
        self._write_manifest(gathering.data, gathering.seals)
        self._failures = sum(gathering.failures.values(), Counter[str]())

    def gather(self, data: Shards) -> Gathering:
        """What stands of a plan, and how the rest is computed; when all is there, `save` has only a manifest to write.

        Of one of several workers, its block makes and gives back the claims.
        """
        data = self._around_finished(data)
        beside = AskAgain(self._fs, self._root), OtherCalls(self._fs, self._root)
        claims, again = self._claims(data), self._retry_failed
        return Gathering(data, self._files, self._journals, claims, self.worker, again, *beside)

    def has_all(self, data: Shards) -> bool:
        """Whether everything that is planned was computed before, so that saving it asks nothing."""
        return self._manifest.lists(self._around_finished(data))

    def waiting(self, name: str) -> WaitForOthers:
        """How this worker waits for the others.

        Parameters
        ----------
        name : what it has done as far as it could, in words
        """
        return WaitForOthers(name, self.worker or Worker(1, 1), self._lease / BEATS)

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

    def _claims(self, data: Shards) -> Claims | Unclaimed:
        """What says which shards of a plan this process may compute."""
        if self.worker is None:
            return Unclaimed()

        def is_done(key: str) -> bool:
            return key in data and self._files.standing(key, data[key], set_aside=False) is not None

        def tell_lost(key: str) -> None:
            _logger.warning(
                "%s: another worker has finished shard %s or taken it over. This one goes on with what is left.",
                data[key].model,
                key,
            )

        return Claims(self._fs, self._root / CLAIMS, is_done, self._lease, lost=tell_lost)

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
        if other := OtherCalls(self._fs, self._root).total(settings):
            facts["calls"] = str(other + int(pd.to_numeric(data["calls"]).sum()))
        data.attrs = {"engine": facts | {"fingerprint": settings["fingerprint"]}, "settings": settings}
        return data

    def _write_manifest(self, data: Shards, seals: Mapping[str, Seal]) -> None:
        shards = [[key, seals[key].content] for key in data]
        settings = next((seal.origin.settings for seal in seals.values()), {})
        self._manifest.write(shards, settings, alone=self.worker is None)
        if self.worker is None:
            AskAgain(self._fs, self._root).clear()
            for claim in self._fs.find(self._path(CLAIMS)):  # of workers that died, and need them no more
                self._fs.rm_file(claim)

    def _path(self, name: str) -> str:
        return str(self._root / name)

    def _exists(self) -> bool:  # what Kedro's `exists` asks
        return self._manifest.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._root), "protocol": self._protocol}

"""Evidence of one model: shards that are computed once, and a manifest that says which are meant."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import fsspec
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem
from kedro.io import AbstractDataset, DatasetError

from vqa_canary.datasets.journal import Journal, Row
from vqa_canary.datasets.whole_file import whole_file
from vqa_canary.tables import SCHEMAS, Evidence, frame, from_frame, to_frame

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Compute = Callable[[Mapping[str, Row], Callable[[Evidence], None]], "pd.DataFrame"]
"""Makes a shard. It is given the rows that are there already, by instance, and what keeps a new one at once."""

Shards = Mapping[str, Compute]
"""What makes each shard, by its key; called only when its shard is missing, or has failures to be retried."""

FACTS = b"engine"
"""Key of a shard's Parquet metadata: as JSON, what answered."""


class EvidenceShards(AbstractDataset["Shards", "pd.DataFrame"]):
    """A folder of Parquet shards named by their keys, and `manifest.json`.

    Saving computes the missing shards one after the other and then writes the manifest.
    Interrupted, it leaves finished shards, the rows of an unfinished one where its engine gives them one by
    one (in a local folder), and no manifest; saved again, it goes on with the rest.
    Loading reads exactly the shards of the manifest, and refuses a folder without one.
    Shards of other configurations stay: going back to one costs nothing.

    `attrs["engine"]` of a frame, fact to text, says what answered. It is kept with each shard, and the
    loaded frame has it for all shards together: values that differ stand one after the other.

    Parameters
    ----------
    filepath : folder, or any fsspec URL
    retry_failed : compute the failed rows of finished shards again, and these alone
    """

    def __init__(
        self, filepath: str, retry_failed: bool = False, metadata: dict[str, Any] | None = None
    ) -> None:
        self._fs, root = url_to_fs(filepath)
        self._root = PurePosixPath(root)
        self._retry_failed = retry_failed
        self.metadata = metadata

    def save(self, data: Shards) -> None:
        from tqdm.auto import tqdm

        if self._exists() and self._manifest() != list(data):
            self._fs.rm(self._path("manifest.json"))
        missing = [key for key in data if not self._fs.exists(self._path(f"{key}.parquet"))]
        failed = [key for key in data if key not in missing and self._has_failures(key)]
        name = self._root.name
        with tqdm(
            [*missing, *failed], desc=f"evidence {name}", unit="shard", disable=not missing
        ) as progress:
            for key in progress:
                self._compute(key, data[key])
        with whole_file(self._fs, self._path("manifest.json"), "w") as file:
            json.dump({"shards": list(data)}, file)

    def failures(self) -> Counter[str]:
        """Why instances have no answer, and how many for each error."""
        keys = self._manifest() if self._exists() else []
        return sum((self._failed(key) for key in keys), Counter[str]())

    def _failed(self, key: str) -> Counter[str]:
        import pyarrow.parquet as pq

        with self._fs.open(self._path(f"{key}.parquet"), "rb") as file:
            rows = pq.read_table(file, columns=["status", "error"]).to_pylist()
        return Counter(str(row["error"]) for row in rows if row["status"] == "failed")

    def _has_failures(self, key: str) -> bool:
        return self._retry_failed and bool(self._failed(key))

    def _compute(self, key: str, compute: Compute) -> None:
        """Make one shard from what is there of it and what is not."""
        journal = Journal(self._journal_path(key))
        rows = list(journal.rows())
        facts: list[dict[str, str]] = []
        if self._fs.exists(self._path(f"{key}.parquet")):
            before = self._read(key)
            rows, facts = [*before.to_pylist(), *rows], [_facts(before)]
        if self._retry_failed:
            rows = [row for row in rows if row["status"] != "failed"]
        with journal:
            shard = compute({row["instance_id"]: row for row in rows}, journal.keep)
        self._write(key, shard, joined_facts([*facts, shard.attrs.get("engine", {})]))
        journal.remove()

    def load(self) -> pd.DataFrame:
        import pandas as pd

        if not self._exists():
            raise DatasetError(
                f"{self._root} holds no whole evidence: inference did not finish. "
                "Run `kedro run --pipeline inference`; finished shards are kept."
            )
        shards = [self._read(key) for key in self._manifest()]
        data = pd.concat(map(to_frame, shards), ignore_index=True) if shards else frame([], "evidence")
        data.attrs = {"engine": joined_facts(_facts(shard) for shard in shards)}
        return data

    def _read(self, key: str) -> pa.Table:
        """A shard; columns that came into the schema after it was written are null."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        with self._fs.open(self._path(f"{key}.parquet"), "rb") as file:
            shard = pq.read_table(file)
        whole = pa.concat_tables([shard, SCHEMAS["evidence"].empty_table()], promote_options="default")
        return whole.replace_schema_metadata(shard.schema.metadata)

    def _write(self, key: str, shard: pd.DataFrame, facts: Mapping[str, str]) -> None:
        import pyarrow.parquet as pq

        table = from_frame(shard, "evidence")
        metadata = {**(table.schema.metadata or {}), FACTS: json.dumps(facts).encode()}
        with whole_file(self._fs, self._path(f"{key}.parquet")) as file:
            pq.write_table(table.replace_schema_metadata(metadata), file)

    def _journal_path(self, key: str) -> Path | None:
        """Beside the shards; None where a file cannot be appended to."""
        local = isinstance(self._fs, LocalFileSystem)
        return Path(self._path(f".{key}.jsonl")) if local else None

    def _manifest(self) -> list[str]:
        with self._fs.open(self._path("manifest.json"), "r") as file:
            shards: list[str] = json.load(file)["shards"]
        return shards

    def _path(self, name: str) -> str:
        return str(self._root / name)

    def _exists(self) -> bool:
        return bool(self._fs.exists(self._path("manifest.json")))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._root), "protocol": fsspec.utils.get_protocol(str(self._root))}


def joined_facts(shards: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Facts of several shards as those of one: values that differ are joined by `; ` in order of appearance."""
    values: dict[str, dict[str, None]] = {}
    for facts in shards:
        for name, text in facts.items():
            values.setdefault(name, {})[text] = None
    return {name: "; ".join(texts) for name, texts in values.items()}


def _facts(shard: pa.Table) -> dict[str, str]:
    """None of a shard that was written without."""
    facts: dict[str, str] = json.loads((shard.schema.metadata or {}).get(FACTS, b"{}"))
    return facts

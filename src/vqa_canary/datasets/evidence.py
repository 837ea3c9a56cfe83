"""Evidence of one model: shards that are computed once, and a manifest that says which are meant."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import fsspec
from fsspec.core import url_to_fs
from kedro.io import AbstractDataset, DatasetError

from vqa_canary.datasets.whole_file import whole_file
from vqa_canary.tables import frame, from_frame, to_frame

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Shards = Mapping[str, "Callable[[], pd.DataFrame]"]
"""What makes each shard, by its key; a callable is called only when its shard is missing."""

FACTS = b"engine"
"""Key of a shard's Parquet metadata: as JSON, what answered."""


class EvidenceShards(AbstractDataset["Shards", "pd.DataFrame"]):
    """A folder of Parquet shards named by their keys, and `manifest.json`.

    Saving computes the missing shards one after the other and then writes the manifest.
    Interrupted, it leaves finished shards and no manifest; saved again, it goes on with the rest.
    Loading reads exactly the shards of the manifest, and refuses a folder without one.
    Shards of other configurations stay: going back to one costs nothing.

    `attrs["engine"]` of a frame, fact to text, says what answered. It is kept with each shard, and the
    loaded frame has it for all shards together: values that differ stand one after the other.

    Parameters
    ----------
    filepath : folder, or any fsspec URL
    """

    def __init__(self, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._fs, root = url_to_fs(filepath)
        self._root = PurePosixPath(root)
        self.metadata = metadata

    def save(self, data: Shards) -> None:
        from tqdm.auto import tqdm

        if self._exists() and self._manifest() != list(data):
            self._fs.rm(self._path("manifest.json"))
        missing = [key for key in data if not self._fs.exists(self._path(f"{key}.parquet"))]
        name = self._root.name
        with tqdm(missing, desc=f"evidence {name}", unit="shard", disable=not missing) as progress:
            for key in progress:
                self._write(key, data[key]())
        with whole_file(self._fs, self._path("manifest.json"), "w") as file:
            json.dump({"shards": list(data)}, file)

    def load(self) -> pd.DataFrame:
        import pandas as pd
        import pyarrow.parquet as pq

        if not self._exists():
            raise DatasetError(
                f"{self._root} holds no whole evidence: inference did not finish. "
                "Run `kedro run --pipeline inference`; finished shards are kept."
            )
        shards = []
        for key in self._manifest():
            with self._fs.open(self._path(f"{key}.parquet"), "rb") as file:
                shards.append(pq.read_table(file))
        data = pd.concat(map(to_frame, shards), ignore_index=True) if shards else frame([], "evidence")
        data.attrs = {"engine": joined_facts(_facts(shard) for shard in shards)}
        return data

    def _write(self, key: str, shard: pd.DataFrame) -> None:
        import pyarrow.parquet as pq

        table = from_frame(shard, "evidence")
        facts = json.dumps(shard.attrs.get("engine", {})).encode()
        with whole_file(self._fs, self._path(f"{key}.parquet")) as file:
            pq.write_table(
                table.replace_schema_metadata({**(table.schema.metadata or {}), FACTS: facts}), file
            )

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

"""Embeddings of one model's samples: a table, of which only those vectors are computed that no table has yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.datasets.parquet import read_columns, read_sealed, write_sealed
from vqa_canary.datasets.sealed import SealedTable
from vqa_canary.frames import to_frame
from vqa_canary.planned_embeddings import PlannedEmbeddings
from vqa_canary.progress import Progress
from vqa_canary.seals import Damaged, Origin, code_version
from vqa_canary.tables import SCHEMAS

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

PART = 2048
"""Texts whose vectors are stored together while a table is being made: so much is lost by an interruption."""
PARTS = "parts"
"""Folder beside the tables with what an interrupted run has computed."""


class EmbeddingTable(SealedTable):
    """The sealed table `embeddings` of one model.

    Saving takes a plan of texts. The vector of a text is known by the text's hash and the embedder's fingerprint, and
    it is the same wherever it was computed; so vectors are taken from this table as it was before, from those of the
    study's other models beside it, and from parts that an interrupted run has left. Only the others are computed, and
    stored part by part until the table is whole. It then holds one row for each text of the plan, and no other.

    Parameters
    ----------
    kwargs : those of `SealedTable`, without `table`
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(table="embeddings", **kwargs)

    def save(self, data: Any) -> None:
        """Make the table whole and store it.

        Parameters
        ----------
        data : `PlannedEmbeddings`; Kedro's base class says that it is a frame
        """
        path = PurePosixPath(str(self._get_save_path()))
        parts = path.parent / PARTS / path.stem
        table = _table(data.embedder, list(data.texts), self._vectors(data, path, parts))
        data.check(to_frame(table))
        write_sealed(self._fs, str(path), table, self.origin)
        if self._fs.exists(str(parts)):
            self._fs.rm(str(parts), recursive=True)
        self._invalidate_cache()

    def _vectors(
        self, data: PlannedEmbeddings, path: PurePosixPath, parts: PurePosixPath
    ) -> NDArray[np.float32]:
        """Vectors of all texts of the plan, in its order: those that are stored, and the others made anew."""
        found = _Vectors(list(data.texts))
        for place in self._places(path):
            if not found.missing:
                break
            with suppress(Damaged, FileNotFoundError):  # what cannot be used is computed anew
                keys = read_columns(self._fs, place, ["embedder", "text_sha256"])
                if found.lacks_any(keys, data.embedder):
                    found.take(read_sealed(self._fs, place)[0], data.embedder)
        missing = sorted(found.missing)
        with Progress(len(missing), f"embedding samples of {path.stem}", "text") as progress:
            for start in range(0, len(missing), PART):
                some = missing[start : start + PART]
                found.add(some, data.compute([data.texts[key] for key in some]))
                if len(missing) > PART:
                    part = _table(data.embedder, some, found.of(some))
                    origin = Origin("ue_scoring.embed", about={"part": True}, code=code_version())
                    write_sealed(self._fs, str(parts / f"{some[0]}.parquet"), part, origin)
                progress.update(len(some))
        return found.of(list(data.texts))

    def _places(self, path: PurePosixPath) -> Iterator[str]:
        """Where vectors may be stored: this table first, then whatever lies beside it."""
        beside = sorted(str(one) for one in self._fs.find(str(path.parent)))
        yield str(path)
        yield from (one for one in beside if one != str(path) and one.endswith(".parquet"))


class _Vectors:
    """Vectors by the hashes of their texts, of which some are still missing."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.missing = set(keys)
        """Hashes of the texts without a vector."""
        self._places = {key: at for at, key in enumerate(keys)}
        self._all: NDArray[np.float32] | None = None

    def lacks_any(self, keys: pa.Table, embedder: str) -> bool:
        """Whether a vector that is missing is among those with these keys."""
        return bool(self._lacking(keys, embedder))

    def take(self, table: pa.Table, embedder: str) -> None:
        """The vectors of a stored table that are still missing."""
        lacking = self._lacking(table, embedder)
        lists = table["vector"].combine_chunks()
        vectors = lists.flatten().to_numpy(zero_copy_only=False).reshape(len(table), -1)
        self.add([*lacking], vectors[[*lacking.values()]])

    def _lacking(self, table: pa.Table, embedder: str) -> dict[str, int]:
        """The row of each vector that is missing, by the hash of its text."""
        pairs = zip(table["embedder"].to_pylist(), table["text_sha256"].to_pylist(), strict=True)
        return {key: at for at, (by, key) in enumerate(pairs) if by == embedder and key in self.missing}

    def add(self, keys: Sequence[str], vectors: NDArray[np.float32]) -> None:
        if self._all is None:
            self._all = np.empty((len(self._places), vectors.shape[1]), np.float32)
        self._all[[self._places[key] for key in keys]] = vectors
        self.missing.difference_update(keys)

    def of(self, keys: Sequence[str]) -> NDArray[np.float32]:
        if self._all is None:
            return np.empty((0, 0), np.float32)
        return self._all[[self._places[key] for key in keys]]


def _table(embedder: str, keys: Sequence[str], vectors: NDArray[np.float32]) -> pa.Table:
    """Rows of the table `embeddings`."""
    import pyarrow as pa

    ends = np.arange(len(keys) + 1, dtype=np.int64) * vectors.shape[1]
    lists = pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(vectors.ravel(), pa.float32()))
    columns = [pa.array([embedder] * len(keys), pa.string()), pa.array(keys, pa.string()), lists]
    return pa.Table.from_arrays(columns, schema=SCHEMAS["embeddings"])

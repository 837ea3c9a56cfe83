"""Parquet files that carry a seal, read from memory.

Arrow is never given a Python object to read from; see `vqa_canary.arrow_file` for why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fsspec import AbstractFileSystem

from vqa_canary.arrow_file import arrow_file
from vqa_canary.datasets.whole_file import whole_file
from vqa_canary.digests import digest
from vqa_canary.seals import Damaged, Origin, Seal

if TYPE_CHECKING:
    import pyarrow as pa

SEAL = b"vqa_canary"
"""Key of the Parquet metadata under which the seal stands."""
_END = 2**17
"""Bytes at the end of a file that are read for its metadata at first; that of 1,000 rows takes fewer."""


def read_sealed(fs: AbstractFileSystem, path: str) -> tuple[pa.Table, Seal]:
    """A table and its seal, checked against each other.

    Raises
    ------
    Damaged : the file is no whole Parquet file, carries no seal, or does not answer to it
    FileNotFoundError
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    content = fs.cat_file(path)
    try:
        table = pq.read_table(arrow_file(content))
        seal = _seal_of(table.schema.metadata)
        seal.check(digest(table))
    except (pa.ArrowException, OSError, UnicodeDecodeError, TypeError, MemoryError) as error:
        raise Damaged("it is no whole Parquet file") from error
    return table.replace_schema_metadata(None), seal  # pandas would read its own part, which is not sealed


def read_columns(fs: AbstractFileSystem, path: str, names: list[str]) -> pa.Table:
    """Some columns of a table, not checked against its seal: to see whether the whole is worth reading.

    Raises
    ------
    Damaged : the file is no whole Parquet file, or has no such columns
    FileNotFoundError
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    content = fs.cat_file(path)
    try:
        return pq.read_table(arrow_file(content), columns=names).select(names)
    except (pa.ArrowException, OSError, UnicodeDecodeError, TypeError, MemoryError, KeyError) as error:
        raise Damaged("it is no whole Parquet file") from error


def read_seal(fs: AbstractFileSystem, path: str) -> Seal:
    """The seal alone, without a look at the content: of a file in a bucket, its end alone is fetched.

    Raises
    ------
    Damaged, FileNotFoundError
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    size = fs.size(path)
    end = _end_of(fs, path, size, _END)
    try:
        needed = int.from_bytes(end[-8:-4], "little") + 8  # the length of the metadata stands there
        if needed > len(end):
            end = _end_of(fs, path, size, needed)
        return _seal_of(pq.read_schema(arrow_file(end)).metadata)
    except (pa.ArrowException, OSError) as error:
        raise Damaged("it is no whole Parquet file") from error


def _end_of(fs: AbstractFileSystem, path: str, size: int, n: int) -> bytes:
    """The last `n` bytes of a file, or all where it has fewer."""
    content: bytes = fs.cat_file(path, start=size - n) if size > n else fs.cat_file(path)
    return content


def write_sealed(fs: AbstractFileSystem, path: str, table: pa.Table, origin: Origin) -> Seal:
    """Write a table with its seal, whole or not at all."""
    content, seal = sealed(table, origin)
    with whole_file(fs, path) as file:
        file.write(content)
    return seal


def sealed(table: pa.Table, origin: Origin) -> tuple[bytes, Seal]:
    """The bytes of the Parquet file of a table with its seal, and the seal."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    seal = Seal(digest(table), origin)
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata({SEAL: seal.to_json()}), sink)
    return sink.getvalue().to_pybytes(), seal


def _seal_of(metadata: Mapping[bytes, bytes] | None) -> Seal:
    seal = (metadata or {}).get(SEAL)
    if seal is None:
        raise Damaged(
            "it says nothing of what it was made from: an earlier version or another program wrote it"
        )
    return Seal.from_json(seal)

"""Digests of content: equal values give equal digests, however Arrow happens to hold them in memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_FIXED = {pa.int64(): "<i8", pa.float64(): "<f8", pa.float32(): "<f4"}
"""Types of one width, and how their values are laid out in bytes: little-endian on every machine."""


def digest(table: pa.Table) -> str:
    """SHA-256 of every value of a table with its column names and types, in hex.

    Equal rows in equal order give an equal digest. Chunks, offsets, validity buffers and metadata do not
    count, so a table has one digest before it is written to Parquet and after it was read back.

    Raises
    ------
    TypeError : a column of a type that no table of this project has
    """
    hashed = hashlib.sha256()
    for name, column in zip(table.column_names, table.columns, strict=True):
        for part in (
            f"{name}: {_kind(column.type)}; {len(column)} rows".encode(),
            *_parts(column.combine_chunks()),
        ):
            hashed.update(len(part).to_bytes(8, "little"))  # else "ab" and "c" would hash like "a" and "bc"
            hashed.update(part)
    return hashed.hexdigest()


def digest_of_json(value: Any) -> str:
    """SHA-256 of a JSON value, in hex; the order of an object's keys does not count."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def kinds_of(schema: pa.Schema) -> list[tuple[str, str]]:
    """Name and type of each column, as `digest` takes them."""
    return [(column.name, _kind(column.type)) for column in schema]


def _kind(kind: pa.DataType) -> str:
    """A type's name. Parquet gives the values of a list another name than Arrow does, so that one does not count."""
    if pa.types.is_list(kind):
        return f"list of {_kind(kind.value_type)}"
    if pa.types.is_struct(kind):
        return f"struct of {[(kind.field(at).name, _kind(kind.field(at).type)) for at in range(kind.num_fields)]}"
    return str(kind)


def _parts(column: pa.Array) -> Iterator[bytes]:
    """Which values are null, then the values themselves with a fixed one in place of each null."""
    kind = column.type
    yield _bytes(pc.is_null(column), "u1")
    if pa.types.is_list(kind):
        yield _bytes(pc.fill_null(pc.list_value_length(column), 0), "<i8")
        yield from _parts(column.flatten())
    elif pa.types.is_struct(kind):
        for number in range(kind.num_fields):
            yield from _parts(pc.struct_field(column, number))  # null where the struct is
    elif pa.types.is_string(kind):
        filled = pc.fill_null(column, "")
        yield _bytes(pc.binary_length(filled), "<i8")
        yield _characters(filled)
    elif pa.types.is_boolean(kind):
        yield _bytes(pc.fill_null(column, False), "u1")
    elif kind in _FIXED:
        yield _bytes(pc.fill_null(column, 0), _FIXED[kind])
    else:
        raise TypeError(f"no digest of a column of type {kind}")


def _characters(texts: pa.Array) -> bytes:
    """All texts of a column one after the other; a slice of a column shares the buffers of the whole."""
    _, offsets, characters = texts.buffers()
    if not len(texts) or characters is None:
        return b""
    bounds = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return bytes(memoryview(characters)[bounds[0] : bounds[-1]])


def _bytes(column: pa.Array, dtype: str) -> bytes:
    content: bytes = column.to_numpy(zero_copy_only=False).astype(dtype).tobytes()
    return content

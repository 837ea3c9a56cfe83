"""Whether a frame has the columns, types and values that its Arrow schema asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from kedro.validation import CheckFailure

from vqa_canary.contracts.failures import row_failure

if TYPE_CHECKING:
    import pandas as pd


def schema_failures(data: object, schema: pa.Schema, key: Sequence[str]) -> list[CheckFailure]:
    """What keeps `data` from being a table of `schema`: columns first, then types, then nulls."""
    import pandas as pd

    if not isinstance(data, pd.DataFrame):
        return [CheckFailure(f"a pandas DataFrame is needed, not {type(data).__name__}", check="is_frame")]
    columns = list(_column_failures(list(data.columns), schema.names))
    return columns or [failure for field in schema for failure in _value_failures(data, field, key)]


def _column_failures(columns: list[str], wanted: list[str]) -> Iterator[CheckFailure]:
    if missing := [name for name in wanted if name not in columns]:
        yield CheckFailure(f"columns missing: {', '.join(missing)}", check="columns", column=missing[0])
    if extra := [name for name in columns if name not in wanted]:
        text = f"unknown columns: {', '.join(map(repr, extra))}; the table has {', '.join(wanted)}"
        yield CheckFailure(text, check="columns", column=str(extra[0]))
    if len(set(columns)) < len(columns):
        yield CheckFailure("a column stands twice", check="columns")


def _value_failures(data: pd.DataFrame, field: pa.Field, key: Sequence[str]) -> Iterator[CheckFailure]:
    series = data[field.name]
    tell = partial(row_failure, data, key=key, columns=[field.name])
    try:
        values = _convert(series, field.type)
    except _MISFITS as error:
        rows = [at for at, value in enumerate(series) if not _fits(value, field.type)]
        yield tell(rows, check="type", right=f"{field.type} needed: {error}")
        return
    if not field.nullable and values.null_count:
        yield tell(_where(values.is_null()), check="not_null")
    if pa.types.is_list(field.type) and values.flatten().null_count:
        rows = [at for at, value in enumerate(values) if value.is_valid and value.values.null_count]
        yield tell(rows, check="no_null_inside_list")


def _convert(values: Any, kind: pa.DataType) -> pa.Array:
    """Arrow values of type `kind`; unlike Arrow, reads neither "1" nor True nor 2.5 as a whole number."""
    if pa.types.is_list(kind):
        return pa.array(values, type=kind, from_pandas=True)
    array = pa.array(values, from_pandas=True)
    if not pa.types.is_null(array.type) and not any(of(array.type) and of(kind) for of in _KINDS):
        raise pa.ArrowTypeError(f"found {array.type}")
    return array.cast(kind)


def _fits(value: Any, kind: pa.DataType) -> bool:
    try:
        _convert([value], kind)
    except _MISFITS:
        return False
    return True


def _where(mask: pa.BooleanArray) -> list[int]:
    return [at for at, hit in enumerate(mask.to_pylist()) if hit]


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


_KINDS = (_is_text, _is_number, pa.types.is_boolean)
_MISFITS = (pa.ArrowException, OverflowError, TypeError, ValueError)

"""Whether a row that was read from JSON fits its table."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import TYPE_CHECKING, Any

from vqa_canary.tables import SCHEMAS

if TYPE_CHECKING:
    import pyarrow as pa


def misfit(row: Any, table: str) -> str | None:
    """What keeps `row` from being a row of `table`, in words; None where nothing does.

    Columns must be exactly those of the table, with values of their types: a whole number may stand for a real one,
    but not the other way round, nor true and false for numbers. NaN fits nowhere, infinity in any real column.
    """
    schema = SCHEMAS[table]
    if not isinstance(row, Mapping):
        return "it is no row"
    if odd := sorted(set(row) ^ set(schema.names)):
        return f"its columns are not those of `{table}` ({', '.join(map(repr, odd[:3]))})"
    for field in schema:
        value = row[field.name]
        if value is None and not field.nullable:
            return f"{field.name} is missing"
        if value is not None and not _fits(value, field.type):
            return f"{field.name} is no {_word(field.type)}"
    return None


def _fits(value: Any, kind: pa.DataType) -> bool:
    import pyarrow as pa

    if pa.types.is_list(kind):
        return isinstance(value, list) and all(
            element is not None and _fits(element, kind.value_type) for element in value
        )
    if pa.types.is_struct(kind):
        names = [field.name for field in kind]
        return (
            isinstance(value, Mapping)
            and set(value) == set(names)
            and all(value[field.name] is None or _fits(value[field.name], field.type) for field in kind)
        )
    if pa.types.is_string(kind):
        return isinstance(value, str)
    if pa.types.is_boolean(kind):
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if pa.types.is_integer(kind):
        return isinstance(value, int) and -(2**63) <= value < 2**63
    return isinstance(value, int | float) and not isnan(value)


def _word(kind: pa.DataType) -> str:
    import pyarrow as pa

    if pa.types.is_list(kind):
        return f"list of {'records' if pa.types.is_struct(kind.value_type) else _word(kind.value_type) + 's'}"
    words = {pa.string(): "text", pa.int64(): "whole number", pa.bool_(): "true or false"}
    return words.get(kind, "number")

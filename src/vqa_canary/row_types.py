"""Whether a row that a source, a condition or an engine makes has values of the types of its table.

A value of another type would reach Arrow, whose exceptions name no row and may quote the value. What is said here names
the field and the types, and never quotes a value: it may be a patient's text.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from numbers import Integral

import numpy as np
import pyarrow as pa

from vqa_canary.frames import STRUCTS
from vqa_canary.rows import Evidence, Instance, Item, Refusal, ShownImage
from vqa_canary.strict import LARGEST
from vqa_canary.tables import SCHEMAS

_TABLES: Mapping[type, str] = {
    Item: "items",
    Instance: "instances",
    Evidence: "evidence",
    Refusal: "quarantine",
}


def misfit(row: Item | Instance | Evidence | Refusal) -> str | None:
    """What is wrong with the type of a field of a row, in words; None where the row can be one of its table."""
    table = next(name for kind, name in _TABLES.items() if isinstance(row, kind))
    wrong = unfit_field(row, table)
    if wrong is None and isinstance(row, Refusal) and not _is_json(row.row):
        wrong = "row cannot be written as a JSON object, so it is no mapping by text"
    return wrong and f"{'an' if table != 'quarantine' else 'a'} {type(row).__name__} whose {wrong}"


def unfit_field(row: object, table: str, optional: Collection[str] = ()) -> str | None:
    """The first field of `row` whose value is of another type than its column, as `question is of type int, not text`.

    Parameters
    ----------
    row : has fields of the names of columns; those that it lacks are not looked at
    optional : fields that may be None besides those that may be null in the table
    """
    for field in SCHEMAS[table]:
        if not hasattr(row, field.name) or (table == "quarantine" and field.name == "row"):
            continue
        value = getattr(row, field.name)
        if value is None and (field.nullable or field.name in optional):
            continue
        if not _fits(value, field.type, STRUCTS.get(field.name)):
            return f"{field.name} is of type {_type_of(value)}, not {_WORDS[field.type]}"
    return None


_WORDS = {
    pa.string(): "text",
    pa.int64(): "a whole number",
    pa.float64(): "a number",
    pa.bool_(): "a truth value",
    pa.list_(pa.string()): "texts in a tuple",
    pa.list_(pa.float64()): "numbers in a tuple",
    **{
        column.type: f"{STRUCTS[column.name].__name__}s in a tuple"
        for schema in SCHEMAS.values()
        for column in schema
        if column.name in STRUCTS
    },
}
"""What a field has to hold."""


def _type_of(value: object) -> str:
    name = type(value).__name__
    return (
        f"{name} and cannot be written as UTF-8" if isinstance(value, str) and not _is_utf8(value) else name
    )


def _fits(value: object, kind: pa.DataType, struct: type | None = None) -> bool:
    if pa.types.is_list(kind):
        if type(value) is tuple and kind.value_type == pa.float64() and {*map(type, value)} <= {float}:
            return True  # most of all values, told quickly
        return isinstance(value, tuple | list) and all(_fits(one, kind.value_type, struct) for one in value)
    if pa.types.is_struct(kind):
        # A mapping does for Arrow, but images are read by attribute before they get there.
        if not isinstance(value, struct or Mapping) and (
            struct is ShownImage or not isinstance(value, Mapping)
        ):
            return False
        parts = value if isinstance(value, Mapping) else {one.name: getattr(value, one.name) for one in kind}
        return all(_fits_part(parts.get(field.name), field.type) for field in kind)
    if kind == pa.string():
        return isinstance(value, str) and _is_utf8(value)
    if kind == pa.bool_():
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    whole = isinstance(value, Integral) and abs(int(value)) <= LARGEST
    return whole if kind == pa.int64() else whole or isinstance(value, float | np.floating)


def _fits_part(value: object, kind: pa.DataType) -> bool:
    """Whether a member of a struct fits; pandas gives a whole number as a real one where others are missing."""
    if value is None or (kind == pa.int64() and isinstance(value, float) and value.is_integer()):
        return True
    return _fits(value, kind)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_json(row: object) -> bool:
    try:
        return isinstance(row, Mapping) and _is_utf8(
            json.dumps(row, ensure_ascii=False, sort_keys=True, default=str)
        )
    except (TypeError, ValueError, RecursionError):  # keys of two types, or a mapping within itself
        return False

"""Whether a row that a source, a condition or an engine makes has values of the types of its table.

A value of another type would reach Arrow, whose exceptions name no row and may quote the value. What is said here names
the field and the types, and never quotes a value: it may be a patient's text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from functools import cache
from numbers import Integral

import numpy as np
import pyarrow as pa

from vqa_canary.frames import STRUCTS
from vqa_canary.rows import Evidence, Instance, Item, Refusal, ShownImage
from vqa_canary.strict import LARGEST
from vqa_canary.tables import SCHEMAS

Check = Callable[[object], bool]
"""Whether a value fits a column."""

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
    for name, kind, may_be_null, fits in _checks(table):
        if not hasattr(row, name) or (table == "quarantine" and name == "row"):
            continue
        value = getattr(row, name)
        if value is None and (may_be_null or name in optional):
            continue
        if not fits(value):
            return f"{name} is of type {_type_of(value)}, not {_WORDS[kind]}"
    return None


@cache
def _checks(table: str) -> tuple[tuple[str, pa.DataType, bool, Check], ...]:
    """Name, type, whether it may be null, and the check of each column, made once: rows are many."""
    return tuple(
        (field.name, field.type, field.nullable, _check(field.type, STRUCTS.get(field.name)))
        for field in SCHEMAS[table]
    )


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


def _check(kind: pa.DataType, struct: type | None = None) -> Check:
    """What tells whether a value fits a column of this type; `struct` is what the column's structs are made of."""
    if pa.types.is_list(kind):
        return _check_of_list(_check(kind.value_type, struct), numbers=kind.value_type == pa.float64())
    if pa.types.is_struct(kind):
        return _check_of_struct(kind, struct)
    checks: Mapping[pa.DataType, Check] = {
        pa.string(): lambda value: isinstance(value, str) and _is_utf8(value),
        pa.bool_(): lambda value: isinstance(value, bool),
        pa.int64(): _is_whole,
        pa.float64(): lambda value: isinstance(value, float | np.floating) or _is_whole(value),
    }
    return checks[kind]


def _is_whole(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, Integral) and abs(int(value)) <= LARGEST


def _check_of_list(fits: Check, numbers: bool) -> Check:
    def check(value: object) -> bool:
        if numbers and type(value) is tuple and {*map(type, value)} <= {float}:
            return True  # most of all values, told quickly
        return isinstance(value, tuple | list) and all(map(fits, value))

    return check


def _check_of_struct(kind: pa.StructType, struct: type | None) -> Check:
    parts = [(field.name, field.type == pa.int64(), _check(field.type)) for field in kind]

    def check(value: object) -> bool:
        # A mapping does for Arrow, but images are read by attribute before they get there.
        if isinstance(value, Mapping) and struct is not ShownImage:
            found = [value.get(name) for name, _, _ in parts]
        elif isinstance(value, struct or Mapping):
            found = [getattr(value, name) for name, _, _ in parts]
        else:
            return False
        return all(
            part is None or fits(part) or (whole and isinstance(part, float) and part.is_integer())
            for part, (_, whole, fits) in zip(found, parts, strict=True)
        )  # pandas gives a whole number as a real one where others are missing

    return check


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

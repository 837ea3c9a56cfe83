"""Rows as tables and back: dataclasses, Arrow tables and pandas frames of one layout."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa

from vqa_canary.rows import Attribute, Evidence, Gap, Instance, Item, Refusal, Sample, ShownImage
from vqa_canary.tables import KEYS, SCHEMAS

if TYPE_CHECKING:
    import pandas as pd
    from _typeshed import DataclassInstance

Row = TypeVar("Row", "Item", "Instance", "Evidence")

STRUCTS = {"samples": Sample, "gaps": Gap, "attributes": Attribute, "more_images": ShownImage}
"""Columns that are lists of structs, and what one of these is in a row."""


def to_table(rows: Iterable[DataclassInstance | Mapping[str, Any]], name: str) -> pa.Table:
    """Rows (dataclasses or mappings) as an Arrow table with the schema of `name`.

    Raises
    ------
    pyarrow.ArrowInvalid, pyarrow.ArrowTypeError : a value does not fit its column
    """
    records = [_record(row) for row in rows]
    return pa.Table.from_pylist(records, schema=SCHEMAS[name])


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Arrow table as pandas: nullable integers and booleans; null reals become NaN."""
    import pandas as pd

    kinds = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    data: pd.DataFrame = table.to_pandas(types_mapper=kinds.get)
    return data


def frame(rows: Iterable[DataclassInstance | Mapping[str, Any]], name: str) -> pd.DataFrame:
    """Rows as a pandas frame with the columns of table `name`, sorted by its key."""
    table = to_table(rows, name)
    return to_frame(table.sort_by([(column, "ascending") for column in KEYS[name]]))


def to_rows(data: pd.DataFrame, kind: type[Row]) -> list[Row]:
    """Rows of a frame as dataclasses of `kind`, in order; lists become tuples and nulls None."""
    names = [one.name for one in fields(kind)]
    columns = [[_of_struct(name, plain(value)) for value in data[name]] for name in names]
    return [kind(**dict(zip(names, values, strict=True))) for values in zip(*columns, strict=True)]


def from_frame(data: pd.DataFrame, name: str) -> pa.Table:
    """Pandas frame as an Arrow table with exactly the columns of table `name`.

    Raises
    ------
    KeyError : a column is missing
    pyarrow.ArrowInvalid, pyarrow.ArrowTypeError : a value does not fit its column
    """
    return pa.Table.from_pandas(data, schema=SCHEMAS[name], preserve_index=False)


def spread(items: pd.DataFrame) -> pd.DataFrame:
    """Rows of `items` with a further column for each attribute's name; null where an item has none of that name."""
    each = [
        {one["name"]: one["value"] for one in (row if _is_list(row) else ())} for row in items["attributes"]
    ]
    names = sorted({name for row in each for name in row} - set(items.columns))
    wide = items.copy()
    for name in names:
        wide[name] = [row.get(name) for row in each]
    return wide


def image_ids(rows: pd.DataFrame) -> list[tuple[str, ...]]:
    """The ids of all images of each row of `items` or `instances`; a row that shows no image has none.

    Without a column `more_images` there is at most one each.
    """
    more = rows.get("more_images")
    first: list[tuple[str, ...]] = [() if is_null(one) else (str(one),) for one in rows["image_id"]]
    if more is None:
        return first
    pairs = zip(first, more, strict=True)
    return [
        (*one, *(str(image["image_id"]) for image in (own if _is_list(own) else ()))) for one, own in pairs
    ]


def is_null(value: object) -> bool:
    """None, NaN, or pandas' NA."""
    if value is None:  # the commonest one by far
        return True
    import pandas as pd

    return value is pd.NA or value != value


def plain(value: Any) -> Any:
    """A cell of a frame as Python has it: nulls of every kind become None, lists and arrays tuples."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if _is_list(value):
        return tuple(plain(part) for part in value)
    if is_null(value):
        return None
    return value.item() if hasattr(value, "item") else value


def _of_struct(column: str, value: Any) -> Any:
    """Members of a list of structs as dataclasses; other values as they are."""
    struct: Callable[..., Any] | None = STRUCTS.get(column)
    return value if struct is None or value is None else tuple(struct(**one) for one in value)


def _is_list(value: object) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, str | dict)


def _record(row: DataclassInstance | Mapping[str, Any]) -> dict[str, Any]:
    record = dict(row) if isinstance(row, Mapping) else _fields(row)
    if images := record.get("more_images"):
        record["more_images"] = [_as_struct(image) for image in images]
    if isinstance(row, Refusal):
        record["row"] = json.dumps(record["row"], ensure_ascii=False, sort_keys=True, default=str)
    return record


def _fields(row: DataclassInstance) -> dict[str, Any]:
    """`asdict` without a copy of every list: a shard has half a million log-probabilities."""
    named = ((one.name, getattr(row, one.name)) for one in fields(row))
    return {name: [*map(_struct, value)] if name in STRUCTS and value else value for name, value in named}


def _struct(value: Any) -> Any:
    return _fields(value) if is_dataclass(value) and not isinstance(value, type) else value


def _as_struct(image: Any) -> dict[str, Any]:
    return dict(image) if isinstance(image, Mapping) else image._asdict()

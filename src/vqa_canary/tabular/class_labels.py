"""Class labels in Parquet files of the Hugging Face hub: numbers in the column, their names beside the schema."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

Cells = Callable[[list[Any]], list[Any]]


def label_readers(columns: Collection[str], metadata: Mapping[bytes, bytes] | None) -> dict[str, Cells]:
    """For each column a function that gives its cells with the names of class labels instead of their numbers.

    -1 stands for no label. A number without a name stays, and so does every cell of another column.
    """
    features = _features(metadata)
    return {name: _reader(_names(features.get(name))) for name in columns}


def _features(metadata: Mapping[bytes, bytes] | None) -> Mapping[str, Any]:
    try:
        features = json.loads((metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return {}
    return features if isinstance(features, dict) else {}


def _names(feature: Any) -> list[str]:
    """Names of the labels of a column, or of the members of its lists."""
    while isinstance(feature, Mapping) and isinstance(feature.get("feature"), Mapping):
        feature = feature["feature"]
    if not isinstance(feature, Mapping) or feature.get("_type") != "ClassLabel":
        return []
    names = feature.get("names")
    return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else []


def _reader(names: list[str]) -> Cells:
    def named(cell: Any) -> Any:
        if isinstance(cell, list):
            return [named(part) for part in cell]
        if isinstance(cell, int) and not isinstance(cell, bool):
            if cell == -1:
                return None
            return names[cell] if 0 <= cell < len(names) else cell
        return cell

    return (lambda cells: [named(cell) for cell in cells]) if names else (lambda cells: cells)

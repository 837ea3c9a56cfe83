"""Reads settings strictly: a value of another type is an error, and nothing is converted until it fits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from typing import TypeVar

T = TypeVar("T")

LARGEST = 2**63 - 1
"""Largest whole number that a setting may be, of either sign: what tables and random generators hold."""


def strictly(kind: type[T], value: object) -> T:
    """`value`, as YAML or JSON gives it, as a `kind`: a truth value, a text or `7.0` is no whole number.

    Lists become tuples and texts become paths, where the type asks for these.

    Raises
    ------
    pydantic.ValidationError : it does not fit
    """
    from pydantic import TypeAdapter

    adapter: TypeAdapter[T] = TypeAdapter(kind)
    return adapter.validate_json(json.dumps(value, default=str), strict=True)


def unfit_number(value: object, place: str = "") -> tuple[str, str] | None:
    """The first number in nested settings that is not finite or too large: its place, and what is wrong with it.

    None where all numbers are fit.
    """
    if isinstance(value, float) and not isfinite(value):
        return place, f"{value} is no number to reckon with; give a finite one"
    if isinstance(value, int) and abs(value) > LARGEST:
        return place, f"a whole number of {value.bit_length()} bits is too large; the most is {LARGEST}"
    inner: list[tuple[object, object]] = []
    if isinstance(value, Mapping):
        inner = list(value.items())
    elif isinstance(value, (list, tuple)):
        inner = list(enumerate(value))
    for name, part in inner:
        if found := unfit_number(part, f"{place}.{name}" if place else str(name)):
            return found
    return None

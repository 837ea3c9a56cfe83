"""What one MLflow run holds, in names and values that MLflow takes and anyone may read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel

_NAME_LENGTH, _VALUE_LENGTH = 250, 500
_ILLEGAL = re.compile(r"[^\w.\- :]")
_SECRET = re.compile(r"api_?key|secret|passw|credential|authorization|headers?$|(^|_)token$", re.IGNORECASE)


class Point(NamedTuple):
    """A metric at a step."""

    metric: str
    step: int
    value: float


@dataclass(frozen=True)
class Record:
    """One run of MLflow, before it is written."""

    name: str
    tags: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    curves: Sequence[Point] = ()
    """Metrics with a value at each of several steps."""


def legal_name(name: str) -> str:
    """`name` as a name of a metric, parameter or tag; what MLflow refuses becomes `-`."""
    return _ILLEGAL.sub("-", name)[:_NAME_LENGTH]


def flat(settings: Mapping[str, Any], prefix: str) -> dict[str, str]:
    """Nested settings as parameters named `prefix.a.b`, without secrets.

    A setting whose name says that it is a secret becomes `hidden`, and so does what stands before
    the `@` of a URL. Long values are cut, and None is left out.
    """
    return {legal_name(name): shown(value, name) for name, value in _leaves(settings, prefix)}


def shown(value: Any, name: str = "") -> str:
    """The text of one setting."""
    if any(_SECRET.search(part) for part in name.split(".")):
        return "hidden"
    if isinstance(value, list | tuple):
        return ", ".join(shown(part) for part in value)[:_VALUE_LENGTH]
    return _without_user(str(value))[:_VALUE_LENGTH]


def _leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    value = value.model_dump() if isinstance(value, BaseModel) else value
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _leaves(part, f"{name}.{key}")
    elif value is not None:
        yield name, value


def _without_user(text: str) -> str:
    if "://" not in text or "@" not in text:
        return text
    parts = urlsplit(text)
    return urlunsplit(parts._replace(netloc="hidden@" + parts.netloc.rpartition("@")[2]))

"""What one MLflow run holds, in names and values that MLflow takes and anyone may read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from vqa_canary.masking import mask, masked

_NAME_LENGTH, _VALUE_LENGTH = 250, 500
_ILLEGAL = re.compile(r"[^\w.\- :]")


class MetricPoint(NamedTuple):
    """The value of a metric at one step, as MLflow draws curves of them."""

    metric: str
    """Name of the metric."""
    step: int
    """Step of the training, from 0."""
    value: float
    """Value at that step."""


@dataclass(frozen=True)
class RunRecord:
    """What one run of MLflow will hold. Its texts are masked when it is made, so it never holds a secret."""

    name: str
    """Name of the run, as MLflow lists it."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Facts about the run by name; also the reasons for numbers that are undefined."""
    params: Mapping[str, str] = field(default_factory=dict)
    """Settings of the run by name."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Results of the run by name."""
    curves: Sequence[MetricPoint] = ()
    """Metrics with a value at each of several steps."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", mask(self.name))
        for part in ("tags", "params"):
            texts = {mask(name): mask(text) for name, text in getattr(self, part).items()}
            object.__setattr__(self, part, texts)


def legal_name(name: str) -> str:
    """`name` as a name of a metric, parameter or tag; what MLflow refuses becomes `-`."""
    return _ILLEGAL.sub("-", name)[:_NAME_LENGTH]


def flat(settings: Mapping[str, Any], prefix: str) -> dict[str, str]:
    """Nested settings as parameters named `prefix.a.b`, masked; long values are cut, and None is left out."""
    return {legal_name(name): shown(value) for name, value in _leaves(masked(settings), prefix)}


def shown(value: Any, name: str = "") -> str:
    """The text of one setting, masked before it is cut."""
    value = masked(value, name)
    return (", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))[:_VALUE_LENGTH]


def _leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _leaves(part, f"{name}.{key}")
    elif value is not None:
        yield name, value

"""All that MLflow is to hold of one `kedro run`, as data: what is written at once, or kept and written later."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from vqa_canary.tracking.record import RunRecord

KEY = "tracking.key"
"""Tag of every MLflow run that belongs to an entry: by it a run that is there already is found again."""


@dataclass(frozen=True)
class Results:
    """What a run that ended well has made."""

    children: Sequence[RunRecord] = ()
    """Runs below the run itself, with names of their own."""
    datasets: Sequence[Mapping[str, Any]] = ()
    """What the run and its children by model and method are about, as MLflow describes datasets."""
    artifacts: Sequence[Path] = ()
    """Files that belong to the run."""


@dataclass(frozen=True)
class Entry:
    """One `kedro run`. Times are in milliseconds since 1970."""

    key: str
    study: str
    begun: int
    parent: RunRecord
    status: str = "RUNNING"
    ended: int = 0
    results: Results = field(default_factory=Results)


def now() -> int:
    """The time, as entries have it."""
    return int(time.time() * 1000)


def new_key(kedro_run: str) -> str:
    """A name for an entry that no other has."""
    return f"{kedro_run}-{secrets.token_hex(4)}"


def to_json(entry: Entry) -> str:
    """The entry as text; numbers keep every digit."""
    return json.dumps(asdict(entry), indent=1, default=str)


def from_json(text: str) -> Entry:
    """The entry that `to_json` wrote.

    Raises
    ------
    ValueError : the text is no entry
    """
    entry: Entry = _adapter().validate_python(json.loads(text))
    return entry


@cache
def _adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(Entry)

"""All that MLflow shall hold of one `kedro run`, as plain data that can be written at once or kept for later."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from vqa_canary.digests import digest_of_json
from vqa_canary.tracking.record import RunRecord

KEY = "tracking.key"
"""Tag by which the MLflow runs of an entry are found again, if they are there already."""
FINGERPRINT = "results.fingerprint"
"""Tag of a finished parent run that has its children: the fingerprint of the results."""
SAME = "results.same_as"
"""Tag of a run whose results MLflow has already: the id of the run that has them."""


@dataclass(frozen=True)
class Results:
    """What a run that ended well has produced."""

    children: Sequence[RunRecord] = ()
    """Child runs, each with a name of its own."""
    datasets: Sequence[Mapping[str, Any]] = ()
    """Datasets that the run and its children by model and method are about, as MLflow describes them."""
    artifacts: Sequence[Path] = ()
    """Files that belong to the run; figures are put into a folder of that name."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Metrics of the run itself, by name."""
    verdicts: Sequence[str] = ()
    """What the claims say, a line each, for the note of the run."""


@dataclass(frozen=True)
class Entry:
    """One `kedro run` on its way into MLflow. Times are in milliseconds since 1970, in UTC."""

    key: str
    """Name that no other entry has; see `new_key`."""
    study: str
    """Name of the study, which is the name of the MLflow experiment, too."""
    begun: int
    """When the run began."""
    parent: RunRecord
    """The run itself; the children belong to it."""
    status: str = "RUNNING"
    """Its status in MLflow: RUNNING, FINISHED, FAILED or KILLED."""
    ended: int = 0
    """When the run ended; 0 while it is running."""
    results: Results = field(default_factory=Results)
    """What it produced; empty unless it ended well."""

    @cached_property
    def fingerprint(self) -> str:
        """Digest of all that MLflow is told of the results, files as they are when it is first asked for: equal ones
        need not be told twice."""
        files = [[path.name, sha256(path.read_bytes()).hexdigest()] for path in self.results.artifacts]
        children = [asdict(child) for child in self.results.children]
        own = [dict(self.results.metrics), list(self.results.verdicts)]
        return digest_of_json([children, [dict(one) for one in self.results.datasets], files, own])


def now() -> int:
    """The time now, in milliseconds since 1970."""
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
